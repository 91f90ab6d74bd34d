"""The recordings of a shard, in the thread that receives.

The looking thread says what a rule makes of a camera (`Suspicion`); here what it sends is kept
from then on, and handed on when an alert has had its seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from video_bridge.model import Camera
from video_bridge.recording.maker import ClipFigures, ClipMaker
from video_bridge.recording.store import ClipStore
from video_bridge.recording.tape import Budget, Recording, Tape
from video_bridge.rtp import Depacketiser, KeyUnit

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What a camera's rules make of the picture just seen."""

    suspected: bool
    """Something may be about to become an alert."""
    opened: tuple[str, ...]
    """Alerts that have opened with this picture, by uid."""
    unit: KeyUnit | None
    """Its key frame; None when no picture but the time has brought the change."""
    at: float
    clock: float


class Source(Protocol):
    """A camera's connection."""

    @property
    def video(self) -> Depacketiser | None:
        """What puts its pictures together; None while there is none."""


class Recorded(Protocol):
    """A camera that can be recorded."""

    camera: Camera
    tape: Tape | None

    @property
    def source(self) -> Source | None:
        """Where its pictures come from."""


class Recorder:
    """The tapes of a shard's cameras. Belongs to the thread of its loop."""

    def __init__(
        self,
        store: ClipStore,
        *,
        budget: Budget | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """A recorder without tapes, in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._budget = budget or Budget()
        self._now = now
        self._taped: list[Recorded] = []
        self._off = store.max_bytes <= 0
        self._maker = ClipMaker(store, self._made)

    @property
    def figures(self) -> ClipFigures:
        """The figures as they are now."""
        return replace(
            self._maker.figures, shed=self._budget.shed, recording=len(self._taped),
            bytes=self._budget.used,
        )  # fmt: skip

    def hear(self, post: Recorded, said: Suspicion) -> None:
        """Begin, go on with or end the recording of a camera."""
        camera, tape = post.camera, post.tape
        if tape is None:
            if self._off or not (said.suspected or said.opened):
                return
            if camera.clip_seconds <= 0 or camera.pixelate or _video(post) is None:
                return  # of what FFmpeg reads there are only the key frames
            tape = post.tape = Tape(camera.id, self._budget, self._maker.give, now=self._now)
            self._taped.append(post)
            self.attach(post)
        if said.unit is not None:
            tape.begin_with(said.unit, said.at, said.clock)
        tape.suspected = said.suspected
        for uid in said.opened:
            tape.take(uid, camera.clip_seconds)
        if tape.idle:
            self._end(post)

    def attach(self, post: Recorded) -> None:
        """Have the pictures of the camera's present connection kept."""
        video = _video(post)
        if post.tape is not None and video is not None:
            video.on_delta = post.tape.delta
            video.keep_all = True

    def interrupt(self, post: Recorded) -> None:
        """The camera's connection has ended."""
        if post.tape is not None:
            post.tape.interrupt()
            if post.tape.idle:
                self._end(post)

    def remove(self, post: Recorded) -> None:
        """The camera is not read any more."""
        if post.tape is not None:
            post.tape.interrupt()
            self._end(post)

    def forget(self, post: Recorded) -> None:
        """The camera is to make no clips any more."""
        if post.tape is not None:
            self._end(post)

    def tick(self) -> None:
        """Complete what time completes, about once a second."""
        now = self._now()
        for post in tuple(self._taped):
            tape = post.tape
            if tape is not None:
                tape.tick(now)
                if tape.idle:
                    self._end(post)

    def cut(self) -> None:
        """End all recordings with what there is."""
        for post in tuple(self._taped):
            self.remove(post)

    def finish(self, patience: float) -> None:
        """Make files of what there is, and end; waits so many seconds at most."""
        self._maker.finish(patience)

    def _end(self, post: Recorded) -> None:
        video = _video(post)
        if video is not None:
            video.keep_all = False
            video.on_delta = None
        if post.tape is not None:
            post.tape.clear()
            post.tape = None
            self._taped.remove(post)

    def _made(self, recording: Recording) -> None:
        """Called by the maker's thread."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._release, recording.bytes)

    def _release(self, size: int) -> None:
        self._budget.used -= size


def _video(post: Recorded) -> Depacketiser | None:
    return post.source.video if post.source is not None else None
