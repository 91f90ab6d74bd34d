from freezegun import freeze_time

from odoo.tests import tagged

from .order_common import TUESDAY, OrderCase


@tagged("post_install", "-at_install")
class TestQueries(OrderCase):
    """The number of statements does not grow with the number of orders."""

    def queries(self, work):
        """How many statements ``work`` takes with a cold cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def areas(self, count):
        return self.env["yst.area"].create([
            {"name": f"第{n}社区", "code": f"9979990011{n:02d}", "kind": "community",
             "parent_id": self.subdistrict.id}
            for n in range(count)
        ])

    def batch_cost(self, count, areas=None):
        areas = areas or self.north
        sources = self.Source.create([
            {"name": f"告警{n}", "area_id": areas[n % len(areas)].id} for n in range(count)
        ])
        orders = self.env["yst.order"].with_user(self.desk)
        return self.queries(
            lambda: orders._dispatch_batch([(source.with_user(self.desk), {})
                                            for source in sources])
        )

    def test_a_batch_costs_the_same_for_one_order_and_for_many(self):
        self.batch_cost(2)  # warms what is looked up once a process
        costs = {count: self.batch_cost(count) for count in (1, 5, 20, 200)}
        self.assertEqual(costs[5], costs[20])
        self.assertLessEqual(costs[20] - costs[1], 1)
        # the ORM itself writes a hundred rows with one statement: six tables, once more each
        self.assertLessEqual(costs[200] - costs[20], 6)
        self.assertLess(costs[20], 35)

    def test_a_batch_costs_the_same_for_one_area_and_for_twenty(self):
        areas = self.areas(20)
        self.batch_cost(2)
        one = self.batch_cost(20, areas[0])
        self.assertLessEqual(self.batch_cost(20, areas) - one, 1)

    def test_the_hand_dispatch_of_many(self):
        self.draft(count=2).action_dispatch()
        one, many = (
            self.queries(self.draft(count=count).action_dispatch) for count in (2, 20)
        )
        self.assertLessEqual(abs(many - one), 2)

    def test_every_step_costs_the_same_for_two_and_for_ten(self):
        costs = {}
        for count in (2, 2, 10):  # the first one warms
            orders = self.dispatched(count=count)
            mine = self.as_user(self.cadre, orders)
            costs[count] = {}
            for name, records, arguments in (
                ("accept", mine, ()),
                ("feedback", mine, ("办好了",)),
                ("send_back", orders, ("没办好",)),
                ("extend", orders, (1, "再给一天")),
                ("supervise", orders, ("yellow", "抓紧")),
                ("redispatch", orders, (self.north.id, None, "再派")),
            ):
                costs[count][name] = self.queries(
                    lambda name=name, records=records, arguments=arguments: getattr(
                        records, f"action_{name}"
                    )(*arguments)
                )
        for name, few in costs[2].items():
            with self.subTest(name):
                self.assertLessEqual(costs[10][name] - few, 2)

    def test_escalation_costs_the_same_for_two_and_for_ten(self):
        costs = {}
        for count in (2, 2, 10):
            with freeze_time(TUESDAY):
                self.accepted(count=count)
            with freeze_time("2026-12-01 02:00:00"):
                costs[count] = self.queries(self.env["yst.order"]._cron_escalate)
        self.assertLessEqual(costs[10] - costs[2], 4)

    def test_lists_cost_the_same_for_one_row_and_for_eighty(self):
        fields = ["number", "name", "state", "clock_left", "clock_state", "source_name",
                  "link_count", "supervision_count", "merged_count", "may_handle",
                  "may_dispatch", "may_verify", "evidence_count"]
        orders = self.as_user(self.cadre)
        costs = {}
        for count in (1, 79):
            sources = self.source(count=count)
            self.env["yst.order"]._dispatch_batch([(source, {}) for source in sources])

            def read():
                return orders.search([("area_id", "=", self.north.id)]).read(fields)

            read()
            costs[count] = self.queries(read)
        self.assertEqual(len(read()), 80)
        self.assertEqual(costs[1], costs[79])
        self.assertLess(costs[79], 25)

    def test_who_is_on_duty_is_asked_once_for_all_areas(self):
        areas = self.areas(20)
        Shift = self.env["yst.duty.shift"]
        Shift._on_duty(areas)
        one = self.queries(lambda: Shift._on_duty(areas[0]))
        self.assertEqual(self.queries(lambda: Shift._on_duty(areas)), one)
        self.assertLess(one, 8)
