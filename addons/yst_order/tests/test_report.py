"""The daily duty report (值班日报) and the papers."""

import io
from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import UniqueViolation
from pypdf import PdfReader

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Datetime
from odoo.tests import tagged
from odoo.tools import mute_logger

from .order_common import TUESDAY, OrderCase

DAY = date(2026, 11, 24)


@tagged("post_install", "-at_install")
class TestDutyReport(OrderCase):
    def report(self, area=None, day=DAY, user=None, **values):
        reports = self.env["yst.duty.report"].with_user(user or self.desk)
        return reports.create({"date": day, "area_id": (area or self.subdistrict).id, **values})

    def figures(self, report):
        names = ("received", "accepted", "accepted_in_time", "handled", "closed",
                 "closed_in_time", "open", "overdue", "supervision")
        return tuple(report[f"{name}_count"] for name in names)

    def busy_day(self):
        """Six orders and a supervision order on Tuesday, one order on Wednesday."""
        with freeze_time(TUESDAY):
            orders = self.dispatched(count=5) + self.dispatched(self.south)
            self.as_user(self.cadre, orders[:3]).action_accept()
            self.as_user(self.cadre, orders[:2]).action_feedback("已处理")
            self.as_user(self.desk, orders[0]).action_verify()
            self.as_user(self.desk, orders[4]).action_cancel("误报")
            self.as_user(self.desk, orders[3]).action_supervise("yellow", "尽快")
        with freeze_time(TUESDAY + timedelta(days=1)):
            self.dispatched()
        return orders

    # ------------------------------------------------------------------ counting
    def test_the_day_is_counted(self):
        self.busy_day()
        with freeze_time(TUESDAY + timedelta(hours=8)):
            # received 7, accepted 3 of 3 in time, reported 2, closed 1 of 1 in time,
            # open: reported, accepted, dispatched, the south's, the supervision order
            self.assertEqual(self.figures(self.report()), (7, 3, 3, 2, 1, 1, 5, 0, 1))
            self.assertEqual(
                self.figures(self.report(self.south)), (1, 0, 0, 0, 0, 0, 1, 0, 0)
            )

    def test_a_day_is_counted_afterwards_as_it_ended(self):
        orders = self.busy_day()
        with freeze_time(TUESDAY + timedelta(days=2)):
            self.as_user(self.desk, orders[1]).action_verify()
            self.as_user(self.desk, orders[2]).action_cancel("误报")
            self.assertEqual(
                self.figures(self.report()), (7, 3, 3, 2, 1, 1, 5, 0, 1),
                "what came later changes nothing",
            )
            self.assertEqual(
                self.figures(self.report(day=DAY + timedelta(days=1)))[0], 1
            )

    def test_the_day_begins_and_ends_at_midnight_in_shanghai(self):
        with freeze_time("2026-11-23 15:59:59"):
            self.dispatched()
        with freeze_time("2026-11-23 16:00:00"):
            self.dispatched()
        with freeze_time("2026-11-24 15:59:59"):
            self.dispatched()
        with freeze_time("2026-11-24 16:00:00"):
            self.dispatched()
            self.assertEqual(self.report().received_count, 2)

    def test_what_is_overdue_and_what_only_waits(self):
        with freeze_time(TUESDAY):
            self.dispatched(count=2)
            self.reported()  # its clock stands still
        with freeze_time(TUESDAY + timedelta(days=8)):
            day = DAY + timedelta(days=8)
            self.assertEqual(self.report(day=day).overdue_count, 2)

    def test_accepted_late_is_told(self):
        with freeze_time(TUESDAY):
            order = self.dispatched()
        with freeze_time(TUESDAY + timedelta(days=2)):
            self.as_user(self.cadre, order).action_accept()
            report = self.report(day=DAY + timedelta(days=2))
            self.assertEqual((report.accepted_count, report.accepted_in_time_count), (1, 0))

    def test_by_category_says_the_same_as_the_sum(self):
        self.busy_day()
        with freeze_time(TUESDAY + timedelta(hours=8)):
            self.dispatched(category_id=self.crowd.id, count=2)
            report = self.report()
            rows = {row["name"]: row for row in report.figures}
            self.assertEqual(rows[self.crowd.name]["received"], 2)
            for name in ("received", "closed", "open", "overdue"):
                self.assertEqual(
                    sum(row[name] for row in report.figures), report[f"{name}_count"], name
                )

    def test_counting_costs_the_same_for_two_orders_and_for_fifty(self):
        with freeze_time(TUESDAY):
            self.dispatched(count=1)
            report = self.report()

            def cost():
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                report.action_count()
                self.env.flush_all()
                return self.env.cr.sql_log_count - before

            cost()  # fills the caches that live longer than a transaction
            self.dispatched()
            few = cost()
            self.dispatched(count=50)
            self.assertEqual(few, cost())
            self.assertEqual(report.received_count, 52)

    def test_who_was_on_duty(self):
        with freeze_time(TUESDAY):
            now = Datetime.now()
            self.env["yst.duty.shift"].create([
                {"area_id": self.subdistrict.id, "start": now + timedelta(hours=first),
                 "stop": now + timedelta(hours=last), "user_ids": [Command.set(user.ids)]}
                for first, last, user in (
                    (-2, 6, self.desk), (6, 14, self.desk2), (30, 40, self.manager)
                )
            ])
            self.assertEqual(self.report().user_ids, self.desk | self.desk2)

    def test_a_day_to_come_has_no_report(self):
        with freeze_time(TUESDAY), self.assertRaises(UserError):
            self.report(day=DAY + timedelta(days=1))

    def test_one_report_a_day_and_area(self):
        with freeze_time(TUESDAY):
            self.report()
            self.report(self.north)
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex(UniqueViolation, "day_uniq"),
                self.env.cr.savepoint(),
            ):
                self.report()

    # ------------------------------------------------------------------ signing
    def test_what_is_signed_stays(self):
        with freeze_time(TUESDAY):
            self.dispatched()
            report = self.report(notable="夜间积水", handed_to_id=self.desk2.id)
            self.dispatched()
            report.action_sign()
            self.assertEqual(report.state, "signed")
            self.assertEqual(report.received_count, 2, "counted one last time")
            self.assertEqual(report.signed_by_id, self.desk)
            self.dispatched()
            for values in ({"notable": "改"}, {"received_count": 9}, {"handed_to_id": False},
                           {"date": "2026-11-23"}, {"state": "draft"}, {"figures": []}):
                with self.subTest(values=values), self.assertRaises(UserError):
                    report.write(values)
            with self.assertRaises(UserError):
                report.action_count()
            with self.assertRaises(UserError):
                report.action_sign()
            with self.assertRaises(UserError):
                report.unlink()
            self.assertEqual((report.received_count, report.notable), (2, "夜间积水"))

    def test_figures_are_counted_not_entered(self):
        with freeze_time(TUESDAY):
            report = self.report(received_count=99, figures=[{"name": "假"}], sections=[])
            self.assertEqual((report.received_count, report.figures), (0, False))
            forged = self.env["yst.duty.report"].with_user(self.desk).with_context(
                default_received_count=99, default_state="signed", default_signed_at=TUESDAY,
                _yst_duty_report_token="x",
            ).create({"date": "2026-11-23", "area_id": self.subdistrict.id})
            self.assertEqual((forged.received_count, forged.state), (0, "draft"))
            self.assertFalse(forged.signed_at)
            with self.assertRaises(UserError):
                forged.write({"closed_count": 5})

    def test_the_duty_is_handed_over_to_somebody_else(self):
        with freeze_time(TUESDAY):
            report = self.report()
            with self.assertRaises(UserError):
                report.action_sign()
            report.handed_to_id = self.desk
            with self.assertRaises(UserError):
                report.action_sign()

    # ------------------------------------------------------------------ access
    def test_who_reads_and_writes_it(self):
        with freeze_time(TUESDAY):
            report = self.report(self.north)
            self.assertTrue(report.with_user(self.cadre).read(["received_count"]))
            for user in (self.other, self.other_desk, self.employee, self.homeless):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    report.with_user(user).read(["received_count"])
            for user in (self.cadre, self.leader, self.other_desk):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    report.with_user(user).write({"notable": "x"})
            for method in ("action_count", "action_sign"):
                with self.assertRaises(AccessError):
                    getattr(report.with_user(self.cadre), method)()
            with self.assertRaises(AccessError):
                self.report(self.north, day=DAY - timedelta(days=1), user=self.other_desk)
            with self.assertRaises(UserError):
                self.report(self.south, user=self.other_desk).write({"area_id": self.north.id})

    # ------------------------------------------------------------------ other modules
    def test_other_modules_add_their_tables(self):
        table = {"title": "视频告警", "columns": ["类型", "次数"], "rows": [["人群聚集", 3]]}
        Report = self.env.registry["yst.duty.report"]
        with freeze_time(TUESDAY), patch.object(
            Report, "_report_sections", lambda report: [table]
        ):
            report = self.report(handed_to_id=self.desk2.id)
            report.action_sign()
        self.assertEqual(report.sections, [table], "frozen with the rest")
        self.assertIn("人群聚集", report.tables)
        self.assertIn("人群聚集", self.text("yst_order.report_duty_report", report))

    def test_what_others_wrote_is_no_markup(self):
        with freeze_time(TUESDAY):
            self.crowd.name = "<script>alert(1)</script>"
            self.dispatched(category_id=self.crowd.id)
            self.assertNotIn("<script>", self.report().tables)

    # ------------------------------------------------------------------ papers
    def text(self, report, records, user=None):
        action = self.env["ir.actions.report"].with_user(user or self.desk)
        action = action.with_context(force_report_rendering=True)
        pdf, kind = action._render_qweb_pdf(report, records.ids)
        self.assertEqual(kind, "pdf")
        pages = PdfReader(io.BytesIO(pdf)).pages
        self.assertEqual(len(pages), 1, "a form is one page")
        return pages[0].extract_text()

    def test_the_paper_of_a_report(self):
        self.busy_day()
        with freeze_time(TUESDAY + timedelta(hours=8)):
            report = self.report(notable="夜间积水", handed_to_id=self.desk2.id)
            draft = self.text("yst_order.report_duty_report", report)
            self.assertIn("not signed", draft)
            report.action_sign()
        paper = self.text("yst_order.report_duty_report", report)
        self.assertNotIn("not signed", paper)
        for part in ("夜间积水", "o.desk2", "测试街道", self.dispute.name):
            self.assertIn(part, paper)

    def test_the_paper_of_an_order(self):
        order = self.accepted(place="西大街8号", description="请到场劝散")
        self.as_user(self.cadre, order).order_add_photo(self.photo, "a.jpg")
        self.as_user(self.cadre, order).action_feedback("已劝散")
        paper = self.text("yst_order.report_order_sheet", order)
        for part in (order.number, "Task order", "西大街8号", "请到场劝散", "已劝散"):
            self.assertIn(part, paper)
        supervision = self.as_user(self.desk, order).action_supervise("yellow", "今日内办结")
        paper = self.text("yst_order.report_order_sheet", supervision)
        for part in (supervision.number, "Supervision order", "今日内办结", "Yellow"):
            self.assertIn(part, paper)

    def test_the_paper_names_no_person_for_what_a_rule_dispatched(self):
        values = {"name": "自动", "area_id": self.north.id, "category_id": self.dispute.id}
        robot = self.env.ref("base.user_root")
        made = self.env["yst.order"].with_user(robot).sudo()._dispatch_batch([(None, values)])
        paper = self.text("yst_order.report_order_sheet", made.sudo(False))
        self.assertIn("Automatically by the system", " ".join(paper.split()))
        self.assertNotIn(robot.name, paper)

    def test_a_draft_has_no_paper(self):
        with self.assertRaises(UserError):
            self.text("yst_order.report_order_sheet", self.draft())
