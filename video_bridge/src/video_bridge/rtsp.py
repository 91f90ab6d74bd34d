"""An RTSP 1.0 client (RFC 2326) for cameras: RTP interleaved over one TCP connection.

Made to hold hundreds of connections in one thread: bytes are read in large pieces into one shared
buffer and looked at in place; only key frames are copied out.
"""

from __future__ import annotations

import asyncio
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit, urlunsplit

from video_bridge import __version__
from video_bridge.auth import Authenticator, AuthError
from video_bridge.rtp import CODECS, Depacketiser, KeyUnit
from video_bridge.sdp import MAX_BYTES, SdpError, Track, control_address, parse_sdp

CONNECT_TIMEOUT = 5.0
ANSWER_TIMEOUT = 10.0
SILENCE = 12.0
"""Seconds without a single byte of video after which a connection is given up."""
MAX_HEADER_BYTES = 16 * 1024
MAX_GARBAGE_BYTES = 64 * 1024
MAX_REDIRECTS = 3
BUFFER_BYTES = 256 * 1024

_PACKET = struct.Struct(">BBHBBHI")
_ADDRESS = re.compile(r"^rtsp://", re.IGNORECASE)
_NO_VIDEO_AFTER = 30.0


class RtspError(Exception):
    """A camera cannot be read; `problem` is one word for its health."""

    def __init__(self, problem: str, message: str) -> None:
        super().__init__(message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Response:
    """An answer of the camera."""

    status: int
    reason: str
    headers: Mapping[str, list[str]]
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first header of this name."""
        values = self.headers.get(name.lower())
        return values[0] if values else None


@dataclass(slots=True)
class Counters:
    """What has come in over all connections of a process."""

    bytes: int = 0
    keys: int = 0
    garbage: int = 0
    connects: int = 0


@dataclass(slots=True)
class ReceiveBuffer:
    """The memory that all connections of one event loop read into, one after the other."""

    memory: memoryview = field(default_factory=lambda: memoryview(bytearray(BUFFER_BYTES)))
    counters: Counters = field(default_factory=Counters)


class RtspProtocol(asyncio.BufferedProtocol):
    """One connection: splits answers from packets, gives video to its depacketiser."""

    def __init__(self, buffer: ReceiveBuffer) -> None:
        self._buffer = buffer
        self._view = buffer.memory
        self._carry = b""
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._pending: dict[int, asyncio.Future[Response]] = {}
        self._sequence = 0
        self._garbage = 0
        self.closed: asyncio.Future[None] = self._loop.create_future()
        self.problem: RtspError | None = None
        self.redirect: str | None = None
        self.video: Depacketiser | None = None
        self.channel = -1
        self.last_data = 0.0
        """Loop time at which the last bytes came."""

    # asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        """The shared buffer, behind what was left over from the last read."""
        size = len(self._carry)
        self._view[:size] = self._carry
        return self._view[size:]

    def buffer_updated(self, nbytes: int) -> None:
        """Look at what has come."""
        self._buffer.counters.bytes += nbytes
        self.last_data = self._loop.time()
        end = len(self._carry) + nbytes
        try:
            used = self._parse(end)
        except RtspError as error:
            self._fail(error)
            return
        self._carry = bytes(self._view[used:end]) if used < end else b""

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everyone who waits."""
        if self.problem is None:
            self.problem = RtspError("closed", "the camera closed the connection")
        for future in self._pending.values():
            if not future.done():
                future.set_exception(self.problem)
                future.exception()
        self._pending.clear()
        if not self.closed.done():
            self.closed.set_result(None)

    def _fail(self, error: RtspError) -> None:
        if self.problem is None:
            self.problem = error
        self._carry = b""
        self.video = None
        self.abort()

    def abort(self) -> None:
        """Drop the connection now."""
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """Drop the connection; what was written still goes out if it can at once."""
        if self._transport is not None:
            self._transport.pause_reading() if self._transport.is_reading() else None
            self._loop.call_soon(self._transport.abort)

    # What comes in

    def _parse(self, end: int) -> int:
        """Handle all whole packets and answers; return how many bytes were used up."""
        view, unpack, video, channel = self._view, _PACKET.unpack_from, self.video, self.channel
        place = 0
        while end - place >= 16:
            magic, number, size, first, second, sequence, stamp = unpack(view, place)
            if magic == 36:
                stop = place + 4 + size
                if stop > end:
                    return place
                if number == channel and video is not None:
                    if size >= 12:
                        video.feed(view, first, second, sequence, stamp, place + 16, stop)
                    else:
                        video.broken += 1
                place = stop
                continue
            used = self._text(place, end)
            if used == place:
                return place
            place = used
            video, channel = self.video, self.channel
        return place

    def _text(self, place: int, end: int) -> int:
        """Handle an answer or a request of the camera; return where it ends."""
        data = bytes(self._view[place : min(end, place + MAX_HEADER_BYTES + 4)])
        if not data.startswith(_STARTS):
            return self._resynchronise(place, end)
        size = data.find(b"\r\n\r\n")
        if size < 0:
            if len(data) > MAX_HEADER_BYTES:
                raise RtspError("protocol", "an answer's header is too long")
            return place
        lines = data[:size].decode("utf-8", "replace").split("\r\n")
        headers: dict[str, list[str]] = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if colon:
                headers.setdefault(name.strip().lower(), []).append(value.strip())
        length = (headers.get("content-length") or ["0"])[0]
        if not re.fullmatch(r"\d{1,9}", length) or int(length) > MAX_BYTES:
            raise RtspError("protocol", "an answer is too large")
        stop = place + size + 4 + int(length)
        if stop > end:
            return place
        body = bytes(self._view[place + size + 4 : stop])
        self._message(lines[0], headers, body)
        return stop

    def _message(self, line: str, headers: Mapping[str, list[str]], body: bytes) -> None:
        answer = re.match(r"RTSP/\d\.\d\s+(\d{3})(?:\s+(.*))?$", line)
        if answer is None:
            self._asked(line, headers)
            return
        response = Response(int(answer[1]), (answer[2] or "")[:80], headers, body)
        number = response.header("cseq")
        if number is None:  # some cameras leave it out: it answers the oldest question
            key = next(iter(self._pending), -1)
        else:
            key = int(number) if re.fullmatch(r"\d{1,9}", number) else -1
        future = self._pending.pop(key, None)
        if future is not None and not future.done():
            future.set_result(response)

    def _asked(self, line: str, headers: Mapping[str, list[str]]) -> None:
        """Answer a request of the camera: keep-alives yes, a redirect is followed."""
        method = line.split(" ", 1)[0]
        if method == "REDIRECT":
            self.redirect = (headers.get("location") or [""])[0]
            self._fail(RtspError("redirected", "the camera sends us elsewhere"))
            return
        status = "200 OK" if method in {"OPTIONS", "GET_PARAMETER"} else "501 Not Implemented"
        number = re.sub(r"\D", "", (headers.get("cseq") or [""])[0])[:9] or "0"
        if self._transport is not None:
            self._transport.write(f"RTSP/1.0 {status}\r\nCSeq: {number}\r\n\r\n".encode())

    def _resynchronise(self, place: int, end: int) -> int:
        """Skip what is neither packet nor answer; too much of it ends the connection."""
        data = bytes(self._view[place:end])
        found = [data.find(_INTERLEAVED, 1), data.find(b"RTSP/1.0 ", 1)]
        skip = min((index for index in found if index >= 0), default=len(data) - 8)
        self._garbage += skip
        self._buffer.counters.garbage += skip
        if self._garbage > MAX_GARBAGE_BYTES or self.video is None:
            raise RtspError("garbage", "the camera sends what is not RTSP")
        return place + skip

    # What goes out

    def send(
        self, method: str, address: str, headers: Mapping[str, str]
    ) -> asyncio.Future[Response]:
        """Send a request; the future gives the answer that has its number."""
        self._sequence += 1
        future: asyncio.Future[Response] = self._loop.create_future()
        if self._transport is None or self._transport.is_closing():
            future.set_exception(self.problem or RtspError("closed", "the connection is closed"))
            return future
        lines = [f"{method} {address} RTSP/1.0", f"CSeq: {self._sequence}"]
        lines += [f"User-Agent: video-bridge/{__version__}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._pending[self._sequence] = future
        self._transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        return future


_STARTS = (b"RTSP/", b"OPTIONS ", b"GET_PARAMETER ", b"SET_PARAMETER ", b"ANNOUNCE ", b"REDIRECT ")
_INTERLEAVED = b"$\x00"


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
        self._silence = silence
        self._session: str | None = None
        self._timeout = 60.0
        self._alive_method: str | None = None
        self._protocol: RtspProtocol | None = None
        self._keys = 0
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

    def _key(self, unit: KeyUnit) -> None:
        self._keys += 1
        self._buffer.counters.keys += 1
        self._on_key(unit)

    async def _stay(self, protocol: RtspProtocol) -> None:
        """Wait for the end; keep the session alive; notice silence."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        protocol.last_data = began
        interval = max(1.0, min(self._timeout / 2.5, 30.0))
        alive_at = began + interval
        bytes_before, video_at = self._video_bytes(protocol), began
        while True:
            pause = max(0.05, min(alive_at - loop.time(), self._silence / 3))
            done, _waiting = await asyncio.wait({protocol.closed}, timeout=pause)
            if done:
                raise protocol.problem or RtspError("closed", "the camera closed the connection")
            now = loop.time()
            seen = self._video_bytes(protocol)
            if seen != bytes_before:
                bytes_before, video_at = seen, now
            if now - video_at >= self._silence:
                raise RtspError("silent", "the camera has stopped sending")
            if not self._keys and now - began >= max(_NO_VIDEO_AFTER, self._silence):
                raise RtspError("no key frame", "the camera sends no key frame")
            if now >= alive_at:
                await self._keep_alive(protocol)
                alive_at = loop.time() + interval

    def _video_bytes(self, protocol: RtspProtocol) -> int:
        return protocol.video.packets if protocol.video is not None else 0

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
