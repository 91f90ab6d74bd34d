"""Checks area boundaries written as GeoJSON (RFC 7946). Knows nothing of Odoo."""

import json
import math

MAX_POINTS = 20_000


class GeoJsonError(ValueError):
    """A boundary that cannot be used; ``code`` says why."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def check_boundary(text):
    """Check that ``text`` is a Polygon or MultiPolygon geometry in WGS-84 degrees.

    :return: the parsed geometry
    :raise GeoJsonError: json, type, ring, closed, position, size
    """
    try:
        geometry = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise GeoJsonError("json") from error
    if not isinstance(geometry, dict):
        raise GeoJsonError("type")
    coordinates = geometry.get("coordinates")
    if geometry.get("type") == "Polygon":
        polygons = [coordinates]
    elif geometry.get("type") == "MultiPolygon":
        polygons = coordinates
    else:
        raise GeoJsonError("type")
    if not isinstance(polygons, list) or not polygons:
        raise GeoJsonError("ring")
    points = 0
    for rings in polygons:
        if not isinstance(rings, list) or not rings:
            raise GeoJsonError("ring")
        for ring in rings:
            points += _check_ring(ring)
            if points > MAX_POINTS:
                raise GeoJsonError("size")
    return geometry


def _check_ring(ring):
    if not isinstance(ring, list) or len(ring) < 4:
        raise GeoJsonError("ring")
    for point in ring:
        if not isinstance(point, list) or len(point) not in (2, 3):
            raise GeoJsonError("position")
        if not all(_is_number(value) for value in point):
            raise GeoJsonError("position")
        if abs(point[0]) > 180 or abs(point[1]) > 90:
            raise GeoJsonError("position")
    if ring[0] != ring[-1]:
        raise GeoJsonError("closed")
    return len(ring)


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
