from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .order_common import OrderCase


@tagged("post_install", "-at_install")
class TestMerge(OrderCase):
    """Duplicates become one order."""

    def with_sources(self, count, user=None):
        sources = self.source(count=count)
        orders = self.env["yst.order"].with_user(user or self.desk)._dispatch_batch(
            [(source, {}) for source in sources]
        )
        return sources, self.as_user(self.desk, orders)

    def test_master_keeps_number_and_clock_and_gets_the_sources(self):
        sources, orders = self.with_sources(3)
        master, rest = orders[0], orders[1:]
        before = master.number, master.clock_deadline, master.state
        rest.action_merge(master.id)
        self.assertEqual((master.number, master.clock_deadline, master.state), before)
        self.assertEqual(rest.mapped("state"), ["merged"] * 2)
        self.assertEqual(rest.master_id, master)
        self.assertEqual(master.merged_ids, rest)
        self.assertEqual(master.merged_count, 2)
        self.assertEqual(set(master.link_ids.mapped("source_id")), set(sources.ids))
        self.assertFalse(rest.link_ids)
        self.assertEqual(sources[1].order_ids, master)
        self.assertEqual(rest[0].action_open_master()["res_id"], master.id)

    def test_a_source_of_both_is_linked_once(self):
        sources, orders = self.with_sources(2)
        orders[1].sudo()._add_source(sources[0])
        orders[1].action_merge(orders[0])
        self.assertEqual(len(orders[0].link_ids), 2)

    def test_a_merged_order_is_not_late_nor_escalated(self):
        _sources, orders = self.with_sources(2)
        orders[1].action_merge(orders[0])
        self.assertTrue(orders[1].clock_stop)
        self.assertFalse(orders[1].clock_left)
        self.assertNotIn(
            orders[1], self.env["yst.order"].search([("clock_state", "=", "overdue")])
        )

    def test_sources_hear_of_the_master_afterwards(self):
        sources, orders = self.with_sources(2)
        orders[1].action_merge(orders[0])
        self.as_user(self.cadre, orders[0]).action_accept()
        self.assertTrue(sources[1].heard.endswith("accepted"))

    def test_what_was_merged_into_a_duplicate_goes_along(self):
        orders = self.dispatched(count=3)
        orders[2].action_merge(orders[1])
        orders[1].action_merge(orders[0])
        self.assertEqual(orders[1:].master_id, orders[0])

    def test_supervision_goes_along(self):
        orders = self.dispatched(count=3)
        first = orders[1].action_supervise("yellow", "尽快")
        second = orders[2].action_supervise("yellow", "尽快")
        orders[1:].action_merge(orders[0])
        self.assertEqual(orders[0].supervision_ids, first)
        self.assertEqual(orders[0].supervision_level, "yellow")
        self.assertEqual(second.state, "cancelled", "one of a level is enough")

    def test_a_draft_is_merged_into_what_is_at_work(self):
        master = self.accepted()
        draft = self.draft()
        draft.action_merge(master)
        self.assertEqual(draft.state, "merged")
        self.assertFalse(draft.clock_start)

    def test_what_cannot_be_merged(self):
        orders = self.dispatched(count=2)
        closed = self.reported()
        closed.action_verify()
        supervision = orders[0].action_supervise("yellow", "尽快")
        for duplicates, master in (
            (orders[0], orders[0]), (orders, orders[0]), (orders[0], closed),
            (closed, orders[0]), (orders[0], self.draft()), (supervision, orders[1]),
            (orders[1], supervision),
        ):
            with self.assertRaises(UserError):
                duplicates.action_merge(master)

    def test_only_where_both_lie_in_own_areas(self):
        north, south = self.dispatched(), self.dispatched(self.south)
        with self.assertRaises(AccessError):
            self.as_user(self.other_desk, south).action_merge(north)
        with self.assertRaises(AccessError):
            self.as_user(self.other_desk, north).action_merge(south)
        with self.assertRaises(AccessError):
            self.as_user(self.cadre, north).action_merge(self.dispatched())

    def test_who_may_not_see_the_master_is_not_led_to_it(self):
        south = self.dispatched(self.south)
        north = self.dispatched()
        north.action_merge(south)
        with self.assertRaises(AccessError):
            self.as_user(self.cadre, north).action_open_master()
