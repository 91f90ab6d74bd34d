"""Key frames that wait to be looked at: one for each camera, the newest wins."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from video_bridge.rtp import KeyUnit

MAX_BYTES = 96 * 1024 * 1024
IDLE_SHARE = 8
"""One in so many is taken from those that can wait even when urgent ones are there."""


@dataclass(slots=True)
class Waiting:
    """A key frame and what is known about it."""

    unit: KeyUnit
    at: float
    """When it was complete (UTC)."""
    clock: float
    """The same by the monotonic clock."""
    value: float
    """What the compressed-domain gate measured."""
    quiet: bool
    """What it said."""
    urgent: bool = field(default=True)
    """Somebody may be there; checks of a quiet camera can wait."""


class _Owner(Protocol):
    waiting: Waiting | None


Owner = TypeVar("Owner", bound=_Owner)


class KeyQueue(Generic[Owner]):
    """Passes key frames from the thread that receives to the one that looks.

    Urgent ones come first, the others when there is time: cameras whose key frames fall into the
    same moment then do not hold up those where something happens.
    """

    def __init__(self) -> None:
        """An empty queue."""
        self._condition = threading.Condition()
        self._urgent: deque[Owner] = deque()
        self._idle: deque[Owner] = deque()
        self._bytes = 0
        self._woken = False
        self._taken = 0
        self.dropped = 0
        """Key frames that were replaced by a newer one before anyone had time for them."""

    def __len__(self) -> int:
        return len(self._urgent) + len(self._idle)

    def put(self, owner: Owner, waiting: Waiting) -> None:
        """Let a key frame wait; an older one of the same camera makes way."""
        with self._condition:
            before = owner.waiting
            if before is not None:
                self.dropped += 1
                self._bytes -= len(before.unit.data)
            owner.waiting = waiting
            self._bytes += len(waiting.unit.data)
            if before is None:
                (self._urgent if waiting.urgent else self._idle).append(owner)
            elif waiting.urgent and not before.urgent:
                self._idle.remove(owner)
                self._urgent.append(owner)
            else:
                waiting.urgent = before.urgent
            while self._bytes > MAX_BYTES and len(self) > 1:
                self._discard()
            self._condition.notify()

    def _discard(self) -> None:
        """Drop what has waited longest."""
        owner = (self._idle or self._urgent).popleft()
        if owner.waiting is not None:
            self._bytes -= len(owner.waiting.unit.data)
            owner.waiting = None
            self.dropped += 1

    def get(self, timeout: float) -> tuple[Owner, Waiting] | None:
        """The next key frame; None after the timeout or when woken."""
        with self._condition:
            if not len(self) and not self._woken:
                self._condition.wait(timeout)
            self._woken = False
            if not len(self):
                return None
            self._taken += 1
            idle_first = self._taken % IDLE_SHARE == 0
            first, second = (self._urgent, self._idle)[:: -1 if idle_first else 1]
            owner = (first or second).popleft()
            waiting, owner.waiting = owner.waiting, None
            assert waiting is not None
            self._bytes -= len(waiting.unit.data)
            return owner, waiting

    def remove(self, owner: Owner) -> None:
        """Forget the key frame of a camera that is taken away."""
        with self._condition:
            if owner.waiting is not None:
                (self._urgent if owner.waiting.urgent else self._idle).remove(owner)
                self._bytes -= len(owner.waiting.unit.data)
                owner.waiting = None

    def wake(self) -> None:
        """Let `get` return, for there is something else to do."""
        with self._condition:
            self._woken = True
            self._condition.notify()
