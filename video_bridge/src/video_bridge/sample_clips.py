"""Clips cut into RTP packets, for the sample server."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import av
from av.bitstream import BitStreamFilterContext

from video_bridge.annexb import split_annexb

SUFFIXES = (".mp4", ".ts", ".mkv")
CLOCK = 90000
_FILTERS = {"h264": "h264_mp4toannexb", "hevc": "hevc_mp4toannexb"}
_PAYLOAD = 1400
_HEADER = struct.Struct(">BBHBBHII")
_SOURCE = 0x59535431


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a clip, cut into packets."""

    due: float
    """Seconds after the start of the clip."""
    stamp: int
    packets: tuple[bytes, ...]
    """Interleaved RTP packets whose number and time are still 0."""
    key: bool


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip ready to be played."""

    name: str
    codec: Literal["h264", "hevc"]
    frames: tuple[Frame, ...]
    seconds: float
    description: str
    """The media part of its SDP."""

    @property
    def key_kilobytes(self) -> float:
        """The mean size of its key frames."""
        sizes = [sum(map(len, frame.packets)) for frame in self.frames if frame.key]
        return sum(sizes) / len(sizes) / 1024 if sizes else 0.0


def load_clip(path: Path, name: str | None = None) -> Clip:
    """Read a clip and cut it into packets.

    :raises ValueError: it is neither H.264 nor H.265.
    """
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        codec = stream.codec_context.name
        codec = {"libx264": "h264", "libx265": "hevc"}.get(codec, codec)
        if codec not in _FILTERS:
            raise ValueError(f"{path.name}: codec {codec} cannot be served")
        annexb = BitStreamFilterContext(_FILTERS[codec], stream)
        pieces = []
        for packet in container.demux(stream):
            for piece in annexb.filter(packet if packet.size else None):
                time = float((piece.dts or 0) * (piece.time_base or 0))
                shown = float((piece.pts or 0) * (piece.time_base or 0))
                pieces.append((time, shown, bytes(piece), bool(piece.is_keyframe)))
    if not pieces:
        raise ValueError(f"{path.name}: no picture in it")
    start = pieces[0][0]
    step = (pieces[-1][0] - start) / max(len(pieces) - 1, 1) or 0.08
    frames, sets = [], {}
    for time, shown, data, key in pieces:
        units = split_annexb(data)
        sets.update({_set_kind(codec, unit): unit for unit in units if _set_kind(codec, unit)})
        packets = packetise(units, codec)
        if packets:
            stamp = round((shown - start) * CLOCK)
            frames.append(Frame(time - start, stamp, tuple(packets), key))
    return Clip(
        name=name or path.stem,
        codec=cast(Literal["h264", "hevc"], codec),
        frames=tuple(frames),
        seconds=pieces[-1][0] - start + step,
        description=_describe(codec, sets),
    )


def packetise(units: Sequence[bytes], codec: str, payload: int = _PAYLOAD) -> list[bytes]:
    """Interleaved RTP packets of one picture; the last one has the marker."""
    bodies: list[bytes] = []
    for unit in units:
        if len(unit) <= payload:
            bodies.append(unit)
            continue
        if codec == "h264":
            head, kind, rest = bytes((unit[0] & 0xE0 | 28,)), unit[0] & 0x1F, unit[1:]
        else:
            head, kind = bytes((unit[0] & 0x81 | 49 << 1, unit[1])), unit[0] >> 1 & 63
            rest = unit[2:]
        for place in range(0, len(rest), payload):
            piece = rest[place : place + payload]
            flags = (0x80 if not place else 0) | (0x40 if place + payload >= len(rest) else 0)
            bodies.append(head + bytes((flags | kind,)) + piece)
    last = len(bodies) - 1
    return [
        _HEADER.pack(
            36, 0, 12 + len(body), 0x80, 96 | (0x80 if index == last else 0), 0, 0, _SOURCE
        )
        + body
        for index, body in enumerate(bodies)
    ]


def _set_kind(codec: str, unit: bytes) -> str:
    kind = unit[0] & 0x1F if codec == "h264" else unit[0] >> 1 & 0x3F
    names = {7: "sps", 8: "pps"} if codec == "h264" else {32: "vps", 33: "sps", 34: "pps"}
    return names.get(kind, "")


def _describe(codec: str, sets: Mapping[str, bytes]) -> str:
    words = {name: base64.b64encode(unit).decode() for name, unit in sets.items()}
    if codec == "h264":
        profile = sets["sps"][1:4].hex() if "sps" in sets else "42e01f"
        parameters = f"packetization-mode=1;profile-level-id={profile}"
        if {"sps", "pps"} <= words.keys():
            parameters += f";sprop-parameter-sets={words['sps']},{words['pps']}"
    else:
        parameters = ";".join(f"sprop-{name}={word}" for name, word in sorted(words.items()))
    name = "H264" if codec == "h264" else "H265"
    return (
        "m=video 0 RTP/AVP 96\r\n"
        f"a=rtpmap:96 {name}/{CLOCK}\r\n"
        f"a=fmtp:96 {parameters}\r\n"
        "a=control:trackID=0\r\n"
    )


def load_clips(directory: Path, say: Callable[[str], None] | None = None) -> list[Clip]:
    """All clips of a directory; one that cannot be read is named and left out."""
    clips = []
    for path in sorted(directory.iterdir()):
        if path.suffix in SUFFIXES:
            try:
                clips.append(load_clip(path))
            except (ValueError, av.FFmpegError) as error:
                if say:
                    say(f"{path.name} left out: {error}")
    return clips
