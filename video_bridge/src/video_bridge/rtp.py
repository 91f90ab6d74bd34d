"""RTP packets in, key frames out: H.264 (RFC 6184) and H.265 (RFC 7798).

Between two key frames only bytes are counted: the pictures there are never put together, which is
what makes hundreds of streams cheap. The counts are what the compressed-domain gate judges by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

MAX_UNIT_BYTES = 8 * 1024 * 1024
"""A key frame larger than this is given up: nobody's camera sends one."""
_START = b"\x00\x00\x00\x01"
Tap = Callable[[memoryview, int, int], None]
"""Payload (to be copied if it is kept), sequence number and RTP timestamp of a packet."""
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


class Depacketiser:
    """Puts the key frames of one stream together; counts the rest."""

    __slots__ = (
        "_bytes",
        "_damaged",
        "_deltas",
        "_expected",
        "_filler",
        "_fragment",
        "_key_data",
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
        "_vcl",
        "broken",
        "damaged_keys",
        "lost",
        "packets",
        "parameters",
        "tap",
    )
    codec: ClassVar[Literal["h264", "hevc"]]
    header_size: ClassVar[int]

    def __init__(
        self, on_key: Callable[[KeyUnit], None], parameter_sets: Iterable[bytes] = ()
    ) -> None:
        """Begin a stream; the sets are those that its description holds."""
        self._on_key = on_key
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
        self.tap: Tap | None = None
        """Is given every packet's payload while the stream is recorded."""
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
        self._key_data: bytearray | None = None
        self._scratch: bytearray | None = None

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
        if self.tap is not None:
            self.tap(view[start:stop], sequence, stamp)
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
        self._damaged = self._damaged or self._bytes > 0
        self._fragment = False
        self._scratch = None
        self._marked = -1

    def _finish(self) -> None:
        """End the access unit: hand over a key frame, count any other."""
        data = self._key_data
        if data is None:
            size = self._bytes - self._filler
            self._total += size
            self._deltas += 1
            if size > self._peak:
                if size > self._peak_of_all:
                    self._peak, self._peak_of_all = self._peak_of_all, size
                else:
                    self._peak = size
        elif self._damaged or self._fragment or not self.parameters:
            self.damaged_keys += 1
            self._total = self._deltas = self._peak = self._peak_of_all = 0
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
            self._on_key(unit)
            return
        self._reset()

    # NAL units

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
                    self._key_data = bytearray(self.parameters)
                else:
                    self._skip = True
            if self._key_data is not None:
                self._key_data += _START + head
                return True
            return False
        if self._is_set(kind) or self._is_message(kind):
            self._scratch = bytearray(head)
            return True
        return False

    def _append(self, piece: memoryview) -> None:
        target = self._scratch if self._scratch is not None else self._key_data
        if target is None:
            return
        target += piece
        if len(target) > (MAX_UNIT_BYTES if self._scratch is None else _MAX_SET_BYTES):
            if self._scratch is None:
                self._key_data = bytearray()
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


class H264(Depacketiser):
    """H.264: single NAL units, STAP-A, FU-A; key frames are IDR, all-intra and recovery points."""

    __slots__ = ()
    codec = "h264"
    header_size = 1

    def _payload(self, view: memoryview, start: int, stop: int) -> None:
        head = view[start]
        kind = head & 0x1F
        if kind == 28:
            if stop - start < 3:
                self.broken += 1
                return
            flags = view[start + 1]
            unit = bytes((head & 0xE0 | flags & 0x1F,))
            self._piece(view, start + 2, stop, unit, flags)
        elif kind == 24:
            place = start + 1
            while place + 2 <= stop:
                size = view[place] << 8 | view[place + 1]
                if not size or place + 2 + size > stop:
                    break
                self._whole(view, place + 2, place + 2 + size)
                place += 2 + size
            self._check_end(place, stop)
        elif kind == 12:
            self._filler += stop - start
        elif 1 <= kind <= 23:
            self._whole(view, start, stop)
        else:  # STAP-B, MTAP, FU-B: interleaved mode, which no camera uses
            self.broken += 1

    def _kind(self, first: int) -> int:
        return first & 0x1F

    def _is_slice(self, kind: int) -> bool:
        return 1 <= kind <= 5

    def _is_key(self, kind: int, first: int) -> bool:
        # 0x88: the first slice says that all slices of the picture are intra (slice_type 7)
        return kind == 5 or (kind == 1 and (self._recovery or first == 0x88))

    def _is_set(self, kind: int) -> bool:
        return kind in {7, 8}

    def _is_message(self, kind: int) -> bool:
        return kind == 6

    def _is_recovery(self, unit: bytearray) -> bool:
        """Whether an SEI holds a recovery point at this very picture (D.1.8, count 0)."""
        place = 1
        while place + 2 < len(unit):
            kind = size = 0
            while place < len(unit) - 1 and unit[place] == 0xFF:
                kind += 255
                place += 1
            kind += unit[place]
            place += 1
            while place < len(unit) - 1 and unit[place] == 0xFF:
                size += 255
                place += 1
            size += unit[place]
            place += 1
            if kind == 6:
                return place < len(unit) and bool(unit[place] & 0x80)
            place += size
        return False

    def _set_number(self, kind: int, unit: bytes) -> int:
        return _exp_golomb(unit, 4 if kind == 7 else 1)


class H265(Depacketiser):
    """H.265: single NAL units, AP, FU; key frames are the IRAP pictures (BLA, IDR, CRA)."""

    __slots__ = ()
    codec = "hevc"
    header_size = 2

    def _payload(self, view: memoryview, start: int, stop: int) -> None:
        kind = view[start] >> 1 & 0x3F
        if kind == 49:
            if stop - start < 4:
                self.broken += 1
                return
            flags = view[start + 2]
            unit = bytes((view[start] & 0x81 | (flags & 0x3F) << 1, view[start + 1]))
            self._piece(view, start + 3, stop, unit, flags)
        elif kind == 48:
            place = start + 2
            while place + 2 <= stop:
                size = view[place] << 8 | view[place + 1]
                if size <= 2 or place + 2 + size > stop:
                    break
                self._whole(view, place + 2, place + 2 + size)
                place += 2 + size
            self._check_end(place, stop)
        elif kind == 38:
            self._filler += stop - start
        elif kind < 48:
            self._whole(view, start, stop)
        else:  # PACI and what is not assigned
            self.broken += 1

    def _kind(self, first: int) -> int:
        return first >> 1 & 0x3F

    def _is_slice(self, kind: int) -> bool:
        return kind < 32

    def _is_key(self, kind: int, first: int) -> bool:
        return 16 <= kind <= 21

    def _is_set(self, kind: int) -> bool:
        return 32 <= kind <= 34

    def _set_number(self, kind: int, unit: bytes) -> int:
        return _exp_golomb(unit, 2) if kind == 34 else 0


def _exp_golomb(data: bytes, start: int) -> int:
    """An unsigned Exp-Golomb number at a byte boundary; 0 when it does not end in time."""
    bits = int.from_bytes(data[start : start + 4].ljust(4, b"\0"), "big")
    zeros = 32 - bits.bit_length()
    return (bits >> (31 - 2 * zeros)) - 1 if zeros <= 15 else 0


CODECS: dict[str, type[Depacketiser]] = {"h264": H264, "hevc": H265}
