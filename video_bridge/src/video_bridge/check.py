"""``check CAMERA|URL``: connect to one camera, say what it sends, save a picture."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import itertools
import os
import statistics
import sys
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import cv2

from video_bridge import config, settings
from video_bridge.auth import Authenticator
from video_bridge.decode import DecodeError, Decoder
from video_bridge.model import Camera, Picture, Transport
from video_bridge.rtp import KeyUnit
from video_bridge.rtsp import RtspError, RtspSession
from video_bridge.sources import PyAvSource
from video_bridge.state import State
from video_bridge.sweep import PERIOD


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``check``."""
    parser.add_argument("camera", help="an address, or with --settings a camera's id or code")
    parser.add_argument("--settings", type=Path, help="the bridge's settings file")
    parser.add_argument("--user", help="user name; the password is asked for")
    parser.add_argument("--transport", choices=("tcp", "udp"), default="tcp")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long to look")
    parser.add_argument("--picture", type=Path, help="where to save a picture (JPEG)")


def main(options: argparse.Namespace) -> int:
    """Check one camera; 0 when it sends what the bridge can use."""
    try:
        camera = _camera(options)
    except (settings.SettingsError, config.ConfigError, LookupError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    try:
        units, times = asyncio.run(watch(camera, options.seconds))
    except RtspError as error:
        print(f"{error.problem}: {error}", file=sys.stderr)  # noqa: T201
        return 1
    picture = _picture(units)
    for line in report(units, times, picture):
        print(line)  # noqa: T201
    if picture is None:
        return 1
    if options.picture:
        done, data = cv2.imencode(".jpg", picture.bgr)
        if done:
            options.picture.write_bytes(data.tobytes())
            print(f"picture: {options.picture}")  # noqa: T201
    return 0


def _camera(options: argparse.Namespace) -> Camera:
    """The camera that is meant; a password in an address is taken out of it.

    :raises LookupError: there is no such camera.
    """
    if options.settings is not None:
        known = _known(settings.load(options.settings))
        for camera in known:
            if options.camera in {str(camera.id), camera.code}:
                return camera
        raise LookupError(f"no camera {options.camera} among {len(known)}")
    address, user, password = split_user(options.camera)
    if options.user:
        user = options.user
        password = os.environ.get("CAMERA_PASSWORD") or getpass.getpass("Password: ")
    scheme = urlsplit(address).scheme
    transport: Transport = options.transport
    if scheme in {"http", "https"}:
        transport = "http"
    elif scheme in {"", "file"}:
        transport = "file"
    return Camera(
        id=0, code="", name="", main=address, username=user, password=password, transport=transport
    )


def _known(chosen: settings.Settings) -> list[Camera]:
    if chosen.odoo is None:
        return list(chosen.cameras)
    _etag, document = State(chosen.bridge.state_dir).config()
    if document is None:
        raise LookupError("the bridge has no configuration yet: let it run once")
    found = config.parse(document, chosen.bridge.files)
    return [*found.cameras, *found.unbound]


def split_user(address: str) -> tuple[str, str | None, str | None]:
    """An address without user info, and the user name and password that stood in it."""
    parts = urlsplit(address)
    if "@" not in parts.netloc:
        return address, None, None
    info, _at, place = parts.netloc.rpartition("@")
    user, _colon, password = info.partition(":")
    clean = urlunsplit((parts.scheme, place, parts.path, parts.query, ""))
    return clean, unquote(user), unquote(password)


async def watch(camera: Camera, seconds: float) -> tuple[list[KeyUnit], list[float]]:
    """The key frames of so many seconds and when they came (monotonic).

    :raises RtspError: the camera cannot be read.
    """
    units: list[KeyUnit] = []
    times: list[float] = []

    def take(unit: KeyUnit) -> None:
        units.append(unit)
        times.append(time.monotonic())

    address = camera.address or ""
    source: RtspSession | PyAvSource
    if camera.transport == "tcp":
        source = RtspSession(address, Authenticator(camera.username, camera.password), take)
    else:
        source = PyAvSource(
            address, camera.transport, take, username=camera.username, password=camera.password
        )
    reading = asyncio.ensure_future(source.run())
    done, _waiting = await asyncio.wait({reading}, timeout=seconds)
    if not done:
        reading.cancel()
        await asyncio.wait({reading})
    elif not units:
        reading.result()
    return units, times


def report(units: list[KeyUnit], times: list[float], picture: Picture | None) -> list[str]:
    """What there is to say, one thing a line."""
    if not units:
        return ["no key frame came: is the key-frame interval longer than the check?"]
    lines = [f"codec: {units[-1].codec}"]
    if picture is None:
        lines.append("the key frames cannot be decoded")
    else:
        lines.append(f"size: {picture.bgr.shape[1]}x{picture.bgr.shape[0]}")
    lines.append(f"key frames: {len(units)}")
    if len(units) > 1:
        lines.append(f"key-frame interval: {_interval(units, times):.2f} s")
    lines.append(f"key-frame size: {statistics.mean(u.key_bytes for u in units) / 1024:.1f} KB")
    between = [unit for unit in units if unit.delta_frames]
    if between:
        mean = statistics.mean(unit.delta_bytes / unit.delta_frames for unit in between)
        lines.append(f"other pictures: {mean / 1024:.1f} KB")
    return lines


def _interval(units: list[KeyUnit], times: list[float]) -> float:
    """Seconds between two key frames: as the camera says, unless our clock says otherwise.

    We read in turns, so that our clock alone would be less exact.
    """
    clock = statistics.median(later - earlier for earlier, later in itertools.pairwise(times))
    camera = statistics.median(
        (later.timestamp - earlier.timestamp & 0xFFFFFFFF) / 90_000
        for earlier, later in itertools.pairwise(units)
    )
    return camera if abs(camera - clock) <= max(PERIOD, 0.1 * clock) else clock


def _picture(units: list[KeyUnit]) -> Picture | None:
    decoder = Decoder()
    for unit in reversed(units):
        try:
            return decoder.decode(unit.codec, unit.data, unit.parameters, time.time())
        except DecodeError:
            continue
    return None
