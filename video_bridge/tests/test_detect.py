"""Persons are found, and by both engines the same."""

from __future__ import annotations

import logging

import cv2
import numpy as np
import pytest
from eyes_for_tests import MODELS, STREET, needs_model, needs_street
from video_bridge.detect import PREFERENCES, open_detector
from video_bridge.detect.nanodet import BINS, SIDE, STRIDES, decode, prepare, suppress
from video_bridge.model import Box
from video_bridge.rules.base import overlap

SEEN = {
    # frame of the street video → persons, by eye: the middle of each as a fraction of the picture
    0: [(0.86, 0.49), (0.67, 0.34), (0.35, 0.46)],
    200: [
        (0.12, 0.32), (0.31, 0.40), (0.65, 0.31), (0.82, 0.55), (0.94, 0.52), (0.89, 0.22),
        (0.93, 0.23),
    ],
    600: [(0.26, 0.31), (0.76, 0.42), (0.90, 0.44), (0.85, 0.62), (0.62, 0.63), (0.40, 0.88)],
}


@pytest.fixture(scope="module")
def frames():
    capture = cv2.VideoCapture(str(STREET))
    found = {}
    for number in range(max(SEEN) + 1):
        good, frame = capture.read()
        assert good
        if number in SEEN:
            found[number] = frame
    return found


def _holds(box: Box, point: tuple[float, float]) -> bool:
    return box.x <= point[0] <= box.x + box.w and box.y <= point[1] <= box.y + box.h


@needs_model
@needs_street
@pytest.mark.parametrize("preference", ["openvino", "openvino-f32", "onnxruntime"])
def test_every_person_of_the_street_is_found_and_nobody_else(frames, preference):
    detector = open_detector(preference, models=MODELS)
    assert detector is not None and detector.name.endswith(preference.removesuffix("-f32"))
    for number, points in SEEN.items():
        boxes = [box for box in detector.people(frames[number]) if box.score >= 0.5]
        for point in points:
            assert sum(_holds(box, point) for box in boxes) >= 1, (number, point)
        assert len(boxes) == len(points), (number, boxes)
        assert all(
            b.x >= 0 and b.y >= 0 and b.x + b.w <= 1.0001 and b.y + b.h <= 1.0001 for b in boxes
        )


@needs_model
@needs_street
def test_the_engines_agree(frames):
    first = open_detector("openvino-f32", models=MODELS)
    second = open_detector("onnxruntime", models=MODELS)
    assert first is not None and second is not None and first.precision == "f32"
    for frame in frames.values():
        a = [box for box in first.people(frame) if box.score >= 0.3]
        for box in a:
            twin = max(second.people(frame), key=lambda other, box=box: overlap(box, other))
            assert overlap(box, twin) > 0.95 and abs(box.score - twin.score) < 0.02


@needs_street
def test_hog_finds_some_without_any_model(frames, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    detector = open_detector("auto", models=tmp_path)
    assert detector is not None and detector.name == "hog/opencv"
    assert "run fetch-models" in caplog.text and "Detector: hog/opencv" in caplog.text
    boxes = detector.people(frames[200])
    hits = sum(any(_holds(box, point) for box in boxes) for point in SEEN[200])
    assert hits >= 3


@needs_model
def test_the_log_says_what_was_taken(caplog):
    caplog.set_level(logging.INFO)
    detector = open_detector("auto", models=MODELS)
    assert detector is not None and detector.name == "nanodet/openvino"
    assert f"Detector: nanodet/openvino, precision {detector.precision}" in caplog.text


@needs_model
def test_a_damaged_model_falls_back(tmp_path, caplog):
    (tmp_path / "nanodet.onnx").write_bytes(b"\x08\x08nonsense")
    detector = open_detector("auto", models=tmp_path)
    assert detector is not None and detector.name == "hog/opencv"
    assert "nanodet" in caplog.text or "openvino" in caplog.text


@needs_model
@pytest.mark.parametrize("shape", [(360, 640, 3), (720, 1280, 3), (100, 30, 3), (576, 352, 3)])
def test_pictures_of_any_shape_are_taken_and_a_plain_one_holds_nobody(shape):
    detector = open_detector("auto", models=MODELS)
    assert detector is not None
    assert [b for b in detector.people(np.full(shape, 127, np.uint8)) if b.score >= 0.5] == []


def test_none_is_none_and_an_unknown_wish_is_refused():
    assert open_detector("none") is None
    assert "auto" in PREFERENCES
    with pytest.raises(ValueError, match="unknown detector"):
        open_detector("tarot")


def _outputs():
    scores = [np.zeros((1, (SIDE // s) ** 2, 80), np.float32) for s in STRIDES]
    edges = [np.zeros((1, (SIDE // s) ** 2, 4 * BINS), np.float32) for s in STRIDES]
    return scores, edges


def test_decoding_puts_a_box_where_its_cell_and_distances_say():
    scores, edges = _outputs()
    cell = 5 * (SIDE // 16) + 7
    scores[1][0, cell, 0] = 0.9
    scores[1][0, cell, 17] = 0.99  # a horse is no person
    for edge, distance in enumerate((1, 2, 3, 4)):
        edges[1][0, cell, edge * BINS + distance] = 50.0
    corners, found = decode([*scores, *edges], SIDE)
    middle = 7.5 * 16, 5.5 * 16
    assert found.tolist() == pytest.approx([0.9])
    assert corners[0].tolist() == pytest.approx(
        [middle[0] - 16, middle[1] - 32, middle[0] + 48, middle[1] + 64]
    )


def test_decoding_nothing_gives_nothing():
    scores, edges = _outputs()
    corners, found = decode([*scores, *edges], SIDE)
    assert corners.shape == (0, 4) and found.shape == (0,)


def test_doubles_are_suppressed_and_neighbours_stay():
    corners = np.array(
        [[0, 0, 10, 20], [1, 0, 11, 20], [8, 0, 18, 20], [0, 0, 10, 20]], np.float32
    )
    assert suppress(corners, np.array([0.6, 0.9, 0.5, 0.3], np.float32), 0.5) == [1, 2]


@pytest.mark.parametrize(
    ("shape", "rows"),
    [((360, 640), 256), ((576, 768), 320), ((100, 30), 416), ((30, 640), 32), ((500, 500), 416)],
)
def test_preparation_takes_as_few_rows_as_the_picture_needs(shape, rows):
    blob, fit = prepare(np.full((*shape, 3), 255, np.uint8))
    assert blob.shape == (1, 3, rows, SIDE) and fit == pytest.approx(SIDE / max(shape))
    assert blob[0, 0, 0, 0] == pytest.approx((255 - 103.53) / 57.375, rel=1e-4)
    inner = min(rows, round(shape[0] * fit)), min(SIDE, round(shape[1] * fit))
    assert (blob[0, 0, : inner[0], : inner[1]] > 2).all()
    assert (blob[0, 0, inner[0] :] < 1).all() and (blob[0, 0, :, inner[1] :] < 1).all()
