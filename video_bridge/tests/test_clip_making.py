"""Clips: what is kept of a suspected camera, and that the files play."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from clips_for_tests import encode
from recordings import UID, Bench, Sent, decoded, pictures, recording
from video_bridge.recording import tape as tapes
from video_bridge.recording.maker import ClipMaker
from video_bridge.recording.mux import MuxError, decoding_times, write
from video_bridge.recording.store import Clip, ClipStore, StoreError
from video_bridge.recording.tape import Budget, Group, Recording
from video_bridge.recording.units import CLOCK, Unit, access_units
from video_bridge.rtp import DeltaUnit, KeyUnit

pytestmark = pytest.mark.timeout(60)
CODECS = ("libx264", "libx265")


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Sent]]:
    """Four seconds at ten pictures a second, a key frame each second."""
    folder = tmp_path_factory.mktemp("streams")
    found = {
        codec: pictures(encode(folder / f"{codec}.mp4", codec=codec)) for codec in CODECS
    }
    found["bframes"] = pictures(encode(
        folder / "b.mp4", options={"bf": "2", "b_strategy": "0", "preset": "medium", "tune": ""}
    ))  # fmt: skip
    return found


# -- tape ---------------------------------------------------------------------------------


def test_a_clip_begins_before_the_opening_and_goes_on_after_it(
    streams: dict[str, list[Sent]]
) -> None:
    bench, sent = Bench(), streams["libx264"]
    bench.tape.suspected = True
    bench.play(sent[:25])
    bench.tape.take(UID, 1.0)
    bench.play(sent[25:])
    (made,) = bench.recordings
    units = access_units(made.groups)
    assert made.uid == UID
    assert len(units) == pytest.approx(36, abs=1)  # 2.5 s before, 1 s after
    assert units[0].key
    assert made.groups[0].at == pytest.approx(1e9 + 1000.0)


def test_ten_seconds_before_the_opening_are_kept_at_most(streams: dict[str, list[Sent]]) -> None:
    bench = Bench()
    bench.tape.suspected = True
    most = 0
    for _round in range(10):
        bench.play(streams["libx264"])
        most = max(most, bench.tape.bytes)
    assert bench.tape.bytes == bench.budget.used
    bench.tape.take(UID, 0.0)
    bench.tape.tick(bench.clock.now)
    (made,) = bench.recordings
    held = [unit for group in made.groups for unit in (group.unit, *group.deltas)]
    assert 90 <= len(held) <= 100
    assert most < 4 * sum(len(unit.data) + 200 for unit in streams["libx264"])


def test_the_key_frame_that_raised_the_suspicion_begins_the_clip(
    streams: dict[str, list[Sent]]
) -> None:
    bench, sent = Bench(), streams["libx264"]
    assert isinstance(sent[0], KeyUnit)
    bench.tape.begin_with(sent[0], 5e8, bench.clock.now)
    bench.tape.take(UID, 2.0)
    bench.clock.now += 0.5
    bench.play(sent[5:])  # what is left of the group does not fit behind the key frame
    (made,) = bench.recordings
    units = access_units(made.groups)
    assert [unit.key for unit in units[:3]] == [True, True, False]
    assert units[1].time == CLOCK  # of the camera: the next key frame a second later
    assert made.groups[0].at == 5e8


def test_a_tape_takes_no_more_than_its_bytes_before_an_alert(
    streams: dict[str, list[Sent]], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = streams["libx264"]
    size = sum(len(unit.data) + 200 for unit in sent[:10])
    monkeypatch.setattr(tapes, "BEFORE_BYTES", 2 * size)
    bench = Bench()
    for unit in sent * 3:
        bench.play([unit])
        assert bench.tape.bytes <= 2 * size
    monkeypatch.setattr(tapes, "BEFORE_BYTES", size // 2)  # less than one group
    bench.play(sent)
    assert bench.tape.bytes <= size // 2
    assert bench.budget.shed > 0


def test_a_clip_that_grows_too_large_is_ended_early(
    streams: dict[str, list[Sent]], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = streams["libx264"]
    size = sum(len(unit.data) + 200 for unit in sent[:20])
    monkeypatch.setattr(tapes, "CLIP_BYTES", size)
    bench = Bench()
    bench.play(sent[:1])
    bench.tape.take(UID, 60.0)
    bench.play(sent[1:])
    (made,) = bench.recordings
    assert size < made.bytes < 1.2 * size


def test_all_tapes_together_keep_to_their_memory(streams: dict[str, list[Sent]]) -> None:
    sent = streams["libx264"]
    limit = 3 * sum(len(unit.data) + 200 for unit in sent)
    budget = Budget(limit)
    benches = [Bench(budget) for _number in range(20)]
    benches[0].play(sent[:1])
    benches[0].tape.take(UID, 60.0)
    for unit in sent[1:] * 2:
        for bench in benches:
            bench.play([unit])
            assert budget.used <= limit * 1.1
    assert budget.shed > 0
    for bench in benches:
        bench.tape.clear()
    assert budget.used == sum(made.bytes for made in benches[0].recordings)


def test_two_alerts_of_one_camera_have_a_clip_each(streams: dict[str, list[Sent]]) -> None:
    other = str(uuid.uuid4())
    bench, sent = Bench(), streams["libx264"]
    bench.play(sent[:12])
    bench.tape.take(UID, 1.0)
    bench.play(sent[12:18])
    bench.tape.take(other, 1.0)
    bench.play(sent[18:])
    first, second = bench.recordings
    assert (first.uid, second.uid) == (UID, other)
    assert len(access_units(second.groups)) == len(access_units(first.groups)) + 6
    assert bench.tape.idle


def test_other_parameter_sets_and_a_new_connection_begin_a_new_tape(
    streams: dict[str, list[Sent]]
) -> None:
    bench = Bench()
    bench.play(streams["libx264"][:15])
    bench.tape.take(UID, 60.0)
    bench.play(streams["libx265"])
    (made,) = bench.recordings
    assert {group.unit.codec for group in made.groups} == {"h264"}
    bench.tape.take(UID, 60.0)
    bench.tape.interrupt()
    assert {group.unit.codec for group in bench.recordings[1].groups} == {"hevc"}
    assert bench.tape.bytes == 0
    assert bench.tape.idle


# -- times ----------------------------------------------------------------------------------


def group(stamp: int, clock: float, *deltas: int, damaged: int = -1) -> Group:
    unit = KeyUnit("h264", b"key", b"sets", stamp & 0xFFFFFFFF)
    return Group(unit, 0.0, clock, deltas=[
        DeltaUnit(b"delta", delta & 0xFFFFFFFF, number == damaged)
        for number, delta in enumerate(deltas)
    ])


def test_times_go_on_where_the_camera_counts_from_zero_again() -> None:
    before = 2**32 - 4500
    units = access_units([
        group(before, 0.0, before + 3000, before + 6000), group(before + 9000, 0.1, before + 12000)
    ])  # fmt: skip
    assert [unit.time for unit in units] == [0, 3000, 6000, 9000, 12000]


def test_times_that_make_no_sense_are_replaced_by_ours() -> None:
    units = access_units([
        group(0, 10.0, 10**9, 2), group(77, 12.0, 77 + 3600), group(2 * 10**9, 14.0)
    ])  # fmt: skip
    times = [unit.time for unit in units]
    assert times[3] == 2 * CLOCK
    assert times[5] == 4 * CLOCK
    assert times == sorted(times)


def test_what_follows_a_damaged_picture_is_left_out_up_to_the_next_key_frame() -> None:
    units = access_units([group(0, 0.0, 3000, 6000, 9000, damaged=1), group(12000, 0.13, 15000)])
    assert [unit.time for unit in units] == [0, 3000, 12000, 15000]


def test_pictures_that_are_shown_in_another_order_are_decoded_in_order() -> None:
    units = [Unit(time, time == 0, b"") for time in (0, 9000, 3000, 6000, 18000, 12000, 15000)]
    times = decoding_times(units)
    assert times == sorted(set(times))
    assert all(decoded <= unit.time for decoded, unit in zip(times, units, strict=True))


# -- files ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "codec", "tag"), [
    ("libx264", "h264", "avc1"), ("libx265", "hevc", "hvc1"), ("bframes", "h264", "avc1"),
])  # fmt: skip
def test_the_file_plays_with_every_picture_and_its_index_in_front(
    streams: dict[str, list[Sent]], tmp_path: Path, name: str, codec: str, tag: str
) -> None:
    units = access_units(recording(streams[name]).groups)
    assert len(units) == 40
    path = tmp_path / "clip.part"
    seconds = write(units, codec, path)
    assert decoded(path) == (40, pytest.approx(4.0, abs=0.05), tag)
    assert seconds == pytest.approx(4.0, abs=0.05)
    data = path.read_bytes()
    assert 0 < data.find(b"moov") < data.find(b"mdat")
    assert (b"avcC" if codec == "h264" else b"hvcC") in data
    if name == "bframes":
        assert any(one.time > two.time for one, two in pairwise(units))


def test_no_file_is_made_of_what_is_no_video(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(5000)
    with pytest.raises(MuxError):
        write([Unit(0, True, b"\0\0\0\x01" + noise)], "h264", tmp_path / "a.part")
    with pytest.raises(MuxError):
        write([], "h264", tmp_path / "b.part")


def test_a_disk_that_is_full_fails_the_file_and_is_noticed(
    streams: dict[str, list[Sent]], tmp_path: Path
) -> None:
    units = access_units(recording(streams["libx264"]).groups)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(MuxError):
            write(units, "h264", tmp_path / "a.part")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class Making:
    """A maker and its store."""

    def __init__(self, folder: Path, max_bytes: int = 10**9, room: int = 0) -> None:
        self.store = ClipStore(folder / "clips", max_bytes, room=room)
        self.done: list[Recording] = []
        self.maker = ClipMaker(self.store, self.done.append)


@pytest.fixture
def making(tmp_path: Path) -> Iterator[Making]:
    found = Making(tmp_path)
    yield found
    found.maker.finish(5)


@pytest.mark.parametrize(("name", "codec"), [("libx264", "h264"), ("libx265", "h265")])
def test_a_recording_becomes_a_clip_that_is_described(
    streams: dict[str, list[Sent]], making: Making, name: str, codec: str
) -> None:
    made = recording(streams[name])
    making.maker.give(made)
    making.maker.finish(10)
    assert making.done == [made]
    assert making.maker.figures.made == 1
    (waiting,) = making.store.waiting()
    clip, data = making.store.read(waiting.uid)
    assert (clip.uid, clip.camera, clip.codec, clip.size) == (UID, 7, codec, len(data))
    assert clip.seconds == pytest.approx(4.0, abs=0.05)
    assert clip.started_at == made.groups[0].at
    files = {path.name: path.stat().st_mode & 0o777 for path in making.store.folder.iterdir()}
    assert files == {f"{UID}.mp4": 0o600, f"{UID}.json": 0o600}
    assert making.store.folder.stat().st_mode & 0o777 == 0o700


def test_what_cannot_be_made_harms_no_other_clip(
    streams: dict[str, list[Sent]], making: Making, caplog: pytest.LogCaptureFixture
) -> None:
    good = recording(streams["libx264"])
    spoilt = replace(good, groups=(replace(
        good.groups[0], unit=replace(good.groups[0].unit, data=b"\0\0\0\x01e" + bytes(9))
    ), *good.groups[1:]), uid=str(uuid.uuid4()))  # fmt: skip
    short = recording(streams["libx264"][:5], str(uuid.uuid4()))
    for one in (spoilt, short, good):
        making.maker.give(one)
    making.maker.finish(10)
    assert [one.uid for one in making.store.waiting()] == [UID]
    assert len(making.done) == 3
    assert (making.maker.figures.made, making.maker.figures.failed) == (1, 2)
    assert short.uid in caplog.text
    assert {path.suffix for path in making.store.folder.iterdir()} == {".mp4", ".json"}


def test_no_room_on_the_disk_gives_the_clip_up(
    streams: dict[str, list[Sent]], tmp_path: Path
) -> None:
    making = Making(tmp_path, room=2**62)
    making.maker.give(recording(streams["libx264"]))
    making.maker.finish(10)
    assert making.maker.figures.failed == 1
    assert not list(making.store.folder.iterdir())


# -- store ----------------------------------------------------------------------------------


def clip(number: int) -> Clip:
    return Clip(str(uuid.UUID(int=number)), 7, 1e9, 3.0, "h264")


def put(store: ClipStore, number: int, size: int = 1000) -> int:
    return store.add(clip(number), lambda path: path.write_bytes(bytes(size)) and None)


def test_the_oldest_clips_make_way_when_there_are_too_many_bytes(tmp_path: Path) -> None:
    store = ClipStore(tmp_path / "clips", 3500, room=0)
    for number in range(1, 6):
        dropped = put(store, number)
        os.utime(store.folder / f"{clip(number).uid}.mp4", (number, number))
        assert dropped == (number > 3)
    assert [one.uid for one in store.waiting()] == [clip(n).uid for n in (3, 4, 5)]
    with pytest.raises(StoreError):
        put(store, 9, 4000)
    assert len(store.waiting()) == 3
    assert len(list(store.folder.iterdir())) == 6


def test_old_clips_and_those_that_alerts_need_the_room_of_are_dropped(tmp_path: Path) -> None:
    store = ClipStore(tmp_path / "clips", 10**6, max_age=3600, room=0)
    for number in range(1, 4):
        put(store, number)
    os.utime(store.folder / f"{clip(1).uid}.mp4", (time.time() - 7200,) * 2)
    assert store.trim() == 1
    assert len(store.waiting()) == 2
    assert ClipStore(store.folder, 10**6, room=2**62).trim() == 2
    assert not list(store.folder.iterdir())


def test_a_damaged_clip_is_noticed(tmp_path: Path) -> None:
    store = ClipStore(tmp_path / "clips", 10**6, room=0)
    put(store, 1)
    assert store.read(clip(1).uid)[1] == bytes(1000)
    (store.folder / f"{clip(1).uid}.mp4").write_bytes(bytes(999))
    with pytest.raises(StoreError):
        store.read(clip(1).uid)
    with pytest.raises(StoreError):
        store.read(clip(2).uid)
    with pytest.raises(StoreError):
        store.add(replace(clip(1), uid="../../elsewhere"), lambda path: None)


KILLED = """
import sys, uuid
from pathlib import Path
from video_bridge.recording.store import Clip, ClipStore
store = ClipStore(Path(sys.argv[1]), 10**9, room=0)
for number in range(10**6):
    clip = Clip(str(uuid.uuid4()), 7, 1e9, 3.0, "h264")
    store.add(clip, lambda path: path.write_bytes(bytes(200_000)) and None)
    print(number, flush=True)
