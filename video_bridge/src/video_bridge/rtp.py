"""RTP packets in, key frames out; what differs between the codecs is in `rtp_codecs`.

Between two key frames only bytes are counted: the pictures there are not put together unless
somebody asks for them (`keep_all`), which is what makes hundreds of streams cheap. The counts are
what the compressed-domain gate judges by.

Nearly all packets are the further pieces of a picture that has begun: `feed_all` handles these in
one tight loop without a call, and leaves all others to `feed`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

MAX_UNIT_BYTES = 8 * 1024 * 1024
"""A key frame larger than this is given up: nobody's camera sends one."""
_START = b"\x00\x00\x00\x01"
_PACKET = struct.Struct(">HHHHI")
"""``$`` and channel, length, the first two bytes of RTP, number, time."""
_VERSION_2 = 0x80
"""First byte of a packet without padding, sources or extension."""
_ROOMY = MAX_UNIT_BYTES - 0x10000
_MAX_SETS = 16
_MAX_SET_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class KeyUnit:
    """A key frame as it came off the wire, with what was counted since the one before."""

    codec: Literal["h264", "hevc", "mjpeg"]
    data: bytes
    """The access unit in Annex B form, parameter sets in front."""
    parameters: bytes
    """The parameter sets alone: as long as they are the same, one decoder serves."""
    timestamp: int
    """RTP timestamp (90 kHz)."""
    key_bytes: int = 0
    delta_bytes: int = 0
    """Bytes of the other pictures since the key frame before, filler not counted."""
    delta_frames: int = 0
    delta_peak: int = 0
    """Bytes of the second largest of them: a single large one is a whim of the encoder."""


@dataclass(frozen=True, slots=True)
class DeltaUnit:
    """A picture between two key frames, as it came off the wire."""

    data: bytes
    """The access unit in Annex B form, without parameter sets."""
    timestamp: int
    """RTP timestamp (90 kHz) of when it is shown: B-frames come out of order."""
    damaged: bool
    """A part of it, or of a picture since the last key frame, is missing."""


