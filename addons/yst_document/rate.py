"""How often one address may ask a public page: a sliding window in this process's memory."""

import threading
import time
from collections import OrderedDict, deque

MAX_KEYS = 5000


class Rate:
    """At most ``count`` within ``seconds`` for a key; old keys are forgotten."""

    def __init__(self, count: int, seconds: float, clock=time.monotonic):
        self._count, self._seconds, self._clock = count, seconds, clock
        self._lock = threading.Lock()
        self._times = OrderedDict()

    def allows(self, key: str) -> bool:
        """Whether one more is allowed now; if so it counts."""
        now = self._clock()
        with self._lock:
            times = self._times.pop(key, None) or deque()
            while times and now - times[0] >= self._seconds:
                times.popleft()
            allowed = len(times) < self._count
            if allowed:
                times.append(now)
            self._times[key] = times
            while len(self._times) > MAX_KEYS:
                self._times.popitem(last=False)
            return allowed

    def clear(self):
        """Forget everybody."""
        with self._lock:
            self._times.clear()
