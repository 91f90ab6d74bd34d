"""The thread that puts events: nothing is lost or out of order, and nobody waits for the disk."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from spool_events import event
from video_bridge.model import AlertEvent
from video_bridge.spool import Spool
from video_bridge.spool_writer import Job, SpoolWriter


class SlowSpool(Spool):
    """A spool on a disk that takes its time."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, reserve=0)
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.puts: list[list[str]] = []

    def put(self, events: Sequence[AlertEvent]) -> None:
        self.begun.set()
        assert self.go_on.wait(10)
        self.puts.append([one.uid for one in events])
        super().put(events)


def test_who_gives_does_not_wait_for_the_disk_and_what_comes_meanwhile_is_one_put(
    tmp_path: Path,
) -> None:
    spool, told = SlowSpool(tmp_path / "spool.db"), list[Job]()
    writer = SpoolWriter(spool, told.extend)
    writer.start()
    writer.give([event("first")], 1.5)
    assert spool.begun.wait(5)
    began = time.monotonic()
    for number in range(50):
        writer.give([event(f"e{number}")], None)
    writer.give([], None)
    assert time.monotonic() - began < 1
    assert not told
    spool.go_on.set()
    writer.flush()
    wanted = ["first", *(f"e{number}" for number in range(50))]
    assert spool.puts == [wanted[:1], wanted[1:]]
    assert [one.uid for one in spool.batch(100).events] == wanted
    assert [since for _events, since in told] == [1.5, *[None] * 50]
    writer.finish()
    spool.close()


def test_all_that_was_given_is_there_at_the_end_whatever_goes_wrong_meanwhile(
    tmp_path: Path,
) -> None:
    spool = Spool(tmp_path / "spool.db", reserve=0)
    failures = iter([OSError("no lock"), sqlite3.OperationalError("locked")])

    def noted(jobs: Sequence[Job]) -> None:
        for failure in failures:
            raise failure

    writer = SpoolWriter(spool, noted)
    writer.start()
    for number in range(300):  # more than may wait
        writer.give([event("a", number + 1, "update" if number else "open")], None)
    writer.finish()
    assert [one.sequence for one in spool.batch(500).events] == list(range(1, 301))
    spool.close()
