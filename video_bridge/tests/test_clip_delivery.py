"""Clips on their way to the platform: after their alert, once, and never instead of one."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from fake_platform import DATABASE, KEY, Platform
from spool_events import episode, event
from test_uplink import Cameras, until
from video_bridge.recording import courier
from video_bridge.recording.store import Clip, ClipStore
from video_bridge.settings import BridgeSettings, OdooSettings, PaceSettings, Settings
from video_bridge.spool import Spool
from video_bridge.uplink import Uplink

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(60)]
PACE = PaceSettings(heartbeat=0.2, retry_min=0.02, retry_max=0.2, refused_key=0.3)
Bridge = Callable[..., Awaitable[Uplink]]


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
def store(tmp_path: Path) -> ClipStore:
    return ClipStore(tmp_path / "state" / "clips", 10**8)


@pytest_asyncio.fixture
async def bridge(
    platform: Platform, spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Bridge]:
    """Starts an uplink that looks for clips often; ends it with the test."""
    monkeypatch.setattr(courier, "LOOK", 0.05)
    running: list[asyncio.Task[None]] = []
    key_file = tmp_path / "key"
    key_file.write_text(KEY + "\n")
    key_file.chmod(0o600)

    async def start(**more: Any) -> Uplink:
        settings = Settings(
            BridgeSettings("test", tmp_path / "state"),
            OdooSettings(
                f"http://127.0.0.1:{platform.port}", DATABASE, key_file,
                timeout=more.pop("timeout", 0.5)),
            pace=PACE)  # fmt: skip
        uplink = Uplink(settings, spool, Cameras(), **more)
        running.append(asyncio.create_task(uplink.run()))
        return uplink

    yield start
    for task in running:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def name(number: int) -> str:
    return str(uuid.UUID(int=number))


def put(store: ClipStore, number: int, size: int = 5000) -> None:
    made = Clip(name(number), 7, 1_795_000_000.25, 12.5, "h265")
    store.add(made, lambda path: path.write_bytes(bytes([number]) * size) and None)


async def test_a_clip_arrives_after_its_alert_with_what_is_known_of_it(
    bridge: Bridge, platform: Platform, spool: Spool, store: ClipStore, tmp_path: Path
) -> None:
    put(store, 1)
    spool.put(episode(name(1), 3))
    uplink = await bridge()
    await until(lambda: not store.waiting())
    video, headers = platform.clips[name(1)]
    assert video == bytes([1]) * 5000
    assert headers["X-Clip-Started-At"] == "2026-11-18T11:06:40.250Z"
    assert (headers["X-Clip-Seconds"], headers["X-Clip-Codec"]) == ("12.500", "h265")
    identity = json.loads((tmp_path / "state" / "identity.json").read_text())
    assert headers["X-Bridge"] == identity["bridge"]
    assert platform.clip_order == [name(1)]  # not once before its alert
    assert not list(store.folder.iterdir())
    await until(lambda: uplink.metrics.clips_delivered == 1)


async def test_a_clip_waits_while_its_alert_is_under_way(
    bridge: Bridge, platform: Platform, spool: Spool, store: ClipStore
) -> None:
    put(store, 1)
    put(store, 2)
    platform.faults["alerts"] = ["500"] * 4
    spool.put([event(name(1))])
    await bridge()
    await until(lambda: name(1) in platform.clips)
    # the second alert's clip, whose alert nobody has ever heard of, has been tried meanwhile
    assert platform.clip_order.count(name(1)) == 1
    assert platform.times["clips"][platform.clip_order.index(name(1))] > platform.times["alerts"][4]


async def test_what_is_sent_again_after_a_time_out_is_stored_once(
    bridge: Bridge, platform: Platform, spool: Spool, store: ClipStore
) -> None:
    put(store, 1)
    spool.put([event(name(1))])
    platform.faults["clips"] = ["late", "half", "500", "cut", "reset"]
    uplink = await bridge()
    await until(lambda: not store.waiting(), 20)
    assert len(platform.clip_order) == 5  # the answer "500" came before it was looked at
    assert platform.answers["clips", 201] == 1
    assert platform.answers["clips", 200] == 4
    assert uplink.metrics.clip_errors >= 4


async def test_a_platform_that_is_away_costs_nothing_and_gets_the_clip_once_after(
    bridge: Bridge, platform: Platform, spool: Spool, store: ClipStore
) -> None:
    await platform.stop()
    await bridge()
    spool.put([event(name(1))])
    put(store, 1)
    await asyncio.sleep(1.0)
    assert len(store.waiting()) == 1
    await platform.start()
    await until(lambda: not store.waiting())
    assert platform.clip_order == [name(1)]


@pytest.mark.parametrize("status", [409, 413, 415, 422])
async def test_a_clip_that_will_never_be_taken_is_dropped_and_the_next_one_goes_on(
    bridge: Bridge, platform: Platform, spool: Spool, store: ClipStore, status: int
) -> None:
    spool.put([event(name(1)), event(name(2))])
    put(store, 1)
    put(store, 2)
    platform.clip_answers[name(1)] = status
    uplink = await bridge()
    await until(lambda: not store.waiting())
    assert platform.clip_order == [name(1), name(2)]
    assert (uplink.metrics.clips_refused, uplink.metrics.clips_delivered) == (1, 1)


async def test_the_clip_of_an_unknown_alert_is_tried_a_few_times_and_given_up(
    bridge: Bridge, platform: Platform, store: ClipStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "UNKNOWN_WAITS", (0.05, 0.1, 0.1))
    put(store, 1)
    await bridge()
    await until(lambda: not store.waiting())
    assert platform.clip_order == [name(1)] * 4


async def test_one_that_the_platform_chokes_on_does_not_hold_up_the_others(
    bridge: Bridge, platform: Platform, spool: Spool, store: ClipStore
) -> None:
    spool.put([event(name(n)) for n in (1, 2, 3)])
    for number in (1, 2, 3):
        put(store, number)
    platform.clip_answers[name(1)] = 500
    await bridge()
    await until(lambda: len(store.waiting()) == 1)
    assert set(platform.clips) == {name(2), name(3)}
    times = [at for uid, at in zip(platform.clip_order, platform.times["clips"], strict=True)
             if uid == name(1)]  # fmt: skip
    await asyncio.sleep(1.5)
    assert len(times) < 8
    assert len(store.waiting()) == 1


async def test_alerts_go_on_while_a_clip_hangs(
    bridge: Bridge, platform: Platform, spool: Spool, store: ClipStore
) -> None:
    spool.put([event(name(1))])
    put(store, 1)
    platform.faults["clips"] = ["hang"]
    await bridge(timeout=5.0)
    await until(lambda: platform.requests["clips"] == 1)
    begun = time.monotonic()
    for number in range(2, 30):
        spool.put([event(name(number))])
        await until(lambda number=number: name(number) in platform.episodes)
    assert time.monotonic() - begun < 4.5
    assert platform.requests["clips"] == 1


async def test_clips_wait_while_alerts_do(
    bridge: Bridge, platform: Platform, spool: Spool, store: ClipStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(courier, "BEHIND", 0.3)
    spool.put([event(name(1))])
    await bridge()
    await until(lambda: not spool.waiting())
    platform.faults["alerts"] = ["500"] * 500
    spool.put([event(name(2))])
    await asyncio.sleep(0.6)
    put(store, 1)
    await asyncio.sleep(0.6)
    assert not platform.clip_order
    platform.faults["alerts"].clear()
    await until(lambda: not store.waiting())


async def test_a_wrong_key_keeps_the_clips(
    bridge: Bridge, platform: Platform, spool: Spool, store: ClipStore
) -> None:
    spool.put([event(name(1))])
    put(store, 1)
    platform.key = "another"
    await bridge()
    await asyncio.sleep(1.0)
    assert len(store.waiting()) == 1
    platform.key = KEY
    await until(lambda: not store.waiting())
    assert list(platform.clips) == [name(1)]


async def test_a_damaged_clip_is_not_sent_and_leftovers_are_cleared_at_the_start(
    bridge: Bridge, platform: Platform, spool: Spool, store: ClipStore
) -> None:
    spool.put([event(name(1))])
    put(store, 1)
    (store.folder / f"{name(1)}.mp4").write_bytes(b"cut off")
    (store.folder / f"{name(2)}.mp4").write_bytes(b"without a word about it")
    (store.folder / f"{name(3)}.77.part").write_bytes(b"begun")
    uplink = await bridge()
    await until(lambda: uplink.metrics.clips_refused == 1)
    await until(lambda: not list(store.folder.iterdir()))
    assert not platform.clip_order
