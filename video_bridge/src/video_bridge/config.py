"""The cameras and their rules, from the platform's configuration or from the settings file.

Both say it in the same words (``openapi.yaml``, ``GET config``). A camera that makes no sense is
left out and named among the problems; it does not stop the others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time
from pathlib import Path
from typing import Any, cast, get_args
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from video_bridge.model import Camera, Point, Rule, RuleKind, Shape, Transport, Window, Zone

TIMEZONE = "Asia/Shanghai"
CLIP_SECONDS = 60.0
"""A clip goes on for so long at most."""
POINTS = {"polygon": 3, "line": 2, "gauge": 2}
STATES = ("active", "maintenance")


class ConfigError(ValueError):
    """The configuration makes no sense; the text says where."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the platform wants of its bridges (配置)."""

    revision: int
    timezone: ZoneInfo
    retention_days: int
    still_interval: float
    """Seconds between two stills of a camera that nobody watches; 0 for none."""
    cameras: tuple[Camera, ...]
    unbound: tuple[Camera, ...]
    """Streams without a record yet, read for installation cards; their id is minus the
    stream's."""
    problems: tuple[str, ...] = ()


def parse(document: object, files: Path | None = None) -> Configuration:
    """The configuration of a ``GET config`` answer; ConfigError when it is none.

    :param files: the folder of the files that its cameras may play; None: no file at all. Who
        keeps the cameras' register must not be able to read this machine's files.
    """
    top = _mapping(document, "configuration")
    clips = with_clips(_number(top, "clip_seconds", 0.0, low=0.0))
    problems: list[str] = []
    cameras: dict[int, Camera] = {}
    for place, entry in enumerate(_sequence(top.get("cameras"), "cameras")):
        try:
            camera = clips(parse_camera(entry))
            _check_files(camera, files)
        except ConfigError as error:
            problems.append(f"camera {_name_of(entry, place)}: {error}")
        else:
            cameras[camera.id] = camera
    unbound: dict[int, Camera] = {}
    for place, entry in enumerate(_sequence(top.get("unbound", []), "unbound")):
        try:
            stream = _parse_unbound(entry)
            _check_files(stream, files)
        except ConfigError as error:
            problems.append(f"unbound stream {place + 1}: {error}")
        else:
            unbound[stream.id] = stream
    return Configuration(
        revision=_integer(top, "revision"),
        timezone=timezone(top.get("timezone", TIMEZONE)),
        retention_days=_integer(top, "retention_days", 30),
        still_interval=_number(top, "still_interval", 300.0, low=0.0),
        cameras=tuple(cameras.values()),
        unbound=tuple(unbound.values()),
        problems=tuple(problems),
    )


def parse_camera(entry: object) -> Camera:
    """One camera with its zones and rules; ConfigError names what is wrong."""
    values = _mapping(entry, "camera")
    zones: dict[int, Zone] = {}
    for value in _sequence(values.get("zones", []), "zones"):
        zone = _parse_zone(value)
        zones[zone.id] = zone
    state = values.get("state", "active")
    if state not in STATES:
        raise ConfigError(f"state {state!r} is none of {', '.join(STATES)}")
    rules = tuple(_parse_rule(value, zones)
                  for value in _sequence(values.get("rules", []), "rules"))
    if len({rule.id for rule in rules}) != len(rules):
        raise ConfigError("two rules have the same id")
    main, sub = _text(values, "main"), _text(values, "sub")
    if not main and not sub:
        raise ConfigError("it has no address")
    camera = _integer(values, "id")
    if camera <= 0:
        raise ConfigError("its id must be positive")
    return Camera(
        id=camera,
        code=_text(values, "code") or str(camera),
        name=_text(values, "name") or str(camera),
        main=main,
        sub=sub,
        username=_text(values, "username"),
        password=_text(values, "password"),
        transport=_transport(values),
        pixelate=bool(values.get("pixelate", False)),
        state=state,
        stream=_integer(values, "stream", 0),
        rules=() if state == "maintenance" else rules,
    )


def with_clips(seconds: float) -> Callable[[Camera], Camera]:
    """Lets cameras make clips that go on for so many seconds.

    None where nobody is to be recognised: a clip is as the camera has sent it.
    """
    seconds = min(seconds, CLIP_SECONDS)
    return lambda camera: camera if camera.pixelate else replace(camera, clip_seconds=seconds)


def _check_files(camera: Camera, files: Path | None) -> None:
    """ConfigError if the camera is a file that the platform may not have played."""
    if camera.transport != "file":
        return
    if files is None:
        raise ConfigError("it is a file, and bridge.files names no folder of files")
    for address in filter(None, (camera.main, camera.sub)):
        parts = urlsplit(address)
        path = Path(unquote(parts.path) if parts.scheme == "file" else address)
        if not path.resolve().is_relative_to(files.resolve()):
            raise ConfigError("it is a file outside of bridge.files")


def timezone(name: object) -> ZoneInfo:
    """The time zone of that name; ConfigError if there is none."""
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(f"there is no time zone {name!r}") from None


