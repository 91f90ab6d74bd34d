"""The file of the spool (缓存队列): one SQLite database that several processes use.

Its lock file says which file is the present one: a file that SQLite cannot read stays where it is,
and another is begun with what could still be read. A reserve on the disk is given up when others
have filled it, so that pictures can be dropped: that needs room too.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from video_bridge import spool_rows

logger = logging.getLogger(__name__)
T = TypeVar("T")

LOG_PAGES = 256
FLOOR = 3 * 1024 * 1024
"""Bytes left free on the disk at least, as long as there are pictures to drop."""
_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class SpoolFile:
    """One process's way to the file. Not safe between threads: its owner sees to that."""

    def __init__(self, path: Path, reserve: int, on_anew: Callable[[str], None]) -> None:
        """The file at `path`, made when it is first used.

        :param reserve: bytes to set aside on the disk.
        :param on_anew: is told what happened when a corrupt file was set aside.
        """
        self.path = path
        self._reserve_bytes, self._on_anew = reserve, on_anew
        self._connection: sqlite3.Connection | None = None
        self._generation = -1
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._gate = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        if not os.fstat(self._gate).st_size:
            os.pwrite(self._gate, b"%8d" % 0, 0)

    def close(self) -> None:
        """Let go of the file."""
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

    def run(
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
            elif is_full(error) and not grows and self._reserve.exists():
                self.give_up_reserve()
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
        connection = sqlite3.connect(
            file, spool_rows.BUSY, isolation_level=None, check_same_thread=False)
        try:
            if new:
                file.chmod(0o600)
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            # what lies in the log has to fit into the reserve when the disk is full
            connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
            connection.execute("BEGIN IMMEDIATE")
            for statement in spool_rows.statements(spool_rows.SCHEMA):
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
            saved = spool_rows.carry_over(old, connection)
            problem = (f"{old.name} could not be read ({error}); it was set aside and "
                       f"{saved} events were carried over")
            logger.error("spool: %s", problem)
            self._on_anew(problem)

    def checkpoint(self) -> None:
        """Move the log into the file, so that the log's room can be used again."""
        with contextlib.suppress(sqlite3.Error), self._gated(fcntl.LOCK_SH):
            self._open().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    @property
    def _reserve(self) -> Path:
        return self.path.with_suffix(".reserve")

    def keep_reserve(self) -> None:
        """Set room aside again once there is plenty."""
        if not self._reserve_bytes or self._reserve.exists():
            return
        if self.room() > 4 * self._reserve_bytes:
            with contextlib.suppress(OSError), open(self._reserve, "wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._reserve_bytes)

    def room(self) -> int:
        """Bytes free on the disk."""
        try:
            disk = os.statvfs(self.path.parent)
        except OSError:
            return FLOOR
        return disk.f_bavail * disk.f_frsize

    def give_up_reserve(self) -> None:
        """Give back the room that was set aside."""
        self._reserve.unlink(missing_ok=True)


def _is_corrupt(error: sqlite3.Error) -> bool:
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _CORRUPT


def is_full(error: sqlite3.Error) -> bool:
    """Whether the disk is full."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}


def _sync_directory(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
