"""Clips for tests: an MP4 put together box by box, and how a bridge sends one."""

import hashlib
import struct
import uuid

from .api_common import NOON, stamp


def box(kind, *parts):
    """A box of an MP4."""
    data = b"".join(parts)
    return struct.pack(">I4s", len(data) + 8, kind) + data


def track(kind=b"avc1", handler=b"vide", width=640, height=360, seconds=15, entry=None):
    """A track as far as its headers go."""
    if entry is None:
        entry = box(kind, bytes(24), struct.pack(">HH", width, height), bytes(50))
    return box(
        b"trak",
        box(
            b"mdia",
            box(b"mdhd", bytes(12), struct.pack(">II", 1000, round(seconds * 1000)), bytes(4)),
            box(b"hdlr", bytes(8), handler, bytes(12)),
            box(b"minf", box(b"stbl", box(b"stsd", bytes(4), struct.pack(">I", 1), entry))),
        ),
    )


def clip_file(*tracks, number=0, body=None):
    """An MP4 with the headers that are looked at; ``number`` makes it another file."""
    body = struct.pack(">I", number) * 64 if body is None else body
    return (
        box(b"ftyp", b"isom", bytes(4), b"isomavc1")
        + box(b"moov", box(b"mvhd", bytes(100)), *(tracks or (track(),)))
        + box(b"mdat", body)
    )


def clip_headers(data, bridge=None, **changed):
    """The headers of a clip; ``None`` leaves one out."""
    headers = {
        "Content-Type": "video/mp4",
        "X-Clip-Sha256": hashlib.sha256(data).hexdigest(),
        "X-Clip-Started-At": stamp(NOON),
        "X-Clip-Seconds": "15.2",
        "X-Clip-Codec": "h264",
        "X-Bridge": bridge or str(uuid.uuid4()),
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }
    return {name: value for name, value in headers.items() if value is not None}
