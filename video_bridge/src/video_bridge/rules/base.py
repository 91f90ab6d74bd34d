"""What all rules share: the scene they look at, the finding they give, geometry of zones."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from video_bridge.model import Box, Picture, Point, Rule, Zone

Level = Literal["yes", "hold", "no", "unsure"]


@dataclass(frozen=True, slots=True)
class Scene:
    """One look at a camera."""

    at: float
    """Wall clock, UTC seconds."""
    clock: float
    """Monotonic seconds: all durations are measured with it."""
    picture: Picture
    moved: bool
    people: tuple[Box, ...] | None = None
    """Persons found now; ``None`` when there is no detector or nobody asked for them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says about a scene.

    ``yes`` counts towards an episode, ``hold`` keeps one up but does not start it (hysteresis),
    ``no`` counts towards its end, ``unsure`` does neither: the rule cannot tell.
    """

    level: Level
    score: float = 0.0
    count: int = 0
    reading: float | None = None
    boxes: tuple[Box, ...] = ()
    why: str = ""
    """For the log and the tuning page, in English."""


class Judge:
    """A rule at work on one camera: keeps what it has to remember between scenes."""

    needs_people: ClassVar[bool] = False
    """Whether the rule can find nothing where persons cannot be found."""
    own_duration: ClassVar[bool] = False
    """Whether the judge itself waits for ``Rule.duration``."""
    hits: ClassVar[int] = 2
    """How many pictures have to agree before an episode opens."""
    release: ClassVar[float] = 10.0
    """Seconds of ``no`` that end an episode, unless ``params["release"]`` says otherwise."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    def asks_for_people(self) -> bool:
        """Whether ``people`` of the next scene has to be filled: finding persons costs most."""
        return self.needs_people

    def eager(self) -> bool:
        """Whether it wants every key frame although nothing moves: it learns, or is in doubt."""
        return False

    def look(self, scene: Scene) -> Finding:
        """Judge one scene."""
        raise NotImplementedError

    def param(self, name: str, default: float) -> float:
        """A further parameter of the rule."""
        return float(self.rule.params.get(name, default))


def polygons(rule: Rule) -> tuple[Zone, ...]:
    """The areas a rule looks at; empty means the whole picture."""
    return tuple(zone for zone in rule.zones if zone.shape == "polygon" and len(zone.points) >= 3)


def lines(rule: Rule) -> tuple[Zone, ...]:
    """The lines a rule watches."""
    return tuple(zone for zone in rule.zones if zone.shape == "line" and len(zone.points) >= 2)


def inside(point: Point, corners: Sequence[Point]) -> bool:
    """Whether a point lies in a polygon (even-odd rule)."""
    x, y = point
    within = False
    before = corners[-1]
    for corner in corners:
        (x1, y1), (x2, y2) = before, corner
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            within = not within
        before = corner
    return within


def in_zones(box: Box, zones: Iterable[Zone]) -> bool:
    """Whether somebody stands in one of the areas; no area means anywhere."""
    areas = tuple(zones)
    return not areas or any(inside(box.foot, zone.points) for zone in areas)


def crosses(start: Point, end: Point, line: Sequence[Point]) -> bool:
    """Whether the way from start to end crosses a line of two or more points."""
    return any(
        _side(a, b, start) != _side(a, b, end) and _side(start, end, a) != _side(start, end, b)
        for a, b in itertools.pairwise(line)
    )


def _side(a: Point, b: Point, point: Point) -> bool:
    return (b[0] - a[0]) * (point[1] - a[1]) > (b[1] - a[1]) * (point[0] - a[0])


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes."""
    w = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    h = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / (a.w * a.h + b.w * b.h - w * h)
