"""A shard's process: ``python -m video_bridge.shard_main HANDLE``, started by the supervisor.

The handle is that of the socket pair to the supervisor; the first message are the settings.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys

import cv2

from video_bridge import jsonlog
from video_bridge.channel import Channel
from video_bridge.shard import Shard, ShardSettings


async def _main(handle: int) -> None:
    channel = await Channel.open(socket.socket(fileno=handle))
    message = await channel.receive()
    if message is None:
        return
    settings: ShardSettings = message[1]
    jsonlog.set_up(settings.log_level, shard=settings.number)
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await Shard(settings, channel).run()


def main() -> None:
    """Run until the supervisor says stop or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor decides
    cv2.setNumThreads(1)
    sys.setswitchinterval(0.002)
    try:
        asyncio.run(_main(int(sys.argv[1])))
    finally:
        logging.shutdown()
        os._exit(0)  # threads of FFmpeg may still hang in a read


if __name__ == "__main__":
    main()
