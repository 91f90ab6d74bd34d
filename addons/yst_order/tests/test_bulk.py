from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .order_common import OrderCase


@tagged("post_install", "-at_install")
class TestBulk(OrderCase):
    """Steps taken with many orders at once: all or none."""

    def test_drafts_of_several_areas_and_categories(self):
        orders = self.draft(count=3) | self.draft(self.south, 2, category_id=self.crowd.id)
        orders.action_dispatch()
        self.assertEqual(orders.mapped("state"), ["dispatched"] * 5)
        self.assertEqual(len(set(orders.mapped("number"))), 5)
        self.assertEqual(orders.mapped("clock_limit"), [3, 3, 3, 2, 2])
        self.assertEqual(len(self.inbox(self.cadre)), 3)
        self.assertEqual(len(self.inbox(self.other)), 2)

    def test_one_that_is_no_draft_stops_all(self):
        orders = self.draft(count=2) | self.dispatched()
        with self.assertRaises(UserError):
            orders.action_dispatch()
        self.assertEqual(orders.mapped("state"), ["draft", "draft", "dispatched"])
        self.assertFalse(orders[0].number)

    def test_one_of_another_area_stops_all(self):
        mine = self.draft(self.south)
        both = self.as_user(self.other_desk, mine | self.draft())
        with self.assertRaises(AccessError):
            both.action_dispatch()
        self.assertEqual(set(both.sudo().mapped("state")), {"draft"})

    def test_the_steps_of_the_handler_and_the_desk(self):
        orders = self.dispatched(count=4)
        mine = self.as_user(self.cadre, orders)
        mine.action_accept()
        self.assertEqual(orders.user_id, self.cadre)
        mine[:3].action_feedback("都处理了")
        orders[:2].action_verify("核对无误")
        orders[2].action_send_back("还差一点")
        orders[2:].action_extend(1, "再给一天")
        orders[2:].action_cancel("并入专项整治")
        self.assertEqual(orders.mapped("state"), ["closed", "closed", "cancelled", "cancelled"])

    def test_many_redispatched_and_supervised(self):
        orders = self.dispatched(count=3)
        made = orders.action_supervise("orange", "限一日内办结")
        self.assertEqual(made.supervised_id, orders)
        self.assertEqual(len(set(made.mapped("number"))), 3)
        orders.action_redispatch(self.south.id, None, "改派")
        self.assertEqual(orders.area_id, self.south)

    def test_a_heap_is_told_in_one_message(self):
        orders = self.draft(count=12)
        orders.action_dispatch()
        self.assertEqual(len(self.inbox(self.cadre)), 1)
        self.assertIn("11", self.inbox(self.cadre)[0])
