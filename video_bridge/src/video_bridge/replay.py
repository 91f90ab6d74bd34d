"""``replay FILE``: apply rules to a file, to tune them, and show what was found in pictures."""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import av
import cv2
import numpy as np
import tomllib

from video_bridge.annotate import annotate, sheet
from video_bridge.detect import PREFERENCES, Detector, open_detector
from video_bridge.eyes import CameraEye
from video_bridge.model import (
    AlertEvent,
    Box,
    Camera,
    Image,
    Picture,
    Rule,
    RuleKind,
    Window,
    Zone,
)

_logger = logging.getLogger(__name__)

START = 1_767_225_600.0
"""The wall clock at second 0 of a file: 2026-01-01T00:00:00Z."""
_MOVED_LEVELS, _MOVED_SHARE = 14, 0.002


@dataclass(slots=True)
class Seen:
    """One key frame of a file, as the rules saw it."""

    second: float
    picture: Picture
    moved: bool
    people: tuple[Box, ...]
    readings: dict[str, str]
    events: list[AlertEvent] = field(default_factory=list)


def key_frames(path: Path) -> Iterator[tuple[float, Image]]:
    """Second and picture of every key frame.

    :raises OSError: when the file cannot be read as video
    """
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.skip_frame = "NONKEY"
        stream.thread_type = "NONE"
        for frame in container.decode(stream):
            yield float(frame.time or 0.0), np.asarray(frame.to_ndarray(format="bgr24"))


def picture_of(at: float, bgr: Image) -> Picture:
    """A picture with its small luma."""
    small = cv2.resize(bgr, (160, 90), interpolation=cv2.INTER_AREA)
    return Picture(at, bgr, np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), dtype=np.uint8))


def play(
    path: Path, rules: Sequence[Rule], detector: Detector | None, *, pixelate: bool = False,
    timezone: ZoneInfo | None = None,
) -> Iterator[Seen]:
    """Show a file to an eye with these rules; the file's own time is the clock.

    At the end what is still open is closed, so that every episode has its end.
    """
    return show(key_frames(path), rules, detector, pixelate=pixelate, timezone=timezone)


def show(
    frames: Iterable[tuple[float, Image]], rules: Sequence[Rule], detector: Detector | None, *,
    pixelate: bool = False, timezone: ZoneInfo | None = None,
) -> Iterator[Seen]:
    """Show pictures with their seconds to an eye with these rules."""
    clock = 0.0
    camera = Camera(1, "", "replay", None, rules=tuple(rules), pixelate=pixelate)
    eye = CameraEye(
        camera, detector, now=lambda: clock, timezone=timezone or ZoneInfo("Asia/Shanghai")
    )
    before: Image | None = None
    last: Seen | None = None
    for second, bgr in frames:
        clock = second
        picture = picture_of(START + second, bgr)
        moved = before is None or _moved(before, picture.luma)
        before = picture.luma
        events = []
        if eye.wants(moved):
            events = eye.see(picture, moved)
        events += eye.tick(START + second, START + second, 2.0)
        last = Seen(
            second, picture, moved, eye.people,
            {
                f"{rule.kind} {rule.id}": _reading(eye, rule.id) for rule in rules
                if rule.id in eye.findings
            },
            events,
        )
        yield last
    if last is not None:
        last.events = eye.close("the file ends")
        yield last


def _reading(eye: CameraEye, rule: int) -> str:
    finding = eye.findings[rule]
    return f"{finding.level} {finding.why}".strip()


def _moved(before: Image, now: Image) -> bool:
    changed = cv2.absdiff(before, now) > _MOVED_LEVELS
    return float(changed.mean()) > _MOVED_SHARE


def read_rules(entries: Sequence[Mapping[str, Any]]) -> list[Rule]:
    """Rules as the configuration writes them, their zones inside.

    :raises ValueError: when something is missing or of the wrong kind
    """
    try:
        return [_rule(number, entry) for number, entry in enumerate(entries, start=1)]
    except (KeyError, TypeError) as error:
        raise ValueError(f"a rule is not complete: {error}") from None


