"""What H.264 (RFC 6184) and H.265 (RFC 7798) make of RTP payloads."""

from __future__ import annotations

from video_bridge.rtp import Depacketiser


class H264(Depacketiser):
    """H.264: single NAL units, STAP-A, FU-A; key frames are IDR, all-intra and recovery points."""

    __slots__ = ()
    codec = "h264"
    header_size = 1
    _fu_mask, _fu_kind = 0x1F, 28

    def _starts_delta(self, view: memoryview, start: int) -> bool:
        kind, first = view[start] & 0x1F, view[start + 1]
        if kind == 28:
            if not first & 0x80:
                return False
            kind, first = first & 0x1F, view[start + 2]
        return 1 <= kind <= 4 and first & 0x80 != 0 and (kind != 1 or first != 0x88)

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
    _fu_mask, _fu_kind = 0x7E, 49 << 1

    def _starts_delta(self, view: memoryview, start: int) -> bool:
        kind, first = view[start] >> 1 & 0x3F, view[start + 2]
        if kind == 49:
            if not first & 0x80:
                return False
            kind, first = first & 0x3F, view[start + 3]
        return kind < 16 and first & 0x80 != 0

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
