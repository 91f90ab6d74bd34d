"""Delivery (投递): what lies in the spool goes to the platform, oldest first.

One batch is under way at a time; it is repeated until the platform has said what became of it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from video_bridge import api, wire
from video_bridge.settings import PaceSettings
from video_bridge.spool import Batch, Refusal, Spool
from video_bridge.uplink_metrics import Backoff, UplinkMetrics, first

logger = logging.getLogger(__name__)
T = TypeVar("T")

LOOK = 0.1
"""Seconds between two looks into an empty spool."""
SLOW_BATCH = 10
"""A batch is not made smaller than this because the platform is slow."""


class OnLost(Protocol):
    """Is told that the platform does not answer, or does not want us."""

    def __call__(self, part: str, error: api.ApiError, *, key: bool = False) -> None: ...


class Delivery:
    """Brings alerts to the platform."""

    def __init__(
        self,
        spool: Spool,
        pace: PaceSettings,
        metrics: UplinkMetrics,
        reached: asyncio.Event,
        on_lost: OnLost,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Delivery of a spool.

        :param reached: set whenever the platform has answered: then a wait is over.
        """
        self.metrics = metrics
        self._spool, self._pace = spool, pace
        self._reached, self._on_lost = reached, on_lost
        self._monotonic = monotonic

    async def run(self, client: api.Client) -> None:
        """Deliver until cancelled."""
        backoff = Backoff(self._pace.retry_min, self._pace.retry_max)
        limit = self._pace.batch
        while True:
            try:
                batch = await asyncio.to_thread(
                    self._spool.batch, limit, self._pace.batch_bytes)
                if not batch:
                    await asyncio.sleep(LOOK)
                    continue
                limit = await self._send(client, batch, limit)
            except api.KeyRefused as error:
                self.metrics.batch_errors += 1
                self._on_lost("delivery", error, key=True)
                wait = self._pace.refused_key
            except api.Unreachable as error:
                self.metrics.batch_errors += 1
                self._on_lost("delivery", error)
                # one that is merely slow gets less at once
                limit = max(min(limit, SLOW_BATCH), limit // 2)
                if error.retry_after:  # asked for: not cut short by a heartbeat
                    await asyncio.sleep(error.retry_after)
                wait = backoff.next()
            except Exception as error:
                self.metrics.batch_errors += 1
                logger.exception("the delivery failed")
                self.metrics.problems["delivery"] = f"the delivery failed: {error}"
                wait = backoff.next()
            else:
                backoff.reset()
                self.metrics.problems.pop("delivery", None)
                continue
            await first(self._reached, wait)

    async def _send(self, client: api.Client, batch: Batch, limit: int) -> int:
        """Send one batch and note what became of it; how many to send at once from now on."""
        try:
            results = await client.alerts(batch.events)
        except api.TooLarge as error:
            if len(batch) > 1:
                return max(1, len(batch) // 4)
            key = batch.items[0].key
            if not await self._spooled(self._spool.drop_pictures, key, 1):
                await self._refuse([Refusal(key, "too_large", str(error))])
            return 1
        except api.Refused as error:
            if len(batch) > 1:  # one of them is at fault: find it
                return max(1, len(batch) // 4)
            await self._refuse([Refusal(batch.items[0].key, error.code, error.message)])
            return limit
        await self._settle(batch, results)
        return min(limit * 2, self._pace.batch)

    async def _settle(self, batch: Batch, results: Sequence[wire.Result]) -> None:
        metrics = self.metrics
        done: list[int] = []
        refused: list[Refusal] = []
        for item, result in zip(batch.items, results, strict=True):
            if result.status != "invalid":
                done.append(item.key)
                metrics.delivered += result.status == "stored"
                metrics.duplicates += result.status == "duplicate"
                metrics.stale += result.status == "stale"
            elif result.code == "bad_picture" and item.event.snapshots:
                logger.error("alert %s: its picture was refused: %s", result.uid, result.message)
                await self._spooled(self._spool.drop_pictures, item.key)
            else:
                refused.append(Refusal(
                    item.key, result.code or "invalid", result.message or ""))
        await self._spooled(self._spool.done, done)
        await self._refuse(refused)
        metrics.batches += 1
        metrics.last_success = self._monotonic()

    async def _refuse(self, refusals: Sequence[Refusal]) -> None:
        for refusal in refusals:
            logger.error("an alert was refused for good: %s %s", refusal.code, refusal.message)
        self.metrics.refused += len(refusals)
        await self._spooled(self._spool.refused, refusals)

    @staticmethod
    async def _spooled(work: Callable[..., T], *arguments: Any) -> T:
        """Do work on the spool to its end even when the task is cancelled meanwhile."""
        return await asyncio.shield(asyncio.to_thread(work, *arguments))
