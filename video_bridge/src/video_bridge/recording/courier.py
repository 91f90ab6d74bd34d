"""Brings clips to the platform: after their alert, and never instead of one.

One clip is under way at a time. It is deleted here when the platform has it or will never take it.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from video_bridge import api
from video_bridge.recording.store import ClipStore, StoreError, Waiting
from video_bridge.settings import PaceSettings
from video_bridge.spool import Spool
from video_bridge.uplink_metrics import UplinkMetrics

logger = logging.getLogger(__name__)

LOOK = 1.0
"""Seconds between two looks into the folder."""
TRIM = 30.0
BEHIND = 10.0
"""While an alert has waited for more seconds than this, clips wait as well."""
AT_ONCE = 20
"""Clips that are looked at, of those that wait."""
UNKNOWN_WAITS = (10.0, 30.0, 120.0, 600.0, 1800.0)
"""Waits while the platform does not know the alert; then the clip is given up."""
LONGEST = 300.0


@dataclass(slots=True)
class _Attempts:
    """What has been tried with one clip."""

    not_before: float = 0.0
    failures: int = 0
    unknown: int = 0


class ClipCourier:
    """Delivers what lies in the store."""

    def __init__(
        self,
        store: ClipStore,
        spool: Spool,
        pace: PaceSettings,
        metrics: UplinkMetrics,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """A courier that does not run yet."""
        self.metrics = metrics
        self._store, self._spool, self._pace = store, spool, pace
        self._monotonic, self._clock = monotonic, clock
        self._attempts: dict[str, _Attempts] = {}

    async def run(self, client: api.Client) -> None:
        """Deliver until cancelled."""
        trim_at = float("-inf")
        while True:
            try:
                if self._monotonic() >= trim_at:
                    trim_at = self._monotonic() + TRIM
                    await asyncio.to_thread(self._keep_house)
                while await self._bring_one(client):
                    pass
            except api.KeyRefused as error:
                logger.info("clips: %s", error)
                await asyncio.sleep(self._pace.refused_key)
            except Exception:
                logger.exception("the delivery of clips failed")
            await asyncio.sleep(LOOK)

    def _keep_house(self) -> None:
        self.metrics.clips_dropped += self._store.trim()
        self._store.tidy()

    async def _bring_one(self, client: api.Client) -> bool:
        """Bring the oldest clip that can be brought; whether to go on with the next."""
        waiting = await asyncio.to_thread(self._store.waiting)
        self.metrics.clips_waiting = len(waiting)
        self.metrics.clip_bytes = sum(one.size for one in waiting)
        known = {one.uid for one in waiting}
        self._attempts = {uid: one for uid, one in self._attempts.items() if uid in known}
        if not waiting or not self.metrics.connected:
            return False
        chosen = await asyncio.to_thread(self._choose, waiting)
        if chosen is None:
            return False
        return await self._bring(client, chosen)

    def _choose(self, waiting: list[Waiting]) -> str | None:
        """The oldest clip whose alert the platform has, while no alert is kept waiting."""
        now = self._monotonic()
        due = [
            one.uid
            for one in waiting
            if one.uid not in self._attempts or self._attempts[one.uid].not_before <= now
        ][:AT_ONCE]
        if not due:
            return None
        oldest = self._spool.stats().oldest
        if oldest is not None and self._clock() - oldest > BEHIND:
            return None
        steps = self._spool.steps(due)
        # an episode that the spool has forgotten was delivered long ago
        return next((uid for uid in due if uid not in steps or not steps[uid][2]), None)

    async def _bring(self, client: api.Client, uid: str) -> bool:
        """Bring one clip; whether the platform has answered."""
        attempts = self._attempts.setdefault(uid, _Attempts())
        metrics = self.metrics
        try:
            clip, data = await asyncio.to_thread(self._store.read, uid)
            known = await client.clip(clip, data)
        except StoreError as error:
            await self._give_up(uid, str(error))
        except api.KeyRefused:
            metrics.clip_errors += 1
            raise
        except api.TooLarge as error:
            await self._give_up(uid, str(error))
        except api.Refused as error:
            if error.status != HTTPStatus.NOT_FOUND:
                await self._give_up(uid, str(error))
            elif attempts.unknown >= len(UNKNOWN_WAITS):
                await self._give_up(uid, "the platform does not know its alert")
            else:
                attempts.not_before = self._monotonic() + UNKNOWN_WAITS[attempts.unknown]
                attempts.unknown += 1
        except api.Unreachable as error:
            metrics.clip_errors += 1
            wait = min(self._pace.retry_min * 2.0 ** min(attempts.failures, 20), LONGEST)
            wait = max(wait * random.uniform(0.5, 1.0), error.retry_after or 0.0)
            attempts.failures += 1
            attempts.not_before = self._monotonic() + wait
            logger.info("clip %s: %s; again in %.1f s", uid, error, wait)
            return False
        else:
            metrics.clips_delivered += 1
            await self._gone(uid)
            logger.info("clip %s: %s", uid, "was known" if known else "delivered")
        return True

    async def _give_up(self, uid: str, why: str) -> None:
        logger.warning("clip %s was given up: %s", uid, why)
        self.metrics.clips_refused += 1
        await self._gone(uid)

    async def _gone(self, uid: str) -> None:
        await asyncio.shield(asyncio.to_thread(self._store.remove, uid))
        self._attempts.pop(uid, None)
