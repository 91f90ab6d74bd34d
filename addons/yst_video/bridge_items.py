"""What bridges send, checked item by item against ``video_bridge/openapi.yaml``.

Nothing here knows the database: it says what an item holds, or why it cannot be taken.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime

from . import jpeg
from .rule_defaults import KINDS

EVENTS = frozenset({"open", "update", "close"})
MAX_INT = 2**31 - 1
MAX_BOXES = 500
MAX_SNAPSHOTS = 8
MAX_JPEG = 4 * 2**20
MAX_JPEG_TEXT = 5_592_408
MAX_PIXELS = 64_000_000  # a small file may claim a picture that fills the memory when opened

UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
SHA256 = re.compile(r"[0-9a-f]{64}")
TIME = re.compile(
    r"(20[0-9]{2}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,6}))?Z"
)


class Bad(Exception):
    """Why an item cannot be taken: a code for the bridge, and words for its engineer."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(slots=True)
class Picture:
    """A JPEG that was looked at as far as its header."""

    at: datetime
    sha256: str
    width: int
    height: int
    data: bytes | memoryview = field(repr=False)


class Part:
    """A picture that came beside the JSON: looked at once, however many alerts it belongs to."""

    __slots__ = ("data", "sha256", "verdict")

    def __init__(self, sha256, data):
        """A picture that is said to have a SHA-256; ``data`` is None for one that never came."""
        self.sha256 = sha256
        self.data = data
        self.verdict = None

    def checked(self):
        """(data, width, height).

        :raise Bad: it did not come, is too large, no JPEG or another one than said
        """
        if self.verdict is None:
            try:
                self.verdict = self._looked_at()
            except Bad as bad:
                self.verdict = bad
        if isinstance(self.verdict, Bad):
            raise self.verdict
        return self.verdict

    def _looked_at(self):
        if self.data is None:
            raise Bad("bad_picture", "the picture is not among those that follow the JSON")
        return _own(self.sha256, *_jpeg(self.data))


@dataclass(slots=True)
class Report:
    """One report about an episode, ready for the database."""

    uid: str
    sequence: int
    event: str
    camera: int
    rule: int | None
    kind: str
    started_at: datetime
    at: datetime
    ended_at: datetime | None
    score: float
    count: int
    reading: float | None
    boxes: list
    pictures: list[Picture]
    clip: str | None


@dataclass(slots=True)
class Health:
    """How a camera does, ready for the database."""

    camera: int
    online: bool
    since: datetime
    last_frame_at: datetime | None
    codec: str | None
    width: int | None
    height: int | None
    keyframe_seconds: float | None
    keyframe_kb: float | None
    problem: str | None


# -- words and numbers ---------------------------------------------------------


def uuid(value):
    """A UUID in small letters.

    :raise Bad: it is none
    """
    if not isinstance(value, str) or not UUID.fullmatch(value):
        raise Bad("bad_item", "not a UUID")
    return value.lower()


def moment(value, name):
    """A moment as naive UTC, as the database keeps it.

    :raise Bad: not RFC 3339 in UTC, no such day, or not of this century
    """
    match = isinstance(value, str) and TIME.fullmatch(value)
    if not match:
        raise Bad("bad_time", f"{name}: not a moment in UTC like 2026-11-24T03:04:05.678Z")
    day, hour, fraction = match.groups()
    try:
        return datetime.fromisoformat(f"{day}T{hour}.{(fraction or '0').ljust(6, '0')}")
    except ValueError:
        raise Bad("bad_time", f"{name}: no such moment") from None


def moment_or_none(value, name):
    """Like ``moment``; None stays None."""
    return None if value is None else moment(value, name)


