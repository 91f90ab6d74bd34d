"""Key frames that wait."""

from __future__ import annotations

from video_bridge.keyqueue import KeyQueue, Waiting
from video_bridge.rtp import KeyUnit

from video_bridge import keyqueue


class Owner:
    def __init__(self) -> None:
        self.waiting: Waiting | None = None


def item(name: str = "x", urgent: bool = True, size: int = 1) -> Waiting:
    unit = KeyUnit("h264", name.encode() * size, b"", 0)
    return Waiting(unit, 0.0, 0.0, 0.0, False, urgent)


def test_the_newest_key_frame_of_a_camera_wins_and_the_older_is_counted() -> None:
    queue: KeyQueue[Owner] = KeyQueue()
    one = Owner()
    queue.put(one, item("a"))
    queue.put(one, item("b"))
    found = queue.get(0)
    assert found is not None
    assert found[1].unit.data == b"b"
    assert queue.dropped == 1
    assert queue.get(0) is None


def test_urgent_ones_come_first_but_the_others_are_not_starved() -> None:
    queue: KeyQueue[Owner] = KeyQueue()
    idle = Owner()
    queue.put(idle, item(urgent=False))
    for _ in range(20):
        queue.put(Owner(), item())
    order = [queue.get(0) for _ in range(21)]
    place = [found is not None and found[0] is idle for found in order].index(True)
    assert 0 < place < 10


def test_one_that_becomes_urgent_moves_up() -> None:
    queue: KeyQueue[Owner] = KeyQueue()
    first, second = Owner(), Owner()
    queue.put(first, item(urgent=False))
    queue.put(second, item(urgent=False))
    queue.put(second, item())
    found = queue.get(0)
    assert found is not None
    assert found[0] is second
    assert len(queue) == 1


def test_bytes_are_bounded(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(keyqueue, "MAX_BYTES", 100)
    queue: KeyQueue[Owner] = KeyQueue()
    owners = [Owner() for _ in range(5)]
    for owner in owners:
        queue.put(owner, item(size=40))
    assert len(queue) == 2
    assert queue.dropped == 3
    assert [owner.waiting is not None for owner in owners] == [False, False, False, True, True]


def test_a_camera_that_is_taken_away_leaves_nothing_behind() -> None:
    queue: KeyQueue[Owner] = KeyQueue()
    one = Owner()
    queue.put(one, item())
    queue.remove(one)
    assert queue.get(0) is None
    assert one.waiting is None
