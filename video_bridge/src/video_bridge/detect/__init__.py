"""Finding persons in a picture.

One detector per process; it is not shared between threads. ``open_detector`` takes the best that
the machine and the models directory offer and says in the log which one it took.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from video_bridge.model import Box, Image

_logger = logging.getLogger(__name__)

PREFERENCES = ("auto", "openvino", "openvino-f32", "onnxruntime", "hog", "none")
"""What may be asked for; ``auto`` tries OpenVINO, then ONNX Runtime, then HOG."""

FLOOR = 0.25
"""Boxes below this score are not reported. Rules apply their own ``min_score`` above it."""


class Detector(Protocol):
    """Finds persons."""

    @property
    def name(self) -> str:
        """What it is, for the log and the health page: ``nanodet/openvino``."""

    @property
    def precision(self) -> str:
        """The precision in which it really computes: ``f32`` or ``bf16``."""

    def people(self, bgr: Image) -> list[Box]:
        """The persons in a BGR picture, best first, every box inside the picture."""


def models_dir() -> Path:
    """Where the models are: ``$YST_VIDEO_MODELS``, else ``.local/video/models``."""
    return Path(os.environ.get("YST_VIDEO_MODELS", "") or ".local/video/models")


def open_detector(
    preference: str = "auto", threads: int = 1, models: Path | None = None
) -> Detector | None:
    """Open the detector that was asked for, or the best there is.

    ``None`` for ``none``, and when nothing can be opened: rules that need persons then say so and
    find nothing. A preference that cannot be met falls back, with a warning, like ``auto``.

    :raises ValueError: for an unknown preference
    """
    if preference not in PREFERENCES:
        raise ValueError(f"unknown detector {preference!r}, expected one of {PREFERENCES}")
    if preference == "none":
        return None
    folder = models or models_dir()
    ways: list[tuple[str, Callable[[], Detector]]] = [
        ("openvino", lambda: _openvino(folder, threads, f32=preference == "openvino-f32")),
        ("onnxruntime", lambda: _onnxruntime(folder, threads)),
        ("hog", _hog),
    ]
    wanted = preference.removesuffix("-f32")
    ways.sort(key=lambda way: way[0] != wanted)  # stable: the others keep their order
    for name, way in ways:
        try:
            detector = way()
        except Exception as error:
            _logger.warning("Detector %s is not to be had: %s", name, error)
            continue
        _logger.info("Detector: %s, precision %s", detector.name, detector.precision)
        return detector
    _logger.error("No detector is to be had; rules that need persons find nothing")
    return None


def _openvino(folder: Path, threads: int, f32: bool) -> Detector:
    from video_bridge.detect.nanodet import NanoDet, OpenVinoRunner

    return NanoDet(OpenVinoRunner(folder / "nanodet.onnx", threads, f32=f32))


def _onnxruntime(folder: Path, threads: int) -> Detector:
    from video_bridge.detect.nanodet import NanoDet, OnnxRuntimeRunner

    return NanoDet(OnnxRuntimeRunner(folder / "nanodet.onnx", threads))


def _hog() -> Detector:
    from video_bridge.detect.hog import Hog

    return Hog()
