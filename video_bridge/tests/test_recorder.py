"""A shard that records: from the suspicion of a rule to the clip in the folder."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from clips_for_tests import encode
from recordings import decoded
from video_bridge.channel import Channel
from video_bridge.model import Box, Camera, Image, Rule
from video_bridge.recording.recorder import Recorder, Suspicion
from video_bridge.recording.store import ClipStore
from video_bridge.recording.tape import Tape
from video_bridge.rtp import DeltaUnit, KeyUnit
from video_bridge.rtp_codecs import H264
from video_bridge.sample_server import SampleServer, load_clip
from video_bridge.shard import Shard, ShardSettings
from video_bridge.spool import Spool

from video_bridge import looker

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(60)]
ZONE = ZoneInfo("Asia/Shanghai")
CROWD = Rule(5, "crowd", threshold=2, duration=2, params={"hits": 2, "release": 1})


class Persons:
    """A detector that finds as many persons as it is told."""

    name, precision = "told", "f32"

    def __init__(self) -> None:
        self.count = 0

    def people(self, bgr: Image) -> list[Box]:
        return [Box(0.1 + 0.2 * n, 0.2, 0.05, 0.3, 0.9) for n in range(self.count)]


class World:
    """A camera server and a shard in this process."""

    def __init__(self, server: SampleServer, shard: Shard, channel: Channel, folder: Path) -> None:
        self.server, self.shard, self.channel = server, shard, channel
        self.spool = Spool(folder / "spool.db")
        self.store = shard._settings.clip_store()

    def camera(self, clip: str = "h264", **fields: object) -> Camera:
        address = f"rtsp://127.0.0.1:{self.server.port}/{clip}/1"
        camera = Camera(1, "1", "one", address, rules=(CROWD,), clip_seconds=2.0)
        return replace(camera, **fields)  # type: ignore[arg-type]

    def read(self, camera: Camera) -> None:
        self.channel.send("assign", ([camera], [], ZONE))

    @property
    def recording(self) -> int:
        return self.shard._recorder.figures.recording

    def alerts(self) -> list[str]:
        return [e.uid for e in self.spool.batch().events if e.event == "open"]

    async def until(self, holds: Callable[[], object], patience: float = 20.0) -> None:
        end = time.monotonic() + patience
        while not holds():
            assert time.monotonic() < end, "it did not happen"
            await asyncio.sleep(0.05)


@pytest.fixture
def persons(monkeypatch: pytest.MonkeyPatch) -> Persons:
    found = Persons()
    monkeypatch.setattr(looker, "open_detector", lambda *arguments: found)
    return found


@pytest.fixture
async def world(tmp_path: Path, persons: Persons) -> AsyncIterator[World]:
    server = SampleServer([
        load_clip(encode(tmp_path / "h264.mp4", gop=5)),
        load_clip(encode(tmp_path / "hevc.mp4", codec="libx265", gop=5)),
    ])  # fmt: skip
    await server.start()
    ours, theirs = socket.socketpair()
    channel = await Channel.open(ours)
    shard = Shard(ShardSettings(0, tmp_path / "spool.db"), await Channel.open(theirs))
    running = asyncio.create_task(shard.run())
    found = World(server, shard, channel, tmp_path)
    yield found
    channel.send("stop")
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(running, 10)
    found.spool.close()
    channel.close()
    await server.stop()


@pytest.mark.parametrize(("name", "tag"), [("h264", "avc1"), ("hevc", "hvc1")])
async def test_an_alert_gets_a_clip_of_before_and_after_its_opening(
    world: World, persons: Persons, name: str, tag: str
) -> None:
    world.read(world.camera(name))
    await world.until(lambda: world.shard._looker.figures.decoded > 3)
    assert world.recording == 0
    persons.count = 3
    await world.until(lambda: world.recording == 1)  # only suspected so far
    assert not world.alerts()
    await world.until(world.store.waiting)
    (waiting,) = world.store.waiting()
    assert world.alerts() == [waiting.uid]
    count, seconds, found = decoded(world.store.folder / f"{waiting.uid}.mp4")
    assert found == tag
    assert 3.4 < seconds < 6.5  # two seconds of suspicion and two after the opening
    assert count == pytest.approx(10 * seconds, abs=7)
    (event,) = (e for e in world.spool.batch().events if e.event == "open")
    described, _data = world.store.read(waiting.uid)
    assert event.started_at - 1 < described.started_at <= event.at
    assert described.seconds == pytest.approx(seconds, abs=0.1)
    # the episode goes on, the recording does not; nor is there a second clip of it
    await world.until(lambda: world.recording == 0)
    await asyncio.sleep(3.0)
    assert len(world.store.waiting()) == 1
    figures = world.shard._recorder.figures
    assert (figures.made, figures.failed, figures.bytes) == (1, 0, 0)


async def test_a_suspicion_that_comes_to_nothing_leaves_nothing(
    world: World, persons: Persons
) -> None:
    world.read(world.camera(rules=(replace(CROWD, duration=60),)))
    persons.count = 3
    await world.until(lambda: world.recording == 1)
    await world.until(lambda: world.shard._recorder.figures.bytes > 10_000)
    persons.count = 0
    await world.until(lambda: world.recording == 0)
    assert world.shard._recorder.figures.bytes == 0
    video = world.shard._posts[1].reader.video  # type: ignore[union-attr]
    assert video is not None
    assert not video.keep_all
    assert not world.store.folder.exists()


@pytest.mark.parametrize("fields", [{"clip_seconds": 0.0}, {"pixelate": True}])
async def test_cameras_that_are_to_make_no_clips_are_not_recorded(
    world: World, persons: Persons, fields: dict[str, object]
) -> None:
    persons.count = 3
    world.read(world.camera(**fields))
    await world.until(world.alerts)
    await asyncio.sleep(0.5)
    assert world.recording == 0
    assert not world.store.folder.exists()


async def test_a_stream_that_breaks_off_ends_the_clip_with_what_there_is(
    world: World, persons: Persons
) -> None:
    world.read(world.camera(clip_seconds=60.0))
    persons.count = 3
    await world.until(world.alerts)
    await asyncio.sleep(1.0)
    world.server.faults["*"] = "mute"
    world.server.drop_all()
    await world.until(world.store.waiting)
    (waiting,) = world.store.waiting()
    count, seconds, _tag = decoded(world.store.folder / f"{waiting.uid}.mp4")
    assert seconds > 1.5
    assert count > 10
    await world.until(lambda: world.shard._recorder.figures.bytes == 0)


class Source:
    """A connection to a camera."""

    def __init__(self) -> None:
        self.video = H264(lambda unit: None)


class Watched:
    """A camera whose pictures come by hand."""

    def __init__(self) -> None:
        self.camera = Camera(1, "1", "one", "rtsp://h/x", clip_seconds=5.0)
        self.tape: Tape | None = None
        self.source = Source()


async def test_an_alert_whose_tape_was_emptied_for_want_of_memory_begins_with_its_own_picture(
    tmp_path: Path
) -> None:
    recorder, post = Recorder(ClipStore(tmp_path / "clips", 10**9)), Watched()
    unit = KeyUnit("h264", b"picture", b"sets", 0)
    recorder.hear(post, Suspicion(True, (), unit, 1.0, time.monotonic()))
    assert post.tape is not None
    assert post.source.video.keep_all
    post.tape.clear()
    recorder.hear(post, Suspicion(False, ("uid",), unit, 2.0, time.monotonic()))
    assert post.tape is not None, "there is to be a clip"
    post.source.video.on_delta(DeltaUnit(b"delta", 3000, False))  # type: ignore[misc]
    recorder.interrupt(post)
    assert post.tape is None
    assert not post.source.video.keep_all
    assert recorder.figures.recording == 0


async def test_a_shard_that_is_stopped_makes_the_clip_that_was_under_way(
    world: World, persons: Persons
) -> None:
    world.read(world.camera(clip_seconds=60.0))
    persons.count = 3
    await world.until(world.alerts)
    await asyncio.sleep(1.0)
    world.channel.send("stop")
    await world.until(world.store.waiting)
    (waiting,) = world.store.waiting()
    assert decoded(world.store.folder / f"{waiting.uid}.mp4")[1] > 1.5


async def test_faces_that_are_not_to_be_recognised_any_more_are_forgotten_at_once(
    world: World, persons: Persons
) -> None:
    world.read(world.camera(clip_seconds=60.0))
    persons.count = 3
    await world.until(world.alerts)
    assert world.recording == 1
    world.read(world.camera(clip_seconds=0.0, pixelate=True))
    await world.until(lambda: world.recording == 0)
    assert world.shard._recorder.figures.bytes == 0
    await asyncio.sleep(0.5)
    assert not world.store.waiting()
