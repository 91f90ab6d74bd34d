"""A sheet of paper in a picture: where it lies, and how it looks from straight above.

Pure functions on arrays.
"""

import cv2
import numpy as np


def find(gray):
    """Corners of the largest four-sided figure in a picture, or None when none stands out.

    :param gray: 2-D uint8 array, about 1000 pixels on the long side
    :return: 4 × 2 array of pixels, clockwise from the top left. None as well when the sheet
        fills the picture: nothing is to be gained.
    """
    height, width = gray.shape
    best, best_area = None, 0.15 * width * height
    for mask in _paper_masks(gray):
        contours, _tree = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        for contour in sorted(contours, key=cv2.contourArea, reverse=True)[:5]:
            quad = _as_quad(contour)
            if quad is None:
                continue
            area = cv2.contourArea(quad.astype(np.float32))
            if area > best_area:
                best, best_area = quad, area
    if best is None or best_area > 0.97 * width * height:
        return None
    return ordered(best)


def flatten(array, corners, max_side):
    """The sheet between ``corners`` (fractions of width and height) made rectangular.

    :raises ValueError: when the corners do not span a sensible part of the picture
    """
    points = np.array([[float(x), float(y)] for x, y in corners], dtype=np.float64)
    if points.shape != (4, 2) or not np.isfinite(points).all():
        raise ValueError("four corners are needed")
    if points.min() < -0.1 or points.max() > 1.1:
        raise ValueError("corners lie outside the picture")
    if not cv2.isContourConvex(points.astype(np.float32)):
        raise ValueError("corners do not form a sheet")
    height, width = array.shape[:2]
    source = ordered(points * [width, height]).astype(np.float32)
    if cv2.contourArea(source) < 0.01 * width * height:
        raise ValueError("corners enclose too little")
    top_left, top_right, bottom_right, bottom_left = source
    across = max(np.linalg.norm(top_right - top_left), np.linalg.norm(bottom_right - bottom_left))
    down = max(np.linalg.norm(bottom_left - top_left), np.linalg.norm(bottom_right - top_right))
    scale = min(1.0, max_side / max(across, down))
    width, height = max(1, round(float(across) * scale)), max(1, round(float(down) * scale))
    target = np.array(
        [[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], dtype=np.float32
    )
    return cv2.warpPerspective(
        array,
        cv2.getPerspectiveTransform(source, target),
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )


def _paper_masks(gray):
    """Several ways to tell paper from table; the largest four-sided figure of any of them wins."""
    soft = cv2.bilateralFilter(gray, 9, 50, 50)
    kernel = np.ones((5, 5), np.uint8)
    closing = np.ones((15, 15), np.uint8)
    _level, bright = cv2.threshold(soft, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    yield cv2.morphologyEx(bright, cv2.MORPH_CLOSE, closing)
    for low, high in ((50, 150), (20, 70)):
        yield cv2.morphologyEx(cv2.Canny(soft, low, high), cv2.MORPH_CLOSE, kernel)


def _as_quad(contour):
    hull = cv2.convexHull(contour)
    around = cv2.arcLength(hull, True)
    for tolerance in (0.01, 0.02, 0.03, 0.05):
        polygon = cv2.approxPolyDP(hull, tolerance * around, True)
        if len(polygon) == 4:
            break
    else:
        return None
    quad = polygon.reshape(4, 2).astype(np.float64)
    # a sheet seen at a slant still has corners between about 45 and 135 degrees
    for i in range(4):
        one, two = quad[i - 1] - quad[i], quad[(i + 1) % 4] - quad[i]
        norm = np.linalg.norm(one) * np.linalg.norm(two)
        if norm == 0 or abs(float(one @ two) / norm) > 0.7:
            return None
    if cv2.contourArea(hull) < 0.9 * cv2.contourArea(quad.astype(np.float32)):
        return None
    return quad


def ordered(quad):
    """Corners clockwise from the top left."""
    centre = quad.mean(axis=0)
    angles = np.arctan2(quad[:, 1] - centre[1], quad[:, 0] - centre[0])
    clockwise = quad[np.argsort(angles)]
    start = int(np.argmin(clockwise.sum(axis=1)))
    return np.roll(clockwise, -start, axis=0)
