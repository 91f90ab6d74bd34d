"""The bridge's settings file (TOML), checked before anything is begun.

Every option is described in ``README.md``; ``sample.toml`` shows them. Paths that are not
absolute start from the settings file's folder.
"""

from __future__ import annotations

import ipaddress
import math
import os
import platform
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import tomllib

from video_bridge import config
from video_bridge.detect import PREFERENCES
from video_bridge.model import Camera

MIB = 1024 * 1024


class SettingsError(ValueError):
    """The settings file cannot be used; the text lists every problem, one a line."""


@dataclass(frozen=True, slots=True)
class OdooSettings:
    """Where the platform is, and the key that opens its video interface."""

    url: str
    """Scheme, host and port, without a path."""
    database: str
    key_file: Path
    ca_file: Path | None = None
    timeout: float = 30.0

    def key(self) -> str:
        """The API key; SettingsError if the file is missing, empty or open to others."""
        return read_secret(self.key_file, "odoo.key_file")


@dataclass(frozen=True, slots=True)
class BridgeSettings:
    """This bridge."""

    name: str
    state_dir: Path
    shards: int = 0
    """Processes that read cameras; 0 is one for each core."""
    capacity: int = 800
    """Cameras that this bridge takes on at most."""
    detector: str = "auto"
    listen: tuple[str, int] | None = ("127.0.0.1", 8740)
    """Where /healthz and /metrics are served."""
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo(config.TIMEZONE))
    """Of the rules' hours when the cameras stand in this file."""
    log_level: str = "info"
    clip_seconds: float = 10.0
    """Of the cameras in this file: how long a clip goes on after the opening; 0: no clips."""
    files: Path | None = None
    """Folder of files that the platform's cameras may play; None: none."""

    @property
    def processes(self) -> int:
        """How many shards to run."""
        return self.shards or len(os.sched_getaffinity(0))


@dataclass(frozen=True, slots=True)
class SpoolSettings:
    """What the spool may take."""

    max_bytes: int = 2048 * MIB
    picture_bytes: int = 1536 * MIB
    max_age: float = 7 * 86400.0
    reserve: int = 8 * MIB
    clip_bytes: int = 2048 * MIB
    """What clips may take, beside ``max_bytes``; 0: no clips."""


@dataclass(frozen=True, slots=True)
class PaceSettings:
    """How often the platform is asked, in seconds."""

    heartbeat: float = 10.0
    retry_min: float = 0.5
    retry_max: float = 30.0
    refused_key: float = 60.0
    """Between two attempts while the platform refuses the key."""
    batch: int = 500
    """Alerts in one request at most."""
    batch_bytes: int = 16 * MIB


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole settings file."""

    bridge: BridgeSettings
    odoo: OdooSettings | None = None
    spool: SpoolSettings = field(default_factory=SpoolSettings)
    pace: PaceSettings = field(default_factory=PaceSettings)
    cameras: tuple[Camera, ...] = ()
    """Only without [odoo]: the cameras of the file."""

    @property
    def spool_path(self) -> Path:
        """The spool's database file."""
        return self.bridge.state_dir / "spool.db"

    @property
    def clips_path(self) -> Path:
        """The folder of the clips that wait."""
        return self.bridge.state_dir / "clips"


def load(path: Path | str) -> Settings:
    """Read and check a settings file; SettingsError lists everything that is wrong with it."""
    file = Path(path)
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: {error}") from None
    return parse(document, file.absolute().parent)


def parse(document: Mapping[str, Any], folder: Path) -> Settings:
    """Settings from a TOML document; relative paths start from `folder`."""
    problems: list[str] = []
    known = {"odoo", "bridge", "spool", "pace", "camera"}
    problems += [f"[{name}]: there is no such section" for name in document if name not in known]
    odoo = _odoo(_Section(document, "odoo", problems), folder) if "odoo" in document else None
    bridge = _bridge(_Section(document, "bridge", problems), folder)
    clip_seconds = bridge.clip_seconds if bridge is not None else 0.0
    spool = _spool(_Section(document, "spool", problems))
    pace = _pace(_Section(document, "pace", problems))
    cameras = _cameras(document.get("camera", []), folder, problems)
    cameras = tuple(map(config.with_clips(clip_seconds), cameras))
    if odoo and cameras:
        problems.append("[[camera]]: the cameras come from [odoo]; give one of the two")
    if "odoo" not in document and not cameras and "camera" not in document:
        problems.append("there is neither [odoo] nor a [[camera]]: nothing to do")
    if problems or bridge is None:
        raise SettingsError("\n".join(problems))
    return Settings(bridge, odoo, spool, pace, cameras)


