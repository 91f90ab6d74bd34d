"""Water level (水位): where the water cuts the calibrated gauge line (水尺)."""

from __future__ import annotations

from collections import deque
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from video_bridge.model import Image, Rule, Zone
from video_bridge.rules.base import Finding, Judge, Level, Scene

_SAMPLES = 128
"""Points along the line."""
_ACROSS = 9
"""Lines side by side, over 2.5 % of the picture's width: a wave or a mark must not decide."""
_WIDTH = 0.025
_MEDIAN = 5
"""Readings of which the median counts."""
_CALM = 0.08
"""Metres by which readings of still water differ."""
_SURE = 0.35
"""Share of the variation along the line that the cut has to explain."""
_EDGE = 0.03
"""A cut so close to an end of the line may lie outside: not read."""


class WaterLevel(Judge):
    """``threshold`` metres; an episode stays up until ``back`` (0.1 m) below it."""

    release = 30.0

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule)
        self._gauge = next(
            (z for z in rule.zones if z.shape == "gauge" and z.gauge and len(z.points) >= 2), None
        )
        self._last: deque[float] = deque(maxlen=_MEDIAN)

    def eager(self) -> bool:
        """While the water moves."""
        return len(self._last) < _MEDIAN or max(self._last) - min(self._last) > _CALM

    def look(self, scene: Scene) -> Finding:
        """Read the gauge."""
        if self._gauge is None or self._gauge.gauge is None:
            return Finding("unsure", why="no calibrated gauge line")
        place, sure = waterline(scene.picture.bgr, self._gauge)
        if sure < self.param("sure", _SURE):
            return Finding("unsure", score=round(sure, 3), why="no waterline to be seen")
        first, last = self._gauge.gauge
        self._last.append(first + (last - first) * place)
        if len(self._last) < _MEDIAN:
            return Finding("unsure", score=round(sure, 3), why="first readings")
        reading = round(float(np.median(self._last)), 3)
        back = self.param("back", 0.1)
        level: Level = (
            "yes" if reading >= self.rule.threshold
            else "hold" if reading >= self.rule.threshold - back
            else "no"
        )
        return Finding(level, round(sure, 3), 1, reading=reading, why=f"{reading:.2f} m")


def waterline(bgr: Image, gauge: Zone) -> tuple[float, float]:
    """Where along the gauge line (0 first point … 1 last point) the water is, and how surely.

    Along the line the picture is split in two where both sides are most alike in themselves, by
    colour and by liveliness (the marks of the staff against the water's surface). How surely: the
    share of all variation which the split explains, 0 … 1.
    """
    features = _features(_strip(bgr, gauge))
    count = len(features)
    sums = np.vstack([np.zeros(features.shape[1]), features.cumsum(axis=0)])
    squares = np.vstack([np.zeros(features.shape[1]), (features**2).cumsum(axis=0)])
    cuts = np.arange(1, count)
    before = squares[cuts] - sums[cuts] ** 2 / cuts[:, None]
    rest = count - cuts
    after = (squares[-1] - squares[cuts]) - (sums[-1] - sums[cuts]) ** 2 / rest[:, None]
    total = squares[-1] - sums[-1] ** 2 / count
    within = (before + after).sum(axis=1)
    best = int(np.argmin(within))
    whole = float(total.sum())
    if whole < 1e-3 * count:
        return 0.0, 0.0
    place = float(cuts[best]) / count
    sure = 1.0 - float(within[best]) / whole
    return place, sure if _EDGE <= place <= 1 - _EDGE else 0.0


def _strip(bgr: Image, gauge: Zone) -> NDArray[Any]:
    """The picture along the line: samples × width across × colours."""
    height, width = bgr.shape[:2]
    start = np.array(gauge.points[0]) * (width, height)
    end = np.array(gauge.points[-1]) * (width, height)
    along = np.linspace(0, 1, _SAMPLES)[:, None, None]
    way = end - start
    normal = np.array([-way[1], way[0]]) / max(float(np.hypot(*way)), 1e-6)
    across = np.linspace(-0.5, 0.5, _ACROSS)[None, :, None] * _WIDTH * width
    points = (start + along * way + across * normal).astype(np.float32)
    x, y = np.ascontiguousarray(points[..., 0]), np.ascontiguousarray(points[..., 1])
    return np.asarray(cv2.remap(bgr, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _features(strip: NDArray[Any]) -> NDArray[Any]:
    """For each sample: three colours and the liveliness around it, each of comparable weight."""
    colours = np.median(strip.astype(np.float64), axis=1)
    grey = colours.mean(axis=1)
    window = max(5, len(grey) // 12)
    kernel = np.ones(window) / window
    padded = np.pad(grey, window // 2, mode="edge")[: len(grey) + window - 1]
    mean = np.convolve(padded, kernel, "valid")
    square = np.convolve(padded**2, kernel, "valid")
    lively = np.sqrt(np.clip(square - mean**2, 0, None))
    smooth = np.stack(
        [
            np.convolve(
                np.pad(c, window // 2, mode="edge")[: len(c) + window - 1], kernel, "valid"
            )
            for c in colours.T
        ],
        axis=1,
    )
    return np.hstack([smooth, 2.0 * lively[:, None]]) / 255.0
