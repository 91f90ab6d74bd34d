"""Recordings for the tests of clips, made of real streams."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path

import av
from video_bridge.recording.tape import Budget, Recording, Tape
from video_bridge.rtp import DeltaUnit, Depacketiser, KeyUnit
from video_bridge.rtp_codecs import CODECS
from video_bridge.sample_server import load_clip

UID = str(uuid.UUID(int=7))
Sent = KeyUnit | DeltaUnit


def pictures(path: Path) -> list[Sent]:
    """All pictures of a file as a depacketiser hands them over, from its first key frame."""
    clip = load_clip(path)
    found: list[Sent] = []
    video: Depacketiser = CODECS[clip.codec](found.append)
    video.on_delta, video.keep_all = found.append, True
    number = 0
    for frame in clip.frames:
        for packet in frame.packets:
            data = memoryview(bytes(packet))[4:]  # without the frame of the connection
            video.feed(data, data[0], data[1], number, frame.stamp, 12, len(data))
            number = (number + 1) & 0xFFFF
    return found


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """A tape, and what came of it."""

    def __init__(self, budget: Budget | None = None) -> None:
        self.clock = Clock()
        self.budget = budget or Budget()
        self.recordings: list[Recording] = []
        self.tape = Tape(7, self.budget, self.recordings.append, now=self.clock)

    def play(self, sent: Iterable[Sent], *, rate: float = 10.0) -> None:
        """Let pictures come at their pace."""
        for unit in sent:
            if isinstance(unit, KeyUnit):
                self.tape.key(unit, self.clock.now + 1e9, self.clock.now)
            else:
                self.tape.delta(unit)
            self.clock.now += 1 / rate


def recording(sent: Sequence[Sent], uid: str = UID) -> Recording:
    """A recording of pictures that came at ten a second."""
    bench = Bench()
    bench.tape.suspected = True
    bench.play(sent[:1])
    bench.tape.take(uid, 1e6)
    bench.play(sent[1:])
    bench.tape.cut()
    return bench.recordings[0]


def decoded(path: Path) -> tuple[int, float, str]:
    """How many pictures a file gives, how long it plays, and how its codec is named in it."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        count = sum(1 for _frame in container.decode(stream))
        assert container.duration is not None
        return count, container.duration / 1_000_000, stream.codec_context.codec_tag
