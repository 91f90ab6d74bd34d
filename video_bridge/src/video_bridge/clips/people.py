"""Clips with persons: street, quiet, crowd, intrusion, loitering."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from video_bridge.clips.actors import CUTS
from video_bridge.clips.scenario import Area, Clip, Expect, Frame, Task, spread
from video_bridge.clips.stage import Stage, Walk, spot

ROAD: list[tuple[float, float]] = [
    (330, 245), (560, 195), (690, 215), (755, 300), (755, 470), (560, 415),
]
"""The open place, in the street video's pixels: convex."""
GRASS: list[tuple[float, float]] = [
    (0, 262), (150, 270), (330, 325), (430, 398), (560, 455), (560, 541), (0, 541),
]
CORNER: list[tuple[float, float]] = [(575, 205), (700, 215), (764, 300), (764, 430), (600, 395)]
KERB: list[tuple[float, float]] = [(0, 240), (160, 262), (330, 315), (440, 395), (767, 510)]
PEOPLE = tuple(CUTS)

TAMPER = Task("tamper", duration=4)
CROWD = Task("crowd", Area("polygon", tuple(spot(*p) for p in ROAD)), 8, 6)
INTRUSION = Task("intrusion", Area("polygon", tuple(spot(*p) for p in GRASS)), 1, 2)
LINE = Task("intrusion", Area("line", tuple(spot(*p) for p in KERB)), 1, 0, {"hits": 1})
LOITERING = Task("loitering", Area("polygon", tuple(spot(*p) for p in CORNER)), 1, 14)
OBSTRUCTION = Task(
    "obstruction", Area("polygon", tuple(spot(*p) for p in ROAD)), 0.2, 10, {"learn": 5}
)


def clips(stage: Stage) -> list[Clip]:
    """All of them."""
    return [
        Clip(
            "street", "the street as it is, up to eight persons, never so many on the place",
            "real", 40, lambda second, _n: stage.street(second),
            (CROWD, TAMPER, LOITERING_LONG, OBSTRUCTION_LONG),
        ),
        Clip(
            "quiet", "the street with nobody in it", "negative", 24,
            _played(stage, []),
            (CROWD, INTRUSION, LOITERING, OBSTRUCTION, TAMPER),
        ),
        *_crowds(stage),
        *_intrusions(stage),
        *_loiterers(stage),
    ]


LOITERING_LONG = Task("loitering", LOITERING.area, 1, 30)
OBSTRUCTION_LONG = Task("obstruction", OBSTRUCTION.area, 0.2, 25)


def _crowds(stage: Stage) -> list[Clip]:
    tasks = (CROWD, INTRUSION, TAMPER)
    rng = np.random.default_rng(11)
    wide = _gathering(rng, 14, 34.0, first=4, arrive=(6.0, 11.0), gap=46, leave=None)
    tight = _gathering(
        rng, 12, 34.0, first=3, arrive=(6.0, 11.0), gap=24, leave=None, where=CORNER
    )
    few = _gathering(rng, 6, 34.0, first=6, arrive=(0.0, 0.0), gap=60, leave=None)
    beside = [
        Walk(PEOPLE[i % len(PEOPLE)], ((0, x, 238 - 8 * (i % 2)), (34.0, x, 238 - 8 * (i % 2))))
        for i, x in enumerate((20, 62, 104, 146, 188, 230))
    ]
    brief = _gathering(
        rng, 11, 34.0, first=3, arrive=(10.0, 10.5), gap=44, leave=13.0, hurry=1.0
    )
    return [
        Clip("crowd", "fourteen persons gather on the place", "easy", 34,
             _played(stage, wide), tasks, (Expect("crowd", 12, 24),)),
        Clip("crowd_hard", "twelve persons stand close and hide each other, in poor light", "hard",
             34, _played(stage, tight, dim=0.55), tasks, (Expect("crowd", 12, 26),)),
        Clip("crowd_negative", "six persons on the place, six more beside it", "negative", 34,
             _played(stage, few + beside), tasks),
        Clip("crowd_brief", "eleven persons for three seconds, three stay", "negative", 34,
             _played(stage, brief), tasks),
    ]


