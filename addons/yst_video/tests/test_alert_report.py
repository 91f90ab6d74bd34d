"""Figures of alerts, the alert's part of the duty report, and judging one after the other."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .api_common import VideoCase, snapshot, stamp


@tagged("post_install", "-at_install")
class TestAlertReport(VideoCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reason = cls.env.ref("yst_video.false_reason_light")

    def alerts(self, true=0, false=0, pending=0, camera=None):
        made = self.env["yst.video.alert"]
        now = fields.Datetime.now()
        for judgement, count in (("true", true), ("false", false), ("pending", pending)):
            for _each in range(count):
                alert = self.made(camera=camera, started_at=stamp(now), at=now)
                alert = alert.with_user(self.operator)
                if judgement == "true":
                    alert.action_judge_true()
                elif judgement == "false":
                    alert.action_judge_false(self.reason)
                made |= alert
        return made

    def figures(self, user, groupby, **domain):
        return self.env["yst.video.alert.report"].with_user(user)._read_group(
            [("camera_id", "in", (self.camera | self.far).ids)], groupby,
            ["alerts:sum", "true_count:sum", "false_count:sum", "pending:sum", "false_rate:avg"],
        )

    def test_counts_and_rate_by_camera_rule_kind_and_day(self):
        self.alerts(true=1, false=3, pending=4)
        self.alerts(false=1, camera=self.far)
        self.env.flush_all()
        for name, mine in (("camera_id", self.camera), ("rule_id", self.rule)):
            rows = {row[0]: row[1:] for row in self.figures(self.operator, [name])}
            self.assertEqual(rows[mine], (8, 1, 3, 4, 75.0))
        [row] = self.figures(self.operator, ["kind"])
        self.assertEqual(row, ("crowd", 9, 1, 4, 4, 80.0))
        [row] = self.figures(self.operator, ["started_at:day"])
        self.assertEqual(row[1:], (9, 1, 4, 4, 80.0))

    def test_the_sql_says_what_the_orm_says(self):
        alerts = self.alerts(true=2, false=1, pending=3)
        self.env.flush_all()
        report = self.env["yst.video.alert.report"].search([("alert_id", "in", alerts.ids)])
        self.assertEqual(report.alert_id, alerts)
        for judgement, name in (("true", "true_count"), ("false", "false_count"),
                                ("pending", "pending")):
            self.assertEqual(
                sum(report.mapped(name)),
                len(alerts.filtered(lambda alert: alert.judgement == judgement)),  # noqa: B023
            )

    def test_only_own_areas_are_counted(self):
        self.alerts(false=1)
        self.alerts(false=2, camera=self.far)
        self.env.flush_all()
        self.assertEqual([row[1] for row in self.figures(self.cadre, ["kind"])], [1])
        self.assertEqual([row[1] for row in self.figures(self.south_cadre, ["kind"])], [2])

    def test_seconds_from_alert_to_order(self):
        rule = self._rule(self.camera, kind="no_mask", dispatch="confirm")
        start = fields.Datetime.now() - timedelta(seconds=90)
        alert = self.made(rule=rule, kind="no_mask", started_at=stamp(start), at=start)
        alert.with_user(self.operator).action_judge_true()
        self.assertTrue(alert.order_id)
        self.env.flush_all()
        line = self.env["yst.video.alert.report"].browse(alert.id)
        self.assertTrue(89 <= line.order_seconds <= 120, line.order_seconds)
        self.assertEqual(line.orders, 1)

    def test_the_duty_report_tells_the_day(self):
        self.alerts(true=1, false=2, pending=1)
        report = self.env["yst.duty.report"].create({"area_id": self.north.id})
        tables = {table["title"]: table["rows"] for table in report._report_sections()}
        [row] = tables["Alerts of the cameras"]
        self.assertEqual(row[1:5], [4, 1, 2, 1])
        [[total, online, offline, unknown, care]] = tables["Cameras at the time of counting"]
        self.assertEqual(total, 1)
        self.assertEqual(online + offline + unknown + care, total)

    # ---------------------------------------------------------------- the desk
    def test_the_cover_is_the_latest_picture_in_one_query(self):
        alert = self.made(snapshots=[snapshot(), snapshot(at=fields.Datetime.now())])
        plain = self.made()
        self.assertEqual(alert.cover, max(alert.snapshot_ids.ids))
        self.assertEqual(plain.cover, 0)
        many = self.env["yst.video.alert"]
        for _each in range(20):
            many |= self.made(snapshots=[snapshot()])
        for alerts in (alert, many):
            self.env.invalidate_all()
            with self.assertQueryCount(1):
                alerts.mapped("cover")

    def test_pictures_are_told_to_those_who_may_read_the_alert(self):
        alert = self.made(snapshots=[snapshot()])
        found = alert.with_user(self.cadre).desk_pictures()
        self.assertEqual([each["id"] for each in found["pictures"]], alert.snapshot_ids.ids)
        self.assertEqual([len(each["boxes"]) for each in found["pictures"]], [1])
        with self.assertRaises(AccessError):
            alert.with_user(self.south_cadre).desk_pictures()

    def test_the_feed_tells_own_areas(self):
        here, there = self.made(), self.made(camera=self.far)
        feed = self.env["yst.video.alert"].with_user(self.north_operator).desk_feed()
        ids = {each["id"] for each in feed["alerts"]}
        self.assertIn(here.id, ids)
        self.assertNotIn(there.id, ids)
        self.assertGreaterEqual(feed["pending"], 1)

    def test_judging_one_after_the_other(self):
        now = fields.Datetime.now()
        over = self.made(event="close", ended_at=stamp(now), started_at=stamp(now), at=now)
        first = self.made(started_at=stamp(now - timedelta(minutes=2)), at=now)
        last = self.made(started_at=stamp(now - timedelta(minutes=9)), at=now)
        alerts = (over | first | last).with_user(self.operator)
        wizards = self.env["yst.video.judge.wizard"].with_user(self.operator)

        def current(action):
            self.assertEqual(action["res_model"], "yst.video.judge.wizard", action)
            return wizards.browse(action["res_id"])

        wizard = current(alerts.action_judge_this())
        self.assertEqual((wizard.alert_id, wizard.remaining), (first, 3))  # it still goes on
        with self.assertRaises(UserError):
            wizard.action_false()
        wizard.reason_id = self.reason
        wizard = current(wizard.action_false())
        self.assertEqual((first.judgement, first.judge_reason_id), ("false", self.reason))
        self.assertEqual(wizard.alert_id, last)
        wizard = current(wizard.action_later())
        self.assertEqual(wizard.alert_id, over)
        end = wizard.action_true()
        self.assertEqual(end["tag"], "display_notification")
        self.assertEqual((over.judgement, last.judgement), ("true", "pending"))

    def test_only_operators_judge(self):
        self.made()
        with self.assertRaises(AccessError):
            self.env["yst.video.alert"].with_user(self.cadre).action_judge_next()

    def test_the_dialog_tells_nothing_of_alerts_of_other_areas(self):
        wizards = self.env["yst.video.judge.wizard"].with_user(self.north_operator)
        there = self.made(camera=self.far)
        with self.assertRaises(AccessError):
            wizards.create({"alert_id": there.id})
        wizard = wizards.create({"alert_id": self.made().id})
        with self.assertRaises(AccessError):
            wizard.alert_id = there

    def test_many_false_alerts_at_once(self):
        alerts = self.alerts(pending=3)
        wizard = self.env["yst.reason.wizard"].with_user(self.operator).with_context(
            active_model="yst.video.alert", active_ids=alerts.ids
        ).create({"step": "video_judge_false"})
        with self.assertRaises(UserError):
            wizard.action_apply()
        wizard.false_reason_id = self.reason
        wizard.action_apply()
        self.assertEqual(set(alerts.mapped("judgement")), {"false"})
