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
import fcntl
import json
import logging
import os
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from video_bridge.model import AlertEvent, Box, OpenEpisode, Snapshot

logger = logging.getLogger(__name__)
T = TypeVar("T")

MIB = 1024 * 1024
RESERVE = 8 * MIB
"""Bytes set aside on the disk, given up when others have filled it, so that pictures can be
dropped: that needs room too."""
MEMORY_EVENTS = 50_000
MEMORY_PICTURES = 64 * MIB
LOG_PAGES = 256
CHUNK, CHUNK_BYTES = 200, MIB
FLOOR = 3 * MIB
"""Bytes left free on the disk at least, as long as there are pictures to drop."""
RETRY = 2.0
CLOSED_KEPT = 20_000
"""Closed episodes remembered, so that a late step does not open one again."""
REFUSED_KEPT = 10_000
BUSY = 10.0
OVERHEAD = 256
"""Bytes that a row takes in its indexes and elsewhere, about."""

_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL, sequence INTEGER NOT NULL,
    event TEXT NOT NULL, spooled_at REAL NOT NULL, body TEXT NOT NULL, size INTEGER NOT NULL,
    UNIQUE (uid, sequence));
CREATE TABLE IF NOT EXISTS picture (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event_id INTEGER NOT NULL, at REAL NOT NULL,
    width INTEGER NOT NULL, height INTEGER NOT NULL, sha256 TEXT NOT NULL, jpeg BLOB NOT NULL,
    size INTEGER NOT NULL, spooled_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS picture_event ON picture (event_id);
CREATE TABLE IF NOT EXISTS refused (
    id INTEGER PRIMARY KEY, uid TEXT NOT NULL, sequence INTEGER NOT NULL, event TEXT NOT NULL,
    spooled_at REAL NOT NULL, body TEXT NOT NULL, size INTEGER NOT NULL,
    code TEXT NOT NULL, message TEXT NOT NULL, refused_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS episode (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, sequence INTEGER NOT NULL,
    camera INTEGER NOT NULL, rule INTEGER NOT NULL, kind TEXT NOT NULL,
    started_at REAL NOT NULL, last_at REAL NOT NULL, open INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS episode_camera ON episode (camera) WHERE open = 1;
CREATE TABLE IF NOT EXISTS total (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
INSERT OR IGNORE INTO total VALUES ('events', 0), ('event_bytes', 0), ('pictures', 0),
    ('picture_bytes', 0), ('dropped_pictures', 0), ('dropped_updates', 0),
    ('dropped_alerts', 0), ('refused', 0), ('delivered', 0);
CREATE TRIGGER IF NOT EXISTS event_in AFTER INSERT ON event BEGIN
    UPDATE total SET value = value + 1 WHERE name = 'events';
    UPDATE total SET value = value + NEW.size WHERE name = 'event_bytes'; END;
CREATE TRIGGER IF NOT EXISTS event_out AFTER DELETE ON event BEGIN
    UPDATE total SET value = value - 1 WHERE name = 'events';
    UPDATE total SET value = value - OLD.size WHERE name = 'event_bytes'; END;
CREATE TRIGGER IF NOT EXISTS picture_in AFTER INSERT ON picture BEGIN
    UPDATE total SET value = value + 1 WHERE name = 'pictures';
    UPDATE total SET value = value + NEW.size WHERE name = 'picture_bytes'; END;
CREATE TRIGGER IF NOT EXISTS picture_out AFTER DELETE ON picture BEGIN
    UPDATE total SET value = value - 1 WHERE name = 'pictures';
    UPDATE total SET value = value - OLD.size WHERE name = 'picture_bytes'; END;
"""


@dataclass(frozen=True, slots=True)
class Item:
    """One spooled event with its place in the queue."""

    key: int
    event: AlertEvent


@dataclass(frozen=True, slots=True)
class Batch:
    """Events to be delivered together, oldest first; an episode's steps are in order."""

    items: tuple[Item, ...] = ()

    def __len__(self) -> int:
        return len(self.items)

    @property
    def events(self) -> tuple[AlertEvent, ...]:
        """The events without their places."""
        return tuple(item.event for item in self.items)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that the platform will never take (拒收), and why."""

    key: int
    code: str
    message: str


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
        self.path = Path(path)
        self.max_bytes, self.max_age, self.picture_bytes = max_bytes, max_age, picture_bytes
        self._reserve_bytes, self._clock = reserve, clock
        self._mutex = threading.RLock()
        self._memory = _Memory()
        self._problem: str | None = None
        self._lasting = False
        self._retrying: threading.Thread | None = None
        self._closed = threading.Event()
        self._connection: sqlite3.Connection | None = None
        self._generation = -1
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._gate = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        if not os.fstat(self._gate).st_size:
            os.pwrite(self._gate, b"%8d" % 0, 0)
        with self._mutex:
            try:
                self._run(lambda c: None)
            except sqlite3.Error as error:
                self._note(error)
            self._keep_reserve()

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
            self._run(lambda c: c.executemany(_UPSERT_EPISODE, rows))

    def forget(self, uids: Collection[str]) -> None:
        """Open episodes that are no longer ours: somebody else goes on with them."""
        if uids:
            with self._mutex:
                self._run(lambda c: c.executemany(
                    "DELETE FROM episode WHERE uid = ?", [(uid,) for uid in uids]))

    # -- reading ---------------------------------------------------------------

    def open_episodes(self, camera_ids: Collection[int]) -> list[OpenEpisode]:
        """The episodes of these cameras that were opened and not closed, oldest first."""
        wanted = set(camera_ids)
        with self._mutex:
            rows = self._run(lambda c: c.execute(
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
                    found[event.uid] = _episode(event)
        return list(found.values())

    def steps(self, uids: Collection[str]) -> dict[str, tuple[int, bool, bool]]:
        """{uid: (last sequence, still open, some step not delivered yet)} of known episodes."""
        asked = list(dict.fromkeys(uids))
        found: dict[str, tuple[int, bool, bool]] = {}
        with self._mutex:
            for row in self._run(lambda c: _read_steps(c, asked), write=False):
                found[row[0]] = (row[1], bool(row[2]), bool(row[3]))
            for event in self._memory.events:
                known = found.get(event.uid, (0, False, False))
                if event.uid in asked and event.sequence > known[0]:
                    found[event.uid] = (event.sequence, event.event != "close", True)
        return found

    def waiting(self) -> bool:
        """Whether there is anything to deliver."""
        with self._mutex:
            return bool(self._run(lambda c: c.execute(
                "SELECT EXISTS (SELECT 1 FROM event)").fetchone()[0], write=False))

    def batch(self, limit: int = 500, max_bytes: int = 16 * MIB) -> Batch:
        """The oldest events, at most `limit` and about `max_bytes` with their pictures; at
        least one if there is any. They stay in the spool until ``done`` or ``refused``."""
        with self._mutex:
            return self._run(lambda c: _read_batch(c, limit, max_bytes), write=False)

    def done(self, keys: Collection[int]) -> None:
        """These events have arrived."""
        if not keys:
            return
        rows = [(key,) for key in keys]

        def remove(connection: sqlite3.Connection) -> None:
            connection.executemany("DELETE FROM picture WHERE event_id = ?", rows)
            gone = connection.executemany("DELETE FROM event WHERE id = ?", rows).rowcount
            _count(connection, "delivered", gone)

        with self._mutex:
            self._run(remove)

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
                _count(connection, "refused", moved)
            connection.execute(
                "DELETE FROM picture WHERE event_id IN (SELECT id FROM refused ORDER BY id DESC"
                " LIMIT -1 OFFSET ?)", (REFUSED_KEPT,))
            connection.execute(
                "DELETE FROM refused WHERE id IN (SELECT id FROM refused ORDER BY id DESC"
                " LIMIT -1 OFFSET ?)", (REFUSED_KEPT,))

        with self._mutex:
            self._run(move)

    def drop_pictures(self, key: int, limit: int = -1) -> int:
        """Give up pictures of one event that cannot be sent, the largest first; how many."""

        def drop(connection: sqlite3.Connection) -> int:
            gone = connection.execute(
                "DELETE FROM picture WHERE id IN (SELECT id FROM picture WHERE event_id = ?"
                " ORDER BY size DESC LIMIT ?)", (key, limit)).rowcount
            _count(connection, "dropped_pictures", gone)
            return gone

        with self._mutex:
            return self._run(drop)

    def refusals(self, limit: int = 100) -> list[tuple[AlertEvent, Refusal]]:
        """The latest events that were refused, newest first, without their pictures."""
        with self._mutex:
            rows = self._run(lambda c: c.execute(
                "SELECT id, body, code, message FROM refused ORDER BY id DESC LIMIT ?",
                (limit,)).fetchall(), write=False)
        return [(_event(row[1], ()), Refusal(row[0], row[2], row[3])) for row in rows]

    def requeue(self) -> int:
        """Try everything once more that had been refused; how many events that is."""

        def move(connection: sqlite3.Connection) -> int:
            moved = connection.execute(
                "INSERT OR IGNORE INTO event SELECT id, uid, sequence, event, spooled_at, body,"
                " size FROM refused").rowcount
            connection.execute("DELETE FROM refused")
            return moved

        with self._mutex:
            return self._run(move)

    def trim(self, now: float | None = None) -> None:
        """Keep the limits of size and age; `now` is the moment that ages are counted from."""
        oldest = (self._clock() if now is None else now) - self.max_age

        def drop(connection: sqlite3.Connection) -> None:
            gone = connection.execute(
                "DELETE FROM picture WHERE spooled_at < ?", (oldest,)).rowcount
            _count(connection, "dropped_pictures", gone)
            connection.execute(
                "DELETE FROM episode WHERE open = 0 AND id <= (SELECT max(id) FROM episode) - ?",
                (CLOSED_KEPT,))
            self._keep_limits(connection)

        with self._mutex:
            self._run(drop)
            self._run(lambda c: c.execute("PRAGMA incremental_vacuum(256)").fetchall())
            self._keep_reserve()

    def stats(self) -> SpoolStats:
        """What lies in the spool; never raises."""
        with self._mutex:
            memory = self._memory
            totals: Counter[str] = Counter()
            oldest = memory.events[0].at if memory.events else None
            try:
                rows, first = self._run(_read_totals, write=False)
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
                set_aside=len(self.set_aside()),
                problem=self._problem,
            )

    def close(self) -> None:
        """Write what is in memory, as far as that works, and let go of the file."""
        with self._mutex:
            self.flush()
            self._closed.set()
            if self._connection:
                self._connection.close()
                self._connection = None
            if self._gate >= 0:
                os.close(self._gate)
                self._gate = -1

    def set_aside(self) -> list[Path]:
        """The unreadable database files that lie beside the spool."""
        now = self._file()
        stem, kind = self.path.stem, self.path.suffix
        older = [self.path, *self.path.parent.glob(f"{stem}.*{kind}")]
        return sorted(path for path in older if path != now and path.exists())

    # -- the file --------------------------------------------------------------

    def _run(
        self, work: Callable[[sqlite3.Connection], T], *, write: bool = True, grows: bool = False
    ) -> T:
        """Do `work` in one transaction on the present file; a corrupt one is set aside.

        On a full disk the reserve is given up, but not for what would fill that as well.
        """
        try:
            return self._transaction(work, write)
        except sqlite3.DatabaseError as error:
            if _is_corrupt(error):
                self._begin_anew(error)
            elif _is_full(error) and not grows and self._reserve.exists():
                self._reserve.unlink(missing_ok=True)
            else:
                raise
            return self._transaction(work, write)

    def _transaction(self, work: Callable[[sqlite3.Connection], T], write: bool) -> T:
        with self._gated(fcntl.LOCK_SH):
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                result = work(connection)
                connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
            return result

    @contextlib.contextmanager
    def _gated(self, how: int) -> Iterator[None]:
        """All work on the file is done under this lock: shared, or alone to change the file."""
        fcntl.flock(self._gate, how)
        try:
            yield
        finally:
            fcntl.flock(self._gate, fcntl.LOCK_UN)

    def _present(self) -> int:
        """The number of the file in use; it grows when one is set aside."""
        words = os.pread(self._gate, 8, 0).split()
        return int(words[0]) if words and words[0].isdigit() else 0

    def _file(self, generation: int | None = None) -> Path:
        number = self._present() if generation is None else generation
        return self.path if not number else self.path.with_suffix(f".{number}{self.path.suffix}")

    def _open(self) -> sqlite3.Connection:
        """The connection to the present file; another process may have begun a new one."""
        present = self._present()
        if self._connection and self._generation == present:
            return self._connection
        if self._connection:
            self._connection.close()
            self._connection = None
        self._generation = present
        file = self._file(present)
        new = not file.exists()
        connection = sqlite3.connect(file, BUSY, isolation_level=None, check_same_thread=False)
        try:
            if new:
                file.chmod(0o600)
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            # what lies in the log has to fit into the reserve when the disk is full
            connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
            connection.execute("BEGIN IMMEDIATE")
            for statement in _statements(_SCHEMA):
                connection.execute(statement)
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        if new:
            _sync_directory(file.parent)
        self._connection = connection
        return connection

    def _begin_anew(self, error: sqlite3.DatabaseError) -> None:
        """Set a corrupt file aside, where it is, and carry over what can still be read."""
        with self._gated(fcntl.LOCK_EX):
            present = self._present()
            if self._generation != present:
                return  # another process has done it meanwhile
            if self._connection:
                self._connection.close()
                self._connection = None
            old = self._file(present)
            os.pwrite(self._gate, b"%8d" % (present + 1), 0)
            os.fsync(self._gate)
            connection = self._open()
            saved = _carry_over(old, connection)
            self._lasting = True
            self._problem = (f"{old.name} could not be read ({error}); it was set aside and "
                             f"{saved} events were carried over")
            logger.error("spool: %s", self._problem)

    # -- room ------------------------------------------------------------------

    def _write(self, events: Sequence[AlertEvent]) -> None:
        """Write events; on a full disk drop the oldest pictures, at last those of these."""
        counts = self._memory.counts
        need = sum(_bytes_of(event) for event in events) + CHUNK * OVERHEAD

        def insert(connection: sqlite3.Connection) -> None:
            now = self._clock()
            if self._room() < FLOOR:
                _drop_pictures(connection, need)
            for event in events:
                _insert(connection, event, now)
            for name, number in counts.items():
                _count(connection, name, number)
            self._keep_limits(connection)

        try:
            self._run(insert, grows=True)
        except sqlite3.Error as error:
            if not _is_full(error):
                raise
            self._note(error)
            self._make_room(need)
            try:
                self._run(insert, grows=True)
            except sqlite3.Error as again:
                pictures = sum(len(event.snapshots) for event in events)
                if not _is_full(again) or not pictures:
                    raise
                events = [replace(event, snapshots=()) for event in events]
                counts = counts + Counter(dropped_pictures=pictures)
                self._run(insert, grows=True)
        self._memory.counts.clear()

    def _make_room(self, need: int) -> None:
        """The disk is full: give up the reserve, then the oldest pictures of twice `need`."""
        self._reserve.unlink(missing_ok=True)
        self._checkpoint()
        with contextlib.suppress(sqlite3.Error):
            self._run(lambda c: _drop_pictures(c, max(2 * need, MIB)))
        self._checkpoint()

    def _checkpoint(self) -> None:
        """Move the log into the file, so that the log's room can be used again."""
        with contextlib.suppress(sqlite3.Error), self._gated(fcntl.LOCK_SH):
            self._open().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    @property
    def _reserve(self) -> Path:
        return self.path.with_suffix(".reserve")

    def _keep_reserve(self) -> None:
        """Set room aside again once there is plenty."""
        if not self._reserve_bytes or self._reserve.exists():
            return
        if self._room() > 4 * self._reserve_bytes:
            with contextlib.suppress(OSError), open(self._reserve, "wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._reserve_bytes)

    def _room(self) -> int:
        """Bytes free on the disk."""
        try:
            disk = os.statvfs(self.path.parent)
        except OSError:
            return FLOOR
        return disk.f_bavail * disk.f_frsize

    def _keep_limits(self, connection: sqlite3.Connection) -> None:
        """Drop what is too much: pictures, then steps that a later one replaces, then alerts."""
        totals = dict(connection.execute("SELECT name, value FROM total").fetchall())
        pictures = totals["picture_bytes"]
        excess = totals["event_bytes"] + pictures - self.max_bytes
        _drop_pictures(connection, max(excess, pictures - self.picture_bytes))
        excess -= pictures
        if excess > 0:
            excess -= _drop_events(
                connection, excess, "dropped_updates",
                "event = 'update' AND EXISTS (SELECT 1 FROM event AS later"
                " WHERE later.uid = event.uid AND later.sequence > event.sequence)")
        if excess > 0:
            _drop_events(connection, excess, "dropped_alerts", "1")

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


# -- rows ----------------------------------------------------------------------

_UPSERT_EPISODE = """
INSERT INTO episode (uid, sequence, camera, rule, kind, started_at, last_at, open)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (uid) DO UPDATE SET sequence = excluded.sequence, last_at = excluded.last_at,
    open = excluded.open
WHERE excluded.sequence > episode.sequence
"""


def _insert(connection: sqlite3.Connection, event: AlertEvent, now: float) -> None:
    body = _body(event)
    cursor = connection.execute(
        "INSERT OR IGNORE INTO event (uid, sequence, event, spooled_at, body, size)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (event.uid, event.sequence, event.event, now, body, len(body) + OVERHEAD))
    if not cursor.rowcount:
        return
    connection.executemany(
        "INSERT INTO picture (event_id, at, width, height, sha256, jpeg, size, spooled_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(cursor.lastrowid, s.at, s.width, s.height, s.sha256, s.jpeg, len(s.jpeg) + OVERHEAD,
          now) for s in event.snapshots])
    connection.execute(_UPSERT_EPISODE, (
        event.uid, event.sequence, event.camera, event.rule, event.kind, event.started_at,
        event.at, int(event.event != "close")))


def _body(event: AlertEvent) -> str:
    return json.dumps({
        "uid": event.uid, "sequence": event.sequence, "event": event.event,
        "camera": event.camera, "rule": event.rule, "kind": event.kind,
        "started_at": event.started_at, "at": event.at, "ended_at": event.ended_at,
        "score": event.score, "count": event.count, "reading": event.reading,
        "boxes": [(b.x, b.y, b.w, b.h, b.score, b.label) for b in event.boxes],
        "clip": event.clip,
    }, separators=(",", ":"))


def _event(body: str, snapshots: tuple[Snapshot, ...]) -> AlertEvent:
    values: dict[str, Any] = json.loads(body)
    values["boxes"] = tuple(Box(*box) for box in values["boxes"])
    return AlertEvent(**values, snapshots=snapshots)


def _episode(event: AlertEvent) -> OpenEpisode:
    return OpenEpisode(event.uid, event.sequence, event.camera, event.rule, event.kind,
                       event.started_at, event.at)


def _read_batch(connection: sqlite3.Connection, limit: int, max_bytes: int) -> Batch:
    rows = connection.execute(
        "SELECT id, body, size, (SELECT coalesce(sum(size), 0) FROM picture"
        " WHERE event_id = event.id) FROM event ORDER BY id LIMIT ?", (limit,))
    items: list[Item] = []
    room = max_bytes
    for key, body, size, pictures in rows.fetchall():
        room -= size + pictures * 4 // 3  # pictures travel as base64
        if items and room < 0:
            break
        snapshots = tuple(
            Snapshot(at, jpeg, width, height, sha256)
            for at, jpeg, width, height, sha256 in connection.execute(
                "SELECT at, jpeg, width, height, sha256 FROM picture WHERE event_id = ?"
                " ORDER BY id", (key,))
        ) if pictures else ()
        items.append(Item(key, _event(body, snapshots)))
    return Batch(tuple(items))


def _read_steps(connection: sqlite3.Connection, uids: Sequence[str]) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for uid in uids:
        found += connection.execute(
            "SELECT uid, sequence, open, EXISTS (SELECT 1 FROM event e"
            " WHERE e.uid = episode.uid) FROM episode WHERE uid = ?", (uid,)).fetchall()
    return found


def _read_totals(connection: sqlite3.Connection) -> tuple[dict[str, int], float | None]:
    totals = dict(connection.execute("SELECT name, value FROM total").fetchall())
    first = connection.execute("SELECT spooled_at FROM event ORDER BY id LIMIT 1").fetchone()
    return totals, first[0] if first else None


def _count(connection: sqlite3.Connection, name: str, number: int) -> None:
    if number:
        connection.execute(
            "UPDATE total SET value = value + ? WHERE name = ?", (number, name))


def _drop_pictures(connection: sqlite3.Connection, excess: int) -> None:
    """Delete the oldest pictures until `excess` bytes are gone."""
    if excess > 0:
        _drop_oldest(connection, "picture", excess, "dropped_pictures", "1")


def _drop_events(connection: sqlite3.Connection, excess: int, name: str, which: str) -> int:
    return _drop_oldest(connection, "event", excess, name, which)


def _drop_oldest(
    connection: sqlite3.Connection, table: str, excess: int, name: str, which: str
) -> int:
    """Delete the oldest rows of a table until `excess` bytes are gone; the bytes gone."""
    gone, keys = 0, []
    for key, size in connection.execute(
        f"SELECT id, size FROM {table} WHERE {which} ORDER BY id"
    ):
        if gone >= excess:
            break
        gone += size
        keys.append((key,))
    connection.executemany(f"DELETE FROM {table} WHERE id = ?", keys)
    _count(connection, name, len(keys))
    return gone


def _carry_over(old: Path, connection: sqlite3.Connection) -> int:
    """Copy what can be read of a corrupt file's events and episodes; how many events."""
    kept = 0
    connection.execute("BEGIN IMMEDIATE")
    with contextlib.suppress(sqlite3.Error, OSError), contextlib.closing(
        sqlite3.connect(f"file:{old}?mode=ro", BUSY, uri=True)
    ) as source:
        for row in _readable(source, "SELECT id, uid, sequence, event, spooled_at, body, size"
                                     " FROM event"):
            with contextlib.suppress(sqlite3.Error, ValueError, KeyError, TypeError):
                _event(row[5], ())  # whole?
                kept += connection.execute(
                    "INSERT OR IGNORE INTO event (id, uid, sequence, event, spooled_at, body,"
                    " size) VALUES (?, ?, ?, ?, ?, ?, ?)", row).rowcount
        for row in _readable(source, "SELECT uid, sequence, camera, rule, kind, started_at,"
                                     " last_at, open FROM episode"):
            with contextlib.suppress(sqlite3.Error):
                connection.execute(_UPSERT_EPISODE, row)
        for row in _readable(source, "SELECT event_id, at, width, height, sha256, jpeg, size,"
                                     " spooled_at FROM picture"):
            with contextlib.suppress(sqlite3.Error):
                connection.execute(
                    "INSERT INTO picture (event_id, at, width, height, sha256, jpeg, size,"
                    " spooled_at) SELECT ?, ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1"
                    " FROM event WHERE id = ?)", (*row, row[0]))
    connection.execute("COMMIT")
    return kept


def _readable(source: sqlite3.Connection, statement: str) -> Iterator[tuple[Any, ...]]:
    """The rows before the first that cannot be read."""
    with contextlib.suppress(sqlite3.Error):
        yield from source.execute(statement)


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _chunk(events: Sequence[AlertEvent]) -> int:
    """How many of these to write in one transaction: what the log takes without growing."""
    size = 0
    for number, event in enumerate(events[:CHUNK]):
        size += _bytes_of(event)
        if size > CHUNK_BYTES and number:
            return number
    return CHUNK


def _bytes_of(event: AlertEvent) -> int:
    return 1024 + sum(len(snapshot.jpeg) + OVERHEAD for snapshot in event.snapshots)


def _is_corrupt(error: sqlite3.Error) -> bool:
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _CORRUPT


def _is_full(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}


def _sync_directory(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
