"""Persons by OpenCV's HOG descriptor: needs no model, finds less, costs more."""

from __future__ import annotations

import cv2
import numpy as np

from video_bridge.detect.nanodet import suppress
from video_bridge.model import Box, Image

_SCALE = 1.6
"""Street cameras show persons of 40 to 90 lines; the descriptor wants 96 and more."""


class Hog:
    """The detector of last resort."""

    name = "hog/opencv"
    precision = "f32"

    def __init__(self) -> None:
        self._hog = cv2.HOGDescriptor()
        self._hog.setSVMDetector(np.array(cv2.HOGDescriptor.getDefaultPeopleDetector()))

    def people(self, bgr: Image) -> list[Box]:
        """The persons in the picture, best first."""
        height, width = bgr.shape[:2]
        big = cv2.resize(bgr, None, fx=_SCALE, fy=_SCALE, interpolation=cv2.INTER_LINEAR)
        rects, weights = self._hog.detectMultiScale(big, winStride=(8, 8), scale=1.08)
        if not len(rects):
            return []
        found = np.asarray(rects, dtype=np.float32) / _SCALE
        # the descriptor's window has a margin of about an eighth around the person
        found[:, 0] += found[:, 2] * 0.15
        found[:, 1] += found[:, 3] * 0.08
        found[:, 2] *= 0.7
        found[:, 3] *= 0.84
        corners = np.hstack([found[:, :2], found[:, :2] + found[:, 2:]])
        corners[:, 0::2] = corners[:, 0::2].clip(0, width)
        corners[:, 1::2] = corners[:, 1::2].clip(0, height)
        scores = 1.0 / (1.0 + np.exp(-2.0 * np.asarray(weights, dtype=np.float32).ravel()))
        return [
            Box(
                float(x1 / width), float(y1 / height), float((x2 - x1) / width),
                float((y2 - y1) / height), float(scores[i]),
            )
            for i in suppress(corners, scores, 0.4)
            for x1, y1, x2, y2 in [corners[i]]
        ]
