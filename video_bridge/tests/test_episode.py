"""Episodes open once, are told when they grow, and end once, whatever the clocks do."""

from __future__ import annotations

from datetime import time
from itertools import pairwise

import pytest
from eyes_for_tests import HOLD, NO, UNSURE, WALL, YES, Course, grey, picture, rule
from video_bridge.episode import ALIVE_EVERY, STALE, Timing
from video_bridge.eyes import CameraEye
from video_bridge.model import AlertEvent, Box, Camera, OpenEpisode, Rule, Snapshot, Window
from video_bridge.rules import Finding

TEN = Timing(duration=10, release=10, cooldown=60)


def test_one_episode_opens_after_its_duration_and_closes_after_its_release():
    course = Course(TEN)
    events = course.play([YES] * 10, 0) + course.play([NO] * 10, 20)
    assert [(e.event, e.sequence) for e in events] == [("open", 1), ("close", 2)]
    opened, closed = events
    assert opened.uid == closed.uid
    assert opened.started_at == WALL and opened.at == WALL + 10
    assert closed.ended_at == WALL + 18, "it ended when it was last seen, not when that was noticed"
    assert closed.count == 9
    assert len(opened.snapshots) == 1


def test_a_single_hit_opens_nothing_even_without_duration():
    assert not Course(Timing()).play([YES, NO, NO, NO, NO], 0)


def test_flapping_opens_nothing():
    assert not Course(TEN).play([YES, NO] * 40, 0)


def test_flapping_does_not_close_either():
    course = Course(TEN)
    events = course.play([YES] * 7 + [NO, YES] * 40, 0)
    assert [e.event for e in events] == ["open"]


def test_what_only_holds_keeps_up_but_does_not_begin():
    assert not Course(TEN).play([HOLD] * 30, 0)
    course = Course(TEN)
    events = course.play([YES] * 7 + [HOLD] * 60, 0)
    assert [e.event for e in events] == ["open"]


def test_unsure_neither_begins_nor_ends():
    assert not Course(TEN).play([UNSURE] * 30, 0)
    course = Course(TEN)
    assert [e.event for e in course.play([YES] * 7 + [UNSURE] * 60, 0)] == ["open"]


def test_cooldown_keeps_quiet_and_then_lets_a_new_episode_begin():
    course = Course(TEN)
    first = course.play([YES] * 8 + [NO] * 6, 0)
    assert [e.event for e in first] == ["open", "close"]
    assert not course.play([YES] * 20, 30), "within the cooldown of 60 s"
    again = course.play([YES] * 20, 90)
    assert [e.event for e in again] == ["open"]
    assert again[0].uid != first[0].uid and again[0].sequence == 1


def test_an_earlier_cooldown_goes_on_after_a_restart():
    course = Course(TEN, quiet=60.0)
    assert not course.play([YES] * 20, 0), "within the cooldown of 60 s"
    assert [e.event for e in course.play([YES] * 20, 60)] == ["open"]


@pytest.mark.parametrize(("ago", "left"), [(20, 40), (70, 0), (-3600, 60), (10**8, 0)])
def test_a_rule_keeps_quiet_for_the_rest_of_its_cooldown(monkeypatch, ago, left):
    """However the wall clock was set meanwhile: never longer than the cooldown."""
    monkeypatch.setattr("video_bridge.eyes.time.time", lambda: WALL)
    eye = _Eye(_crowd(cooldown=60), ended={(1, "crowd"): WALL - ago})
    eye.found.boxes = THREE
    opened = [clock for clock in range(0, 120, 2) if eye.see(clock)]
    assert opened[0] == left + 4, "after its duration of 4 s"


def test_growth_is_told_at_most_every_thirty_seconds():
    course = Course(Timing(duration=0, release=10))
    many = [Finding("yes", 0.7, 8 + number) for number in range(60)]
    events = course.play(many, 0)
    updates = [e for e in events if e.event == "update"]
    assert 3 <= len(updates) <= 4, "120 s"
    assert all(b.at - a.at >= 30 for a, b in pairwise(updates))
    assert [e.sequence for e in events] == list(range(1, len(events) + 1))
    assert all(e.snapshots for e in updates), "each shows a better moment"