class Depacketiser:
    """Puts the key frames of one stream together; counts the rest.

    Whoever needs the pictures in between as well sets `keep_all`.
    """

    __slots__ = (
        "_bytes",
        "_damaged",
        "_deltas",
        "_expected",
        "_filler",
        "_fragment",
        "_holed",
        "_is_key_unit",
        "_keeping",
        "_marked",
        "_marker_ends",
        "_on_key",
        "_peak",
        "_peak_of_all",
        "_recovery",
        "_scratch",
        "_sets",
        "_skip",
        "_stamp",
        "_total",
        "_unit",
        "_vcl",
        "broken",
        "damaged_keys",
        "keep_all",
        "lost",
        "on_delta",
        "packets",
        "parameters",
    )
    codec: ClassVar[Literal["h264", "hevc"]]
    header_size: ClassVar[int]
    _fu_mask: ClassVar[int]
    _fu_kind: ClassVar[int]
    """First byte of a fragment of a NAL unit, and which of its bits say so."""

    def __init__(
        self, on_key: Callable[[KeyUnit], None], parameter_sets: Iterable[bytes] = ()
    ) -> None:
        """Begin a stream; the sets are those that its description holds."""
        self._on_key = on_key
        self.on_delta: Callable[[DeltaUnit], None] | None = None
        """Is given the pictures between key frames while `keep_all` is set."""
        self.keep_all = False
        """Put all pictures together, from the next whole key frame on (or from the one that is
        being handed over). May be set and cleared at any time, by any thread."""
        self._keeping = False
        self._holed = False
        self._sets: dict[tuple[int, int], bytes] = {}
        self.parameters = b""
        self.packets = 0
        """Packets taken in."""
        self.lost = 0
        """Packets that did not arrive."""
        self.broken = 0
        """Packets that make no sense."""
        self.damaged_keys = 0
        """Key frames given up because a part was missing or too large."""
        self._expected = -1
        self._stamp = -1
        self._marker_ends = True
        self._marked = -1
        self._total = 0
        self._deltas = 0
        self._peak = 0
        self._peak_of_all = 0
        self._reset()
        for unit in parameter_sets:
            if unit:
                self._keep_set(bytes(unit))

    def _reset(self) -> None:
        """Begin an access unit."""
        self._bytes = 0
        self._filler = 0
        self._vcl = False
        self._skip = False
        self._damaged = False
        self._recovery = False
        self._fragment = False
        self._is_key_unit = False
        self._unit: bytearray | None = None
        self._scratch: bytearray | None = None

    def feed_all(self, view: memoryview, place: int, end: int, channel: int) -> int:
        """Take in the interleaved packets (``$``, channel, length) that follow each other.

        Packets of other channels are stepped over.

        :return: where it ends: before a packet that is not whole yet, or something else.
        """
        unpack, ours, shift = _PACKET.unpack_from, 0x2400 | channel, 16 + self.header_size
        fu_mask, fu_kind = self._fu_mask, self._fu_kind
        while end - place >= 16:
            frame, size, marks, sequence, stamp = unpack(view, place)
            stop = place + 4 + size
            if stop > end or frame >> 8 != 0x24:
                return place
            if frame != ours:
                place = stop
                continue
            if sequence == self._expected and marks >> 8 == _VERSION_2 and size >= 16:
                if self._skip:
                    wanted = stamp == self._stamp
                elif stamp == self._stamp:
                    unit = self._unit
                    if (
                        unit is not None
                        and self._fragment
                        and self._scratch is None
                        and not marks & 0x80
                        and view[place + 16] & fu_mask == fu_kind
                        and not view[place + shift] & 0xC0
                        and len(unit) < _ROOMY
                    ):
                        self._expected = (sequence + 1) & 0xFFFF
                        self.packets += 1
                        self._bytes += size - 12
                        unit += view[place + shift + 1 : stop]
                        place = stop
                        continue
                    wanted = False
                else:
                    wanted = (
                        not self._bytes
                        and not self._keeping
                        and self._starts_delta(view, place + 16)
                    )
                    if wanted:
                        self._stamp = stamp
                        self._vcl = self._skip = True
                if wanted:
                    self._expected = (sequence + 1) & 0xFFFF
                    self.packets += 1
                    self._bytes += size - 12
                    if marks & 0x80 and self._marker_ends:
                        self._marked = stamp
                        self._finish()
                    place = stop
                    continue
            if size >= 12:
                self.feed(view, marks >> 8, marks & 0xFF, sequence, stamp, place + 16, stop)
            else:
                self.broken += 1
            place = stop
        return place

    def feed(
        self, view: memoryview, first: int, second: int, sequence: int, stamp: int,
        start: int, stop: int,
    ) -> None:  # fmt: skip
        """Take in one packet: its two first bytes, its number, its time, and its place.

        :param start: where the twelve bytes of the fixed header end.
        """
        self.packets += 1
        if first & 0x3F:
            start, stop = self._payload_of(view, first, start, stop)
        if first & 0xC0 != 0x80 or stop - start < self.header_size:
            self.broken += 1
            return
        gap = (sequence - self._expected) & 0xFFFF if self._expected >= 0 else 0
        self._expected = (sequence + 1) & 0xFFFF
        if stamp != self._stamp:
            if self._vcl:
                self._damaged = self._damaged or gap > 0
                self._finish()
            elif self._bytes:
                self._reset()
            self._stamp = stamp
        if gap:
            self._gap(gap)
        self._bytes += stop - start
        if not self._skip:
            self._payload(view, start, stop)
        if second & 0x80 and self._vcl and self._marker_ends:
            self._marked = stamp
            self._finish()

    def _payload_of(
        self, view: memoryview, first: int, start: int, stop: int
    ) -> tuple[int, int]:
        """The bounds of the payload of a packet with padding, sources or an extension."""
        if first & 0x20 and stop > start:
            stop -= view[stop - 1]
        start += 4 * (first & 0x0F)
        if first & 0x10:
            if stop - start < 4:
                return start, start
            start += 4 + 4 * (view[start + 2] << 8 | view[start + 3])
        return start, max(stop, start)

    def _gap(self, missing: int) -> None:
        """Packets are missing. At the start of a picture that shows by its first slice."""
        self.lost += missing if missing < 0x8000 else 0
        self._holed = True
        self._damaged = self._damaged or self._bytes > 0
        self._fragment = False
        self._scratch = None
        self._marked = -1

    def _finish(self) -> None:
        """End the access unit: hand over a key frame, count any other."""
        data = self._unit
        if not self._is_key_unit:
            size = self._bytes - self._filler
            self._total += size
            self._deltas += 1
            if size > self._peak:
                if size > self._peak_of_all:
                    self._peak, self._peak_of_all = self._peak_of_all, size
                else:
                    self._peak = size
            if data is not None:
                self._hand_over(data)
                return
        elif data is None or self._damaged or self._fragment or not self.parameters:
            self.damaged_keys += 1
            self._total = self._deltas = self._peak = self._peak_of_all = 0
            self._keeping = False
        else:
            unit = KeyUnit(
                codec=self.codec,
                data=bytes(data),
                parameters=self.parameters,
                timestamp=self._stamp,
                key_bytes=len(data) - len(self.parameters),
                delta_bytes=self._total,
                delta_frames=self._deltas,
                delta_peak=self._peak,
            )
            self._total = self._deltas = self._peak = self._peak_of_all = 0
            self._reset()
            self._holed = False
            self._on_key(unit)
            self._keeping = self.keep_all
            return
        self._reset()

    def _hand_over(self, data: bytearray) -> None:
        """End a picture between two key frames that somebody wants."""
        self._holed = self._holed or self._damaged or self._fragment
        delta = DeltaUnit(bytes(data), self._stamp, self._holed)
        self._reset()
        if self.on_delta is not None and delta.data:
            self.on_delta(delta)

    # NAL units

    def _starts_delta(self, view: memoryview, start: int) -> bool:
        """Whether a payload plainly begins a picture that is no key frame; no means: look well.

        Asked only where nothing of the picture has come yet.
        """
        raise NotImplementedError

    def _payload(self, view: memoryview, start: int, stop: int) -> None:
        raise NotImplementedError

    def _whole(self, view: memoryview, start: int, stop: int) -> None:
        """Take in a NAL unit that came in one piece."""
        if stop - start <= self.header_size:
            self.broken += 1
            return
        head = bytes(view[start : start + self.header_size])
        if self._begin(head, view[start + self.header_size]):
            self._append(view[start + self.header_size : stop])
        self._end(head)

    def _check_end(self, place: int, stop: int) -> None:
        """Note an aggregate that does not end where it says."""
        if place != stop:
            self.broken += 1
            self._damaged = True

    def _piece(
        self, view: memoryview, start: int, stop: int, head: bytes, flags: int
    ) -> None:
        """Take in a fragment; ``flags`` holds start (128) and end (64)."""
        if stop <= start:
            self.broken += 1
            return
        if flags & 0x80:
            self._fragment = True
            if self._begin(head, view[start]):
                self._append(view[start:stop])
        elif not self._fragment:
            self._damaged = True
        else:
            self._append(view[start:stop])
        if flags & 0x40 and self._fragment:
            self._fragment = False
            self._end(head)

    def _begin(self, head: bytes, first: int) -> bool:
        """Begin a NAL unit; say whether its bytes are wanted."""
        kind = self._kind(head[0])
        self._scratch = None
        if self._is_slice(kind):
            if not self._vcl:
                self._vcl = True
                if not first & 0x80:  # not the first slice of the picture
                    self._damaged = True
                    if self._marked == self._stamp:  # this camera marks every slice
                        self._marker_ends = False
                if self._is_key(kind, first):
                    self._is_key_unit = True
                    self._unit = bytearray(self.parameters)
                elif self._keeping and self.keep_all:
                    self._unit = bytearray()
                else:
                    self._keeping = False
                    self._skip = True
            if self._unit is not None:
                self._unit += _START + head
                return True
            return False
        if self._is_set(kind) or self._is_message(kind):
            self._scratch = bytearray(head)
            return True
        return False

    def _append(self, piece: memoryview) -> None:
        target = self._scratch if self._scratch is not None else self._unit
        if target is None:
            return
        target += piece
        if len(target) > (MAX_UNIT_BYTES if self._scratch is None else _MAX_SET_BYTES):
            if self._scratch is None:
                self._unit = bytearray()
                self._damaged = self._skip = True
            self._scratch = None

    def _end(self, head: bytes) -> None:
        """End a NAL unit."""
        unit, self._scratch = self._scratch, None
        if unit is None:
            return
        kind = self._kind(head[0])
        if self._is_set(kind):
            self._keep_set(bytes(unit))
        elif self._is_recovery(unit):
            self._recovery = True

    def _keep_set(self, unit: bytes) -> None:
        kind = self._kind(unit[0])
        if not self._is_set(kind) or len(unit) <= self.header_size:
            return
        key = (kind, self._set_number(kind, unit))
        if self._sets.get(key) == unit:
            return
        if key not in self._sets and len(self._sets) >= _MAX_SETS:
            self._sets.clear()
        self._sets[key] = unit
        self.parameters = b"".join(_START + self._sets[key] for key in sorted(self._sets))

    def _kind(self, first: int) -> int:
        raise NotImplementedError

    def _is_slice(self, kind: int) -> bool:
        raise NotImplementedError

    def _is_key(self, kind: int, first: int) -> bool:
        raise NotImplementedError

    def _is_set(self, kind: int) -> bool:
        raise NotImplementedError

    def _is_message(self, kind: int) -> bool:
        return False

    def _is_recovery(self, unit: bytearray) -> bool:
        return False

    def _set_number(self, kind: int, unit: bytes) -> int:
        raise NotImplementedError
