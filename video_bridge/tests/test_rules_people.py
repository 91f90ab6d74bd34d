"""Crowd, intrusion, loitering, no mask: scripted scenes, no video."""

from __future__ import annotations

import numpy as np
import pytest
from eyes_for_tests import SQUARE, grey, judge, look, person, rule
from video_bridge.model import Box, Zone
from video_bridge.rules import new_judge
from video_bridge.rules.base import crosses, inside
from video_bridge.rules.tracker import Tracker

LINE = Zone(2, "kerb", "line", ((0.0, 0.5), (1.0, 0.5)))


def _row(count: int, foot: float = 0.5) -> list[Box]:
    return [person(0.25 + 0.04 * n, foot) for n in range(count)]


@pytest.mark.parametrize(
    ("count", "level"), [(0, "no"), (5, "no"), (6, "hold"), (7, "hold"), (8, "yes"), (12, "yes")]
)
def test_a_crowd_is_counted_with_hysteresis(count, level):
    found = look(judge("crowd", threshold=8), 0, _row(count))
    assert (found.level, found.count) == (level, count)


def test_who_stands_outside_or_is_unlikely_is_not_counted():
    people = [*_row(7), person(0.5, 0.95), person(0.9, 0.5), person(0.5, 0.5, score=0.4)]
    assert look(judge("crowd", threshold=8), 0, people).count == 7
    everywhere = judge("crowd", threshold=8, zones=())
    assert look(everywhere, 0, people).count == 9


def test_it_is_the_foot_that_counts():
    # the body reaches into the square, the foot is below it
    assert look(judge("intrusion"), 0, [person(0.5, 0.85, height=0.4)]).level == "no"
    assert look(judge("intrusion"), 0, [person(0.5, 0.75, height=0.4)]).level == "yes"


def test_without_detector_nobody_is_claimed_to_be_away():
    for kind in ("crowd", "intrusion", "loitering"):
        assert look(judge(kind, duration=5), 0, None).level == "unsure"


def test_polygons_may_be_concave():
    hook = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 0.2), (0.0, 1.0))
    assert inside((0.1, 0.5), hook) and inside((0.9, 0.5), hook)
    assert not inside((0.5, 0.6), hook)


def test_lines_are_crossed_in_both_directions_and_not_beside():
    line = ((0.2, 0.5), (0.8, 0.5))
    assert crosses((0.5, 0.4), (0.5, 0.6), line) and crosses((0.5, 0.6), (0.5, 0.4), line)
    assert not crosses((0.1, 0.4), (0.1, 0.6), line)
    assert not crosses((0.5, 0.3), (0.5, 0.4), line)


def test_crossing_a_line_is_an_intrusion_for_a_while():
    made = judge("intrusion", zones=(LINE,))
    levels = [
        look(made, second, [person(0.3 + 0.02 * second, 0.35 + 0.04 * second)]).level
        for second in range(0, 10, 2)
    ]
    assert levels == ["no", "no", "yes", "yes", "yes"]
    late = [look(made, second, [person(0.5, 0.75)]).level for second in range(10, 30, 2)]
    assert late[-1] == "no"


def test_walking_along_a_line_is_none():
    made = judge("intrusion", zones=(LINE,))
    for second in range(0, 20, 2):
        assert look(made, second, [person(0.1 + 0.03 * second, 0.48)]).level == "no"


def test_who_stays_loiters_and_who_passes_does_not():
    made = judge("loitering", duration=20)
    levels = []
    for second in range(0, 30, 2):
        stays = person(0.5 + 0.04 * np.sin(second), 0.6)
        levels.append(look(made, second, [stays]).level)
    assert levels == ["no"] * 10 + ["yes"] * 5


def test_others_who_come_and_go_do_not_add_up():
    made = judge("loitering", duration=20)
    for second in range(0, 120, 2):
        x = 0.25 + 0.1 * ((second // 2) % 6)
        assert look(made, second, [person(x, 0.3 + 0.08 * ((second // 12) % 5))]).level == "no"


def test_a_step_outside_is_forgiven_and_a_walk_is_not():
    made = judge("loitering", duration=20)
    path = [0.75] * 5 + [0.83] * 2 + [0.75] * 6
    levels = [look(made, 2 * n, [person(x, 0.5)]).level for n, x in enumerate(path)]
    assert levels[-1] == "yes"
    made = judge("loitering", duration=20)
    path = [0.75] * 5 + [0.83] * 6 + [0.75] * 6
    levels = [look(made, 2 * n, [person(x, 0.5)]).level for n, x in enumerate(path)]
    assert "yes" not in levels


def test_two_who_stand_apart_keep_their_numbers():
    tracker = Tracker()
    first = {t.id for t in tracker.update([person(0.3, 0.5), person(0.6, 0.5)], 0, grey())}
    again = {t.id for t in tracker.update([person(0.61, 0.5), person(0.3, 0.51)], 2, grey())}
    assert first == again == {1, 2}
    later = {t.id for t in tracker.update([person(0.3, 0.5)], 30, grey())}
    assert not later & first


def test_somebody_dressed_otherwise_is_somebody_else():
    tracker = Tracker()
    red, blue = grey(), grey()
    red[..., :2] = 20
    blue[..., 1:] = 20
    before = tracker.update([person(0.5, 0.5)], 0, red)[0].id
    assert tracker.update([person(0.56, 0.5)], 2, blue)[0].id != before


class _Faces:
    """A reader that reads what it is told."""

    def __init__(self, *bare: float) -> None:
        from video_bridge.detect.faces import Face

        self._read = [Face(Box(0.4, 0.2, 0.1, 0.1, value, "face"), value) for value in bare]

    def read(self, _bgr, _people, _least):
        return self._read


@pytest.mark.parametrize(
    ("bare", "level"),
    [((), "unsure"), ((0.95,), "yes"), ((0.02,), "no"), ((0.6,), "unsure"), ((0.02, 0.9), "yes")],
)
def test_no_mask_can_say_that_it_cannot_tell(monkeypatch, bare, level):
    monkeypatch.setattr("video_bridge.detect.faces.open_faces", lambda: _Faces(*bare))
    made = new_judge(rule("no_mask", threshold=1))
    assert look(made, 0, [person(0.5, 0.7, height=0.6)]).level == level


def test_nobody_there_is_nobody_without_mask(monkeypatch):
    monkeypatch.setattr("video_bridge.detect.faces.open_faces", _Faces)
    assert look(new_judge(rule("no_mask")), 0, []).level == "no"


def test_without_its_models_no_mask_is_unsure(monkeypatch):
    monkeypatch.setattr("video_bridge.detect.faces.open_faces", lambda: None)
    found = look(new_judge(rule("no_mask")), 0, [person(0.5, 0.7)])
    assert (found.level, found.why) == ("unsure", "no model for faces")


def test_zones_of_the_wrong_shape_are_not_areas():
    made = judge("crowd", zones=(SQUARE, LINE), threshold=1)
    assert look(made, 0, [person(0.5, 0.95)]).level == "no"
