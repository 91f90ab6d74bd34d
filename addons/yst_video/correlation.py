"""Which alerts are one happening: the same kind, neighbouring cameras, the same minutes."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from math import asin, cos, floor, radians, sin, sqrt

EARTH = 6_371_000.0  # metres
BESIDE = list(product((-1, 0, 1), repeat=3))  # a cube and those that touch it


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


class _Places:
    """Spots by camera and by where they stand, so that each meets its neighbours alone.

    Places are cubes with the side of the distance: what is that near lies in the same cube or in
    one beside it. Cubes know neither poles nor a date line.
    """

    def __init__(self, metres: float, minutes: float) -> None:
        self.metres, self.minutes = metres, minutes
        self._found: dict[tuple[object, ...], list[tuple[int, Spot]]] = defaultdict(list)
        self._rank = 0

    def add(self, spot: Spot) -> None:
        """Take in a spot; the order of taking in decides which of several neighbours counts."""
        self._rank += 1
        self._found[spot.kind, spot.camera].append((self._rank, spot))
        if spot.placed:
            self._found[(spot.kind, *self._cube(spot))].append((self._rank, spot))

    def first(self, spot: Spot) -> Spot | None:
        """The neighbour that was taken in first, None when there is none."""
        keys: list[tuple[object, ...]] = [(spot.kind, spot.camera)]
        if spot.placed:
            x, y, z = self._cube(spot)
            keys += [(spot.kind, x + i, y + j, z + k) for i, j, k in BESIDE]
        near = [
            next((one for one in self._found[key] if self._together(spot, one[1])), None)
            for key in keys
            if key in self._found
        ]
        return min(filter(None, near), default=(0, None))[1]

    def _together(self, spot: Spot, other: Spot) -> bool:
        return together(spot, other, self.metres, self.minutes)

    def _cube(self, spot: Spot) -> tuple[int, int, int]:
        lat, lon = radians(spot.latitude), radians(spot.longitude)
        side = max(self.metres, 1.0)
        return (
            floor(EARTH * cos(lat) * cos(lon) / side),
            floor(EARTH * cos(lat) * sin(lon) / side),
            floor(EARTH * sin(lat) / side),
        )


def sort_out(
    due: Iterable[Spot], ordered: Iterable[Spot], metres: float, minutes: float
) -> tuple[dict[int, int], list[list[int]]]:
    """Join alerts to orders that are there, and the rest into groups of one order each.

    :param due: alerts that need an order
    :param ordered: alerts with an order that is still worked on
    :return: ({alert: order}, [[first alert, others…]])
    """
    joined: dict[int, int] = {}
    groups: dict[int, list[int]] = {}  # by their first alert
    known, firsts = _Places(metres, minutes), _Places(metres, minutes)
    for spot in sorted(ordered, key=_in_time):
        known.add(spot)
    for spot in sorted(due, key=_in_time):
        if old := known.first(spot):
            joined[spot.id] = old.order
        elif first := firsts.first(spot):
            groups[first.id].append(spot.id)
        else:
            firsts.add(spot)
            groups[spot.id] = [spot.id]
    return joined, list(groups.values())


def _in_time(spot: Spot) -> tuple[datetime, int]:
    return spot.at, spot.id
