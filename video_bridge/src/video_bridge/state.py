"""What a bridge remembers between two runs, in its state directory.

Its identity, the last good configuration (which holds camera passwords: mode 0600) and the last
lease, so that it goes on reading its cameras when it is restarted while the platform is away.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import uuid
from collections.abc import Collection
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)


class StateError(Exception):
    """The state directory cannot be used."""


class State:
    """The state directory of one bridge; at most one process uses it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = -1
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StateError(f"{folder}: {error.strerror}") from None

    def lock(self) -> None:
        """Take the directory for this process until it ends; StateError if it is taken."""
        handle = os.open(self.folder / "bridge.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise StateError(f"another bridge works in {self.folder} already") from None
        self._lock = handle

    def unlock(self) -> None:
        """Give the directory back."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def identity(self) -> str:
        """The bridge's UUID, made when it first runs."""
        known = self._load("identity.json")
        with contextlib.suppress(TypeError, KeyError, ValueError):
            return str(uuid.UUID(known["bridge"]))
        made = str(uuid.uuid4())
        self._save("identity.json", {"bridge": made})
        return made

    def config(self) -> tuple[str | None, Any]:
        """(ETag, document) of the last good configuration; (None, None) without one."""
        known = self._load("config.json")
        if isinstance(known, dict) and "document" in known:
            return known.get("etag"), known["document"]
        return None, None

    def save_config(self, etag: str | None, document: Any) -> None:
        """Remember a good configuration."""
        self._try_save("config.json", {"etag": etag, "document": document})

    def lease(self) -> frozenset[int]:
        """The cameras of the last lease."""
        known = self._load("lease.json")
        cameras = known.get("cameras", []) if isinstance(known, dict) else []
        return frozenset(c for c in cameras if isinstance(c, int))

    def save_lease(self, cameras: Collection[int]) -> None:
        """Remember the present lease."""
        self._try_save("lease.json", {"cameras": sorted(cameras)})

    def _load(self, name: str) -> Any:
        try:
            return json.loads((self.folder / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            logger.warning("%s cannot be read and is passed over: %s", name, error)
            return None

    def _try_save(self, name: str, document: Any) -> None:
        """Save what can be had again: a full disk is no reason to stop."""
        try:
            self._save(name, document)
        except OSError as error:
            logger.warning("%s could not be saved: %s", name, error)

    def _save(self, name: str, document: Any) -> None:
        """Write a file for nobody else's eyes, whole or not at all."""
        part = self.folder / f"{name}.part"
        with contextlib.suppress(FileNotFoundError):
            part.unlink()
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w", encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.folder / name)
