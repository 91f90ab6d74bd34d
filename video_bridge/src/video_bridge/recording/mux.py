"""Access units into an MP4 file, as they are."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av

from video_bridge.recording.units import CLOCK, DEFAULT_STEP, Unit

TAGS = {"h264": "avc1", "hevc": "hvc1"}
"""How players expect to find the codecs named."""
_BASE = Fraction(1, CLOCK)
_PROBE = str(16 * 1024 * 1024)


class MuxError(Exception):
    """No file can be made of the pictures."""


def write(units: Sequence[Unit], codec: str, path: Path) -> float:
    """Write the pictures to a file with its index in front; how many seconds it plays.

    :param codec: "h264" or "hevc".
    :raises MuxError: the pictures make no sense, or the file cannot be written.
    """
    if codec not in TAGS or not units or not units[0].key:
        raise MuxError("there is nothing to write")
    try:
        # the first key frame alone tells size, profile and parameter sets
        with av.open(
            io.BytesIO(units[0].data), format=codec, options={"probesize": _PROBE}
        ) as head, av.open(
            str(path), "w", format="mp4", options={"movflags": "+faststart"}
        ) as container:
            template = head.streams.video[0]
            if not template.width or not template.codec_context.extradata:
                raise MuxError("the key frame does not say what it is")
            _write(units, container, container.add_stream_from_template(template), TAGS[codec])
        return _checked(units, path)
    except (av.FFmpegError, OSError, ValueError, IndexError) as error:
        raise MuxError(f"{type(error).__name__}: {error}") from error


def _write(units: Sequence[Unit], container: Any, stream: Any, tag: str) -> None:
    stream.time_base = _BASE
    stream.codec_context.codec_tag = tag
    for unit, decoded, lasts in zip(
        units, decoding_times(units), durations(units), strict=True
    ):
        packet = av.Packet(unit.data)
        packet.stream = stream
        packet.time_base = _BASE
        packet.pts, packet.dts, packet.duration = unit.time, decoded, lasts
        packet.is_keyframe = unit.key
        container.mux(packet)


def _checked(units: Sequence[Unit], path: Path) -> float:
    """The length of the file as a player sees it; MuxError unless all pictures are in it."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        count = sum(1 for packet in container.demux(stream) if packet.size)
        if count != len(units) or not container.duration:
            raise MuxError(f"{count} of {len(units)} pictures are in the file")
        return float(container.duration) / 1_000_000


def decoding_times(units: Sequence[Unit]) -> list[int]:
    """When each picture is decoded: in order, and never after it is shown."""
    times = sorted(unit.time for unit in units)
    for place in range(1, len(times)):  # no two at once
        times[place] = max(times[place], times[place - 1] + 1)
    late = max(time - unit.time for time, unit in zip(times, units, strict=True))
    return [time - max(late, 0) for time in times]


def durations(units: Sequence[Unit]) -> list[int]:
    """How long each picture is shown: until the next; the last as long as the one before."""
    shown = sorted({unit.time for unit in units})
    following = dict(pairwise(shown))
    last = shown[-1] - shown[-2] if len(shown) > 1 else DEFAULT_STEP
    last = min(last, CLOCK)
    return [following.get(unit.time, unit.time + last) - unit.time for unit in units]
