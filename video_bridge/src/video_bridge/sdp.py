"""What a camera says of its stream: the part of SDP (RFC 8866) that RTSP cameras use."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urljoin

MAX_BYTES = 64 * 1024
_CODECS: dict[str, Literal["h264", "hevc"]] = {"H264": "h264", "H265": "hevc", "HEVC": "hevc"}


class SdpError(ValueError):
    """The description holds no video that we can read; the text says what it offers."""


@dataclass(frozen=True, slots=True)
class Track:
    """A video track that the bridge can read."""

    codec: Literal["h264", "hevc"]
    payload_type: int
    clock_rate: int
    control: str
    """As the camera writes it; see `control_address`."""
    parameter_sets: tuple[bytes, ...] = ()
    """SPS, PPS (and VPS) NAL units without start code."""
    session_control: str = "*"


@dataclass(slots=True)
class _Media:
    payload_types: Sequence[str]
    attributes: list[tuple[str, str]]


def parse_sdp(text: str) -> Track:
    """The first video track in H.264 or H.265.

    :raises SdpError: there is none.
    """
    if len(text) > MAX_BYTES:
        raise SdpError("the description is too long")
    session = _Media((), [])
    media, current = [], session
    for line in re.split(r"\r\n|\n|\r", text):
        if line.startswith("m="):
            words = line[2:].split()
            current = _Media(words[3:], [])
            if words[:1] == ["video"]:
                media.append(current)
        elif line.startswith("a="):
            name, _colon, value = line[2:].partition(":")
            current.attributes.append((name.strip().lower(), value.strip()))
    offered = []
    for section in media:
        for number, encoding, rate in _encodings(section):
            codec = _CODECS.get(encoding.upper())
            if codec is not None:
                return Track(
                    codec=codec,
                    payload_type=number,
                    clock_rate=rate,
                    control=_last(section, "control"),
                    parameter_sets=tuple(_parameter_sets(section, number)),
                    session_control=_last(session, "control") or "*",
                )
            offered.append(encoding[:20])
    if not media:
        raise SdpError("no video in the stream")
    raise SdpError("video codec not supported: " + (", ".join(offered) or "unknown"))


def control_address(base: str, control: str) -> str:
    """The address of a track: the base with the control joined (RFC 2326 C.1.1).

    Cameras in use expect the control to be appended to a base that lacks the last slash, query
    and all, where RFC 3986 would replace its last part.
    """
    if not control or control == "*":
        return base
    if re.match(r"rtsps?://", control, re.IGNORECASE):
        return control
    if control.startswith("/"):
        return urljoin(re.sub(r"^rtsp", "http", base), control).replace("http", "rtsp", 1)
    return (base if base.endswith("/") else base + "/") + control


def _encodings(section: _Media) -> list[tuple[int, str, int]]:
    """Payload type, encoding name and clock rate in the order of the media line."""
    found: dict[str, tuple[str, int]] = {}
    for name, value in section.attributes:
        match = re.match(r"(\d{1,3})\s+([A-Za-z0-9._-]+)/(\d{1,9})", value)
        if name == "rtpmap" and match:
            found[match[1]] = (match[2], int(match[3]))
    if "26" in section.payload_types:
        found.setdefault("26", ("JPEG", 90000))
    return [(int(number), *found[number]) for number in section.payload_types if number in found]


def _last(section: _Media, name: str) -> str:
    return next((value for key, value in reversed(section.attributes) if key == name), "")


def _parameter_sets(section: _Media, number: int) -> list[bytes]:
    sets = []
    for name, value in section.attributes:
        wanted, _space, parameters = value.partition(" ")
        if name != "fmtp" or wanted != str(number):
            continue
        found = {}
        for part in parameters.split(";"):
            key, _equals, text = part.strip().partition("=")
            found[key.strip().lower()] = text.strip()
        for key in ("sprop-vps", "sprop-sps", "sprop-pps", "sprop-parameter-sets"):
            for word in found.get(key, "").split(","):
                try:
                    unit = base64.b64decode(word.strip() + "=" * (-len(word.strip()) % 4))
                except (binascii.Error, ValueError):
                    continue
                if unit:
                    sets.append(unit)
    return sets
