"""One camera, read for as long as it is wanted: connects, waits, connects again.

The waits grow with every failure and are spread by chance, and the process opens only so many
connections in a second, so that hundreds of cameras that vanish at once and come back do not come
as a storm.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from video_bridge.auth import Authenticator
from video_bridge.model import Camera
from video_bridge.rtp import Depacketiser, KeyUnit
from video_bridge.rtsp import ReceiveBuffer, RtspError, RtspSession
from video_bridge.sources import PyAvSource

_logger = logging.getLogger(__name__)

FIRST_WAIT = (0.3, 3.0)
LONGEST_WAIT = 60.0
REFUSED_WAIT = 300.0
"""After a refused password: cameras lock out who tries too often."""
STEADY = 30.0
"""Seconds of reading after which the camera counts as sound again."""
CONNECTS_PER_SECOND = 200.0
CONNECTS_AT_ONCE = 256

_ODD = {"transport", "codec"}


class Backoff:
    """How long to wait before the next attempt, in seconds."""

    def __init__(self, chance: random.Random | None = None) -> None:
        """Begin as after a success."""
        self._chance = chance or random.Random()
        self._failures = 0

    def succeeded(self) -> None:
        """The camera has been read for a while."""
        self._failures = 0

    def wait(self, problem: str) -> float:
        """The wait after one more failure."""
        self._failures += 1
        if problem == "auth":
            return REFUSED_WAIT * self._chance.uniform(0.8, 1.2)
        low, high = FIRST_WAIT
        factor = min(2.0 ** (self._failures - 1), 1024.0)
        longest = min(high * factor, LONGEST_WAIT)
        return self._chance.uniform(min(low * factor, longest / 2), longest)


class ConnectPace:
    """How fast the connections of a process are opened."""

    def __init__(
        self, per_second: float = CONNECTS_PER_SECOND, at_once: int = CONNECTS_AT_ONCE
    ) -> None:
        """A pace for the running loop."""
        self._step = 1.0 / per_second
        self._next = 0.0
        self.slots = asyncio.Semaphore(at_once)

    async def turn(self) -> None:
        """Wait until it is one's turn."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._next = max(self._next, now - 10 * self._step) + self._step
        if self._next > now:
            await asyncio.sleep(self._next - now)


class CameraReader:
    """Reads one camera; tells of key frames and of how it goes."""

    def __init__(
        self,
        camera: Camera,
        on_key: Callable[[KeyUnit], None],
        on_state: Callable[[bool, str | None], None],
        pace: ConnectPace,
        buffer: ReceiveBuffer,
    ) -> None:
        """A reader that does nothing before `run`.

        :param on_state: is told whether the camera is online, and the problem if not.
        """
        self._camera = camera
        self._on_key = on_key
        self._on_state = on_state
        self._pace = pace
        self._buffer = buffer
        self._authenticator = Authenticator(camera.username, camera.password)
        self._odd = camera.transport != "tcp" or not _is_rtsp(camera.address)
        self._session: RtspSession | None = None
        self._opened = False

    @property
    def video(self) -> Depacketiser | None:
        """What puts the pictures of the present connection together; None without one of ours."""
        return self._session.video if self._session else None

    @property
    def lost(self) -> int:
        """Packets missing from the present connection."""
        video = self.video
        return video.lost + video.damaged_keys if video else 0

    async def run(self) -> None:
        """Read until cancelled."""
        backoff = Backoff()
        while True:
            began = time.monotonic()
            try:
                await self._once()
                problem = RtspError("closed", "the stream has ended")
            except RtspError as error:
                problem = error
            except (OSError, ValueError) as error:
                problem = RtspError("protocol", f"not readable: {type(error).__name__}")
            self._session = None
            if not self._odd and problem.problem in _ODD:
                self._odd = True  # FFmpeg may know what we do not
                continue
            if self._opened and time.monotonic() - began > STEADY:
                backoff.succeeded()
            wait = backoff.wait(problem.problem)
            self._on_state(False, problem.problem)
            _logger.info(
                "Camera %d: %s (%s); again in %.1f s",
                self._camera.id, problem.problem, problem, wait,
            )  # fmt: skip
            await asyncio.sleep(wait)

    async def _once(self) -> None:
        camera = self._camera
        address = camera.address
        if not address:
            raise RtspError("address", "the camera has no address")
        self._opened = False
        await self._pace.turn()
        await self._pace.slots.acquire()
        held = True

        def release() -> None:
            nonlocal held
            if held:
                held = False
                self._pace.slots.release()

        source: RtspSession | PyAvSource
        if self._odd:
            source = PyAvSource(
                address, camera.transport, self._on_key,
                username=camera.username, password=camera.password,
            )  # fmt: skip
        else:
            self._session = source = RtspSession(
                address, self._authenticator, self._on_key, buffer=self._buffer
            )
        reading = asyncio.ensure_future(source.run())
        opening = asyncio.ensure_future(source.playing.wait())
        try:
            await asyncio.wait({reading, opening}, return_when=asyncio.FIRST_COMPLETED)
            release()
            if source.playing.is_set():
                self._opened = True
                self._on_state(True, None)
            await reading
        finally:
            release()
            opening.cancel()
            if not reading.done():
                reading.cancel()
                await asyncio.wait({reading})


def _is_rtsp(address: str | None) -> bool:
    return bool(address) and urlsplit(address or "").scheme.lower() == "rtsp"
