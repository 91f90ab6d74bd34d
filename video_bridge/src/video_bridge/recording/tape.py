"""What a suspected camera sends, kept in memory for the moment that an alert opens.

A tape holds groups of pictures: a key frame and the pictures after it, as the depacketiser puts
them together. It belongs to the thread that receives and does as little as it can there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from video_bridge.rtp import DeltaUnit, KeyUnit

BEFORE_SECONDS = 10.0
"""Seconds before the opening that a clip holds at most."""
BEFORE_BYTES = 12 * 1024 * 1024
CLIP_BYTES = 32 * 1024 * 1024
"""A clip that grows larger is ended early."""
ALL_BYTES = 128 * 1024 * 1024
"""For all tapes of a process, clips that wait for their file included."""
OVERHEAD = 200
"""Bytes that a kept picture takes beside its data, about."""


@dataclass(slots=True)
class Group:
    """A key frame and what follows it up to the next one."""

    unit: KeyUnit
    at: float
    """When the key frame was complete (UTC)."""
    clock: float
    """The same by the monotonic clock."""
    followed: bool = True
    """Whether the pictures after it were kept."""
    deltas: list[DeltaUnit] = field(default_factory=list)
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Recording:
    """What a clip is made of."""

    uid: str
    """Of the episode."""
    camera: int
    groups: tuple[Group, ...]
    bytes: int


@dataclass(slots=True)
class Budget:
    """The memory that all tapes of a process share."""

    limit: int = ALL_BYTES
    used: int = 0
    shed: int = 0
    """Tapes that had to be emptied or ended early for want of memory."""

    @property
    def full(self) -> bool:
        """Whether there is no more room."""
        return self.used > self.limit


@dataclass(slots=True)
class _Take:
    """A clip in the making."""

    uid: str
    until: float
    first: Group
    bytes: int


class Tape:
    """The recording of one camera."""

    def __init__(
        self,
        camera: int,
        budget: Budget,
        on_recording: Callable[[Recording], None],
        *,
        now: Callable[[], float],
    ) -> None:
        """An empty tape.

        :param on_recording: is given every clip's material when it is complete.
        :param now: the monotonic clock.
        """
        self.suspected = False
        """Whether a rule suspects something: else the tape ends with its last clip."""
        self._camera = camera
        self._budget = budget
        self._on_recording = on_recording
        self._now = now
        self._groups: list[Group] = []
        self._takes: list[_Take] = []
        self._bytes = 0

    @property
    def idle(self) -> bool:
        """Whether nobody needs this tape any more."""
        return not self.suspected and not self._takes

    @property
    def bytes(self) -> int:
        """The memory that it takes."""
        return self._bytes

    # What comes in

    def delta(self, unit: DeltaUnit) -> None:
        """Keep a picture between key frames; given to `rtp.Depacketiser.on_delta`."""
        group = self._groups[-1] if self._groups else None
        if group is not None and group.followed:
            group.deltas.append(unit)
            self._count(group, len(unit.data) + OVERHEAD)
            self._keep_limits()

    def key(self, unit: KeyUnit, at: float, clock: float) -> None:
        """Keep a key frame."""
        self._begin(Group(unit, at, clock))

    def begin_with(self, unit: KeyUnit, at: float, clock: float) -> None:
        """Begin an empty tape with the key frame just looked at; what followed it is gone."""
        if not self._groups:
            self._begin(Group(unit, at, clock, followed=False))

    def _begin(self, group: Group) -> None:
        before = self._groups[-1].unit if self._groups else group.unit
        if (before.codec, before.parameters) != (group.unit.codec, group.unit.parameters):
            self.cut()  # a file has one size of picture
            self._clear_groups()
        self._groups.append(group)
        self._count(group, len(group.unit.data) + OVERHEAD)
        self._keep_limits()

    def _count(self, group: Group, size: int) -> None:
        group.bytes += size
        self._bytes += size
        self._budget.used += size
        for take in self._takes:
            take.bytes += size

    def _keep_limits(self) -> None:
        now = self._now()
        if self._takes:
            if self._budget.full:
                self._budget.shed += 1
                self.cut()
            self.tick(now)
        if self._takes:
            return
        while len(self._groups) > 1 and (
            self._bytes > BEFORE_BYTES or now - self._groups[0].clock > BEFORE_SECONDS
        ):
            self._drop_first()
        if self._bytes > BEFORE_BYTES or self._budget.full:
            self._budget.shed += 1
            self._clear_groups()

    def _drop_first(self) -> None:
        group = self._groups.pop(0)
        self._bytes -= group.bytes
        self._budget.used -= group.bytes

    def _clear_groups(self) -> None:
        while self._groups:
            self._drop_first()

    # Clips

    def take(self, uid: str, seconds: float) -> None:
        """An alert has opened: its clip goes on for so many seconds."""
        now = self._now()
        if not self._takes:
            while len(self._groups) > 1 and now - self._groups[0].clock > BEFORE_SECONDS:
                self._drop_first()
        if self._groups:
            size = sum(group.bytes for group in self._groups)
            self._takes.append(_Take(uid, now + seconds, self._groups[0], size))

    def tick(self, now: float) -> None:
        """Complete the clips whose time is over."""
        for take in tuple(self._takes):
            if now >= take.until or take.bytes > CLIP_BYTES:
                self._complete(take)

    def cut(self) -> None:
        """Complete all clips with what there is."""
        for take in tuple(self._takes):
            self._complete(take)

    def _complete(self, take: _Take) -> None:
        self._takes.remove(take)
        place = next(n for n, group in enumerate(self._groups) if group is take.first)
        groups = self._groups[place:]
        last = groups[-1]
        groups[-1] = replace(last, deltas=list(last.deltas))  # the tape may go on
        size = sum(group.bytes for group in groups)
        self._budget.used += size
        self._on_recording(Recording(take.uid, self._camera, tuple(groups), size))

    def interrupt(self) -> None:
        """The stream has ended: its timestamps mean nothing to the next one."""
        self.cut()
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._takes.clear()
        self._clear_groups()
