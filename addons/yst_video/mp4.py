"""What an MP4 file holds, from its headers, without decoding it.

Pure functions on a seekable binary file; nothing here knows Odoo.
"""

import struct
from dataclasses import dataclass

#: The table of contents of a clip of a minute has some ten thousand bytes.
MAX_MOOV = 8 * 2**20
#: More boxes than that beside each other has no clip of a camera.
MAX_BOXES = 4096
CODECS = {b"avc1": "h264", b"avc3": "h264", b"hvc1": "h265", b"hev1": "h265"}


class Mp4Error(ValueError):
    """The file is not an MP4 that can be taken; the text says why, for the bridge's log."""


@dataclass(frozen=True, slots=True)
class Movie:
    """What is told of a clip by its headers."""

    codec: str
    """``h264`` or ``h265``."""
    width: int
    height: int
    seconds: float


def read(source):
    """The one video track of an MP4.

    :param source: a seekable binary file
    :raise Mp4Error: no MP4, cut off, with sound, with more than one track, of another codec
    """
    source.seek(0, 2)
    end = source.tell()
    moov, seen, place = None, [], 0
    while place < end:
        kind, start, stop = _box_of_file(source, place, end)
        seen.append(kind)
        if len(seen) > MAX_BOXES:
            raise Mp4Error("too many boxes")
        if kind == b"moov":
            if moov is not None or stop - start > MAX_MOOV:
                raise Mp4Error("more than one table of contents, or too large a one")
            source.seek(start)
            moov = source.read(stop - start)
        place = stop
    if not seen or seen[0] != b"ftyp":
        raise Mp4Error("not an MP4")
    if moov is None or b"mdat" not in seen:
        raise Mp4Error("an MP4 without pictures")
    return _movie(moov)


def _box_of_file(source, place, end):
    source.seek(place)
    head = source.read(16)
    return _box(head, place, end)


def _box(head, place, end):
    """(kind, start, stop) of the box at ``place``: what is in it lies from start to stop."""
    if len(head) < 8:
        raise Mp4Error("not an MP4, or cut off")
    size, kind = struct.unpack_from(">I4s", head)
    start = place + 8
    if size == 1:
        if len(head) < 16:
            raise Mp4Error("cut off")
        size = struct.unpack_from(">Q", head, 8)[0]
        start = place + 16
    elif size == 0:
        size = end - place
    stop = place + size
    if stop < start or stop > end:
        raise Mp4Error("not an MP4, or cut off")
    return kind, start, stop


def _children(data, start, stop):
    """(kind, start, stop) of the boxes within a part of ``data``."""
    number = 0
    while start < stop:
        kind, inner, after = _box(data[start : min(start + 16, stop)], start, stop)
        yield kind, inner, after
        start = after
        number += 1
        if number > MAX_BOXES:
            raise Mp4Error("too many boxes")


def _find(data, start, stop, *path):
    """(start, stop) of the box that a path of kinds leads to, each the first of its kind."""
    for wanted in path:
        for kind, inner, after in _children(data, start, stop):
            if kind == wanted:
                start, stop = inner, after
                break
        else:
            raise Mp4Error(f"no {wanted.decode()}")
    return start, stop


def _movie(moov):
    tracks = [box for box in _children(moov, 0, len(moov)) if box[0] == b"trak"]
    handlers = []
    for _kind, start, stop in tracks:
        place, after = _find(moov, start, stop, b"mdia", b"hdlr")
        handlers.append(moov[place + 8 : place + 12] if place + 12 <= after else b"")
    if b"soun" in handlers:
        raise Mp4Error("a clip has no sound")
    if handlers != [b"vide"]:
        raise Mp4Error("not one video track")
    _kind, start, stop = tracks[0]
    seconds = _duration(moov, *_find(moov, start, stop, b"mdia", b"mdhd"))
    place, after = _find(moov, start, stop, b"mdia", b"minf", b"stbl", b"stsd")
    if place + 8 > after:
        raise Mp4Error("cut off")
    kind, inner, end = _box(moov[place + 8 : place + 24], place + 8, after)
    if kind not in CODECS:
        raise Mp4Error("neither H.264 nor H.265")
    if inner + 28 > end:
        raise Mp4Error("cut off")
    width, height = struct.unpack_from(">HH", moov, inner + 24)
    if not width or not height:
        raise Mp4Error("pictures without a size")
    return Movie(CODECS[kind], width, height, seconds)


def _duration(data, start, stop):
    version = data[start] if start < stop else None
    layout = {0: (">II", 12), 1: (">IQ", 20)}.get(version)
    if not layout or start + layout[1] + struct.calcsize(layout[0]) > stop:
        raise Mp4Error("no duration")
    scale, ticks = struct.unpack_from(layout[0], data, start + layout[1])
    if not scale:
        raise Mp4Error("no duration")
    return ticks / scale
