"""Snapshots (抓拍): JPEG of a bounded size, heads pixelated where the camera asks for it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import cv2
import numpy as np

from video_bridge.model import Box, Image, Snapshot

MAX_WIDTH = 960
MAX_BYTES = 120 * 1024
_QUALITIES = (85, 75, 65, 55, 45, 35)


def take(at: float, bgr: Image) -> Snapshot:
    """A JPEG of the picture: at most 960 wide and 120 KiB, as good as that allows."""
    width = bgr.shape[1]
    if width > MAX_WIDTH:
        bgr = _resized(bgr, MAX_WIDTH / width)
    while True:
        for quality in _QUALITIES:
            done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
            if not done:
                raise ValueError("the picture cannot be encoded")
            if data.size <= MAX_BYTES:
                jpeg = data.tobytes()
                return Snapshot(
                    at, jpeg, bgr.shape[1], bgr.shape[0], hashlib.sha256(jpeg).hexdigest()
                )
        bgr = _resized(bgr, 0.75)


def pixelated(bgr: Image, people: Sequence[Box] | None) -> Image:
    """A copy in which no face can be recognised.

    With the persons known, their heads (the upper quarter of each, with a margin) become blocks;
    with nobody looked for (``None``) the whole picture becomes 80 blocks wide.
    """
    height, width = bgr.shape[:2]
    if people is None:
        return _blocks(bgr, max(1, width // 80))
    copy = bgr.copy()
    for box in people:
        side = max(box.w * width, box.h * height * 0.25)
        middle = (box.x + box.w / 2) * width
        top = box.y * height - side * 0.15
        x1, x2 = (int(np.clip(v, 0, width)) for v in (middle - side * 0.6, middle + side * 0.6 + 1))
        y1, y2 = (
            int(np.clip(v, 0, height))
            for v in (top, box.y * height + max(box.h * height * 0.25, box.w * width * 0.6) + 1)
        )
        if x2 > x1 and y2 > y1:
            copy[y1:y2, x1:x2] = _blocks(copy[y1:y2, x1:x2], max(4, round(side / 3)))
    return copy


def _blocks(part: Image, block: int) -> Image:
    height, width = part.shape[:2]
    small = cv2.resize(
        part, (max(1, width // block), max(1, height // block)), interpolation=cv2.INTER_AREA
    )
    return _image(cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST))


def _resized(bgr: Image, factor: float) -> Image:
    height, width = bgr.shape[:2]
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return _image(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA))


def _image(array: object) -> Image:
    return np.asarray(array, dtype=np.uint8)
