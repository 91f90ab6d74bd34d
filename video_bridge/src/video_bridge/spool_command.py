"""``spool``: shows what waits for delivery and what the platform has refused."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import TextIO

from video_bridge import settings
from video_bridge.spool import Spool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``spool``."""
    parser.add_argument("settings", type=Path, help="the settings file (TOML)")
    parser.add_argument("--refused", type=int, default=20, metavar="N",
                        help="show the latest N refused alerts (default: %(default)s)")
    parser.add_argument("--requeue", action="store_true",
                        help="try everything once more that was refused")


def main(options: argparse.Namespace) -> int:
    """Print; works beside a running bridge."""
    try:
        chosen = settings.load(options.settings)
    except settings.SettingsError as error:
        _say(str(error), sys.stderr)
        return 2
    if not chosen.spool_path.exists():
        _say(f"{chosen.spool_path}: there is no spool yet", sys.stderr)
        return 1
    limits = chosen.spool
    spool = Spool(chosen.spool_path, max_bytes=limits.max_bytes, max_age=limits.max_age,
                  picture_bytes=limits.picture_bytes, reserve=0)
    try:
        if options.requeue:
            _say(f"{spool.requeue()} events are tried once more")
        for name, value in asdict(spool.stats()).items():
            if name == "oldest" and value is not None:
                value = datetime.fromtimestamp(value, timezone.utc).isoformat(timespec="seconds")
            _say(f"{name:17} {'-' if value is None else value}")
        for event, why in spool.refusals(options.refused):
            _say(f"refused  {event.uid} {event.sequence} camera {event.camera} {event.kind}: "
                 f"{why.code} {why.message}")
    finally:
        spool.close()
    return 0


def _say(text: str, out: TextIO | None = None) -> None:
    print(text, file=out or sys.stdout)
