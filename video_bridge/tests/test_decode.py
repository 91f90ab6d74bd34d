"""Key frames into pictures; damage is an error and never a picture."""

from __future__ import annotations

import random
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from clips_for_tests import encode, picture
from video_bridge.decode import DecodedPicture, DecodeError, Decoder
from video_bridge.rtp import KeyUnit
from video_bridge.sources import PyAvSource


def key_frames(path: Path) -> list[KeyUnit]:
    source = PyAvSource(str(path), "file", lambda unit: None)
    with av.open(str(path)) as container:
        return list(source._units(container, container.streams.video[0], None))


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_the_picture_is_the_one_that_was_encoded(tmp_path: Path, codec: str) -> None:
    unit = key_frames(encode(tmp_path / "a.mp4", codec=codec, noise=0))[0]
    found = Decoder().decode(unit.codec, unit.data, unit.parameters, 5.0)
    assert found.at == 5.0
    original = picture(0, 320, 180, moving=True, noise=0)
    assert float(np.abs(found.bgr.astype(int) - original).mean()) < 6
    grey = cv2.cvtColor(original, cv2.COLOR_BGR2GRAY)
    expected = cv2.resize(grey, (160, 90), interpolation=cv2.INTER_AREA)
    assert found.luma.shape == (90, 160)
    # video levels: 16 to 235 instead of 0 to 255
    assert float(np.abs((found.luma.astype(float) - 16) * 255 / 219 - expected).mean()) < 6


def test_colours_are_worked_out_when_they_are_looked_at(tmp_path: Path) -> None:
    unit = key_frames(encode(tmp_path / "a.mp4"))[0]
    found = Decoder().decode(unit.codec, unit.data, unit.parameters, 0.0)
    assert isinstance(found, DecodedPicture)
    assert found._bgr is None
    assert found.bgr is found.bgr


def test_pictures_of_other_sizes_do_not_disturb_each_other(tmp_path: Path) -> None:
    small = key_frames(encode(tmp_path / "a.mp4"))
    large = key_frames(encode(tmp_path / "b.mp4", size=(640, 360)))
    decoder = Decoder()
    for one, two in zip(small, large, strict=True):
        for unit, width in ((one, 320), (two, 640)):
            found = decoder.decode(unit.codec, unit.data, unit.parameters, 0.0)
            assert found.bgr.shape[1] == width
    assert len(decoder._contexts) == 2


def test_decoders_are_not_kept_for_ever(tmp_path: Path) -> None:
    unit = key_frames(encode(tmp_path / "a.mp4"))[0]
    decoder = Decoder()
    for number in range(60):
        decoder.decode(unit.codec, unit.data, str(number).encode(), 0.0)
    assert len(decoder._contexts) <= 24


@pytest.mark.parametrize("data", [b"", b"\0\0\0\1", b"\0\0\0\1\x65\x88" + b"x" * 500, b"y" * 3000])
@pytest.mark.parametrize("codec", ["h264", "hevc", "mjpeg", "nonsense"])
def test_what_is_no_picture_is_an_error(codec: str, data: bytes) -> None:
    with pytest.raises(DecodeError):
        Decoder().decode(codec, data, b"", 0.0)


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_random_damage_never_breaks_the_decoder(tmp_path: Path, codec: str) -> None:
    unit = key_frames(encode(tmp_path / "a.mp4", codec=codec))[0]
    chance, decoder = random.Random(3), Decoder()
    for _ in range(120):
        data = bytearray(unit.data)
        for _ in range(chance.choice((1, 5, 50))):
            data[chance.randrange(len(data))] = chance.getrandbits(8)
        del data[chance.randrange(20, len(data)) :]
        try:
            found = decoder.decode(unit.codec, bytes(data), unit.parameters, 0.0)
        except DecodeError:
            continue
        assert found.luma.shape == (90, 160)
    found = decoder.decode(unit.codec, unit.data, unit.parameters, 0.0)
    assert found.bgr.shape == (180, 320, 3)


def test_jpeg_is_decoded_and_a_giant_one_is_refused_unread() -> None:
    image = picture(0, 320, 180, moving=False)
    data = cv2.imencode(".jpg", image)[1].tobytes()
    assert Decoder().decode("mjpeg", data, b"", 0.0).bgr.shape == (180, 320, 3)
    place = data.index(b"\xff\xc0")
    giant = data[: place + 5] + b"\xff\xff\xff\xff" + data[place + 9 :]
    with pytest.raises(DecodeError, match="size"):
        Decoder().decode("mjpeg", giant, b"", 0.0)
