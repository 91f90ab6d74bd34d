import random
from datetime import timedelta
from unittest.mock import patch

from odoo.tests import BaseCase, tagged

from .. import correlation
from .api_common import NOON


@tagged("post_install", "-at_install")
class TestCorrelation(BaseCase):
    """Which alerts are one happening, as a rule without a database."""

    def spot(self, number, minutes=0, north=0.0, kind="crowd", camera=None, order=0):
        """An alert so many metres north of the first."""
        return correlation.Spot(
            number, kind, camera or number, NOON + timedelta(minutes=minutes),
            32.69 + north / 111_195, 109.03, order,
        )

    def groups(self, *due, ordered=()):
        return correlation.sort_out(due, ordered, 150, 10)

    def test_distances_are_metres(self):
        self.assertAlmostEqual(
            correlation.distance(self.spot(1), self.spot(2, north=150)), 150, delta=0.2
        )

    def test_neighbours_within_minutes_share_an_order(self):
        cases = [
            (self.spot(2, 9, 140), [[1, 2]]),
            (self.spot(2, 10, 149), [[1, 2]]),
            (self.spot(2, 11, 10), [[1], [2]]),
            (self.spot(2, 1, 151), [[1], [2]]),
            (self.spot(2, 1, 10, "tamper"), [[1], [2]]),
        ]
        for second, expected in cases:
            self.assertEqual(self.groups(self.spot(1), second), ({}, expected))

    def test_an_order_that_is_there_is_joined(self):
        old = self.spot(9, -5, 100, order=77)
        self.assertEqual(self.groups(self.spot(1), ordered=[old]), ({1: 77}, []))
        self.assertEqual(self.groups(self.spot(1, 6), ordered=[old]), ({}, [[1]]))

    def test_sorting_out_by_places_is_sorting_out_each_with_each(self):
        """Thirty random happenings beside the plain rule: the first of all neighbours counts."""
        chance = random.Random(7)

        def spots(first, count):
            return [
                correlation.Spot(
                    first + n, chance.choice(("crowd", "tamper")), chance.randrange(1, 12),
                    NOON + timedelta(minutes=chance.randrange(25)),
                    *chance.choice(((0.0, 0.0), *(
                        (32.69 + chance.uniform(0, 0.003), 109.03 + chance.uniform(0, 0.003)),
                    ) * 5)),
                    first + n,
                )
                for n in range(count)
            ]

        def near(spot, others):
            others = sorted(others, key=lambda other: (other.at, other.id))
            return next((one for one in others if correlation.together(spot, one, 150, 10)), None)

        both = 0
        for _round in range(30):
            due, ordered = spots(1, 40), spots(1000, 20)
            joined, groups = self.groups(*due, ordered=ordered)
            expected, firsts = {}, {}
            for spot in sorted(due, key=lambda one: (one.at, one.id)):
                old, first = near(spot, ordered), near(spot, firsts)
                if old:
                    expected[spot.id] = old.order
                else:
                    firsts.setdefault(first or spot, []).append(spot.id)
            self.assertEqual(joined, expected)
            self.assertEqual(groups, list(firsts.values()))
            both += bool(joined) and max(map(len, groups)) > 1
        self.assertGreater(both, 5, "the spots are neighbours often enough to tell")

    def test_only_neighbours_are_compared(self):
        """All cameras lost at once: alerts a kilometre apart are not measured each with each."""
        due = [self.spot(number, north=1000 * number) for number in range(1, 501)]
        with patch.object(correlation, "together", wraps=correlation.together) as compared:
            _joined, groups = self.groups(*due)
        self.assertEqual(len(groups), 500)
        self.assertLess(compared.call_count, 1000)

    def test_without_a_position_only_the_same_camera_is_near(self):
        def nowhere(number, camera):
            return correlation.Spot(number, "crowd", camera, NOON, 0.0, 0.0)

        self.assertEqual(self.groups(nowhere(1, 5), nowhere(2, 5), nowhere(3, 6)),
                         ({}, [[1, 2], [3]]))
