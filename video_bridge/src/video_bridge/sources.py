"""Cameras that PyAV reads, each in a thread of its own: files, HTTP MJPEG, UDP, and odd ones.

Slower than our own RTSP client (a thread and FFmpeg's buffers for each camera), but it reads nearly
everything. Nothing is decoded here either: key frames are taken out of the container as they are.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import av
from av.bitstream import BitStreamFilterContext

from video_bridge.annexb import split_annexb
from video_bridge.rtp import KeyUnit
from video_bridge.rtsp import RtspError

MJPEG_INTERVAL = 1.0
"""Every picture of MJPEG is a key frame: one a second is enough."""
_FILTERS = {"h264": "h264_mp4toannexb", "hevc": "hevc_mp4toannexb"}
_HEADERS = {"h264": 1, "hevc": 2}
"""Bytes before a NAL unit's payload."""
_OPEN_TIMEOUT = 10.0
_READ_TIMEOUT = 15.0
_PROBE = {"analyzeduration": "500000", "probesize": "131072"}
_START = b"\x00\x00\x00\x01"
_FILES = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,h264,hevc,asf"
"""Kinds of files that are played; none that names other files, as playlists do."""


def _quiet() -> None:
    """FFmpeg writes addresses, passwords and all, into its log: it shall keep silent."""
    av.logging.set_level(None)


class PyAvSource:
    """Reads one camera with PyAV. `run` is the counterpart of `RtspSession.run`."""

    def __init__(
        self,
        address: str,
        transport: str,
        on_key: Callable[[KeyUnit], None],
        *,
        username: str | None = None,
        password: str | None = None,
        mjpeg_interval: float = MJPEG_INTERVAL,
    ) -> None:
        """A source for an address without user info.

        :param transport: "udp" and "tcp" for ``rtsp://``, "http" for MJPEG, "file" for a file,
            which is played over and over at its own pace.
        """
        self._address = address
        self._transport = transport
        self._on_key = on_key
        self._user = (username, password)
        self._interval = mjpeg_interval
        self._stopping = threading.Event()
        self.playing = asyncio.Event()
        self.codec: str | None = None

    async def run(self) -> None:
        """Read until it ends.

        :raises RtspError: always, and says why.
        """
        _quiet()
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[RtspError] = loop.create_future()

        def finish(error: RtspError) -> None:
            if not ended.done():
                ended.set_result(error)

        def read() -> None:
            try:
                self._read(loop)
                error = RtspError("closed", "the stream has ended")
            except RtspError as raised:
                error = raised
            except av.FFmpegError as raised:
                error = _explained(raised)
            except Exception as raised:
                error = RtspError("protocol", f"not readable: {type(raised).__name__}")
            with contextlib.suppress(RuntimeError):  # the loop is gone
                loop.call_soon_threadsafe(finish, error)

        thread = threading.Thread(target=read, name="pyav-source", daemon=True)
        thread.start()
        try:
            raise await ended
        finally:
            self._stopping.set()

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            with self._open() as container:
                if not container.streams.video:
                    raise RtspError("no video", "no video in the stream")
                stream = container.streams.video[0]
                self.codec = stream.codec_context.name
                if self.codec not in {"h264", "hevc", "mjpeg"}:
                    raise RtspError("codec", f"video codec not supported: {self.codec[:20]}")
                loop.call_soon_threadsafe(self.playing.set)
                pace = began if self._transport == "file" else None
                for unit in self._units(container, stream, pace):
                    loop.call_soon_threadsafe(self._on_key, unit)
            if self._transport != "file":
                return
            if time.monotonic() - began < 0.2:
                raise RtspError("closed", "the file is too short")

    def _open(self) -> Any:
        options = dict(_PROBE)
        form: str | None = None
        address = self._address
        parts = urlsplit(address)
        if self._transport == "file":
            address = parts.path if parts.scheme == "file" else address
            if parts.scheme not in {"", "file"} or parts.netloc:
                raise RtspError("address", "the address is not a file")
            options |= {"protocol_whitelist": "file", "format_whitelist": _FILES}
        elif self._transport == "http":
            if parts.scheme not in {"http", "https"}:
                raise RtspError("address", "the address is not http://host/…")
            form = "mpjpeg"
            options |= {"protocol_whitelist": "http,https,tcp,tls", "strict_mime_boundary": "0"}
        elif parts.scheme in {"rtsp", "rtsps"}:
            form = "rtsp"
            options |= {
                "rtsp_transport": self._transport,
                "protocol_whitelist": "rtsp,rtp,udp,tcp,tls",
                "allowed_media_types": "video",
            }
        else:
            raise RtspError("address", "the address is not rtsp://host/…")
        if self._user[0] and parts.scheme in {"rtsp", "rtsps", "http", "https"} and parts.hostname:
            name = f"{quote(self._user[0], safe='')}:{quote(self._user[1] or '', safe='')}"
            host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
            place = f"{name}@{host}" + (f":{parts.port}" if parts.port else "")
            address = urlunsplit((parts.scheme, place, parts.path, parts.query, ""))
        return av.open(
            address, format=form, options=options, timeout=(_OPEN_TIMEOUT, _READ_TIMEOUT)
        )

    def _units(self, container: Any, stream: Any, pace: float | None) -> Iterator[KeyUnit]:
        """The key frames, at the pace of the pictures where there is no sender who sets it.

        A key frame is handed over with the packet after it: senders who repeat the parameter
        sets before every slice make FFmpeg take each slice for a picture.
        """
        codec = stream.codec_context.name
        annexb = BitStreamFilterContext(_FILTERS[codec], stream) if codec in _FILTERS else None
        parameters = b""
        total = frames = peak = peak_of_all = 0
        taken_at = float("-inf")
        first: float | None = None
        held: KeyUnit | None = None
        for packet in container.demux(stream):
            if self._stopping.is_set():
                return
            if not packet.size:
                continue
            time_now = float(packet.dts * packet.time_base) if packet.dts is not None else None
            if pace is not None and time_now is not None:
                first = time_now if first is None else first
                if self._stopping.wait(max(0.0, pace + time_now - first - time.monotonic())):
                    return
            size = packet.size
            if not packet.is_keyframe:
                if held is not None:
                    yield held
                    held = None
                total, frames = total + size, frames + 1
                if size > peak_of_all:
                    peak, peak_of_all = peak_of_all, size
                elif size > peak:
                    peak = size
                continue
            if codec == "mjpeg":
                if time.monotonic() - taken_at < self._interval:
                    continue
                taken_at = time.monotonic()
                data = bytes(packet)
            elif annexb is not None:
                data = b"".join(bytes(piece) for piece in annexb.filter(packet))
                sets = _parameters(data, codec)
                if not sets:  # they came before: whoever decodes needs them with the picture
                    data = parameters + data
                parameters = sets or parameters
                slices = _slices(data, codec)
                if held is not None and slices and not slices[0][_HEADERS[codec]] & 0x80:
                    data = held.data + b"".join(_START + one for one in slices)
                    held = replace(held, data=data, key_bytes=held.key_bytes + size)
                    continue
            if held is not None:
                yield held
            held = KeyUnit(
                codec=codec, data=data, parameters=parameters,
                timestamp=round((time_now or 0.0) * 90000) & 0xFFFFFFFF,
                key_bytes=size, delta_bytes=total, delta_frames=frames, delta_peak=peak,
            )  # fmt: skip
            total = frames = peak = peak_of_all = 0
            if codec == "mjpeg":
                yield held
                held = None
        if held is not None:
            yield held