def read_secret(file: Path, what: str) -> str:
    """The text of a file that nobody else may read; SettingsError otherwise."""
    try:
        with open(file, encoding="utf-8") as handle:
            mode = os.fstat(handle.fileno()).st_mode
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise SettingsError(
                    f"{what}: others may read {file} (mode {stat.S_IMODE(mode):04o}); "
                    f"chmod 600 {file}")
            text = handle.read(65536).strip()
    except OSError as error:
        raise SettingsError(f"{what}: {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{what}: {file} is not a text") from None
    if not text or len(text.split()) != 1 or not text.isascii():
        raise SettingsError(f"{what}: {file} must hold the key, on one line, and nothing else")
    return text


class _Section:
    """One table of the file; notes what is wrong and what is not known."""

    def __init__(self, document: Mapping[str, Any], name: str, problems: list[str]) -> None:
        self.name, self.problems = name, problems
        table = document.get(name, {})
        if not isinstance(table, Mapping):
            problems.append(f"[{name}] is not a table")
            table = {}
        self.table, self.asked = table, set[str]()

    def text(self, key: str, default: str | None = None, *, empty: bool = False) -> str:
        self.asked.add(key)
        value = self.table.get(key, default)
        if value is None:
            self.wrong(key, "is missing")
            return ""
        if not isinstance(value, str) or not (value.strip() or empty):
            self.wrong(key, "must be a text")
            return default or ""
        return value.strip()

    def number(self, key: str, default: float, low: float, high: float = math.inf) -> float:
        self.asked.add(key)
        value = self.table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong(key, "must be a number")
        elif not low <= value <= high:
            limits = f"at least {low:g}" if high == math.inf else f"from {low:g} to {high:g}"
            self.wrong(key, f"must be {limits}")
        else:
            return float(value)
        return default

    def whole(self, key: str, default: int, low: int, high: int = 2**31) -> int:
        value = self.number(key, default, low, high)
        if value != int(value):
            self.wrong(key, "must be a whole number")
            return default
        return int(value)

    def wrong(self, key: str, what: str) -> None:
        self.problems.append(f"{self.name}.{key} {what}")

    def end(self) -> None:
        """Everything that was not asked for is a mistake, such as a misspelt name."""
        for key in self.table:
            if key not in self.asked:
                self.wrong(key, "is not known")


def _odoo(section: _Section, folder: Path) -> OdooSettings | None:
    before = len(section.problems)
    url = section.text("url").rstrip("/")
    database = section.text("database")
    key_file = section.text("key_file")
    ca_file = section.text("ca_file", "", empty=True)
    timeout = section.number("timeout", 30.0, 1.0, 600.0)
    section.end()
    parts = urlsplit(url)
    if url and (parts.scheme not in {"http", "https"} or not parts.hostname):
        section.wrong("url", "must be such as https://office.example")
    elif parts.username or parts.password:
        section.wrong("url", "must hold no user name: the key stands in key_file")
    elif parts.path or parts.query or parts.fragment:
        section.wrong("url", "must be without a path")
    if len(section.problems) > before:
        return None
    found = OdooSettings(
        url, database, folder / key_file, folder / ca_file if ca_file else None, timeout)
    if found.ca_file and not found.ca_file.is_file():
        section.wrong("ca_file", f"{found.ca_file} is not there")
    try:
        found.key()
    except SettingsError as error:
        section.problems.append(str(error))
    return found