def whole(value, name, least=0, most=MAX_INT):
    """A whole number within limits; 3.0 is one, true is none.

    :raise Bad: it is none
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or not least <= value <= most:
        raise Bad("bad_item", f"{name}: not a whole number from {least} to {most}")
    return value


def number(value, name, least, most):
    """A finite number within limits.

    :raise Bad: it is none
    """
    if type(value) not in (int, float) or not least <= value <= most:  # which no NaN is
        raise Bad("bad_item", f"{name}: not a number from {least} to {most}")
    return float(value)


def text(value, name, longest):
    """A text that the database can keep.

    :raise Bad: no text, too long, or with characters that cannot be stored
    """
    if not isinstance(value, str) or len(value) > longest:
        raise Bad("bad_item", f"{name}: not a text of at most {longest} characters")
    if "\x00" in value or (not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value)):
        raise Bad("bad_item", f"{name}: holds a character that is none")
    return value


def text_or_none(value, name, longest):
    """Like ``text``; None and the empty text are None."""
    return None if value is None else text(value, name, longest) or None


def _mapping(value, name):
    if not isinstance(value, dict):
        raise Bad("bad_item", f"{name}: not an object")
    return value


def _list(value, name, longest):
    if not isinstance(value, list) or len(value) > longest:
        raise Bad("bad_item", f"{name}: not a list of at most {longest}")
    return value


# -- items ---------------------------------------------------------------------


def report(item):
    """One item of a batch of alerts.

    :raise Bad: it cannot be taken
    """
    _mapping(item, "alert")
    event = item.get("event")
    kind = item.get("kind")
    if not isinstance(event, str) or event not in EVENTS:
        raise Bad("bad_item", "event: not one of open, update, close")
    if not isinstance(kind, str) or kind not in KINDS:
        raise Bad("bad_item", f"kind: not one of {', '.join(sorted(KINDS))}")
    rule = item.get("rule", False)
    if rule is False:
        raise Bad("bad_item", "rule: is missing")
    reading = item.get("reading")
    started_at = moment(item.get("started_at"), "started_at")
    at = moment(item.get("at"), "at")
    ended_at = moment_or_none(item.get("ended_at"), "ended_at")
    if event == "close":
        ended_at = max(ended_at or at, started_at)  # a clock that was set back loses no report
    return Report(
        uid=uuid(item.get("uid")),
        sequence=whole(item.get("sequence"), "sequence"),
        event=event,
        camera=whole(item.get("camera"), "camera", 1),
        rule=None if rule is None else whole(rule, "rule", 1),
        kind=kind,
        started_at=started_at,
        at=at,
        ended_at=ended_at if event == "close" else None,
        score=number(item.get("score", 0), "score", 0, 1),
        count=whole(item.get("count", 0), "count", 0, 1_000_000),
        reading=None if reading is None else number(reading, "reading", -100_000, 100_000),
        boxes=[box(each) for each in _list(item.get("boxes", []), "boxes", MAX_BOXES)],
        pictures=[
            snapshot(each) for each in _list(item.get("snapshots", []), "snapshots", MAX_SNAPSHOTS)
        ],
        clip=text_or_none(item.get("clip"), "clip", 500),
    )


def box(value):
    """What was found where, cut off at the edges of the picture.

    :raise Bad: it cannot be taken
    """
    _mapping(value, "box")
    x, y = number(value.get("x"), "x", -1, 2), number(value.get("y"), "y", -1, 2)
    w, h = number(value.get("w"), "w", 0, 2), number(value.get("h"), "h", 0, 2)
    right, bottom = x + w, y + h
    if x < 0 or y < 0 or right > 1 or bottom > 1:  # hardly ever
        x, y = min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)
        right, bottom = max(x, min(right, 1.0)), max(y, min(bottom, 1.0))
    return {
        "x": round(x, 5),
        "y": round(y, 5),
        "w": round(right - x, 5),
        "h": round(bottom - y, 5),
        "score": round(number(value.get("score", 0), "score", 0, 1), 3),
        "label": text(value.get("label", ""), "label", 40),
    }


def place(items, parts):
    """Give each snapshot of the items the picture that came beside the JSON.

    :param list items: as they came; changed
    :param dict parts: {SHA-256: ``Part``}
    """
    for item in items:
        shots = item.get("snapshots") if isinstance(item, dict) else None
        for shot in shots if isinstance(shots, list) else ():
            if isinstance(shot, dict):
                digest = shot.get("sha256")
                known = parts.get(digest) if isinstance(digest, str) else None
                shot["jpeg"] = known or Part(digest, None)


def jpeg_bytes(value):
    """The bytes of a JPEG and its size: (bytes, width, height).

    :raise Bad: not base64, too large, no JPEG
    """
    if not isinstance(value, str):
        raise Bad("bad_picture", "jpeg: not a text")
    if len(value) > MAX_JPEG_TEXT:
        raise Bad("bad_picture", f"jpeg: more than {MAX_JPEG} bytes")
    try:
        data = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Bad("bad_picture", "jpeg: not base64") from None
    return _jpeg(data)


def _jpeg(data):
    if len(data) > MAX_JPEG:
        raise Bad("bad_picture", f"jpeg: more than {MAX_JPEG} bytes")
    try:
        width, height = jpeg.size(data)
    except ValueError as error:
        raise Bad("bad_picture", f"jpeg: {error}") from None
    if width * height > MAX_PIXELS:
        raise Bad("bad_picture", f"jpeg: more than {MAX_PIXELS} pixels")
    return data, width, height


def snapshot(value):
    """A picture of an alert.

    :raise Bad: it cannot be taken
    """
    _mapping(value, "snapshot")
    at = moment(value.get("at"), "snapshot.at")
    given = value.get("sha256")
    if not isinstance(given, str) or not SHA256.fullmatch(given):
        raise Bad("bad_item", "sha256: not 64 hexadecimal digits in small letters")
    for side in ("width", "height"):
        if value.get(side) is not None:
            whole(value[side], side, 1, 65535)
    source = value.get("jpeg")
    if isinstance(source, Part):
        data, width, height = source.checked()
    else:
        data, width, height = _own(given, *jpeg_bytes(source))
    return Picture(at, given, width, height, data)


def _own(sha256, data, width, height):
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Bad("bad_picture", "the SHA-256 is not the picture's")
    return data, width, height


def health(item):
    """How a camera does.

    :raise Bad: it cannot be taken
    """
    _mapping(item, "camera")
    if type(item.get("online")) is not bool:
        raise Bad("bad_item", "online: neither true nor false")

    def maybe(name, check, *limits):
        return None if item.get(name) is None else check(item[name], name, *limits)

    return Health(
        camera=whole(item.get("id"), "id", 1),
        online=item["online"],
        since=moment(item.get("since"), "since"),
        last_frame_at=moment_or_none(item.get("last_frame_at"), "last_frame_at"),
        codec=text_or_none(item.get("codec"), "codec", 20),
        width=maybe("width", whole, 0, 65535),
        height=maybe("height", whole, 0, 65535),
        keyframe_seconds=maybe("keyframe_seconds", number, 0, 1_000_000),
        keyframe_kb=maybe("keyframe_kb", number, 0, 1_000_000),
        problem=text_or_none(item.get("problem"), "problem", 500),
    )


def still(item):
    """A camera's latest picture: (camera, moment, base64 as it came, bytes).

    :raise Bad: it cannot be taken
    """
    camera = whole(_mapping(item, "still").get("camera"), "camera", 1)
    at = moment(item.get("at"), "at")
    data, _width, _height = jpeg_bytes(item.get("jpeg"))
    return camera, at, item["jpeg"], len(data)
