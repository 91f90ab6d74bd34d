import threading
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from odoo import api
from odoo.exceptions import UserError
from odoo.fields import Command, Datetime
from odoo.modules.registry import DummyRLock, Registry
from odoo.service.model import retrying
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger

CODE = "997999001000"


@tagged("post_install", "-at_install")
class TestConcurrency(BaseCase):
    """Two requests at once in two connections, as two servers would have them.

    What they need is committed first and taken away at the end.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        cls.addClassCleanup(cls._clean)
        with cls._env() as env:
            area = env["yst.area"].create({"name": "测试街道", "code": CODE, "kind": "subdistrict"})
            category = env["yst.service.category"].search([], limit=1)
            item = env["yst.service.item"].create(
                {"code": f"{category.code}-997", "category_id": category.id}
            )
            env["yst.service.item.version"].create({
                "item_id": item.id, "name": "测试事项", "audience": "居民", "steps": "提交",
                "legal_limit": 20, "promised_limit": 5, "fee": "不收费", "result": "结果",
                "online": "prereview",
                "material_ids": [Command.create({"name": "测试材料", "form": "original"})],
            }).action_publish()
            partners = env["res.partner"].create([
                {"name": f"并发{number}（示例）", "is_resident": True, "ref": CODE}
                for number in range(4)
            ])
            cls.item_id, cls.area_id, cls.partner_ids = item.id, area.id, partners.ids
            cls.numbers_before = cls._last_number(env)

    @classmethod
    def _clean(cls):
        with cls._env() as env:
            area = env["yst.area"].search([("code", "=", CODE)])
            item = env["yst.service.item"].browse(cls.item_id)
            cases = env["yst.service.case"].search([("item_id", "=", item.id)])
            env["mail.message"].search(
                [("model", "=", cases._name), ("res_id", "in", cases.ids)]
            ).unlink()
            for table, column, ids in (
                ("yst_service_appointment", "case_id", cases.ids),
                ("yst_service_case_event", "case_id", cases.ids),
                ("yst_service_case_line", "case_id", cases.ids),
                ("yst_clock_event", "res_id", cases.ids),
                ("yst_service_case", "id", cases.ids),
                ("yst_service_slot", "area_id", area.ids),
                ("yst_service_material", "version_id", item.version_ids.ids),
                ("yst_service_item_version", "item_id", item.ids),
                ("yst_service_item", "id", item.ids),
                ("res_partner", "id", cls.partner_ids),
                ("yst_area", "id", area.ids),
            ):
                if ids:
                    env.cr.execute(f"DELETE FROM {table} WHERE {column} IN %s", [tuple(ids)])
            env.invalidate_all(flush=False)

    @classmethod
    @contextmanager
    def _env(cls):
        with cls.registry.cursor() as cr:
            yield api.Environment(cr, api.SUPERUSER_ID, {"tracking_disable": True})

    @staticmethod
    def _last_number(env):
        env.cr.execute("SELECT COALESCE(MAX(value), 0) FROM yst_number WHERE code = 'BJ'")
        return env.cr.fetchone()[0]

    def at_once(self, *works):
        """Run each work in a connection of its own, all with their snapshot taken first.

        :return: their answers, or the UserError each was told
        """
        # the test runner holds this lock, and would wait for threads that wait for it
        self.patch(Registry, "_lock", DummyRLock())
        gate = threading.Barrier(len(works))
        answers = [None] * len(works)

        def run(index, work):
            try:
                with self._env() as env:
                    env.cr.execute("SELECT 1 FROM yst_service_case LIMIT 1")
                    gate.wait(10)
                    answers[index] = retrying(partial(work, env), env)
            except UserError as error:
                answers[index] = error

        threads = [
            threading.Thread(target=run, args=(index, work)) for index, work in enumerate(works)
        ]
        with mute_logger("odoo.sql_db"):  # that they collide is what is wanted
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
        return answers

    def new_case(self, partner_id, state="draft"):
        with self._env() as env:
            case = env["yst.service.case"].create({
                "item_id": self.item_id, "applicant_id": partner_id, "area_id": self.area_id,
            })
            if state == "accepted":
                case.action_submit()
                case.line_ids.action_accept_material()
                case.action_accept()
            return case.id

    def test_a_double_tap_opens_one_draft(self):
        def tap(env):
            return env["yst.service.case"]._draft_for(
                env["res.partner"].browse(self.partner_ids[0]),
                env["yst.service.item"].browse(self.item_id),
            ).id

        first, second = self.at_once(tap, tap)
        self.assertEqual(first, second)
        self.assertIsInstance(first, int)

    def test_a_double_submit_allots_one_number(self):
        case_id = self.new_case(self.partner_ids[1])
        with self._env() as env:
            before = self._last_number(env)

        def submit(env):
            return env["yst.service.case"].browse(case_id).action_submit()

        first, second = self.at_once(submit, submit)
        self.assertRegex(first, r"^BJ\d{10}$")
        self.assertEqual(first, second)
        with self._env() as env:
            case = env["yst.service.case"].browse(case_id)
            self.assertEqual(case.event_ids.mapped("kind"), ["received"])
            self.assertEqual(self._last_number(env), before + 1, "no number was wasted")

    def test_two_clerks_decide_at_once_and_one_is_told(self):
        case_id = self.new_case(self.partner_ids[1])
        with self._env() as env:
            case = env["yst.service.case"].browse(case_id)
            case.action_submit()
            case.line_ids.action_accept_material()

        def accept(env):
            return env["yst.service.case"].browse(case_id).action_accept()

        def refuse(env):
            reason = env.ref("yst_service.reason_not_eligible")
            return env["yst.service.case"].browse(case_id).action_refuse(reason)

        answers = self.at_once(accept, refuse)
        self.assertEqual(sum(answer is True for answer in answers), 1, answers)
        self.assertEqual(sum(isinstance(answer, UserError) for answer in answers), 1, answers)

    def test_of_two_who_want_the_last_place_one_gets_it(self):
        case_ids = [self.new_case(partner_id, "accepted") for partner_id in self.partner_ids[2:]]
        start = Datetime.now() + timedelta(days=2)
        with self._env() as env:
            slot_id = env["yst.service.slot"].create({
                "area_id": self.area_id, "place": "测试", "start": start,
                "end": start + timedelta(hours=1), "capacity": 1,
            }).id

        def book(case_id, env):
            slot = env["yst.service.slot"].browse(slot_id)
            return bool(env["yst.service.case"].browse(case_id)._appoint(slot))

        answers = self.at_once(*(partial(book, case_id) for case_id in case_ids))
        self.assertEqual(sum(answer is True for answer in answers), 1, answers)
        self.assertIn("just been taken", str([a for a in answers if a is not True]))
        with self._env() as env:
            slot = env["yst.service.slot"].browse(slot_id)
            self.assertEqual((slot.booked, len(slot.appointment_ids)), (1, 1))
            states = env["yst.service.case"].browse(case_ids).mapped("state")
            self.assertEqual(sorted(states), ["accepted", "appointed"])
