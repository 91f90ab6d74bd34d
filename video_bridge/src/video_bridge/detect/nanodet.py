"""NanoDet 416: preparation of the picture, the two engines, decoding of what they put out.

The picture is fitted to 416 columns; the network gets as many rows as that needs (256 for 16 : 9),
which costs two thirds of the square it was made for.

The network gives, for strides 8, 16 and 32, the scores of 80 classes (0 is a person) and the
distances of four edges as distributions over 11 bins, in units of the stride.
"""

from __future__ import annotations

import math
import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from video_bridge.detect import FLOOR
from video_bridge.model import Box, Image

Floats = NDArray[np.float32]

SIDE = 416
STRIDES = (8, 16, 32)
BINS = 11
OUTPUTS = ("scores_8", "scores_16", "scores_32", "edges_8", "edges_16", "edges_32")
"""Names of the outputs in ``nanodet.onnx``, in this order."""

_MEAN = (103.53, 116.28, 123.675)
_DEVIATION = (57.375, 57.12, 58.395)
_GREY = 114
_OVERLAP = 0.5
_TABLES = [
    (np.arange(256, dtype=np.float32) - np.float32(mean)) * np.float32(1 / deviation)
    for mean, deviation in zip(_MEAN, _DEVIATION, strict=True)
]
"""The network's value for each grey level, by channel: eight times faster than reckoning."""
_PERSON = 0


class Runner(Protocol):
    """Something that runs the network."""

    name: str
    precision: str

    def run(self, blob: Floats) -> list[Floats]:
        """The six outputs in the order of ``OUTPUTS`` for a blob of 1 × 3 × rows × 416."""


class OpenVinoRunner:
    """OpenVINO on the CPU; bf16 by itself where the processor has AMX."""

    def __init__(self, model: Path, threads: int, *, f32: bool = False) -> None:
        if not model.is_file():
            raise FileNotFoundError(f"no model {model.name}: run fetch-models")
        os.environ.setdefault("OPENVINO_TELEMETRY", "0")
        import openvino as ov  # type: ignore[import-untyped]

        self._core = ov.Core()
        self._model = model
        self._config: dict[str, object] = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
        }
        if f32:
            self._config["INFERENCE_PRECISION_HINT"] = "f32"
        self.name = "nanodet/openvino"
        self._ready: dict[int, tuple[Any, list[Any]]] = {}
        self._open(_rows(16, 9))
        compiled = self._ready[_rows(16, 9)][0].get_compiled_model()
        hint = compiled.get_property("INFERENCE_PRECISION_HINT")
        self.precision = {"bf16": "bf16", "f16": "f16"}.get(hint.get_type_name(), "f32")

    def _open(self, rows: int) -> tuple[Any, list[Any]]:
        """The network for pictures of so many rows: compiled once, then kept."""
        if rows not in self._ready:
            network = self._core.read_model(str(self._model))
            network.reshape([1, 3, rows, SIDE])
            compiled = self._core.compile_model(network, "CPU", self._config)
            ports = [compiled.output(name) for name in OUTPUTS]
            self._ready[rows] = compiled.create_infer_request(), ports
        return self._ready[rows]

    def run(self, blob: Floats) -> list[Floats]:
        """Run the network."""
        request, ports = self._open(blob.shape[2])
        request.infer([blob], share_inputs=True)
        return [np.asarray(request.get_tensor(port).data) for port in ports]


class OnnxRuntimeRunner:
    """ONNX Runtime on the CPU."""

    def __init__(self, model: Path, threads: int) -> None:
        if not model.is_file():
            raise FileNotFoundError(f"no model {model.name}: run fetch-models")
        import onnxruntime as ort  # type: ignore[import-untyped]

        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = ort.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )
        taken = self._session.get_inputs()[0]
        if isinstance(taken.shape[2], int):
            raise ValueError(f"{model.name} is of an older version: run fetch-models")
        self._input = taken.name
        self.name = "nanodet/onnxruntime"
        self.precision = "f32"

    def run(self, blob: Floats) -> list[Floats]:
        """Run the network."""
        return [np.asarray(out) for out in self._session.run(list(OUTPUTS), {self._input: blob})]


