"""The spool: what put() has said is there, whatever happens."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from spool_events import START, episode, event
from video_bridge.model import AlertEvent, OpenEpisode
from video_bridge.spool import MIB, Refusal, Spool

from video_bridge import cli
from video_bridge import spool as spool_module

WRITER = Path(__file__).with_name("spool_events.py")
KILLS = int(os.environ.get("YST_FAULT_ROUNDS", "12"))


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool.db", reserve=0)
    yield spool
    spool.close()


def all_of(spool: Spool) -> list[AlertEvent]:
    """Everything that waits, taken out batch by batch."""
    found: list[AlertEvent] = []
    while batch := spool.batch(100):
        found += batch.events
        spool.done([item.key for item in batch.items])
    return found


def writer(path: Path, picture: int = 0, pause: float = 0.0, **more: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(WRITER), str(path), str(picture), str(pause)],
        stdout=subprocess.PIPE, text=True, **more)


def said(process: subprocess.Popen[str]) -> set[tuple[str, int]]:
    """What a writer that has ended had acknowledged; a line cut in half does not count."""
    assert process.stdout
    text = process.stdout.read()
    lines = text[: text.rfind("\n") + 1].split("\n")
    return {(line.split()[0], int(line.split()[1])) for line in lines if line}


def whole(path: Path) -> bool:
    """Whether SQLite finds no fault with a file."""
    try:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            return bool(connection.execute("PRAGMA quick_check").fetchone()[0] == "ok")
    except sqlite3.DatabaseError:
        return False


# -- the queue ------------------------------------------------------------------


def test_what_comes_out_is_what_was_put(spool: Spool) -> None:
    put = episode("a", 3, picture=2000)
    spool.put(put)
    assert spool.batch().events == tuple(put)


def test_a_batch_stays_until_it_is_done(spool: Spool) -> None:
    spool.put(episode("a", 3))
    first = spool.batch()
    assert spool.batch() == first
    spool.done([item.key for item in first.items[:2]])
    assert [e.sequence for e in spool.batch().events] == [3]
    assert spool.stats().delivered == 2


def test_batches_keep_the_order_and_their_limits(spool: Spool) -> None:
    spool.put([event(f"e{n}", picture=30_000) for n in range(10)])
    assert len(spool.batch(4)) == 4
    small = spool.batch(500, 100_000)  # pictures grow by a third on the way
    assert [e.uid for e in small.events] == ["e0", "e1"]
    assert len(spool.batch(500, 1)) == 1  # one that is too large by itself goes alone
    assert [e.uid for e in all_of(spool)] == [f"e{n}" for n in range(10)]


def test_the_same_step_is_kept_once(spool: Spool) -> None:
    spool.put([event("a", 1)])
    spool.put([event("a", 1)])
    assert spool.stats().alerts == 1


def test_open_episodes_follow_from_what_was_put(spool: Spool) -> None:
    spool.put([event("a", 1), event("a", 2, "update"), event("b", 1, camera=8)])
    spool.put(episode("c", 3))
    assert spool.open_episodes([7]) == [
        OpenEpisode("a", 2, 7, 5, "crowd", START, START + 2)]
    all_of(spool)  # delivered or not makes no difference
    assert [e.uid for e in spool.open_episodes([7, 8])] == ["a", "b"]
    spool.put([event("a", 3, "close")])
    assert spool.open_episodes([7]) == []


def test_a_late_step_does_not_open_a_closed_episode_again(spool: Spool) -> None:
    spool.put([event("a", 3, "close"), event("a", 2, "update")])
    assert spool.open_episodes([7]) == []


def test_when_the_last_episode_of_each_rule_ended_is_remembered(
    spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool.put([*episode("a", 3), *episode("b", 5), *episode("c", 2, camera=8),
               event("d", 9), replace(event("e", 7, "close"), rule=6)])
    all_of(spool)
    assert spool.ended(7) == {(5, "crowd"): START + 5, (6, "crowd"): START + 7}
    assert spool.ended(9) == {}
    with closing(Spool(tmp_path / "spool.db")) as later:
        assert later.ended(7) == spool.ended(7)
        # what waits in memory counts too
        monkeypatch.setattr(later, "_write", Mock(side_effect=sqlite3.OperationalError("full")))
        later.put([event("d", 10, "close")])
        assert later.ended(7) == {(5, "crowd"): START + 10, (6, "crowd"): START + 7}


def test_adopted_episodes_are_remembered_and_forgotten(spool: Spool) -> None:
    spool.adopt([OpenEpisode("x", 1000, 7, 5, "crowd", START, START + 9)])
    assert spool.steps(["x", "y"]) == {"x": (1000, True, False)}
    spool.put([event("x", 1001, "update")])
    assert spool.steps(["x"]) == {"x": (1001, True, True)}
    spool.forget(["x"])
    assert spool.open_episodes([7]) == []


def test_refused_events_are_kept_apart_and_can_be_tried_again(spool: Spool) -> None:
    spool.put([event("a", picture=100), event("b")])
    key = spool.batch().items[0].key
    spool.refused([Refusal(key, "unknown_camera", "no camera 7")])
    assert [e.uid for e in spool.batch().events] == ["b"]
    stats = spool.stats()
    assert (stats.alerts, stats.refused) == (1, 1)
    (kept, why), = spool.refusals()
    assert (kept.uid, why.code, why.message) == ("a", "unknown_camera", "no camera 7")
    assert spool.requeue() == 1
    again = spool.batch().events
    assert sorted(e.uid for e in again) == ["a", "b"]
    assert [len(e.snapshots) for e in again if e.uid == "a"] == [1]


def test_an_event_that_cannot_be_read_holds_up_no_other(tmp_path: Path, spool: Spool) -> None:
    spool.put([event("of another version", 1), event("a", 1)])
    with contextlib.closing(sqlite3.connect(tmp_path / "spool.db")) as connection, connection:
        connection.execute(
            "UPDATE event SET body = json_set(body, '$.colour', 'red') WHERE uid <> 'a'")
    assert [e.uid for e in spool.batch(1).events] == ["a"]
    assert [e.uid for e in all_of(spool)] == ["a"]
    assert spool.stats().refused == 1  # kept apart, not thrown away


def test_an_old_spool_is_read_by_a_new_process(tmp_path: Path) -> None:
    first = Spool(tmp_path / "spool.db", reserve=0)
    first.put(episode("a", 2, picture=500))
    first.close()
    second = Spool(tmp_path / "spool.db", reserve=0)
    assert [e.sequence for e in all_of(second)] == [1, 2]
    second.close()


def test_nobody_else_may_read_the_spool(spool: Spool, tmp_path: Path) -> None:
    spool.put([event()])
    modes = {p.name: p.stat().st_mode & 0o077 for p in tmp_path.iterdir()}
    assert len(modes) >= 3
    assert set(modes.values()) == {0}, modes


def test_the_command_shows_what_waits_and_tries_refused_alerts_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "key").write_text("a-key")
    (tmp_path / "key").chmod(0o600)
    (tmp_path / "bridge.toml").write_text(
        '[odoo]\nurl = "http://127.0.0.1"\ndatabase = "d"\nkey_file = "key"\n'
        '[bridge]\nstate_dir = "state"\n')
    command = ["spool", str(tmp_path / "bridge.toml")]
    assert cli.main(command) == 1  # nothing there yet
    spool = Spool(tmp_path / "state" / "spool.db", reserve=0)
    spool.put([event("a"), event("b")])
    spool.refused([Refusal(spool.batch().items[0].key, "unknown_camera", "no camera 7")])
    assert cli.main(command) == 0
    shown = capsys.readouterr().out
    assert "alerts            1" in shown
    assert "refused  a 1 camera 7 crowd: unknown_camera no camera 7" in shown
    assert cli.main([*command, "--requeue"]) == 0
    assert spool.stats().alerts == 2
    spool.close()


# -- limits -----------------------------------------------------------------------


def test_the_oldest_pictures_go_first_and_no_alert(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db", picture_bytes=250_000, max_bytes=10 * MIB, reserve=0)
    spool.put([event(f"e{n}", picture=50_000) for n in range(10)])
    kept = all_of(spool)
    assert [e.uid for e in kept] == [f"e{n}" for n in range(10)]
    with_picture = [e.uid for e in kept if e.snapshots]
    assert with_picture == [f"e{n}" for n in range(10 - len(with_picture), 10)]
    assert len(with_picture) == 4
    assert spool.stats().dropped_pictures == 6
    spool.close()


def test_no_alert_is_dropped_while_a_picture_is_left(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db", picture_bytes=MIB, max_bytes=120_000, reserve=0)
    dropped = 0
    for number in range(400):
        spool.put([event(f"e{number}", picture=5000 if number % 3 == 0 else 0)])
        stats = spool.stats()
        assert stats.bytes <= 120_000
        if stats.dropped_alerts > dropped:
            assert stats.pictures == 0
            dropped = stats.dropped_alerts
    assert dropped > 0
    kept = [e.uid for e in all_of(spool)]
    assert kept == [f"e{n}" for n in range(dropped, 400)]
    spool.close()


def test_steps_that_a_later_one_replaces_go_before_alerts(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db", max_bytes=60_000, picture_bytes=0, reserve=0)
    for number in range(50):
        spool.put(episode(f"e{number}", 4))
        if spool.stats().dropped_alerts:
            break
    stats = spool.stats()
    assert stats.dropped_updates >= 2 * 20
    left = defaultdict(list)
    for step in all_of(spool):
        left[step.uid].append(step.event)
    whole = [kinds for kinds in left.values() if len(kinds) > 1]
    assert len(whole) > 20
    assert all(kinds[0] == "open" and kinds[-1] == "close" for kinds in whole)
    spool.close()


def test_old_pictures_are_dropped_by_the_given_moment_not_by_the_clock(tmp_path: Path) -> None:
    wall = [START]
    spool = Spool(tmp_path / "spool.db", max_age=3600, reserve=0, clock=lambda: wall[0])
    spool.put([event("a", picture=100)])
    wall[0] += 86400 * 365  # the clock jumps
    spool.trim(START + 60)
    assert spool.stats().pictures == 1
    spool.trim(START + 3700)
    stats = spool.stats()
    assert (stats.alerts, stats.pictures, stats.dropped_pictures) == (1, 0, 1)
    spool.close()


# -- processes ----------------------------------------------------------------------


@pytest.mark.timeout(120)
def test_a_killed_writer_has_lost_nothing_that_it_said_was_put(tmp_path: Path) -> None:
    path, chance = tmp_path / "spool.db", random.Random(7)
    reader = Spool(path, reserve=0)
    total = 0
    for _round in range(KILLS):
        processes = [writer(path, picture) for picture in (0, 20_000)]
        end = time.monotonic() + 20
        while not reader.waiting() and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(chance.uniform(0.02, 0.4))
        for process in processes:
            process.send_signal(signal.SIGKILL)
            process.wait()
        promised = set().union(*(said(process) for process in processes))
        found = all_of(reader)
        steps = [(e.uid, e.sequence) for e in found]
        assert len(steps) == len(set(steps))
        assert promised <= set(steps)
        assert len(set(steps) - promised) <= len(processes)  # put, but killed before it said so
        last: dict[str, int] = {}
        for uid, sequence in steps:
            assert sequence == last.get(uid, 0) + 1
            last[uid] = sequence
        total += len(promised)
    assert total > 3 * KILLS
    reader.close()


@pytest.mark.timeout(60)
def test_several_writers_and_one_reader_at_once(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    reader = Spool(path, reserve=0)
    processes = [writer(path, 5000, 0.001) for _ in range(4)]
    found: list[AlertEvent] = []
    end = time.monotonic() + 25
    while len(found) < 600 and time.monotonic() < end:
        batch = reader.batch(50)
        found += batch.events
        reader.done([item.key for item in batch.items])
    for process in processes:
        process.send_signal(signal.SIGKILL)
        process.wait()
    found += all_of(reader)
    steps = [(e.uid, e.sequence) for e in found]
    assert len(steps) == len(set(steps))
    for process in processes:
        promised = said(process)
        assert len(promised) > 3, "it did not take part"
        assert promised <= set(steps)
    assert all(len(e.snapshots) == 1 for e in found)
    reader.close()


# -- a full disk ------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MiB; where one may not be made, the test is skipped."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)],
                          capture_output=True, check=False)
    if done.returncode:
        pytest.skip("no right to mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Fill the disk to the last byte; the file that does it."""
    filler = folder / "filler"
    with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    return filler


