"""Without a platform: the cameras stand in the settings file, alerts go into files.

``alerts.jsonl`` and ``pictures/`` lie beside the spool.
"""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import replace
from pathlib import Path

from video_bridge import wire
from video_bridge.delivery import LOOK
from video_bridge.fleet import Fleet
from video_bridge.settings import Settings
from video_bridge.spool import Batch, Spool
from video_bridge.uplink_metrics import UplinkMetrics


async def run(settings: Settings, spool: Spool, fleet: Fleet, metrics: UplinkMetrics) -> None:
    """Read the cameras of the settings file until cancelled."""
    cameras = settings.cameras
    fleet.assign(cameras, spool.open_episodes([c.id for c in cameras]))
    while True:
        batch = await asyncio.to_thread(spool.batch, settings.pace.batch)
        if batch:
            await asyncio.shield(asyncio.to_thread(
                _write_down, batch, spool, settings.bridge.state_dir))
            metrics.delivered += len(batch)
        else:
            await asyncio.sleep(LOOK)


def _write_down(batch: Batch, spool: Spool, folder: Path) -> None:
    """Append alerts to ``alerts.jsonl``; their pictures into ``pictures/``."""
    (folder / "pictures").mkdir(exist_ok=True, mode=0o700)
    for event in batch.events:
        for number, snapshot in enumerate(event.snapshots):
            path = folder / "pictures" / _picture_name(event.uid, event.sequence, number)
            path.write_bytes(snapshot.jpeg)
    handle = os.open(folder / "alerts.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with open(handle, "a", encoding="utf-8") as file:
        for event in batch.events:
            line = wire.alert(replace(event, snapshots=()))
            line["snapshots"] = [_picture_name(event.uid, event.sequence, number)
                                 for number in range(len(event.snapshots))]
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
    spool.done([item.key for item in batch.items])


def _picture_name(uid: str, sequence: int, number: int) -> str:
    return f"{uid}-{sequence}-{number}.jpg"
