from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.yst_base import limits

from .order_common import TUESDAY, OrderCase

HOUR = timedelta(hours=1)


def local(*parts):
    return limits.to_utc(datetime(*parts))


@tagged("post_install", "-at_install")
class TestClock(OrderCase):
    """When an order is to be accepted and handled; pauses and more time."""

    def test_limits_of_the_three_urgencies(self):
        with freeze_time(TUESDAY):
            urgent = self.dispatched(category_id=self.crowd.id)
            ordinary = self.dispatched(category_id=self.dispute.id)
            complicated = self.dispatched(category_id=self.dispute.id, urgency="complex")
        self.assertEqual(urgent.accept_deadline, local(2026, 11, 24, 11))
        self.assertEqual(urgent.clock_deadline, local(2026, 11, 24, 12))
        self.assertEqual(ordinary.accept_deadline, local(2026, 11, 24, 16))
        self.assertEqual(ordinary.clock_deadline, local(2026, 11, 27, 23, 59, 59))
        self.assertEqual(complicated.clock_deadline, local(2026, 12, 8, 23, 59, 59))

    def test_a_category_sets_its_own_limits(self):
        self.dispute.write({"accept_limit": 30, "accept_unit": "hour", "handle_limit": 7,
                            "handle_unit": "day"})
        with freeze_time(TUESDAY):
            order = self.dispatched()
        self.assertEqual(order.accept_deadline, TUESDAY + 30 * HOUR)
        self.assertEqual(order.clock_deadline, local(2026, 12, 1, 23, 59, 59))

    def test_late_acceptance_is_written_down(self):
        with freeze_time(TUESDAY):
            first, second = self.dispatched(count=2, category_id=self.crowd.id)
        with freeze_time(TUESDAY + HOUR):
            self.as_user(self.cadre, first).action_accept()
        with freeze_time(TUESDAY + 1.01 * HOUR):
            self.as_user(self.cadre, second).action_accept()
        self.assertEqual((first | second).mapped("accept_late"), [False, True])

    def test_waiting_for_verification_does_not_count(self):
        with freeze_time(TUESDAY):
            order = self.accepted(category_id=self.crowd.id)
        with freeze_time(TUESDAY + HOUR):
            self.as_user(self.cadre, order).action_feedback("好了")
        with freeze_time(TUESDAY + 30 * HOUR):
            order.action_verify()
        self.assertEqual(order.clock_state, "met")

    def test_feedback_after_the_deadline_is_late_for_good(self):
        with freeze_time(TUESDAY):
            order = self.accepted(category_id=self.crowd.id)
        with freeze_time(TUESDAY + 5 * HOUR):
            self.as_user(self.cadre, order).action_feedback("好了")
            self.assertEqual(order.clock_state, "overdue")
        with freeze_time(TUESDAY + 6 * HOUR):
            order.action_verify()
        self.assertEqual(order.clock_state, "missed")

    def test_sent_back_the_clock_runs_on(self):
        with freeze_time(TUESDAY):
            order = self.accepted(category_id=self.crowd.id)
        with freeze_time(TUESDAY + HOUR):
            self.as_user(self.cadre, order).action_feedback("好了")
        with freeze_time(TUESDAY + 4.5 * HOUR):  # 14:30, one working hour is left
            order.action_send_back("没好")
            self.assertFalse(order.clock_paused_since)
            self.assertEqual(order.clock_deadline, local(2026, 11, 24, 15, 30))

    def test_a_returned_order_begins_anew(self):
        with freeze_time(TUESDAY):
            order = self.dispatched(category_id=self.crowd.id)
            self.as_user(self.cadre, order).action_return("不是")
        with freeze_time(TUESDAY + 24 * HOUR):
            self.assertEqual(order.clock_state, "paused")
            order.action_redispatch(self.south.id, None, "南社区")
        self.assertEqual(order.clock_deadline, local(2026, 11, 25, 12))
        self.assertEqual(order.accept_deadline, local(2026, 11, 25, 11))

    def test_more_time_is_asked_for_and_granted_by_another(self):
        with freeze_time(TUESDAY):
            order = self.accepted()
            mine = self.as_user(self.cadre, order)
            mine.action_ask_extension(2, "等配件")
            self.assertEqual(order.extension_asked_amount, 2)
            self.assertEqual(len(self.inbox(self.desk)), 1)
            order.action_extend(2, "同意")
            self.assertEqual(order.clock_deadline, local(2026, 12, 1, 23, 59, 59))
            self.assertEqual((order.extension_count, order.extension_asked_amount), (1, 0))
            with self.assertRaises(UserError):
                mine.action_ask_extension(1, "还要")
            with self.assertRaises(UserError):
                order.action_extend(1, "再给")

    def test_nobody_grants_time_to_themselves(self):
        order = self.accepted(user=self.desk2, user_id=self.desk2.id)
        theirs = self.as_user(self.desk2, order)
        theirs.action_ask_extension(1, "来不及")
        with self.assertRaises(AccessError):
            theirs.action_extend(1, "同意")
        order.action_assign(self.cadre)
        with self.assertRaises(AccessError):
            theirs.action_extend(1, "同意")
        with self.assertRaises(AccessError):
            self.as_user(self.cadre, order).action_extend(1, "同意")
        order.action_extend(1, "同意")

    def test_more_time_can_be_refused(self):
        order = self.accepted()
        with self.assertRaises(UserError):
            order.action_refuse_extension("不急")
        self.as_user(self.cadre, order).action_ask_extension(1, "来不及")
        order.action_refuse_extension("按时完成")
        self.assertEqual((order.extension_asked_amount, order.extension_count), (0, 0))

    def test_how_much_more_is_limited(self):
        order = self.accepted()
        for amount in (0, -1, 4, 1.5, True, "2", None):
            with self.subTest(amount), self.assertRaises(UserError):
                order.action_extend(amount, "多给")

    def test_how_often_is_a_setting(self):
        self.env["ir.config_parameter"].set_param("yst_order.extensions", "2")
        order = self.accepted()
        order.action_extend(1, "一")
        order.action_extend(1, "二")
        with self.assertRaises(UserError):
            order.action_extend(1, "三")

    def test_an_overdue_order_is_not_extended(self):
        with freeze_time(TUESDAY):
            order = self.accepted(category_id=self.crowd.id)
        with freeze_time(TUESDAY + 5 * HOUR), self.assertRaises(UserError):
            order.action_extend(1, "晚了")

    def test_numbers_run_on_without_a_gap(self):
        orders = self.dispatched(count=3)
        serials = [int(number[6:]) for number in orders.mapped("number")]
        self.assertEqual(serials, list(range(serials[0], serials[0] + 3)))
        orders[0].action_redispatch(self.south.id, None, "改派")
        self.assertEqual(int(orders[0].number[6:]), serials[0], "a number stays")
