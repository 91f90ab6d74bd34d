"""``run``: the bridge itself. Reads the cameras and delivers what it has seen."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

from video_bridge import __version__, jsonlog, settings
from video_bridge.health import HealthServer
from video_bridge.shard import ShardSettings
from video_bridge.spool import Spool
from video_bridge.state import StateError
from video_bridge.supervisor import StartError, Supervisor
from video_bridge.uplink import Uplink

_logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``run``."""
    parser.add_argument("settings", type=Path, help="the settings file (TOML)")


def main(options: argparse.Namespace) -> int:
    """Run until told to stop (SIGTERM, SIGINT)."""
    try:
        chosen = settings.load(options.settings)
    except settings.SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    jsonlog.set_up(chosen.bridge.log_level)
    try:
        return asyncio.run(run(chosen))
    except StateError as error:
        _logger.error("%s", error)
        return 2
    except StartError as error:
        _logger.error("%s", error)
        print(error, file=sys.stderr)  # noqa: T201
        return 3


async def run(chosen: settings.Settings, stop: asyncio.Event | None = None) -> int:
    """Run the whole bridge until `stop` is set or a signal comes."""
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, RuntimeError):
            loop.add_signal_handler(number, stop.set)
    limits = chosen.spool
    spool = Spool(
        chosen.spool_path,
        max_bytes=limits.max_bytes,
        max_age=limits.max_age,
        picture_bytes=limits.picture_bytes,
        reserve=limits.reserve,
    )
    uplink: Uplink | None = None

    def zone() -> ZoneInfo:
        configuration = uplink.configuration if uplink is not None else None
        return configuration.timezone if configuration else chosen.bridge.timezone

    shard = ShardSettings(
        number=0,
        spool_path=chosen.spool_path,
        spool=limits,
        detector=chosen.bridge.detector,
        log_level=chosen.bridge.log_level,
    )
    supervisor = Supervisor(shard, chosen.bridge.processes, spool, zone)
    uplink = Uplink(chosen, spool, supervisor)
    server = HealthServer(supervisor, spool, uplink, chosen.bridge.state_dir)
    _logger.info("Video bridge %s begins with %d shards", __version__, chosen.bridge.processes)
    code = 0
    try:
        await supervisor.start()
        if chosen.bridge.listen is not None:
            await server.start(*chosen.bridge.listen)
        delivering = asyncio.create_task(uplink.run())
        stopping = asyncio.create_task(stop.wait())
        done, _waiting = await asyncio.wait(
            {delivering, stopping}, return_when=asyncio.FIRST_COMPLETED
        )
        stopping.cancel()
        if delivering in done and delivering.exception() is not None:
            error = delivering.exception()
            _logger.error("The uplink has ended: %s", error)
            code = 2 if isinstance(error, StateError) else 1
        delivering.cancel()
        await asyncio.wait({delivering}, timeout=5.0)
    finally:
        await server.stop()
        await supervisor.stop()
        spool.close()
    _logger.info("Video bridge has ended")
    return code
