"""What a clip is: its pictures, and the labels that say what has to be found in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from video_bridge.model import Point

Frame = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Expect:
    """An alert of this kind has to open between these seconds."""

    kind: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Area:
    """A zone as the configuration has it."""

    shape: str
    points: tuple[Point, ...]
    gauge: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A rule to apply to a clip."""

    kind: str
    area: Area | None = None
    threshold: float = 0.0
    duration: float = 0.0
    params: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip to be made."""

    name: str
    what: str
    level: str
    """easy, hard or negative; real for the street as it is."""
    seconds: float
    picture: Callable[[float, int], Frame]
    """Second and number of the frame → the frame."""
    tasks: tuple[Task, ...]
    expect: tuple[Expect, ...] = ()


def labels(clip: Clip, fps: float, size: tuple[int, int], gop: float) -> dict[str, Any]:
    """What is written beside the clip."""
    return {
        "clip": clip.name,
        "what": clip.what,
        "level": clip.level,
        "seconds": clip.seconds,
        "fps": fps,
        "width": size[0],
        "height": size[1],
        "keyframe_seconds": gop,
        "rules": [
            {
                "id": number,
                "kind": task.kind,
                "threshold": task.threshold,
                "duration": task.duration,
                "cooldown": 0,
                "params": dict(task.params),
                "zones": [_zone(number, task.area)] if task.area else [],
            }
            for number, task in enumerate(clip.tasks, start=1)
        ],
        "expect": [
            {"kind": expect.kind, "from": expect.start, "to": expect.end}
            for expect in clip.expect
        ],
        "never": sorted(
            {task.kind for task in clip.tasks} - {expect.kind for expect in clip.expect}
        ),
    }


def _zone(number: int, area: Area) -> dict[str, Any]:
    return {
        "id": number,
        "name": area.shape,
        "shape": area.shape,
        "points": [list(point) for point in area.points],
        "gauge": list(area.gauge) if area.gauge else None,
    }


def spread(
    rng: np.random.Generator, corners: Sequence[Point], count: int, gap: float
) -> list[Point]:
    """Random points in a convex polygon, no two nearer than the gap."""
    xs, ys = zip(*corners, strict=True)
    points: list[Point] = []
    for _ in range(4000):
        if len(points) == count:
            break
        x, y = float(rng.uniform(min(xs), max(xs))), float(rng.uniform(min(ys), max(ys)))
        if _within(x, y, corners) and all(
            np.hypot(x - a, (y - b) * 2) >= gap for a, b in points
        ):
            points.append((x, y))
    return points


def _within(x: float, y: float, corners: Sequence[Point]) -> bool:
    signs = {
        (b[0] - a[0]) * (y - a[1]) > (b[1] - a[1]) * (x - a[0])
        for a, b in zip(corners, [*corners[1:], corners[0]], strict=True)
    }
    return len(signs) == 1
