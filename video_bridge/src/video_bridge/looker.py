"""The thread of a shard that looks at key frames: decodes, judges, spools, photographs.

Everything that belongs to a camera's eye, its pixel gate and the detector happens in this thread;
the other thread of the shard only receives. What they share are single values and the queue.
"""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np

from video_bridge import snapshot
from video_bridge.annotate import annotate
from video_bridge.decode import DecodeError, Decoder
from video_bridge.detect import Detector, open_detector
from video_bridge.eyes import SHUTDOWN, CameraEye
from video_bridge.gates import CompressedGate, PixelGate
from video_bridge.keyqueue import KeyQueue, Waiting
from video_bridge.model import (
    AlertEvent,
    Box,
    Camera,
    Image,
    OpenEpisode,
    Picture,
    QrSighting,
    Still,
)
from video_bridge.recording.recorder import Suspicion
from video_bridge.sightings import CardReader
from video_bridge.spool import Spool
from video_bridge.spool_writer import Job, SpoolWriter

_logger = logging.getLogger(__name__)

STILL_WIDTH = 480
TICK_EVERY = 1.0
BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0)
"""Upper ends of the classes of latency, seconds."""
LAST = 1000
"""Latencies that are kept singly."""


@dataclass(slots=True)
class Histogram:
    """Counts by class, as Prometheus wants them."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def add(self, value: float) -> None:
        """Count one."""
        self.counts[int(np.searchsorted(BOUNDS, value))] += 1
        self.total += value


@dataclass(slots=True)
class Figures:
    """What a shard has done, for /metrics."""

    decoded: int = 0
    undecodable: int = 0
    detections: int = 0
    events: int = 0
    stills: int = 0
    failures: int = 0
    looked: Histogram = field(default_factory=Histogram)
    """Seconds from a whole key frame to the verdict on it."""
    spooled: Histogram = field(default_factory=Histogram)
    """Seconds from a whole key frame to its event on the disk."""
    last_looked: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=LAST))
    """The last of the former with the moment (monotonic)."""
    last_spooled: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=LAST))
    """The last of the latter with the moment (monotonic)."""


class Sight:
    """A camera as the two threads of a shard share it."""

    def __init__(self, camera: Camera) -> None:
        """Nothing is known of the camera yet."""
        self.camera = camera
        # written by the receiving thread
        self.gate = CompressedGate(phase=camera.id)
        self.waiting: Waiting | None = None
        self.last_key_at: float | None = None
        self.interval: float | None = None
        # written by the looking thread
        self.pixels = PixelGate()
        self.eye: CameraEye | None = None
        self.size: tuple[int, int] | None = None
        self.undecodable = 0
        self.blind = False
        """No rule wants pictures: only stills and cards do."""
        self.hot = True
        """An episode begins or goes on: every key frame is wanted."""
        self.moved = False
        self.suspected = False
        """The last that the receiving thread was told about recording the camera."""
        # set by one thread, cleared by the other
        self.still_wanted = False
        self.watched_until = 0.0
        """Until when somebody looks at the tuning page of this camera (monotonic)."""

    @property
    def wanted(self) -> bool:
        """Whether the next key frame is to be decoded whatever the gate says."""
        return (
            self.size is None
            or self.still_wanted
            or self.camera.state == "unbound"
            or (not self.blind and self.hot)
        )


@dataclass(frozen=True, slots=True)
class LookerSettings:
    """What the looking thread needs to know."""

    spool: Callable[[], Spool]
    detector: str = "auto"
    models: Path | None = None


class CountingDetector:
    """A detector that counts how often it is asked."""

    def __init__(self, detector: Detector, figures: Figures) -> None:
        self._detector = detector
        self._figures = figures

    @property
    def name(self) -> str:
        """The detector's name."""
        return self._detector.name

    @property
    def precision(self) -> str:
        """The precision in which it computes."""
        return self._detector.precision

    def people(self, bgr: Image) -> list[Box]:
        """The persons in a picture."""
        self._figures.detections += 1
        return self._detector.people(bgr)