def test_what_stays_the_same_is_told_to_be_alive_without_new_picture():
    course = Course(Timing())
    events = course.play([YES] * 400, 0)
    updates = [e for e in events if e.event == "update"]
    assert [round(e.at - WALL) for e in updates] == [2 + round(ALIVE_EVERY) * n for n in (1, 2)]
    assert not any(e.snapshots for e in updates)


@pytest.mark.parametrize("jump", [-86400.0, -3600.0, 3600.0, 86400.0])
def test_a_jump_of_the_wall_clock_changes_nothing_but_moments(jump):
    course = Course(TEN)
    events = course.play([YES] * 3, 0)
    course.shift = jump
    assert not course.play([YES] * 2, 6), "neither opened early nor given up"
    events = course.play([YES] * 3, 10)
    assert [e.event for e in events] == ["open"]
    course.shift = -jump
    events += course.play([YES] * 3 + [NO] * 7, 16)
    assert [e.event for e in events] == ["open", "close"]
    moments = [e.at for e in events]
    assert moments == sorted(moments)
    assert all(e.started_at <= e.at for e in events)
    assert events[-1].ended_at >= events[-1].started_at


def test_an_open_episode_is_taken_up_with_its_name_and_number():
    before = OpenEpisode("uid-1", 4, 7, 5, "crowd", WALL - 500, WALL - 100)
    course = Course(TEN, before)
    assert not course.play([YES] * 3, 0)
    closed = course.play([NO] * 8, 6)
    assert [(e.event, e.uid, e.sequence) for e in closed] == [("close", "uid-1", 5)]
    assert closed[0].started_at == WALL - 500


def test_a_taken_up_episode_that_is_over_closes_though_it_was_never_seen_again():
    before = OpenEpisode("uid-1", 4, 7, 5, "crowd", WALL - 500, WALL - 100)
    closed = Course(TEN, before).play([NO] * 8, 0)
    assert [e.event for e in closed] == ["close"]
    assert closed[0].ended_at == WALL - 100


def test_nothing_seen_for_long_closes():
    course = Course(TEN)
    course.play([YES] * 8, 0)
    assert not course.machine.tick(WALL + 500, 14 + STALE - 1)
    closed = course.machine.tick(WALL + 700, 14 + STALE)
    assert [e.event for e in closed] == ["close"]
    assert closed[0].ended_at == WALL + 14


def test_a_picture_that_was_sent_is_not_kept():
    course = Course(TEN)
    course.play([YES] * 5, 0)
    assert course.machine._course.best.picture is not None
    course.play([YES] * 5, 10)
    assert course.machine._course.best.picture is None
    assert course.pictures == 1


def test_while_an_episode_is_open_its_best_moment_is_kept_as_a_jpeg():
    """Episodes are many and long, and pictures are a hundred times the size of their JPEG."""
    course = Course(Timing(duration=0, release=10))
    course.play([Finding("yes", 0.7, 8)] * 2, 0)
    taken = course.pictures
    course.play([Finding("yes", 0.9, 9), Finding("yes", 0.7, 8), Finding("yes", 0.7, 8)], 4)
    assert course.pictures == taken + 1, "only what is better than all before"
    kept = course.machine._course.best.picture
    assert isinstance(kept, Snapshot)
    closed = course.play([NO] * 10, 10)[-1]
    assert closed.event == "close" and closed.snapshots == (kept,)
    assert closed.count == 9


def test_a_snapshot_that_fails_costs_no_alert():
    def broken(_shown):
        raise OSError("no")

    course = Course(TEN)
    course.machine._photographer = broken
    events = course.play([YES] * 8, 0)
    assert [e.event for e in events] == ["open"] and not events[0].snapshots


class _People:
    """A detector that finds what it is told."""

    name, precision = "told", "f32"

    def __init__(self) -> None:
        self.boxes: list[Box] = []
        self.asked = 0

    def people(self, _bgr) -> list[Box]:
        self.asked += 1
        return self.boxes


