"""``video_bridge live-gateway``: a small media gateway, to try the live view without another one.

It speaks what the gateway of an office speaks (``gateway`` writes the settings of MediaMTX): WHEP,
the handshake of WebRTC over HTTP, under the camera's code; and it asks the platform in the same
words whether a viewer may look. A camera's stream is opened when the first viewer comes and closed
when the last has gone. Pictures are passed on as they are, H.264 only. For a few viewers in one
network: an office runs MediaMTX.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import secrets
import signal
import sys
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from video_bridge import api, config, gateway, jsonlog, settings
from video_bridge.model import Camera

try:
    from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription

    from video_bridge.live_source import LiveError, LiveSource, LiveTrack
except ModuleNotFoundError:  # an extra: bridges do not need it
    RTCPeerConnection = None  # type: ignore[assignment,misc]

_logger = logging.getLogger(__name__)

MAX_CAMERAS = 8
MAX_VIEWERS = 24
MAX_OFFER = 64 * 1024
ASK_TIMEOUT = 10.0
CONNECT_TIMEOUT = 20.0
"""Seconds within which a viewer's connection has to stand."""
_GONE = {"closed", "failed", "disconnected"}
_SDP = "application/sdp"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Asked = Callable[[str, str, str], Awaitable[bool]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("settings", type=Path, help="the settings file (TOML)")
    parser.add_argument(
        "--ask", metavar="URL", required=True,
        help="where to ask who may look: https://OFFICE/yst/video/live/check",
    )
    parser.add_argument(
        "--origin", metavar="ORIGIN", action="append", required=True,
        help="of the pages that may play, such as https://OFFICE; may be given several times",
    )
    parser.add_argument("--listen", default="127.0.0.1:8889", help="HOST:PORT (%(default)s)")


def main(options: argparse.Namespace) -> int:
    """Serve until told to stop."""
    if RTCPeerConnection is None:
        print("live-gateway needs requirements-live.txt", file=sys.stderr)  # noqa: T201
        return 2
    try:
        found = settings.load(options.settings)
        place = urlsplit(f"//{options.listen}")
        if not place.hostname or place.port is None:
            raise settings.SettingsError("--listen must be HOST:PORT")
    except (settings.SettingsError, ValueError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    jsonlog.set_up(found.bridge.log_level)
    logging.getLogger("aioice").setLevel(logging.WARNING)
    return asyncio.run(_serve(found, options, place.hostname, place.port))


async def _serve(
    found: settings.Settings, options: argparse.Namespace, host: str, port: int
) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with aiohttp.ClientSession() as session:
        one = LiveGateway(asking(session, options.ask), options.origin)
        one.take(found.cameras)
        following = (
            asyncio.create_task(_follow(found.odoo, one)) if found.odoo is not None else None
        )
        try:
            await one.start(host, port)
            _logger.info("live gateway on port %d", one.port)
            await stop.wait()
        except OSError as error:
            _logger.error("the live gateway cannot listen: %s", error)
            return 1
        finally:
            if following is not None:
                following.cancel()
            await one.stop()
    return 0


async def _follow(odoo: settings.OdooSettings, one: LiveGateway) -> None:
    """Know the cameras' addresses, and follow what changes."""
    etag: str | None = None
    async with api.Client(odoo, str(uuid.uuid4())) as client:
        while True:
            try:
                answer = await client.config(etag)
                if answer is not None:
                    one.take(config.parse(answer.body).cameras)
                    etag = answer.etag
            except (api.ApiError, config.ConfigError) as error:
                _logger.warning("no configuration: %s", error)
            await asyncio.sleep(gateway.PAUSE)


def asking(session: aiohttp.ClientSession, url: str) -> Asked:
    """A function that asks the platform, in MediaMTX's words, whether a viewer may look."""

    async def ask(path: str, query: str, remote: str) -> bool:
        body = {
            "action": "read", "path": path, "query": query, "protocol": "webrtc",
            "ip": remote, "user": "", "password": "", "token": "", "id": str(uuid.uuid4()),
        }
        timeout = aiohttp.ClientTimeout(total=ASK_TIMEOUT)
        async with session.post(url, json=body, timeout=timeout, allow_redirects=False) as answer:
            if answer.status >= 500:
                raise aiohttp.ClientError(f"status {answer.status}")
            return 200 <= answer.status < 300

    return ask


@dataclass(slots=True)
class _Viewer:
    peer: Any
    source: LiveSource
    track: LiveTrack


class LiveGateway:
    """The gateway's HTTP server, the streams that are open, and who looks."""

    def __init__(
        self, ask: Asked, origins: Sequence[str], *,
        max_cameras: int = MAX_CAMERAS, max_viewers: int = MAX_VIEWERS, linger: float | None = None,
    ) -> None:
        """A gateway that knows no camera yet."""
        self.port = 0
        self.viewers: dict[str, _Viewer] = {}
        self.sources: dict[str, LiveSource] = {}
        self._ask = ask
        self._origins = frozenset(origin.rstrip("/") for origin in origins)
        self._addresses: dict[str, str] = {}
        self._max_cameras, self._max_viewers = max_cameras, max_viewers
        self._linger = linger
        self._coming = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None

    def take(self, cameras: Sequence[Camera]) -> None:
        """The cameras that there are now; a changed address counts for the next viewer."""
        found = {
            camera.code: address
            for camera in cameras
            if camera.code and camera.state != "unbound" and (address := gateway.source(camera))
        }
        for code, address in self._addresses.items():
            if found.get(code) != address and code in self.sources:
                self.sources.pop(code).close()
        self._addresses = found

    async def start(self, host: str, port: int) -> None:
        """Listen; `port` 0 takes a free one."""
        app = web.Application(client_max_size=MAX_OFFER, middlewares=[self._guard])
        app.router.add_post("/{path:.+}/whep", self._join)
        app.router.add_delete("/{path:.+}/whep/{secret}", self._leave)
        app.router.add_route("OPTIONS", "/{path:.+}", _nothing)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Send everybody away."""
        if self._runner is not None:
            await self._runner.cleanup()
        for source in self.sources.values():
            source.close()
        await asyncio.gather(*(self._dismiss(secret) for secret in list(self.viewers)))
        for task in self._tasks:
            task.cancel()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Pages of the office may ask, pages of others may not, and may not read the answer."""
        origin = request.headers.get("Origin")
        if origin is not None and origin not in self._origins:
            return _refusal(403, "this page may not play here")
        try:
            answer = await handler(request)
        except web.HTTPException as raised:
            answer = _refusal(raised.status, raised.reason)
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Vary"] = "Origin"
        if origin is not None:
            answer.headers["Access-Control-Allow-Origin"] = origin
            answer.headers["Access-Control-Expose-Headers"] = "Location"
            if request.method == "OPTIONS":
                answer.headers["Access-Control-Allow-Methods"] = "POST, DELETE"
                answer.headers["Access-Control-Allow-Headers"] = "Content-Type"
                answer.headers["Access-Control-Max-Age"] = "600"
        return answer

    async def _join(self, request: web.Request) -> web.StreamResponse:
        """A viewer's offer; the answer to it opens the picture."""
        path = request.match_info["path"]
        if request.content_type != _SDP:
            return _refusal(415, f"an offer is {_SDP}")
        try:
            allowed = await self._ask(path, request.query_string, request.remote or "")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            _logger.warning("who may look could not be asked: %s", type(error).__name__)
            return _refusal(502, "the office does not answer")
        if not allowed:
            return _refusal(403, "not allowed")
        if path not in self._addresses:
            return _refusal(404, "no such camera")
        offer = await request.text()
        if len(self.viewers) + self._coming >= self._max_viewers:
            return _refusal(503, "too many viewers")
        self._coming += 1
        try:
            return await self._let_in(path, offer)
        except LiveError as error:
            _logger.warning("no live picture of %s: %s", path, error)
            return _refusal(406 if error.code == "codec" else 504, str(error))
        finally:
            self._coming -= 1

    async def _let_in(self, path: str, offer: str) -> web.StreamResponse:
        source = self._source(path)
        if source is None:
            return _refusal(503, "too many cameras")
        track = await source.view()
        # without servers of others: both ends are in one network
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        try:
            peer.addTrack(track)
            for transceiver in peer.getTransceivers():
                transceiver.setCodecPreferences(_h264())
            await peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
            await peer.setLocalDescription(await peer.createAnswer())
        except Exception as error:  # an offer may be anything
            source.leave(track)
            await peer.close()
            _logger.info("an offer was refused: %s", type(error).__name__)
            return _refusal(406, "the offer cannot be answered")
        secret = secrets.token_urlsafe(24)
        self.viewers[secret] = _Viewer(peer, source, track)
        self._watch(secret, peer, source)
        return web.Response(
            status=201, text=peer.localDescription.sdp, content_type=_SDP,
            headers={"Location": f"/{path}/whep/{secret}"},
        )

    def _source(self, path: str) -> LiveSource | None:
        """The open stream of a camera; None when too many are open."""
        self.sources = {key: one for key, one in self.sources.items() if one.open}
        found = self.sources.get(path)
        if found is None and len(self.sources) < self._max_cameras:
            more = {} if self._linger is None else {"linger": self._linger}
            found = self.sources[path] = LiveSource(self._addresses[path], **more)
        return found

    def _watch(self, secret: str, peer: Any, source: LiveSource) -> None:
        """Send a viewer away whose connection does not come, breaks, or has nothing to show."""

        async def watch() -> None:
            changed = asyncio.Event()
            peer.on("connectionstatechange", changed.set)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CONNECT_TIMEOUT):
                    while peer.connectionState not in {"connected", *_GONE}:
                        await changed.wait()
                        changed.clear()
            ended = asyncio.create_task(source.ended.wait())
            try:
                while peer.connectionState == "connected" and not source.ended.is_set():
                    changing = asyncio.create_task(changed.wait())
                    await asyncio.wait({ended, changing}, return_when=asyncio.FIRST_COMPLETED)
                    changing.cancel()
                    changed.clear()
            finally:
                ended.cancel()
            await self._dismiss(secret)

        task = asyncio.create_task(watch())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _leave(self, request: web.Request) -> web.StreamResponse:
        """A viewer goes; who knows the secret of the connection may end it."""
        if request.match_info["secret"] not in self.viewers:
            return _refusal(404, "no such viewer")
        await self._dismiss(request.match_info["secret"])
        return web.Response()

    async def _dismiss(self, secret: str) -> None:
        viewer = self.viewers.pop(secret, None)
        if viewer is not None:
            viewer.source.leave(viewer.track)
            await viewer.peer.close()


def _h264() -> list[Any]:
    return [
        codec
        for codec in RTCRtpSender.getCapabilities("video").codecs
        if codec.mimeType == "video/H264"
    ]


def _refusal(status: int, why: str) -> web.Response:
    return web.json_response({"error": why}, status=status)


async def _nothing(request: web.Request) -> web.StreamResponse:
    return web.Response(status=204)
