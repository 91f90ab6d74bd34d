"""Runs under the bridge's Python: puts alerts into a spool and delivers them as the bridge does.

Started with a settings file; every line on standard input, ``CAMERA RULE``, makes one alert with
a picture, and its moment (seconds since 1970) is printed as soon as the spool has it on disk.
"""

import asyncio
import hashlib
import sys
import time
import uuid

import cv2
import numpy as np
from video_bridge.fleet import NoCameras
from video_bridge.model import AlertEvent, Box, Snapshot
from video_bridge.spool import Spool
from video_bridge.uplink import Uplink

from video_bridge import settings as settings_module


def picture():
    """A JPEG of 640 × 360 with as much in it as a street has: some 60 KB."""
    rng = np.random.default_rng(7)
    small = rng.integers(0, 255, (90, 160, 3), dtype=np.uint8)
    image = cv2.resize(small, (640, 360), interpolation=cv2.INTER_CUBIC)
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()


def alert(camera, rule, jpeg):
    now = time.time()
    shot = Snapshot(now, jpeg, 640, 360, hashlib.sha256(jpeg).hexdigest())
    boxes = tuple(Box(0.1 * n, 0.4, 0.05, 0.3, 0.8) for n in range(9))
    return AlertEvent(
        uid=str(uuid.uuid4()), sequence=1, event="open", camera=camera, rule=rule, kind="crowd",
        started_at=now, at=now, score=0.8, count=9, boxes=boxes, snapshots=(shot,),
    )


async def main(path):
    found = settings_module.load(path)
    spool = Spool(found.spool_path)
    uplink = asyncio.create_task(Uplink(found, spool, NoCameras()).run())
    jpeg = picture()
    loop = asyncio.get_running_loop()
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line:
            break
        camera, rule = map(int, line.split())
        event = alert(camera, rule, jpeg)
        await asyncio.to_thread(spool.put, [event])
        sys.stdout.write(f"{event.at:.6f}\n")
        sys.stdout.flush()
    uplink.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
