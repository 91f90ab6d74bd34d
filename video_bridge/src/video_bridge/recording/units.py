"""The pictures of a recording with the times at which they are shown.

The times are the camera's (RTP), as long as they make sense. A damaged picture ends its group:
what follows could not be decoded without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from video_bridge.recording.tape import Group

CLOCK = 90_000
"""RTP timestamps a second."""
MAX_STEP = 10 * CLOCK
MAX_BACK = 2 * CLOCK
DEFAULT_STEP = CLOCK // 25
MAX_DRIFT = 3.0
"""Seconds by which a camera's timestamps may differ from our clock before ours is believed."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One picture in Annex B form."""

    time: int
    """When it is shown, in 1/90000 s since the first."""
    key: bool
    data: bytes


def access_units(groups: Sequence[Group]) -> list[Unit]:
    """The pictures of a recording in the order in which they were sent."""
    units: list[Unit] = []
    for group in groups:
        stamp = group.unit.timestamp
        time = _start_of(group, groups[0], units)
        units.append(Unit(time, True, group.unit.data))
        for delta in group.deltas:
            if delta.damaged:
                break
            step = _signed(delta.timestamp - stamp)
            time += step if -MAX_BACK <= step <= MAX_STEP else DEFAULT_STEP
            stamp = delta.timestamp
            units.append(Unit(time, False, delta.data))
    earliest = min((unit.time for unit in units), default=0)
    return [replace(unit, time=unit.time - earliest) for unit in units]


def _start_of(group: Group, first: Group, before: Sequence[Unit]) -> int:
    """When a group begins: by the camera's timestamps unless they make no sense."""
    if not before:
        return 0
    by_clock = round((group.clock - first.clock) * CLOCK)
    by_camera = _signed(group.unit.timestamp - first.unit.timestamp)
    latest = max(unit.time for unit in before)
    plausible = by_camera > latest and abs(by_camera - by_clock) <= MAX_DRIFT * CLOCK
    return max(by_camera if plausible else by_clock, latest + 1)


def _signed(difference: int) -> int:
    """A difference of timestamps, which begin again after 32 bits."""
    difference &= 0xFFFFFFFF
    return difference - 0x100000000 if difference >= 0x80000000 else difference
