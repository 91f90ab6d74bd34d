"""Many random scenes with known truth, to measure how good the rules are.

Unlike the clips they are not written as video: only their key frames are made, and each goes once
through JPEG at a quality that leaves about what a camera's encoder leaves. Light, size of persons,
noise, number and path are drawn at random, close to what the rule has to decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from video_bridge.clips.people import (
    CORNER,
    CROWD,
    GRASS,
    INTRUSION,
    LOITERING,
    OBSTRUCTION,
    PEOPLE,
    ROAD,
)
from video_bridge.clips.scenario import Frame, Task, spread
from video_bridge.clips.stage import HEIGHT, WIDTH, Prop, Stage, Walk
from video_bridge.clips.water import ALARM, WATER, River

_SECONDS, _STEP = 40.0, 2.0
_END = _SECONDS + 1
_LAWN = GRASS[2:]
_BESIDE = [(40, 205), (230, 205), (230, 238), (40, 238)]


@dataclass(frozen=True, slots=True)
class Variant:
    """One scene: its rule, its key frames, and whether there is something to be found."""

    name: str
    task: Task
    truth: bool
    picture: Callable[[float], Frame]

    def frames(self) -> Iterator[tuple[float, Frame]]:
        """Second and picture of every key frame."""
        for number in range(round(_SECONDS / _STEP)):
            second = number * _STEP
            _done, data = cv2.imencode(
                ".jpg", self.picture(second), [cv2.IMWRITE_JPEG_QUALITY, 60]
            )
            yield second, np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class _Weather:
    dim: float
    noise: float

    def on(self, frame: Frame, rng: np.random.Generator) -> Frame:
        dark = cv2.convertScaleAbs(frame, alpha=self.dim)
        grain = rng.normal(0, self.noise, (HEIGHT, WIDTH, 1))
        return np.clip(dark + grain, 0, 255).astype(np.uint8)


def variants(stage: Stage, count: int, seed: int = 1) -> list[Variant]:
    """So many of each kind, half of them with something to be found."""
    made: list[Variant] = []
    for make in (_crowd, _intrusion, _loitering, _obstruction, _water):
        for number in range(count):
            rng = np.random.default_rng([seed, len(made)])
            made.append(make(stage, rng, number % 2 == 0))
    return made


def _weather(rng: np.random.Generator) -> _Weather:
    return _Weather(float(rng.choice([1.0, 0.7, 0.4, 0.25])), float(rng.uniform(2, 6)))


def _somebody(rng: np.random.Generator) -> str:
    return PEOPLE[int(rng.integers(len(PEOPLE)))]


def _scene(
    stage: Stage, rng: np.random.Generator, walks: list[Walk], props: list[Prop] | None = None
) -> Callable[[float], Frame]:
    weather = _weather(rng)
    return lambda second: weather.on(stage.scene(second, walks, props or []), rng)


def _crowd(stage: Stage, rng: np.random.Generator, truth: bool) -> Variant:
    """9 to 14 persons against 3 to 7 when 8 are a crowd; some more beside the area."""
    count = int(rng.integers(9, 15) if truth else rng.integers(3, 8))
    size = float(rng.uniform(0.6, 1.0))
    walks = [
        Walk(_somebody(rng), ((0.0, x, y), (_END, x + float(rng.uniform(-15, 15)), y)), size)
        for x, y in spread(rng, ROAD, count, float(rng.uniform(26, 40)))
    ]
    walks += [
        Walk(_somebody(rng), ((0.0, x, y), (_END, x, y)), size)
        for x, y in spread(rng, _BESIDE, int(rng.integers(0, 4)), 30)
    ]
    return Variant(f"{count} persons, size {size:.1f}", CROWD, truth, _scene(stage, rng, walks))


def _intrusion(stage: Stage, rng: np.random.Generator, truth: bool) -> Variant:
    """Somebody on the lawn for 8 to 20 seconds, against two who keep to the road."""
    size = float(rng.uniform(0.55, 1.0))
    if truth:
        (x, y), (x2, y2) = spread(rng, _LAWN, 2, 60)
        start, stay = float(rng.uniform(4, 12)), float(rng.uniform(8, 20))
        walks = [
            Walk(_somebody(rng), ((start, x, y), (start + stay / 2, x2, y2), (start + stay, x, y)),
                 size)
        ]
    else:
        walks = [
            Walk(_somebody(rng), ((0.0, 790.0, float(rng.uniform(300, 410))),
                                  (15.0, 500.0, float(rng.uniform(270, 330))),
                                  (38.0, 20.0, float(rng.uniform(215, 232)))), size)
            for _ in range(2)
        ]
    return Variant(f"size {size:.1f}", INTRUSION, truth, _scene(stage, rng, walks))


def _loitering(stage: Stage, rng: np.random.Generator, truth: bool) -> Variant:
    """Somebody about the corner for 22 to 30 seconds among passers-by, against those alone."""
    walks = []
    for _ in range(int(rng.integers(1, 4))):
        start = float(rng.uniform(0, 26))
        line = float(rng.uniform(280, 380))
        walks.append(
            Walk(_somebody(rng), ((start, 800.0, line), (start + 8, 470.0, line - 20),
                                  (start + 18, 20.0, 228.0)))
        )
    if truth:
        points = spread(rng, CORNER, 6, 25)
        start = float(rng.uniform(2, 8))
        stay = float(rng.uniform(22, 30)) / (len(points) - 1)
        walks.append(
            Walk(_somebody(rng), tuple((start + n * stay, x, y) for n, (x, y) in enumerate(points)))
        )
    return Variant(f"{len(walks)} persons", LOITERING, truth, _scene(stage, rng, walks))


def _obstruction(stage: Stage, rng: np.random.Generator, truth: bool) -> Variant:
    """A thing that stays, against one that stays for six seconds; passers-by in both."""
    width, height = int(rng.integers(26, 60)), int(rng.integers(20, 44))
    tone = int(rng.choice([40, 70, 200, 235]))
    picture = np.zeros((height + 8, width, 4), np.uint8)
    picture[:height] = (tone, tone, tone, 255)
    picture[: height // 3, :, :3] = np.clip(tone * 0.8, 0, 255)
    x, y = spread(rng, ROAD, 1, 10)[0]
    start = float(rng.uniform(12, 16))
    end = _END if truth else start + 6
    walks = [
        Walk(_somebody(rng), ((when, 790.0, 400.0), (when + 12, 480.0, 310.0),
                              (when + 26, 20.0, 228.0)))
        for when in (float(rng.uniform(0, 20)),)
    ]
    prop = Prop(picture, start, end, ((0, x, y), (_END, x, y)))
    return Variant(
        f"{width}×{height}, tone {tone}", OBSTRUCTION, truth, _scene(stage, rng, walks, [prop])
    )


def _water(_stage: Stage, rng: np.random.Generator, truth: bool) -> Variant:
    """0.15 to 0.8 m above the alarm level or below it."""
    away = float(rng.uniform(0.15, 0.8))
    level = ALARM + away if truth else ALARM - away
    river = River(
        lambda second: float(np.interp(second, (0, 16), (1.0, level))),
        waves=float(rng.uniform(1, 9)), dim=float(rng.choice([1.0, 0.6, 0.35])),
        faint=float(rng.uniform(0.35, 1)), foam=bool(rng.integers(2)),
        seed=int(rng.integers(1000)),
    )
    return Variant(
        f"{level:.2f} m", WATER, truth, lambda second: river(second, round(second * 12.5))
    )
