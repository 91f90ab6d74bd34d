"""Installation cards (安装卡) held before a camera: a QR code that binds stream and record."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Sequence
from typing import Any

import cv2

from video_bridge.model import Picture, QrSighting

_logger = logging.getLogger(__name__)

AGAIN_AFTER = 30.0
"""The same card before the same stream is reported again after so many seconds."""
_CARD = re.compile(rb"YST1C:([A-Z2-7]{24})")
_MAX_WIDTH = 1280


class CardReader:
    """Finds cards in pictures. Belongs to one thread."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """A reader that has seen nothing."""
        self._now = now
        self._seen: dict[tuple[int, str], float] = {}

    def look(self, stream: int, picture: Picture) -> QrSighting | None:
        """The card in a picture, if there is one that has not just been reported."""
        for payload in _codes(picture):
            match = _CARD.fullmatch(payload)
            if match is None:
                continue
            token, now = match[1].decode("ascii"), self._now()
            if now - self._seen.get((stream, token), float("-inf")) < AGAIN_AFTER:
                continue
            self._seen = {
                key: at for key, at in self._seen.items() if now - at < AGAIN_AFTER
            }
            self._seen[stream, token] = now
            return QrSighting(stream, token, picture.at)
        return None


def _codes(picture: Picture) -> Sequence[bytes]:
    """The payloads of all QR codes in a picture."""
    try:
        from pyzbar import pyzbar  # type: ignore[import-untyped]
    except ImportError:  # the zbar library is missing
        _logger.error("zbar is not installed: installation cards are not read")
        return ()
    grey: Any = cv2.cvtColor(picture.bgr, cv2.COLOR_BGR2GRAY)
    if grey.shape[1] > _MAX_WIDTH:
        height = round(grey.shape[0] * _MAX_WIDTH / grey.shape[1])
        grey = cv2.resize(grey, (_MAX_WIDTH, height), interpolation=cv2.INTER_AREA)
    return [code.data for code in pyzbar.decode(grey, symbols=[pyzbar.ZBarSymbol.QRCODE])]