"""


def test_a_kill_at_any_moment_leaves_no_broken_clip(tmp_path: Path) -> None:
    chance = random.Random(4)
    store = ClipStore(tmp_path / "clips", 10**9, room=0)
    written = 0
    for _round in range(12):
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(store.folder)], stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(chance.uniform(0, 0.05))
        child.send_signal(signal.SIGKILL)
        rest, _errors = child.communicate()
        written += 1 + rest.count(b"\n")
    found = store.waiting()
    assert len(found) >= written
    for one in found:
        described, data = store.read(one.uid)
        assert len(data) == described.size == 200_000
    store.tidy(0.0)
    assert len(store.waiting()) == len(found)
    assert len(list(store.folder.iterdir())) == 2 * len(found)


def test_leftovers_are_cleared_away_and_clips_are_not(tmp_path: Path) -> None:
    store = ClipStore(tmp_path / "clips", 10**6, room=0)
    assert store.tidy() == 0  # there is no folder yet
    put(store, 1)
    for name in (f"{clip(2).uid}.5.part", f"{clip(3).uid}.json", f"{clip(4).uid}.mp4"):
        (store.folder / name).write_text("{}")
    assert store.tidy() == 0  # perhaps somebody is at work on them
    assert store.tidy(0.0) == 3
    assert [one.uid for one in store.waiting()] == [clip(1).uid]
    assert json.loads((store.folder / f"{clip(1).uid}.json").read_text())["size"] == 1000
