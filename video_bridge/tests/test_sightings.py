"""Installation cards before a camera."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from video_bridge.model import Picture
from video_bridge.sightings import AGAIN_AFTER, CardReader

TOKEN = "ABCDEFGHIJKLMNOPQRSTUV23"


def held(payload: str | None, size: int = 260) -> Picture:
    """A picture in which somebody holds a card."""
    image = np.full((480, 640, 3), 90, np.uint8)
    image[:, :, 1] += (np.arange(640) // 8 % 40).astype(np.uint8)
    if payload is not None:
        code = cv2.QRCodeEncoder.create().encode(payload)
        code = cv2.copyMakeBorder(code, 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=255)
        code = cv2.resize(code, (size, size), interpolation=cv2.INTER_NEAREST)
        image[100 : 100 + size, 200 : 200 + size] = code[:, :, None]
        matrix = cv2.getRotationMatrix2D((320, 240), 9, 1)
        image = np.asarray(cv2.warpAffine(image, matrix, (640, 480)), np.uint8)
        image = np.asarray(cv2.GaussianBlur(image, (3, 3), 0), np.uint8)
    return Picture(7.0, image, np.zeros((90, 160), np.uint8))


def test_a_card_is_read_aslant() -> None:
    sighting = CardReader().look(9, held("YST1C:" + TOKEN))
    assert sighting is not None
    assert (sighting.stream, sighting.token, sighting.at) == (9, TOKEN, 7.0)


@pytest.mark.parametrize(
    "payload",
    [None, "https://example.org/", "YST1C:short", "YST1C:" + TOKEN + "A", "YST1P:" + TOKEN],
)
def test_other_codes_are_nobodys_business(payload: str | None) -> None:
    assert CardReader().look(9, held(payload)) is None


def test_the_same_card_is_reported_once_in_a_while() -> None:
    now = [0.0]
    reader = CardReader(lambda: now[0])
    card = held("YST1C:" + TOKEN)
    assert reader.look(9, card) is not None
    assert reader.look(9, card) is None
    assert reader.look(8, card) is not None
    now[0] = AGAIN_AFTER + 1
    assert reader.look(9, card) is not None
