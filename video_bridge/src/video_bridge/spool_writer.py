"""The thread of a shard that puts events into the spool.

A put ends when the disk has it, which may take long; the thread that looks at pictures does not
wait for that. What comes meanwhile is put together, in the order in which it was given.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence

from video_bridge.model import AlertEvent
from video_bridge.spool import Spool

_logger = logging.getLogger(__name__)

MAX_WAITING = 200
"""Jobs that may wait; with more, whoever gives one waits: the disk is too slow."""
TOGETHER = 100
"""Jobs that are put at once at most."""

Job = tuple[Sequence[AlertEvent], float | None]
"""Events, and the moment (monotonic) of the key frame that shows them, where there is one."""


class SpoolWriter(threading.Thread):
    """Puts events; they come out in the order in which they were given."""

    def __init__(self, spool: Spool, on_put: Callable[[Sequence[Job]], None]) -> None:
        """A thread that has not begun.

        :param on_put: is told, in this thread, what has been put.
        """
        super().__init__(name="spool-writer", daemon=True)
        self._spool = spool
        self._on_put = on_put
        self._jobs: queue.Queue[Job | None] = queue.Queue(MAX_WAITING)

    def give(self, events: Sequence[AlertEvent], since: float | None) -> None:
        """Have events put soon."""
        if events:
            self._jobs.put((events, since))

    def flush(self) -> None:
        """Wait until all that was given has been put."""
        self._jobs.join()

    def finish(self) -> None:
        """Put what was given, and end."""
        self._jobs.put(None)
        self.join()

    def run(self) -> None:
        """Put until told to end."""
        while True:
            jobs = [self._jobs.get()]
            while len(jobs) < TOGETHER and not self._jobs.empty():
                jobs.append(self._jobs.get_nowait())
            given = [job for job in jobs if job is not None]
            try:
                self._spool.put([event for events, _since in given for event in events])
                self._on_put(given)
            except Exception:  # what was put waits in the spool's memory; later jobs must go on
                _logger.exception("Events could not be put")
            for _job in jobs:
                self._jobs.task_done()
            if len(given) < len(jobs):
                return
