"""The folder of clips (录像片段) that wait to be delivered.

``<uid>.mp4`` with ``<uid>.json`` beside it, which says what the platform wants to know. A clip is
there when its video is: that is written under another name, put on the disk and renamed last, so
that a process killed at any moment leaves nothing that looks like a clip and is none.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

_logger = logging.getLogger(__name__)

ROOM = 64 * 1024 * 1024
"""Bytes of the disk that clips leave to the alerts."""
STALE = 600.0
"""Seconds after which a file that nobody completes counts as left over."""
_NAME = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class StoreError(Exception):
    """A clip cannot be kept, or is not what was kept."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip as it is described to the platform."""

    uid: str
    """Of the alert."""
    camera: int
    started_at: float
    """When its first picture came (UTC)."""
    seconds: float
    codec: str
    """"h264" or "h265"."""
    size: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A clip's file, as the folder shows it."""

    uid: str
    size: int
    at: float
    """When it was made (UTC)."""


class ClipStore:
    """The clips of one bridge. Any number of processes add, one delivers."""

    def __init__(
        self,
        folder: Path,
        max_bytes: int,
        max_age: float = 7 * 86400.0,
        *,
        room: int = ROOM,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """A store in a folder, which need not exist yet.

        :param room: bytes of the disk that have to stay free.
        """
        self.folder, self.max_bytes, self.max_age = folder, max_bytes, max_age
        self._room, self._clock = room, clock

    def add(self, clip: Clip, write: Callable[[Path], None]) -> int:
        """Keep a clip; how many older ones had to make way.

        :param write: writes the video to a file.
        :raises StoreError: there is no room for it, or it cannot be written.
        """
        if not _NAME.fullmatch(clip.uid):
            raise StoreError("the alert's id is none")
        part = self.folder / f"{clip.uid}.{os.getpid()}.part"
        described = self.folder / f"{clip.uid}.json"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._free() < self._room:
                raise StoreError("the disk is full")
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            write(part)
            size, sha256 = _settled(part)
            if size > self.max_bytes:
                raise StoreError("it is larger than all clips may be")
            dropped = self._drop_oldest(self.max_bytes - size)
            text = {**asdict(clip), "size": size, "sha256": sha256}
            _write_text(described, json.dumps(text))
            part.replace(self.folder / f"{clip.uid}.mp4")
            _sync_folder(self.folder)
        except OSError as error:
            raise StoreError(error.strerror or type(error).__name__) from error
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
        return dropped

    def waiting(self) -> list[Waiting]:
        """All clips, oldest first."""
        found = []
        with contextlib.suppress(FileNotFoundError):
            for entry in os.scandir(self.folder):
                name, dot, kind = entry.name.rpartition(".")
                if dot and kind == "mp4" and _NAME.fullmatch(name):
                    with contextlib.suppress(FileNotFoundError):
                        status = entry.stat(follow_symlinks=False)
                        found.append(Waiting(name, status.st_size, status.st_mtime))
        return sorted(found, key=lambda one: (one.at, one.uid))

    def read(self, uid: str) -> tuple[Clip, bytes]:
        """A clip and its video.

        :raises StoreError: it is gone, or damaged.
        """
        try:
            data = (self.folder / f"{uid}.mp4").read_bytes()
            clip = Clip(**json.loads((self.folder / f"{uid}.json").read_text("utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise StoreError(f"{type(error).__name__}: {error}") from error
        if clip.uid != uid or hashlib.sha256(data).hexdigest() != clip.sha256:
            raise StoreError("it is damaged")
        return clip, data

    def remove(self, uid: str) -> None:
        """Forget a clip."""
        for kind in ("mp4", "json"):  # in this order: what describes nothing is left over
            with contextlib.suppress(FileNotFoundError):
                (self.folder / f"{uid}.{kind}").unlink()

    def trim(self) -> int:
        """Keep the limits of size, age and free room; how many clips were dropped."""
        oldest = self._clock() - self.max_age
        old = [one for one in self.waiting() if one.at < oldest]
        for one in old:
            _logger.warning("Clip %s was dropped: it is too old", one.uid)
            self.remove(one.uid)
        lacking = self._room - self._free() if self.folder.is_dir() else 0
        size = sum(one.size for one in self.waiting())
        most = min(self.max_bytes, size - lacking) if lacking > 0 else self.max_bytes
        return len(old) + self._drop_oldest(max(most, 0))

    def tidy(self, older_than: float = STALE) -> int:
        """Remove what killed processes have left behind; how many files that were."""
        limit = self._clock() - older_than
        removed = 0
        with contextlib.suppress(OSError):
            for entry in tuple(os.scandir(self.folder)):
                name, _dot, kind = entry.name.rpartition(".")
                other = {"mp4": "json", "json": "mp4"}.get(kind)
                if other is not None and (self.folder / f"{name}.{other}").exists():
                    continue
                if kind not in {"mp4", "json", "part"}:
                    continue
                with contextlib.suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_mtime <= limit:
                        os.unlink(entry.path)
                        removed += 1
        return removed

    def _free(self) -> int:
        status = os.statvfs(self.folder)
        return status.f_bavail * status.f_frsize

    def _drop_oldest(self, most: int) -> int:
        """Drop the oldest clips until the others take no more than so many bytes."""
        clips = self.waiting()
        size = sum(one.size for one in clips)
        dropped = 0
        for one in clips:
            if size <= most:
                break
            _logger.warning("Clip %s was dropped for want of room", one.uid)
            self.remove(one.uid)
            size -= one.size
            dropped += 1
        return dropped


def _settled(path: Path) -> tuple[int, str]:
    """Size and SHA-256 of a file that is on the disk from now on."""
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
        os.fsync(file.fileno())
    return size, digest


def _write_text(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with contextlib.suppress(FileNotFoundError):
        part.unlink()
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
