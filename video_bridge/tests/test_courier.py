"""When the regular stills of cameras are due."""

import asyncio
from collections.abc import Collection

import pytest
from video_bridge.courier import FIRST_STILL, Courier
from video_bridge.settings import PaceSettings
from video_bridge.uplink_metrics import UplinkMetrics

CAMERAS = frozenset(range(1, 633))
INTERVAL = 300.0


def courier(interval: float, assigned: Collection[int]) -> Courier:
    return Courier(
        None,  # type: ignore[arg-type]  # the fleet is not asked here
        PaceSettings(),
        UplinkMetrics(),
        asyncio.Event(),
        lambda: interval,
        lambda: assigned,
    )


def test_every_camera_has_its_first_still_soon() -> None:
    due: dict[int, float] = {}
    one = courier(INTERVAL, CAMERAS)
    seen: set[int] = set()
    for second in range(int(FIRST_STILL) + 1):
        seen |= one._due_stills(due, float(second))
    assert seen == CAMERAS


def test_afterwards_stills_are_spread_over_the_interval() -> None:
    due: dict[int, float] = {}
    one = courier(INTERVAL, CAMERAS)
    counts = [len(one._due_stills(due, float(second))) for second in range(1500)]
    for start in (600, 900, 1200):
        assert sum(counts[start : start + 300]) == pytest.approx(len(CAMERAS), abs=8)
    assert max(counts[600:]) < 15  # of 2 on average; in step there would be 30


@pytest.mark.parametrize("interval", [2.0, 20.0])
def test_a_short_interval_is_kept_from_the_start(interval: float) -> None:
    due: dict[int, float] = {}
    one = courier(interval, {1})
    assert any(one._due_stills(due, float(second)) for second in range(int(interval) + 1))


def test_no_regular_stills() -> None:
    assert not courier(0.0, CAMERAS)._due_stills({}, 0.0)


def test_a_camera_that_comes_back_has_a_still_soon_again() -> None:
    due: dict[int, float] = {}
    assigned = {1}
    one = courier(INTERVAL, assigned)
    for second in range(30):
        one._due_stills(due, float(second))
    assigned.clear()
    one._due_stills(due, 30.0)
    assigned.add(1)
    assert any(one._due_stills(due, float(second)) for second in range(31, 53))