def _rule(number: int, entry: Mapping[str, Any]) -> Rule:
    kind = entry["kind"]
    if kind not in get_args(RuleKind):
        raise ValueError(f"unknown kind of rule {kind!r}")
    return Rule(
        id=int(entry.get("id", number)),
        kind=kind,
        zones=tuple(_zone(n, zone) for n, zone in enumerate(entry.get("zones", ()), start=1)),
        threshold=float(entry.get("threshold", 0)),
        duration=float(entry.get("duration", 0)),
        cooldown=float(entry.get("cooldown", 0)),
        min_score=float(entry.get("min_score", 0.5)),
        params={name: float(value) for name, value in entry.get("params", {}).items()},
        windows=tuple(
            Window(
                frozenset(window["days"]),
                time.fromisoformat(window["from"]),
                time.fromisoformat(window["to"]),
            )
            for window in entry.get("windows", ())
        ),
    )


def _zone(number: int, entry: Mapping[str, Any]) -> Zone:
    gauge = entry.get("gauge")
    return Zone(
        int(entry.get("id", number)),
        str(entry.get("name", "")),
        entry["shape"],
        tuple((float(x), float(y)) for x, y in entry["points"]),
        (float(gauge[0]), float(gauge[1])) if gauge else None,
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--rules", type=Path, help="TOML with [[rule]] tables, or the labels of a clip (JSON)"
    )
    parser.add_argument(
        "--kind", choices=get_args(RuleKind), help="one rule over the whole picture"
    )
    parser.add_argument("--threshold", type=float, default=0.0)
    parser.add_argument("--duration", type=float, default=0.0)
    parser.add_argument("--min-score", type=float, default=0.5)
    parser.add_argument("--detector", choices=PREFERENCES, default="auto")
    parser.add_argument("--models", type=Path, default=None)
    parser.add_argument("--pixelate", action="store_true")
    parser.add_argument("--sheet", type=Path, help="where the annotated pictures go (JPEG or PNG)")
    parser.add_argument("--columns", type=int, default=4)


def main(options: argparse.Namespace) -> int:
    """Print the events, one JSON line each; write the sheet. 2 when the arguments are wrong."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        rules = _asked_rules(options)
        detector = open_detector(options.detector, models=options.models)
        pictures = []
        for seen in play(options.file, rules, detector, pixelate=options.pixelate):
            for event in seen.events:
                print(json.dumps(_told(event), ensure_ascii=False))  # noqa: T201
            if options.sheet:
                zones = [zone for rule in rules for zone in rule.zones]
                note = {"time": f"{seen.second:.1f} s", **seen.readings}
                note.update({event.event: event.kind for event in seen.events})
                pictures.append(annotate(seen.picture.bgr, seen.people, zones, note))
        if options.sheet and pictures:
            cv2.imwrite(str(options.sheet), sheet(pictures[:-1] or pictures, options.columns))
    except (OSError, ValueError, tomllib.TOMLDecodeError) as error:
        _logger.error("%s", error)
        return 2
    return 0


def _asked_rules(options: argparse.Namespace) -> list[Rule]:
    if options.rules:
        text = options.rules.read_text()
        if options.rules.suffix == ".json":
            return read_rules(json.loads(text)["rules"])
        return read_rules(tomllib.loads(text).get("rule", []))
    if options.kind:
        return [
            Rule(
                1, options.kind, threshold=options.threshold, duration=options.duration,
                min_score=options.min_score,
            )
        ]
    raise ValueError("say which rules: --rules FILE or --kind KIND")


def _told(event: AlertEvent) -> dict[str, Any]:
    """An event for the eye of a reader: seconds of the file, pictures by their size."""
    return {
        "event": event.event,
        "kind": event.kind,
        "rule": event.rule,
        "second": round(event.at - START, 1),
        "started": round(event.started_at - START, 1),
        "score": event.score,
        "count": event.count,
        "reading": event.reading,
        "boxes": len(event.boxes),
        "snapshots": [f"{len(shot.jpeg)} bytes" for shot in event.snapshots],
    }