class _Eye:
    """An eye with clocks."""

    def __init__(self, *rules: Rule, resume=(), pixelate=False, detector=True, ended=None) -> None:
        self.clock = 0.0
        self.found = _People()
        camera = Camera(7, "", "c", "file", rules=rules, pixelate=pixelate)
        self.eye = CameraEye(
            camera, self.found if detector else None, resume=resume, ended=ended,
            now=lambda: self.clock
        )

    def see(self, clock: float, moved: bool = True, at: float | None = None) -> list[AlertEvent]:
        self.clock = clock
        return self.eye.see(picture(WALL + clock if at is None else at), moved)

    def tick(self, clock: float, key: float | None, at: float | None = None) -> list[AlertEvent]:
        self.clock = clock
        moment = WALL + clock if at is None else at
        return self.eye.tick(moment, key, 2.0)


def _crowd(**values) -> Rule:
    return rule("crowd", zones=(), threshold=3, duration=4, **values)


THREE = [Box(0.2 * n, 0.3, 0.05, 0.2, 0.8) for n in range(1, 4)]


def test_hours_that_end_close_the_episode():
    # 2026-01-01 is a Thursday; 08:00 in Shanghai is 00:00 UTC
    hours = (Window(frozenset({3}), time(8), time(8, 1)),)
    eye = _Eye(_crowd(windows=hours))
    eye.found.boxes = THREE
    events = [e for second in range(0, 58, 2) for e in eye.see(second)]
    assert [e.event for e in events] == ["open"]
    closed = eye.tick(61, WALL + 60)
    assert [(e.event, e.uid) for e in closed] == [("close", events[0].uid)]
    assert not [e for second in range(62, 100, 2) for e in eye.see(second)]


def test_outside_its_hours_a_rule_asks_for_no_persons():
    eye = _Eye(_crowd(windows=(Window(frozenset({3}), time(20), time(21)),)))
    eye.see(0)
    assert eye.found.asked == 0


def test_an_episode_whose_rule_is_gone_is_closed():
    old = OpenEpisode("uid-9", 2, 7, 99, "intrusion", WALL - 50, WALL - 10)
    other = OpenEpisode("uid-8", 2, 8, 99, "intrusion", WALL - 50, WALL - 10)
    eye = _Eye(_crowd(), resume=[old, other])
    events = eye.tick(1, WALL)
    assert [(e.event, e.uid, e.sequence, e.kind) for e in events] == [
        ("close", "uid-9", 3, "intrusion")
    ]
    assert not eye.tick(2, WALL)


def test_shutdown_leaves_episodes_open_and_removal_ends_them():
    eye = _Eye(_crowd())
    eye.found.boxes = THREE
    opened = [e for second in range(0, 10, 2) for e in eye.see(second)]
    assert [e.event for e in opened] == ["open"]
    assert not eye.eye.close("shutdown")
    assert [e.event for e in eye.eye.close("removed")] == ["close"]


def test_quiet_cameras_are_looked_at_now_and_then_and_busy_ones_always():
    eye = _Eye(_crowd())
    eye.see(0)
    assert eye.eye.wants(True) and not eye.eye.wants(False)
    eye.clock = 10.0
    assert eye.eye.wants(False)
    eye.found.boxes = THREE
    eye.see(12)
    eye.clock = 13.0
    assert eye.eye.wants(False), "something begins"


def test_a_rule_that_learns_wants_every_key_frame():
    eye = _Eye(rule("tamper"))
    for second in range(0, 10, 2):
        assert eye.eye.wants(False)
        eye.see(second, moved=False)
    assert not eye.eye.wants(False)


def test_persons_are_not_looked_for_where_nothing_moves():
    eye = _Eye(_crowd())
    for second in range(0, 100, 10):
        eye.see(second, moved=False)
    assert eye.found.asked == 1
    eye.found.boxes = THREE
    eye.see(100, moved=True)
    assert eye.found.asked == 2


