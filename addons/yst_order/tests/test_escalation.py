from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.yst_base import limits

from .order_common import TUESDAY, OrderCase

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@tagged("post_install", "-at_install")
class TestEscalation(OrderCase):
    """What was not accepted or handled in time goes up the area tree, each step once."""

    def run_cron(self, at):
        with freeze_time(at):
            self.env["yst.order"]._cron_escalate()

    def activities(self, order):
        return self.env["mail.activity"].search(
            [("res_model", "=", "yst.order"), ("res_id", "=", order.id)]
        )

    def test_not_accepted_in_time_is_reported_one_area_up_once(self):
        with freeze_time(TUESDAY):
            order = self.dispatched(self.grid)
        self.run_cron(TUESDAY + HOUR)
        self.assertEqual(order.escalation_level, 0)
        for hours in (6.1, 6.2, 7):
            self.run_cron(TUESDAY + hours * HOUR)
            self.assertEqual((order.escalation_level, order.escalated_area_id), (1, self.north))
        told = self.activities(order).user_id
        self.assertEqual(told, self.cadre | self.colleague)
        self.assertEqual(len(self.activities(order)), 2)
        self.as_user(self.cadre, order).action_accept()
        self.assertFalse(self.activities(order), "accepting settles it")

    def test_a_missed_deadline_leads_to_yellow_then_orange_never_red(self):
        with freeze_time(TUESDAY):
            order = self.accepted()
        friday = limits.to_utc(datetime(2026, 11, 27, 12))
        self.run_cron(friday)
        self.assertFalse(order.supervision_ids)
        saturday = friday + DAY
        for at in (saturday, saturday + HOUR, saturday + DAY):
            self.run_cron(at)
            self.assertEqual(order.supervision_ids.mapped("supervision_level"), ["yellow"])
        self.assertEqual((order.overdue_step, order.escalation_level), (1, 1))
        self.assertEqual(order.escalated_area_id, self.subdistrict)
        yellow = order.supervision_ids
        self.assertEqual((yellow.origin, yellow.kind, yellow.state),
                         ("overdue", "supervision", "dispatched"))
        self.assertEqual((yellow.clock_limit, yellow.clock_unit), (2, "workday"))
        self.assertEqual(yellow.user_id, self.cadre)
        self.assertRegex(yellow.number, r"^DB2026\d{6}$")
        self.assertEqual(self.activities(order).user_id, self.desk | self.desk2 | self.manager
                         | self.leader)
        wednesday = limits.to_utc(datetime(2026, 12, 2, 8))  # Monday and Tuesday are over
        for at in (wednesday, wednesday + HOUR):
            self.run_cron(at)
            self.assertEqual(order.supervision_level, "orange")
            self.assertEqual(len(order.supervision_ids), 2)
        for day in range(2, 30):
            self.run_cron(wednesday + day * DAY)
        self.assertEqual(len(order.supervision_ids), 2)
        self.assertEqual(order.overdue_step, 3)
        self.assertEqual(order.escalation_level, 3)

    def test_automatic_supervision_is_a_setting(self):
        self.env["ir.config_parameter"].set_param("yst_order.auto_supervision", False)
        with freeze_time(TUESDAY):
            order = self.accepted(category_id=self.crowd.id)
        self.run_cron(TUESDAY + 5 * HOUR)
        self.assertEqual(order.escalation_level, 1)
        self.assertFalse(order.supervision_ids)

    def test_what_waits_or_has_ended_is_left_alone(self):
        with freeze_time(TUESDAY):
            reported = self.reported(category_id=self.crowd.id)
            returned = self.dispatched(category_id=self.crowd.id)
            self.as_user(self.cadre, returned).action_return("不是")
            cancelled = self.dispatched(category_id=self.crowd.id)
            cancelled.action_cancel("误报")
        self.run_cron(TUESDAY + 10 * DAY)
        self.assertEqual((reported | returned | cancelled).mapped("escalation_level"), [0, 0, 0])

    def test_redispatched_it_begins_from_the_start(self):
        with freeze_time(TUESDAY):
            order = self.dispatched(category_id=self.crowd.id)
        self.run_cron(TUESDAY + 5 * HOUR)
        self.assertEqual(order.escalation_level, 2, "neither accepted nor handled")
        with freeze_time(TUESDAY + 6 * HOUR):
            order.action_redispatch(self.south.id, None, "换个社区")
        self.assertEqual((order.escalation_level, order.overdue_step), (0, 0))
        self.assertFalse(self.activities(order))
        self.run_cron(TUESDAY + 7.1 * HOUR)
        self.assertEqual(order.escalation_level, 1)

    def test_many_at_once_are_no_storm(self):
        with freeze_time(TUESDAY):
            orders = self.dispatched(count=30)
        before = len(self.inbox(self.desk))
        self.run_cron(TUESDAY + 5 * HOUR)
        self.run_cron(TUESDAY + 6.5 * HOUR)
        self.assertEqual(set(orders.mapped("escalation_level")), {1})
        self.assertEqual(len(self.inbox(self.desk)) - before, 1)
        self.assertIn("29", self.inbox(self.desk)[-1])
        self.assertFalse(self.env["mail.activity"].search_count(
            [("res_model", "=", "yst.order"), ("user_id", "=", self.desk.id)]
        ))

    def test_one_order_with_a_fault_holds_up_no_other(self):
        with freeze_time(TUESDAY):
            orders = self.dispatched(count=3)
        Order = type(self.env["yst.order"])
        real = Order._report_up

        def faulty(records, event):
            if orders[1] in records:
                raise ValueError("broken")
            return real(records, event)

        with patch.object(Order, "_report_up", faulty), mute_logger(
            "odoo.addons.yst_order.models.yst_order_deadline"
        ):
            self.run_cron(TUESDAY + 8 * HOUR)
        self.assertEqual(orders.mapped("escalation_level"), [1, 0, 1])

    def test_the_cron_runs_as_the_server_runs_it(self):
        with freeze_time(TUESDAY):
            order = self.dispatched()
        with freeze_time(TUESDAY + 8 * HOUR), self.enter_registry_test_mode():
            self.env.ref("yst_order.cron_escalate").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(order.escalation_level, 1)

    # ------------------------------------------------------------------ supervision by hand
    def test_red_is_the_leaders_alone(self):
        order = self.accepted()
        for user in (self.desk, self.manager):
            with self.assertRaises(AccessError):
                self.as_user(user, order).action_supervise("red", "立即办理")
        with self.assertRaises(AccessError):
            self.as_user(self.cadre, order).action_supervise("yellow", "x")
        with freeze_time(TUESDAY):
            red = self.as_user(self.leader, order).action_supervise("red", "立即办理")
        self.assertEqual(red.clock_deadline, TUESDAY + 12 * HOUR)
        self.assertEqual((red.origin, red.description), ("leader", "立即办理"))
        self.assertEqual(order.supervision_level, "red")

    def test_once_a_level_and_never_of_itself(self):
        order = self.accepted()
        yellow = order.action_supervise("yellow", "抓紧")
        with self.assertRaises(UserError):
            order.action_supervise("yellow", "抓紧")
        with self.assertRaises(UserError):
            yellow.action_supervise("orange", "抓紧")
        order.action_supervise("orange", "再催")
        for nothing in (self.draft(), self.dispatched()):
            if nothing.state == "draft":
                with self.assertRaises(UserError):
                    nothing.action_supervise("yellow", "x")
        self.assertEqual(order.supervision_count, 2)

    def test_it_is_handled_like_any_order_and_not_extended(self):
        order = self.accepted()
        yellow = order.action_supervise("yellow", "抓紧")
        mine = self.as_user(self.cadre, yellow)
        mine.action_accept()
        with self.assertRaises(UserError):
            mine.action_ask_extension(1, "忙")
        mine.action_feedback("正在办")
        yellow.action_verify()
        self.assertEqual((yellow.state, order.state), ("closed", "accepted"))

    def test_it_ends_with_the_order_that_it_supervised(self):
        done, dropped = self.accepted(count=2)
        first = done.action_supervise("yellow", "抓紧")
        second = dropped.action_supervise("yellow", "抓紧")
        self.as_user(self.cadre, done).action_feedback("办好了")
        done.action_verify()
        dropped.action_cancel("误报")
        self.assertEqual((first.state, second.state), ("closed", "cancelled"))
        self.assertTrue(first.clock_stop and second.clock_stop)

    def test_it_goes_where_its_order_goes(self):
        order = self.accepted()
        yellow = order.action_supervise("yellow", "抓紧")
        order.action_assign(self.colleague)
        self.assertEqual(yellow.user_id, self.colleague)
        order.action_redispatch(self.south.id, None, "改派")
        self.assertEqual((yellow.area_id, yellow.state), (self.south, "dispatched"))
        self.assertFalse(yellow.user_id)
        self.assertFalse(self.as_user(self.cadre, yellow).has_access("read"))
        self.as_user(self.other, yellow).action_accept()

    def test_figures_are_settings(self):
        self.env["ir.config_parameter"].set_param("yst_order.yellow_days", "5")
        yellow = self.accepted().action_supervise("yellow", "抓紧")
        self.assertEqual(yellow.clock_limit, 5)
