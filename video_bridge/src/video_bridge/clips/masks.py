"""Clips of a face before an entrance camera, with and without a mask (drawn on it)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from video_bridge.clips.people import TAMPER
from video_bridge.clips.scenario import Clip, Expect, Frame, Task
from video_bridge.clips.stage import HEIGHT, WIDTH, Stage, Walk

NO_MASK = Task("no_mask", None, 1, 3)
_FACE = (171, 70, 106, 106)
"""Where the face is in the portrait (x, y, width, height)."""
_COLOURS = ((205, 160, 100), (236, 236, 236), (45, 45, 45))


def clips(stage: Stage, portrait: Path) -> list[Clip]:
    """All of them; those with a face only when there is a portrait."""
    walkers = [
        Walk("red", ((0, 790, 340), (14, 20, 232))),
        Walk("anorak", ((6, 20, 236), (24, 790, 400))),
    ]
    far = Clip(
        "mask_far", "persons whose heads are ten pixels wide: nothing can be told", "negative", 28,
        lambda second, number: stage.noisy(stage.scene(second, walkers), number),
        (NO_MASK, TAMPER),
    )
    picture = cv2.imread(str(portrait)) if portrait.is_file() else None
    if picture is None:
        return [far]
    near, small = Entrance(stage, picture, 330), Entrance(stage, picture, 230, dim=0.6)
    return [
        far,
        Clip("mask", "somebody comes with a mask, then somebody without", "easy", 30,
             near.shown(bare=(16, 30), masked=((4, 14, 0),)), (NO_MASK,),
             (Expect("no_mask", 18, 28),)),
        Clip("mask_hard", "the same, smaller and in poor light", "hard", 30,
             small.shown(bare=(16, 30), masked=((4, 14, 1),)), (NO_MASK,),
             (Expect("no_mask", 18, 29),)),
        Clip("mask_negative", "masks of three colours", "negative", 30,
             near.shown(bare=None, masked=((2, 10, 0), (11, 20, 1), (21, 29, 2))), (NO_MASK,)),
    ]


class Entrance:
    """A view of a door in which a portrait appears, ``size`` lines high."""

    def __init__(self, stage: Stage, portrait: Frame, size: int, dim: float = 1.0) -> None:
        self._stage, self._dim, self._size = stage, dim, size
        self._wall = cv2.GaussianBlur(stage.plate, (0, 0), 6)
        self._bare = self._fitted(portrait)
        self._masked = [self._fitted(_with_mask(portrait, colour)) for colour in _COLOURS]

    def shown(
        self, bare: tuple[float, float] | None, masked: tuple[tuple[float, float, int], ...]
    ) -> Callable[[float, int], Frame]:
        """Pictures of who comes when."""

        def picture(second: float, number: int) -> Frame:
            face = None
            if bare and bare[0] <= second < bare[1]:
                face = self._bare
            for start, end, colour in masked:
                if start <= second < end:
                    face = self._masked[colour]
            frame = self._wall.copy()
            if face is not None:
                x = WIDTH // 2 - self._size // 2 + round(18 * np.sin(second * 0.9))
                frame[HEIGHT - self._size :, x : x + self._size] = face
            if self._dim < 1:
                frame = cv2.convertScaleAbs(frame, alpha=self._dim)
            return self._stage.noisy(frame, number)

        return picture

    def _fitted(self, portrait: Frame) -> Frame:
        return np.asarray(
            cv2.resize(portrait, (self._size, self._size), interpolation=cv2.INTER_AREA)
        )


def _with_mask(portrait: Frame, colour: tuple[int, int, int]) -> Frame:
    x, y, w, h = _FACE
    shape = (
        (0.06, 0.50), (0.50, 0.40), (0.94, 0.50), (0.90, 0.82), (0.68, 1.02), (0.32, 1.02),
        (0.10, 0.82),
    )
    corners = np.array([(x + a * w, y + b * h) for a, b in shape]).astype(np.int32)
    picture = portrait.copy()
    cv2.fillPoly(picture, [corners], colour, cv2.LINE_AA)
    shade = tuple(int(v * 0.88) for v in colour)
    for share in (0.6, 0.72, 0.84):
        line = int(y + share * h)
        cv2.line(picture, (int(x + 0.15 * w), line), (int(x + 0.85 * w), line), shade, 2)
    return picture