def _parse_unbound(entry: object) -> Camera:
    values = _mapping(entry, "stream")
    stream = _integer(values, "stream")
    main, sub = _text(values, "main"), _text(values, "sub")
    if not main and not sub:
        raise ConfigError("it has no address")
    return Camera(
        id=-stream, code="", name=f"stream {stream}", main=main, sub=sub,
        username=_text(values, "username"), password=_text(values, "password"),
        transport=_transport(values), state="unbound", stream=stream,
    )


def _parse_zone(entry: object) -> Zone:
    values = _mapping(entry, "zone")
    shape = values.get("shape", "polygon")
    if shape not in get_args(Shape):
        raise ConfigError(f"zone shape {shape!r} is none of {', '.join(get_args(Shape))}")
    points = tuple(_point(point) for point in _sequence(values.get("points"), "points"))
    if len(points) < POINTS[shape]:
        raise ConfigError(f"a {shape} needs {POINTS[shape]} points or more")
    gauge = values.get("gauge")
    if shape == "gauge":
        pair = _sequence(gauge, "gauge")
        if len(pair) != 2:
            raise ConfigError("a gauge needs its readings at the first and at the last point")
        gauge = (_finite(pair[0], "gauge"), _finite(pair[1], "gauge"))
    else:
        gauge = None
    return Zone(_integer(values, "id"), _text(values, "name") or "", shape, points, gauge)


def _parse_rule(entry: object, zones: Mapping[int, Zone]) -> Rule:
    values = _mapping(entry, "rule")
    kind = values.get("kind")
    if kind not in get_args(RuleKind):
        raise ConfigError(f"rule kind {kind!r} is none of {', '.join(get_args(RuleKind))}")
    chosen: list[Zone] = []
    for zone in _sequence(values.get("zones", []), "zones"):
        if zone not in zones:
            raise ConfigError(f"rule {kind} names the zone {zone!r}, which is not there")
        chosen.append(zones[zone])
    params = _mapping(values.get("params") or {}, "params")
    return Rule(
        id=_integer(values, "id"),
        kind=cast(RuleKind, kind),
        zones=tuple(chosen),
        threshold=_number(values, "threshold", 0.0),
        duration=_number(values, "duration", 0.0, low=0.0),
        cooldown=_number(values, "cooldown", 0.0, low=0.0),
        min_score=_number(values, "min_score", 0.5, low=0.0),
        params={str(key): _finite(value, f"params.{key}") for key, value in params.items()},
        windows=tuple(_parse_window(value)
                      for value in _sequence(values.get("windows", []), "windows")),
    )


def _parse_window(entry: object) -> Window:
    values = _mapping(entry, "window")
    days = frozenset(_sequence(values.get("days", list(range(7))), "days"))
    if not days <= frozenset(range(7)):
        raise ConfigError("days are numbers from 0 (Monday) to 6 (Sunday)")
    return Window(days, _hour(values.get("from", "00:00")), _hour(values.get("to", "00:00")))


def _hour(value: object) -> time:
    try:
        return time() if str(value).startswith("24:") else time.fromisoformat(str(value))
    except ValueError:
        raise ConfigError(f"{value!r} is no hour such as 08:30") from None


def _point(value: object) -> Point:
    pair = _sequence(value, "point")
    if len(pair) != 2:
        raise ConfigError("a point has two coordinates")
    x, y = _finite(pair[0], "point"), _finite(pair[1], "point")
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise ConfigError(f"the point ({x}, {y}) is outside of the picture (0 to 1)")
    return x, y


def _transport(values: Mapping[str, Any]) -> Transport:
    transport = values.get("transport") or "tcp"
    if transport not in get_args(Transport):
        raise ConfigError(
            f"transport {transport!r} is none of {', '.join(get_args(Transport))}")
    return cast(Transport, transport)


def _name_of(entry: object, place: int) -> str:
    """A camera's id or code, for a message; its place in the list if it has none."""
    if isinstance(entry, Mapping):
        for key in ("id", "code"):
            if isinstance(entry.get(key), int | str):
                return str(entry[key])
    return f"number {place + 1}"


def _mapping(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ConfigError(f"{what} is not a table")
    return value


def _sequence(value: object, what: str) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise ConfigError(f"{what} is not a list")
    return value


def _text(values: Mapping[str, Any], key: str) -> str | None:
    value = values.get(key)
    if value is None or value is False or value == "":
        return None
    if not isinstance(value, str):
        raise ConfigError(f"{key} is not a text")
    return value


def _integer(values: Mapping[str, Any], key: str, default: int | None = None) -> int:
    value = values.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigError(f"{key} is not a whole number")
    return value


def _number(
    values: Mapping[str, Any], key: str, default: float, *, low: float | None = None
) -> float:
    value = values.get(key)
    number = default if value is None else _finite(value, key)
    if low is not None and number < low:
        raise ConfigError(f"{key} is less than {low:g}")
    return number


def _finite(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ConfigError(f"{what} is not a number")
    return float(value)
