"""The courier: brings stills for the wall and installation cards to the platform."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Collection
from http import HTTPStatus

from video_bridge import api
from video_bridge.fleet import Fleet
from video_bridge.model import QrSighting, Still
from video_bridge.settings import PaceSettings
from video_bridge.uplink_metrics import UplinkMetrics

logger = logging.getLogger(__name__)

STILL_LOOK = 1.0
WATCHED = 2.0
"""Seconds between two stills of a camera that somebody looks at."""
FIRST_STILL = 20.0
"""Seconds within which every camera has its first still: walls and lists are not empty."""
STILLS_AT_ONCE = 50
STILL_BYTES = 4 * 1024 * 1024
SIGHTING_KEPT = 600.0


class Courier:
    """Brings what may come late or not at all."""

    def __init__(
        self,
        fleet: Fleet,
        pace: PaceSettings,
        metrics: UplinkMetrics,
        beat_now: asyncio.Event,
        interval: Callable[[], float],
        assigned: Callable[[], Collection[int]],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """A courier of a fleet's pictures.

        :param beat_now: is set when the next heartbeat should not wait.
        :param interval: seconds between two stills of every camera; 0 for none.
        :param assigned: the cameras that are read.
        """
        self.metrics = metrics
        self.watched: frozenset[int] = frozenset()
        """Cameras that somebody looks at."""
        self._fleet, self._pace, self._beat_now = fleet, pace, beat_now
        self._interval, self._assigned = interval, assigned
        self._monotonic = monotonic
        self._sightings: list[tuple[float, QrSighting]] = []
        self._begun: set[int] = set()

    async def run(self, client: api.Client) -> None:
        """Bring what there is until cancelled."""
        due: dict[int, float] = {}
        watched_at = 0.0
        while True:
            await asyncio.sleep(STILL_LOOK)
            now = self._monotonic()
            wanted = self._due_stills(due, now)
            if now - watched_at >= WATCHED:
                wanted |= self.watched
                watched_at = now
            await self._quietly("stills", self._bring_stills(client, wanted))
            await self._quietly("cards", self._bring_sightings(client))

    def _due_stills(self, due: dict[int, float], now: float) -> set[int]:
        """The cameras whose regular still is due: the first soon, the second at a moment of the
        interval that is the camera's own, so that they are spread over it from then on."""
        interval, assigned = self._interval(), self._assigned()
        if interval <= 0:
            due.clear()
            self._begun.clear()
            return set()
        for camera in [c for c in due if c not in assigned]:
            del due[camera]
            self._begun.discard(camera)
        first = min(interval, FIRST_STILL)
        wanted = set()
        for camera in assigned:
            if camera > 0 and due.setdefault(camera, now + random.uniform(0, first)) <= now:
                wanted.add(camera)
                known = camera in self._begun
                due[camera] = now + (interval if known else random.uniform(0, interval))
                self._begun.add(camera)
        return wanted

    async def _quietly(self, part: str, work: Awaitable[None]) -> None:
        """Stills and cards may fail: the next ones come by themselves."""
        try:
            await work
        except api.ApiError as error:
            logger.info("%s: %s", part, error)
        except Exception:
            logger.exception("%s failed", part)

    async def _bring_stills(self, client: api.Client, wanted: set[int]) -> None:
        if wanted and self.metrics.connected:
            self._fleet.want_stills(wanted)
        latest: dict[int, Still] = {}
        for still in self._fleet.take_stills():
            if still.camera > 0 and len(still.jpeg) <= STILL_BYTES:
                latest[still.camera] = still
        if not self.metrics.connected:
            return  # an old picture is of no use later
        stills = list(latest.values())
        while stills:
            part: list[Still] = []
            room = self._pace.batch_bytes
            while stills and len(part) < STILLS_AT_ONCE and (not part or room > 0):
                part.append(stills.pop())
                room -= len(part[-1].jpeg) * 4 // 3
            self.metrics.stills += await client.stills(part)

    async def _bring_sightings(self, client: api.Client) -> None:
        now = self._monotonic()
        self._sightings += [(now, sighting) for sighting in self._fleet.take_sightings()]
        waiting, self._sightings = self._sightings, []
        seen: set[tuple[int, str]] = set()
        for place, (since, sighting) in enumerate(waiting):
            mark = (sighting.stream, sighting.token)
            if now - since > SIGHTING_KEPT or mark in seen:
                continue
            seen.add(mark)
            try:
                camera = await client.bind(sighting)
            except api.Refused as error:
                if error.status not in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
                    raise
                logger.warning("stream %d: its card was refused: %s", sighting.stream, error)
            except api.ApiError:
                self._sightings = waiting[place:]
                raise
            else:
                logger.info("stream %d is camera %s from now on", sighting.stream, camera)
                self.metrics.bindings += 1
                self._beat_now.set()
