"""Which alerts are one happening: the same kind, neighbouring cameras, the same minutes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt

EARTH = 6_371_000.0  # metres


@dataclass(frozen=True, slots=True)
class Spot:
    """An alert as far as correlation looks at it; without a position, its camera alone."""

    id: int
    kind: str
    camera: int
    at: datetime
    latitude: float
    longitude: float
    order: int = 0

    @property
    def placed(self) -> bool:
        """Whether the camera's position is known."""
        return bool(self.latitude or self.longitude)


def distance(a: Spot, b: Spot) -> float:
    """Metres between two positions (WGS-84, on a sphere)."""
    lat_a, lat_b = radians(a.latitude), radians(b.latitude)
    half = (
        sin((lat_b - lat_a) / 2) ** 2
        + cos(lat_a) * cos(lat_b) * sin(radians(b.longitude - a.longitude) / 2) ** 2
    )
    return 2 * EARTH * asin(sqrt(min(1.0, half)))


def together(a: Spot, b: Spot, metres: float, minutes: float) -> bool:
    """Whether two alerts belong to one order."""
    if a.kind != b.kind or abs(a.at - b.at) > timedelta(minutes=minutes):
        return False
    if a.camera == b.camera:
        return True
    return a.placed and b.placed and distance(a, b) <= metres


def sort_out(
    due: Iterable[Spot], ordered: Iterable[Spot], metres: float, minutes: float
) -> tuple[dict[int, int], list[list[int]]]:
    """Join alerts to orders that are there, and the rest into groups of one order each.

    :param due: alerts that need an order
    :param ordered: alerts with an order that is still worked on
    :return: ({alert: order}, [[first alert, others…]])
    """
    joined: dict[int, int] = {}
    groups: list[list[Spot]] = []
    known = sorted(ordered, key=lambda spot: (spot.at, spot.id))
    for spot in sorted(due, key=lambda spot: (spot.at, spot.id)):
        near = next((old for old in known if together(spot, old, metres, minutes)), None)
        if near:
            joined[spot.id] = near.order
            continue
        group = next((one for one in groups if together(spot, one[0], metres, minutes)), None)
        if group:
            group.append(spot)
        else:
            groups.append([spot])
    return joined, [[spot.id for spot in group] for group in groups]
