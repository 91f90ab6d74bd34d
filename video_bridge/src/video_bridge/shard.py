"""A shard: one process that reads a share of the cameras.

Its first thread receives (asyncio, no decoding), its second one looks (see `looker`). It is told by
the supervisor what to read and reports to it; when the supervisor is gone it ends by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from video_bridge.channel import Channel
from video_bridge.gates import CompressedGate
from video_bridge.keyqueue import Waiting
from video_bridge.looker import Figures, Looker, LookerSettings, Sight
from video_bridge.model import Camera, CameraHealth, OpenEpisode
from video_bridge.reader import CameraReader, ConnectPace
from video_bridge.recording.maker import ClipFigures
from video_bridge.recording.recorder import Recorder, Suspicion
from video_bridge.recording.store import ClipStore
from video_bridge.recording.tape import Tape
from video_bridge.rtp import KeyUnit
from video_bridge.rtsp import ReceiveBuffer
from video_bridge.settings import SpoolSettings
from video_bridge.spool import Spool

_logger = logging.getLogger(__name__)

REPORT_EVERY = 1.0
LATE = 3
"""Key frames that have to be missing before a camera no longer counts as online."""
MAX_UNSENT = 32 * 1024 * 1024
"""Stills are not sent while more than this waits for the supervisor."""
STUCK = 60.0
"""Seconds for one piece of work after which the looking thread counts as stuck."""


@dataclass(frozen=True, slots=True)
class ShardSettings:
    """What a shard has to know to begin."""

    number: int
    spool_path: Path
    spool: SpoolSettings = field(default_factory=SpoolSettings)
    detector: str = "auto"
    log_level: str = "info"
    decode: bool = True
    """Off for measuring: key frames are received and thrown away."""
    compressed_gate: bool = True
    """Off for measuring: every key frame is decoded."""

    def open_spool(self) -> Spool:
        """The spool, by a connection of one's own."""
        limits = self.spool
        return Spool(
            self.spool_path,
            max_bytes=limits.max_bytes,
            max_age=limits.max_age,
            picture_bytes=limits.picture_bytes,
            reserve=limits.reserve,
        )

    def clip_store(self) -> ClipStore:
        """The folder of clips, beside the spool."""
        limits = self.spool
        return ClipStore(self.spool_path.parent / "clips", limits.clip_bytes, limits.max_age)


@dataclass(frozen=True, slots=True)
class Report:
    """What a shard tells of itself."""

    figures: Figures
    waiting: int
    dropped: int
    bytes: int
    keys: int
    connects: int
    garbage: int
    lost: int
    skipped: int
    opened: int
    """Cameras whose stream is open."""
    trusted: int
    cpu: float
    detector: str | None
    """Name and precision; None without."""
    ready: bool
    stuck: bool
    clips: ClipFigures = field(default_factory=ClipFigures)


class Post:
    """One camera of a shard: what is received of it and how it does."""

    def __init__(self, camera: Camera) -> None:
        """Nothing received yet."""
        self.camera = camera
        self.sight = Sight(camera)
        self.reader: CameraReader | None = None
        self.tape: Tape | None = None
        """What is kept of it while an alert may open."""
        self.task: asyncio.Task[None] | None = None
        self.open = False
        self.since = time.time()
        self.problem: str | None = "connecting"
        self.codec: str | None = None
        self.key_kb: float | None = None
        self.key_clock: float | None = None
        self.opened_clock = 0.0
        self.was_online = False
        self.skipped = 0

    @property
    def source(self) -> CameraReader | None:
        """Where its pictures come from, for the recorder."""
        return self.reader

    def state(self, is_open: bool, problem: str | None) -> None:
        """The reader tells that the stream is open, or what is wrong."""
        self.open = is_open
        self.opened_clock = time.monotonic()
        if not is_open:
            self.problem = problem
            self.key_clock = None
            self._turn(False)

    def _turn(self, online: bool) -> None:
        if online != self.was_online:
            self.was_online = online
            self.since = time.time()

    def arrived(self, unit: KeyUnit, now: float) -> float:
        """Note a key frame; the seconds between two of them."""
        sight = self.sight
        if self.key_clock is not None:
            gap = now - self.key_clock
            before = sight.interval
            sight.interval = gap if before is None else before + 0.2 * (gap - before)
        kilobytes = unit.key_bytes / 1024
        self.key_kb = (
            kilobytes if self.key_kb is None else self.key_kb + 0.2 * (kilobytes - self.key_kb)
        )
        self.key_clock = now
        self.codec = unit.codec
        self.problem = None
        self._turn(True)
        return sight.interval or 2.0

    def health(self, now: float) -> CameraHealth:
        """How the camera does."""
        sight = self.sight
        problem = self.problem
        if self.open:
            patience = max(LATE * (sight.interval or 4.0), 6.0)
            seen = self.key_clock if self.key_clock is not None else self.opened_clock
            if now - seen > patience:
                self._turn(False)
                problem = "no key frame"
            elif self.key_clock is None:
                problem = "connecting"
            elif sight.undecodable >= LATE:
                problem = "undecodable"
        width, height = sight.size or (None, None)
        return CameraHealth(
            camera=self.camera.id,
            online=self.was_online and problem is None,
            since=self.since,
            last_frame_at=sight.last_key_at,
            codec=self.codec,
            width=width,
            height=height,
            keyframe_seconds=None if sight.interval is None else round(sight.interval, 2),
            keyframe_kb=None if self.key_kb is None else round(self.key_kb, 1),
            problem=problem,
        )


