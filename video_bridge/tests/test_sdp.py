"""Descriptions as cameras send them."""

from __future__ import annotations

import pytest
from video_bridge.sdp import SdpError, control_address, parse_sdp

SPS, PPS = b"\x67\x42\xe0\x1f\xda\x02\x80\xf6", b"\x68\xce\x3c\x80"
CAMERA = """v=0\r
o=- 1 1 IN IP4 192.0.2.1\r
s=Media\r
a=control:*\r
t=0 0\r
m=audio 0 RTP/AVP 8\r
a=rtpmap:8 PCMA/8000\r
a=control:trackID=2\r
m=video 0 RTP/AVP 96\r
b=AS:5000\r
a=recvonly\r
a=rtpmap:96 H264/90000\r
a=fmtp:96 profile-level-id=42E01F; packetization-mode=1; sprop-parameter-sets=Z0LgH9oCgPY=,aM48gA\r
a=control:trackID=1\r
"""


def test_the_video_track_is_found_behind_the_audio() -> None:
    track = parse_sdp(CAMERA)
    assert (track.codec, track.payload_type, track.clock_rate) == ("h264", 96, 90000)
    assert track.control == "trackID=1"
    assert track.session_control == "*"


def test_parameter_sets_are_decoded_also_without_padding() -> None:
    assert parse_sdp(CAMERA).parameter_sets == (SPS, PPS)


def test_h265_brings_three_kinds_of_sets() -> None:
    text = (
        "m=video 0 RTP/AVP 98\na=rtpmap:98 H265/90000\n"
        "a=fmtp:98 sprop-sps=QgE=; sprop-vps=QAE=; sprop-pps=RAE=\n"
    )
    track = parse_sdp(text)
    assert track.codec == "hevc"
    assert track.parameter_sets == (b"\x40\x01", b"\x42\x01", b"\x44\x01")


def test_a_second_video_track_is_taken_when_the_first_is_not_readable() -> None:
    text = (
        "m=video 0 RTP/AVP 26\na=control:one\nm=video 0 RTP/AVP 97\n"
        "a=rtpmap:97 H264/90000\na=control:two\n"
    )
    assert parse_sdp(text).control == "two"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("v=0\r\n", "no video"),
        ("m=audio 0 RTP/AVP 0\r\n", "no video"),
        ("m=video 0 RTP/AVP 26\r\n", "JPEG"),
        ("m=video 0 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n", "VP8"),
        ("m=video\r\n", "unknown"),
        ("m=\r\n", "no video"),
        ("x" * 70_000, "too long"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, said: str) -> None:
    with pytest.raises(SdpError, match=said):
        parse_sdp(text)


def test_broken_parameter_sets_are_passed_over() -> None:
    text = CAMERA.replace("Z0LgH9oCgPY=", "!!!!!")
    assert PPS in parse_sdp(text).parameter_sets


@pytest.mark.parametrize(
    ("base", "control", "expected"),
    [
        ("rtsp://h:554/a", "trackID=1", "rtsp://h:554/a/trackID=1"),
        ("rtsp://h/a/", "trackID=1", "rtsp://h/a/trackID=1"),
        ("rtsp://h/a?x=1", "trackID=1", "rtsp://h/a?x=1/trackID=1"),
        ("rtsp://h/a", "*", "rtsp://h/a"),
        ("rtsp://h/a", "", "rtsp://h/a"),
        ("rtsp://h/a", "rtsp://10.0.0.1/b", "rtsp://10.0.0.1/b"),
        ("rtsp://h:8554/a/b", "/c", "rtsp://h:8554/c"),
    ],
)
def test_control_addresses_are_joined_as_cameras_expect(
    base: str, control: str, expected: str
) -> None:
    assert control_address(base, control) == expected
