"""Scenes, findings and a settable clock for the tests of rules and episodes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest
from video_bridge.episode import Episodes, Timing
from video_bridge.model import Box, Image, Picture, Rule, RuleKind, Zone
from video_bridge.rules import Finding, Judge, Scene, new_judge
from video_bridge.snapshot import take

PROJECT = Path(__file__).resolve().parents[2]
MODELS = Path(os.environ.get("YST_VIDEO_MODELS") or PROJECT / ".local/video/models")
STREET = PROJECT / ".local/video/vtest.avi"
CLIPS = PROJECT / ".local/video/clips"
WALL = 1_767_225_600.0

needs_model = pytest.mark.skipif(
    not (MODELS / "nanodet.onnx").is_file(), reason="no models: run fetch-models"
)
needs_street = pytest.mark.skipif(not STREET.is_file(), reason="no street video: run the set-up")
needs_clips = pytest.mark.skipif(
    not (CLIPS / "clips.json").is_file(), reason="no sample clips: run make-clips"
)

SQUARE = Zone(1, "square", "polygon", ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)))


def grey(level: int = 120, seed: int | None = 0) -> Image:
    """A picture of one grey with a texture that does not change."""
    texture = np.random.default_rng(seed).integers(-20, 21, (45, 80, 1))
    coarse = np.kron(texture, np.ones((8, 8, 1)))
    return np.clip(np.repeat(coarse + level, 3, axis=2), 0, 255).astype(np.uint8)


def picture(at: float = WALL, bgr: Image | None = None) -> Picture:
    """A picture with its luma."""
    shown = grey() if bgr is None else bgr
    luma = shown[2::4, 2::4, 1][:90, :160]
    return Picture(at, shown, np.ascontiguousarray(luma))


def person(x: float, foot: float, height: float = 0.2, score: float = 0.8) -> Box:
    """A person who stands at (x, foot)."""
    width = height * 0.4
    return Box(x - width / 2, foot - height, width, height, score)


def rule(kind: RuleKind, **values: object) -> Rule:
    """A rule over the square."""
    values.setdefault("zones", (SQUARE,))
    return Rule(1, kind, **values)  # type: ignore[arg-type]


def judge(kind: RuleKind, **values: object) -> Judge:
    """A judge of a rule over the square."""
    made = new_judge(rule(kind, **values))
    assert made is not None
    return made


def look(
    made: Judge, clock: float, people: Iterable[Box] | None = (), bgr: Image | None = None
) -> Finding:
    """Show a scene."""
    seen = None if people is None else tuple(people)
    return made.look(Scene(WALL + clock, clock, picture(WALL + clock, bgr), True, seen))


YES = Finding("yes", 0.7, 9)
HOLD = Finding("hold", 0.6, 7)
NO = Finding("no")
UNSURE = Finding("unsure")


class Course:
    """An episode machine with a wall clock that can be set apart from the monotonic one."""

    def __init__(self, timing: Timing, resume: object = None, shift: float = 0.0,
                 quiet: float = 0.0) -> None:
        self.shift = shift
        self.pictures = 0
        self.machine = Episodes(
            7, Rule(5, "crowd"), timing, self._shoot, resume, 0.0, quiet  # type: ignore[arg-type]
        )

    def _shoot(self, shown: Picture):  # type: ignore[no-untyped-def]
        self.pictures += 1
        return take(shown.at, shown.bgr)

    def play(self, findings: Sequence[Finding], start: float, step: float = 2.0) -> list[object]:
        """Show findings one after the other; all events."""
        events: list[object] = []
        for number, finding in enumerate(findings):
            clock = start + number * step
            at = WALL + self.shift + clock
            events += self.machine.step(finding, at, clock, picture(at))
        return events