class Looker(threading.Thread):
    """The looking thread."""

    def __init__(
        self,
        settings: LookerSettings,
        on_stills: Callable[[list[Still]], None],
        on_sightings: Callable[[list[QrSighting]], None],
        on_view: Callable[[int, bytes], None],
        on_suspicion: Callable[[Sight, Suspicion], None] = lambda sight, said: None,
    ) -> None:
        """A thread that has not begun; what it makes is handed to these, in this thread."""
        super().__init__(name="looker", daemon=True)
        self.queue: KeyQueue[Sight] = KeyQueue()
        self.figures = Figures()
        self.detector: Detector | None = None
        self.ready = threading.Event()
        self.busy_since: float | None = None
        """When the present piece of work began (monotonic), for the watchdog."""
        self._settings = settings
        self._orders: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._sights: dict[int, Sight] = {}
        self._stopping = False
        self._tick_at = 0.0
        self._on_stills = on_stills
        self._on_sightings = on_sightings
        self._on_view = on_view
        self._on_suspicion = on_suspicion
        self._decoder = Decoder()
        self._cards = CardReader()
        self._timezone = ZoneInfo("Asia/Shanghai")
        self._spool: Spool | None = None
        self._writer: SpoolWriter | None = None

    # Called by the receiving thread

    def order(self, work: Callable[[], None]) -> None:
        """Have something done in this thread, in the order given."""
        self._orders.put(work)
        self.queue.wake()

    def add(self, sight: Sight, episodes: Sequence[OpenEpisode], zone: ZoneInfo) -> None:
        """Begin to look at a camera."""
        self.order(lambda: self._add(sight, episodes, zone))

    def remove(self, key: int) -> None:
        """Look at a camera no more; its episodes stay open for whoever goes on."""
        self.order(lambda: self._remove(key))

    def finish(self) -> None:
        """End after what has been ordered."""
        self.order(self._stop)

    def flush(self) -> None:
        """Wait until every event that was given to the spool is on the disk."""
        if self._writer is not None:
            self._writer.flush()

    def snapshot(self) -> Figures:
        """The figures as they are now, safe to be pickled while this thread goes on."""
        found = self.figures
        return replace(
            found, last_looked=found.last_looked.copy(), last_spooled=found.last_spooled.copy()
        )

    # In this thread

    def run(self) -> None:
        """Look until told to stop."""
        self._spool = self._settings.spool()
        self._writer = SpoolWriter(self._spool, self._noted)
        self._writer.start()
        detector = open_detector(self._settings.detector, 1, self._settings.models)
        if detector is not None:
            self.detector = CountingDetector(detector, self.figures)
        self.ready.set()
        while not self._stopping:
            self.busy_since = None
            job = self.queue.get(0.25)
            self.busy_since = time.monotonic()
            while not self._orders.empty():
                self._orders.get_nowait()()
            if job is not None and self._sights.get(job[0].camera.id) is job[0]:
                self._guard(job[0], partial(self._look, *job))
            if time.monotonic() >= self._tick_at:
                self._tick_at = time.monotonic() + TICK_EVERY
                self._tick()
        self._writer.finish()
        self._spool.close()

    def _guard(self, sight: Sight, work: Callable[[], None]) -> None:
        """No camera's mishap may end the thread that all cameras need."""
        try:
            work()
        except Exception:
            self.figures.failures += 1
            _logger.exception("Camera %d: a picture could not be looked at", sight.camera.id)

    def _stop(self) -> None:
        for sight in self._sights.values():
            self._close(sight)
        self._stopping = True

    def _add(self, sight: Sight, episodes: Sequence[OpenEpisode], zone: ZoneInfo) -> None:
        self._sights[sight.camera.id] = sight
        self._open_eye(sight, episodes, zone)

    def _open_eye(self, sight: Sight, episodes: Sequence[OpenEpisode], zone: ZoneInfo) -> None:
        camera = sight.camera
        if camera.state == "unbound":
            sight.blind = True
            return
        sight.eye = CameraEye(
            camera, self.detector, resume=episodes, ended=self._ended(camera.id),
            now=time.monotonic, timezone=zone,
        )
        sight.blind = not sight.eye.wants(True)
        sight.hot = True

    def _ended(self, camera: int) -> Mapping[tuple[int, str], float]:
        assert self._spool is not None
        try:
            return self._spool.ended(camera)
        except (sqlite3.Error, OSError):  # a rule that speaks too soon is better than a blind one
            _logger.exception("Camera %d: its rules' cooldown is not known", camera)
            return {}

    def change(self, sight: Sight, camera: Camera, zone: ZoneInfo) -> None:
        """A camera has other rules: open its eye anew and go on with its open episodes."""
        self.order(lambda: self._change(sight, camera, zone))

    def _change(self, sight: Sight, camera: Camera, zone: ZoneInfo) -> None:
        self._close(sight)
        sight.camera = camera
        assert self._spool is not None and self._writer is not None
        self._writer.flush()  # what has just been given is open there
        self._open_eye(sight, self._spool.open_episodes([camera.id]), zone)

    def _remove(self, key: int) -> None:
        sight = self._sights.pop(key, None)
        if sight is not None:
            self.queue.remove(sight)
            self._close(sight)

    def _close(self, sight: Sight) -> None:
        if sight.eye is not None:
            self._put(sight.eye.close(SHUTDOWN), None)
            sight.eye = None
            self._suspect(sight, None, (), None)

    def _put(self, events: Sequence[AlertEvent], since: float | None) -> None:
        assert self._writer is not None
        self._writer.give(events, since)

    def _noted(self, jobs: Sequence[Job]) -> None:
        """Count what is on the disk; called by the thread that writes."""
        now = time.monotonic()
        for events, since in jobs:
            self.figures.events += len(events)
            if since is not None:
                self.figures.spooled.add(now - since)
                self.figures.last_spooled.append((now, now - since))

    def _tick(self) -> None:
        now = time.time()
        events: list[AlertEvent] = []
        for sight in tuple(self._sights.values()):
            eye = sight.eye
            if eye is not None:
                self._guard(sight, partial(self._tick_one, sight, eye, now, events))
        self._put(events, None)

    def _tick_one(
        self, sight: Sight, eye: CameraEye, now: float, events: list[AlertEvent]
    ) -> None:
        events += eye.tick(now, sight.last_key_at, sight.interval)
        self._suspect(sight, eye, (), None)
        sight.hot = eye.wants(False)

    def _look(self, sight: Sight, waiting: Waiting) -> None:
        unit = waiting.unit
        try:
            picture = self._decoder.decode(unit.codec, unit.data, unit.parameters, waiting.at)
        except DecodeError as error:
            self.figures.undecodable += 1
            sight.undecodable += 1
            _logger.debug("Camera %d: %s", sight.camera.id, error)
            return
        self.figures.decoded += 1
        sight.undecodable = 0
        sight.size = _size(picture)
        moved = sight.moved = sight.pixels.moved(picture.luma)
        sight.gate.learn(waiting.value, waiting.quiet, moved, sight.pixels.stirred)
        eye = sight.eye
        if eye is not None and not sight.blind:
            events = eye.see(picture, moved)
            self._put(events, waiting.clock)
            self._suspect(sight, eye, events, waiting)
            sight.hot = eye.wants(False)
        now = time.monotonic()
        self.figures.looked.add(now - waiting.clock)
        self.figures.last_looked.append((now, now - waiting.clock))
        if sight.camera.state == "unbound":
            sighting = self._cards.look(sight.camera.stream, picture)
            if sighting is not None:
                self._on_sightings([sighting])
        if sight.still_wanted:
            sight.still_wanted = False
            self._on_stills([self._still(sight.camera, picture)])
            self.figures.stills += 1
        if eye is not None and time.monotonic() < sight.watched_until:
            self._on_view(sight.camera.id, _view(sight, eye, picture))

    def _suspect(
        self,
        sight: Sight,
        eye: CameraEye | None,
        events: Sequence[AlertEvent],
        waiting: Waiting | None,
    ) -> None:
        """Tell the thread that receives when a camera is to be recorded, and when no more."""
        opened = tuple(event.uid for event in events if event.event == "open")
        suspected = eye is not None and eye.suspects
        if opened or suspected != sight.suspected:
            sight.suspected = suspected
            unit, at, clock = (
                (None, 0.0, 0.0) if waiting is None else (waiting.unit, waiting.at, waiting.clock)
            )
            self._on_suspicion(sight, Suspicion(suspected, opened, unit, at, clock))

    def _still(self, camera: Camera, picture: Picture) -> Still:
        """A small picture for the wall; nobody can be recognised where the camera asks for it."""
        bgr = picture.bgr
        if camera.pixelate:
            people = None if self.detector is None else self.detector.people(bgr)
            bgr = snapshot.pixelated(bgr, people)
        return Still(camera.id, picture.at, _jpeg(bgr, STILL_WIDTH, 70))


