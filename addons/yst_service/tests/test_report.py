from odoo.exceptions import AccessError
from odoo.tests import tagged

from .case_common import CaseCase

RECEIVED, COMPLETED, EVER_TERMINATED = 569, 492, 87
MEASURES = [
    "received", "in_progress", "completed", "terminated_now", "refused_now", "ever_terminated",
    "terminations", "reopened", "reopened_completed", "on_time",
]


@tagged("post_install", "-at_install")
class TestReport(CaseCase):
    """Figures that reconcile: received = in progress + completed + now ended without result."""

    def figures(self, cases, user=None):
        report = self.env["yst.service.case.report"]
        if user:
            report = report.with_user(user)
        [totals] = report._read_group(
            [("case_id", "in", cases.ids)], [], [f"{name}:sum" for name in MEASURES]
        )
        return dict(zip(MEASURES, (total or 0 for total in totals), strict=True))

    def many(self, count):
        partners = self.env["res.partner"].create(
            [{"name": f"居民{number}（示例）", "is_resident": True} for number in range(count)]
        )
        return self.env["yst.service.case"].with_user(self.clerk).create([
            {"item_id": self.full.id, "applicant_id": partner.id, "area_id": self.north.id}
            for partner in partners
        ])

    def accept(self, cases):
        cases.line_ids.action_accept_material()
        cases.action_accept()

    def test_the_figures_of_the_first_years(self):
        """569 received, 492 completed, 87 ever terminated: ten were terminated, reopened and
        completed, so that 492 + 87 is ten more than 569 and nothing is in progress."""
        cases = self.many(RECEIVED)
        cases.action_submit()
        self.assertEqual(len(set(cases.mapped("number"))), RECEIVED)
        self.assertEqual(
            self.figures(cases)["in_progress"], RECEIVED, "handed in, nothing ended yet"
        )
        self.accept(cases)
        terminated, straight = cases[:EVER_TERMINATED], cases[EVER_TERMINATED:]
        reopened = terminated[:10]
        straight.action_complete("已办结")
        terminated.action_terminate(self.env.ref("yst_service.reason_disagree"))
        before = self.figures(cases)
        self.assertEqual((before["completed"], before["terminated_now"]), (482, 87))
        numbers = reopened.mapped("number")
        reopened.action_reopen(self.env.ref("yst_service.reason_corrected"))
        during = self.figures(cases)
        self.assertEqual((during["in_progress"], during["terminated_now"]), (10, 77))
        reopened.action_complete("补正后办结")
        self.assertEqual(reopened.mapped("number"), numbers)
        after = self.figures(cases)
        self.assertEqual(after, {
            "received": RECEIVED,
            "in_progress": 0,
            "completed": COMPLETED,
            "terminated_now": EVER_TERMINATED - 10,
            "refused_now": 0,
            "ever_terminated": EVER_TERMINATED,
            "terminations": EVER_TERMINATED,
            "reopened": 10,
            "reopened_completed": 10,
            "on_time": COMPLETED,
        })
        for one in (before, during, after):
            self.assertEqual(
                one["received"], one["in_progress"] + one["completed"] + one["terminated_now"]
            )
        # the timeline, counted by itself, says the same
        events = dict(self.env["yst.service.case.event"]._read_group(
            [("case_id", "in", cases.ids)], ["kind"], ["__count"]
        ))
        self.assertEqual(
            (events["received"], events["terminated"], events["reopened"], events["completed"]),
            (RECEIVED, EVER_TERMINATED, 10, COMPLETED),
        )

    def test_each_state_is_counted_once(self):
        cases = self.many(6)
        cases[:5].action_submit()
        self.accept(cases[1:4])
        cases[1].action_complete("x")
        cases[2].action_terminate(self.env.ref("yst_service.reason_duplicate"))
        cases[4].action_refuse(self.env.ref("yst_service.reason_not_eligible"))
        figures = self.figures(cases)
        self.assertEqual(
            [figures[name] for name in MEASURES[:6]], [5, 2, 1, 2, 1, 2], "the draft is not counted"
        )

    def test_terminated_twice_is_two_ends_of_one_application(self):
        case = self.many(1)
        case.action_submit()
        for _round in range(2):
            case.action_terminate(self.env.ref("yst_service.reason_duplicate"))
            case.action_reopen(self.env.ref("yst_service.reason_our_error"))
        figures = self.figures(case)
        self.assertEqual((figures["ever_terminated"], figures["terminations"]), (1, 2))
        self.assertEqual((figures["in_progress"], figures["received"]), (1, 1))

    def test_everybody_counts_only_their_own_areas(self):
        cases = self.many(3)
        cases.action_submit()
        self.assertEqual(self.figures(cases, self.clerk)["received"], 3)
        self.assertEqual(self.figures(cases, self.manager)["received"], 3)
        self.assertEqual(self.figures(cases, self.other_clerk)["received"], 0)
        with self.assertRaises(AccessError):
            self.figures(cases, self.resident)

    def test_the_views_pivot_and_groups_can_be_read(self):
        cases = self.many(2)
        cases.action_submit()
        rows = self.env["yst.service.case.report"].formatted_read_group(
            [("case_id", "in", cases.ids)],
            ["area_id", "category_id", "received_at:month"],
            ["received:sum", "rating:avg"],
        )
        self.assertEqual(sum(row["received:sum"] for row in rows), 2)
