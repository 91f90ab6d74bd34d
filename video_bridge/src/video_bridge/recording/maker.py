"""The thread of a shard that makes files of recordings. It is started by the first of them."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from video_bridge.recording import mux
from video_bridge.recording.mux import MuxError
from video_bridge.recording.store import Clip, ClipStore, StoreError
from video_bridge.recording.tape import Recording
from video_bridge.recording.units import CLOCK, Unit, access_units

_logger = logging.getLogger(__name__)

SHORTEST = 1.0
"""A recording of fewer seconds shows nothing."""
NICENESS = 10
_NAMES = {"h264": "h264", "hevc": "h265"}


@dataclass(frozen=True, slots=True)
class ClipFigures:
    """What a shard has done about clips, for /metrics."""

    made: int = 0
    failed: int = 0
    """Clips that could not be made or kept."""
    dropped: int = 0
    """Older clips that were dropped for want of room."""
    shed: int = 0
    """Recordings that were ended early or emptied for want of memory."""
    recording: int = 0
    """Cameras that are recorded now."""
    bytes: int = 0
    """Memory that the recordings take."""


class ClipMaker:
    """Makes one clip after the other."""

    def __init__(self, store: ClipStore, on_done: Callable[[Recording], None]) -> None:
        """A maker whose thread does not run yet.

        :param on_done: is told, in that thread, that a recording is not needed any more.
        """
        self.figures = ClipFigures()
        self._store = store
        self._on_done = on_done
        self._jobs: queue.SimpleQueue[Recording | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def give(self, recording: Recording) -> None:
        """Have a clip made."""
        self._jobs.put(recording)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="clips", daemon=True)
            self._thread.start()

    def finish(self, patience: float) -> None:
        """Make what was given, and end; not longer than so many seconds."""
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join(patience)

    def _run(self) -> None:
        with contextlib.suppress(OSError):  # on Linux, of this thread alone
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        while (recording := self._jobs.get()) is not None:
            try:
                self._make(recording)
            except (MuxError, StoreError) as error:
                self._failed(recording, str(error))
            except Exception:
                _logger.exception("Clip %s could not be made", recording.uid)
                self._failed(recording, "see the log")
            finally:
                self._on_done(recording)
                del recording

    def _failed(self, recording: Recording, why: str) -> None:
        self.figures = replace(self.figures, failed=self.figures.failed + 1)
        _logger.warning(
            "Camera %d: the clip of %s was given up: %s", recording.camera, recording.uid, why
        )

    def _make(self, recording: Recording) -> None:
        begun = time.monotonic()
        first = recording.groups[0]
        codec = first.unit.codec
        if codec not in _NAMES:
            raise MuxError(f"no clips of {codec}")
        units = access_units(recording.groups)
        seconds = length(units)
        if seconds < SHORTEST:
            raise MuxError("the stream ended at once")
        clip = Clip(recording.uid, recording.camera, first.at, round(seconds, 3), _NAMES[codec])

        def write(path: Path) -> None:
            mux.write(units, codec, path)

        dropped = self._store.add(clip, write)
        self.figures = replace(
            self.figures, made=self.figures.made + 1, dropped=self.figures.dropped + dropped
        )
        _logger.info(
            "Camera %d: clip of %s: %.1f s, %d pictures, made in %.2f s",
            recording.camera, recording.uid, seconds, len(units), time.monotonic() - begun,
        )  # fmt: skip


def length(units: list[Unit]) -> float:
    """How many seconds the pictures play."""
    lasts = mux.durations(units)
    return max(
        unit.time + each for unit, each in zip(units, lasts, strict=True)
    ) / CLOCK