def _size(picture: Picture) -> tuple[int, int]:
    width, height = getattr(picture, "width", 0), getattr(picture, "height", 0)
    return (width, height) if width else (picture.bgr.shape[1], picture.bgr.shape[0])


def _jpeg(bgr: Image, width: int, quality: int) -> bytes:
    if bgr.shape[1] > width:
        height = max(1, round(bgr.shape[0] * width / bgr.shape[1]))
        bgr = np.asarray(cv2.resize(bgr, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError("the picture cannot be encoded")
    return bytes(data.tobytes())


def _view(sight: Sight, eye: CameraEye, picture: Picture) -> bytes:
    """The picture of the tuning page: zones, persons, what rules and gates say."""
    zones = {zone.id: zone for rule in sight.camera.rules for zone in rule.zones}
    findings = eye.findings
    readings = {}
    for rule in sight.camera.rules:
        finding = findings.get(rule.id)
        said = "-" if finding is None else f"{finding.level} {finding.score:.2f} {finding.why}"
        readings[f"{rule.kind} {rule.id}"] = said
    baseline = sight.gate.baseline
    trusted = "learning" if baseline is None else f"quiet to {baseline[1]:.3f}"
    readings["gates"] = (
        f"{'moved' if sight.moved else 'still'} {sight.pixels.changed:.3f}, {trusted}"
    )
    return _jpeg(annotate(picture.bgr, eye.people, zones.values(), readings), 1280, 80)