def _slices(data: bytes, codec: str) -> list[bytes]:
    """The slices of an access unit; in the first of a picture the bit behind the header is set."""
    header = _HEADERS[codec]
    return [
        unit
        for unit in split_annexb(data)
        if len(unit) > header
        and (1 <= unit[0] & 0x1F <= 5 if codec == "h264" else unit[0] >> 1 & 0x3F < 32)
    ]


def _parameters(data: bytes, codec: str) -> bytes:
    """The parameter sets at the head of an access unit, as the depacketiser would give them."""
    kinds = {7, 8} if codec == "h264" else {32, 33, 34}
    sets = [
        unit
        for unit in split_annexb(data[:8192])
        if (unit[0] & 0x1F if codec == "h264" else unit[0] >> 1 & 0x3F) in kinds
    ]
    return b"".join(_START + unit for unit in sets)


def _explained(error: av.FFmpegError) -> RtspError:
    """FFmpeg's reason in our words; its own text may hold the address with the password."""
    if isinstance(error, av.HTTPUnauthorizedError | av.HTTPForbiddenError):
        return RtspError("auth", "the camera refuses user name or password")
    if isinstance(error, av.HTTPNotFoundError | av.FileNotFoundError):
        return RtspError("not found", "there is nothing at the address")
    if isinstance(error, av.TimeoutError | av.ExitError):
        return RtspError("timeout", "the camera does not answer in time")
    if isinstance(error, av.ConnectionRefusedError | av.BrokenPipeError):
        return RtspError("unreachable", "no connection")
    if isinstance(error, av.InvalidDataError):
        return RtspError("garbage", "what comes is no video")
    return RtspError("unreachable", f"not readable: {type(error).__name__}")
