from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .case_common import CaseCase


@tagged("post_install", "-at_install")
class TestCaseQueries(CaseCase):
    """The number of queries does not grow with what is counted."""

    def queries(self, work):
        """How many queries ``work`` takes with a cold cache; run once before to warm the rest."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _with_materials(self, code, count):
        item = self._item(code, "full", materials=2)
        self.env.flush_all()
        draft = item.action_new_version() and item.version_ids.filtered(
            lambda one: one.state == "draft"
        )
        draft.material_ids = [
            Command.clear(),
            *(Command.create({"name": f"材料{n}", "form": "original"}) for n in range(count)),
        ]
        draft.action_publish()
        return item

    def test_handing_in_costs_the_same_with_one_material_and_with_twenty(self):
        items = {count: self._with_materials(f"91{index}", count)
                 for index, count in enumerate((1, 20, 2))}
        cases = {count: self.filled(item) for count, item in items.items()}
        cases[2].action_submit()  # warms what is looked up once a process
        one, twenty = (self.queries(cases[count].action_submit) for count in (1, 20))
        self.assertEqual(one, twenty)
        self.assertLess(one, 70)

    def test_review_payload_costs_the_same_with_one_material_and_with_twenty(self):
        costs = []
        for index, count in enumerate((2, 1, 20)):
            case = self.submitted(self._with_materials(f"92{index}", count))
            case.get_review()
            costs.append(self.queries(case.get_review))
        self.assertEqual(costs[1], costs[2])

    def _bulk(self, count):
        partners = self.env["res.partner"].create(
            [{"name": f"居民{number}（示例）"} for number in range(count)]
        )
        cases = self.env["yst.service.case"].create([
            {"item_id": self.full.id, "applicant_id": partner.id, "area_id": self.north.id}
            for partner in partners
        ])
        cases.action_submit()
        return cases

    def _specification(self, view):
        from lxml import etree

        arch = self.env["yst.service.case"].get_view(self.env.ref(view).id)["arch"]
        names = {node.get("name") for node in etree.fromstring(arch).iter("field")}
        fields = self.env["yst.service.case"]._fields
        return {
            name: {"fields": {"display_name": {}}} if fields[name].relational else {}
            for name in names if name in fields
        }

    def test_the_inbox_costs_the_same_with_one_row_and_with_eighty(self):
        spec = self._specification("yst_service.view_case_list")
        self.assertIn("clock_left", spec)
        inbox = self.env["yst.service.case"].with_user(self.clerk)
        costs = {}
        for count in (1, 79):
            self._bulk(count)

            def read():
                return inbox.web_search_read(
                    [("state", "=", "submitted"), ("area_id", "=", self.north.id)],
                    spec,
                    limit=100,
                )

            read()
            costs[count] = self.queries(read)
            self.assertEqual(len(read()["records"]), 1 if count == 1 else 80)
        self.assertEqual(costs[1], costs[79])
        self.assertLess(costs[79], 20)

    def test_the_residents_lines_cost_the_same_for_one_application_and_for_many(self):
        """What the list in the portal shows of each, in every state that says something else."""
        def read(cases):
            for case in cases:
                self.assertTrue(case.now_text and case.now_holder)
                self.assertIsNotNone(case.now_expected)

        def group(count):
            cases = self._bulk(count * 4)
            asked, accepted, done = (cases[n * count:(n + 1) * count] for n in (1, 2, 3))
            asked.line_ids.action_reject_material(self.blurred)
            asked.action_ask_correction()
            (accepted | done).line_ids.action_accept_material()
            (accepted | done).action_accept()
            done.action_complete("已办结")
            return cases

        few, many = group(1), group(20)
        read(few)
        one = self.queries(lambda: read(few))
        self.assertEqual(self.queries(lambda: read(many)), one)
        self.assertLess(one, 20)

    def test_handing_in_many_at_once_is_not_one_by_one(self):
        def bulk_cost(count):
            partners = self.env["res.partner"].create([{"name": "居民（示例）"}] * count)
            cases = self.env["yst.service.case"].create([
                {"item_id": self.full.id, "applicant_id": partner.id, "area_id": self.north.id}
                for partner in partners
            ])
            with mute_logger("odoo.sql_db"):
                return self.queries(cases.action_submit)

        bulk_cost(2)
        few, many = bulk_cost(5), bulk_cost(50)
        self.assertLess(many, few + 50, "about one update a record at most")
