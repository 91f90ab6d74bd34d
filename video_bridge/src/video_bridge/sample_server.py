"""An RTSP server that plays clips to many clients, as cameras would.

Clips are cut into RTP packets once. A clip plays as a few *takes*, each an endless programme with
its own phase and with timestamps that go on over the end of the clip; all clients of a take get the
same bytes, so that hundreds of clients cost little more than writing to their sockets. Used to show
the bridge without cameras, to measure it, and to test it: faults can be switched on by path.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import re
import secrets
import signal
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast
from urllib.parse import unquote, urlsplit

from video_bridge.auth import authorised
from video_bridge.sample_clips import CLOCK, Clip, Frame, load_clip, load_clips, packetise

__all__ = ["Clip", "Frame", "SampleServer", "load_clip", "load_clips", "packetise"]

_MAX_REQUEST = 16 * 1024
_MAX_BEHIND = 4 * 1024 * 1024
_NUMBERS = struct.Struct(">HI")

Fault = Literal["stall", "garbage", "drop", "loss", "mute"]
"""stall: sends nothing more · garbage: noise in the stream · drop: closes the connection ·
loss: leaves out every 20th packet · mute: accepts connections and never answers."""


class Take:
    """One endless programme of a clip, the same for all who watch it."""

    def __init__(self, clip: Clip, phase: float, server: SampleServer) -> None:
        self.clip = clip
        self.viewers: set[SampleConnection] = set()
        self._server = server
        self._phase = phase
        self._number = random.getrandbits(16)
        self._base = random.getrandbits(31)
        self._task: asyncio.Task[None] | None = None

    def join(self, viewer: SampleConnection) -> None:
        """Begin to send to a client."""
        self.viewers.add(viewer)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._play())

    def leave(self, viewer: SampleConnection) -> None:
        """Send to it no more."""
        self.viewers.discard(viewer)

    async def _play(self) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time() - self._phase
        rounds = 0
        while self.viewers:
            clip = self.clip
            began = started + rounds * clip.seconds
            for frame in clip.frames:
                pause = began + frame.due - loop.time()
                if pause > 0.0005:
                    await asyncio.sleep(pause)
                elif pause < -0.5 and not rounds:
                    continue  # the first round begins in the middle of the clip
                if clip is not self.clip or not self.viewers:
                    break
                self._send(frame)
            if clip is not self.clip:
                self._base += round(clip.seconds * CLOCK) * 2
                started, rounds = loop.time(), 0
                continue
            rounds += 1
            self._base = (self._base + round(clip.seconds * CLOCK)) & 0xFFFFFFFF

    def _send(self, frame: Frame) -> None:
        stamp = (self._base + frame.stamp) & 0xFFFFFFFF
        whole = bytearray()
        for packet in frame.packets:
            place = len(whole)
            whole += packet
            _NUMBERS.pack_into(whole, place + 6, self._number, stamp)
            self._number = (self._number + 1) & 0xFFFF
        data = bytes(whole)
        faults = self._server.faults
        for viewer in tuple(self.viewers):
            viewer.picture(data, frame, faults.get(viewer.path) if faults else None)

    def stop(self) -> None:
        """End the programme."""
        if self._task is not None:
            self._task.cancel()


@dataclass(slots=True)
class _Statistics:
    connects: list[float] = field(default_factory=list)
    refused: int = 0
    requests: dict[str, int] = field(default_factory=dict)


class SampleConnection(asyncio.Protocol):
    """One client."""

    def __init__(self, server: SampleServer) -> None:
        self._server = server
        self._data = b""
        self._session = ""
        self._take: Take | None = None
        self._nonce = secrets.token_hex(8)
        self._lost = 0
        self._datagrams: tuple[socket.socket, tuple[str, int]] | None = None
        self.transport: asyncio.Transport | None = None
        self.path = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Register the client."""
        self.transport = cast(asyncio.Transport, transport)
        self._server.connections.add(self)
        self._server.statistics.connects.append(asyncio.get_running_loop().time())

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        self._server.connections.discard(self)
        if self._take is not None:
            self._take.leave(self)
        if self._datagrams is not None:
            self._datagrams[0].close()

    def picture(self, data: bytes, frame: Frame, fault: Fault | None) -> None:
        """Send one picture, spoilt when a fault is switched on."""
        transport = self.transport
        if transport is None or transport.is_closing():
            return
        if fault is not None:
            if fault in {"stall", "mute"}:
                return
            if fault == "drop":
                transport.abort()
                return
            if fault == "garbage":
                data = random.randbytes(len(data))
            elif fault == "loss":
                data = self._lossy(data)
        if self._datagrams is not None:
            self._scatter(data, *self._datagrams)
            return
        if transport.get_write_buffer_size() > _MAX_BEHIND:
            transport.abort()
            return
        transport.write(data)

    def _scatter(self, data: bytes, sender: socket.socket, receiver: tuple[str, int]) -> None:
        """Send the packets of a picture as datagrams, without their interleaved heads."""
        place = 0
        while place + 4 <= len(data):
            stop = place + 4 + int.from_bytes(data[place + 2 : place + 4], "big")
            with contextlib.suppress(OSError):
                sender.sendto(data[place + 4 : stop], receiver)
            place = stop

    def _udp(self, asked: str) -> str | None:
        """Get ready to send datagrams; the transport to answer with, None for TCP."""
        ports = re.search(r"client_port=(\d{1,5})", asked)
        if "TCP" in asked or ports is None or self.transport is None:
            return None
        host = self.transport.get_extra_info("peername")[0]
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sender.setblocking(False)
        sender.bind((self.transport.get_extra_info("sockname")[0], 0))
        first, own = int(ports[1]), sender.getsockname()[1]
        self._datagrams = sender, (host, first)
        return f"RTP/AVP;unicast;client_port={first}-{first + 1};server_port={own}-{own + 1}"

    def _lossy(self, data: bytes) -> bytes:
        kept, place = bytearray(), 0
        while place < len(data):
            stop = place + 4 + int.from_bytes(data[place + 2 : place + 4], "big")
            self._lost += 1
            if self._lost % 20:
                kept += data[place:stop]
            place = stop
        return bytes(kept)

    def data_received(self, data: bytes) -> None:
        """Answer all whole requests."""
        self._data += data
        if self._server.faults.get("*") == "mute":
            return
        while self._data:
            if self._data[:1] == b"$":
                size = 4 + int.from_bytes(self._data[2:4], "big")
                if len(self._data) < max(size, 4):
                    return
                self._data = self._data[size:]
                continue
            head, found, rest = self._data.partition(b"\r\n\r\n")
            if not found:
                if len(self._data) > _MAX_REQUEST and self.transport is not None:
                    self.transport.abort()
                return
            self._data = rest
            self._request(head.decode("utf-8", "replace"))

    def _request(self, head: str) -> None:
        first, *lines = head.split("\r\n")
        method, _space, rest = first.partition(" ")
        address = rest.rsplit(" ", 1)[0]
        headers = {}
        for line in lines:
            name, _colon, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        counts = self._server.statistics.requests
        counts[method] = counts.get(method, 0) + 1
        number = headers.get("cseq", "0")
        path = unquote(urlsplit(address).path).strip("/").removesuffix("/trackID=0")
        if not self._server.allows(self, method, headers.get("authorization"), path):
            self._server.statistics.refused += 1
            challenges = [("WWW-Authenticate", text) for text in self._server.challenges(self)]
            self._answer(number, "401 Unauthorized", challenges)
            return
        self._handle(method, address, path, number, headers.get("transport", ""))

    def _handle(
        self, method: str, address: str, path: str, number: str, transport: str
    ) -> None:
        session = [("Session", f"{self._session};timeout={self._server.timeout}")]
        if method == "OPTIONS":
            public = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"
            self._answer(number, "200 OK", [("Public", public)])
        elif method == "DESCRIBE":
            take = self._server.take(path)
            if take is None:
                self._answer(number, "404 Not Found")
                return
            body = (
                "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=sample\r\nt=0 0\r\na=control:*\r\n"
                + take.clip.description
            )
            base = address if address.endswith("/") else address + "/"
            fields = [("Content-Base", base), ("Content-Type", "application/sdp")]
            self._answer(number, "200 OK", fields, body)
        elif method == "SETUP":
            self._take = self._server.take(path)
            if self._take is None:
                self._answer(number, "404 Not Found")
                return
            self.path = path
            self._session = self._session or secrets.token_hex(6)
            over_tcp = "RTP/AVP/TCP;unicast;interleaved=0-1"
            fields = [
                ("Transport", self._udp(transport) or over_tcp),
                ("Session", f"{self._session};timeout={self._server.timeout}"),
            ]
            self._answer(number, "200 OK", fields)
        elif method == "PLAY" and self._take is not None:
            self._answer(number, "200 OK", session)
            self._take.join(self)
        elif method == "TEARDOWN":
            self._answer(number, "200 OK", session)
            if self.transport is not None:
                self.transport.close()
        elif method in {"GET_PARAMETER", "SET_PARAMETER"}:
            self._answer(number, "200 OK", session)
        else:
            self._answer(number, "455 Method Not Valid in This State")

    def _answer(
        self, number: str, status: str, fields: Iterable[tuple[str, str]] = (), body: str = ""
    ) -> None:
        lines = [f"RTSP/1.0 {status}", f"CSeq: {number}"]
        lines += [f"{name}: {value}" for name, value in fields]
        if body:
            lines.append(f"Content-Length: {len(body.encode())}")
        if self.transport is not None:
            self.transport.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    @property
    def nonce(self) -> str:
        """The nonce of this connection."""
        return self._nonce


