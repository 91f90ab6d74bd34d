"""One camera's stream for those who look at it live: opened once, whatever the number of viewers.

The pictures are handed on as the camera made them: nothing is decoded or encoded.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from typing import Any
from urllib.parse import urlsplit

import av
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av.bitstream import BitStreamFilterContext
from av.packet import Packet
from av.video.stream import VideoStream

_logger = logging.getLogger(__name__)

OPEN_TIMEOUT = 8.0
READ_TIMEOUT = 10.0
LINGER = 5.0
"""Seconds that a stream stays open after the last viewer has gone."""
BEHIND = 150
"""Pictures that may wait for a slow viewer; then it goes on at the next key frame."""
_OPTIONS = {"analyzeduration": "500000", "probesize": "131072", "fflags": "nobuffer"}
_RTSP = {
    "rtsp_transport": "tcp",
    "allowed_media_types": "video",
    "protocol_whitelist": "rtsp,rtp,udp,tcp,tls",
}
_HTTP = {"protocol_whitelist": "http,https,tcp,tls"}
_WAYS = {"rtsp": _RTSP, "rtsps": _RTSP, "http": _HTTP, "https": _HTTP}
"""Of each kind of address what FFmpeg may open: no files of this machine, whatever a camera's
address or a playlist says."""


class LiveError(Exception):
    """There is no live picture; `code` is "offline" or "codec"."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class LiveTrack(MediaStreamTrack):
    """What one viewer gets, from a key frame on."""

    kind = "video"

    def __init__(self) -> None:
        """A track that nothing has been put into yet."""
        super().__init__()
        self._queue: asyncio.Queue[Packet[VideoStream] | None] = asyncio.Queue()
        self._needs_key = True

    def put(self, packet: Packet[VideoStream]) -> None:
        """The next picture; left out while the viewer is too far behind."""
        if self._queue.qsize() >= BEHIND:
            self._needs_key = True
            while not self._queue.empty():
                self._queue.get_nowait()
        if self._needs_key and not packet.is_keyframe:
            return
        self._needs_key = False
        self._queue.put_nowait(packet)

    def end(self) -> None:
        """There is no more."""
        self._queue.put_nowait(None)

    async def recv(self) -> Any:
        """The next picture, as the sender asks for it."""
        packet = await self._queue.get()
        if packet is None or self.readyState != "live":
            self.stop()
            raise MediaStreamError
        return packet


class LiveSource:
    """A camera's stream, read by a thread while there are viewers."""

    def __init__(self, address: str, *, linger: float = LINGER) -> None:
        """A stream that is not open yet.

        :param address: with name and password; never written to a log
        """
        self.tracks: set[LiveTrack] = set()
        self._address = address
        self._linger = linger
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._ready.add_done_callback(_looked_at)
        self._stopping = threading.Event()
        self._timer: asyncio.TimerHandle | None = None
        self.ended = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)
        self._thread.start()
        self._leave_later()

    @property
    def open(self) -> bool:
        """Whether one more viewer may be let in."""
        return not self._stopping.is_set() and not self.ended.is_set()

    async def view(self) -> LiveTrack:
        """A track for one more viewer.

        :raises LiveError: the camera sends nothing, or nothing that can be handed on
        """
        track = LiveTrack()
        self.tracks.add(track)
        self._keep()
        try:
            await asyncio.shield(self._ready)
        except BaseException:
            self.leave(track)
            raise
        return track

    def leave(self, track: LiveTrack) -> None:
        """A viewer has gone."""
        self.tracks.discard(track)
        if not self.tracks:
            self._leave_later()

    def close(self) -> None:
        """Read no more."""
        self._stopping.set()
        self._keep()

    def _keep(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _leave_later(self) -> None:
        self._keep()
        self._timer = self._loop.call_later(self._linger, self.close)

    # -- the thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        av.logging.set_level(None)  # FFmpeg would write the address into its log
        try:
            self._read()
            error = LiveError("offline", "the stream has ended")
        except LiveError as raised:
            error = raised
        except Exception as raised:  # whatever a strange stream makes FFmpeg say
            error = LiveError("offline", f"no stream: {type(raised).__name__}")
        with contextlib.suppress(RuntimeError):  # the loop is gone
            self._loop.call_soon_threadsafe(self._end, error)

    def _read(self) -> None:
        way = _WAYS.get(urlsplit(self._address).scheme)
        if way is None:
            raise LiveError("offline", "the address is none of a camera")
        with av.open(
            self._address, options=_OPTIONS | way, timeout=(OPEN_TIMEOUT, READ_TIMEOUT)
        ) as container:
            if not container.streams.video:
                raise LiveError("codec", "no picture")
            stream = container.streams.video[0]
            codec = stream.codec_context.name
            if codec != "h264":
                raise LiveError("codec", codec)
            # parameter sets that stand in the description alone come before each key frame
            complete = BitStreamFilterContext("dump_extra=freq=keyframe", stream)
            for packet in container.demux(stream):
                if self._stopping.is_set():
                    return
                if packet.size and packet.pts is not None:
                    for whole in complete.filter(packet):
                        self._loop.call_soon_threadsafe(self._take, whole)

    def _take(self, packet: Packet[VideoStream]) -> None:
        if not self._ready.done():
            self._ready.set_result(None)
        for track in self.tracks:
            track.put(packet)

    def _end(self, error: LiveError) -> None:
        self._keep()
        if not self._ready.done():
            self._ready.set_exception(error)
        for track in self.tracks:
            track.end()
        self.ended.set()


def _looked_at(ready: asyncio.Future[None]) -> None:
    """A failure that nobody waited for is no fault."""
    if not ready.cancelled():
        ready.exception()
