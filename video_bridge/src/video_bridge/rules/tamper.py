"""Tamper (遮挡/移位): the camera is covered, out of focus, turned, or shows a frozen picture."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from video_bridge.model import Rule
from video_bridge.rules.base import Finding, Judge, Scene

Plane = NDArray[Any]

_LEARN = 5
"""Pictures from which the usual look is learnt."""
_MORE = 3.0
"""How much more edges than usual there have to be to distrust what was learnt."""
_FOLLOW = 300.0
"""Seconds in which the usual look follows dusk and weather (time constant)."""


class Tamper(Judge):
    """Compares the edges of each picture with the usual ones.

    Parameters, shares of what is usual: ``edges`` (0.3, below it the lens is covered), ``sharp``
    (0.3, detail: out of focus), ``contrast`` (0.3: covered or dark); ``alike`` (0.3, correlation of
    the edges below which it shows something else); ``frozen`` (60 s without a single grey level
    changing); ``relearn`` (1800 s, after which the new view is the usual one).
    """

    release = 10.0

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule)
        self._edges: Plane | None = None
        self._contrast = 0.0
        self._sharp = 0.0
        self._seen = 0
        self._clock = 0.0
        self._since: float | None = None
        self._last: Plane | None = None
        self._still_since = 0.0

    def eager(self) -> bool:
        """Until the usual view is known."""
        return self._seen < _LEARN

    def look(self, scene: Scene) -> Finding:
        """Whether the camera still shows what it should."""
        luma = scene.picture.luma
        passed = min(max(scene.clock - self._clock, 0.0), 60.0)
        self._clock = scene.clock
        if self._last is None or self._last.shape != luma.shape or np.any(self._last != luma):
            self._last, self._still_since = luma.copy(), scene.clock
        still = scene.clock - self._still_since
        edges, contrast, sharp = _edges(luma), float(luma.std()), _sharpness(luma)
        if self._edges is None:
            self._edges, self._contrast, self._sharp, self._seen = edges, contrast, sharp, 1
            return Finding("unsure", why="learning the view")
        if self._seen < _LEARN:
            self._seen += 1
            self._edges += (edges - self._edges) / self._seen
            self._contrast += (contrast - self._contrast) / self._seen
            self._sharp += (sharp - self._sharp) / self._seen
            return Finding("unsure", why="learning the view")
        if edges.mean() > _MORE * self._edges.mean():
            # what was learnt was a covered or misted lens
            self._edges, self._seen = None, 0
            return Finding("unsure", why="far more to be seen than usual: learning the view anew")
        score, why = self._compare(edges, contrast, sharp, still)
        if not why:
            self._since = None
            rate = 1 - float(np.exp(-passed / _FOLLOW))
            self._edges += (edges - self._edges) * np.float32(rate)
            self._contrast += (contrast - self._contrast) * rate
            self._sharp += (sharp - self._sharp) * rate
            return Finding("no")
        if self._since is None:
            self._since = scene.clock
        if scene.clock - self._since >= self.param("relearn", 1800.0):
            self._edges, self._contrast, self._sharp = edges, contrast, sharp
            self._since = None
            return Finding("no", why="the new view is the usual one now")
        return Finding("yes", round(score, 3), 1, why=why)

    def _compare(
        self, edges: Plane, contrast: float, sharp: float, still: float
    ) -> tuple[float, str]:
        assert self._edges is not None
        usual = float(self._edges.mean())
        share = float(edges.mean()) / max(usual, 1e-6)
        if share < self.param("edges", 0.3):
            return 1.0 - share, "covered"
        share = sharp / max(self._sharp, 1e-6)
        if share < self.param("sharp", 0.3):
            return 1.0 - share, "out of focus"
        share = contrast / max(self._contrast, 1e-6)
        if share < self.param("contrast", 0.3):
            return 1.0 - share, "covered or dark"
        alike = _correlation(edges, self._edges)
        if alike < self.param("alike", 0.3):
            return min(1.0, 1.0 - max(alike, 0.0)), "shows something else"
        if still >= self.param("frozen", 60.0):
            return 1.0, "frozen"
        return 0.0, ""


def _edges(luma: Plane) -> Plane:
    """How strong the edges are, blurred a little so that wind and shaking do not matter."""
    grey = luma.astype(np.float32)
    dx = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3)
    dy = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3)
    return np.asarray(cv2.GaussianBlur(cv2.magnitude(dx, dy), (5, 5), 0))


def _sharpness(luma: Plane) -> float:
    """How sharp the sharpest twentieth of the picture is: noise is everywhere, edges are not."""
    detail = np.abs(cv2.Laplacian(luma, cv2.CV_32F)).ravel()
    most = detail.size // 20
    return float(np.partition(detail, -most)[-most:].mean())


def _correlation(a: Plane, b: Plane) -> float:
    x, y = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / norm if norm > 1e-6 else 0.0
