"""The uplink: what passes between this bridge and the platform.

It runs in the supervisor's loop. One task asks for the lease and the configuration (heartbeat),
one delivers what lies in the spool, one brings stills and installation cards. Each goes on by
itself whatever happens to the others.

*Lease.* A bridge reads the cameras that the platform has given it. While the platform is away it
keeps them: nobody else can be given them meanwhile. As soon as the platform answers, the new
lease holds, and so do the episodes that come with it: whoever had the cameras in between began
them, and they are gone on with under the same uid, so that an episode stays one record.

*Order.* One batch is under way at a time, oldest first; it is repeated until the platform has
said what became of it. A repeated alert is recognised there by uid and sequence.

Schedules follow the monotonic clock; a jump of the wall clock changes none of them.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from video_bridge import __version__, alone, api, config, lease, wire
from video_bridge.courier import Courier
from video_bridge.delivery import Delivery
from video_bridge.fleet import Fleet
from video_bridge.model import Camera, CameraHealth
from video_bridge.recording.courier import ClipCourier
from video_bridge.recording.store import ClipStore
from video_bridge.settings import Settings
from video_bridge.spool import Spool
from video_bridge.state import State
from video_bridge.uplink_metrics import Backoff, UplinkMetrics, first

logger = logging.getLogger(__name__)

FULL_HEALTH = 60.0
"""Seconds between two reports of every camera's health."""
TRIM = 30.0
SKEW = 5.0
"""Seconds by which the clock may be wrong before that is a problem."""


