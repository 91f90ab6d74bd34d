"""The nouns that all parts of the bridge share.

Coordinates in pictures are fractions (0..1) of width and height, from the upper left corner.
Moments are seconds since 1970 (UTC) as float, as the wall clock tells them; durations are
measured with the monotonic clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]
else:
    Image = Any

Point = tuple[float, float]
Shape = Literal["polygon", "line", "gauge"]
Event = Literal["open", "update", "close"]
RuleKind = Literal[
    "crowd",
    "no_mask",
    "intrusion",
    "loitering",
    "obstruction",
    "water_level",
    "tamper",
    "offline",
]
Transport = Literal["tcp", "udp", "http", "file"]


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the picture that a rule looks at (区域): polygon, line or gauge line (水尺)."""

    id: int
    name: str
    shape: Shape
    points: tuple[Point, ...]
    gauge: tuple[float, float] | None = None
    """Reading in metres at the first and at the last point of a gauge line."""


@dataclass(frozen=True, slots=True)
class Window:
    """Weekly hours: days 0 = Monday … 6 = Sunday; an end before the start is on the next day."""

    days: frozenset[int]
    start: time
    end: time

    def covers(self, local: datetime) -> bool:
        """Whether the local moment lies in the window; start included, end not."""
        now, day = local.time(), local.weekday()
        if self.start == self.end:
            return day in self.days
        if self.start < self.end:
            return day in self.days and self.start <= now < self.end
        return (day in self.days and now >= self.start) or (
            (day - 1) % 7 in self.days and now < self.end
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """What to look for on one camera (告警规则)."""

    id: int
    kind: RuleKind
    zones: tuple[Zone, ...] = ()
    threshold: float = 0.0
    """Persons for crowd, metres for water_level; the kind says."""
    duration: float = 0.0
    """Seconds for which it has to hold."""
    cooldown: float = 0.0
    """Seconds after the end of an episode before the next may begin."""
    min_score: float = 0.5
    params: Mapping[str, float] = field(default_factory=dict)
    windows: tuple[Window, ...] = ()
    """When it applies; none means always."""

    def applies(self, at: float, zone: ZoneInfo) -> bool:
        """Whether the rule's schedule covers a moment (UTC seconds)."""
        if not self.windows:
            return True
        local = datetime.fromtimestamp(at, zone)
        return any(window.covers(local) for window in self.windows)


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera as the bridge knows it. Its password is not shown by repr()."""

    id: int
    code: str
    name: str
    main: str | None
    sub: str | None = None
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    transport: Transport = "tcp"
    pixelate: bool = False
    state: Literal["active", "maintenance", "unbound"] = "active"
    stream: int = 0
    rules: tuple[Rule, ...] = ()
    clip_seconds: float = 0.0
    """How long the clip of an alert goes on after its opening; 0: no clips."""

    @property
    def address(self) -> str | None:
        """The stream to analyse: the sub stream where there is one."""
        return self.sub or self.main


@dataclass(frozen=True, slots=True)
class Box:
    """Something found in a picture."""

    x: float
    y: float
    w: float
    h: float
    score: float
    label: str = "person"

    @property
    def foot(self) -> Point:
        """Where it stands: the middle of its lower edge."""
        return self.x + self.w / 2, self.y + self.h


@dataclass(slots=True)
class KeyFrame:
    """A key frame as it came: one access unit in Annex B form."""

    at: float
    codec: Literal["h264", "hevc", "mjpeg", "raw"]
    data: bytes


@dataclass(slots=True)
class Picture:
    """A decoded key frame: BGR, height × width × 3, uint8, and its luma at 160 × 90."""

    at: float
    bgr: Image
    luma: Image


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A JPEG that shows what an alert is about."""

    at: float
    jpeg: bytes = field(repr=False)
    width: int
    height: int
    sha256: str


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """One step of an episode (告警事件): opened, updated or closed. Delivered once, in order."""

    uid: str
    sequence: int
    event: Event
    camera: int
    rule: int
    kind: RuleKind
    started_at: float
    at: float
    ended_at: float | None = None
    score: float = 0.0
    count: int = 0
    reading: float | None = None
    boxes: tuple[Box, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    clip: str | None = None


@dataclass(frozen=True, slots=True)
class OpenEpisode:
    """An episode that has begun and has not been closed: taken up again after a restart."""

    uid: str
    sequence: int
    camera: int
    rule: int
    kind: RuleKind
    started_at: float
    last_at: float


@dataclass(frozen=True, slots=True)
class CameraHealth:
    """How a camera's stream does."""

    camera: int
    online: bool
    since: float
    last_frame_at: float | None = None
    codec: str | None = None
    width: int | None = None
    height: int | None = None
    keyframe_seconds: float | None = None
    keyframe_kb: float | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Still:
    """The latest picture of a camera, for the wall."""

    camera: int
    at: float
    jpeg: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class QrSighting:
    """A card held before a camera whose stream is not bound to a record yet."""

    stream: int
    token: str
    at: float
