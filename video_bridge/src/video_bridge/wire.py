"""How things look on the way to the platform: the JSON of ``openapi.yaml``."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Literal, cast, get_args

from video_bridge.model import AlertEvent, CameraHealth, OpenEpisode, RuleKind, Still

Status = Literal["stored", "duplicate", "stale", "invalid"]
FRAME = "application/vnd.yst.video.alerts"
"""The type of a body of alerts that has the pictures beside its JSON."""
SNAPSHOTS = 8
BOXES = 500
"""As many as the platform takes with one alert."""


class WireError(ValueError):
    """An answer that is not what was agreed."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one alert of a batch."""

    uid: str | None
    sequence: int | None
    status: Status
    code: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The platform's answer to a sign of life."""

    revision: int
    server_time: float
    cameras: frozenset[int]
    """The lease (租约): the cameras that this bridge is to read."""
    ttl: float
    episodes: tuple[OpenEpisode, ...]
    """Open episodes of cameras newly given; rule 0 when the rule is gone."""
    stills: frozenset[int]


def moment(at: float) -> str:
    """A moment in RFC 3339, UTC, with milliseconds."""
    whole = datetime.fromtimestamp(round(at * 1000) / 1000, timezone.utc)
    return whole.strftime("%Y-%m-%dT%H:%M:%S.") + f"{whole.microsecond // 1000:03d}Z"


def seconds(text: object) -> float:
    """The seconds since 1970 of an RFC 3339 moment; WireError when it is none."""
    try:
        return datetime.fromisoformat(cast(str, text).replace("Z", "+00:00")).timestamp()
    except (AttributeError, TypeError, ValueError):
        raise WireError(f"{text!r} is no moment") from None


def batch(bridge: str, events: Sequence[AlertEvent]) -> dict[str, Any]:
    """A batch of alerts with the pictures in it."""
    return {"bridge": bridge, "alerts": [alert(event) for event in events]}


def framed(bridge: str, events: Sequence[AlertEvent]) -> bytes:
    """A batch of alerts with the pictures beside the JSON: each once, as it is."""
    pictures = {s.sha256: s.jpeg for event in events for s in event.snapshots[:SNAPSHOTS]}
    head = json.dumps({
        "bridge": bridge,
        "alerts": [alert(event, beside=True) for event in events],
        "pictures": [{"sha256": key, "size": len(jpeg)} for key, jpeg in pictures.items()],
    }, separators=(",", ":"), ensure_ascii=False).encode()
    return b"".join((len(head).to_bytes(4, "big"), head, *pictures.values()))


def alert(event: AlertEvent, *, beside: bool = False) -> dict[str, Any]:
    """One alert of a batch; without the pictures themselves when they are sent `beside` it."""
    return {
        "uid": event.uid,
        "sequence": event.sequence,
        "event": event.event,
        "camera": event.camera,
        "rule": event.rule or None,
        "kind": event.kind,
        "started_at": moment(event.started_at),
        "at": moment(event.at),
        "ended_at": None if event.ended_at is None else moment(event.ended_at),
        "score": event.score,
        "count": event.count,
        "reading": event.reading,
        "boxes": [
            {"x": box.x, "y": box.y, "w": box.w, "h": box.h, "score": box.score,
             "label": box.label}
            for box in event.boxes[:BOXES]
        ],
        "snapshots": [
            {"at": moment(s.at), "sha256": s.sha256, "width": s.width, "height": s.height,
             **({} if beside else {"jpeg": base64.b64encode(s.jpeg).decode()})}
            for s in event.snapshots[:SNAPSHOTS]
        ],
        "clip": event.clip,
    }


def health(camera: CameraHealth) -> dict[str, Any]:
    """How one camera does."""
    return {
        "id": camera.camera,
        "online": camera.online,
        "since": moment(camera.since),
        "last_frame_at": None if camera.last_frame_at is None else moment(camera.last_frame_at),
        "codec": camera.codec,
        "width": camera.width,
        "height": camera.height,
        "keyframe_seconds": camera.keyframe_seconds,
        "keyframe_kb": camera.keyframe_kb,
        "problem": camera.problem and camera.problem[:500],
    }


def still(picture: Still) -> dict[str, Any]:
    """One picture for the wall."""
    return {"camera": picture.camera, "at": moment(picture.at),
            "jpeg": base64.b64encode(picture.jpeg).decode()}


def results(answer: object, events: Sequence[AlertEvent]) -> list[Result]:
    """The results of a batch, one for each event in the order sent; WireError otherwise."""
    entries = _get(answer, "results", list)
    if len(entries) != len(events):
        raise WireError(f"{len(entries)} results for {len(events)} alerts")
    found = []
    for entry, event in zip(entries, events, strict=True):
        status = _get(entry, "status", str)
        if status not in get_args(Status):
            raise WireError(f"{status!r} is no result")
        result = Result(entry.get("uid"), entry.get("sequence"), cast(Status, status),
                        entry.get("code"), entry.get("message"))
        told = (result.uid or event.uid, result.sequence if result.sequence is not None
                else event.sequence)
        if told != (event.uid, event.sequence):
            raise WireError("the results are not in the order of the alerts")
        found.append(result)
    return found


def heartbeat(answer: object) -> Heartbeat:
    """The answer to a heartbeat; WireError when it is not what was agreed."""
    lease = _get(answer, "lease", dict)
    cameras = _integers(_get(lease, "cameras", list))
    episodes = tuple(_episode(entry) for entry in _get(answer, "episodes", list))
    ttl = lease.get("ttl")
    if isinstance(ttl, bool) or not isinstance(ttl, int | float) or ttl <= 0:
        raise WireError(f"{ttl!r} is no length of a lease")
    return Heartbeat(
        revision=_get(answer, "revision", int),
        server_time=seconds(_get(answer, "server_time", str)),
        cameras=cameras,
        ttl=float(ttl),
        episodes=episodes,
        stills=_integers(_get(answer, "stills", list)),
    )


def _episode(entry: object) -> OpenEpisode:
    kind = _get(entry, "kind", str)
    if kind not in get_args(RuleKind):
        raise WireError(f"{kind!r} is no kind of rule")
    rule = cast(Mapping[str, Any], entry).get("rule")
    return OpenEpisode(
        uid=_get(entry, "uid", str),
        sequence=_get(entry, "sequence", int),
        camera=_get(entry, "camera", int),
        rule=rule if isinstance(rule, int) else 0,
        kind=cast(RuleKind, kind),
        started_at=seconds(_get(entry, "started_at", str)),
        last_at=seconds(_get(entry, "last_at", str)),
    )


def _integers(values: Sequence[object]) -> frozenset[int]:
    if not all(isinstance(value, int) for value in values):
        raise WireError("an id is not a number")
    return frozenset(cast(Sequence[int], values))


def _get(answer: object, key: str, kind: type) -> Any:
    value = answer.get(key) if isinstance(answer, Mapping) else None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise WireError(f"{key} is missing or wrong")
    return value
