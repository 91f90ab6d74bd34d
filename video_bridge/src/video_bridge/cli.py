"""``python -m video_bridge``: the commands of the bridge.

Every command lives in a module of its own, named in `COMMANDS`, which offers two functions::

    def add_arguments(parser: argparse.ArgumentParser) -> None: ...
    def main(options: argparse.Namespace) -> int: ...

The module is imported when its command is called, so that ``--help`` and small commands start
without the weight of the others.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from video_bridge import __version__


@dataclass(frozen=True, slots=True)
class Command:
    """A command: the module that does it and what the list of commands says of it."""

    module: str
    help: str


COMMANDS: dict[str, Command] = {
    "run": Command("video_bridge.run", "read the cameras and deliver alerts"),
    "check": Command("video_bridge.check", "connect to one camera and say what it sends"),
    "gateway": Command("video_bridge.gateway", "write the media gateway's settings"),
    "live-gateway": Command("video_bridge.live_gateway", "a small media gateway for trying out"),
    "spool": Command("video_bridge.spool_command", "show what waits and what was refused"),
    "replay": Command("video_bridge.replay", "apply rules to a file, to tune them"),
    "sample-server": Command("video_bridge.sample_server", "serve sample clips as RTSP cameras"),
    "make-clips": Command("video_bridge.make_clips", "make the sample clips"),
    "fetch-models": Command("video_bridge.models_fetch", "fetch and convert the models"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="video_bridge", description="Camera streams in, alerts out.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=__version__)
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    called = next((word for word in words if not word.startswith("-")), None)
    for name, command in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=command.help, description=command.help)
        if name == called:
            module = importlib.import_module(command.module)
            module.add_arguments(subparser)
            subparser.set_defaults(main=module.main)
    options = parser.parse_args(words)
    try:
        return int(options.main(options))
    except KeyboardInterrupt:
        return 130
