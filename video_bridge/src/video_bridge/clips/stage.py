"""The stage: the street without persons, and persons cut out who walk where they are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from video_bridge.clips.actors import CUTS, STEP, Cut

Frame = NDArray[Any]
Place = tuple[float, float, float]
"""Second, and the foot point in the street video's pixels."""

WIDTH, HEIGHT, FPS = 640, 360, 12.5
_SOURCE = (768, 576)
_TOP = 110
"""The lines of the source above this are cut off: 16 : 9 is left."""
_LINES = 432
_SCALE = WIDTH / _SOURCE[0]
_MARGIN = 10
_UNLIKE = 28
"""Grey levels by which a person differs from the street."""


def spot(x: float, y: float) -> tuple[float, float]:
    """A point of the street video as fractions of the clip."""
    return round(x / _SOURCE[0], 4), round((y - _TOP) / _LINES, 4)


def fitted(frame: Frame) -> Frame:
    """A frame of the street video as a frame of a clip."""
    part = frame[_TOP : _TOP + _LINES]
    return np.asarray(cv2.resize(part, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA))


def tall(foot: float) -> float:
    """How tall a person is whose foot is on this line, both in the street video's pixels."""
    return 22.0 + 0.23 * foot


def grain(rng: np.random.Generator, strength: float) -> tuple[Frame, Frame]:
    """The noise of a sensor, the same in all colours: what it adds and what it takes away."""
    noise = rng.normal(0, strength, (HEIGHT, WIDTH)).round()
    more, less = (np.clip(part, 0, 255).astype(np.uint8) for part in (noise, -noise))
    return cv2.merge([more] * 3), cv2.merge([less] * 3)


@dataclass(frozen=True, slots=True)
class Walk:
    """A person on their way: through the places at their seconds, standing between equal ones."""

    who: str
    places: tuple[Place, ...]
    size: float = 1.0


@dataclass(frozen=True, slots=True)
class Prop:
    """A thing that stands on the street from one second to another. Alpha is in its last plane."""

    picture: Frame = field(repr=False)
    start: float
    end: float
    path: tuple[Place, ...]


@dataclass(slots=True)
class _Sprite:
    """One frame of a person: colours and how much of each pixel is theirs."""

    colours: Frame
    alpha: Frame


class Stage:
    """The street and its persons, read once from the video."""

    def __init__(self, video: Path) -> None:
        frames = _read(video)
        self.frames = frames
        plate = np.median(np.stack(frames[::20]), axis=0).astype(np.uint8)
        self.plate = fitted(plate)
        self._sprites = {name: _cut(frames, plate, cut) for name, cut in CUTS.items()}
        self._rightward = {
            name: cut.places[-1][0] >= cut.places[0][0] for name, cut in CUTS.items()
        }
        self._cache: dict[tuple[str, int, int, bool], _Sprite] = {}
        rng = np.random.default_rng(20260101)
        self._grain = [grain(rng, 3.0) for _ in range(16)]

    def street(self, second: float) -> Frame:
        """The street video itself (10 frames a second)."""
        index = min(round(second * 10), len(self.frames) - 1)
        return fitted(self.frames[index])

    def scene(
        self, second: float, walks: Sequence[Walk] = (), props: Sequence[Prop] = ()
    ) -> Frame:
        """The street at one second of a script, without the camera's noise."""
        picture = self.plate.copy()
        things: list[tuple[float, _Sprite, float]] = []
        for prop in props:
            if prop.start <= second < prop.end:
                x, y = _where(prop.path, second)
                things.append((y, _Sprite(prop.picture[..., :3], prop.picture[..., 3]), x))
        for walk in walks:
            if walk.places[0][0] <= second < walk.places[-1][0]:
                x, y = _where(walk.places, second)
                things.append((y, self._sprite(walk, second, y), x))
        for y, sprite, x in sorted(things, key=lambda thing: thing[0]):
            _paste(picture, sprite, x * _SCALE, (y - _TOP) * _SCALE)
        return picture

    def noisy(self, picture: Frame, number: int) -> Frame:
        """The picture with the noise of a sensor, another one each frame."""
        more, less = self._grain[(number * 7) % len(self._grain)]
        return np.asarray(cv2.subtract(cv2.add(picture, more), less))

    def _sprite(self, walk: Walk, second: float, foot: float) -> _Sprite:
        x1 = _where(walk.places, second)[0]
        x2 = _where(walk.places, second + 0.5)[0]
        frames = self._sprites[walk.who]
        if abs(x2 - x1) < 0.5:
            number, mirrored = int(second / 1.5) % 2, False
        else:
            step = int(second * FPS) % (2 * len(frames) - 2)
            number = step if step < len(frames) else 2 * len(frames) - 2 - step
            mirrored = (x2 > x1) != self._rightward[walk.who]
        lines = max(8, round(tall(foot) * walk.size * _SCALE / 2) * 2)
        key = walk.who, number, lines, mirrored
        if key not in self._cache:
            self._cache[key] = _resized(frames[number], lines, mirrored)
        return self._cache[key]


