"""Who is who from picture to picture, as far as key frames seconds apart can tell.

A person seen again is near where they were going (foot point, in heights of the person) and looks
alike (colours of the trunk). It is made for persons who stay; somebody who walks is usually
followed too, but two people who are dressed alike and pass each other may be swapped.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from video_bridge.model import Box, Image, Point

FORGET = 15.0
"""Seconds after which somebody who was not seen again is gone: longer than a quiet camera's gap."""
_REACH = 1.2
"""How far somebody may be from where they were expected: heights, when nothing is known yet …"""
_REACH_PER_SECOND = 0.5
"""… and this much more for each second since."""
_REACH_MOST = 2.5
_UNLIKE = 0.6
"""Bhattacharyya distance of colours beyond which it is somebody else."""


@dataclass(slots=True)
class Track:
    """One person."""

    id: int
    box: Box
    first: float
    seen: float
    colours: NDArray[np.float32] | None = field(repr=False, default=None)
    velocity: Point = (0.0, 0.0)
    before: Box | None = None
    """Where they were in the picture before; ``None`` when just found."""


class Tracker:
    """Follows the persons of one camera."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self._ids = itertools.count(1)

    def update(self, boxes: Sequence[Box], clock: float, bgr: Image) -> list[Track]:
        """Match the boxes of a new picture; the tracks that were seen in it."""
        self.tracks = [track for track in self.tracks if clock - track.seen <= FORGET]
        aspect = bgr.shape[1] / bgr.shape[0]
        colours = [_colours(bgr, box) for box in boxes]
        pairs = []
        for t, track in enumerate(self.tracks):
            for b, box in enumerate(boxes):
                cost = _cost(track, box, colours[b], clock, aspect)
                if cost is not None:
                    pairs.append((cost, t, b))
        taken_tracks: set[int] = set()
        taken_boxes: set[int] = set()
        seen = []
        for _unlikely, t, b in sorted(pairs):
            if t in taken_tracks or b in taken_boxes:
                continue
            taken_tracks.add(t)
            taken_boxes.add(b)
            _move(self.tracks[t], boxes[b], colours[b], clock)
            seen.append(self.tracks[t])
        for b, box in enumerate(boxes):
            if b not in taken_boxes:
                track = Track(next(self._ids), box, clock, clock, colours[b])
                self.tracks.append(track)
                seen.append(track)
        return seen


def _cost(
    track: Track, box: Box, colours: NDArray[np.float32] | None, clock: float, aspect: float
) -> float | None:
    """How unlikely it is that they are the same; ``None``: they are not."""
    gap = max(clock - track.seen, 0.0)
    height = max(track.box.h, box.h, 1e-6)
    if min(track.box.h, box.h) < 0.55 * height:
        return None
    ahead = min(gap, 4.0)
    x, y = track.box.foot
    expected = x + track.velocity[0] * ahead, y + track.velocity[1] * ahead
    here = box.foot
    away = min(
        np.hypot((here[0] - px) * aspect, here[1] - py) / height for px, py in (expected, (x, y))
    )
    if away > min(_REACH + _REACH_PER_SECOND * gap, _REACH_MOST):
        return None
    unlike = _unlike(track.colours, colours)
    # who has not moved is the same person, whatever the light does to the colours
    if unlike > _UNLIKE and away > 0.25:
        return None
    return float(away + unlike)


def _move(track: Track, box: Box, colours: NDArray[np.float32] | None, clock: float) -> None:
    gap = clock - track.seen
    if gap > 0:
        (x1, y1), (x2, y2) = track.box.foot, box.foot
        track.velocity = (x2 - x1) / gap, (y2 - y1) / gap
    track.before, track.box, track.seen = track.box, box, clock
    if colours is not None:
        track.colours = (
            colours if track.colours is None else (0.7 * track.colours + 0.3 * colours)
        )


def _colours(bgr: Image, box: Box) -> NDArray[np.float32] | None:
    """Hue, saturation and brightness of the trunk."""
    height, width = bgr.shape[:2]
    x1, x2 = int((box.x + box.w * 0.25) * width), int((box.x + box.w * 0.75) * width) + 1
    y1, y2 = int((box.y + box.h * 0.2) * height), int((box.y + box.h * 0.75) * height) + 1
    part = bgr[y1:y2, x1:x2]
    if part.size < 48:
        return None
    hsv = cv2.cvtColor(part, cv2.COLOR_BGR2HSV)
    histogram = cv2.calcHist([hsv], [0, 1, 2], None, [8, 4, 4], [0, 180, 0, 256, 0, 256])
    flat = np.asarray(histogram, dtype=np.float32).ravel()
    return flat / max(float(flat.sum()), 1.0)


def _unlike(a: NDArray[Any] | None, b: NDArray[Any] | None) -> float:
    if a is None or b is None:
        return 0.3
    return float(np.sqrt(max(0.0, 1.0 - float(np.sqrt(a * b).sum()))))
