"""Obstruction, tamper, water level: scripted scenes, no video."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from eyes_for_tests import grey, judge, look, person
from video_bridge.clips.water import GAUGE, HIGH, LOW, River
from video_bridge.model import Zone


def _with_thing(level: int = 120, x: int = 300, size: int = 48, tone: int = 40):
    shown = grey(level)
    shown[180 : 180 + size, x : x + size] = tone
    return shown


def _standing(**values):
    values.setdefault("params", {"learn": 5})
    made = judge("obstruction", duration=60, **values)
    for second in range(0, 10, 2):
        assert look(made, second, bgr=grey()).level == "unsure"
    return made


def _levels(made, start, end, bgr, people=()):
    return [look(made, second, people, bgr).level for second in range(start, end, 2)]


def test_what_is_put_down_and_left_obstructs_after_its_time():
    made = _standing()
    levels = _levels(made, 10, 110, _with_thing())
    first = levels.index("yes") * 2 + 10
    assert 70 <= first <= 80
    assert set(levels[levels.index("yes") :]) == {"yes"}
    found = look(made, 110, (), _with_thing())
    box = found.boxes[0]
    assert box.label == "object" and abs(box.x - 300 / 640) < 0.02 and abs(box.y - 0.5) < 0.03
    assert _levels(made, 112, 116, grey()) == ["no", "no"]


def test_what_is_there_from_the_beginning_belongs_to_the_place():
    made = judge("obstruction", duration=60, params={"learn": 5})
    assert "yes" not in _levels(made, 0, 300, _with_thing())


def test_what_is_taken_away_does_not_obstruct():
    made = judge("obstruction", duration=60, params={"learn": 5})
    _levels(made, 0, 20, _with_thing())
    assert "yes" not in _levels(made, 20, 300, grey())
    assert "yes" in _levels(made, 300, 420, _with_thing()), "put down again"


def test_what_keeps_moving_does_not_obstruct():
    made = _standing()
    for second in range(10, 300, 2):
        shown = _with_thing(x=200 + (second * 7) % 200)
        assert look(made, second, (), shown).level == "no"


def test_what_somebody_stands_beside_is_not_left():
    keeper = [person(350 / 640, 0.65)]
    made = _standing()
    assert "yes" not in _levels(made, 10, 200, _with_thing(), keeper)
    assert look(made, 200, (), _with_thing()).level == "yes"
    attended = _standing(params={"learn": 5, "attended": 1})
    assert "yes" in _levels(attended, 10, 200, _with_thing(), keeper)


def test_persons_are_asked_for_only_when_something_stands():
    made = _standing()
    assert not made.asks_for_people()
    _levels(made, 10, 60, _with_thing())
    assert made.asks_for_people()


def test_a_thing_outside_of_the_area_or_too_small_does_not_obstruct():
    made = _standing()
    assert "yes" not in _levels(made, 10, 200, _with_thing(x=20))
    made = _standing()
    assert "yes" not in _levels(made, 10, 200, _with_thing(size=14))


def test_clouds_do_not_obstruct():
    made = _standing()
    for second in range(10, 300, 2):
        assert look(made, second, (), grey(120 + round(15 * np.sin(second / 20)))).level == "no"


def test_when_all_changes_the_place_is_learnt_anew():
    made = _standing()
    ramp = np.linspace(0, 255, 640)[None, :, None]
    other = np.broadcast_to(ramp, (360, 640, 3)).astype(np.uint8)
    assert look(made, 10, (), other).level == "unsure"
    assert "yes" not in _levels(made, 12, 300, other)


def _view(seed: int = 3, tone: float = 1.0):
    rng = np.random.default_rng(seed)
    shown = np.full((360, 640, 3), 130, np.uint8)
    for _ in range(25):
        x, y, w, h = (int(v) for v in rng.integers(10, 300, 4))
        colour = tuple(int(v) for v in rng.integers(20, 235, 3))
        cv2.rectangle(shown, (x * 2, y), (x * 2 + w, y + h // 2), colour, -1)
    noise = np.random.default_rng(int(tone * 1000) + seed).integers(-3, 4, shown.shape)
    return np.clip(shown * tone + noise, 0, 255).astype(np.uint8)


def _watching(**values):
    made = judge("tamper", zones=(), **values)
    for second in range(0, 20, 2):
        look(made, second, (), _noisy(second))
    return made


def _noisy(second: int, shown=None):
    base = _view() if shown is None else shown
    noise = np.random.default_rng(second).integers(-3, 4, base.shape)
    return np.clip(base.astype(int) + noise, 0, 255).astype(np.uint8)


def test_the_usual_view_is_not_tampered_with():
    made = _watching()
    for second in range(20, 200, 2):
        assert look(made, second, (), _noisy(second)).level == "no"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda b: np.full_like(b, 40), "covered"),
        (lambda b: cv2.GaussianBlur(b, (0, 0), 9), "out of focus"),
        (lambda b: np.roll(b, 200, axis=1), "shows something else"),
        (lambda b: _view(seed=8), "shows something else"),
    ],
)
def test_cover_blur_and_shift_are_seen(change, why):
    found = look(_watching(), 22, (), _noisy(22, change(_view())))
    assert (found.level, found.why) == ("yes", why)
    assert found.score > 0.6


def test_dusk_is_not_tampering():
    made = _watching()
    for second in range(20, 1800, 10):
        tone = max(0.25, 1 - second / 2000)
        shown = (_view() * tone).astype(np.uint8)
        assert look(made, second, (), _noisy(second, shown)).level == "no"


def test_who_learnt_a_covered_lens_learns_anew_when_it_is_free():
    made = judge("tamper", zones=())
    for second in range(0, 20, 2):
        look(made, second, (), _noisy(second, np.full((360, 640, 3), 90, np.uint8)))
    levels = [look(made, second, (), _noisy(second)).level for second in range(20, 60, 2)]
    assert "yes" not in levels and levels[-1] == "no"
    assert look(made, 60, (), _noisy(60, np.full((360, 640, 3), 90, np.uint8))).level == "yes"


def test_a_frozen_picture_is_seen_after_its_time():
    made = _watching()
    levels = [look(made, second, (), _noisy(1)).level for second in range(20, 120, 10)]
    assert levels == ["no"] * 6 + ["yes"] * 4


def test_a_new_view_becomes_the_usual_one():
    made = _watching(params={"relearn": 100})
    levels = [look(made, s, (), _noisy(s, _view(seed=8))).level for s in range(20, 200, 10)]
    assert levels[0] == "yes" and levels[-1] == "no"
    assert levels.index("no") == 10


GAUGE_LINE = Zone(3, "gauge", "gauge", GAUGE.points, GAUGE.gauge)


@pytest.mark.parametrize("level", [0.6, 1.3, 2.0, 2.9, 3.5])
@pytest.mark.parametrize("weather", [{}, {"waves": 7.0, "dim": 0.45, "faint": 0.5, "seed": 5}])
def test_the_gauge_is_read_to_a_tenth_of_a_metre(level, weather):
    made = judge("water_level", zones=(GAUGE_LINE,), threshold=9)
    river = River(lambda _second: level, **weather)
    for second in range(0, 20, 2):
        found = look(made, second, None, river(second, second))
    assert found.level == "no"
    assert found.reading == pytest.approx(level, abs=0.1)


def test_a_rise_is_seen_and_hysteresis_keeps_it():
    made = judge("water_level", zones=(GAUGE_LINE,), threshold=2.0)
    levels = []
    for second, level in enumerate([1.5] * 6 + [2.1] * 8 + [1.95] * 8 + [1.5] * 8):
        river = River(lambda _s, level=level: level)
        levels.append(look(made, 2 * second, None, river(2 * second, second)).level)
    assert levels[5] == "no" and levels[13] == "yes" and levels[21] == "hold"
    assert levels[29] == "no"


def test_one_wave_does_not_decide():
    made = judge("water_level", zones=(GAUGE_LINE,), threshold=2.5)
    for second, level in enumerate([1.5] * 6 + [3.0, 1.5, 1.5, 3.0, 1.5]):
        river = River(lambda _s, level=level: level)
        found = look(made, 2 * second, None, river(2 * second, second))
        assert found.level in ("unsure", "no")


@pytest.mark.parametrize("level", [LOW - 1.0, HIGH + 1.0])
def test_water_beyond_the_gauge_is_not_read(level):
    made = judge("water_level", zones=(GAUGE_LINE,), threshold=1)
    river = River(lambda _s: level)
    for second in range(0, 20, 2):
        found = look(made, second, None, river(second, second))
    assert found.level == "unsure", found


def test_without_gauge_or_without_anything_to_see_there_is_no_reading():
    assert look(judge("water_level"), 0).level == "unsure"
    made = judge("water_level", zones=(GAUGE_LINE,), threshold=1)
    flat = np.full((360, 640, 3), 90, np.uint8)
    assert look(made, 0, None, flat).level == "unsure"