class SampleServer:
    """Serves clips under ``rtsp://host:port/NAME`` and ``…/NAME/ANYTHING``."""

    def __init__(
        self,
        clips: Iterable[Clip],
        *,
        credentials: tuple[str, str] | None = None,
        scheme: Literal["digest", "sha256", "basic"] = "digest",
        takes: int = 25,
        timeout: int = 60,
    ) -> None:
        """A server of these clips.

        :param takes: how many phases a clip plays in; clients are spread over them.
        :param timeout: the session timeout that is announced, in seconds.
        """
        self.clips = {clip.name: clip for clip in clips}
        self.credentials = credentials
        self.scheme = scheme
        self.timeout = timeout
        self.faults: dict[str, Fault] = {}
        """By the path of a camera; ``*`` with "mute" answers nobody."""
        self.connections: set[SampleConnection] = set()
        self.statistics = _Statistics()
        self.port = 0
        self._count = takes
        self._takes: dict[str, list[Take]] = {}
        self._next: dict[str, int] = {}
        self._assigned: dict[str, Take] = {}
        self._server: asyncio.Server | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen; return the port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SampleConnection(self), host, port, backlog=1024
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    async def stop(self) -> None:
        """Close all connections and listen no more."""
        if self._server is not None:
            self._server.close()
        self.drop_all()
        for takes in self._takes.values():
            for take in takes:
                take.stop()
        await asyncio.sleep(0)

    def drop_all(self) -> None:
        """Close all connections at once, as a power cut does."""
        for connection in tuple(self.connections):
            if connection.transport is not None:
                connection.transport.abort()

    def substitute(self, name: str, clip: Clip) -> None:
        """Let a name play another clip from now on, in the midst of the stream."""
        self.clips[name] = clip
        for take in self._takes.get(name, ()):
            take.clip = clip

    def take(self, path: str) -> Take | None:
        """The programme that a path gets: always the same one."""
        if path in self._assigned:
            return self._assigned[path]
        name = path.partition("/")[0]
        clip = self.clips.get(name)
        if clip is None:
            return None
        takes = self._takes.setdefault(name, [])
        index = self._next.get(name, 0)
        self._next[name] = index + 1
        if len(takes) < self._count:
            takes.append(Take(clip, (index * 0.618 % 1) * clip.seconds, self))
        take = self._assigned[path] = takes[index % self._count]
        return take

    def challenges(self, connection: SampleConnection) -> list[str]:
        """What a client must answer."""
        if self.scheme == "basic":
            return ['Basic realm="sample"']
        algorithm = "SHA-256" if self.scheme == "sha256" else "MD5"
        return [
            f'Digest realm="sample", nonce="{connection.nonce}", algorithm={algorithm}, qop="auth"'
        ]

    def allows(
        self, connection: SampleConnection, method: str, proof: str | None, path: str
    ) -> bool:
        """Whether a request may be answered."""
        if self.credentials is None or method == "OPTIONS":
            return True
        asked: dict[str, str] = {}
        if self.scheme != "basic":
            algorithm = "SHA-256" if self.scheme == "sha256" else "MD5"
            asked = {"realm": "sample", "nonce": connection.nonce, "algorithm": algorithm}
        return authorised(proof, method, *self.credentials, asked)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``sample-server``."""
    parser.add_argument("--clips", type=Path, required=True, help="directory with the clips")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8554)
    parser.add_argument("--user", help="NAME:PASSWORD that clients must give")
    parser.add_argument("--scheme", choices=("digest", "sha256", "basic"), default="digest")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="PATH=FAULT",
        help="stall, garbage, drop or loss for one path",
    )


def main(options: argparse.Namespace) -> int:
    """Serve until told to stop."""
    return asyncio.run(_serve(options))


async def _serve(options: argparse.Namespace) -> int:
    clips = load_clips(options.clips, lambda text: print(text, flush=True))  # noqa: T201
    if not clips:
        print(f"no clips in {options.clips}")  # noqa: T201
        return 1
    name, _colon, password = (options.user or "").partition(":")
    server = SampleServer(
        clips, credentials=(name, password) if options.user else None, scheme=options.scheme
    )
    for word in options.fault:
        path, _equals, fault = word.partition("=")
        if fault not in {"stall", "garbage", "drop", "loss"}:
            print(f"{word}: no such fault")  # noqa: T201
            return 2
        server.faults[path] = cast(Fault, fault)
    port = await server.start(options.host, options.port)
    for clip in clips:
        print(  # noqa: T201
            f"rtsp://{options.host}:{port}/{clip.name}  {clip.codec}, {clip.seconds:.0f} s, "
            f"key frames of {clip.key_kilobytes:.0f} KB",
            flush=True,
        )
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, ended.set)
    await ended.wait()
    await server.stop()
    return 0