class Uplink:
    """Runs until it is cancelled; ``metrics`` and ``problem`` say how it does."""

    def __init__(
        self,
        settings: Settings,
        spool: Spool,
        fleet: Fleet,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.metrics = UplinkMetrics()
        self._settings, self._pace = settings, settings.pace
        self._spool, self._fleet = spool, fleet
        self._monotonic, self._clock = monotonic, clock
        self._state = State(settings.bridge.state_dir)
        self._started = clock()
        self._anchor = (clock(), monotonic())
        self._reached = asyncio.Event()
        self._beat_now = asyncio.Event()
        self._config: config.Configuration | None = None
        self._etag: str | None = None
        self._lease: frozenset[int] = frozenset()
        self._confirmed: frozenset[int] = frozenset()
        self._confirmed_until = 0.0
        self._assigned: dict[int, Camera] = {}
        self._told: dict[int, CameraHealth] = {}
        self._told_all = float("-inf")
        self._delivery = Delivery(
            spool, self._pace, self.metrics, self._reached, self._lost, monotonic=monotonic)
        self._courier = Courier(
            fleet, self._pace, self.metrics, self._beat_now,
            lambda: self._config.still_interval if self._config else 0.0,
            self._reading, monotonic=monotonic)
        self._clips = ClipStore(
            settings.clips_path, settings.spool.clip_bytes, settings.spool.max_age)
        self._clip_courier = ClipCourier(
            self._clips, spool, self._pace, self.metrics, monotonic=monotonic)

    @property
    def problem(self) -> str | None:
        """What is wrong now, in words for whoever runs the bridge; None if nothing is."""
        return "; ".join(self.metrics.problems.values()) or None

    @property
    def configuration(self) -> config.Configuration | None:
        """The configuration in force."""
        return self._config

    def _reading(self) -> Collection[int]:
        return self._assigned.keys()

    async def run(self) -> None:
        """Keep in touch with the platform until cancelled."""
        self._state.lock()
        try:
            await asyncio.to_thread(self._clips.tidy, 0.0)
            if self._settings.odoo is None:
                await alone.run(self._settings, self._spool, self._fleet, self.metrics)
                return
            await self._take_up()
            bridge = self._state.identity()
            async with (
                api.Client(self._settings.odoo, bridge) as client,
                asyncio.TaskGroup() as tasks,
            ):
                tasks.create_task(self._beat(client))
                tasks.create_task(self._delivery.run(client))
                tasks.create_task(self._courier.run(client))
                tasks.create_task(self._clip_courier.run(client))
                tasks.create_task(self._trim())
        finally:
            self._state.unlock()

    # -- heartbeat: lease, configuration -------------------------------------------

    async def _take_up(self) -> None:
        """Begin with what was known last: the platform may be away."""
        etag, document = await asyncio.to_thread(self._state.config)
        if document is None:
            return
        try:
            self._config = config.parse(document, self._settings.bridge.files)
            self._etag = etag
        except config.ConfigError as error:
            logger.warning("the saved configuration is passed over: %s", error)
            return
        self.metrics.revision = self._config.revision
        self._lease = await asyncio.to_thread(self._state.lease)
        if self._lease:
            episodes = await asyncio.to_thread(self._spool.open_episodes, self._lease)
            self._assign(episodes)

    async def _beat(self, client: api.Client) -> None:
        backoff = Backoff(self._pace.retry_min, self._pace.heartbeat)
        while True:
            begun = self._monotonic()
            wait = self._pace.heartbeat * random.uniform(0.9, 1.0)
            try:
                await self._beat_once(client)
            except api.KeyRefused as error:
                self._lost("heartbeat", error, key=True)
                wait = self._pace.refused_key
            except api.ApiError as error:
                self._lost("heartbeat", error)
                wait = backoff.next(getattr(error, "retry_after", None))
            except Exception:
                logger.exception("the heartbeat failed")
                self.metrics.problems["heartbeat"] = "the heartbeat failed; see the log"
                wait = backoff.next()
            else:
                backoff.reset()
            await first(self._beat_now, wait - (self._monotonic() - begun))

    async def _beat_once(self, client: api.Client) -> None:
        now = self._monotonic()
        if now > self._confirmed_until:
            self._confirmed = frozenset()  # others may have had them since
        held = self._confirmed
        health = {h.camera: h for h in self._fleet.health() if h.camera > 0}
        full = now - self._told_all >= FULL_HEALTH
        changed = [h for h in health.values() if full or self._told.get(h.camera) != h]
        report = await self._report(held, changed)
        try:
            answer = await client.heartbeat(report)
        except api.ApiError:
            self.metrics.heartbeat_errors += 1
            raise
        self.metrics.heartbeats += 1
        self._told = health
        if full:
            self._told_all = now
        self._found(answer.server_time, now)
        if self._config is None or answer.revision != self._config.revision:
            try:
                await self._fetch_config(client)
            except api.ApiError as error:
                if self._config is None:
                    raise
                # the lease holds all the same; the next heartbeat tries again
                self.metrics.problems["config"] = f"no new configuration: {error}"
                logger.warning("no new configuration: %s", error)
        await self._obey(answer, held)
        self._confirmed, self._confirmed_until = answer.cameras, now + answer.ttl
        self._courier.watched = answer.stills
        self._fleet.want_stills(answer.stills)

    async def _report(
        self, held: Collection[int], changed: Sequence[CameraHealth]
    ) -> dict[str, Any]:
        stats = await asyncio.to_thread(self._spool.stats)
        problems = [text for key, text in self.metrics.problems.items() if key != "heartbeat"]
        if stats.problem:
            problems.append(stats.problem)
        return {
            "name": self._settings.bridge.name[:200],
            "version": __version__,
            "started_at": wire.moment(self._started),
            "capacity": self._settings.bridge.capacity,
            "held": sorted(held),
            "cameras": [wire.health(h) for h in changed],
            "spool": {
                "alerts": stats.alerts,
                "oldest": None if stats.oldest is None else wire.moment(stats.oldest),
                "dropped_pictures": stats.dropped_pictures,
            },
            "problem": "; ".join(problems)[:500] or None,
        }

    async def _fetch_config(self, client: api.Client) -> None:
        found = await client.config(self._etag if self._config else None)
        if found is None:
            return
        try:
            parsed = config.parse(found.body, self._settings.bridge.files)
        except config.ConfigError as error:
            self.metrics.problems["config"] = f"the configuration cannot be used: {error}"
            logger.error("the configuration cannot be used: %s", error)
            return
        self.metrics.problems.pop("config", None)
        if parsed.problems:
            self.metrics.problems["config"] = (
                f"{len(parsed.problems)} cameras are left out: {parsed.problems[0]}")
            for problem in parsed.problems:
                logger.error("configuration: %s", problem)
        self._config, self._etag = parsed, found.etag
        self.metrics.revision = parsed.revision
        await asyncio.to_thread(self._state.save_config, found.etag, dict(found.body))
        logger.info("configuration %d: %d cameras, %d unbound streams", parsed.revision,
                    len(parsed.cameras), len(parsed.unbound))

    async def _obey(self, answer: wire.Heartbeat, held: frozenset[int]) -> None:
        """Read exactly what the lease says; go on with the episodes that come with it."""
        given = answer.cameras - held
        settled = await asyncio.to_thread(
            lease.settle, self._spool, given, answer.episodes, self._clock())
        self.metrics.adopted += settled.adopted
        if answer.cameras != self._lease:
            lost = self._lease - answer.cameras
            logger.info("lease: %d cameras, %d new, %d given up", len(answer.cameras),
                        len(given), len(lost))
            self._lease = answer.cameras
            await asyncio.to_thread(self._state.save_lease, answer.cameras)
        self.metrics.leased = len(answer.cameras)
        # a camera that went on being read here while another bridge had it begins again
        stop = settled.foreign & self._assigned.keys()
        if stop:
            self._fleet.assign([c for c in self._cameras() if c.id not in stop], ())
            self._assigned = {i: c for i, c in self._assigned.items() if i not in stop}
        cameras = {camera.id: camera for camera in self._cameras()}
        if cameras == self._assigned:
            return
        new = cameras.keys() - self._assigned.keys()
        retired = {i for i in self._assigned.keys() - cameras.keys() if i in self._lease}
        self._assign([e for e in settled.episodes if e.camera in new])
        if retired:
            await asyncio.to_thread(self._retire, retired)

    def _retire(self, cameras: Collection[int]) -> None:
        """End what goes on at cameras that were taken out of service."""
        lease.close_all(self._spool, self._spool.open_episodes(cameras), self._clock())

    def _cameras(self) -> list[Camera]:
        """What to read: the leased cameras and the streams that wait for their card."""
        if self._config is None:
            return []
        leased = [camera for camera in self._config.cameras if camera.id in self._lease]
        return [*leased, *self._config.unbound]

    def _assign(self, episodes: Iterable[Any]) -> None:
        cameras = self._cameras()
        self._fleet.assign(cameras, tuple(episodes))
        self._assigned = {camera.id: camera for camera in cameras}

    def _found(self, server_time: float, asked: float) -> None:
        """The platform has answered."""
        now = self._monotonic()
        middle = server_time + (now - asked) / 2
        self._anchor = (middle, now)
        metrics = self.metrics
        metrics.clock_skew = middle - self._clock()
        if abs(metrics.clock_skew) > SKEW:
            metrics.problems["clock"] = (
                f"the clock is wrong by {metrics.clock_skew:+.0f} s against the platform's")
        else:
            metrics.problems.pop("clock", None)
        if not metrics.connected:
            logger.info("the platform answers")
        metrics.connected, metrics.key_refused, metrics.last_success = True, False, now
        metrics.problems.pop("heartbeat", None)
        self._reached.set()

    def _lost(self, part: str, error: api.ApiError, *, key: bool = False) -> None:
        """The platform does not answer, or does not want us."""
        text = f"the platform refuses the key: {error}" if key else f"no answer: {error}"
        if self.metrics.problems.get(part) != text:
            logger.warning("%s", text)
        self.metrics.problems[part] = text
        self.metrics.connected = False
        self.metrics.key_refused = key
        self._reached.clear()

    # -- keeping house ------------------------------------------------------------------

    async def _trim(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._spool.trim, self._now())
            except Exception as error:
                logger.warning("the spool could not be trimmed: %s", error)
            await asyncio.sleep(TRIM)

    def _now(self) -> float:
        """The moment by the platform's clock as last heard, whatever ours has done since."""
        moment, counted = self._anchor
        return moment + self._monotonic() - counted
