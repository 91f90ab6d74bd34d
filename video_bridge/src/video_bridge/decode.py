"""Key frames into pictures.

One decoder is opened for each set of parameter sets and serves every camera that sends these: a key
frame needs nothing but its own bytes. It is drained and emptied after every picture, so that
nothing of one camera can show up in the picture of another.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame

from video_bridge.model import Image, Picture

LUMA_SIZE = (160, 90)
MAX_PIXELS = 4096 * 4096
"""Larger pictures are refused: a garbled size must not take the memory of the process."""
_MAX_DECODERS = 24


class DecodeError(Exception):
    """A key frame that gives no picture."""


class DecodedPicture(Picture):
    """A picture whose colours are worked out when someone looks at them."""

    __slots__ = ("_bgr", "_frame", "height", "width")

    def __init__(self, at: float, frame: VideoFrame, luma: Image) -> None:
        """A picture of a decoded frame."""
        self.at = at
        self.luma = luma
        self._frame: VideoFrame | None = frame
        self._bgr: Image | None = None
        self.width = int(frame.width)
        self.height = int(frame.height)

    @property
    def bgr(self) -> Image:
        """Blue, green, red: height × width × 3."""
        if self._bgr is None:
            assert self._frame is not None
            self._bgr = _bgr(self._frame)
            self._frame = None
        return self._bgr

    @bgr.setter
    def bgr(self, value: Image) -> None:
        self._bgr = value


class Decoder:
    """Decodes key frames of any camera. Belongs to one thread."""

    def __init__(self) -> None:
        """Begin without any decoder open."""
        self._contexts: OrderedDict[tuple[str, bytes], Any] = OrderedDict()

    def decode(self, codec: str, data: bytes, parameters: bytes, at: float) -> Picture:
        """The picture of a key frame.

        :param codec: "h264", "hevc" or "mjpeg".
        :raises DecodeError: there is none, or it is damaged.
        """
        if codec == "mjpeg":
            return _jpeg(data, at)
        key = (codec, parameters)
        context = self._contexts.get(key)
        if context is None:
            context = self._open(codec)
            self._contexts[key] = context
            while len(self._contexts) > _MAX_DECODERS:
                self._contexts.popitem(last=False)
        else:
            self._contexts.move_to_end(key)
        try:
            frames = context.decode(av.Packet(data))
            frames += context.decode(None)
            context.flush_buffers()
        except (av.FFmpegError, ValueError, EOFError) as error:
            self._contexts.pop(key, None)
            raise DecodeError(f"not decodable: {type(error).__name__}") from None
        if not frames:
            raise DecodeError("no picture in it")
        frame = frames[0]
        if frame.is_corrupt:
            raise DecodeError("the picture is damaged")
        return from_frame(frame, at)

    def _open(self, codec: str) -> Any:
        try:
            context: Any = av.CodecContext.create(codec, "r")
        except (av.FFmpegError, ValueError) as error:
            raise DecodeError(f"no decoder for {codec[:20]}") from error
        context.thread_count = 1
        context.options = {"max_pixels": str(MAX_PIXELS)}
        return context


def from_frame(frame: VideoFrame, at: float) -> DecodedPicture:
    """A picture of a frame that someone else has decoded."""
    if frame.width * frame.height > MAX_PIXELS or frame.width < 16 or frame.height < 16:
        raise DecodeError("the size makes no sense")
    plane = frame.planes[0]
    if frame.format.name in {"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p"}:
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        grey: Any = rows[: frame.height, : frame.width]
    else:
        grey = frame.to_ndarray(format="gray")
    return DecodedPicture(at, frame, small_luma(grey))


def small_luma(grey: Any) -> Image:
    """The luma at 160 × 90 that the gates look at."""
    return np.asarray(cv2.resize(grey, LUMA_SIZE, interpolation=cv2.INTER_AREA), np.uint8)


def _bgr(frame: VideoFrame) -> Image:
    even = frame.width % 2 == 0 and frame.height % 2 == 0
    if frame.format.name == "yuv420p" and even and frame.color_range != 2:
        planes = frame.to_ndarray()
        return np.asarray(cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420), np.uint8)
    return np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def _jpeg(data: bytes, at: float) -> Picture:
    size = _jpeg_size(data)
    if size is None or size[0] * size[1] > MAX_PIXELS or min(size) < 16:
        raise DecodeError("the size makes no sense")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        image = None
    if image is None:
        raise DecodeError("not decodable")
    bgr = np.asarray(image, np.uint8)
    return Picture(at, bgr, small_luma(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)))


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Width and height that a JPEG claims, read before anything is decoded."""
    place = 2
    if data[:2] != b"\xff\xd8":
        return None
    while place + 9 <= len(data) and data[place] == 0xFF:
        kind = data[place + 1]
        if kind == 0xFF:
            place += 1
            continue
        if 0xC0 <= kind <= 0xCF and kind not in {0xC4, 0xC8, 0xCC}:
            height = int.from_bytes(data[place + 5 : place + 7], "big")
            return int.from_bytes(data[place + 7 : place + 9], "big"), height
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return None