def test_the_reserve_lets_pictures_make_room_when_others_fill_the_disk(small_disk: Path) -> None:
    spool = Spool(small_disk / "spool.db", reserve=MIB + MIB // 2)
    spool.put([event(f"old{n}", picture=40_000) for n in range(40)])
    fill(small_disk)
    for number in range(200):
        spool.put([event(f"new{number}", picture=20_000)])
    stats = spool.stats()
    assert stats.in_memory == 0
    assert stats.dropped_alerts == 0
    assert stats.dropped_pictures >= 40
    found = all_of(spool)
    assert [e.uid for e in found] == [*(f"old{n}" for n in range(40)),
                                      *(f"new{n}" for n in range(200))]
    assert found[-1].snapshots
    spool.close()


def test_on_a_full_disk_the_oldest_pictures_make_room(small_disk: Path) -> None:
    spool = Spool(small_disk / "spool.db", reserve=MIB)
    assert (small_disk / "spool.reserve").exists()
    for number in range(150):  # 9 MB of pictures
        spool.put([event(f"e{number}", picture=60_000)])
    spool.flush()
    stats = spool.stats()
    assert stats.in_memory == 0
    assert stats.dropped_pictures > 50
    assert stats.dropped_alerts == 0
    found = all_of(spool)
    assert [e.uid for e in found] == [f"e{n}" for n in range(150)]
    assert found[-1].snapshots  # the newest picture is kept
    spool.close()


def test_a_disk_filled_by_others_loses_no_alert_and_is_used_again(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_module, "RETRY", 0.1)
    spool = Spool(small_disk / "spool.db", reserve=0)
    spool.put([event("before", picture=20_000)])
    filler = fill(small_disk)
    names = [f"e{n}" for n in range(300)]
    for name in names:
        spool.put([event(name, picture=20_000)])
    stats = spool.stats()
    assert stats.in_memory > 0
    assert stats.problem and "full" in stats.problem
    assert stats.alerts == 301
    assert {e.uid for e in spool.open_episodes([7])} == {"before", *names}
    filler.unlink()
    end = time.monotonic() + 10
    while spool.stats().in_memory and time.monotonic() < end:
        time.sleep(0.05)
    stats = spool.stats()
    assert (stats.in_memory, stats.problem, stats.dropped_alerts) == (0, None, 0)
    assert [e.uid for e in all_of(spool)] == ["before", *names]
    spool.close()


def test_what_memory_holds_is_bounded_pictures_go_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_module, "MEMORY_PICTURES", 100_000)
    monkeypatch.setattr(spool_module, "MEMORY_EVENTS", 40)
    spool = Spool(tmp_path / "spool.db", reserve=0)

    def full(_work: object, **_how: bool) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(spool._file, "run", full)
        patch.setattr(spool, "_retry_later", lambda: None)
        for number in range(12):
            spool.put(episode(f"e{number}", 4, picture=10_000))
        stats = spool.stats()
        assert stats.in_memory <= 40
        assert stats.dropped_alerts == 0
        assert stats.dropped_updates >= 8
    assert spool.flush()
    left: dict[str, list[AlertEvent]] = defaultdict(list)
    for step in all_of(spool):
        left[step.uid].append(step)
    assert len(left) == 12
    assert all(steps[0].event == "open" and steps[-1].event == "close" for steps in left.values())
    assert sum(len(s.snapshots) for steps in left.values() for s in steps) <= 10
    assert spool.stats().dropped_pictures >= 38 - 8
    spool.close()


