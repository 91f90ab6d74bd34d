from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .api_common import NOON, VideoCase, snapshot, stamp
from .api_common import jpeg as picture

LOG = "odoo.addons.yst_video.models.yst_video_alert_order"


@tagged("post_install", "-at_install")
class TestAlertOrders(VideoCase):
    """Alerts become task orders: by their rule, once for one happening, and never at the alert's
    cost."""

    def near(self, count, step=0.0005, dispatch="at_once", area=None):
        """Cameras some 55 m apart, each with its rule."""
        cameras = self._cameras(area or self.north, count, 32.71, step=step)
        return cameras, self._rule(cameras, dispatch=dispatch)

    def one(self, dispatch, **more):
        self.rule.dispatch = dispatch
        return self.made(**more)

    def test_at_once(self):
        self.camera.place = "北门广场东侧"
        self.rule.write({"urgency": "ordinary",
                         "category_id": self.env.ref("yst_order.category_security").id})
        alert = self.one("at_once", snapshots=[snapshot()])
        order = alert.order_id
        self.assertEqual(order.state, "dispatched")
        self.assertTrue(order.number)
        self.assertEqual(order.origin, "alert")
        self.assertEqual((order.source_model, order.source_id), (alert._name, alert.id))
        self.assertEqual(order.area_id, self.north)
        self.assertEqual(order.category_id, self.env.ref("yst_order.category_security"))
        self.assertEqual(order.urgency, "ordinary")
        self.assertEqual(order.place, "北门广场东侧")
        self.assertAlmostEqual(order.latitude, self.camera.latitude, 5)
        self.assertAlmostEqual(order.longitude, self.camera.longitude, 5)
        self.assertIn(self.camera.name, order.name)
        self.assertIn(self.camera.gb_code, order.description)
        self.assertIn("2026-11-24 12:00:00", order.description)
        self.assertEqual((alert.order_state, alert.order_due), ("dispatched", False))
        self.assertTrue(alert.ordered_at)
        self.assertEqual(alert.order_ids, order)

    def test_an_order_is_written_in_chinese_and_in_local_time(self):
        """A bridge's request has no language of its own; the order stays as it was written."""
        self.env["res.lang"]._activate_lang("zh_CN")
        own = self.env["ir.module.module"].search([("name", "=", "yst_video")])
        own._update_translations("zh_CN")
        self.env = self.env(context={**self.env.context, "lang": None, "tz": None})
        self.env.company.partner_id.lang = "en_US"
        order = self.one("at_once").order_id
        self.assertEqual(order.name, f"人群聚集：{self.camera.name}")
        self.assertEqual(
            order.description,
            f"2026-11-24 12:00:00，摄像头“{self.camera.name}”（{self.camera.gb_code}）："
            "人群聚集。\n数量：9。",
        )

    def test_no_order_without_a_rule_that_wants_one(self):
        for dispatch in ("none", "confirm"):
            alert = self.one(dispatch)
            self.assertFalse(alert.order_id or alert.order_due)
        self.assertFalse(self.made(camera=self.far).order_id)

    def test_once_confirmed(self):
        alert = self.one("confirm")
        alert.with_user(self.operator).action_judge_true()
        self.assertEqual(alert.order_id.state, "dispatched")
        self.assertEqual(alert.order_id.dispatcher_id, self.operator)
        silent = self.one("none", camera=self.far)
        silent.with_user(self.operator).action_judge_true()
        self.assertFalse(silent.order_id)

    def test_a_false_alert_makes_no_order(self):
        alert = self.one("confirm")
        reason = self.env.ref("yst_video.false_reason_light")
        alert.with_user(self.operator).action_judge_false(reason, "树影")
        self.assertFalse(alert.order_id)
        self.assertEqual((alert.judge_reason_id, alert.judge_note), (reason, "树影"))
        self.assertEqual(alert.judged_by, self.operator)
        with self.assertRaises(UserError):
            alert.with_user(self.operator).action_dispatch_order()

    def test_an_order_hears_that_its_alert_was_false(self):
        alert = self.one("at_once")
        before = len(alert.order_id.message_ids)
        alert.with_user(self.operator).action_judge_false(
            self.env.ref("yst_video.false_reason_light").id
        )
        self.assertEqual(len(alert.order_id.message_ids), before + 1)

    def test_by_hand(self):
        alerts = self.one("none") | self.made(camera=self.far, rule=self._rule(self.far))
        action = alerts.with_user(self.operator).action_dispatch_order()
        self.assertEqual(len(alerts.order_id), 2)
        self.assertEqual(action["domain"], [("id", "in", alerts.order_id.ids)])
        with self.assertRaises(UserError):
            alerts[0].with_user(self.operator).action_dispatch_order()
        alerts[0].order_id.sudo().action_cancel("现场无人")
        self.assertEqual(alerts[0].order_state, "cancelled")
        first = alerts[0].order_id
        action = alerts[0].with_user(self.operator).action_dispatch_order()
        self.assertNotEqual(alerts[0].order_id, first)
        self.assertEqual(action["res_id"], alerts[0].order_id.id)

    def test_an_alert_whose_rule_is_gone_still_becomes_an_order(self):
        alert = self.one("none", rule=self.rule.browse(10**9))
        self.assertFalse(alert.rule_id)
        alert.with_user(self.operator).action_dispatch_order()
        self.assertEqual(alert.order_id.category_id.name, "人群聚集")

    def test_neighbours_in_one_batch_share_an_order(self):
        cameras, rules = self.near(3)
        items = [self.report(camera=camera, rule=rule)
                 for camera, rule in zip(cameras, rules, strict=True)]
        far = self._rule(self.far, dispatch="at_once")
        items.append(self.report(camera=self.far, rule=far))
        self.ingest(*items)
        alerts = self.env["yst.video.alert"].browse(
            [self.alert(item["uid"]).id for item in items]
        )
        self.assertEqual(len(alerts[:3].order_id), 1)
        self.assertEqual(len(alerts.order_id), 2)
        links = alerts[0].order_id.link_ids
        self.assertEqual(set(links.mapped("source_id")), set(alerts[:3].ids))

    def test_a_neighbour_some_minutes_later_joins_the_order(self):
        cameras, rules = self.near(3)
        first = self.made(camera=cameras[0], rule=rules[0])
        second = self.made(camera=cameras[1], rule=rules[1],
                           started_at=stamp(NOON + timedelta(minutes=9)))
        self.assertEqual(second.order_id, first.order_id)
        self.assertEqual(second.order_state, "dispatched")
        later = self.made(camera=cameras[2], rule=rules[2],
                          started_at=stamp(NOON + timedelta(minutes=25)))
        self.assertNotEqual(later.order_id, first.order_id)

    def test_what_one_camera_sees_again_is_the_same_duty_until_its_order_is_over(self):
        cameras, rules = self.near(1)
        first = self.made(camera=cameras[0], rule=rules[0])
        again = self.made(camera=cameras[0], rule=rules[0],
                          started_at=stamp(NOON + timedelta(hours=3)))
        self.assertEqual(again.order_id, first.order_id)
        first.order_id.sudo().action_cancel("误派")
        anew = self.made(camera=cameras[0], rule=rules[0],
                         started_at=stamp(NOON + timedelta(hours=4)))
        self.assertTrue(anew.order_id)
        self.assertNotEqual(anew.order_id, first.order_id)

    def going_on(self, dispatch="at_once"):
        """An alert whose order was closed at noon, and its rule's camera."""
        cameras, rules = self.near(2, dispatch=dispatch)
        alert = self.made(camera=cameras[0], rule=rules[0])
        if dispatch == "confirm":
            alert.with_user(self.operator).action_judge_true()
        self.over(alert.order_id)
        return alert, cameras, rules

    def over(self, order, state="closed"):
        order.sudo()._with_state_unlocked().write({"state": state, "closed_at": NOON})
        self.env.flush_all()

    def still(self, alert, sequence, minutes, event="update"):
        self.ingest(self.report(alert.uid, sequence, event, camera=alert.camera_id,
                                rule=alert.rule_id, at=NOON + timedelta(minutes=minutes),
                                ended_at=stamp(NOON + timedelta(minutes=minutes))
                                if event == "close" else None))
        self.env.invalidate_all()

    def test_what_goes_on_after_its_order_was_closed_becomes_an_order_again(self):
        alert, cameras, rules = self.going_on()
        first, ordered_at = alert.order_id, alert.ordered_at
        self.still(alert, 2, 5)
        self.still(alert, 3, 9)
        self.assertEqual(alert.order_id, first, "it may take a while until people have gone")
        self.still(alert, 4, 10)
        second = alert.order_id
        self.assertNotEqual(second, first)
        self.assertEqual((second.state, second.origin), ("dispatched", "alert"))
        self.assertIn(first.number, second.description)
        self.assertEqual(alert.order_ids, first | second)
        self.assertEqual(alert.ordered_at, ordered_at)
        # no storm: one for each closing, and neighbours share it
        self.still(alert, 5, 20)
        self.still(alert, 6, 40)
        beside = self.made(camera=cameras[1], rule=rules[1])
        self.assertEqual((alert.order_id, beside.order_id), (second, second))
        self.over(second)
        self.still(alert, 7, 60)
        third = alert.order_id
        self.assertNotIn(third, first | second)
        self.still(beside, 2, 61)
        self.assertEqual(beside.order_id, third)

    def test_the_end_of_an_alert_makes_no_order(self):
        alert, _cameras, _rules = self.going_on()
        order = alert.order_id
        self.still(alert, 2, 30, "close")
        self.assertEqual((alert.order_id, alert.order_due), (order, False))

    def test_only_what_the_rule_wants_becomes_an_order_again(self):
        confirmed, _cameras, _rules = self.going_on("confirm")
        order = confirmed.order_id
        confirmed.with_user(self.operator).action_reopen_judgement()
        self.still(confirmed, 2, 30)
        self.assertEqual(confirmed.order_id, order, "nobody says any more that it is true")
        confirmed.with_user(self.operator).action_judge_true()
        self.still(confirmed, 3, 31)
        self.assertNotEqual(confirmed.order_id, order)
        false, _cameras, _rules = self.going_on()
        order = false.order_id
        false.with_user(self.operator).action_judge_false(
            self.env["yst.video.false.reason"].search([], limit=1))
        self.still(false, 2, 30)
        self.assertEqual((false.order_id, false.order_due), (order, False))

    def test_a_cancelled_order_is_not_made_again(self):
        alert, _cameras, _rules = self.going_on()
        order = alert.order_id
        self.over(order, "cancelled")
        self.still(alert, 2, 30)
        self.assertEqual((alert.order_id, alert.order_due), (order, False))

    def test_an_order_that_is_over_is_not_joined(self):
        cameras, rules = self.near(2)
        first = self.made(camera=cameras[0], rule=rules[0])
        first.order_id.sudo().action_cancel("误派")
        second = self.made(camera=cameras[1], rule=rules[1])
        self.assertTrue(second.order_id)
        self.assertNotEqual(second.order_id, first.order_id)

    def test_the_settings_decide_how_near_and_how_soon(self):
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("yst_video.correlation_metres", 20)
        cameras, rules = self.near(2)
        alerts = self.made(camera=cameras[0], rule=rules[0]) | self.made(
            camera=cameras[1], rule=rules[1]
        )
        self.assertEqual(len(alerts.order_id), 2)

    # -- failures --------------------------------------------------------------------------------

    def test_an_order_that_fails_loses_no_alert_and_is_repeated(self):
        self.rule.dispatch = "at_once"
        items = [self.report(snapshots=[snapshot()]) for _number in range(2)]
        Order = self.registry["yst.order"]
        with patch.object(Order, "_dispatch_batch", side_effect=UserError("no category")), \
                mute_logger(LOG):
            self.assertEqual(self.ingest(*items), ["stored"] * 2)
        alerts = self.alert(items[0]["uid"]) | self.alert(items[1]["uid"])
        self.assertFalse(alerts.order_id)
        self.assertEqual(alerts.mapped("order_due"), [True, True])
        self.assertEqual(alerts.mapped("order_attempts"), [1, 1])
        self.assertEqual(set(alerts.mapped("order_problem")), {"no category"})
        self.assertEqual(self.pictures(alerts.snapshot_ids), [picture()] * 2)
        with self.enter_registry_test_mode():
            self.env.ref("yst_video.cron_make_orders").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(alerts.order_id.mapped("state"), ["dispatched"])
        self.assertEqual(alerts.mapped("order_due"), [False, False])
        self.assertFalse(any(alerts.mapped("order_problem")))

    def test_one_order_that_cannot_be_made_does_not_hold_up_the_others(self):
        self.rule.dispatch = "at_once"
        far_rule = self._rule(self.far, dispatch="at_once")
        items = [self.report(), self.report(camera=self.far, rule=far_rule)]
        Order = self.registry["yst.order"]
        real = Order._dispatch_batch

        def dispatch(orders, pairs):
            if any(source.camera_id == self.far for source, _values in pairs):
                raise LookupError("nobody is there")
            return real(orders, pairs)

        with patch.object(Order, "_dispatch_batch", dispatch), mute_logger(LOG):
            self.ingest(*items)
            good, bad = self.alert(items[0]["uid"]), self.alert(items[1]["uid"])
            self.assertFalse(good.order_id or bad.order_id)
            with self.enter_registry_test_mode():
                self.env.ref("yst_video.cron_make_orders").method_direct_trigger()
        self.env.invalidate_all()
        self.assertTrue(good.order_id)
        self.assertFalse(bad.order_id)
        self.assertEqual((bad.order_due, bad.order_attempts), (True, 3))

    def test_what_failed_first_is_tried_again_at_once(self):
        self.rule.dispatch = "at_once"
        cron = self.env.ref("yst_video.cron_make_orders")
        waiting = [("cron_id", "=", cron.id), ("call_at", "<=", fields.Datetime.now())]
        Trigger = self.env["ir.cron.trigger"]
        with patch.object(
            self.registry["yst.order"], "_dispatch_batch", side_effect=UserError("no")
        ), mute_logger(LOG):
            before = Trigger.search_count(waiting)
            self.ingest(self.report())
            self.assertEqual(Trigger.search_count(waiting), before + 1)
            with self.enter_registry_test_mode():
                cron.method_direct_trigger()
            self.assertEqual(Trigger.search_count(waiting), before + 1, "no hot loop")

    def test_an_order_that_is_due_is_never_given_up(self):
        alert = self.made()
        alert.write({"order_due": True, "order_attempts": 5000})
        with self.enter_registry_test_mode():
            self.env.ref("yst_video.cron_make_orders").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(alert.order_id.state, "dispatched")

    def test_a_conflict_is_left_to_the_server_to_run_again(self):
        self.rule.dispatch = "at_once"
        Order = self.registry["yst.order"]
        with patch.object(
            Order, "_dispatch_batch", side_effect=psycopg2.errors.SerializationFailure()
        ), self.assertRaises(psycopg2.errors.SerializationFailure):
            self.ingest(self.report())

    # -- what becomes of the order -----------------------------------------------------------------

    def test_the_alert_shows_what_becomes_of_the_order(self):
        alert = self.one("at_once")
        order = alert.order_id
        order.with_user(self.cadre).sudo(False).action_accept()
        self.assertEqual(alert.order_state, "accepted")
        order.with_user(self.cadre).sudo(False).action_feedback("已劝离")
        self.assertEqual(alert.order_state, "feedback")
        order.with_user(self.operator).sudo(False).action_verify()
        self.assertEqual(alert.order_state, "closed")
        self.assertEqual(alert.order_id, order)

    def test_when_orders_are_merged_the_alert_follows(self):
        first = self.one("at_once")
        second = self.made(camera=self.far, rule=self._rule(self.far, dispatch="at_once"))
        master = first.order_id
        second.order_id.with_user(self.operator).sudo(False).action_merge(master)
        self.env.invalidate_all()
        self.assertEqual(second.order_id, master)
        master.with_user(self.cadre).sudo(False).action_accept()
        self.assertEqual((first | second).mapped("order_state"), ["accepted", "accepted"])

    def test_the_order_shows_the_newest_pictures(self):
        shots = [snapshot(picture(n), NOON + timedelta(seconds=n)) for n in range(6)]
        alert = self.one("at_once", snapshots=shots)
        found = alert._order_pictures()
        newest = alert.snapshot_ids.sorted("taken_at", reverse=True)[:4]
        self.assertEqual(
            [one["url"] for one in found], [f"/yst/video/snapshot/{shot.id}" for shot in newest]
        )
        self.assertEqual(found[0]["at"], "2026-11-24T04:00:05Z")
        self.assertTrue(found[0]["caption"])

    # -- judging -----------------------------------------------------------------------------------

    def test_a_judgement_is_given_once_and_can_be_reopened(self):
        alert = self.one("none").with_user(self.operator)
        reason = self.env.ref("yst_video.false_reason_other")
        alert.action_judge_true()
        for action in (alert.action_judge_true, lambda: alert.action_judge_false(reason)):
            with self.assertRaises(UserError):
                action()
        alert.action_reopen_judgement()
        self.assertEqual(
            (alert.judgement, alert.judged_by, alert.judged_at),
            ("pending", self.env["res.users"], False),
        )
        with self.assertRaises(UserError):
            alert.action_reopen_judgement()

    def test_a_false_judgement_says_why(self):
        alert = self.one("none").with_user(self.operator)
        for reason in (None, False, 0, 10**9, "1", [1], self.operator,
                       self.env["yst.video.false.reason"]):
            with self.assertRaises(UserError):
                alert.action_judge_false(reason)
        with self.assertRaises(UserError):
            alert.action_judge_false(self.env.ref("yst_video.false_reason_other"), "x" * 501)
        with self.assertRaises(UserError):
            alert.action_judge_false(self.env.ref("yst_video.false_reason_other"), ["x"])

    def test_only_operators_of_the_area_judge(self):
        alert = self.one("none", camera=self.far)
        reason = self.env.ref("yst_video.false_reason_other")
        homeless = self._user("v.homeless", "yst_video.group_video_operator")
        for user in (self.cadre, self.south_cadre, self.north_operator, homeless):
            records = alert.with_user(user)
            for call in (records.action_judge_true, records.action_reopen_judgement,
                         records.action_dispatch_order,
                         lambda records=records: records.action_judge_false(reason)):
                with self.assertRaises(AccessError):
                    call()
        self.assertEqual(alert.judgement, "pending")
        self.north_operator.jurisdiction_ids = [Command.link(self.south.id)]
        alert.with_user(self.north_operator).action_judge_true()