class Shard:
    """The receiving side of a shard process."""

    def __init__(self, settings: ShardSettings, channel: Channel) -> None:
        """A shard without cameras, in the running loop."""
        self._settings = settings
        self._channel = channel
        self._loop = asyncio.get_running_loop()
        self._posts: dict[int, Post] = {}
        self._buffer = ReceiveBuffer()
        self._pace = ConnectPace()
        self._zone = ZoneInfo("Asia/Shanghai")
        self._told: dict[int, CameraHealth] = {}
        self._skipped = 0
        self._lost = 0
        self._looker = Looker(
            LookerSettings(settings.open_spool, settings.detector),
            self._from_looker("stills"),
            self._from_looker("sightings"),
            lambda camera, jpeg: self._from_looker("view")((camera, jpeg)),
            self._suspected,
        )
        self._recorder = Recorder(settings.clip_store())

    def _from_looker(self, kind: str) -> Callable[[Any], None]:
        def send(value: Any) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._pass_on, kind, value)

        return send

    def _pass_on(self, kind: str, value: Any) -> None:
        if self._channel.waiting < MAX_UNSENT:
            self._channel.send(kind, value)

    def _suspected(self, sight: Sight, said: Suspicion) -> None:
        """Called by the looking thread."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._record, sight, said)

    def _record(self, sight: Sight, said: Suspicion) -> None:
        post = self._posts.get(sight.camera.id)
        if post is not None and post.sight is sight:
            self._recorder.hear(post, said)

    async def run(self) -> None:
        """Do what the supervisor says, until it says stop or is gone."""
        if self._settings.decode:
            self._looker.start()
        reporting = self._loop.create_task(self._report())
        try:
            while True:
                message = await self._channel.receive()
                if message is None:
                    _logger.warning("The supervisor is gone; the shard ends")
                    return
                kind, value = message
                if kind == "stop":
                    return
                try:
                    self._obey(kind, value)
                except Exception:
                    _logger.exception("A message of the supervisor could not be obeyed: %s", kind)
        finally:
            reporting.cancel()
            self._recorder.cut()
            for post in self._posts.values():
                if post.task is not None:
                    post.task.cancel()
            await asyncio.sleep(0.05)
            if self._settings.decode:
                self._looker.finish()
                await asyncio.to_thread(self._looker.join, 5.0)
            await asyncio.to_thread(self._recorder.finish, 2.0)

    def _obey(self, kind: str, value: Any) -> None:
        if kind == "assign":
            self._assign(*value)
        elif kind == "stills":
            for camera in value:
                if camera in self._posts:
                    self._posts[camera].sight.still_wanted = True
        elif kind == "watch" and value in self._posts:
            sight = self._posts[value].sight
            sight.watched_until = time.monotonic() + 10.0
            sight.still_wanted = True

    def _assign(
        self, cameras: list[Camera], episodes: list[OpenEpisode], zone: ZoneInfo
    ) -> None:
        """Read exactly these cameras."""
        wanted = {camera.id: camera for camera in cameras}
        for key in self._posts.keys() - wanted.keys():
            self._remove(key)
        changed_zone, self._zone = zone != self._zone, zone
        for key, camera in wanted.items():
            post = self._posts.get(key)
            if post is None:
                own = [episode for episode in episodes if episode.camera == key]
                self._add(camera, own)
            elif post.camera != camera or changed_zone:
                self._change(post, camera)

    def _add(self, camera: Camera, episodes: list[OpenEpisode]) -> None:
        post = self._posts[camera.id] = Post(camera)
        self._looker.add(post.sight, episodes, self._zone)
        self._read(post)

    def _read(self, post: Post) -> None:
        post.reader = CameraReader(
            post.camera,
            lambda unit: self._key(post, unit),
            lambda is_open, problem: self._state(post, is_open, problem),
            self._pace,
            self._buffer,
        )
        post.task = self._loop.create_task(post.reader.run())

    def _remove(self, key: int) -> None:
        post = self._posts.pop(key)
        self._told.pop(key, None)
        self._recorder.remove(post)
        if post.task is not None:
            post.task.cancel()
        self._looker.remove(key)

    def _change(self, post: Post, camera: Camera) -> None:
        """Other rules: a new eye. Another address or password: connect anew, at once."""
        before, post.camera = post.camera, camera
        if camera.clip_seconds <= 0:
            self._recorder.forget(post)
        if _stream(before) != _stream(camera):
            self._recorder.remove(post)
            if post.task is not None:
                post.task.cancel()
            post.state(False, "connecting")
            post.sight.gate = CompressedGate(phase=camera.id)
            post.sight.interval = None
            self._read(post)
        self._looker.change(post.sight, camera, self._zone)

    def _state(self, post: Post, is_open: bool, problem: str | None) -> None:
        if not is_open and post.reader is not None:
            self._lost += post.reader.lost
        post.state(is_open, problem)
        if post.tape is not None:
            (self._recorder.attach if is_open else self._recorder.interrupt)(post)

    def _key(self, post: Post, unit: KeyUnit) -> None:
        """A key frame has come in: decide whether it is worth looking at."""
        now = time.monotonic()
        interval = post.arrived(unit, now)
        sight = post.sight
        sight.last_key_at = time.time()
        if post.tape is not None:
            post.tape.key(unit, sight.last_key_at, now)
        gate = sight.gate
        value = gate.measure(unit.key_bytes, unit.delta_bytes, unit.delta_frames, unit.delta_peak)
        verdict = gate.judge(value, interval)
        if not self._settings.decode:
            return
        if not self._settings.compressed_gate:
            quiet, decode = False, not sight.blind
        else:
            quiet, decode = verdict.quiet, verdict.decode and not sight.blind
        if not decode:
            if not sight.wanted:
                self._skipped += 1
                return
            gate.looked()
        # what serves only to learn can wait, as can checks of a quiet camera
        urgent = sight.moved or sight.still_wanted or (gate.trusted and not quiet)
        self._looker.queue.put(
            sight, Waiting(unit, sight.last_key_at, now, value, quiet, urgent)
        )

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(REPORT_EVERY)
            now = time.monotonic()
            self._recorder.tick()
            told = self._told
            changed = []
            for key, post in self._posts.items():
                health = post.health(now)
                if told.get(key) != health:
                    told[key] = health
                    changed.append(health)
            self._channel.send("health", changed)
            self._channel.send("report", self._figures())

    def _figures(self) -> Report:
        looker, counters = self._looker, self._buffer.counters
        detector, busy = looker.detector, looker.busy_since
        return Report(
            figures=looker.snapshot(),
            waiting=len(looker.queue),
            dropped=looker.queue.dropped,
            bytes=counters.bytes,
            keys=counters.keys,
            connects=counters.connects,
            garbage=counters.garbage,
            lost=self._lost + sum(p.reader.lost for p in self._posts.values() if p.reader),
            skipped=self._skipped,
            opened=sum(post.open for post in self._posts.values()),
            trusted=sum(post.sight.gate.trusted for post in self._posts.values()),
            cpu=time.process_time(),
            detector=f"{detector.name} {detector.precision}" if detector else None,
            ready=looker.ready.is_set() or not self._settings.decode,
            stuck=busy is not None and time.monotonic() - busy > STUCK,
            clips=self._recorder.figures,
        )


def _stream(camera: Camera) -> tuple[object, ...]:
    """What a connection depends on."""
    return camera.address, camera.username, camera.password, camera.transport
