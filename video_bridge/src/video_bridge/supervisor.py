"""The supervisor: gives every shard its cameras, starts killed ones again, gathers what they tell.

It implements `fleet.Fleet` for the uplink. A shard is a process; when one dies, another takes its
place with the same cameras and goes on with the episodes that the spool knows to be open.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sqlite3
import sys
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from video_bridge.channel import Channel
from video_bridge.model import Camera, CameraHealth, OpenEpisode, QrSighting, Still
from video_bridge.shard import Report, ShardSettings
from video_bridge.spool import Spool

_logger = logging.getLogger(__name__)

RESTART_WAITS = (0.1, 1.0, 5.0, 15.0)
STEADY = 60.0
"""Seconds after which a shard's next death counts as its first."""
MAX_STILLS = 2000
START_PATIENCE = 30.0
"""Seconds within which one shard at least has to be running."""
SILENT = 30.0
"""Seconds without a report after which a shard counts as hung and is killed."""


class StartError(RuntimeError):
    """No shard can be started."""


@dataclass(slots=True)
class _Shard:
    """A shard as the supervisor sees it."""

    number: int
    process: asyncio.subprocess.Process | None = None
    channel: Channel | None = None
    report: Report | None = None
    reported_at: float = 0.0
    started_at: float = 0.0
    deaths: int = 0
    restarts: int = 0
    task: asyncio.Task[None] | None = None
    cameras: dict[int, Camera] = field(default_factory=dict)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """What it is told about its cameras, one after the other."""
    problem: str | None = None
    """Why its process could not be started."""


