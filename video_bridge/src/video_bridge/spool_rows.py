"""Rows of the spool (缓存队列): the tables, and what is read from and written to them.

Functions on an open connection, each within the transaction of its caller.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from video_bridge.model import AlertEvent, Box, OpenEpisode, Snapshot

OVERHEAD = 256
"""Bytes that a row takes in its indexes and elsewhere, about."""
BUSY = 10.0
"""Seconds to wait for another process that writes."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL, sequence INTEGER NOT NULL,
    event TEXT NOT NULL, spooled_at REAL NOT NULL, body TEXT NOT NULL, size INTEGER NOT NULL,
    UNIQUE (uid, sequence));
CREATE TABLE IF NOT EXISTS picture (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event_id INTEGER NOT NULL, at REAL NOT NULL,
    width INTEGER NOT NULL, height INTEGER NOT NULL, sha256 TEXT NOT NULL,
    size INTEGER NOT NULL, spooled_at REAL NOT NULL, jpeg BLOB NOT NULL);
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
CREATE INDEX IF NOT EXISTS episode_ended ON episode (camera, rule, kind, last_at) WHERE open = 0;
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
UPSERT_EPISODE = """
INSERT INTO episode (uid, sequence, camera, rule, kind, started_at, last_at, open)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (uid) DO UPDATE SET sequence = excluded.sequence, last_at = excluded.last_at,
    open = excluded.open
WHERE excluded.sequence > episode.sequence
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


def insert(connection: sqlite3.Connection, event: AlertEvent, now: float) -> None:
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
    connection.execute(UPSERT_EPISODE, (
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


def event(body: str, snapshots: tuple[Snapshot, ...]) -> AlertEvent:
    values: dict[str, Any] = json.loads(body)
    values["boxes"] = tuple(Box(*box) for box in values["boxes"])
    return AlertEvent(**values, snapshots=snapshots)


def episode(event: AlertEvent) -> OpenEpisode:
    return OpenEpisode(event.uid, event.sequence, event.camera, event.rule, event.kind,
                       event.started_at, event.at)


def read_batch(
    connection: sqlite3.Connection, limit: int, max_bytes: int
) -> tuple[Batch, list[Refusal]]:
    """The oldest events, and those that cannot be read (of another version of the bridge)."""
    rows = connection.execute(
        "SELECT id, body, size, (SELECT coalesce(sum(size), 0) FROM picture"
        " WHERE event_id = event.id) FROM event ORDER BY id LIMIT ?", (limit,))
    items: list[Item] = []
    unreadable: list[Refusal] = []
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
        try:
            items.append(Item(key, event(body, snapshots)))
        except (ValueError, TypeError, KeyError) as error:
            unreadable.append(Refusal(key, "unreadable", f"{type(error).__name__}: {error}"))
    return Batch(tuple(items)), unreadable


def read_steps(connection: sqlite3.Connection, uids: Sequence[str]) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for uid in uids:
        found += connection.execute(
            "SELECT uid, sequence, open, EXISTS (SELECT 1 FROM event e"
            " WHERE e.uid = episode.uid) FROM episode WHERE uid = ?", (uid,)).fetchall()
    return found


def read_totals(connection: sqlite3.Connection) -> tuple[dict[str, int], float | None]:
    totals = dict(connection.execute("SELECT name, value FROM total").fetchall())
    first = connection.execute("SELECT spooled_at FROM event ORDER BY id LIMIT 1").fetchone()
    return totals, first[0] if first else None


def count(connection: sqlite3.Connection, name: str, number: int) -> None:
    if number:
        connection.execute(
            "UPDATE total SET value = value + ? WHERE name = ?", (number, name))


def drop_pictures(connection: sqlite3.Connection, excess: int) -> None:
    """Delete the oldest pictures until `excess` bytes are gone."""
    if excess > 0:
        _drop_oldest(connection, "picture", excess, "dropped_pictures", "1")


def keep_limits(connection: sqlite3.Connection, max_bytes: int, picture_bytes: int) -> None:
    """Drop what is too much: pictures, then steps that a later one replaces, then alerts."""
    totals = dict(connection.execute("SELECT name, value FROM total").fetchall())
    pictures = totals["picture_bytes"]
    excess = totals["event_bytes"] + pictures - max_bytes
    drop_pictures(connection, max(excess, pictures - picture_bytes))
    excess -= pictures
    if excess > 0:
        excess -= _drop_oldest(
            connection, "event", excess, "dropped_updates",
            "event = 'update' AND EXISTS (SELECT 1 FROM event AS later"
            " WHERE later.uid = event.uid AND later.sequence > event.sequence)")
    if excess > 0:
        _drop_oldest(connection, "event", excess, "dropped_alerts", "1")


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
    count(connection, name, len(keys))
    return gone


def carry_over(old: Path, connection: sqlite3.Connection) -> int:
    """Copy what can be read of a corrupt file's events and episodes; how many events."""
    kept = 0
    connection.execute("BEGIN IMMEDIATE")
    with contextlib.suppress(sqlite3.Error, OSError), contextlib.closing(
        sqlite3.connect(f"file:{old}?mode=ro", BUSY, uri=True)
    ) as source:
        for row in _readable(source, "SELECT id, uid, sequence, event, spooled_at, body, size"
                                     " FROM event"):
            with contextlib.suppress(sqlite3.Error, ValueError, KeyError, TypeError):
                event(row[5], ())  # whole?
                kept += connection.execute(
                    "INSERT OR IGNORE INTO event (id, uid, sequence, event, spooled_at, body,"
                    " size) VALUES (?, ?, ?, ?, ?, ?, ?)", row).rowcount
        for row in _readable(source, "SELECT uid, sequence, camera, rule, kind, started_at,"
                                     " last_at, open FROM episode"):
            with contextlib.suppress(sqlite3.Error):
                connection.execute(UPSERT_EPISODE, row)
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


def statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def bytes_of(event: AlertEvent) -> int:
    return 1024 + sum(len(snapshot.jpeg) + OVERHEAD for snapshot in event.snapshots)
