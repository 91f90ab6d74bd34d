"""RTP payloads into key frames: every kind of packet, and what must not pass for a picture."""

from __future__ import annotations

import itertools
import random
import struct
from collections.abc import Sequence

import pytest
from video_bridge.rtp import MAX_UNIT_BYTES, DeltaUnit, Depacketiser, KeyUnit
from video_bridge.rtp_codecs import H264, H265
from video_bridge.sample_server import packetise

S = b"\x00\x00\x00\x01"
SPS, PPS = b"\x67\x42\xe0\x1f\xda\x02", b"\x68\xce\x3c\x80"
SPS_B = b"\x67\x42\xe0\x1f\xda\x77"
IDR, P, AUD, FILLER = b"\x65\x88" + b"k" * 90, b"\x41\x9a" + b"p" * 40, b"\x09\xf0", b"\x0c" * 50
RECOVERY = b"\x06\x06\x01\xc4\x80"
VPS5, SPS5, PPS5 = b"\x40\x01\x0c", b"\x42\x01\x01", b"\x44\x01\xc1"
IDR5, TRAIL5 = b"\x26\x01\xaf" + b"k" * 90, b"\x02\x01\xd0" + b"p" * 40


class Stream:
    """Feeds payloads as packets with numbers and times."""

    def __init__(self, kind: type[Depacketiser] = H264, sets: Sequence[bytes] = ()) -> None:
        self.keys: list[KeyUnit] = []
        self.depacketiser = kind(self.keys.append, sets)
        self.number = 65530  # wraps in every test
        self.stamp = 0

    def packet(self, payload: bytes, *, marker: bool = False, first: int = 0x80) -> None:
        self.number = (self.number + 1) & 0xFFFF
        data = memoryview(struct.pack(">BBHII", first, 96, self.number, self.stamp, 1) + payload)
        second = 96 | (0x80 if marker else 0)
        self.depacketiser.feed(data, first, second, self.number, self.stamp, 12, len(data))

    def picture(self, *payloads: bytes, marker: bool = True) -> None:
        self.stamp += 3600
        for place, payload in enumerate(payloads):
            self.packet(payload, marker=marker and place == len(payloads) - 1)

    def lose(self, packets: int = 1) -> None:
        self.number = (self.number + packets) & 0xFFFF


def fragments(unit: bytes, size: int, codec: str = "h264") -> list[bytes]:
    return [packet[16:] for packet in packetise([unit], codec, size)]


def aggregate(*units: bytes, codec: str = "h264") -> bytes:
    head = b"\x78" if codec == "h264" else b"\x60\x01"
    return head + b"".join(struct.pack(">H", len(unit)) + unit for unit in units)


def test_single_units_make_a_key_frame_with_its_parameter_sets_in_front() -> None:
    stream = Stream()
    stream.picture(AUD, SPS, PPS, IDR)
    (key,) = stream.keys
    assert key.data == S + SPS + S + PPS + S + IDR
    assert key.parameters == S + SPS + S + PPS
    assert key.codec == "h264"
    assert key.timestamp == 3600


def test_parameter_sets_of_the_description_serve_until_others_come() -> None:
    stream = Stream(H264, [SPS, PPS])
    stream.picture(IDR)
    stream.picture(SPS_B, IDR)
    assert stream.keys[0].data == S + SPS + S + PPS + S + IDR
    assert stream.keys[1].data == S + SPS_B + S + PPS + S + IDR
    assert stream.keys[0].parameters != stream.keys[1].parameters


def test_a_key_frame_without_parameter_sets_is_given_up() -> None:
    stream = Stream()
    stream.picture(IDR)
    assert not stream.keys
    assert stream.depacketiser.damaged_keys == 1


def test_aggregates_are_taken_apart() -> None:
    stream = Stream()
    stream.picture(aggregate(SPS, PPS, IDR))
    assert stream.keys[0].data == S + SPS + S + PPS + S + IDR


def test_fragments_are_put_together() -> None:
    stream = Stream(H264, [SPS, PPS])
    stream.picture(*fragments(IDR, 20))
    assert stream.keys[0].data.endswith(S + IDR)


def test_fragmented_parameter_sets_are_put_together() -> None:
    long_set = SPS + b"x" * 60
    stream = Stream(H264, [PPS])
    stream.picture(*fragments(long_set, 20), IDR)
    assert S + long_set in stream.keys[0].data


