"""What the uplink counts, and how its parts wait."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class UplinkMetrics:
    """Counters of the uplink, for /metrics and /healthz."""

    connected: bool = False
    heartbeats: int = 0
    heartbeat_errors: int = 0
    batches: int = 0
    batch_errors: int = 0
    delivered: int = 0
    duplicates: int = 0
    stale: int = 0
    refused: int = 0
    stills: int = 0
    bindings: int = 0
    key_refused: bool = False
    revision: int = 0
    leased: int = 0
    clips_delivered: int = 0
    clip_errors: int = 0
    clips_refused: int = 0
    """Clips that the platform does not take."""
    clips_dropped: int = 0
    """Clips dropped for want of room, or because they were too old."""
    clips_waiting: int = 0
    clip_bytes: int = 0
    """Of the clips that wait."""
    adopted: int = 0
    """Episodes taken over from other bridges."""
    clock_skew: float = 0.0
    """Seconds by which the platform's clock is ahead of ours."""
    last_success: float | None = None
    """When the platform last answered well, by the monotonic clock."""
    problems: dict[str, str] = field(default_factory=dict)
    """What is wrong now, by the part that noticed."""

    def samples(self) -> dict[str, float]:
        """The figures by their names in /metrics, without the prefix ``video_bridge_``."""
        return {
            "uplink_connected": float(self.connected),
            "uplink_key_refused": float(self.key_refused),
            "uplink_heartbeats_total": float(self.heartbeats),
            "uplink_heartbeat_errors_total": float(self.heartbeat_errors),
            "uplink_batches_total": float(self.batches),
            "uplink_batch_errors_total": float(self.batch_errors),
            "uplink_alerts_delivered_total": float(self.delivered),
            "uplink_alerts_duplicate_total": float(self.duplicates),
            "uplink_alerts_stale_total": float(self.stale),
            "uplink_alerts_refused_total": float(self.refused),
            "uplink_stills_total": float(self.stills),
            "uplink_bindings_total": float(self.bindings),
            "uplink_episodes_adopted_total": float(self.adopted),
            "uplink_clips_delivered_total": float(self.clips_delivered),
            "uplink_clip_errors_total": float(self.clip_errors),
            "uplink_clips_refused_total": float(self.clips_refused),
            "uplink_clips_dropped_total": float(self.clips_dropped),
            "clips_waiting": float(self.clips_waiting),
            "clips_waiting_bytes": float(self.clip_bytes),
            "uplink_config_revision": float(self.revision),
            "uplink_leased_cameras": float(self.leased),
            "uplink_clock_skew_seconds": self.clock_skew,
            "uplink_silence_seconds": (
                -1.0 if self.last_success is None else time.monotonic() - self.last_success),
        }


class Backoff:
    """Growing waits between attempts, spread so that many bridges do not come at once."""

    def __init__(self, low: float, high: float) -> None:
        self._low, self._high, self._failures = low, high, 0

    def next(self, at_least: float | None = None) -> float:
        """Seconds to wait after one more failure."""
        wait = min(self._high, self._low * 2.0 ** min(self._failures, 20))
        self._failures += 1
        return max(wait * random.uniform(0.5, 1.0), at_least or 0.0)

    def reset(self) -> None:
        """It worked."""
        self._failures = 0


async def first(event: asyncio.Event, wait: float) -> None:
    """Wait some seconds, or until the event is set anew."""
    if wait <= 0:
        await asyncio.sleep(0)
        return
    event.clear()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), wait)
