"""Pictures to tune by: what was found, the zones, and what the rules say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import cv2
import numpy as np

from video_bridge.model import Box, Image, Zone

_PERSON, _WEAK, _THING = (80, 220, 60), (160, 160, 160), (40, 140, 255)
_AREA, _LINE, _GAUGE = (240, 180, 40), (60, 60, 255), (255, 80, 220)
_STRIP = 16


def annotate(
    picture: Image,
    detections: Iterable[Box],
    zones: Iterable[Zone],
    readings: Mapping[str, str],
    *,
    min_score: float = 0.5,
) -> Image:
    """A copy of the picture with boxes, zones and one line of text for each reading.

    Boxes below ``min_score`` are grey. Text that OpenCV's letters do not have becomes ``?``.
    """
    shown = picture.copy()
    height, width = shown.shape[:2]
    for zone in zones:
        points = (np.array(zone.points) * (width, height)).round().astype(np.int32)
        if not len(points):
            continue
        closed = zone.shape == "polygon"
        colour = {"polygon": _AREA, "line": _LINE, "gauge": _GAUGE}[zone.shape]
        cv2.polylines(shown, [points], closed, colour, 1, cv2.LINE_AA)
        if zone.gauge:
            for point, metres in zip((points[0], points[-1]), zone.gauge, strict=True):
                _text(shown, f"{metres:g} m", int(point[0]) + 4, int(point[1]) + 4, _GAUGE)
    for box in detections:
        colour = _THING if box.label != "person" else _PERSON if box.score >= min_score else _WEAK
        x1, y1 = round(box.x * width), round(box.y * height)
        x2, y2 = round((box.x + box.w) * width), round((box.y + box.h) * height)
        cv2.rectangle(shown, (x1, y1), (x2, y2), colour, 1)
        _text(shown, f"{box.score:.2f}", x1, y1 - 3, colour)
    for number, (name, value) in enumerate(readings.items()):
        _text(shown, f"{name}: {value}", 4, 12 + number * _STRIP, (255, 255, 255))
    return shown


def sheet(pictures: Sequence[Image], columns: int = 4, width: int = 480) -> Image:
    """All pictures side by side, each as wide as said.

    :raises ValueError: without pictures
    """
    if not pictures:
        raise ValueError("no pictures")
    tiles = []
    for picture in pictures:
        height = round(picture.shape[0] * width / picture.shape[1])
        tiles.append(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA))
    tall = max(tile.shape[0] for tile in tiles)
    columns = max(1, min(columns, len(tiles)))
    page = np.zeros((-(-len(tiles) // columns) * tall, columns * width, 3), np.uint8)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, columns)
        page[row * tall : row * tall + tile.shape[0], column * width : (column + 1) * width] = tile
    return page


def _text(picture: Image, text: str, x: int, y: int, colour: tuple[int, int, int]) -> None:
    plain = text.encode("ascii", "replace").decode()
    place = x, max(y, 10)
    cv2.putText(picture, plain, place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 3, cv2.LINE_AA)
    cv2.putText(picture, plain, place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, colour, 1, cv2.LINE_AA)