def test_a_picture_of_several_slices_is_one_key_frame() -> None:
    second = b"\x65\x40" + b"s" * 30
    stream = Stream(H264, [SPS, PPS])
    stream.picture(*fragments(IDR, 30), *fragments(second, 30))
    (key,) = stream.keys
    assert key.data.endswith(S + IDR + S + second)


def test_what_lies_between_key_frames_is_counted_and_not_kept() -> None:
    stream = Stream(H264, [SPS, PPS])
    stream.picture(IDR)
    stream.picture(P)
    stream.picture(*fragments(P * 4, 50))
    stream.picture(P * 2)
    stream.picture(IDR)
    first, second = stream.keys
    assert (first.delta_frames, first.delta_bytes) == (0, 0)
    assert second.delta_frames == 3
    sizes = [len(P), sum(map(len, fragments(P * 4, 50))), len(P * 2)]
    assert second.delta_bytes == sum(sizes)
    assert second.delta_peak == len(P * 2)  # the second largest


def test_filler_is_not_counted() -> None:
    stream = Stream(H264, [SPS, PPS])
    stream.picture(IDR)
    stream.picture(FILLER, P)
    stream.picture(IDR)
    assert stream.keys[1].delta_bytes == len(P)


def test_a_recovery_point_is_a_key_frame_and_a_later_one_is_not() -> None:
    stream = Stream(H264, [SPS, PPS])
    stream.picture(RECOVERY, P)
    stream.picture(b"\x06\x06\x01\x44\x80", P)  # recovers only after some pictures
    stream.picture(P)
    assert len(stream.keys) == 1
    assert stream.keys[0].data.endswith(S + P)


def test_a_recovery_point_is_found_behind_another_message() -> None:
    stream = Stream(H264, [SPS, PPS])
    stream.picture(b"\x06\x05\x03abc" + RECOVERY[1:], P)
    assert len(stream.keys) == 1


def test_a_picture_of_intra_slices_only_is_a_key_frame() -> None:
    stream = Stream(H264, [SPS, PPS])
    stream.picture(b"\x41\x88" + b"i" * 40)
    assert len(stream.keys) == 1


def test_a_new_time_ends_a_picture_whose_marker_is_missing() -> None:
    stream = Stream(H264, [SPS, PPS])
    stream.picture(IDR, marker=False)
    assert not stream.keys
    stream.picture(P)
    assert len(stream.keys) == 1


def test_a_camera_that_marks_every_packet_is_understood_from_the_second_picture() -> None:
    second = b"\x65\x40" + b"s" * 30
    stream = Stream(H264, [SPS, PPS])
    for _ in range(3):
        stream.stamp += 3600
        stream.packet(IDR, marker=True)
        stream.packet(second, marker=True)
    stream.picture(P)
    assert [key.data.endswith(S + IDR + S + second) for key in stream.keys[1:]] == [True, True]


def test_parameter_sets_with_a_marker_do_not_end_the_picture() -> None:
    stream = Stream()
    stream.stamp = 3600
    for payload in (SPS, PPS, IDR):
        stream.packet(payload, marker=True)
    assert len(stream.keys) == 1


@pytest.mark.parametrize("missing", range(5))
def test_a_key_frame_with_a_hole_is_never_handed_over(missing: int) -> None:
    stream = Stream(H264, [SPS, PPS])
    stream.picture(P)
    pieces = fragments(IDR, 20)
    assert len(pieces) == 5
    stream.stamp += 3600
    for place, piece in enumerate(pieces):
        if place == missing:
            stream.lose()
        else:
            stream.packet(piece, marker=place == len(pieces) - 1)
    stream.picture(P)
    assert not stream.keys
    assert stream.depacketiser.lost == 1
    stream.picture(IDR)
    assert len(stream.keys) == 1


def test_a_lost_first_slice_is_noticed() -> None:
    stream = Stream(H264, [SPS, PPS])
    stream.picture(P)
    stream.lose()
    stream.picture(b"\x65\x40" + b"s" * 30)
    assert not stream.keys
    assert stream.depacketiser.damaged_keys == 1


def test_lost_packets_between_pictures_do_not_cost_the_next_key_frame() -> None:
    stream = Stream(H264, [SPS, PPS])
    stream.picture(P)
    stream.lose(7)
    stream.picture(IDR)
    assert len(stream.keys) == 1
    assert stream.depacketiser.lost == 7


