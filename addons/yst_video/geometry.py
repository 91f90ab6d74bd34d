"""Zones in a picture: points as fractions of width and height. Pure functions."""

import itertools
import math

MAX_POINTS = 60
MIN_AREA = 0.0002  # of the picture: 13 × 13 pixels of a 1280 × 720 one
MIN_LENGTH = 0.01
#: least and greatest number of points
COUNTS = {"polygon": (3, MAX_POINTS), "line": (2, MAX_POINTS), "gauge": (2, 2)}


class ShapeError(ValueError):
    """Points that make no zone; ``code`` is shape, points, number, outside, small or crossing."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def check(shape, points):
    """The points, rounded to 4 places.

    :param shape: polygon, line or gauge
    :param points: [[x, y], …] fractions 0..1 from the upper left corner
    :raise ShapeError: they make no such shape
    """
    if shape not in COUNTS:
        raise ShapeError("shape")
    if not isinstance(points, (list, tuple)):
        raise ShapeError("points")
    clean = [_point(point) for point in points]
    least, most = COUNTS[shape]
    if not least <= len(clean) <= most:
        raise ShapeError("number")
    if shape == "polygon":
        if crosses_itself(clean):
            raise ShapeError("crossing")
        if polygon_area(clean) < MIN_AREA:
            raise ShapeError("small")
    elif any(math.dist(a, b) < MIN_LENGTH for a, b in itertools.pairwise(clean)):
        raise ShapeError("small")
    return [list(point) for point in clean]


def _point(point):
    if not isinstance(point, (list, tuple)) or len(point) != 2:
        raise ShapeError("points")
    for value in point:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ShapeError("points")
        if not math.isfinite(value) or not 0 <= value <= 1:
            raise ShapeError("outside")
    return round(float(point[0]), 4), round(float(point[1]), 4)


def polygon_area(points):
    """Surface of a polygon (shoelace formula), never negative."""
    following = [*points[1:], points[0]]
    pairs = zip(points, following, strict=True)
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)) / 2


def crosses_itself(points):
    """Whether two sides of a polygon that are not neighbours meet."""
    sides = list(zip(points, [*points[1:], points[0]], strict=True))
    count = len(sides)
    return any(
        _meet(*sides[i], *sides[j])
        for i in range(count)
        for j in range(i + 2, count)
        if not (i == 0 and j == count - 1)
    )


def _meet(a, b, c, d):
    def side(p, q, r):
        value = (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])
        return (value > 1e-12) - (value < -1e-12)

    def between(p, q, r):
        return min(p[0], q[0]) <= r[0] <= max(p[0], q[0]) and (
            min(p[1], q[1]) <= r[1] <= max(p[1], q[1])
        )

    turns = side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)
    if turns[0] != turns[1] and turns[2] != turns[3]:
        return True
    ends = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return any(not turn and between(*end) for turn, end in zip(turns, ends, strict=True))
