"""The looking thread: what it decodes, whom it asks, and that nothing ends it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import av
import pytest
from clips_for_tests import encode
from video_bridge.keyqueue import Waiting
from video_bridge.looker import Looker, LookerSettings, Sight
from video_bridge.model import AlertEvent, Box, Camera, Image, Rule, Still
from video_bridge.rtp import KeyUnit
from video_bridge.sources import PyAvSource
from video_bridge.spool import Spool

from video_bridge import looker

ZONE = ZoneInfo("Asia/Shanghai")
CROWD = Rule(1, "crowd", threshold=2, duration=0, params={"hits": 1})


class Persons:
    """A detector that finds what it is told to find."""

    name, precision = "told", "f32"

    def __init__(self, *scores: float) -> None:
        self.boxes = [
            Box(0.1 + 0.2 * place, 0.2, 0.05, 0.3, score) for place, score in enumerate(scores)
        ]
        self.asked = 0

    def people(self, bgr: Image) -> list[Box]:
        self.asked += 1
        return self.boxes


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> list[KeyUnit]:
    """Key frames of an empty place."""
    path = encode(tmp_path_factory.mktemp("clips") / "a.mp4", moving=False, gop=5)
    source = PyAvSource(str(path), "file", lambda unit: None)
    with av.open(str(path)) as container:
        return list(source._units(container, container.streams.video[0], None))


class Bench:
    """A looker with one camera."""

    def __init__(self, folder: Path, camera: Camera) -> None:
        self.stills: list[Still] = []
        path = folder / "spool.db"
        self.spool = Spool(path)
        self.looker = Looker(
            LookerSettings(lambda: Spool(path)), self.stills.extend, print, print
        )
        self.looker.start()
        self.looker.ready.wait(20)
        self.sight = Sight(camera)
        self.looker.add(self.sight, (), ZONE)
        self.settle()

    def show(self, unit: KeyUnit, *, age: float = 0.0) -> None:
        seen = self.looker.figures.decoded + self.looker.figures.undecodable
        waiting = Waiting(unit, time.time(), time.monotonic() - age, 0.0, False)
        self.looker.queue.put(self.sight, waiting)
        end = time.monotonic() + 5
        while self.looker.figures.decoded + self.looker.figures.undecodable == seen:
            assert time.monotonic() < end
            time.sleep(0.005)
        self.settle()

    def settle(self) -> None:
        """Wait until the thread has done all that it was told."""
        done: list[bool] = []
        self.looker.order(lambda: done.append(True))
        end = time.monotonic() + 5
        while not done:
            assert time.monotonic() < end
            time.sleep(0.005)
        self.looker.flush()

    def close(self) -> None:
        self.looker.finish()
        self.looker.join(5)
        self.spool.close()


@pytest.fixture
def persons(monkeypatch: pytest.MonkeyPatch) -> Persons:
    found = Persons(0.9, 0.8, 0.7)
    monkeypatch.setattr(looker, "open_detector", lambda *arguments: found)
    return found


@pytest.fixture
def bench(tmp_path: Path, persons: Persons) -> Iterator[Bench]:
    found = Bench(tmp_path, Camera(1, "1", "one", "rtsp://h/x", rules=(CROWD,)))
    yield found
    found.close()


def test_a_crowd_becomes_an_event_on_the_disk_and_its_way_is_timed(
    bench: Bench, units: list[KeyUnit]
) -> None:
    bench.show(units[0], age=0.25)
    (item,) = bench.spool.batch(10).items
    assert (item.event.event, item.event.kind, item.event.count) == ("open", "crowd", 3)
    figures = bench.looker.figures
    assert figures.events == 1
    assert figures.spooled.total >= 0.25
    assert figures.last_spooled[-1][1] >= 0.25
    assert sum(figures.spooled.counts) == 1
    assert bench.sight.hot


def test_a_restart_does_not_cut_a_cooldown_short(
    tmp_path: Path, persons: Persons, units: list[KeyUnit]
) -> None:
    camera = Camera(1, "1", "one", "rtsp://h/x", rules=(replace(CROWD, cooldown=3600),))
    with contextlib.closing(Spool(tmp_path / "spool.db")) as spool:
        spool.put([AlertEvent("a", n, kind, 1, 1, "crowd", time.time() - 60, time.time() - 50,
                              score=0.9, count=3) for n, kind in ((1, "open"), (2, "close"))])
    bench = Bench(tmp_path, camera)
    try:
        bench.show(units[0])
        bench.show(units[1])
        assert bench.looker.figures.events == 0
        # other rules for the camera do not make it forget either
        bench.looker.change(bench.sight, replace(camera, name="two"), ZONE)
        bench.show(units[2])
        assert bench.looker.figures.events == 0
        bench.looker.change(bench.sight, replace(camera, rules=(CROWD,)), ZONE)
        bench.show(units[0])
        assert bench.looker.figures.events == 1
    finally:
        bench.close()


def test_weak_boxes_where_nothing_moves_are_not_looked_for_again_and_again(
    bench: Bench, persons: Persons, units: list[KeyUnit], monkeypatch: pytest.MonkeyPatch
) -> None:
    persons.boxes = Persons(0.33).boxes
    bench.show(units[0])
    asked = persons.asked
    assert asked
    now = time.monotonic()
    monkeypatch.setattr(bench.sight.eye, "_now", lambda: now + 60)
    for unit in units[1:6]:
        bench.show(unit)
    assert persons.asked == asked


def test_a_camera_without_rules_is_blind_and_makes_stills_when_asked(
    tmp_path: Path, persons: Persons, units: list[KeyUnit]
) -> None:
    bench = Bench(tmp_path, Camera(2, "2", "two", "rtsp://h/x"))
    try:
        assert bench.sight.wanted  # the first one tells the size
        bench.show(units[0])
        assert bench.sight.blind
        assert not bench.sight.wanted
        assert bench.sight.size == (320, 180)
        bench.sight.still_wanted = True
        assert bench.sight.wanted
        bench.show(units[1])
        assert [still.camera for still in bench.stills] == [2]
        assert not bench.sight.still_wanted
        assert persons.asked == 0
    finally:
        bench.close()


def test_nothing_that_goes_wrong_with_one_camera_ends_the_thread(
    bench: Bench, units: list[KeyUnit], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("a rule's mishap")

    with monkeypatch.context() as broken:
        broken.setattr(bench.sight.eye, "see", fail)
        bench.show(units[0])
    assert bench.looker.figures.failures == 1
    bench.show(KeyUnit("h264", b"rubbish", b"", 0))
    assert bench.looker.figures.undecodable == 1
    bench.show(units[1])
    assert bench.looker.is_alive()
    assert bench.spool.batch(10).items


def test_a_camera_that_was_taken_away_is_not_looked_at_any_more(
    bench: Bench, units: list[KeyUnit]
) -> None:
    bench.show(units[0])
    bench.looker.remove(1)
    bench.looker.queue.put(
        bench.sight, Waiting(units[1], time.time(), time.monotonic(), 0.0, False)
    )
    bench.settle()
    bench.settle()
    assert bench.looker.figures.decoded == 1
    # its episode stays open for whoever goes on with the camera
    assert len(bench.spool.open_episodes([1])) == 1


def test_figures_can_be_copied_while_the_thread_goes_on(bench: Bench, units: list[KeyUnit]) -> None:
    bench.show(units[0])
    copy = bench.looker.snapshot()
    bench.show(units[1])
    assert len(copy.last_looked) == 1
    assert len(bench.looker.figures.last_looked) == 2
