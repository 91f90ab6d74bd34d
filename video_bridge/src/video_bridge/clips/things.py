"""Clips with things: obstruction, tamper."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from video_bridge.clips.people import CROWD, INTRUSION, OBSTRUCTION, TAMPER
from video_bridge.clips.scenario import Clip, Expect, Frame
from video_bridge.clips.stage import HEIGHT, WIDTH, Prop, Stage, Walk

Picture = Callable[[float, int], Frame]


def clips(stage: Stage) -> list[Clip]:
    """All of them."""
    return [*_obstructions(stage), *_tampers(stage)]


def _obstructions(stage: Stage) -> list[Clip]:
    tasks = (OBSTRUCTION, CROWD, INTRUSION, TAMPER)
    boxes = Prop(_crates(), 13, 34, ((0, 560, 330), (60, 560, 330)))
    bag = Prop(_bag(), 13, 37, ((0, 620, 350), (60, 620, 350)))
    van = Prop(_van(), 11, 23, ((11, 900, 330), (14, 620, 330), (20, 620, 330), (23, 900, 330)))
    bringer = Walk("carrier", ((9, 790, 330), (13, 580, 330), (18, 790, 330)))
    passing = [
        Walk("red", ((12, 790, 370), (22, 470, 330), (36, 20, 230))),
        Walk("tall", ((20, 790, 320), (30, 500, 330), (38, 200, 245))),
    ]
    minder = Walk("standing", ((0, 800, 340), (12, 610, 335), (40, 605, 335)))
    return [
        Clip("obstruction", "crates are put down on the place and left", "easy", 38,
             _show(stage, [bringer], [boxes]), tasks, (Expect("obstruction", 22, 32),)),
        Clip("obstruction_hard", "a small dark bag is left, people pass in front of it", "hard", 38,
             _show(stage, [bringer, *passing], [bag]), tasks, (Expect("obstruction", 22, 36),)),
        Clip("obstruction_negative",
             "a van stops for six seconds, somebody waits beside a crate, the light changes",
             "negative", 38, _light(_show(stage, [minder], [van, boxes])), tasks),
    ]


def _show(stage: Stage, walks: list[Walk], props: list[Prop]) -> Picture:
    return lambda second, number: stage.noisy(stage.scene(second, walks, props), number)


def _light(picture: Picture) -> Picture:
    """Clouds: a fifth of the light goes and comes within seconds."""

    def shown(second: float, number: int) -> Frame:
        factor = 0.9 + 0.1 * np.cos(second / 38 * 6 * np.pi)
        return np.asarray(cv2.convertScaleAbs(picture(second, number), alpha=float(factor)))

    return shown


def _canvas(width: int, height: int) -> Frame:
    """An empty prop with the margin that the stage cuts off below the foot."""
    return np.zeros((height + 8, width, 4), np.uint8)


def _rough(picture: Frame, seed: int) -> Frame:
    noise = np.random.default_rng(seed).normal(0, 8, picture.shape[:2] + (1,))
    picture[..., :3] = np.clip(picture[..., :3] + noise, 0, 255).astype(np.uint8)
    return picture


def _crates() -> Frame:
    """Two crates on top of each other beside a third, 58 × 44."""
    prop = _canvas(58, 44)
    for x, y in ((0, 22), (29, 22), (14, 0)):
        cv2.rectangle(prop, (x, y), (x + 27, y + 21), (70, 120, 170, 255), -1)
        cv2.rectangle(prop, (x, y), (x + 27, y + 21), (30, 60, 90, 255), 1)
        cv2.line(prop, (x, y + 10), (x + 27, y + 10), (40, 80, 120, 255), 1)
    return _rough(prop, 1)


def _bag() -> Frame:
    """A rubbish bag, 26 × 22."""
    prop = _canvas(26, 22)
    cv2.ellipse(prop, (13, 13), (12, 9), 0, 0, 360, (58, 56, 60, 255), -1)
    cv2.ellipse(prop, (13, 4), (4, 4), 0, 0, 360, (66, 62, 66, 255), -1)
    return _rough(prop, 2)


def _van() -> Frame:
    """A white van from the side, 170 × 84."""
    prop = _canvas(170, 84)
    cv2.rectangle(prop, (0, 8), (165, 70), (225, 226, 224, 255), -1)
    cv2.rectangle(prop, (10, 16), (46, 38), (70, 64, 58, 255), -1)
    cv2.rectangle(prop, (0, 56), (165, 60), (150, 150, 150, 255), -1)
    for x in (32, 132):
        cv2.circle(prop, (x, 70), 14, (35, 35, 35, 255), -1)
        cv2.circle(prop, (x, 70), 6, (130, 130, 130, 255), -1)
    return _rough(prop, 3)


def _tampers(stage: Stage) -> list[Clip]:
    tasks = (TAMPER, CROWD)
    walkers = [
        Walk("red", ((0, 790, 340), (14, 20, 232))),
        Walk("anorak", ((6, 20, 236), (24, 790, 400))),
    ]
    shown = _show(stage, walkers, [])
    from_start = 14.0
    return [
        Clip("tamper", "the lens is covered with a cloth", "easy", 30,
             _from(from_start, shown, _cloth), tasks, (Expect("tamper", 16, 26),)),
        Clip("tamper_turned", "the camera is pushed aside by a third of the picture", "hard", 30,
             _from(from_start, shown, _turned), tasks, (Expect("tamper", 16, 26),)),
        Clip("tamper_blurred", "the lens is smeared", "hard", 30,
             _from(from_start, shown, _smeared), tasks, (Expect("tamper", 16, 26),)),
        Clip("tamper_frozen", "the same picture again and again", "hard", 40,
             _frozen(shown, 14.0), (_FROZEN, CROWD), (Expect("tamper", 26, 38),)),
        Clip("tamper_negative", "a lorry hides most of the view for three seconds, clouds pass",
             "negative", 30, _light(_from(12.0, shown, _lorry, until=15.0)), tasks),
    ]


_FROZEN = type(TAMPER)("tamper", duration=4, params={"frozen": 10})


def _from(
    start: float, picture: Picture, change: Callable[[Frame], Frame], until: float = 1e9
) -> Picture:
    def shown(second: float, number: int) -> Frame:
        frame = picture(second, number)
        return change(frame) if start <= second < until else frame

    return shown


def _frozen(picture: Picture, start: float) -> Picture:
    return lambda second, number: picture(min(second, start), number if second < start else 0)


def _cloth(frame: Frame) -> Frame:
    small = cv2.resize(frame, (WIDTH // 16, HEIGHT // 16), interpolation=cv2.INTER_AREA)
    soft = cv2.resize(
        cv2.GaussianBlur(small, (0, 0), 2.5), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC
    )
    return np.asarray(cv2.addWeighted(soft, 0.25, np.full_like(frame, 90), 0.3, 0))


def _smeared(frame: Frame) -> Frame:
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), 9))


def _turned(frame: Frame) -> Frame:
    move = np.array([[1.0, 0.0, -WIDTH / 3], [0.0, 1.0, HEIGHT / 10]], np.float32)
    return np.asarray(
        cv2.warpAffine(frame, move, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
    )


def _lorry(frame: Frame) -> Frame:
    shown = frame.copy()
    cv2.rectangle(shown, (90, 40), (WIDTH - 40, HEIGHT - 50), (150, 95, 60), -1)
    for x in range(110, WIDTH - 40, 60):
        cv2.line(shown, (x, 40), (x, HEIGHT - 50), (120, 70, 40), 2)
    return shown
