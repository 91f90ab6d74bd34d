"""The spool (缓存队列): what has been seen stays on disk until the platform has it.

One SQLite file in WAL mode with ``synchronous=FULL``: an event is on the disk when ``put``
returns, so that neither ``kill -9`` nor a power cut loses it. Any number of processes write, one
delivers. Pictures lie in a table of their own and are dropped, oldest first, when room runs out;
an alert is never dropped while a picture is left.

When nothing can be written, events wait in memory and are tried again in the background. A file
that SQLite cannot read is set aside; what can still be read of it is carried over.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from video_bridge import spool_rows
from video_bridge.model import AlertEvent, OpenEpisode
from video_bridge.spool_file import FLOOR, SpoolFile, is_full
from video_bridge.spool_rows import Batch, Item, Refusal

__all__ = ["Batch", "Item", "Refusal", "Spool", "SpoolStats"]

logger = logging.getLogger(__name__)
T = TypeVar("T")

MIB = 1024 * 1024
RESERVE = 8 * MIB
"""Bytes set aside on the disk, given up when others have filled it, so that pictures can be
dropped: that needs room too."""
MEMORY_EVENTS = 50_000
MEMORY_PICTURES = 64 * MIB
CHUNK, CHUNK_BYTES = 200, MIB
RETRY = 2.0
CLOSED_KEPT = 20_000
"""Closed episodes remembered, so that a late step does not open one again."""
REFUSED_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class SpoolStats:
    """What lies in the spool and what it had to give up."""

    alerts: int = 0
    """Events waiting for delivery, those in this process's memory included."""
    in_memory: int = 0
    pictures: int = 0
    bytes: int = 0
    picture_bytes: int = 0
    oldest: float | None = None
    """When the oldest waiting event was put (UTC seconds)."""
    delivered: int = 0
    dropped_pictures: int = 0
    dropped_updates: int = 0
    """Steps given up although a later step of the episode was kept."""
    dropped_alerts: int = 0
    refused: int = 0
    set_aside: int = 0
    """Unreadable database files that lie beside the spool."""
    problem: str | None = None


@dataclass(slots=True)
class _Memory:
    """Events that could not be written yet, and what had to be given up of them."""

    events: list[AlertEvent] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