@pytest.mark.timeout(60)
def test_a_process_that_could_not_write_for_a_while_makes_up_for_it(tmp_path: Path) -> None:
    limit = 700_000

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    process = writer(tmp_path / "spool.db", 30_000, 0.01, preexec_fn=small_files,
                     stderr=subprocess.DEVNULL)
    time.sleep(2)
    assert process.poll() is None  # it goes on
    reader = Spool(tmp_path / "spool.db", reserve=0)
    before = reader.stats().alerts
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE,
                     (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    time.sleep(1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    promised = said(process)
    found = [(e.uid, e.sequence) for e in all_of(reader)]
    assert len(found) > before + 20
    assert promised <= set(found)
    assert len(found) == len(set(found))
    reader.close()


# -- a file that cannot be read -------------------------------------------------------------


def test_a_corrupt_file_is_set_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    path.write_bytes(b"this is no database" * 500)
    spool = Spool(path, reserve=0)
    spool.put([event("a")])
    assert [e.uid for e in spool.batch().events] == ["a"]
    stats = spool.stats()
    assert stats.set_aside == 1
    assert stats.problem and "set aside" in stats.problem
    assert path.read_bytes().startswith(b"this is no database")  # still there to be looked at
    again = Spool(path, reserve=0)  # the next process finds the new one
    assert [e.uid for e in again.batch().events] == ["a"]
    again.close()
    spool.close()


def test_what_can_be_read_of_a_damaged_file_is_carried_over(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    spool = Spool(path, reserve=0)
    spool.put([event(f"e{n}", picture=20_000) for n in range(40)])
    spool.close()
    raw = bytearray(path.read_bytes())
    start = len(raw) // 2 // 4096 * 4096
    raw[start:start + 8 * 4096] = os.urandom(8 * 4096)  # in the middle, where pictures lie
    path.write_bytes(raw)
    first, second = Spool(path, reserve=0), Spool(path, reserve=0)
    assert not whole(path)  # the test would show nothing otherwise
    found: set[str] = set()
    for spool in (first, second):
        for _attempt in range(3):
            for item in (batch := spool.batch(100, 64 * MIB)).items:
                found.add(item.event.uid)
            spool.done([item.key for item in batch.items])
    first.put([event("new")])
    assert [e.uid for e in second.batch().events] == ["new"]  # both use the same file
    assert found == {f"e{n}" for n in range(40)}
    first.close()
    second.close()
