"""Reads many connections in turns instead of whenever something comes.

A camera sends a picture every 40 to 80 ms, each in several packets; to be woken for each of them
costs more than the reading itself. Every connection has its turn once in `PERIOD` seconds, and
finds there what has come meanwhile: the kernel keeps it. Turns are spread evenly over the period.
The price is that a key frame is seen half a period later on average, a whole one at worst.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

_logger = logging.getLogger(__name__)

PERIOD = 0.16
"""Seconds from one turn of a connection to its next."""
SLOTS = 8
"""Into how many parts the connections are divided; one part has its turn at a time."""


class Readable(Protocol):
    """A connection that can be asked to read."""

    def read_now(self) -> bool:
        """Read what has come; say whether more is expected very soon."""

    def abort(self) -> None:
        """Drop the connection."""


class Sweep:
    """Gives connections of one event loop their turns."""

    def __init__(self) -> None:
        """Without connections: nothing is done until one is added."""
        self._slots: list[dict[Readable, None]] = [{} for _ in range(SLOTS)]
        self._busy: dict[Readable, None] = {}
        self._turn = 0
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return sum(map(len, self._slots))

    def add(self, connection: Readable) -> None:
        """Let a connection have its turn from now on."""
        min(self._slots, key=len)[connection] = None
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(PERIOD / SLOTS, self._next, loop)

    def remove(self, connection: Readable) -> None:
        """Let a connection have no turn any more."""
        for slot in (*self._slots, self._busy):
            slot.pop(connection, None)

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        """One turn: those whose part it is, and those that were in the midst of something."""
        assert self._timer is not None
        if not len(self):
            self._timer = None
            return
        step = PERIOD / SLOTS
        self._timer = loop.call_at(max(self._timer.when() + step, loop.time()), self._next, loop)
        self._turn = (self._turn + 1) % SLOTS
        busy, self._busy = self._busy, {}
        for connection in {**self._slots[self._turn], **busy}:
            try:
                if connection.read_now():
                    self._busy[connection] = None
            except Exception:  # one camera's mishap must not end the reading of all
                _logger.exception("A connection could not be read")
                connection.abort()
