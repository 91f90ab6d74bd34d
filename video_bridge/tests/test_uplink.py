"""The uplink against a platform that does what platforms do on bad days."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import sqlite3
import stat
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from fake_platform import DATABASE, KEY, Platform, camera, unframed
from spool_events import START, episode, event
from video_bridge.model import (
    Camera,
    CameraHealth,
    OpenEpisode,
    QrSighting,
    Still,
)
from video_bridge.settings import BridgeSettings, OdooSettings, PaceSettings, Settings
from video_bridge.spool import Spool
from video_bridge.state import StateError
from video_bridge.uplink import Uplink

from video_bridge import courier, wire

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(60)]
PACE = PaceSettings(heartbeat=0.2, retry_min=0.02, retry_max=0.2, refused_key=0.3)
Bridge = Callable[..., Awaitable[Uplink]]


class Cameras:
    """A fleet that notes what it is asked."""

    def __init__(self) -> None:
        self.assigned: list[tuple[frozenset[int], tuple[OpenEpisode, ...]]] = []
        self.cameras: dict[int, Camera] = {}
        self.wanted: set[int] = set()
        self.stills: list[Still] = []
        self.sightings: list[QrSighting] = []
        self.healthy: dict[int, CameraHealth] = {}

    def assign(self, cameras: Sequence[Camera], episodes: Sequence[OpenEpisode]) -> None:
        self.cameras = {c.id: c for c in cameras}
        self.assigned.append((frozenset(self.cameras), tuple(episodes)))

    def health(self) -> Sequence[CameraHealth]:
        return [self.healthy.get(c) or CameraHealth(c, True, START) for c in self.cameras]

    def want_stills(self, cameras: Collection[int]) -> None:
        self.wanted |= set(cameras)

    def take_stills(self) -> Sequence[Still]:
        stills, self.stills = self.stills, []
        return stills

    def take_sightings(self) -> Sequence[QrSighting]:
        sightings, self.sightings = self.sightings, []
        return sightings


@pytest_asyncio.fixture
async def platform() -> AsyncIterator[Platform]:
    platform = Platform()
    await platform.start()
    yield platform
    await platform.stop()


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool.db", reserve=0)


@pytest.fixture
def fleet() -> Cameras:
    return Cameras()


@pytest_asyncio.fixture
async def bridge(
    platform: Platform, spool: Spool, fleet: Cameras, tmp_path: Path
) -> AsyncIterator[Bridge]:
    """Starts an uplink; ends it with the test."""
    running: list[asyncio.Task[None]] = []
    key_file = tmp_path / "key"
    key_file.write_text(KEY + "\n")
    key_file.chmod(0o600)

    async def start(*, pace: PaceSettings = PACE, timeout: float = 0.5, **more: Any) -> Uplink:
        url = f"http://127.0.0.1:{platform.port}"
        settings = Settings(
            BridgeSettings("test", tmp_path / "state"),
            OdooSettings(url, DATABASE, key_file, timeout=timeout), pace=pace)
        uplink = Uplink(settings, spool, fleet, **more)
        running.append(asyncio.create_task(uplink.run()))
        return uplink

    yield start
    for task in running:
        await end(task)


async def end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def until(what: Callable[[], object], patience: float = 10.0) -> None:
    limit = time.monotonic() + patience
    while not what():
        assert time.monotonic() < limit, "it did not happen"
        await asyncio.sleep(0.01)


def all_there(platform: Platform, count: int, steps: int = 3) -> bool:
    return (len(platform.episodes) == count
            and all(e.sequence == steps for e in platform.episodes.values()))


# -- delivery ------------------------------------------------------------------------


async def test_alerts_arrive_with_their_pictures_in_order_and_leave_the_spool(
    bridge: Bridge, platform: Platform, spool: Spool
) -> None:
    spool.put(episode("a", 3, picture=3000))
    await bridge()
    await until(lambda: all_there(platform, 1))
    await until(lambda: not spool.stats().alerts)
    assert platform.episodes["a"].order == [1, 2, 3]
    assert platform.episodes["a"].state == "closed"
    assert len(platform.episodes["a"].pictures) == 3


async def test_pictures_travel_beside_the_json_and_alerts_without_any_in_it(
    bridge: Bridge, platform: Platform, spool: Spool
) -> None:
    spool.put([event("a", picture=3000), event("b")])
    await bridge()
    await until(lambda: not spool.stats().alerts)
    assert platform.frames == 1
    assert len(platform.episodes["a"].pictures) == 1
    spool.put([event("c")])
    await until(lambda: "c" in platform.episodes)
    assert platform.frames == 1


@pytest.mark.parametrize("who", ["interface", "proxy"])
async def test_a_platform_that_takes_pictures_within_the_json_only_gets_them_so(
    bridge: Bridge, platform: Platform, spool: Spool, who: str
) -> None:
    """An older one, or a proxy before it that knows the types it lets through."""
    platform.without_frames = who
    spool.put(episode("a", 3, picture=3000))
    await bridge()
    await until(lambda: all_there(platform, 1))
    spool.put(episode("b", 3, picture=3000))
    await until(lambda: all_there(platform, 2))
    assert [len(platform.episodes[uid].pictures) for uid in "ab"] == [3, 3]
    assert platform.answers["alerts", 415] == 1, "asked once, not with every batch"
    assert spool.stats().refused == spool.stats().dropped_pictures == 0


async def test_both_forms_of_a_batch_say_the_same() -> None:
    shots = [event(f"e{n}", n, picture=900 + n) for n in range(3)]
    twice = replace(shots[0], uid="f")  # the same picture in two alerts: sent once
    events = [*shots, event("none"), twice]
    frame = wire.framed("the-bridge", events)
    body = unframed(frame)
    assert len(body.pop("pictures")) == 3
    assert body == wire.batch("the-bridge", events)
    assert shots[0].snapshots[0].jpeg in frame
    assert frame.count(shots[0].snapshots[0].jpeg) == 1


async def test_an_alert_is_under_way_within_a_moment(
    bridge: Bridge, platform: Platform, spool: Spool
) -> None:
    uplink = await bridge()
    await until(lambda: uplink.metrics.connected)
    await asyncio.sleep(0.3)
    begun = time.monotonic()
    spool.put([event("a")])
    await until(lambda: platform.episodes)
    assert time.monotonic() - begun < 0.5


@pytest.mark.parametrize("fault", ["500", "half", "cut", "late", "hang", "reset", "other",
                                   "503 0"])
async def test_a_batch_is_repeated_until_its_answer_has_come(
    bridge: Bridge, platform: Platform, spool: Spool, fault: str
) -> None:
    platform.faults["alerts"] = [fault] * 3
    for number in range(20):
        spool.put(episode(f"e{number}", 3))
    uplink = await bridge(timeout=0.3)
    await until(lambda: all_there(platform, 20) and not spool.stats().alerts)
    assert not platform.unordered
    assert uplink.metrics.batch_errors == 3
    assert all(e.order == [1, 2, 3] for e in platform.episodes.values())
    if fault in {"half", "cut", "late", "other"}:  # the platform had them already
        assert uplink.metrics.duplicates + uplink.metrics.stale > 0


async def test_faults_of_all_kinds_in_turn_lose_nothing_and_repeat_nothing(
    bridge: Bridge, platform: Platform, spool: Spool
) -> None:
    kinds = ["500", "half", "", "late", "reset", "", "cut", "other", "503 0", ""]
    platform.faults["alerts"] = kinds * 4
    platform.faults["heartbeat"] = ["500", "hang", "", "half", ""] * 8
    await bridge(timeout=0.2, pace=replace(PACE, batch=40))
    for number in range(200):
        spool.put(episode(f"e{number}", 3, picture=500 if number % 5 == 0 else 0))
        await asyncio.sleep(0.005)
    await until(lambda: all_there(platform, 200) and not spool.stats().alerts, 30)
    assert not platform.unordered
    assert all(e.order == [1, 2, 3] for e in platform.episodes.values())


async def test_a_platform_that_is_away_is_asked_ever_more_rarely(
    bridge: Bridge, platform: Platform, spool: Spool
) -> None:
    platform.faults["alerts"] = ["500"] * 1000
    platform.faults["heartbeat"] = ["500"] * 1000
    spool.put([event("a")])
    await bridge(pace=replace(PACE, retry_max=0.8, heartbeat=0.8))
    await asyncio.sleep(4)
    assert 5 <= platform.requests["alerts"] <= 16
    assert 5 <= platform.requests["heartbeat"] <= 16
    times = platform.times["alerts"]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert max(gaps[:2]) < 0.15
    assert min(gaps[-2:]) > 0.3
    platform.faults.clear()
    await until(lambda: platform.episodes)


async def test_the_platform_says_when_to_come_again(
    bridge: Bridge, platform: Platform, spool: Spool
) -> None:
    platform.faults["alerts"] = ["503 1"]
    spool.put([event("a")])
    await bridge()
    await until(lambda: platform.episodes)
    first, second = platform.times["alerts"]
    assert second - first >= 1


async def test_what_was_seen_while_the_platform_was_away_arrives_when_it_is_back(
    bridge: Bridge, platform: Platform, spool: Spool
) -> None:
    uplink = await bridge()
    await until(lambda: uplink.metrics.connected)
    await platform.stop()
    for number in range(500):
        spool.put(episode(f"e{number}", 3))
    await until(lambda: not uplink.metrics.connected)
    assert uplink.problem
    await asyncio.sleep(0.5)
    await platform.start()
    await until(lambda: all_there(platform, 500), 20)
    await until(lambda: uplink.problem is None)
    assert not platform.unordered


async def test_a_bad_alert_is_kept_apart_and_the_others_go_on(
    bridge: Bridge, platform: Platform, spool: Spool
) -> None:
    platform.invalid = {"bad"}
    spool.put([event("a"), event("bad"), event("b")])
    uplink = await bridge()
    await until(lambda: set(platform.episodes) == {"a", "b"} and not spool.stats().alerts)
    assert spool.stats().refused == uplink.metrics.refused == 1
    (kept, why), = spool.refusals()
    assert (kept.uid, why.code) == ("bad", "unknown_camera")


async def test_an_alert_whose_picture_is_refused_arrives_without_it(
    bridge: Bridge, platform: Platform, spool: Spool
) -> None:
    platform.bad_pictures = {"a"}
    spool.put([event("a", picture=500)])
    await bridge()
    await until(lambda: "a" in platform.episodes)
    await until(lambda: not spool.stats().alerts)
    assert spool.stats().refused == 0
    assert spool.stats().dropped_pictures == 1


async def test_a_batch_refused_as_a_whole_gives_up_only_the_one_at_fault(
    bridge: Bridge, platform: Platform, spool: Spool
) -> None:
    platform.poison = {"e13"}
    spool.put([event(f"e{n}", camera=100 + n) for n in range(40)])
    await bridge()
    await until(lambda: not spool.stats().alerts)
    assert set(platform.episodes) == {f"e{n}" for n in range(40)} - {"e13"}
    assert [kept.uid for kept, _why in spool.refusals()] == ["e13"]


async def test_a_batch_that_is_too_large_is_sent_in_parts(
    bridge: Bridge, platform: Platform, spool: Spool
) -> None:
    platform.largest = 3
    spool.put([event(f"e{n}", camera=100 + n) for n in range(20)])
    await bridge()
    await until(lambda: len(platform.episodes) == 20)
    assert max(platform.batches) <= 3
    assert spool.stats().refused == 0


async def test_a_wrong_key_is_said_tried_rarely_and_a_new_one_taken_up(
    bridge: Bridge, platform: Platform, spool: Spool, tmp_path: Path
) -> None:
    platform.key = "new-key"
    spool.put([event("a")])
    uplink = await bridge()
    await asyncio.sleep(1.0)
    assert uplink.metrics.key_refused
    assert uplink.problem and "refuses the key" in uplink.problem
    assert KEY not in uplink.problem
    assert platform.requests["alerts"] + platform.requests["heartbeat"] <= 10
    (tmp_path / "key").write_text("new-key")
    await until(lambda: platform.episodes)
    await until(lambda: not uplink.problem)
    assert not uplink.metrics.key_refused
    assert spool.stats().refused == 0


async def test_a_key_file_that_others_may_read_is_not_used(
    bridge: Bridge, platform: Platform, tmp_path: Path
) -> None:
    (tmp_path / "key").chmod(0o644)
    uplink = await bridge()
    await until(lambda: uplink.problem)
    assert "others may read" in str(uplink.problem)
    assert not platform.requests


# -- lease and configuration --------------------------------------------------------------


async def test_the_leased_cameras_are_read(
    bridge: Bridge, platform: Platform, fleet: Cameras
) -> None:
    await bridge()
    await until(lambda: set(fleet.cameras) == {7, 8})
    assert fleet.cameras[7].password == "camera-secret"
    assert fleet.cameras[7].rules[0].zones[0].name == "gate"
    platform.lease = [8, 9]
    await until(lambda: set(fleet.cameras) == {8, 9})
    assert platform.heartbeats[0]["held"] == []
    await until(lambda: platform.heartbeats[-1]["held"] == [8, 9])


async def test_the_configuration_is_fetched_when_its_revision_changes_and_no_more(
    bridge: Bridge, platform: Platform, fleet: Cameras
) -> None:
    uplink = await bridge()
    await until(lambda: len(platform.heartbeats) >= 4)
    assert platform.requests["config"] == 1
    platform.config = {**platform.config, "revision": 2,
                       "cameras": [camera(7, sub="rtsp://127.0.0.1/small")]}
    await until(lambda: fleet.cameras.get(7) and fleet.cameras[7].sub)
    assert uplink.metrics.revision == 2
    assert set(fleet.cameras) == {7}
    assert platform.requests["config"] == 2


async def test_the_lease_holds_although_the_new_configuration_does_not_come(
    bridge: Bridge, platform: Platform, fleet: Cameras
) -> None:
    uplink = await bridge()
    await until(lambda: set(fleet.cameras) == {7, 8})
    platform.faults["config"] = ["500"] * 1000
    platform.config = {**platform.config, "revision": 2}
    platform.lease = [9]
    await until(lambda: set(fleet.cameras) == {9})
    await until(lambda: "no new configuration" in str(uplink.problem))
    platform.faults["config"].clear()
    await until(lambda: uplink.metrics.revision == 2 and uplink.problem is None)


async def test_cameras_are_read_although_the_disk_is_full(
    bridge: Bridge, platform: Platform, fleet: Cameras, spool: Spool,
    monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_episodes: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(spool, "adopt", full)
    platform.told = [told("theirs", 4)]
    await bridge()
    await until(lambda: set(fleet.cameras) == {7, 8})
    assert [e.uid for e in fleet.assigned[-1][1]] == ["theirs"]


async def test_an_unchanged_configuration_is_not_sent_again_after_a_restart(
    bridge: Bridge, platform: Platform, fleet: Cameras
) -> None:
    uplink = await bridge()
    await until(lambda: fleet.cameras)
    first = fleet.assigned[-1]
    with contextlib.suppress(StateError):
        await uplink.run()  # the state directory is taken
    assert fleet.assigned[-1] == first


async def test_nonsense_in_the_configuration_stops_one_camera_only(
    bridge: Bridge, platform: Platform, fleet: Cameras
) -> None:
    platform.config["cameras"].append(camera(10, zones=[{"id": 1, "shape": "circle"}]))
    platform.lease = [7, 8, 10]
    uplink = await bridge()
    await until(lambda: set(fleet.cameras) == {7, 8})
    await until(lambda: uplink.problem)
    assert "camera 10" in str(uplink.problem)
    assert "secret" not in str(uplink.problem)
    await until(lambda: platform.heartbeats[-1]["problem"])


async def test_a_bridge_restarted_while_the_platform_is_away_reads_its_cameras(
    bridge: Bridge, platform: Platform, fleet: Cameras, spool: Spool, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    await bridge()
    await until(lambda: set(fleet.cameras) == {7, 8})
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        if "Uplink.run" in repr(task.get_coro()):
            await end(task)
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in state.iterdir()}
    assert modes["config.json"] == 0o600
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    identity = json.loads((state / "identity.json").read_text())["bridge"]
    await platform.stop()
    spool.put([event("going", camera=7)])
    fleet.cameras = {}
    await bridge()
    await until(lambda: set(fleet.cameras) == {7, 8})
    assert [e.uid for e in fleet.assigned[-1][1]] == ["going"]
    await platform.start()
    await until(lambda: platform.heartbeats and platform.heartbeats[-1]["bridge"] == identity)
    await until(lambda: "going" in platform.episodes)
    await asyncio.sleep(0.5)
    assert set(fleet.cameras) == {7, 8}  # not read anew because the platform is back
    assert len([ids for ids, _episodes in fleet.assigned if ids]) == 2


async def test_cameras_are_kept_while_the_platform_is_away_and_given_up_when_it_says_so(
    bridge: Bridge, platform: Platform, fleet: Cameras, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    await bridge(monotonic=lambda: time.monotonic() + now[0])
    await until(lambda: set(fleet.cameras) == {7, 8})
    await platform.stop()
    now[0] += 120  # the lease is over by the monotonic clock
    await asyncio.sleep(0.5)
    assert set(fleet.cameras) == {7, 8}
    platform.lease = [8]
    platform.heartbeats.clear()
    await platform.start()
    await until(lambda: set(fleet.cameras) == {8})
    assert platform.heartbeats[0]["held"] == []  # so that all open episodes are told


async def test_a_jump_of_the_wall_clock_changes_no_schedule(
    bridge: Bridge, platform: Platform, fleet: Cameras, spool: Spool
) -> None:
    jump = [0.0]
    uplink = await bridge(clock=lambda: time.time() + jump[0])
    await until(lambda: fleet.cameras)
    spool.put([event("before")])
    await until(lambda: "before" in platform.episodes)
    for size in (86400 * 400.0, -86400 * 400.0):
        jump[0] = size
        count = platform.requests["heartbeat"]
        await asyncio.sleep(1)
        assert 3 <= platform.requests["heartbeat"] - count <= 12
        assert uplink.problem and "clock" in uplink.problem
    spool.put([event("after")])
    await until(lambda: "after" in platform.episodes)
    assert set(fleet.cameras) == {7, 8}
    jump[0] = 0
    await until(lambda: uplink.problem is None)


async def test_health_is_reported_when_it_changes(
    bridge: Bridge, platform: Platform, fleet: Cameras
) -> None:
    await bridge()
    await until(lambda: any(len(h["cameras"]) == 2 for h in platform.heartbeats))
    await until(lambda: not platform.heartbeats[-1]["cameras"])
    fleet.healthy[8] = CameraHealth(8, False, START, problem="no answer")
    await until(lambda: [c["id"] for c in platform.heartbeats[-1]["cameras"]] == [8])
    assert platform.heartbeats[-1]["cameras"][0]["problem"] == "no answer"


async def test_health_of_a_failed_heartbeat_is_told_again(
    bridge: Bridge, platform: Platform, fleet: Cameras
) -> None:
    await bridge()
    await until(lambda: any(h["cameras"] for h in platform.heartbeats))
    await until(lambda: not platform.heartbeats[-1]["cameras"])
    platform.faults["heartbeat"] = ["500"] * 3
    platform.heartbeats.clear()
    fleet.healthy[8] = CameraHealth(8, False, START)
    await until(lambda: platform.heartbeats)
    assert [c["id"] for c in platform.heartbeats[0]["cameras"]] == [8]


# -- episodes that change hands -------------------------------------------------------------


def told(uid: str, sequence: int, *, rule: int | None = 5, number: int = 7,
         started: float = START) -> dict[str, Any]:
    return {"uid": uid, "sequence": sequence, "camera": number, "rule": rule, "kind": "crowd",
            "started_at": wire.moment(started), "last_at": wire.moment(started + 5)}


async def test_an_episode_of_another_bridge_is_gone_on_with_and_stays_one_record(
    bridge: Bridge, platform: Platform, fleet: Cameras, spool: Spool
) -> None:
    platform.told = [told("theirs", 4)]
    uplink = await bridge()
    await until(lambda: fleet.cameras)
    taken, = fleet.assigned[-1][1]
    assert (taken.uid, taken.sequence, taken.camera) == ("theirs", 1000, 7)
    assert uplink.metrics.adopted == 1
    assert spool.open_episodes([7]) == [taken]  # a shard that is killed finds it again
    spool.put([event("theirs", 1001, "close")])
    await until(lambda: "theirs" in platform.episodes)
    assert platform.episodes["theirs"].state == "closed"


async def test_an_own_episode_is_gone_on_with_after_a_restart(
    bridge: Bridge, platform: Platform, fleet: Cameras, spool: Spool
) -> None:
    spool.put([event("mine", 1), event("mine", 2, "update")])
    spool.done([item.key for item in spool.batch().items])
    platform.told = [told("mine", 2)]
    await bridge()
    await until(lambda: fleet.cameras)
    taken, = fleet.assigned[-1][1]
    assert (taken.uid, taken.sequence) == ("mine", 2)


async def test_an_episode_closed_here_is_not_opened_again_because_the_platform_is_behind(
    bridge: Bridge, platform: Platform, fleet: Cameras, spool: Spool
) -> None:
    platform.faults["alerts"] = ["500"] * 5
    spool.put(episode("mine", 3))
    platform.told = [told("mine", 2)]
    await bridge()
    await until(lambda: fleet.cameras)
    assert fleet.assigned[-1][1] == ()
    await until(lambda: "mine" in platform.episodes)
    assert platform.episodes["mine"].state == "closed"


async def test_an_episode_that_others_have_closed_is_forgotten(
    bridge: Bridge, platform: Platform, fleet: Cameras, spool: Spool
) -> None:
    spool.put([event("mine", 1)])
    spool.done([item.key for item in spool.batch().items])
    await bridge()
    await until(lambda: fleet.cameras)
    assert fleet.assigned[-1][1] == ()
    assert spool.open_episodes([7]) == []


async def test_of_two_episodes_of_one_rule_the_later_is_closed(
    bridge: Bridge, platform: Platform, fleet: Cameras, spool: Spool
) -> None:
    platform.told = [told("first", 4), told("second", 2, started=START + 60),
                     told("ruleless", 1, rule=None)]
    await bridge()
    await until(lambda: fleet.cameras)
    assert [e.uid for e in fleet.assigned[-1][1]] == ["first"]
    await until(lambda: len(platform.episodes) == 2)
    assert {u: e.state for u, e in platform.episodes.items()} == {
        "second": "closed", "ruleless": "closed"}
    assert platform.episodes["second"].sequence == 2000


async def test_an_own_episode_gives_way_to_the_one_that_the_platform_tells(
    bridge: Bridge, platform: Platform, fleet: Cameras, spool: Spool
) -> None:
    """Both are one event, seen here while the bridge was cut off: one alert in the platform."""
    platform.faults["alerts"] = ["500"] * 5
    spool.put([event("mine", 1)])
    platform.told = [told("theirs", 4, started=START + 40)]
    await bridge()
    await until(lambda: fleet.cameras)
    assert [e.uid for e in fleet.assigned[-1][1]] == ["theirs"]
    await until(lambda: "mine" in platform.episodes
                and platform.episodes["mine"].state == "closed")
    assert platform.episodes["mine"].sequence == 1000


async def test_a_camera_read_here_while_others_had_it_begins_again_with_their_episode(
    bridge: Bridge, platform: Platform, fleet: Cameras, spool: Spool
) -> None:
    now = [0.0]
    await bridge(monotonic=lambda: time.monotonic() + now[0])
    await until(lambda: set(fleet.cameras) == {7, 8})
    await platform.stop()
    now[0] += 60
    spool.put([event("mine", 1, camera=7, at=START + 100)])
    platform.told = [told("theirs", 3)]
    await platform.start()
    await until(lambda: any(ids == {8} for ids, _e in fleet.assigned))
    await until(lambda: set(fleet.cameras) == {7, 8})
    assert "theirs" in [e.uid for e in fleet.assigned[-1][1]]
    await until(lambda: "mine" in platform.episodes)


async def test_the_episodes_of_a_camera_taken_out_of_service_end(
    bridge: Bridge, platform: Platform, fleet: Cameras, spool: Spool
) -> None:
    await bridge()
    await until(lambda: set(fleet.cameras) == {7, 8})
    spool.put([event("mine", 1, camera=7)])
    platform.config = {**platform.config, "revision": 2, "cameras": [camera(8)]}
    await until(lambda: set(fleet.cameras) == {8})
    await until(lambda: "mine" in platform.episodes
                and platform.episodes["mine"].state == "closed")


# -- stills and cards ----------------------------------------------------------------------------


async def test_stills_are_asked_for_and_brought(
    bridge: Bridge, platform: Platform, fleet: Cameras, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "STILL_LOOK", 0.05)
    platform.wanted = [8]
    uplink = await bridge()
    await until(lambda: 8 in fleet.wanted)
    assert 7 not in fleet.wanted
    fleet.stills = [Still(8, START, b"old"), Still(8, START + 1, b"new"),
                    Still(7, START, b"x" * (5 * 2**20))]
    await until(lambda: platform.stills)
    assert [(s["camera"], s["jpeg"]) for s in platform.stills] == [(8, "bmV3")]
    await until(lambda: uplink.metrics.stills == 1)


async def test_every_camera_gives_a_still_in_its_interval(
    bridge: Bridge, platform: Platform, fleet: Cameras, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "STILL_LOOK", 0.05)
    platform.config["still_interval"] = 1
    await bridge()
    await until(lambda: fleet.wanted == {7, 8}, 3)


async def test_a_card_binds_its_stream_once(
    bridge: Bridge, platform: Platform, fleet: Cameras, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "STILL_LOOK", 0.05)
    platform.config["unbound"] = [
        {"stream": 3, "main": "rtsp://127.0.0.1/new", "sub": None, "username": None,
         "password": None, "transport": "tcp"}]
    platform.faults["bind"] = ["500"]
    uplink = await bridge()
    await until(lambda: -3 in fleet.cameras)
    fleet.sightings = [QrSighting(3, "GOOD" * 6, START)] * 3 + [QrSighting(3, "FORGED", START)]
    await until(lambda: platform.bound)
    await until(lambda: platform.requests["bind"] == 3)  # 500, good, forged
    await asyncio.sleep(0.3)
    assert platform.requests["bind"] == 3
    assert uplink.metrics.bindings == 1


# -- without a platform ----------------------------------------------------------------------------


async def test_without_a_platform_alerts_go_into_files(
    spool: Spool, fleet: Cameras, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    settings = Settings(BridgeSettings("alone", state),
                        cameras=(Camera(1, "1", "one", "rtsp://127.0.0.1/1"),))
    spool.put(episode("a", 3, picture=100))
    uplink = Uplink(settings, spool, fleet)
    task = asyncio.create_task(uplink.run())
    await until(lambda: not spool.stats().alerts)
    await end(task)
    assert set(fleet.cameras) == {1}
    lines = [json.loads(line) for line in (state / "alerts.jsonl").read_text().splitlines()]
    assert [(line["uid"], line["event"]) for line in lines] == [
        ("a", "open"), ("a", "update"), ("a", "close")]
    assert (state / "pictures" / lines[0]["snapshots"][0]).stat().st_size == 100