def _read(video: Path) -> list[Frame]:
    capture = cv2.VideoCapture(str(video))
    frames = []
    while True:
        good, frame = capture.read()
        if not good:
            break
        frames.append(frame)
    capture.release()
    if len(frames) < 790 or frames[0].shape[:2] != _SOURCE[::-1]:
        raise ValueError(f"{video.name} is not the street video that is expected")
    return frames


def _cut(frames: Sequence[Frame], plate: Frame, cut: Cut) -> list[_Sprite]:
    """A person in all frames of a cut, each in the same frame of reference: foot in the middle."""
    width = max(w for _x, _y, w, _h in cut.places) + 2 * _MARGIN
    height = max(h for _x, _y, _w, h in cut.places) + 2 * _MARGIN
    sprites = []
    for number in range((len(cut.places) - 1) * STEP):
        before, share = divmod(number, STEP)
        a, b = np.array(cut.places[before]), np.array(cut.places[before + 1])
        x, y, w, h = a + (b - a) * share / STEP
        left = int(np.clip(x + w / 2 - width / 2, 0, _SOURCE[0] - width))
        top = int(np.clip(y + h + _MARGIN - height, 0, _SOURCE[1] - height))
        window = np.s_[top : top + height, left : left + width]
        colours = frames[cut.frame + number][window]
        unlike = np.abs(colours.astype(np.int16) - plate[window]).max(axis=2) > _UNLIKE
        sprites.append(_Sprite(colours, _largest(unlike)))
    return sprites


def _largest(mask: Frame) -> Frame:
    """The largest connected part, its holes closed and its edge soft."""
    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, _middles = cv2.connectedComponentsWithStats(opened)
    if count < 2:
        return np.zeros(mask.shape, np.uint8)
    best = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    return np.asarray(cv2.GaussianBlur((labels == best).astype(np.uint8) * 255, (3, 3), 0))


def _resized(sprite: _Sprite, lines: int, mirrored: bool) -> _Sprite:
    height, width = sprite.alpha.shape
    inner = height - 2 * _MARGIN
    factor = lines / inner
    size = max(2, round(width * factor)), max(2, round(height * factor))
    colours = cv2.resize(sprite.colours, size, interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(sprite.alpha, size, interpolation=cv2.INTER_AREA)
    if mirrored:
        colours, alpha = cv2.flip(colours, 1), cv2.flip(alpha, 1)
    return _Sprite(np.asarray(colours), np.asarray(alpha))


def _where(path: Sequence[Place], second: float) -> tuple[float, float]:
    times = [place[0] for place in path]
    return (
        float(np.interp(second, times, [place[1] for place in path])),
        float(np.interp(second, times, [place[2] for place in path])),
    )


def _paste(picture: Frame, sprite: _Sprite, x: float, y: float) -> None:
    """Put a sprite so that the middle of its foot is at (x, y)."""
    height, width = sprite.alpha.shape
    margin = round(_MARGIN * _SCALE)
    left, top = round(x - width / 2), round(y + margin - height)
    x1, y1 = max(left, 0), max(top, 0)
    x2, y2 = min(left + width, WIDTH), min(top + height, HEIGHT)
    if x2 <= x1 or y2 <= y1:
        return
    part = np.s_[y1 - top : y2 - top, x1 - left : x2 - left]
    alpha = sprite.alpha[part].astype(np.float32)[..., None] / 255.0
    under = picture[y1:y2, x1:x2]
    picture[y1:y2, x1:x2] = (under + (sprite.colours[part] - under.astype(np.float32)) * alpha)
