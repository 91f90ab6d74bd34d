"""An RTSP 1.0 client (RFC 2326) for cameras: RTP interleaved over one TCP connection.

A session asks its way through OPTIONS, DESCRIBE, SETUP and PLAY, logs in, follows redirects, keeps
itself alive, and notices when the camera falls silent. The bytes are the matter of `rtsp_protocol`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from video_bridge.auth import Authenticator, AuthError
from video_bridge.rtp import Depacketiser, KeyUnit
from video_bridge.rtp_codecs import CODECS
from video_bridge.rtsp_protocol import ReceiveBuffer, Response, RtspError, RtspProtocol
from video_bridge.sdp import SdpError, Track, control_address, parse_sdp

__all__ = ["ReceiveBuffer", "RtspError", "RtspSession"]

CONNECT_TIMEOUT = 5.0
ANSWER_TIMEOUT = 10.0
SILENCE = 12.0
"""Seconds without a single byte of video after which a connection is given up."""
MAX_REDIRECTS = 3

_ADDRESS = re.compile(r"^rtsp://", re.IGNORECASE)
_NO_VIDEO_AFTER = 30.0


class RtspSession:
    """Opens a stream and keeps it alive, once; who calls it decides when to try again."""

    def __init__(
        self,
        address: str,
        authenticator: Authenticator,
        on_key: Callable[[KeyUnit], None],
        *,
        buffer: ReceiveBuffer | None = None,
        silence: float = SILENCE,
    ) -> None:
        """A session with the camera at an ``rtsp://`` address without user info."""
        self._address = address
        self._origin = urlsplit(address).hostname
        self._authenticator = authenticator
        self._on_key = on_key
        self._buffer = buffer or ReceiveBuffer()
        self.silence = silence
        """Seconds without video after which the connection is given up."""
        self._session: str | None = None
        self._timeout = 60.0
        self._alive_method: str | None = None
        self._protocol: RtspProtocol | None = None
        self.keys = 0
        """Key frames of this session so far."""
        self.track: Track | None = None
        self.playing = asyncio.Event()
        """Set when the camera has agreed to play."""

    @property
    def video(self) -> Depacketiser | None:
        """What puts the key frames together; None before the stream is open."""
        return self._protocol.video if self._protocol else None

    async def run(self) -> None:
        """Open the stream and read it until it ends.

        :raises RtspError: always, and says why; `asyncio.CancelledError` when told to stop.
        """
        for _hop in range(MAX_REDIRECTS + 1):
            try:
                await self._once()
            except _Elsewhere as elsewhere:
                self._address = elsewhere.address
                continue
            finally:
                await self._close()
        raise RtspError("redirected", "the camera sends us in circles")

    async def _once(self) -> None:
        protocol = await self._connect()
        try:
            await self._open(protocol)
        except RtspError:
            self._see_redirect(protocol)
            raise
        self.playing.set()
        try:
            await self._stay(protocol)
        except RtspError:
            self._see_redirect(protocol)
            raise

    def _see_redirect(self, protocol: RtspProtocol) -> None:
        if protocol.redirect is not None:
            raise _Elsewhere(_checked(protocol.redirect or self._address)) from None

    async def _connect(self) -> RtspProtocol:
        parts = urlsplit(_checked(self._address))
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                self._buffer.counters.connects += 1
                _transport, protocol = await loop.create_connection(
                    lambda: RtspProtocol(self._buffer), parts.hostname or "", parts.port or 554
                )
        except TimeoutError:
            raise RtspError("unreachable", "the camera does not answer") from None
        except OSError as error:
            raise RtspError("unreachable", f"no connection: {error.strerror or error}") from None
        self._protocol = protocol
        return protocol

    async def _open(self, protocol: RtspProtocol) -> None:
        options = await self._ask(protocol, "OPTIONS", self._address)
        public = {word.strip().upper() for word in (options.header("public") or "").split(",")}
        self._alive_method = "GET_PARAMETER" if "GET_PARAMETER" in public else "OPTIONS"
        described = await self._ask(
            protocol, "DESCRIBE", self._address, {"Accept": "application/sdp"}
        )
        self._must(described, "describe")
        try:
            track = self.track = parse_sdp(described.body.decode("utf-8", "replace"))
        except SdpError as error:
            raise RtspError("codec", str(error)) from None
        base = described.header("content-base") or described.header("content-location")
        # Cameras behind address translation name a host that is not theirs: all requests go over
        # this connection whatever the address says.
        base = base if base and _ADDRESS.match(base) else self._address
        address = control_address(base, track.control)
        setup = await self._ask(
            protocol, "SETUP", address, {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}
        )
        self._must(setup, "set up")
        transport = setup.header("transport") or ""
        if "TCP" not in transport.upper() and "interleaved" not in transport:
            raise RtspError("transport", "the camera does not send over TCP")
        channel = re.search(r"interleaved\s*=\s*(\d{1,3})", transport)
        session, _semicolon, rest = (setup.header("session") or "").partition(";")
        self._session = re.sub(r"[^\x21-\x7e]", "", session)[:256] or None
        timeout = re.search(r"timeout\s*=\s*(\d{1,6})", rest)
        self._timeout = float(timeout[1]) if timeout and int(timeout[1]) else 60.0
        protocol.channel = int(channel[1]) & 0xFF if channel else 0
        protocol.video = CODECS[track.codec](self._key, track.parameter_sets)
        aggregate = control_address(base, track.session_control)
        played = await self._ask(protocol, "PLAY", aggregate, {"Range": "npt=0.000-"})
        self._must(played, "play")
        protocol.take_turns()

    def _key(self, unit: KeyUnit) -> None:
        self.keys += 1
        self._buffer.counters.keys += 1
        self._on_key(unit)

    async def _stay(self, protocol: RtspProtocol) -> None:
        """Wait for the end; keep the session alive; notice silence."""
        interval = max(1.0, min(self._timeout / 2.5, 30.0))
        ended: asyncio.Future[RtspError] = asyncio.get_running_loop().create_future()
        ends: set[asyncio.Future[Any]] = {protocol.closed, ended}
        watch = _Watch(self, protocol, ended)
        try:
            while True:
                await asyncio.wait(
                    ends, timeout=interval, return_when=asyncio.FIRST_COMPLETED
                )
                if ended.done():
                    raise ended.result()
                if protocol.closed.done():
                    raise protocol.problem or RtspError(
                        "closed", "the camera closed the connection"
                    )
                await self._keep_alive(protocol)
        finally:
            watch.stop()

    async def _keep_alive(self, protocol: RtspProtocol) -> None:
        answer = await self._ask(protocol, self._alive_method or "OPTIONS", self._address)
        if answer.status in {405, 501, 551} or (
            answer.status >= 400 and answer.status not in {401, 454} and
            self._alive_method == "GET_PARAMETER"
        ):  # fmt: skip
            self._alive_method = "OPTIONS"
        elif answer.status == 454:
            raise RtspError("closed", "the camera has forgotten the session")

    async def _ask(
        self,
        protocol: RtspProtocol,
        method: str,
        address: str,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Ask, log in when the camera wants it, follow where it points."""
        foreign = urlsplit(self._address).hostname != self._origin
        for _attempt in range(3):
            sent = dict(headers or {})
            proof = self._authenticator.header(method, address)
            if proof is not None and not (foreign and proof.startswith("Basic")):
                sent["Authorization"] = proof
            if self._session is not None:
                sent["Session"] = self._session
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT):
                    answer = await protocol.send(method, address, sent)
            except TimeoutError:
                raise RtspError("timeout", f"no answer to {method}") from None
            if 300 <= answer.status < 400 and method in {"OPTIONS", "DESCRIBE"}:
                raise _Elsewhere(_checked(answer.header("location") or ""))
            if answer.status != 401:
                if proof is not None:
                    self._authenticator.accepted()
                return answer
            try:
                if not self._authenticator.challenged(
                    answer.headers.get("www-authenticate", ()), foreign=foreign
                ):
                    raise RtspError("auth", "the camera refuses user name or password")
            except AuthError as error:
                raise RtspError("auth", str(error)) from None
        raise RtspError("auth", "the camera keeps asking for the password")

    def _must(self, answer: Response, what: str) -> None:
        if answer.status == 200:
            return
        problem = {403: "auth", 404: "not found", 453: "busy", 503: "busy", 461: "transport"}
        raise RtspError(
            problem.get(answer.status, "refused"),
            f"the camera refuses to {what}: {answer.status} {answer.reason}",
        )

    async def _close(self) -> None:
        protocol, self._protocol = self._protocol, None
        if protocol is None:
            return
        if not protocol.closed.done() and self._session is not None:
            protocol.video = None
            headers = {"Session": self._session}
            proof = self._authenticator.header("TEARDOWN", self._address)
            if proof is not None:
                headers["Authorization"] = proof
            protocol.send("TEARDOWN", self._address, headers).add_done_callback(_ignore)
        protocol.close()
        self._session = None
        self._authenticator.forget()


class _Watch:
    """Notices that a camera that plays has fallen silent, or never sends a key frame.

    A plain timer: tasks that wake up for each of hundreds of cameras would cost far more.
    """

    def __init__(
        self, session: RtspSession, protocol: RtspProtocol, ended: asyncio.Future[RtspError]
    ) -> None:
        """Watch until stopped; what is wrong becomes the result of the future."""
        self._loop = asyncio.get_running_loop()
        self._session = session
        self._protocol = protocol
        self._ended = ended
        self._packets = -1
        self._began = self._seen_at = self._loop.time()
        self._look()

    def _look(self) -> None:
        now, silence, video = self._loop.time(), self._session.silence, self._protocol.video
        packets = video.packets if video is not None else 0
        if packets != self._packets:
            self._packets, self._seen_at = packets, now
        error: RtspError | None = None
        if now - self._seen_at >= silence:
            error = RtspError("silent", "the camera has stopped sending")
        elif not self._session.keys and now - self._began >= max(_NO_VIDEO_AFTER, silence):
            error = RtspError("no key frame", "the camera sends no key frame")
        if error is None:
            self._timer = self._loop.call_later(max(0.05, silence / 3), self._look)
        elif not self._ended.done():
            self._ended.set_result(error)

    def stop(self) -> None:
        """Watch no more."""
        self._timer.cancel()


class _Elsewhere(Exception):
    """The camera is to be found at another address."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


def _ignore(future: asyncio.Future[Response]) -> None:
    if not future.cancelled():
        future.exception()


def _checked(address: str) -> str:
    """The address without user info.

    :raises RtspError: it is no ``rtsp://`` address.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise RtspError("address", "the address makes no sense") from None
    if parts.scheme.lower() != "rtsp" or not host or re.search(r"[\s\x00-\x1f]", address):
        raise RtspError("address", "the address is not rtsp://host/…")
    place = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
    return urlunsplit(("rtsp", place, parts.path or "/", parts.query, ""))