class Supervisor:
    """Runs the shards. Its methods are called in its loop."""

    def __init__(
        self,
        settings: ShardSettings,
        shards: int,
        spool: Spool,
        timezone: Callable[[], ZoneInfo] = lambda: ZoneInfo("Asia/Shanghai"),
    ) -> None:
        """A supervisor of so many shards.

        :param settings: what every shard is given; its number is put in.
        :param timezone: of the rules' hours; asked whenever cameras are assigned.
        """
        self._settings = settings
        self._spool = spool
        self._timezone = timezone
        self._shards = [_Shard(number) for number in range(max(1, shards))]
        self._places: dict[int, _Shard] = {}
        self._health: dict[int, CameraHealth] = {}
        self._stills: dict[int, Still] = {}
        self._sightings: list[QrSighting] = []
        self._views: dict[int, list[asyncio.Future[bytes]]] = {}
        self._telling: set[asyncio.Task[None]] = set()
        self._stopping = False

    # Running

    async def start(self) -> None:
        """Start the shards.

        :raise StartError: none is running after a while; with some of them the bridge goes on.
        """
        for shard in self._shards:
            shard.task = asyncio.create_task(self._keep(shard))
        try:
            async with asyncio.timeout(START_PATIENCE):
                await asyncio.gather(*(self._started(shard) for shard in self._shards))
        except TimeoutError:
            if all(shard.channel is None for shard in self._shards):
                why = "; ".join({shard.problem for shard in self._shards if shard.problem})
                raise StartError(
                    f"no process that reads cameras could be started within"
                    f" {START_PATIENCE:.0f} s: {why or 'see the log'}"
                ) from None

    async def _started(self, shard: _Shard) -> None:
        while shard.channel is None and not (shard.task and shard.task.done()):
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Let the shards end; kill those that do not within a few seconds."""
        self._stopping = True
        for shard in self._shards:
            if shard.channel is not None:
                shard.channel.send("stop")
        tasks = [shard.task for shard in self._shards if shard.task is not None]
        if tasks:
            _done, waiting = await asyncio.wait(tasks, timeout=8.0)
            for shard in self._shards:
                if shard.task in waiting:
                    self._kill(shard)
            if waiting:
                await asyncio.wait(waiting, timeout=5.0)
        for futures in self._views.values():
            for future in futures:
                future.cancel()

    def _kill(self, shard: _Shard) -> None:
        if shard.process is not None and shard.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                shard.process.kill()

    async def _keep(self, shard: _Shard) -> None:
        """Run a shard; run another when it ends."""
        while not self._stopping:
            try:
                await self._run(shard)
            except Exception as error:
                shard.problem = f"{type(error).__name__}: {error}"
                _logger.exception("Shard %d could not be run", shard.number)
            if self._stopping:
                return
            if time.monotonic() - shard.started_at > STEADY:
                shard.deaths = 0
            wait = RESTART_WAITS[min(shard.deaths, len(RESTART_WAITS) - 1)]
            shard.deaths += 1
            shard.restarts += 1
            status = shard.process.returncode if shard.process else None
            _logger.error(
                "Shard %d has ended (status %s); started again in %.1f s",
                shard.number, status, wait,
            )  # fmt: skip
            self._mark_down(shard)
            await asyncio.sleep(wait)

    async def _run(self, shard: _Shard) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            handle = theirs.fileno()
            shard.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "video_bridge.shard_main", str(handle),
                pass_fds=(handle,), stdin=asyncio.subprocess.DEVNULL, env=_environment(),
            )  # fmt: skip
        shard.started_at = shard.reported_at = time.monotonic()
        channel = await Channel.open(ours)
        channel.send("start", replace(self._settings, number=shard.number))
        shard.channel, shard.problem = channel, None
        self._tell(shard, channel, ())
        watching = asyncio.create_task(self._watch(shard))
        try:
            while True:
                message = await channel.receive()
                if message is None:
                    break
                self._hear(shard, *message)
        finally:
            watching.cancel()
            shard.channel = None
            channel.close()
            if not self._stopping:
                self._kill(shard)
            await shard.process.wait()

    async def _watch(self, shard: _Shard) -> None:
        """Kill a shard that hangs: its episodes and cameras go on in the next one."""
        while True:
            await asyncio.sleep(SILENT / 6)
            silent = time.monotonic() - shard.reported_at
            stuck = shard.report is not None and shard.report.stuck
            if silent > SILENT or stuck:
                _logger.error("Shard %d hangs; it is killed", shard.number)
                self._kill(shard)
                return

    def _mark_down(self, shard: _Shard) -> None:
        """The cameras of a dead shard are not online."""
        now = time.time()
        shard.report = None
        for key in shard.cameras:
            health = self._health.get(key)
            if health is not None and health.online:
                self._health[key] = replace(
                    health, online=False, since=now, problem="restarting"
                )

    def _hear(self, shard: _Shard, kind: str, value: object) -> None:
        if kind == "health" and isinstance(value, list):
            for health in value:
                if health.camera in shard.cameras:
                    self._health[health.camera] = health
        elif kind == "report" and isinstance(value, Report):
            shard.report = value
            shard.reported_at = time.monotonic()
        elif kind == "stills" and isinstance(value, list):
            for still in value:
                if len(self._stills) < MAX_STILLS or still.camera in self._stills:
                    self._stills[still.camera] = still
                self._show(still.camera, still.jpeg, plain=True)
        elif kind == "sightings" and isinstance(value, list):
            self._sightings += value
        elif kind == "view" and isinstance(value, tuple):
            self._show(value[0], value[1], plain=False)

    # fleet.Fleet

    def assign(self, cameras: Sequence[Camera], episodes: Sequence[OpenEpisode]) -> None:
        """Read exactly these cameras from now on; go on with these open episodes."""
        wanted = {camera.id: camera for camera in cameras}
        for shard in self._shards:
            for key in shard.cameras.keys() - wanted.keys():
                del shard.cameras[key]
                self._places.pop(key, None)
                self._health.pop(key, None)
                self._stills.pop(key, None)
        for key, camera in wanted.items():
            shard = self._places.get(key) or min(
                self._shards, key=lambda one: (len(one.cameras), one.number)
            )
            self._places[key] = shard
            shard.cameras[key] = camera
            if key not in self._health:
                self._health[key] = CameraHealth(
                    key, online=False, since=time.time(), problem="connecting"
                )
        for shard in self._shards:
            if shard.channel is not None:
                self._tell(shard, shard.channel, episodes)

    def _tell(self, shard: _Shard, channel: Channel, episodes: Iterable[OpenEpisode]) -> None:
        """Tell a shard its cameras of this moment, after what it is being told already."""
        work = self._assign(shard, channel, dict(shard.cameras), tuple(episodes))
        task = asyncio.create_task(work)
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _assign(
        self,
        shard: _Shard,
        channel: Channel,
        cameras: dict[int, Camera],
        episodes: tuple[OpenEpisode, ...],
    ) -> None:
        """Tell a shard its cameras, with what is open there.

        What the spool knows and what the uplink brings are the same episodes, seen at different
        moments: the later one counts. The spool is read beside the loop: a slow disk holds up
        neither heartbeat nor health.
        """
        async with shard.turn:
            known: dict[str, OpenEpisode] = {}
            for episode in [*await asyncio.to_thread(self._open, cameras), *episodes]:
                if episode.camera not in cameras:
                    continue
                before = known.get(episode.uid)
                if before is None or before.sequence <= episode.sequence:
                    known[episode.uid] = episode
            channel.send(
                "assign", (list(cameras.values()), list(known.values()), self._timezone())
            )

    def _open(self, cameras: Collection[int]) -> Sequence[OpenEpisode]:
        try:
            return self._spool.open_episodes(cameras)
        except (sqlite3.Error, OSError):  # cameras are to be read all the same
            _logger.exception("What is open in the spool cannot be read")
            return ()

    def health(self) -> Sequence[CameraHealth]:
        """How every assigned camera does."""
        return list(self._health.values())

    def want_stills(self, cameras: Collection[int]) -> None:
        """Make a still of each of these soon."""
        for shard in self._shards:
            asked = [key for key in cameras if key in shard.cameras]
            if asked and shard.channel is not None:
                shard.channel.send("stills", asked)

    def take_stills(self) -> Sequence[Still]:
        """The stills made since the last call: the newest of each camera."""
        stills, self._stills = list(self._stills.values()), {}
        return stills

    def take_sightings(self) -> Sequence[QrSighting]:
        """The cards seen since the last call."""
        sightings, self._sightings = self._sightings, []
        return sightings

    # For the health and tuning pages

    @property
    def cameras(self) -> dict[int, Camera]:
        """The assigned cameras."""
        return {key: camera for shard in self._shards for key, camera in shard.cameras.items()}

    @property
    def reports(self) -> dict[int, Report | None]:
        """What every shard told last; None while it is down."""
        return {shard.number: shard.report for shard in self._shards}

    @property
    def restarts(self) -> dict[int, int]:
        """How often every shard was started again."""
        return {shard.number: shard.restarts for shard in self._shards}

    @property
    def pids(self) -> list[int]:
        """The processes of the shards that run."""
        return [
            shard.process.pid
            for shard in self._shards
            if shard.process is not None and shard.process.returncode is None
        ]

    def problems(self) -> list[str]:
        """What is wrong with the shards, in words."""
        found = []
        for shard in self._shards:
            if shard.channel is None:
                found.append(f"shard {shard.number} is down")
            elif shard.report is None or not shard.report.ready:
                found.append(f"shard {shard.number} is starting")
            elif shard.report.stuck:
                found.append(f"shard {shard.number} hangs")
        return found

    async def view(self, camera: int, timeout: float = 8.0) -> bytes | None:
        """A fresh picture of a camera with what its rules say; None when none comes in time."""
        shard = self._places.get(camera)
        if shard is None or shard.channel is None:
            return None
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        waiting = self._views.setdefault(camera, [])
        waiting.append(future)
        shard.channel.send("watch", camera)
        try:
            async with asyncio.timeout(timeout):
                return await future
        except TimeoutError:
            return None
        finally:
            waiting.remove(future)
            if not waiting:
                self._views.pop(camera, None)

    def _show(self, camera: int, jpeg: bytes, *, plain: bool) -> None:
        if plain and self._watchable(camera):
            return  # the picture with the drawing follows
        for future in self._views.get(camera, ()):
            if not future.done():
                future.set_result(jpeg)

    def _watchable(self, camera: int) -> bool:
        found = self.cameras.get(camera)
        return found is not None and found.state != "unbound"


def _environment() -> dict[str, str]:
    """The shards' environment: no library may start threads beside those that we know of."""
    fixed = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OPENCV_FFMPEG_LOGLEVEL": "-8"}
    return {**os.environ, **fixed}
