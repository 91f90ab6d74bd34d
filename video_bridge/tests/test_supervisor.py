"""Shards as real processes: cameras in, health and alerts out, and what happens when one dies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import av
import cv2
import numpy as np
import pytest
from clips_for_tests import encode
from video_bridge.model import Camera, OpenEpisode, Rule
from video_bridge.rtp import KeyUnit
from video_bridge.sample_server import Clip, Frame, SampleServer, load_clip, packetise
from video_bridge.shard import Post, ShardSettings
from video_bridge.spool import Spool
from video_bridge.supervisor import Supervisor

from video_bridge import shard, supervisor

TOKEN = "ABCDEFGHIJKLMNOPQRSTUV23"
OFFLINE = Rule(1, "offline", duration=0.5)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    folder = tmp_path_factory.mktemp("clips")
    live = load_clip(encode(folder / "live.mp4", gop=5))
    chance = random.Random(2)
    spoilt = tuple(
        Frame(frame.due, frame.stamp, tuple(
            packetise([bytes((0x65, 0x88)) + chance.randbytes(4000)], "h264")
        ), True)
        if frame.key
        else frame
        for frame in live.frames
    )  # fmt: skip
    return [
        live,
        load_clip(encode(folder / "hevc.mp4", codec="libx265", gop=5)),
        Clip("spoilt", "h264", spoilt, live.seconds, live.description),
        load_clip(card(folder / "card.mp4")),
    ]


def card(path: Path) -> Path:
    """A clip in which an installation card is held before the camera."""
    image = np.full((360, 640, 3), 120, np.uint8)
    code = cv2.QRCodeEncoder.create().encode("YST1C:" + TOKEN)
    code = cv2.resize(code, (264, 264), interpolation=cv2.INTER_NEAREST)
    image[40:320, 180:460] = 255
    image[48:312, 188:452] = code[:, :, None]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        stream.options = {"preset": "ultrafast", "tune": "zerolatency", "g": "5"}
        stream.codec_context.gop_size = 5
        for number in range(15):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


class World:
    """A server with cameras and a supervisor that reads them."""

    def __init__(self, clips: list[Clip], folder: Path, shards: int) -> None:
        self.server = SampleServer(clips, takes=4)
        self.spool = Spool(folder / "spool.db")
        self.supervisor = Supervisor(
            ShardSettings(0, folder / "spool.db", detector="none", log_level="warning"),
            shards,
            self.spool,
        )

    def camera(self, number: int, clip: str = "live", *rules: Rule, **fields: object) -> Camera:
        camera = Camera(
            number, str(number), f"camera {number}",
            f"rtsp://127.0.0.1:{self.server.port}/{clip}/{number}", rules=rules,
        )  # fmt: skip
        return replace(camera, **fields)  # type: ignore[arg-type]

    def online(self) -> set[int]:
        return {health.camera for health in self.supervisor.health() if health.online}

    def problem(self, camera: int) -> str | None:
        return {one.camera: one.problem for one in self.supervisor.health()}.get(camera)

    def interval(self, camera: int) -> float | None:
        return {one.camera: one.keyframe_seconds for one in self.supervisor.health()}.get(camera)

    async def until(self, holds: Callable[[], object], seconds: float = 12.0) -> None:
        async with asyncio.timeout(seconds):
            while not holds():
                await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def world(clips: list[Clip], folder: Path, shards: int = 1) -> AsyncIterator[World]:
    found = World(clips, folder, shards)
    await found.server.start()
    await found.supervisor.start()
    try:
        yield found
    finally:
        await found.supervisor.stop()
        await found.server.stop()
        found.spool.close()


async def test_cameras_are_spread_over_the_shards_and_their_health_is_told(
    clips: list[Clip], tmp_path: Path
) -> None:
    async with world(clips, tmp_path, shards=2) as w:
        cameras = [w.camera(number, "hevc" if number % 2 else "live") for number in range(1, 7)]
        w.supervisor.assign([*cameras, w.camera(7, "none")], ())
        await w.until(lambda: len(w.online()) == 6)
        await w.until(lambda: all(h.keyframe_seconds and h.width for h in w.supervisor.health()
                                  if h.camera < 7))  # fmt: skip
        health = {one.camera: one for one in w.supervisor.health()}
        assert (health[1].codec, health[2].codec) == ("hevc", "h264")
        assert (health[1].width, health[1].height) == (320, 180)
        assert health[1].keyframe_seconds == pytest.approx(0.5, abs=0.2)
        assert 0.5 < (health[1].keyframe_kb or 0) < 20
        assert not health[7].online
        assert health[7].problem == "not found"
        reports = w.supervisor.reports
        assert all(report is not None and report.keys > 3 for report in reports.values())
        # the rest is taken away
        w.supervisor.assign(cameras[:2], ())
        await w.until(lambda: len(w.server.connections) == 2)
        assert {one.camera for one in w.supervisor.health()} == {1, 2}


async def test_stills_are_made_when_wanted_and_only_then(
    clips: list[Clip], tmp_path: Path
) -> None:
    async with world(clips, tmp_path) as w:
        w.supervisor.assign([w.camera(1), w.camera(2, state="maintenance")], ())
        await w.until(lambda: len(w.online()) == 2)
        await asyncio.sleep(1.5)
        assert not w.supervisor.take_stills()
        w.supervisor.want_stills([1, 2, 99])
        await w.until(lambda: len(w.supervisor._stills) == 2)
        stills = {still.camera: still for still in w.supervisor.take_stills()}
        assert set(stills) == {1, 2}
        assert abs(stills[1].at - time.time()) < 5
        image = cv2.imdecode(np.frombuffer(stills[1].jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
        assert image.shape == (180, 320, 3)
        assert not w.supervisor.take_stills()


async def test_a_still_of_a_camera_that_asks_for_it_shows_nobody(
    clips: list[Clip], tmp_path: Path
) -> None:
    async with world(clips, tmp_path) as w:
        w.supervisor.assign([w.camera(1), w.camera(2, pixelate=True)], ())
        await w.until(lambda: len(w.online()) == 2)
        w.supervisor.want_stills([1, 2])
        await w.until(lambda: len(w.supervisor._stills) == 2)
        plain, blurred = sorted(w.supervisor.take_stills(), key=lambda still: still.camera)

        def detail(jpeg: bytes) -> float:
            grey = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
            assert grey is not None
            rows = np.asarray(grey, float)
            return float((np.abs(np.diff(rows, axis=1)) < 1).mean())

        assert detail(blurred.jpeg) > detail(plain.jpeg)


async def test_a_card_before_an_unbound_stream_is_seen(clips: list[Clip], tmp_path: Path) -> None:
    async with world(clips, tmp_path) as w:
        unbound = w.camera(-9, "card", state="unbound", stream=9)
        w.supervisor.assign([unbound, w.camera(3, "card", stream=3)], ())
        await w.until(lambda: w.supervisor._sightings)
        (sighting,) = w.supervisor.take_sightings()
        assert (sighting.stream, sighting.token) == (9, TOKEN)
        assert not w.supervisor.take_sightings()


async def test_a_killed_shard_is_replaced_and_goes_on_with_its_episode(
    clips: list[Clip], tmp_path: Path
) -> None:
    async with world(clips, tmp_path) as w:
        w.supervisor.assign([w.camera(1, "live", OFFLINE), w.camera(2)], ())
        await w.until(lambda: w.interval(1))
        w.server.faults["live/1"] = "stall"
        await w.until(lambda: len(w.spool.open_episodes([1])) == 1)
        episode = w.spool.open_episodes([1])[0]
        (pid,) = w.supervisor.pids
        os.kill(pid, signal.SIGKILL)
        await w.until(lambda: w.supervisor.pids not in ([], [pid]))
        await w.until(lambda: 2 in w.online())
        assert w.supervisor.restarts == {0: 1}
        assert w.spool.open_episodes([1])[0].uid == episode.uid
        w.server.faults.clear()
        await w.until(lambda: not w.spool.open_episodes([1]), 25)
        events = [item.event for item in w.spool.batch(100).items]
        assert {event.uid for event in events} == {episode.uid}
        assert events[0].event == "open"
        assert events[-1].event == "close"
        numbers = [event.sequence for event in events]
        assert numbers == sorted(set(numbers))


async def test_a_hanging_shard_is_killed_and_replaced(
    clips: list[Clip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "SILENT", 4.0)
    async with world(clips, tmp_path) as w:
        w.supervisor.assign([w.camera(1)], ())
        await w.until(lambda: 1 in w.online())
        (pid,) = w.supervisor.pids
        os.kill(pid, signal.SIGSTOP)
        await w.until(lambda: w.supervisor.pids not in ([], [pid]))
        await w.until(lambda: 1 in w.online())


async def test_a_slow_disk_holds_up_neither_the_loop_nor_the_order(
    clips: list[Clip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(clips, tmp_path) as w:
        read = w.spool.open_episodes

        def slow(cameras: Collection[int]) -> list[OpenEpisode]:
            time.sleep(0.7)
            return read(cameras)

        monkeypatch.setattr(w.spool, "open_episodes", slow)
        begun = time.monotonic()
        w.supervisor.assign([w.camera(1), w.camera(2)], ())
        w.supervisor.assign([w.camera(2), w.camera(3)], ())
        await asyncio.sleep(0.01)
        assert time.monotonic() - begun < 0.5
        await w.until(lambda: w.online() == {2, 3}, 30)
        await asyncio.sleep(1.5)
        assert w.online() == {2, 3}


async def test_cameras_are_read_although_the_spool_cannot_be(
    clips: list[Clip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(clips, tmp_path) as w:
        broken = Mock(side_effect=sqlite3.OperationalError("disk I/O error"))
        monkeypatch.setattr(w.spool, "open_episodes", broken)
        w.supervisor.assign([w.camera(1)], ())
        await w.until(lambda: w.online() == {1}, 30)


async def test_when_no_shard_can_be_started_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "missing"))
    monkeypatch.setattr(supervisor, "START_PATIENCE", 0.5)
    with contextlib.closing(Spool(tmp_path / "spool.db")) as spool:
        found = Supervisor(ShardSettings(0, tmp_path / "spool.db"), 2, spool)
        with pytest.raises(supervisor.StartError, match="missing"):
            await found.start()
        await found.stop()


async def test_with_some_of_its_shards_the_bridge_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = Supervisor._run

    async def run(self: Supervisor, shard: Any) -> None:
        if shard.number:
            raise OSError("no more processes")
        await begin(self, shard)

    monkeypatch.setattr(Supervisor, "_run", run)
    monkeypatch.setattr(supervisor, "START_PATIENCE", 1.0)
    with contextlib.closing(Spool(tmp_path / "spool.db")) as spool:
        found = Supervisor(
            ShardSettings(0, tmp_path / "spool.db", detector="none"), 2, spool)
        await found.start()
        assert "shard 1 is down" in found.problems()
        await found.stop()


async def test_a_new_password_is_used_at_once(clips: list[Clip], tmp_path: Path) -> None:
    async with world(clips, tmp_path) as w:
        w.server.credentials = ("u", "new")
        before = w.camera(1, username="u", password="old")
        w.supervisor.assign([before], ())
        await w.until(lambda: w.problem(1) == "auth")
        w.supervisor.assign([replace(before, password="new")], ())
        await w.until(lambda: 1 in w.online(), 5)


async def test_new_rules_do_not_interrupt_the_stream(clips: list[Clip], tmp_path: Path) -> None:
    async with world(clips, tmp_path) as w:
        w.supervisor.assign([w.camera(1)], ())
        await w.until(lambda: w.interval(1))
        w.supervisor.assign([w.camera(1, "live", OFFLINE)], ())
        w.server.faults["live/1"] = "stall"
        await w.until(lambda: w.spool.open_episodes([1]))
        assert len(w.server.statistics.connects) == 1


async def test_pictures_that_cannot_be_decoded_are_told_and_hurt_nobody(
    clips: list[Clip], tmp_path: Path
) -> None:
    async with world(clips, tmp_path) as w:
        intrusion = Rule(2, "tamper", duration=1)
        w.supervisor.assign([w.camera(1, "spoilt", intrusion), w.camera(2, "live", intrusion)], ())
        await w.until(lambda: w.problem(1) == "undecodable", 15)
        assert 2 in w.online()
        assert w.supervisor.restarts == {0: 0}


async def test_the_tuning_view_shows_a_fresh_picture(clips: list[Clip], tmp_path: Path) -> None:
    async with world(clips, tmp_path) as w:
        w.supervisor.assign([w.camera(1, "live", Rule(2, "tamper"))], ())
        await w.until(lambda: 1 in w.online())
        jpeg = await w.supervisor.view(1)
        assert jpeg is not None
        assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) is not None
        assert await w.supervisor.view(77, 0.2) is None


async def test_shards_end_by_themselves_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    program = f"""
import asyncio
from pathlib import Path
from video_bridge.shard import ShardSettings
from video_bridge.spool import Spool
from video_bridge.supervisor import Supervisor
async def main():
    path = Path({str(tmp_path / "spool.db")!r})
    one = Supervisor(ShardSettings(0, path, detector="none"), 2, Spool(path))
    await one.start()
    print(*one.pids, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    pids = [int(word) for word in (await process.stdout.readline()).split()]
    assert len(pids) == 2
    await asyncio.sleep(1.5)
    process.kill()
    await process.wait()
    async with asyncio.timeout(10):
        while any(_runs(pid) for pid in pids):
            await asyncio.sleep(0.1)


def _runs(pid: int) -> bool:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] != "Z"


def test_a_jump_of_the_clock_makes_no_camera_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    post = Post(Camera(1, "", "", "rtsp://h/x"))
    post.state(True, None)
    clock = time.monotonic()
    unit = KeyUnit("h264", b"x", b"", 0, key_bytes=1024)
    for number in range(4):
        post.arrived(unit, clock + 2 * number)
    monkeypatch.setattr(shard.time, "time", lambda: 0.0)
    health = post.health(clock + 7)
    assert health.online
    assert health.keyframe_seconds == 2.0
    assert not post.health(clock + 6 + 7).online
    assert post.health(clock + 6 + 7).problem == "no key frame"