def test_padding_sources_and_extension_are_stepped_over() -> None:
    stream = Stream(H264, [SPS, PPS])
    stream.stamp = 3600
    extension = struct.pack(">HH", 0xBEDE, 1) + b"abcd"
    payload = b"SRC1" + extension + IDR + b"\0\0\x03"
    stream.packet(payload, marker=True, first=0x80 | 0x20 | 0x10 | 1)
    assert stream.keys[0].data.endswith(S + IDR)


def test_a_picture_larger_than_any_camera_sends_is_given_up() -> None:
    stream = Stream(H264, [SPS, PPS])
    stream.stamp = 3600
    stream.packet(b"\x7c\x85" + b"\x88" * 60_000)
    for _ in range(MAX_UNIT_BYTES // 60_000 + 2):
        stream.packet(b"\x7c\x05" + b"\x88" * 60_000)
    held = stream.depacketiser._unit
    assert held is not None
    assert len(held) == 0
    stream.packet(b"\x7c\x45end", marker=True)
    assert not stream.keys
    assert stream.depacketiser.damaged_keys == 1


def test_h265_single_units_aggregates_and_fragments() -> None:
    stream = Stream(H265)
    stream.picture(aggregate(VPS5, SPS5, PPS5, codec="hevc"), *fragments(IDR5, 20, "hevc"))
    stream.picture(TRAIL5)
    stream.picture(*fragments(TRAIL5 * 3, 40, "hevc"))
    stream.picture(IDR5)
    first, second = stream.keys
    assert first.codec == "hevc"
    assert first.data == S + VPS5 + S + SPS5 + S + PPS5 + S + IDR5
    assert second.delta_frames == 2


@pytest.mark.parametrize("kind", [16, 17, 18, 19, 20, 21])
def test_h265_every_random_access_picture_is_a_key_frame(kind: int) -> None:
    stream = Stream(H265, [VPS5, SPS5, PPS5])
    stream.picture(bytes((kind << 1, 1)) + b"\xaf" * 20)
    assert len(stream.keys) == 1


@pytest.mark.parametrize("kind", [H264, H265])
def test_random_packets_neither_raise_nor_pile_up(kind: type[Depacketiser]) -> None:
    chance = random.Random(5)
    stream = Stream(kind, [SPS, PPS] if kind is H264 else [VPS5, SPS5, PPS5])
    for _ in range(6000):
        if chance.random() < 0.2:
            stream.stamp = chance.getrandbits(32)
        if chance.random() < 0.1:
            stream.lose(chance.randrange(60000))
        payload = chance.randbytes(chance.choice((0, 1, 2, 3, 4, 8, 40, 300)))
        stream.packet(payload, marker=chance.random() < 0.3, first=chance.getrandbits(8))
    assert stream.depacketiser.broken > 0
    assert len(stream.depacketiser.parameters) < 20_000


@pytest.mark.parametrize("cut", range(1, 6))
def test_truncated_packets_are_counted_as_broken(cut: int) -> None:
    stream = Stream(H264, [SPS, PPS])
    stream.picture(aggregate(SPS, PPS)[:-cut], IDR)
    assert stream.depacketiser.broken == 1
    assert not stream.keys


# all packets of a read at once


def framed(packet: bytes, channel: int = 0) -> bytes:
    return b"$" + struct.pack(">BH", channel, len(packet)) + packet


def random_packets(chance: random.Random, codec: str) -> list[bytes]:
    """What a camera may send and what it may not, on several channels, some of it missing."""
    h264 = codec == "h264"
    sets = (SPS, PPS) if h264 else (VPS5, SPS5, PPS5)
    others = (RECOVERY, AUD, FILLER, b"\x41\x88" + b"i" * 40, b"\x41\x40" + b"s" * 30)
    extra = others if h264 else (b"\x4e\x01\x05", b"\x02\x01\x40" + b"s" * 30, b"\x4c\x01ff")
    key, delta = (IDR, P) if h264 else (IDR5, TRAIL5)
    packets, number, stamp = [], 65500, 0
    for _ in range(1500):
        stamp = (stamp + chance.choice((3600, 3600, 3600, 7200, -3600, 0))) & 0xFFFFFFFF
        units = [chance.choice((delta, delta, delta, key, *extra)) * chance.choice((1, 3))]
        if chance.random() < 0.1:
            units = [*sets, key]
        if chance.random() < 0.2:
            units.append(units[-1][:2] + b"\x40" + units[-1][3:])
        payloads = [
            payload
            for unit in units
            for payload in ([unit] if chance.random() < 0.3 else fragments(unit, 25, codec))
        ]
        if chance.random() < 0.1:  # in the midst of a fragmented unit: a whole one, or noise
            noise = chance.randbytes(chance.randrange(60))
            other = chance.choice((noise, *sets, *fragments(sets[0] + bytes(60), 25, codec)))
            payloads.insert(chance.randrange(len(payloads) + 1), other)
        for place, payload in enumerate(payloads):
            number = (number + 1) & 0xFFFF
            first = 0x80 if chance.random() < 0.97 else chance.getrandbits(8)
            marker = chance.random() < (0.95 if place == len(payloads) - 1 else 0.02)
            packet = struct.pack(">BBHII", first, marker << 7 | 96, number, stamp, 7) + payload
            if chance.random() < 0.02:
                packet = packet[: chance.randrange(16)]
            if chance.random() < 0.02:
                continue
            packets.append(framed(packet))
            if chance.random() < 0.03:
                packets.append(framed(chance.randbytes(chance.randrange(40)), channel=1))
    return packets


def state(depacketiser: Depacketiser) -> list[object]:
    names = [name for name in Depacketiser.__slots__ if name not in {"_on_key", "on_delta"}]
    return [(name, getattr(depacketiser, name)) for name in names]


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("kind", [H264, H265])
@pytest.mark.parametrize("seed", range(4))
def test_many_packets_at_once_give_what_they_give_one_by_one(
    kind: type[Depacketiser], keep: bool, seed: int
) -> None:
    chance = random.Random(seed)
    packets = random_packets(chance, kind.codec)
    one, many = [], []
    single, several = kind(one.append), kind(many.append)
    for depacketiser, taken in ((single, one), (several, many)):
        depacketiser.keep_all = keep
        depacketiser.on_delta = taken.append
    buffer, waiting = bytearray(), iter(packets)
    fed = 0
    while fed < len(packets):
        for packet in itertools.islice(waiting, chance.randint(1, 40)):
            fed += 1
            buffer += packet
            if packet[1]:
                continue
            if len(packet) < 16:
                single.broken += 1
                continue
            _head, first, second, number, stamp = struct.unpack_from(">IBBHI", packet)
            single.feed(memoryview(packet), first, second, number, stamp, 16, len(packet))
        # as it comes: a packet that is cut off waits for its rest, and for 16 bytes to look at
        cut = len(buffer) - chance.choice((0, 0, 1, 15, 40))
        used = several.feed_all(memoryview(bytes(buffer)), 0, max(cut, 0), 0)
        assert used <= max(cut, 0)
        del buffer[:used]
    while len(buffer) and (used := several.feed_all(memoryview(bytes(buffer)), 0, len(buffer), 0)):
        del buffer[:used]
    if buffer:  # less than there is to look at
        assert len(buffer) < 16
        single.broken -= buffer[1] == 0
    assert state(several) == state(single)
    assert many == one
    assert any(isinstance(unit, DeltaUnit) for unit in many) == keep
    assert single.lost > 10
    assert single.broken > 10
    assert single.damaged_keys > 3
    assert sum(isinstance(unit, KeyUnit) for unit in many) > 20


def test_of_a_picture_that_never_ends_no_more_is_kept_than_allowed() -> None:
    stream = Stream(H264, [SPS, PPS])
    packets = [struct.pack(">BBHII", 0x80, 96, 1, 1, 1) + b"\x7c\x85" + b"\x88" * 60_000]
    for number in range(2, MAX_UNIT_BYTES // 60_000 + 5):
        head = struct.pack(">BBHII", 0x80, 96, number, 1, 1)
        packets.append(head + b"\x7c\x05" + b"\x88" * 60_000)
    for packet in packets:
        view = memoryview(framed(packet))
        stream.depacketiser.feed_all(view, 0, len(view), 0)
        assert len(stream.depacketiser._unit or b"") <= MAX_UNIT_BYTES
    assert stream.depacketiser._unit == b""


def test_what_is_no_packet_stops_the_taking_in() -> None:
    stream = Stream(H264, [SPS, PPS])
    whole = framed(struct.pack(">BBHII", 0x80, 0x60, 1, 1, 1) + P)
    for rest in (whole[:-1], whole[:20], b"RTSP/1.0 200 OK\r\n\r\n", b"\x00" * 40):
        view = memoryview(whole + rest)
        assert stream.depacketiser.feed_all(view, 0, len(view), 0) == len(whole)


# pictures between key frames


class Kept(Stream):
    """A stream all of whose pictures are wanted."""

    def __init__(self, kind: type[Depacketiser] = H264, sets: Sequence[bytes] = (SPS, PPS)) -> None:
        super().__init__(kind, sets)
        self.deltas: list[DeltaUnit] = []
        self.depacketiser.on_delta = self.deltas.append
        self.depacketiser.keep_all = True


def test_pictures_are_kept_from_the_next_key_frame_on() -> None:
    stream = Kept()
    stream.picture(P)
    assert not stream.deltas
    stream.picture(IDR)
    stream.picture(*fragments(P * 3, 30))
    second = b"\x41\x40" + b"s" * 9
    stream.picture(AUD, P, second)
    assert [delta.data for delta in stream.deltas] == [S + P * 3, S + P + S + second]
    assert [delta.timestamp for delta in stream.deltas] == [3 * 3600, 4 * 3600]
    assert not any(delta.damaged for delta in stream.deltas)


def test_what_is_kept_is_counted_all_the_same() -> None:
    kept, plain = Kept(), Stream(H264, [SPS, PPS])
    for stream in (kept, plain):
        stream.picture(IDR)
        stream.picture(P)
        stream.picture(*fragments(P * 4, 50))
        stream.picture(P * 2)
        stream.picture(IDR)
    assert kept.keys == plain.keys
    assert len(kept.deltas) == 3


def test_whoever_is_handed_a_key_frame_may_ask_for_what_follows_it() -> None:
    stream = Kept()
    stream.depacketiser.keep_all = False

    def ask(unit: KeyUnit) -> None:
        stream.keys.append(unit)
        stream.depacketiser.keep_all = True

    stream.depacketiser._on_key = ask
    stream.picture(IDR)
    stream.picture(P)
    assert [delta.data for delta in stream.deltas] == [S + P]


def test_nothing_is_kept_once_nobody_asks_until_the_next_key_frame() -> None:
    stream = Kept()
    stream.picture(IDR)
    stream.picture(P)
    stream.depacketiser.keep_all = False
    stream.picture(P)
    stream.depacketiser.keep_all = True
    stream.picture(P)  # one before it is missing
    assert len(stream.deltas) == 1
    stream.picture(IDR)
    stream.picture(P)
    assert len(stream.deltas) == 2


def test_pictures_after_a_hole_are_marked_until_the_next_key_frame() -> None:
    stream = Kept()
    stream.picture(IDR)
    stream.picture(P)
    stream.lose(2)
    stream.picture(P)
    stream.picture(P)
    stream.picture(IDR)
    stream.picture(P)
    assert [delta.damaged for delta in stream.deltas] == [False, True, True, False]


def test_nothing_is_kept_after_a_damaged_key_frame() -> None:
    stream = Kept()
    stream.picture(IDR)
    first, *_middle, last = fragments(IDR, 20)
    stream.stamp += 3600
    stream.packet(first)
    stream.lose(3)
    stream.packet(last, marker=True)
    stream.picture(P)
    assert stream.depacketiser.damaged_keys == 1
    assert not stream.deltas


def test_b_frames_are_kept_in_the_order_in_which_they_are_sent() -> None:
    stream = Kept(H265, [VPS5, SPS5, PPS5])
    stream.picture(IDR5)
    for stamp in (5 * 3600, 3 * 3600, 4 * 3600):
        stream.stamp = stamp - 3600
        stream.picture(TRAIL5)
    assert [delta.timestamp // 3600 for delta in stream.deltas] == [5, 3, 4]
    assert {delta.data for delta in stream.deltas} == {S + TRAIL5}


def test_a_picture_between_key_frames_that_is_too_large_is_not_handed_over() -> None:
    stream = Kept()
    stream.picture(IDR)
    stream.stamp += 3600
    stream.packet(b"\x7c\x81" + b"\x9a" * 60_000)
    for _ in range(MAX_UNIT_BYTES // 60_000 + 2):
        stream.packet(b"\x7c\x01" + b"\x9a" * 60_000)
    stream.packet(b"\x7c\x41end", marker=True)
    stream.picture(P)
    assert [(delta.data, delta.damaged) for delta in stream.deltas] == [(S + P, True)]