class NanoDet:
    """The detector: a runner with the picture work around it."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self.name = runner.name
        self.precision = runner.precision

    def people(self, bgr: Image) -> list[Box]:
        """The persons in the picture, best first."""
        blob, fit = prepare(bgr)
        corners, scores = decode(self._runner.run(blob), blob.shape[2])
        height, width = bgr.shape[:2]
        boxes = []
        for i in suppress(corners, scores, _OVERLAP):
            x1, y1, x2, y2 = (float(v) for v in corners[i] / fit)
            x1, x2 = (min(max(v / width, 0.0), 1.0) for v in (x1, x2))
            y1, y2 = (min(max(v / height, 0.0), 1.0) for v in (y1, y2))
            if x2 > x1 and y2 > y1:
                boxes.append(Box(x1, y1, x2 - x1, y2 - y1, float(scores[i])))
        return boxes


def _rows(width: int, height: int) -> int:
    """How many rows the network needs for a picture of this shape: a multiple of 32."""
    return min(SIDE, max(1, math.ceil(SIDE * height / max(width, height) / 32)) * 32)


def prepare(bgr: Image) -> tuple[Floats, float]:
    """The picture fitted into the upper left of the network's input, and the factor used."""
    height, width = bgr.shape[:2]
    fit = SIDE / max(height, width)
    inner = max(1, min(SIDE, round(width * fit))), max(1, min(SIDE, round(height * fit)))
    canvas = np.full((_rows(width, height), SIDE, 3), _GREY, np.uint8)
    # averaging costs seven times as much and shows only where pixels would be left out
    method = cv2.INTER_AREA if fit < 0.5 else cv2.INTER_LINEAR
    canvas[: inner[1], : inner[0]] = cv2.resize(bgr, inner, interpolation=method)
    blob: Floats = np.empty((1, 3, *canvas.shape[:2]), np.float32)
    for channel, plane in enumerate(cv2.split(canvas)):
        cv2.LUT(plane, _TABLES[channel], dst=blob[0, channel])
    return blob, fit


@lru_cache(maxsize=64)
def _grid(stride: int, rows: int) -> Floats:
    """The middle of each cell (x, y) in the network's pixels."""
    y, x = np.mgrid[0 : rows // stride, 0 : SIDE // stride].astype(np.float32)
    return (np.stack([x, y], axis=-1).reshape(-1, 2) + np.float32(0.5)) * np.float32(stride)


_STEPS = np.arange(BINS, dtype=np.float32)


def decode(outputs: list[Floats], rows: int) -> tuple[Floats, Floats]:
    """Corners (x1, y1, x2, y2 in the network's pixels) and scores of persons above the floor."""
    corners, scores = [], []
    for level, stride in enumerate(STRIDES):
        score = outputs[level].reshape(-1, 80)[:, _PERSON]
        kept = np.flatnonzero(score >= FLOOR)
        if not kept.size:
            continue
        bins = outputs[level + 3].reshape(-1, 4, BINS)[kept]
        weight = np.exp(bins - bins.max(axis=2, keepdims=True))
        edges = (weight @ _STEPS) / weight.sum(axis=2) * np.float32(stride)
        middle = _grid(stride, rows)[kept]
        corners.append(np.hstack([middle - edges[:, :2], middle + edges[:, 2:]]))
        scores.append(score[kept])
    if not corners:
        return np.empty((0, 4), np.float32), np.empty(0, np.float32)
    return np.vstack(corners), np.concatenate(scores)


def suppress(corners: Floats, scores: Floats, overlap: float) -> list[int]:
    """Which boxes stay, best first, when a better one covers them by more than ``overlap``."""
    order = np.argsort(-scores, kind="stable")
    area = (corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1])
    stays: list[int] = []
    while order.size:
        best, rest = int(order[0]), order[1:]
        stays.append(best)
        if not rest.size:
            break
        low = np.maximum(corners[best, :2], corners[rest, :2])
        high = np.minimum(corners[best, 2:], corners[rest, 2:])
        common = np.clip(high - low, 0, None).prod(axis=1)
        union = area[best] + area[rest] - common
        order = rest[common <= overlap * np.maximum(union, 1e-9)]
    return stays
