"""Clips of a staff gauge (水尺) in a river, drawn."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from video_bridge.clips.scenario import Area, Clip, Expect, Frame, Task
from video_bridge.clips.stage import HEIGHT, WIDTH, grain

LOW, HIGH = 0.0, 4.0
"""Metres at the lower and the upper end of the gauge line."""
_X, _TOP, _BOTTOM = 330, 40, 330
"""The staff: its middle, its upper and its lower end."""
GAUGE = Area(
    "gauge",
    (
        (round(_X / WIDTH, 4), round(_BOTTOM / HEIGHT, 4)),
        (round(_X / WIDTH, 4), round(_TOP / HEIGHT, 4)),
    ),
    (LOW, HIGH),
)
ALARM = 2.5
WATER = Task("water_level", GAUGE, ALARM, 4)
TAMPER = Task("tamper", duration=4)

Level = Callable[[float], float]


def clips() -> list[Clip]:
    """All of them."""
    tasks = (WATER, TAMPER)
    rises = _ramp(1.2, 3.2, 6, 24)
    return [
        Clip("water", "the water rises over the alarm level of 2.5 m", "easy", 34,
             River(rises), tasks, (Expect("water_level", 18, 30),)),
        Clip("water_hard", "the same at dusk, with waves, glare and a grey staff", "hard", 34,
             River(rises, waves=7.0, dim=0.45, faint=0.5, seed=5), tasks,
             (Expect("water_level", 18, 31),)),
        Clip("water_negative", "waves and drifting foam, never above 2.2 m", "negative", 34,
             River(_ramp(1.4, 2.15, 4, 20), waves=8.0, foam=True, seed=6), tasks),
    ]


def _ramp(low: float, high: float, start: float, end: float) -> Level:
    return lambda second: float(np.interp(second, (start, end), (low, high)))


def line_of(level: float) -> float:
    """The line of the picture at which the water stands."""
    return _BOTTOM - (level - LOW) / (HIGH - LOW) * (_BOTTOM - _TOP)


class River:
    """A concrete bank with a staff before it, and water in front."""

    def __init__(
        self, level: Level, *, waves: float = 2.0, dim: float = 1.0, faint: float = 1.0,
        foam: bool = False, seed: int = 4,
    ) -> None:
        self.level, self._waves, self._dim, self._foam = level, waves, dim, foam
        rng = np.random.default_rng(seed)
        self._rng = rng
        self._bank = self._draw_bank(rng, faint)
        ripples = cv2.GaussianBlur(rng.normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32), (31, 5), 0)
        tone = np.asarray(ripples / ripples.std() * 7)[..., None] + np.array([92, 104, 88])
        mirrored = cv2.flip(self._bank, 0) * 0.15
        self._water = np.clip(tone * 0.85 + mirrored, 0, 255).astype(np.uint8)
        self._grain = [grain(rng, 3.0) for _ in range(8)]

    def __call__(self, second: float, number: int) -> Frame:
        """The frame at one second."""
        picture = self._bank.copy()
        x = np.arange(WIDTH)
        surface = line_of(self.level(second)) + self._waves * 0.5 * (
            np.sin(x / 37.0 + second * 1.9) * 0.6 + np.sin(x / 11.0 - second * 3.1) * 0.4
        )
        below = (np.arange(HEIGHT)[:, None] > surface[None, :]).astype(np.uint8)
        drift = np.roll(self._water, round(second * 14), axis=1)
        cv2.copyTo(drift, below, picture)
        if self._foam:
            for i in range(5):
                at = int((i * 171 + second * 40) % (WIDTH + 80)) - 40
                line = int(line_of(self.level(second))) + 18 + 13 * (i % 3)
                cv2.ellipse(picture, (at, line), (26, 5), 0, 0, 360, (215, 220, 215), -1)
        if self._dim < 1:
            picture = cv2.convertScaleAbs(picture, alpha=self._dim)
        more, less = self._grain[(number * 5) % len(self._grain)]
        return np.asarray(cv2.subtract(cv2.add(picture, more), less))

    @staticmethod
    def _draw_bank(rng: np.random.Generator, faint: float) -> Frame:
        stone = cv2.GaussianBlur(rng.normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32), (9, 9), 0)
        grey = 150 + np.asarray(stone) / float(np.std(stone)) * 9
        bank = np.clip(np.stack([grey, grey + 4, grey + 10], axis=-1), 0, 255).astype(np.uint8)
        for y in range(0, HEIGHT, 45):
            cv2.line(bank, (0, y), (WIDTH, y), (120, 124, 130), 1)
        left, right = _X - 14, _X + 14
        white = tuple(int(150 + (240 - 150) * faint) for _ in range(3))
        mark = (int(150 - 110 * faint),) * 2 + (int(150 + 50 * faint),)
        cv2.rectangle(bank, (left, 0), (right, HEIGHT), white, -1)
        step = (_BOTTOM - _TOP) / (HIGH - LOW) / 10
        for tenth in range(-4, 46):
            y = round(_BOTTOM - tenth * step)
            if tenth % 2:
                continue
            half = left if tenth % 4 else _X
            cv2.rectangle(bank, (half, round(y - step)), (half + 14, y), mark, -1)
        return np.asarray(bank)
