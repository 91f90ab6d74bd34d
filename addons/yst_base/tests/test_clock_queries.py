from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.fields import Domain
from odoo.tests import TransactionCase, tagged

from ..clock_state import CLOCK_STATES, state_of
from .sample_models import SampleClock, add_models

NOW = datetime(2024, 3, 13, 2)  # Wednesday 10:00 in Shanghai
STATES = [state for state, _label in CLOCK_STATES]


@tagged("post_install", "-at_install")
class TestClockQueries(TransactionCase):
    """The clock's state in SQL: searched, grouped, sorted, always of this very moment."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        add_models(cls, SampleClock)
        cls.clocks = cls.env["yst.test.clock"]
        cls.by_state = dict.fromkeys(STATES, cls.clocks)
        # how many of each, all different
        for count, (state, start, limit) in enumerate(
            (
                ("none", None, 0),
                ("met", datetime(2024, 3, 1, 2), 5),
                ("missed", datetime(2024, 3, 1, 2), 1),
                ("paused", datetime(2024, 3, 4, 2), 5),
                ("overdue", datetime(2024, 3, 4, 2), 5),
                ("due_soon", datetime(2024, 3, 4, 2), 8),  # due on the 14th
                ("running", datetime(2024, 3, 4, 2), 20),
            ),
            start=1,
        ):
            clocks = cls.clocks.create([{"name": state, "color": n} for n in range(count)])
            if start:
                clocks._clock_start(limit, at=start)
            if state in ("met", "missed"):
                clocks._clock_stop(datetime(2024, 3, 7, 2))
            if state == "paused":
                clocks._clock_pause("papers", datetime(2024, 3, 6, 2))
            cls.by_state[state] = clocks
        cls.all = cls.clocks.search([])
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        freezer = freeze_time(NOW)
        freezer.start()
        self.addCleanup(freezer.stop)
        self.env.invalidate_all()

    # -- search -----------------------------------------------------------------------------------

    def test_python_gives_each_its_state(self):
        for state, clocks in self.by_state.items():
            self.assertEqual(set(clocks.mapped("clock_state")), {state})

    def test_search_finds_each_state(self):
        for state, clocks in self.by_state.items():
            with self.subTest(state=state):
                self.assertEqual(self.clocks.search([("clock_state", "=", state)]), clocks)
                self.assertEqual(
                    self.clocks.search([("clock_state", "!=", state)]), self.all - clocks
                )

    def test_search_takes_sets_negations_and_combinations(self):
        late = self.by_state["overdue"] + self.by_state["missed"]
        for domain, expected in (
            ([("clock_state", "in", ["overdue", "missed"])], late),
            ([("clock_state", "not in", ["overdue", "missed"])], self.all - late),
            (["!", ("clock_state", "in", ["overdue", "missed"])], self.all - late),
            (
                ["|", ("clock_state", "=", "met"), ("name", "=", "none")],
                self.by_state["met"] + self.by_state["none"],
            ),
            ([("clock_state", "=", "overdue"), ("color", "<", 2)], self.by_state["overdue"][:2]),
            ([("clock_state", "in", [])], self.clocks),
            ([("clock_state", "=", False)], self.clocks),
            ([("clock_state", "!=", False)], self.all),
        ):
            with self.subTest(domain=domain):
                self.assertEqual(self.clocks.search(domain), expected.sorted("id"))
                self.assertEqual(self.all.filtered_domain(domain), expected.sorted("id"))
                self.assertEqual(self.clocks.search_count(domain), len(expected))

    def test_search_through_a_relation(self):
        domain = Domain("id", "any", [("clock_state", "=", "overdue")])
        self.assertEqual(self.clocks.search(domain), self.by_state["overdue"])

    def test_search_is_of_this_moment(self):
        for moment, states in (
            ("2024-03-14 15:59:59", {"due_soon": "due_soon"}),
            ("2024-03-14 16:00:00", {"due_soon": "overdue"}),
            ("2024-04-30 02:00:00", {"due_soon": "overdue", "running": "overdue"}),
        ):
            with freeze_time(moment):
                self.env.invalidate_all()
                for name, state in states.items():
                    clocks = self.by_state[name]
                    found = self.clocks.search([("clock_state", "=", state)])
                    self.assertLessEqual(clocks, found)
                    self.assertEqual(set(clocks.mapped("clock_state")), {state})

    def test_due_soon_counts_working_days_from_the_calendar(self):
        # 2 working days after Thursday 8 February 2024 end on make-up Sunday the 18th
        inside, outside = self.clocks.create([{}, {}])
        start = datetime(2024, 2, 8, 2)
        inside._clock_start(2, at=start)
        outside._clock_start(3, at=start)
        with freeze_time("2024-02-08 02:00"):
            self.env.invalidate_all()
            soon = self.clocks.search([("clock_state", "=", "due_soon")])
            self.assertIn(inside, soon)
            self.assertNotIn(outside, soon)
            self.assertEqual((inside + outside).mapped("clock_state"), ["due_soon", "running"])

    # -- group ------------------------------------------------------------------------------------

    def expected_groups(self):
        return [(state, len(self.by_state[state])) for state in STATES]

    def test_groups_by_state_in_the_order_of_urgency(self):
        self.assertEqual(
            self.clocks._read_group([], ["clock_state"], ["__count"]), self.expected_groups()
        )
        self.assertEqual(
            self.clocks._read_group([], ["clock_state"], ["__count"], order="clock_state DESC"),
            self.expected_groups()[::-1],
        )

    def test_groups_by_state_and_another_field(self):
        groups = self.clocks._read_group([], ["color", "clock_state"], ["__count"])
        self.assertEqual(sum(count for _color, _state, count in groups), len(self.all))
        self.assertEqual([state for color, state, _n in groups if color == 0], STATES)
        self.assertEqual(
            self.clocks._read_group(
                [], ["clock_state"], ["color:sum"], having=[("__count", ">", 6)]
            ),
            [("running", 21)],
        )

    def test_formatted_groups_for_rpc_lead_to_their_records(self):
        groups = self.clocks.formatted_read_group(
            [], groupby=["clock_state"], aggregates=["__count"]
        )
        self.assertEqual(
            [(group["clock_state"], group["__count"]) for group in groups], self.expected_groups()
        )
        for group in groups:
            found = self.clocks.search(group["__extra_domain"])
            self.assertEqual(found, self.by_state[group["clock_state"]])

    def test_formatted_grouping_sets_for_the_pivot(self):
        results = self.clocks.formatted_read_grouping_sets(
            [], [[], ["clock_state"], ["clock_state", "color"]], ["__count"]
        )
        self.assertEqual(results[0][0]["__count"], len(self.all))
        self.assertEqual(
            sorted((group["clock_state"], group["__count"]) for group in results[1]),
            sorted(self.expected_groups()),
        )
        self.assertEqual(len(results[2]), len(self.all))

    def test_web_groups_for_the_list(self):
        specification = {"name": {}, "clock_state": {}, "clock_left": {}}
        result = self.clocks.web_read_group(
            [],
            ["clock_state"],
            ["__count"],
            auto_unfold=True,
            unfold_read_specification=specification,
        )
        self.assertEqual(
            [(group["clock_state"], group["__count"]) for group in result["groups"]],
            self.expected_groups(),
        )
        self.assertEqual(result["length"], len(STATES))

    def test_filter_chips_and_facets_know_the_field(self):
        field = self.clocks.fields_get(["clock_state"])["clock_state"]
        for what in ("searchable", "sortable", "groupable"):
            self.assertTrue(field[what], what)
        self.assertEqual([state for state, _label in field["selection"]], STATES)

    # -- sort -------------------------------------------------------------------------------------

    def test_sorts_by_urgency(self):
        found = self.clocks.search([], order="clock_state, id")
        self.assertEqual(found, self.clocks.concat(*self.by_state.values()))
        found = self.clocks.search([], order="clock_state desc, id desc", limit=3)
        self.assertEqual(found, (self.by_state["none"] + self.by_state["met"].sorted("id desc")))
        page = self.clocks.web_search_read(
            [("clock_state", "!=", "none")], {"clock_state": {}}, order="clock_state", limit=2
        )
        self.assertEqual([row["clock_state"] for row in page["records"]], ["overdue"] * 2)

    # -- both ways --------------------------------------------------------------------------------

    def test_sql_agrees_with_python_on_every_combination(self):
        """Deadline, stop and pause before, at and after each other and the present."""
        moments = [None] + [NOW + timedelta(hours=n) for n in (-48, -1, 0, 1, 48, 24 * 30)]
        self.env.cr.execute("DELETE FROM yst_test_clock")
        rows = [
            (due, stop, paused)
            for due in moments
            for stop in (moments if due else [None])
            for paused in (moments if due else [None])
        ]
        for row in rows:
            self.env.cr.execute(
                "INSERT INTO yst_test_clock (clock_deadline, clock_stop, clock_paused_since)"
                " VALUES (%s, %s, %s)",
                row,
            )
        self.env.invalidate_all()
        clocks = self.clocks.search([], order="id")
        now, soon = clocks._clock_now_and_soon()
        expected = [state_of(*row, now, soon) for row in rows]
        self.assertEqual(clocks.mapped("clock_state"), expected)
        self.assertEqual(set(expected), set(STATES))
        for state in STATES:
            found = self.clocks.search([("clock_state", "=", state)], order="id")
            wanted = [clock.id for clock, is_ in zip(clocks, expected, strict=True) if is_ == state]
            self.assertEqual(found.ids, wanted, state)
        groups = dict(self.clocks._read_group([], ["clock_state"], ["__count"]))
        self.assertEqual(groups, {state: expected.count(state) for state in STATES})

    # -- cost -------------------------------------------------------------------------------------

    def count(self, call):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        call()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_steps_cost_the_same_for_one_and_for_many(self):
        def steps(size):
            clocks = self.clocks.create([{} for _n in range(size)])
            return [
                self.count(call)
                for call in (
                    lambda: clocks._clock_start(20, at=datetime(2024, 3, 4, 2)),
                    lambda: clocks._clock_pause("papers", datetime(2024, 3, 6, 2)),
                    lambda: clocks._clock_resume(datetime(2024, 3, 8, 2)),
                    lambda: clocks._clock_extend(5, "approved"),
                    lambda: clocks._clock_stop(NOW),
                    lambda: clocks.mapped("clock_event_ids.kind"),
                )
            ]

        steps(1)
        self.assertEqual(steps(1), steps(20))

    def test_reading_states_costs_one_query(self):
        self.clocks._clock_now_and_soon()  # the calendar is cached between requests

        def read():
            self.all.mapped(lambda clock: (clock.clock_state, clock.clock_left))

        self.assertEqual(self.count(read), 1)
        self.assertEqual(
            self.count(lambda: self.clocks.search_count([("clock_state", "=", "overdue")])), 1
        )

    def test_open_deadlines_have_an_index(self):
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'yst_test_clock'")
        indexes = " ".join(definition for (definition,) in self.env.cr.fetchall())
        self.assertIn("(clock_deadline) WHERE (clock_stop IS NULL)", indexes)
