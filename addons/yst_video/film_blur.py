"""Making everything in a clip unrecognisable but what was asked for, before it is handed out.

Pure functions on files and fractions of the picture; nothing here knows Odoo.
"""

import math
import os
import tempfile
import time

import cv2
import numpy as np

from .blur import BlurError, region

#: The whole picture is left with this many blocks along its longer side: a face that fills a
#: quarter of the width has four.
BLOCKS = 16
#: At most this share of the picture stays clear.
MOST_CLEAR = 0.5
MAX_RECTANGLES = 20
#: Longer side and pictures a second of what is handed out: it is made while somebody waits.
MAX_SIDE = 854
RATE = 10
MAX_SECONDS = 90
#: Seconds of work after which it is given up.
PATIENCE = 80


def mask(clear, width, height):
    """Which pixels stay clear, as a boolean array.

    :param clear: dicts ``x``, ``y``, ``w``, ``h``, fractions of the picture
    :raise BlurError: a rectangle is none (``region``), there are too many (``too_many``), none
        at all (``none``), or they leave too much clear (``too_much``)
    """
    if len(clear) > MAX_RECTANGLES:
        raise BlurError("too_many")
    kept = np.zeros((height, width), bool)
    for box in clear:
        x, y, w, h = region(box)
        left, top = min(max(x, 0.0), 1.0) * width, min(max(y, 0.0), 1.0) * height
        right, bottom = min(max(x + w, 0.0), 1.0) * width, min(max(y + h, 0.0), 1.0) * height
        kept[math.floor(top) : math.ceil(bottom), math.floor(left) : math.ceil(right)] = True
    if not kept.any():
        raise BlurError("none")
    if kept.mean() > MOST_CLEAR:
        raise BlurError("too_much")
    return kept


def coarse(picture):
    """The picture in blocks, each the average of what was there."""
    height, width = picture.shape[:2]
    scale = BLOCKS / max(height, width)
    blocks = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(picture, blocks, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)


def unrecognisable(path, clear):
    """A clip as WebM (VP8) without sound, in which only some rectangles are clear.

    The rectangles stay where they are: whoever walks through them is seen.

    :param path: of a clip that OpenCV reads
    :param clear: as for `mask`
    :raise BlurError: as `mask`; ``film`` when it cannot be read, ``too_long`` for a clip of more
        than `MAX_SECONDS` or one that takes longer than `PATIENCE`
    """
    source = cv2.VideoCapture(path, cv2.CAP_FFMPEG)
    try:
        width, height = (int(source.get(one)) for one in
                         (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        if not source.isOpened() or width < 2 or height < 2:
            raise BlurError("film")
        scale = min(1.0, MAX_SIDE / max(width, height))
        size = tuple(max(2, round(side * scale / 2) * 2) for side in (width, height))
        kept = mask(clear, *size)[..., None]
        with tempfile.TemporaryDirectory() as folder:
            target = os.path.join(folder, "clip.webm")
            _convert(source, target, size, kept)
            with open(target, "rb") as file:
                return file.read()
    finally:
        source.release()


def _convert(source, target, size, kept):
    writer = cv2.VideoWriter(
        target, cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*"VP80"), float(RATE), size
    )
    if not writer.isOpened():
        raise BlurError("film")
    written, stop = 0, time.monotonic() + PATIENCE
    try:
        while source.grab():
            moment = source.get(cv2.CAP_PROP_POS_MSEC) / 1000
            if moment > MAX_SECONDS or time.monotonic() > stop:
                raise BlurError("too_long")
            if moment * RATE < written - 1e-6:
                continue
            read, picture = source.retrieve()
            if not read:
                continue
            picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
            picture = np.where(kept, picture, coarse(picture))
            while written <= moment * RATE + 1e-6:
                writer.write(picture)
                written += 1
    finally:
        writer.release()
    if not written:
        raise BlurError("film")