class Spool:
    """The queue of alert events on disk.

    ``max_bytes`` limits all of it, ``picture_bytes`` the pictures alone, ``max_age`` (seconds)
    the age of pictures. Safe between processes and between threads of one process; every process
    opens its own (never use one across a fork).
    """

    def __init__(
        self,
        path: Path | str,
        *,
        max_bytes: int = 2048 * MIB,
        max_age: float = 7 * 86400.0,
        picture_bytes: int = 1536 * MIB,
        reserve: int = RESERVE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.max_bytes, self.max_age, self.picture_bytes = max_bytes, max_age, picture_bytes
        self._clock = clock
        self._mutex = threading.RLock()
        self._memory = _Memory()
        self._problem: str | None = None
        self._lasting = False
        self._retrying: threading.Thread | None = None
        self._closed = threading.Event()
        self._file = SpoolFile(Path(path), reserve, self._begun_anew)
        with self._mutex:
            try:
                self._file.run(lambda c: None)
            except sqlite3.Error as error:
                self._note(error)
            self._file.keep_reserve()

    @property
    def path(self) -> Path:
        """The first file; see ``set_aside``."""
        return self._file.path

    # -- writing ---------------------------------------------------------------

    def put(self, events: Sequence[AlertEvent]) -> None:
        """Keep events; they are on the disk when this returns, unless nothing can be written
        there: then they wait in memory, pictures dropped first, and are tried again."""
        if not events:
            return
        with self._mutex:
            self._memory.events.extend(events)
            self.flush()

    def flush(self) -> bool:
        """Write what waits in memory; whether nothing is left there."""
        with self._mutex:
            memory = self._memory
            try:
                while memory.events or memory.counts:
                    part = memory.events[: _chunk(memory.events)]
                    self._write(part)
                    del memory.events[: len(part)]
            except (sqlite3.Error, OSError) as error:
                self._note(error)
                self._bound_memory()
                self._retry_later()
                return False
            if not self._lasting:
                self._problem = None
            return True

    def adopt(self, episodes: Sequence[OpenEpisode]) -> None:
        """Remember open episodes that another bridge began, to go on with after a restart."""
        if not episodes:
            return
        rows = [(e.uid, e.sequence, e.camera, e.rule, e.kind, e.started_at, e.last_at, 1)
                for e in episodes]
        with self._mutex:
            self._file.run(lambda c: c.executemany(spool_rows.UPSERT_EPISODE, rows))

    def forget(self, uids: Collection[str]) -> None:
        """Open episodes that are no longer ours: somebody else goes on with them."""
        if uids:
            with self._mutex:
                self._file.run(lambda c: c.executemany(
                    "DELETE FROM episode WHERE uid = ?", [(uid,) for uid in uids]))

    # -- reading ---------------------------------------------------------------

    def open_episodes(self, camera_ids: Collection[int]) -> list[OpenEpisode]:
        """The episodes of these cameras that were opened and not closed, oldest first."""
        wanted = set(camera_ids)
        with self._mutex:
            rows = self._file.run(lambda c: c.execute(
                "SELECT uid, sequence, camera, rule, kind, started_at, last_at FROM episode"
                " WHERE open = 1 ORDER BY started_at, id").fetchall(), write=False)
            found = {row[0]: OpenEpisode(row[0], row[1], row[2], row[3], row[4], row[5], row[6])
                     for row in rows if row[2] in wanted}
            for event in self._memory.events:
                if event.camera not in wanted:
                    continue
                known = found.get(event.uid)
                if known and event.sequence <= known.sequence:
                    continue
                if event.event == "close":
                    found.pop(event.uid, None)
                else:
                    found[event.uid] = spool_rows.episode(event)
        return list(found.values())

    def ended(self, camera: int) -> dict[tuple[int, str], float]:
        """{(rule, kind): when its last episode ended} of a camera, for the rules' cooldown."""
        with self._mutex:
            found: dict[tuple[int, str], float] = {
                (rule, kind): at
                for rule, kind, at in self._file.run(lambda c: c.execute(
                    "SELECT rule, kind, max(last_at) FROM episode WHERE open = 0 AND camera = ?"
                    " GROUP BY rule, kind", (camera,)).fetchall(), write=False)}
            for event in self._memory.events:
                if event.camera == camera and event.event == "close":
                    place = (event.rule, event.kind)
                    found[place] = max(event.at, found.get(place, event.at))
        return found

    def steps(self, uids: Collection[str]) -> dict[str, tuple[int, bool, bool]]:
        """{uid: (last sequence, still open, some step not delivered yet)} of known episodes."""
        asked = list(dict.fromkeys(uids))
        found: dict[str, tuple[int, bool, bool]] = {}
        with self._mutex:
            for row in self._file.run(lambda c: spool_rows.read_steps(c, asked), write=False):
                found[row[0]] = (row[1], bool(row[2]), bool(row[3]))
            for event in self._memory.events:
                known = found.get(event.uid, (0, False, False))
                if event.uid in asked and event.sequence > known[0]:
                    found[event.uid] = (event.sequence, event.event != "close", True)
        return found

    def waiting(self) -> bool:
        """Whether there is anything to deliver."""
        with self._mutex:
            return bool(self._file.run(lambda c: c.execute(
                "SELECT EXISTS (SELECT 1 FROM event)").fetchone()[0], write=False))

    def batch(self, limit: int = 500, max_bytes: int = 16 * MIB) -> Batch:
        """The oldest events, at most `limit` and about `max_bytes` with their pictures; at
        least one if there is any. They stay in the spool until ``done`` or ``refused``."""
        with self._mutex:
            while True:
                found, unreadable = self._file.run(
                    lambda c: spool_rows.read_batch(c, limit, max_bytes), write=False)
                for one in unreadable:
                    logger.error("spool: an event is kept apart: %s", one.message)
                self.refused(unreadable)
                if found or not unreadable:
                    return found

    def done(self, keys: Collection[int]) -> None:
        """These events have arrived."""
        if not keys:
            return
        rows = [(key,) for key in keys]

        def remove(connection: sqlite3.Connection) -> None:
            connection.executemany("DELETE FROM picture WHERE event_id = ?", rows)
            gone = connection.executemany("DELETE FROM event WHERE id = ?", rows).rowcount
            spool_rows.count(connection, "delivered", gone)

        with self._mutex:
            self._file.run(remove)

    def refused(self, refusals: Sequence[Refusal]) -> None:
        """The platform will never take these: they are kept apart with the reason."""
        if not refusals:
            return
        now = self._clock()

        def move(connection: sqlite3.Connection) -> None:
            for refusal in refusals:
                moved = connection.execute(
                    "INSERT OR REPLACE INTO refused SELECT id, uid, sequence, event, spooled_at,"
                    " body, size, ?, ?, ? FROM event WHERE id = ?",
                    (refusal.code, refusal.message[:1000], now, refusal.key)).rowcount
                connection.execute("DELETE FROM event WHERE id = ?", (refusal.key,))
                spool_rows.count(connection, "refused", moved)
            connection.execute(
                "DELETE FROM picture WHERE event_id IN (SELECT id FROM refused ORDER BY id DESC"
                " LIMIT -1 OFFSET ?)", (REFUSED_KEPT,))
            connection.execute(
                "DELETE FROM refused WHERE id IN (SELECT id FROM refused ORDER BY id DESC"
                " LIMIT -1 OFFSET ?)", (REFUSED_KEPT,))

        with self._mutex:
            self._file.run(move)

    def drop_pictures(self, key: int, limit: int = -1) -> int:
        """Give up pictures of one event that cannot be sent, the largest first; how many."""

        def drop(connection: sqlite3.Connection) -> int:
            gone = connection.execute(
                "DELETE FROM picture WHERE id IN (SELECT id FROM picture WHERE event_id = ?"
                " ORDER BY size DESC LIMIT ?)", (key, limit)).rowcount
            spool_rows.count(connection, "dropped_pictures", gone)
            return gone

        with self._mutex:
            return self._file.run(drop)

    def refusals(self, limit: int = 100) -> list[tuple[AlertEvent, Refusal]]:
        """The latest events that were refused, newest first, without their pictures."""
        with self._mutex:
            rows = self._file.run(lambda c: c.execute(
                "SELECT id, body, code, message FROM refused WHERE code != 'unreadable'"
                " ORDER BY id DESC LIMIT ?",
                (limit,)).fetchall(), write=False)
        return [(spool_rows.event(row[1], ()), Refusal(row[0], row[2], row[3])) for row in rows]

    def requeue(self) -> int:
        """Try everything once more that had been refused; how many events that is."""

        def move(connection: sqlite3.Connection) -> int:
            moved = connection.execute(
                "INSERT OR IGNORE INTO event SELECT id, uid, sequence, event, spooled_at, body,"
                " size FROM refused").rowcount
            connection.execute("DELETE FROM refused")
            return moved

        with self._mutex:
            return self._file.run(move)

    def trim(self, now: float | None = None) -> None:
        """Keep the limits of size and age; `now` is the moment that ages are counted from."""
        oldest = (self._clock() if now is None else now) - self.max_age

        def drop(connection: sqlite3.Connection) -> None:
            gone = connection.execute(
                "DELETE FROM picture WHERE spooled_at < ?", (oldest,)).rowcount
            spool_rows.count(connection, "dropped_pictures", gone)
            connection.execute(
                "DELETE FROM episode WHERE open = 0 AND id <= (SELECT max(id) FROM episode) - ?",
                (CLOSED_KEPT,))
            spool_rows.keep_limits(connection, self.max_bytes, self.picture_bytes)

        with self._mutex:
            self._file.run(drop)
            self._file.run(lambda c: c.execute("PRAGMA incremental_vacuum(256)").fetchall())
            self._file.keep_reserve()

    def stats(self) -> SpoolStats:
        """What lies in the spool; never raises."""
        with self._mutex:
            memory = self._memory
            totals: Counter[str] = Counter()
            oldest = memory.events[0].at if memory.events else None
            try:
                rows, first = self._file.run(spool_rows.read_totals, write=False)
                totals.update(rows)
                oldest = oldest if first is None else first
            except (sqlite3.Error, OSError) as error:
                self._note(error)
            return SpoolStats(
                alerts=totals["events"] + len(memory.events),
                in_memory=len(memory.events),
                pictures=totals["pictures"],
                bytes=totals["event_bytes"] + totals["picture_bytes"],
                picture_bytes=totals["picture_bytes"],
                oldest=oldest,
                delivered=totals["delivered"],
                dropped_pictures=totals["dropped_pictures"] + memory.counts["dropped_pictures"],
                dropped_updates=totals["dropped_updates"] + memory.counts["dropped_updates"],
                dropped_alerts=totals["dropped_alerts"] + memory.counts["dropped_alerts"],
                refused=totals["refused"],
                set_aside=len(self._file.set_aside()),
                problem=self._problem,
            )

    def close(self) -> None:
        """Write what is in memory, as far as that works, and let go of the file."""
        with self._mutex:
            self.flush()
            self._closed.set()
            self._file.close()

    # -- room ------------------------------------------------------------------

    def _write(self, events: Sequence[AlertEvent]) -> None:
        """Write events; on a full disk drop the oldest pictures, at last those of these."""
        counts = self._memory.counts
        need = sum(spool_rows.bytes_of(event) for event in events) + CHUNK * spool_rows.OVERHEAD

        def insert(connection: sqlite3.Connection) -> None:
            now = self._clock()
            if self._file.room() < FLOOR:
                spool_rows.drop_pictures(connection, need)
            for event in events:
                spool_rows.insert(connection, event, now)
            for name, number in counts.items():
                spool_rows.count(connection, name, number)
            spool_rows.keep_limits(connection, self.max_bytes, self.picture_bytes)

        try:
            self._file.run(insert, grows=True)
        except sqlite3.Error as error:
            if not is_full(error):
                raise
            self._note(error)
            self._make_room(need)
            try:
                self._file.run(insert, grows=True)
            except sqlite3.Error as again:
                pictures = sum(len(event.snapshots) for event in events)
                if not is_full(again) or not pictures:
                    raise
                events = [replace(event, snapshots=()) for event in events]
                counts = counts + Counter(dropped_pictures=pictures)
                self._file.run(insert, grows=True)
        self._memory.counts.clear()

    def _make_room(self, need: int) -> None:
        """The disk is full: give up the reserve, then the oldest pictures of twice `need`."""
        self._file.give_up_reserve()
        self._file.checkpoint()
        with contextlib.suppress(sqlite3.Error):
            self._file.run(lambda c: spool_rows.drop_pictures(c, max(2 * need, MIB)))
        self._file.checkpoint()

    def _bound_memory(self) -> None:
        """Keep the events in memory within bounds: pictures go first, then replaced steps."""
        memory = self._memory
        excess = sum(len(s.jpeg) for e in memory.events for s in e.snapshots) - MEMORY_PICTURES
        for place, event in enumerate(memory.events):
            if excess <= 0:
                break
            if event.snapshots:
                excess -= sum(len(snapshot.jpeg) for snapshot in event.snapshots)
                memory.counts["dropped_pictures"] += len(event.snapshots)
                memory.events[place] = replace(event, snapshots=())
        if len(memory.events) > MEMORY_EVENTS:
            latest = {event.uid: event.sequence for event in memory.events}
            kept = [event for event in memory.events
                    if event.event != "update" or event.sequence == latest[event.uid]]
            memory.counts["dropped_updates"] += len(memory.events) - len(kept)
            too_many = max(0, len(kept) - MEMORY_EVENTS)
            memory.counts["dropped_alerts"] += too_many
            memory.events = kept[too_many:]

    def _begun_anew(self, problem: str) -> None:
        self._lasting, self._problem = True, problem

    def _note(self, error: BaseException) -> None:
        problem = f"the spool cannot be written: {error}"
        if problem != self._problem:
            logger.error("spool: %s (%s)", problem, self.path)
        self._problem, self._lasting = problem, False

    def _retry_later(self) -> None:
        if self._retrying and self._retrying.is_alive():
            return
        self._retrying = threading.Thread(target=self._retry, name="spool-retry", daemon=True)
        self._retrying.start()

    def _retry(self) -> None:
        while not self._closed.wait(RETRY):
            if self.flush():
                return


def _chunk(events: Sequence[AlertEvent]) -> int:
    """How many of these to write in one transaction: what the log takes without growing."""
    size = 0
    for number, event in enumerate(events[:CHUNK]):
        size += spool_rows.bytes_of(event)
        if size > CHUNK_BYTES and number:
            return number
    return CHUNK
