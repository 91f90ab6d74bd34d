"""Turns of reading: everyone has his, nobody holds up the others."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from video_bridge.sweep import PERIOD, SLOTS, Sweep


class Connection:
    """Notes when it was asked to read."""

    def __init__(self, *answers: bool | Exception) -> None:
        self.turns: list[float] = []
        self.aborted = 0
        self._answers = list(answers)

    def read_now(self) -> bool:
        self.turns.append(asyncio.get_running_loop().time())
        answer = self._answers.pop(0) if self._answers else False
        if isinstance(answer, Exception):
            raise answer
        return answer

    def abort(self) -> None:
        self.aborted += 1


def gaps(connection: Connection) -> list[float]:
    return [later - earlier for earlier, later in itertools.pairwise(connection.turns)]


async def test_every_connection_has_a_turn_in_each_period_and_they_are_spread() -> None:
    sweep = Sweep()
    connections = [Connection() for _ in range(3 * SLOTS)]
    for connection in connections:
        sweep.add(connection)
    await asyncio.sleep(5.5 * PERIOD)
    for connection in connections:
        assert 4 <= len(connection.turns) <= 6
        assert sum(gaps(connection)) / len(gaps(connection)) == pytest.approx(PERIOD, rel=0.2)
    moments = {round(connection.turns[1], 3) for connection in connections}
    assert len(moments) >= SLOTS


async def test_who_was_in_the_midst_of_something_has_the_next_turn_as_well() -> None:
    sweep, busy, other = Sweep(), Connection(True, True), Connection()
    sweep.add(other)
    sweep.add(busy)
    await asyncio.sleep(3.2 * PERIOD)
    first, second, third = gaps(busy)[:3]
    assert max(first, second) < PERIOD / 2 < third
    assert min(gaps(other)) > PERIOD / 2


async def test_who_is_taken_away_has_no_turn_any_more() -> None:
    sweep, gone, stays = Sweep(), Connection(True), Connection()
    sweep.add(gone)
    sweep.add(stays)
    while not gone.turns:
        await asyncio.sleep(PERIOD / SLOTS / 2)
    sweep.remove(gone)
    sweep.remove(gone)
    count = len(gone.turns)
    await asyncio.sleep(1.5 * PERIOD)
    assert len(gone.turns) == count
    assert stays.turns
    assert len(sweep) == 1


async def test_a_mishap_ends_one_connection_and_not_the_sweep(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sweep, bad, good = Sweep(), Connection(ValueError("mishap")), Connection()
    for _ in range(SLOTS):
        sweep.add(Connection())
    sweep.add(bad)
    sweep.add(good)
    await asyncio.sleep(2.5 * PERIOD)
    assert bad.aborted == 1
    assert len(good.turns) >= 2
    assert "could not be read" in caplog.text


async def test_a_sweep_without_connections_rests_and_begins_again() -> None:
    sweep, first, second = Sweep(), Connection(), Connection()
    sweep.add(first)
    sweep.remove(first)
    await asyncio.sleep(PERIOD)
    assert sweep._timer is None
    sweep.add(second)
    await asyncio.sleep(1.5 * PERIOD)
    assert second.turns
    assert not first.turns


async def test_after_a_pause_of_the_loop_turns_are_not_made_up_for() -> None:
    sweep, connection = Sweep(), Connection()
    sweep.add(connection)
    await asyncio.sleep(PERIOD * 1.2)
    loop = asyncio.get_running_loop()
    until = loop.time() + 4 * PERIOD
    while loop.time() < until:
        pass
    before = len(connection.turns)
    await asyncio.sleep(PERIOD)
    assert len(connection.turns) - before <= 2
