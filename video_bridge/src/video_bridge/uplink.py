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
import contextlib
import json
import logging
import os
import random
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, TypeVar

from video_bridge import __version__, api, config, lease, wire
from video_bridge.fleet import Fleet
from video_bridge.model import Camera, CameraHealth, QrSighting, Still
from video_bridge.settings import Settings
from video_bridge.spool import Batch, Refusal, Spool
from video_bridge.state import State

logger = logging.getLogger(__name__)
T = TypeVar("T")

LOOK = 0.1
"""Seconds between two looks into an empty spool."""
FULL_HEALTH = 60.0
"""Seconds between two reports of every camera's health."""
STILL_LOOK = 1.0
WATCHED = 2.0
"""Seconds between two stills of a camera that somebody looks at."""
TRIM = 30.0
STILLS_AT_ONCE = 50
STILL_BYTES = 4 * 1024 * 1024
SKEW = 5.0
"""Seconds by which the clock may be wrong before that is a problem."""
SIGHTING_KEPT = 600.0
SLOW_BATCH = 10
"""A batch is not made smaller than this because the platform is slow."""


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
        self._watched: frozenset[int] = frozenset()
        self._sightings: list[tuple[float, QrSighting]] = []

    @property
    def problem(self) -> str | None:
        """What is wrong now, in words for whoever runs the bridge; None if nothing is."""
        return "; ".join(self.metrics.problems.values()) or None

    @property
    def configuration(self) -> config.Configuration | None:
        """The configuration in force."""
        return self._config

    async def run(self) -> None:
        """Keep in touch with the platform until cancelled."""
        self._state.lock()
        try:
            if self._settings.odoo is None:
                await self._run_alone()
                return
            await self._take_up()
            bridge = self._state.identity()
            async with (
                api.Client(self._settings.odoo, bridge) as client,
                asyncio.TaskGroup() as tasks,
            ):
                tasks.create_task(self._beat(client))
                tasks.create_task(self._deliver(client))
                tasks.create_task(self._bring_pictures(client))
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
            self._config, self._etag = config.parse(document), etag
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
            await _first(self._beat_now, wait - (self._monotonic() - begun))

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
        self._watched = answer.stills
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
            parsed = config.parse(found.body)
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
            await asyncio.to_thread(
                lease.close_all, self._spool, self._spool.open_episodes(retired), self._clock())

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

    # -- delivery -------------------------------------------------------------------

    async def _deliver(self, client: api.Client) -> None:
        backoff = Backoff(self._pace.retry_min, self._pace.retry_max)
        limit = self._pace.batch
        while True:
            try:
                batch = await asyncio.to_thread(
                    self._spool.batch, limit, self._pace.batch_bytes)
                if not batch:
                    await asyncio.sleep(LOOK)
                    continue
                limit = await self._deliver_one(client, batch, limit)
            except api.KeyRefused as error:
                self.metrics.batch_errors += 1
                self._lost("delivery", error, key=True)
                wait = self._pace.refused_key
            except api.Unreachable as error:
                self.metrics.batch_errors += 1
                self._lost("delivery", error)
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
            await _first(self._reached, wait)

    async def _deliver_one(self, client: api.Client, batch: Batch, limit: int) -> int:
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

    # -- stills, cards ----------------------------------------------------------------

    async def _bring_pictures(self, client: api.Client) -> None:
        due: dict[int, float] = {}
        watched_at = 0.0
        while True:
            await asyncio.sleep(STILL_LOOK)
            now = self._monotonic()
            wanted = self._due_stills(due, now)
            if now - watched_at >= WATCHED:
                wanted |= self._watched
                watched_at = now
            await self._quietly("stills", self._bring_stills(client, wanted))
            await self._quietly("cards", self._bring_sightings(client))

    def _due_stills(self, due: dict[int, float], now: float) -> set[int]:
        """The cameras whose regular still is due; spread over the interval."""
        interval = self._config.still_interval if self._config else 0.0
        if interval <= 0:
            due.clear()
            return set()
        for camera in [c for c in due if c not in self._assigned]:
            del due[camera]
        wanted = set()
        for camera in self._assigned:
            if camera > 0 and due.setdefault(camera, now + random.uniform(0, interval)) <= now:
                wanted.add(camera)
                due[camera] = now + interval
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

    # -- without a platform ----------------------------------------------------------------

    async def _run_alone(self) -> None:
        """The cameras stand in the settings file; alerts go into files beside the spool."""
        cameras = self._settings.cameras
        self._fleet.assign(cameras, self._spool.open_episodes([c.id for c in cameras]))
        while True:
            batch = await asyncio.to_thread(self._spool.batch, self._pace.batch)
            if batch:
                await self._spooled(self._write_down, batch)
                self.metrics.delivered += len(batch)
            else:
                await asyncio.sleep(LOOK)

    def _write_down(self, batch: Batch) -> None:
        """Append alerts to ``alerts.jsonl``; their pictures into ``pictures/``."""
        folder = self._settings.bridge.state_dir
        (folder / "pictures").mkdir(exist_ok=True, mode=0o700)
        for event in batch.events:
            for number, snapshot in enumerate(event.snapshots):
                path = folder / "pictures" / _picture_name(event.uid, event.sequence, number)
                path.write_bytes(snapshot.jpeg)
        handle = os.open(folder / "alerts.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with open(handle, "a", encoding="utf-8") as file:
            for event in batch.events:
                line = wire.alert(replace(event, snapshots=()))
                line["snapshots"] = [_picture_name(event.uid, event.sequence, number)
                                     for number in range(len(event.snapshots))]
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._spool.done([item.key for item in batch.items])


def _picture_name(uid: str, sequence: int, number: int) -> str:
    return f"{uid}-{sequence}-{number}.jpg"


async def _first(event: asyncio.Event, wait: float) -> None:
    """Wait some seconds, or until the event is set anew."""
    if wait <= 0:
        await asyncio.sleep(0)
        return
    event.clear()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), wait)