def _bridge(section: _Section, folder: Path) -> BridgeSettings | None:
    before = len(section.problems)
    name = section.text("name", platform.node() or "bridge")
    state_dir = section.text("state_dir")
    shards = section.whole("shards", 0, 0, 256)
    capacity = section.whole("capacity", 800, 1, 100_000)
    detector = section.text("detector", "auto")
    if detector not in PREFERENCES:
        section.wrong("detector", f"must be one of {', '.join(PREFERENCES)}")
    listen = _listen(section)
    zone = section.text("timezone", config.TIMEZONE)
    level = section.text("log_level", "info").lower()
    files = section.text("files", "", empty=True)
    clip_seconds = section.number("clip_seconds", 10.0, 0.0, config.CLIP_SECONDS)
    section.end()
    if level not in {"debug", "info", "warning", "error"}:
        section.wrong("log_level", "must be debug, info, warning or error")
    try:
        timezone = config.timezone(zone)
    except config.ConfigError as error:
        section.wrong("timezone", str(error))
    if len(section.problems) > before:
        return None
    return BridgeSettings(
        name, folder / state_dir, shards, capacity, detector, listen, timezone, level,
        clip_seconds, folder / files if files else None)


def _listen(section: _Section) -> tuple[str, int] | None:
    value = section.text("listen", "127.0.0.1:8740", empty=True)
    if not value:
        return None
    host, _, port = value.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    try:
        number = int(port)
        if host != "localhost":
            ipaddress.ip_address(host)
    except ValueError:
        number = -1
    if not 0 <= number <= 65535:
        section.wrong("listen", "must be such as 127.0.0.1:8740, or empty")
        return None
    return host, number


def _spool(section: _Section) -> SpoolSettings:
    default = SpoolSettings()
    size = section.whole("max_mib", default.max_bytes // MIB, 1, 10_000_000)
    pictures = section.whole("picture_mib", min(size * 3 // 4, 1536), 0, 10_000_000)
    days = section.number("max_age_days", default.max_age / 86400, 0.01, 3650)
    reserve = section.whole("reserve_mib", default.reserve // MIB, 0, 10_000)
    clips = section.whole("clip_mib", default.clip_bytes // MIB, 0, 10_000_000)
    section.end()
    if pictures > size:
        section.wrong("picture_mib", "must not be more than spool.max_mib")
    return SpoolSettings(size * MIB, pictures * MIB, days * 86400, reserve * MIB, clips * MIB)


def _pace(section: _Section) -> PaceSettings:
    default = PaceSettings()
    found = PaceSettings(
        heartbeat=section.number("heartbeat", default.heartbeat, 0.2, 15.0),
        retry_min=section.number("retry_min", default.retry_min, 0.01, 60.0),
        retry_max=section.number("retry_max", default.retry_max, 0.01, 600.0),
        refused_key=section.number("refused_key", default.refused_key, 0.1, 3600.0),
        batch=section.whole("batch", default.batch, 1, 500),
        batch_bytes=section.whole("batch_mib", default.batch_bytes // MIB, 1, 24) * MIB,
    )
    section.end()
    if found.retry_max < found.retry_min:
        section.wrong("retry_max", "must not be less than pace.retry_min")
    return found


def _cameras(entries: object, folder: Path, problems: list[str]) -> tuple[Camera, ...]:
    if not isinstance(entries, list):
        problems.append("[[camera]] needs double brackets")
        return ()
    cameras: dict[int, Camera] = {}
    for place, entry in enumerate(entries):
        where = f"camera {place + 1}"
        try:
            values = {"id": place + 1, **entry}
            if "password_file" in values:
                if "password" in values:
                    raise config.ConfigError("password and password_file: give one of the two")
                values["password"] = read_secret(
                    folder / str(values.pop("password_file")), "password_file")
            unknown = set(values) - _CAMERA_KEYS
            if unknown:
                raise config.ConfigError(f"{', '.join(sorted(unknown))}: not known")
            for key in ("zones", "rules"):
                values[key] = _numbered(values.get(key, []), key)
            camera = config.parse_camera(values)
        except (config.ConfigError, SettingsError) as error:
            problems.append(f"{where}: {error}")
            continue
        if camera.id in cameras:
            problems.append(f"{where}: the id {camera.id} is taken already")
        cameras[camera.id] = camera
    return tuple(cameras.values())


_CAMERA_KEYS = {
    "id", "code", "name", "main", "sub", "username", "password", "transport", "pixelate",
    "state", "stream", "zones", "rules",
}


def _numbered(entries: object, what: str) -> list[dict[str, Any]]:
    """Zones and rules of the file, which need not have an id: then it is their place."""
    if not isinstance(entries, list) or not all(isinstance(e, Mapping) for e in entries):
        raise config.ConfigError(f"{what} is not a list of tables")
    return [{"id": place + 1, **entry} for place, entry in enumerate(entries)]
