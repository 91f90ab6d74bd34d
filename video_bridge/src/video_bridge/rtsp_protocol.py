"""One RTSP connection (RFC 2326): splits answers from interleaved packets.

Made to hold hundreds of connections in one thread: bytes are read in large pieces into one shared
buffer and looked at in place; only key frames are copied out. Until the camera plays asyncio reads,
then the connection takes part in the sweep that all connections of the loop share.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from video_bridge import __version__
from video_bridge.rtp import Depacketiser
from video_bridge.sdp import MAX_BYTES
from video_bridge.sweep import Sweep

MAX_HEADER_BYTES = 16 * 1024
MAX_GARBAGE_BYTES = 64 * 1024
BUFFER_BYTES = 256 * 1024
MUCH_BYTES = 48 * 1024
"""After a read of so much the rest of a large picture is fetched soon: its sender may wait for
room."""

_STARTS = (b"RTSP/", b"OPTIONS ", b"GET_PARAMETER ", b"SET_PARAMETER ", b"ANNOUNCE ", b"REDIRECT ")
_INTERLEAVED = b"$\x00"


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
    sweep: Sweep = field(default_factory=Sweep)


class RtspProtocol(asyncio.BufferedProtocol):
    """One connection: splits answers from packets, gives video to its depacketiser."""

    def __init__(self, buffer: ReceiveBuffer) -> None:
        self._buffer = buffer
        self._view = buffer.memory
        self._carry = b""
        self._handle = -1
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
        end = len(self._carry) + nbytes
        try:
            used = self._parse(end)
        except RtspError as error:
            self._fail(error)
            return
        self._carry = bytes(self._view[used:end]) if used < end else b""

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everyone who waits."""
        self._leave()
        if self.problem is None:
            self.problem = RtspError("closed", "the camera closed the connection")
        for future in self._pending.values():
            if not future.done():
                future.set_exception(self.problem)
                future.exception()
        self._pending.clear()
        if not self.closed.done():
            self.closed.set_result(None)

    # In the sweep

    def take_turns(self) -> None:
        """Read from now on when the sweep says so, not whenever something comes."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        transport.pause_reading()
        self._handle = transport.get_extra_info("socket").fileno()
        self._buffer.sweep.add(self)

    def read_now(self) -> bool:
        """Read what has come; say whether more is expected very soon."""
        if self._handle < 0:
            return False
        try:
            size = os.readv(self._handle, (self.get_buffer(-1),))
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            size = 0
        if not size:
            self.abort()
            return False
        self.buffer_updated(size)
        return size >= MUCH_BYTES

    def _leave(self) -> None:
        """No more turns: the handle will be closed, and its number used for another."""
        self._handle = -1
        self._buffer.sweep.remove(self)

    def _fail(self, error: RtspError) -> None:
        if self.problem is None:
            self.problem = error
        self._carry = b""
        self.video = None
        self.abort()

    def abort(self) -> None:
        """Drop the connection now."""
        self._leave()
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """Drop the connection; what was written still goes out if it can at once."""
        self._leave()
        if self._transport is not None:
            self._transport.pause_reading() if self._transport.is_reading() else None
            self._loop.call_soon(self._transport.abort)

    # What comes in

    def _parse(self, end: int) -> int:
        """Handle all whole packets and answers; return how many bytes were used up."""
        view, place = self._view, 0
        while end - place >= 16:
            if self.video is not None:
                place = self.video.feed_all(view, place, end, self.channel)
                if end - place < 16:
                    return place
            if view[place] == 36:
                stop = place + 4 + (view[place + 2] << 8 | view[place + 3])
                if stop > end:
                    return place
                place = stop
                continue
            used = self._text(place, end)
            if used == place:
                return place
            place = used
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
