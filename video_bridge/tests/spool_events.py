"""Events for the tests of spool and uplink, and a writer process that can be killed."""

from __future__ import annotations

import hashlib
import random
import sys
import time
import uuid
from collections.abc import Sequence

from video_bridge.model import AlertEvent, Box, Event, Snapshot
from video_bridge.spool import Spool

START = 1_795_000_000.0


def snapshot(size: int, seed: int = 0) -> Snapshot:
    """A picture of `size` bytes (not a real JPEG: the spool does not look inside)."""
    jpeg = random.Random(seed).randbytes(size)
    return Snapshot(START, jpeg, 640, 360, hashlib.sha256(jpeg).hexdigest())


def event(
    uid: str = "", sequence: int = 1, kind: Event = "open", *, camera: int = 7,
    picture: int = 0, at: float | None = None,
) -> AlertEvent:
    """One step of an episode."""
    moment = START + sequence if at is None else at
    return AlertEvent(
        uid or str(uuid.uuid4()), sequence, kind, camera, 5, "crowd", START, moment,
        moment if kind == "close" else None, 0.81, 9, 1.25,
        (Box(0.1, 0.2, 0.05, 0.2, 0.8),),
        (snapshot(picture, sequence),) if picture else (),
    )


def episode(uid: str, steps: int, *, camera: int = 7, picture: int = 0) -> list[AlertEvent]:
    """An episode from its opening to its end."""
    kinds: Sequence[Event] = ["open", *["update"] * (steps - 2), "close"]  # type: ignore[list-item]
    return [event(uid, number + 1, kind, camera=camera, picture=picture)
            for number, kind in enumerate(kinds)]


def main() -> None:
    """Put episodes for ever; say on standard output what has been put."""
    path, picture, pause = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    spool = Spool(path, reserve=0)
    while True:
        uid = str(uuid.uuid4())
        for step in episode(uid, 3, picture=picture):
            spool.put([step])
            # unbuffered: what was said is true even when the process is killed at once
            sys.stdout.write(f"{uid} {step.sequence}\n")
            sys.stdout.flush()
            time.sleep(pause)


if __name__ == "__main__":
    main()
