"""``video_bridge gateway``: the media gateway's settings, with the addresses of all cameras.

Only the bridges know the cameras' passwords; so one of them writes the settings of MediaMTX
(its file takes JSON, which is YAML): one path a camera, named by the camera's code, opened only
while somebody looks. Whether somebody may look is asked of the platform.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from video_bridge import api, config, jsonlog, settings
from video_bridge.model import Camera

_logger = logging.getLogger(__name__)

PAUSE = 30.0
"""Seconds between two questions for a new configuration."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("settings", type=Path, help="the settings file (TOML)")
    parser.add_argument("--output", type=Path, required=True, help="the gateway's settings file")
    parser.add_argument(
        "--ask", metavar="URL", required=True,
        help="where the gateway asks who may look: https://OFFICE/yst/video/live/check",
    )
    parser.add_argument("--watch", action="store_true", help="go on, and follow what changes")


def main(options: argparse.Namespace) -> int:
    """Write the settings once, or for ever."""
    try:
        found = settings.load(options.settings)
    except settings.SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    jsonlog.set_up(found.bridge.log_level)
    if found.odoo is None:
        _write(options.output, document(found.cameras, options.ask))
        return 0
    return asyncio.run(_follow(found.odoo, options.output, options.ask, options.watch))


def document(cameras: Sequence[Camera], ask: str) -> dict[str, Any]:
    """The gateway's settings: who is asked, and one path a camera."""
    return {
        "authMethod": "http",
        "authHTTPAddress": ask,
        "rtsp": False,
        "rtmp": False,
        "srt": False,
        "hls": True,
        "webrtc": True,
        "paths": {
            camera.code: {"source": address, "sourceOnDemand": True}
            for camera in cameras
            if camera.code and camera.state != "unbound" and (address := source(camera))
        },
    }


def source(camera: Camera) -> str | None:
    """The main stream's address with the camera's name and password, None where there is none."""
    address = camera.main or camera.sub
    if not address or camera.transport == "file":
        return None
    parts = urlsplit(address)
    if not camera.username:
        return address
    user = quote(camera.username, safe="")
    if camera.password:
        user += ":" + quote(camera.password, safe="")
    return urlunsplit(parts._replace(netloc=f"{user}@{parts.netloc}"))


async def _follow(odoo: settings.OdooSettings, output: Path, ask: str, watch: bool) -> int:
    etag: str | None = None
    async with api.Client(odoo, str(uuid.uuid4())) as client:
        while True:
            try:
                answer = await client.config(etag)
                if answer is not None:
                    cameras = config.parse(answer.body).cameras
                    _write(output, document(cameras, ask))
                    etag = answer.etag
                    _logger.info("gateway settings for %d cameras", len(cameras))
            except (api.ApiError, config.ConfigError) as error:
                _logger.warning("no configuration: %s", error)
                if not watch:
                    return 1
            if not watch:
                return 0
            await asyncio.sleep(PAUSE)


def _write(path: Path, settings_: Mapping[str, Any]) -> None:
    """The whole file or none of it; nobody but its owner may read the passwords."""
    part = path.with_name(f".{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(settings_, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
