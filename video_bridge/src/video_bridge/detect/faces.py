"""Faces, and whether they bear a mask. Needs OpenVINO and two further models."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from video_bridge.detect import models_dir
from video_bridge.detect.nanodet import suppress
from video_bridge.model import Box, Image

_logger = logging.getLogger(__name__)

FACE_MODEL, MASK_MODEL = "face.tflite", "mask.onnx"
_SIDE, _CELLS = 192, 48
_MASK_SIDE = 128
_LEAST = 0.6
"""Score below which it is not taken for a face."""


@dataclass(frozen=True, slots=True)
class Face:
    """A face that is large enough to be read."""

    box: Box
    """Its score is the certainty of ``bare``."""
    bare: float
    """How likely it bears no mask."""


class FaceReader:
    """Finds faces on the heads of persons and reads them."""

    def __init__(self, models: Path, threads: int = 1) -> None:
        import openvino as ov  # type: ignore[import-untyped]

        for name in (FACE_MODEL, MASK_MODEL):
            if not (models / name).is_file():
                raise FileNotFoundError(f"no model {name}: run fetch-models")
        core = ov.Core()
        config = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1}
        self._face: Any = core.compile_model(str(models / FACE_MODEL), "CPU", config)
        self._mask: Any = core.compile_model(str(models / MASK_MODEL), "CPU", config)

    def read(self, bgr: Image, people: Sequence[Box], least: float) -> list[Face]:
        """The faces at least so many pixels wide on the heads of these persons."""
        height, width = bgr.shape[:2]
        found: list[Box] = []
        for person in people:
            side = max(person.w * width * 1.2, person.h * height * 0.45)
            if side * 0.8 < least:
                continue
            x = (person.x + person.w / 2) * width - side / 2
            y = person.y * height - side * 0.15
            found += self.faces(bgr, (round(x), round(y), round(side)))
        large = [box for box in found if box.w * width >= least]
        if not large:
            return []
        corners = np.array([[b.x, b.y, b.x + b.w, b.y + b.h] for b in large], np.float32)
        scores = np.array([b.score for b in large], np.float32)
        return [self._read(bgr, large[i]) for i in suppress(corners, scores, 0.3)]

    def faces(self, bgr: Image, square: tuple[int, int, int]) -> list[Box]:
        """The faces in a square (x, y, side in pixels) of the picture, which may reach beyond."""
        height, width = bgr.shape[:2]
        x, y, side = square
        factor = _SIDE / side
        move = np.array([[factor, 0, -x * factor], [0, factor, -y * factor]])
        part = cv2.warpAffine(bgr, move, (_SIDE, _SIDE), flags=cv2.INTER_AREA)
        rgb = cv2.cvtColor(part, cv2.COLOR_BGR2RGB).astype(np.float32) / 127.5 - 1.0
        outputs = self._face([rgb[None]])
        places, raw = np.asarray(outputs[0])[0], np.asarray(outputs[1])[0, :, 0]
        scores = 1 / (1 + np.exp(-np.clip(raw, -50, 50)))
        corners = []
        kept = np.flatnonzero(scores >= _LEAST)
        for i in kept:
            row, column = divmod(int(i), _CELLS)
            dx, dy, w, h = (float(v) / _SIDE for v in places[i, :4])
            middle = (column + 0.5) / _CELLS + dx, (row + 0.5) / _CELLS + dy
            corners.append(
                [middle[0] - w / 2, middle[1] - h / 2, middle[0] + w / 2, middle[1] + h / 2]
            )
        array = np.array(corners, np.float32).reshape(-1, 4)
        return [
            Box(
                (x + float(array[n, 0]) * side) / width,
                (y + float(array[n, 1]) * side) / height,
                float(array[n, 2] - array[n, 0]) * side / width,
                float(array[n, 3] - array[n, 1]) * side / height,
                float(scores[kept[n]]),
                "face",
            )
            for n in suppress(array, scores[kept].astype(np.float32), 0.3)
        ]

    def _read(self, bgr: Image, box: Box) -> Face:
        height, width = bgr.shape[:2]
        # the network was trained on boxes that reach from the hairline to below the chin
        x1, x2 = (int(np.clip(v * width, 0, width)) for v in (box.x, box.x + box.w))
        y1, y2 = (
            int(np.clip(v * height, 0, height))
            for v in (box.y - 0.2 * box.h, box.y + 1.05 * box.h)
        )
        bare = self.bare(bgr[y1:y2, x1:x2])
        inside = replace(
            box, x=x1 / width, y=y1 / height, w=(x2 - x1) / width, h=(y2 - y1) / height,
            score=round(bare, 3),
        )
        return Face(inside, bare)

    def bare(self, face: Image) -> float:
        """How likely a face, cut out, bears no mask."""
        if face.size == 0:
            return 0.5
        rgb = cv2.cvtColor(
            cv2.resize(face, (_MASK_SIDE, _MASK_SIDE), interpolation=cv2.INTER_LINEAR),
            cv2.COLOR_BGR2RGB,
        )
        blob: NDArray[Any] = rgb.astype(np.float32).transpose(2, 0, 1)[None] / 127.5 - 1.0
        return float(np.asarray(self._mask([blob])[0])[0, 1])


@lru_cache(maxsize=1)
def open_faces(models: Path | None = None) -> FaceReader | None:
    """The one reader of this process, or ``None``: then ``no_mask`` cannot tell anything."""
    try:
        return FaceReader(models or models_dir())
    except Exception as error:
        _logger.warning("Faces cannot be read: %s", error)
        return None
