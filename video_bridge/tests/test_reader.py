"""Coming back to lost cameras: growing waits, no storm, no lock-out."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from clips_for_tests import encode
from video_bridge.model import Camera
from video_bridge.reader import Backoff, CameraReader, ConnectPace
from video_bridge.rtp import KeyUnit
from video_bridge.rtsp import ReceiveBuffer, RtspError
from video_bridge.sample_server import Clip, SampleServer, load_clip

from video_bridge import reader


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return load_clip(encode(tmp_path_factory.mktemp("clips") / "live.mp4", size=(160, 96), gop=5))


class Watcher:
    """Readers and what they told."""

    def __init__(self, server: SampleServer, count: int, **fields: str) -> None:
        self.online: set[int] = set()
        self.problems: dict[int, str | None] = {}
        self.keys: dict[int, int] = dict.fromkeys(range(count), 0)
        self.buffer, pace = ReceiveBuffer(), ConnectPace()
        self.tasks = [
            asyncio.ensure_future(
                CameraReader(
                    Camera(
                        number, "", "", f"rtsp://127.0.0.1:{server.port}/live/{number}", **fields
                    ),
                    lambda unit, number=number: self.key(number, unit),
                    lambda is_open, problem, number=number: self.state(number, is_open, problem),
                    pace,
                    self.buffer,
                ).run()
            )
            for number in range(count)
        ]

    def key(self, number: int, unit: KeyUnit) -> None:
        self.keys[number] += 1

    def state(self, number: int, is_open: bool, problem: str | None) -> None:
        (self.online.add if is_open else self.online.discard)(number)
        self.problems[number] = problem

    async def until(self, count: int, seconds: float = 8.0) -> None:
        async with asyncio.timeout(seconds):
            while len(self.online) != count:
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def watching(
    clip: Clip, count: int, credentials: tuple[str, str] | None = None, **fields: str
) -> AsyncIterator[tuple[SampleServer, Watcher]]:
    server = SampleServer([clip], credentials=credentials, takes=4)
    await server.start()
    watcher = Watcher(server, count, **fields)
    try:
        yield server, watcher
    finally:
        for task in watcher.tasks:
            task.cancel()
        await asyncio.wait(watcher.tasks)
        await server.stop()


def test_waits_grow_up_to_a_minute_and_differ() -> None:
    backoff = Backoff(random.Random(1))
    waits = [backoff.wait("unreachable") for _ in range(12)]
    assert reader.FIRST_WAIT[0] <= waits[0] <= reader.FIRST_WAIT[1]
    assert max(waits) <= reader.LONGEST_WAIT
    assert sum(waits[6:]) / 6 > sum(waits[:3]) / 3 * 4
    assert len(set(waits)) == len(waits)


def test_a_success_begins_the_waits_anew() -> None:
    backoff = Backoff(random.Random(1))
    for _ in range(10):
        backoff.wait("closed")
    backoff.succeeded()
    assert backoff.wait("closed") <= reader.FIRST_WAIT[1]


def test_a_refused_password_is_tried_again_only_after_minutes() -> None:
    backoff = Backoff(random.Random(1))
    assert min(backoff.wait("auth") for _ in range(50)) >= 200


async def test_the_pace_holds_a_crowd_back() -> None:
    pace = ConnectPace(per_second=100)
    loop = asyncio.get_running_loop()
    began = loop.time()
    times: list[float] = []

    async def one() -> None:
        await pace.turn()
        times.append(loop.time() - began)

    await asyncio.gather(*(one() for _ in range(60)))
    assert 0.4 < max(times) < 1.2


async def test_cameras_lost_at_once_come_back_without_a_storm(clip: Clip) -> None:
    """All 632 vanish at once, stay away for a moment, and all are read again."""
    async with watching(clip, 632) as (server, watcher):
        await watcher.until(632)
        connects = server.statistics.connects
        loop = asyncio.get_running_loop()
        first = len(connects)
        assert first == 632
        lost_at = loop.time()
        server.drop_all()
        async with asyncio.timeout(5):
            while len(watcher.online) >= 100:
                await asyncio.sleep(0.01)
        await watcher.until(632, 15)
        again = [moment - lost_at for moment in connects[first:]]
        assert len(again) < 632 * 1.1  # hardly one had to try twice
        busiest = max(
            sum(start <= moment < start + 0.25 for moment in again)
            for start in (step / 8 for step in range(80))
        )
        assert busiest <= reader.CONNECTS_PER_SECOND * 0.25 * 1.5 + 12
        keys = dict(watcher.keys)
        await asyncio.sleep(1.2)
        assert sum(watcher.keys[number] > keys[number] for number in keys) > 620


async def test_a_wrong_password_is_asked_once_and_then_left_alone(clip: Clip) -> None:
    async with watching(
        clip, 1, credentials=("u", "right"), username="u", password="wrong"
    ) as (server, watcher):
        await asyncio.sleep(1.5)
        assert watcher.problems[0] == "auth"
        assert server.statistics.refused == 2  # the question, and the wrong answer
        assert len(server.statistics.connects) == 1


async def test_a_changed_password_is_noticed_when_the_camera_reconnects(clip: Clip) -> None:
    async with watching(
        clip, 1, credentials=("u", "old"), username="u", password="old"
    ) as (server, watcher):
        await watcher.until(1)
        server.credentials = ("u", "new")
        server.drop_all()
        async with asyncio.timeout(6):
            while watcher.problems[0] != "auth":
                await asyncio.sleep(0.02)


async def test_a_camera_that_never_answers_does_not_hold_up_the_others(clip: Clip) -> None:
    mute = SampleServer([])
    await mute.start()
    mute.faults["*"] = "mute"
    pace, buffer, opened = ConnectPace(at_once=64), ReceiveBuffer(), asyncio.Event()
    server = SampleServer([clip])
    await server.start()

    def state(is_open: bool, problem: str | None) -> None:
        if is_open:
            opened.set()

    tasks = [
        asyncio.ensure_future(
            CameraReader(
                Camera(number, "", "", f"rtsp://127.0.0.1:{port}/live"),
                lambda unit: None, state, pace, buffer,
            ).run()
        )
        for number, port in enumerate([mute.port] * 40 + [server.port])
    ]  # fmt: skip
    try:
        await asyncio.wait_for(opened.wait(), 3)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await server.stop()
        await mute.stop()


@pytest.mark.parametrize("problem", ["codec", "transport"])
async def test_what_our_client_cannot_read_is_left_to_pyav(
    problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    class Refusing:
        def __init__(self, address: str, *rest: object, **options: object) -> None:
            self.playing = asyncio.Event()
            asked.append(("rtsp", address))

        async def run(self) -> None:
            raise RtspError(problem, "not for us")

    class Patient:
        def __init__(self, address: str, transport: str, *rest: object, **more: object) -> None:
            self.playing = asyncio.Event()
            asked.append((transport, address))

        async def run(self) -> None:
            self.playing.set()
            await asyncio.sleep(60)

    monkeypatch.setattr(reader, "RtspSession", Refusing)
    monkeypatch.setattr(reader, "PyAvSource", Patient)
    states: list[bool] = []
    task = asyncio.ensure_future(
        CameraReader(
            Camera(1, "", "", "rtsp://h/x"), lambda unit: None,
            lambda is_open, problem: states.append(is_open), ConnectPace(), ReceiveBuffer(),
        ).run()
    )  # fmt: skip
    await asyncio.sleep(0.2)
    task.cancel()
    await asyncio.wait({task})
    assert asked == [("rtsp", "rtsp://h/x"), ("tcp", "rtsp://h/x")]
    assert states == [True]


async def test_a_file_is_read_over_and_over(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", seconds=1)
    keys: list[KeyUnit] = []
    task = asyncio.ensure_future(
        CameraReader(
            Camera(1, "", "", str(path), transport="file"), keys.append,
            lambda is_open, problem: None, ConnectPace(), ReceiveBuffer(),
        ).run()
    )  # fmt: skip
    await asyncio.sleep(1.6)
    task.cancel()
    await asyncio.wait({task})
    assert len(keys) >= 2