def _gathering(
    rng: np.random.Generator, count: int, end: float, *, first: int,
    arrive: tuple[float, float], gap: float, leave: float | None,
    where: list[tuple[float, float]] = ROAD, hurry: float = 5.0,
) -> list[Walk]:
    """Persons who come from the right and stand; those after the first come later and may leave."""
    walks = []
    for number, (x, y) in enumerate(spread(rng, where, count, gap)):
        who = PEOPLE[int(rng.integers(len(PEOPLE)))]
        if number < first:
            walks.append(Walk(who, ((0.0, x, y), (end, x, y))))
            continue
        come = float(rng.uniform(*arrive))
        places = [(max(come - hurry, 0.0), 800.0, y), (come, x, y)]
        if leave is None:
            places.append((end, x, y))
        else:
            places += [(leave, x, y), (leave + hurry, 800.0, y)]
        walks.append(Walk(who, tuple(places)))
    return walks


def _intrusions(stage: Stage) -> list[Clip]:
    tasks = (INTRUSION, CROWD, TAMPER)
    passer = Walk("red", ((0, 790, 330), (12, 470, 300), (30, 20, 228)))
    onto = Walk("stride", ((4, 640, 330), (9, 470, 340), (12, 330, 400), (22, 120, 480),
                           (27, -40, 500)))
    rim = Walk("pale", ((6, 300, 262), (10, 240, 330), (20, 190, 330), (24, 300, 240),
                        (27, 560, 230)), 0.8)
    along = Walk("anorak", ((3, 760, 420), (12, 470, 330), (20, 300, 272), (28, 60, 232)))
    back = Walk("turn", ((2, 560, 380), (8, 520, 330), (16, 600, 360), (26, 700, 420)))
    return [
        Clip("intrusion", "somebody walks over the lawn", "easy", 30,
             _played(stage, [passer, onto]), tasks, (Expect("intrusion", 10, 18),)),
        Clip("intrusion_hard", "somebody small stands at the rim of the lawn, at dusk", "hard", 30,
             _played(stage, [passer, rim], dim=0.4), tasks, (Expect("intrusion", 9, 18),)),
        Clip("intrusion_line", "somebody crosses the kerb onto the lawn", "hard", 30,
             _played(stage, [passer, onto]), (LINE, TAMPER), (Expect("intrusion", 9, 16),)),
        Clip("intrusion_negative", "two persons keep to the road, close to the lawn", "negative",
             30, _played(stage, [passer, along, back]), (*tasks, LINE)),
    ]


def _loiterers(stage: Stage) -> list[Clip]:
    tasks = (LOITERING, CROWD, INTRUSION, TAMPER)
    stays = Walk("anorak", ((2, 800, 300), (5, 680, 300), (11, 630, 330), (17, 690, 370),
                            (23, 640, 300), (29, 680, 330), (34, 690, 330)))
    darker = Walk("tall", ((2, 800, 330), (5, 660, 320), (15, 690, 340), (25, 640, 330),
                           (34, 680, 350)))
    passing = [
        Walk(who, ((start, 800.0, y), (start + 7.0, 480.0, y - 25), (start + 15, 20.0, 232)))
        for start, who, y in (
            (0.0, "red", 340.0), (6.0, "jacket", 300.0), (12.0, "turn", 370.0),
            (17.0, "pale", 320.0), (23.0, "leaving", 350.0),
        )
    ]
    outside = Walk("standing", ((0, 480, 300), (34, 490, 300)))
    return [
        Clip("loitering", "somebody hangs about at the corner for half a minute", "easy", 34,
             _played(stage, [stays]), tasks, (Expect("loitering", 18, 28),)),
        Clip("loitering_hard", "somebody hangs about while others pass in front and behind", "hard",
             34, _played(stage, [darker, *passing]), tasks, (Expect("loitering", 18, 31),)),
        Clip("loitering_negative", "five persons pass the corner, one stands beside it", "negative",
             34, _played(stage, [*passing, outside]), tasks),
    ]


class _played:  # noqa: N801 - used like a function
    """Pictures of a script; ``dim`` takes light away."""

    def __init__(self, stage: Stage, walks: Sequence[Walk], dim: float = 1.0) -> None:
        self._stage, self._walks, self._dim = stage, walks, dim

    def __call__(self, second: float, number: int) -> Frame:
        picture = self._stage.scene(second, self._walks)
        if self._dim < 1:
            picture = cv2.convertScaleAbs(picture, alpha=self._dim)
        return self._stage.noisy(picture, number)