def test_a_crowd_that_stands_still_goes_on():
    eye = _Eye(_crowd())
    eye.found.boxes = THREE
    events = [e for second in range(0, 60, 2) for e in eye.see(second, moved=second < 4)]
    assert [e.event for e in events] == ["open"]
    assert eye.found.asked <= 8


def test_without_rules_no_picture_is_wanted():
    assert not _Eye().eye.wants(True)
    assert not _Eye(rule("offline")).eye.wants(True)


def test_offline_waits_for_three_key_frames_and_the_grace_time():
    eye = _Eye(rule("offline", duration=20))
    events = []
    for second in range(60):
        events += eye.tick(second, WALL + min(second, 10))
    assert [e.event for e in events] == ["open"]
    # silent from 10 + 3 × 2; then 20 s of grace
    assert 35 <= events[0].at - WALL <= 37
    closed = eye.tick(60, WALL + 60)
    assert [e.event for e in closed] == ["close"]


def test_offline_is_not_fooled_by_the_wall_clock():
    eye = _Eye(rule("offline", duration=20))
    for second in range(100):
        jump = 7200.0 if second > 30 else 0.0
        key = WALL + second + jump - second % 2
        assert not eye.tick(second, key, at=WALL + second + jump)


def test_a_camera_that_never_came_is_offline():
    eye = _Eye(rule("offline", duration=20))
    events = [e for second in range(60) for e in eye.tick(second, None)]
    assert [e.event for e in events] == ["open"]


def test_a_failing_rule_does_not_stop_the_others(monkeypatch):
    eye = _Eye(rule("tamper"), _crowd())
    eye.found.boxes = THREE
    monkeypatch.setattr(eye.eye._watches[0].judge, "look", lambda scene: 1 / 0)
    events = [e for second in range(0, 10, 2) for e in eye.see(second)]
    assert [(e.event, e.kind) for e in events] == [("open", "crowd")]


def test_an_unknown_kind_of_rule_is_left_out():
    eye = _Eye(Rule(3, "levitation"), _crowd())  # type: ignore[arg-type]
    eye.found.boxes = THREE
    assert [e.kind for s in range(0, 10, 2) for e in eye.see(s)] == ["crowd"]


def test_without_detector_rules_that_need_it_find_nothing():
    eye = _Eye(_crowd(), detector=False)
    assert not [e for second in range(0, 60, 2) for e in eye.see(second)]
    assert eye.eye.findings[1].why == "no detector"


def test_snapshots_are_pixelated_where_the_camera_asks_for_it():
    import cv2
    import numpy as np

    shown = {}
    for pixelate in (False, True):
        eye = _Eye(_crowd(), pixelate=pixelate)
        eye.found.boxes = THREE
        events = [e for second in range(0, 10, 2) for e in eye.see(second)]
        jpeg = events[0].snapshots[0].jpeg
        shown[pixelate] = cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1).astype(int)
    difference = np.abs(shown[True] - shown[False]).max(axis=2)
    head = difference[round(0.3 * 360) : round(0.34 * 360), round(0.2 * 640) : round(0.24 * 640)]
    legs = difference[round(0.44 * 360) : round(0.5 * 360), round(0.2 * 640) : round(0.24 * 640)]
    assert head.mean() > 3 * max(legs.mean(), 0.5)


def test_where_nobody_looks_for_persons_the_whole_snapshot_is_coarse():
    from video_bridge.snapshot import pixelated

    coarse = pixelated(grey(), None)
    assert (coarse[0:8, 0:8] == coarse[0, 0]).all()


def test_snapshots_keep_to_their_limits():
    import numpy as np
    from video_bridge.snapshot import MAX_BYTES, take

    noise = np.random.default_rng(1).integers(0, 256, (1080, 1920, 3)).astype(np.uint8)
    shot = take(WALL, noise)
    assert shot.width <= 960 and len(shot.jpeg) <= MAX_BYTES
    assert shot.width / shot.height == pytest.approx(16 / 9, rel=0.02)
