"""How good the rules are: the whole eye on labelled clips and on random scenes with known truth.

The figures are printed (``pytest -s``); the floors are what was measured, less a little.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from dataclasses import dataclass

import pytest
from eyes_for_tests import CLIPS, MODELS, STREET, needs_clips, needs_model, needs_street
from video_bridge.clips.scenario import Clip, labels
from video_bridge.clips.stage import Stage
from video_bridge.clips.variants import variants
from video_bridge.detect import open_detector
from video_bridge.replay import START, play, read_rules, show

FLOORS = {
    # kind: precision, recall over random scenes
    "crowd": (0.9, 0.65),
    "intrusion": (0.9, 0.8),
    "loitering": (0.9, 0.8),
    "obstruction": (0.9, 0.7),
    "water_level": (0.9, 0.9),
}
PER_KIND = int(os.environ.get("LABELLED_SCENES", "12"))


@dataclass
class Score:
    """Right and wrong alerts of one kind."""

    hits: int = 0
    missed: int = 0
    false: int = 0

    @property
    def precision(self) -> float:
        return self.hits / (self.hits + self.false) if self.hits + self.false else 1.0

    @property
    def recall(self) -> float:
        return self.hits / (self.hits + self.missed) if self.hits + self.missed else 1.0

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.2f}, recall {self.recall:.2f} "
            f"({self.hits} found, {self.missed} missed, {self.false} false)"
        )


@pytest.fixture(scope="module")
def detector():
    return open_detector("auto", models=MODELS)


def _tell(capsys, what, detector, scores, wrong):
    """Print the figures although pytest keeps prints to itself."""
    lines = [f"{what}, {detector.name} {detector.precision}"]
    lines += [f"  {kind}: {score}" for kind, score in sorted(scores.items())]
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines + [f"    {line}" for line in wrong]) + "\n")


@needs_model
@needs_clips
def test_every_labelled_clip(detector, monkeypatch, capsys):
    monkeypatch.setenv("YST_VIDEO_MODELS", str(MODELS))
    names = json.loads((CLIPS / "clips.json").read_text())["clips"]
    levels = defaultdict(set)
    scores: dict[str, Score] = defaultdict(Score)
    wrong = []
    for name in names:
        label = json.loads((CLIPS / f"{name}.json").read_text())
        opened = [
            (event.kind, event.at - START)
            for seen in play(CLIPS / f"{name}.mp4", read_rules(label["rules"]), detector)
            for event in seen.events
            if event.event == "open"
        ]
        for task in label["rules"]:
            levels[task["kind"]].add(label["level"])
        left = list(opened)
        for expect in label["expect"]:
            hit = next(
                (o for o in left if o[0] == expect["kind"]
                 and expect["from"] <= o[1] <= expect["to"]), None
            )
            if hit is None:
                scores[expect["kind"]].missed += 1
                wrong.append((name, "missed", expect, opened))
            else:
                scores[expect["kind"]].hits += 1
                left.remove(hit)
        for kind, second in left:
            scores[kind].false += 1
            wrong.append((name, "false", kind, second))
    _tell(capsys, f"{len(names)} labelled clips", detector, scores, [])
    assert not wrong
    for kind in ("crowd", "intrusion", "loitering", "obstruction", "tamper", "water_level"):
        assert {"easy", "hard", "negative"} <= levels[kind], kind
        assert scores[kind].hits >= 2, kind
    if "mask" in names:
        assert {"easy", "hard", "negative"} <= levels["no_mask"] and scores["no_mask"].hits == 2


@needs_model
@needs_street
def test_random_scenes(detector, capsys):
    scores: dict[str, Score] = defaultdict(Score)
    wrong = []
    for variant in variants(Stage(STREET), PER_KIND):
        entry = labels(
            Clip("v", "", "", 40, lambda _s, _n: None, (variant.task,)), 12.5, (640, 360), 2.0
        )
        rules = read_rules(entry["rules"])
        found = any(
            event.event == "open"
            for seen in show(variant.frames(), rules, detector)
            for event in seen.events
        )
        score = scores[variant.task.kind]
        if variant.truth and found:
            score.hits += 1
        elif variant.truth:
            score.missed += 1
        elif found:
            score.false += 1
        if variant.truth != found:
            wrong.append(f"{variant.task.kind}: {variant.name}: {variant.truth} ≠ {found}")
    _tell(capsys, f"{PER_KIND} random scenes of each kind", detector, scores, wrong)
    assert set(scores) == set(FLOORS)
    for kind, (precision, recall) in FLOORS.items():
        assert scores[kind].precision >= precision, kind
        assert scores[kind].recall >= recall, kind
