from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import get_public_method
from odoo.tests import tagged
from odoo.tools import mute_logger

from .number_common import NumberCase


@tagged("post_install", "-at_install")
class TestNumber(NumberCase):
    """Issuing numbers: next, reserved, void."""

    def reserve(self, count=1, user=None, code=None, reason="年度计划"):
        ids = self.as_user(user or self.manager, self.Number).action_reserve(
            (code or self.code).id, count, reason
        )
        return self.Number.browse(ids)

    def test_numbers_follow_each_other_by_code(self):
        year = fields.Datetime.now().year
        documents = self.numbered(count=3)
        self.assertEqual(
            documents.mapped("number"), [f"测办发〔{year}〕{n}号" for n in (1, 2, 3)]
        )
        other = self.numbered(code_id=self.other_code.id)
        self.assertEqual(other.number, f"测党发〔{year}〕1号")
        self.assertEqual(documents.mapped("number_value"), [1, 2, 3])
        self.assertEqual([number.state for number in documents.number_ids], ["used"] * 3)
        self.assertEqual(documents.number_ids.document_id, documents)

    def test_the_year_turns_at_midnight_of_the_office(self):
        with freeze_time("2026-12-31 15:59:59"):
            before = self.numbered()
        with freeze_time("2026-12-31 16:00:00"):
            after = self.numbered()
        self.assertEqual(before.number, "测办发〔2026〕1号")
        self.assertEqual(after.number, "测办发〔2027〕1号")
        self.assertEqual((after.number_year, after.number_value), (2027, 1))

    def test_the_step_gives_the_number(self):
        document = self.at("register")
        document.with_user(self.registrar).action_register()
        self.assertEqual(document.sudo().number_value, 1)
        self.assertEqual(document.sudo().number_ids.user_id, self.registrar)

    def test_not_numbered_twice_nor_unsigned_nor_incoming(self):
        document = self.numbered()
        with self.assertRaisesRegex(UserError, "has a number already"):
            document._allot_number()
        unsigned = self.signed()
        unsigned.signed_at = False
        with self.assertRaisesRegex(UserError, "not been signed"):
            unsigned._allot_number()
        with self.assertRaisesRegex(UserError, "came in"):
            self.signed(direction="incoming")._allot_number()
        with self.assertRaisesRegex(UserError, "issuing code"):
            self.signed(code_id=False)._allot_number()
        self.assertEqual(self.numbered().number_value, 2, "what was refused took no number")

    def test_reserved_numbers_are_passed_over_and_given_later(self):
        reserved = self.reserve(3)
        self.assertEqual(reserved.sorted("value").mapped("value"), [1, 2, 3])
        self.assertEqual(reserved.mapped("state"), ["reserved"] * 3)
        self.assertEqual(self.numbered().number_value, 4)
        document = self.signed()
        chosen = reserved.filtered(lambda one: one.value == 2)
        self.as_user(self.registrar, document).reserved_number_id = chosen
        self.as_user(self.registrar, document).action_register()
        self.assertEqual(document.number_value, 2)
        self.assertEqual((chosen.state, chosen.document_id), ("used", document))
        self.assertFalse(document.reserved_number_id)
        again = self.signed()
        again.reserved_number_id = chosen
        with self.assertRaises(UserError):
            again._allot_number()

    def test_reserved_number_of_another_code_or_year_is_not_given(self):
        other = self.reserve(code=self.other_code)
        document = self.signed()
        document.reserved_number_id = other
        with self.assertRaisesRegex(UserError, "another code"):
            document._allot_number()
        with freeze_time("2024-05-01"):
            old = self.reserve()
        document.reserved_number_id = old
        with self.assertRaisesRegex(UserError, "neither signed nor registered"):
            document._allot_number()

    def test_reserved_in_december_signed_in_december_registered_in_january(self):
        with freeze_time("2026-12-30 02:00:00"):
            reserved = self.reserve()
            document = self.signed()
        with freeze_time("2027-01-04 02:00:00"):
            document.reserved_number_id = reserved
            document._allot_number()
        self.assertEqual(document.number, "测办发〔2026〕1号")

    def test_void_numbers_stay_used_up(self):
        reserved = self.reserve(2)
        self.as_user(self.manager, reserved[0]).action_void("不再需要")
        self.assertEqual((reserved[0].state, reserved[0].void_reason), ("void", "不再需要"))
        self.assertEqual(reserved[0].voided_by_id, self.manager)
        self.assertEqual(self.numbered().number_value, 3)
        with self.assertRaises(UserError):
            self.as_user(self.manager, reserved[0]).action_void("再次")
        with self.assertRaisesRegex(UserError, "Say why"):
            self.as_user(self.manager, reserved[1]).action_void("  ")
        document = self.signed()
        document.reserved_number_id = reserved[0]
        with self.assertRaises(UserError):
            document._allot_number()

    def test_number_of_a_voided_document_stays_used_up(self):
        document = self.numbered()
        self.as_user(self.registrar, document).action_void("发错")
        number = document.number_ids
        self.assertEqual((number.state, number.void_reason), ("void", "发错"))
        self.assertEqual(document.number, number.name, "the document still shows it")
        self.assertEqual(self.numbered().number_value, 2)

    def test_register_shows_every_value_once(self):
        self.numbered(count=2)
        self.as_user(self.manager, self.reserve(2)[0]).action_void("不用")
        self.numbered()
        values = self.as_user(self.registrar, self.Number).search(
            [("code_id", "=", self.code.id)]
        ).mapped("value")
        self.assertEqual(sorted(values), [1, 2, 3, 4, 5])
        number = self.Number.search([("code_id", "=", self.code.id)], limit=1)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            self.env.cr.execute(
                "INSERT INTO yst_document_number (name, code_id, year, value, state, user_id,"
                " taken_at) VALUES ('x', %s, %s, %s, 'used', 1, now())",
                [number.code_id.id, number.year, number.value],
            )

    def test_what_no_number_can_be_reserved_for_is_refused(self):
        for count in (0, -1, 101, True, "3", 1.5, None):
            with self.subTest(count=count), self.assertRaises(UserError):
                self.reserve(count)
        for reason in ("", "  ", None, False):
            with self.subTest(reason=reason), self.assertRaises(UserError):
                self.reserve(1, reason=reason)
        for code in (0, -1, 10**9, "1", None, [self.code.id]):
            with self.subTest(code=code), self.assertRaises(UserError):
                self.as_user(self.manager, self.Number).action_reserve(code, 1, "x")
        self.other_code.active = False
        with self.assertRaises(UserError):
            self.reserve(code=self.other_code)

    def test_reserving_many_costs_as_much_as_one(self):
        def statements(count):
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.reserve(count)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        statements(1)
        self.assertEqual(statements(20), statements(1))

    def test_dialogs_reserve_and_void(self):
        wizard = self.as_user(self.manager, self.env["yst.document.number.reserve"]).create(
            {"code_id": self.code.id, "count": 2, "reason": "预留"}
        )
        numbers = self.Number.search(wizard.action_apply()["domain"])
        self.assertEqual(len(numbers), 2)
        asking = self.as_user(self.manager, self.env["yst.reason.wizard"]).with_context(
            active_model="yst.document.number", active_ids=numbers.ids
        )
        asking.create({"step": "document_number_void", "note": "不用了"}).action_apply()
        self.assertEqual(numbers.mapped("state"), ["void", "void"])

    # -- who may -------------------------------------------------------------------------------

    def test_only_the_manager_reserves_and_voids(self):
        reserved = self.reserve()
        for user in (self.drafter, self.leader, self.registrar, self.keeper, self.stranger):
            with self.subTest(user=user.login), mute_logger("odoo.models"):
                with self.assertRaises(AccessError):
                    self.reserve(user=user)
                with self.assertRaises(AccessError):
                    self.as_user(user, reserved).action_void("x")
        self.assertEqual(reserved.state, "reserved")

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_model")
    def test_nobody_writes_the_register(self):
        reserved = self.reserve()
        used = self.numbered().number_ids
        values = {"name": "x", "code_id": self.code.id, "year": 2026, "value": 99,
                  "user_id": self.manager.id, "taken_at": "2026-01-01"}
        forged = {"_yst_state_token": True, "default_state": "used"}
        for user in (self.drafter, self.registrar, self.manager, self.keeper):
            for context in ({}, forged):
                numbers = self.as_user(user, self.Number).with_context(**context)
                with self.subTest(user=user.login):
                    with self.assertRaises(AccessError):
                        numbers.create(values)
                    for record in (reserved, used):
                        theirs = numbers.browse(record.id)
                        for step in (
                            lambda one: one.write({"value": 7}),
                            lambda one: one.write({"state": "reserved"}),
                            lambda one: one.unlink(),
                            lambda one: one.copy(),
                        ):
                            with self.assertRaises(UserError):
                                step(theirs)
        for user in (self.drafter, self.leader, self.stranger, self.keeper):
            with self.assertRaises(AccessError):
                self.as_user(user, self.Number).search([])
        with self.assertRaises(UserError):
            used.sudo().unlink()

    @mute_logger("odoo.models")
    def test_nobody_writes_a_document_s_number(self):
        document = self.numbered()
        draft = self.document()
        for user in (self.drafter, self.registrar, self.manager):
            for values in (
                {"number": "测办发〔2026〕9号"}, {"number_value": 9}, {"number_year": 2025},
                {"number_ids": [Command.clear()]}, {"seal_id": False}, {"sealed_at": False},
                {"archive_year": 2020}, {"archived_at": False},
            ):
                for record in (document, draft):
                    with self.subTest(user=user.login, values=values), self.assertRaises(UserError):
                        self.as_user(user, record).write(values)
        with self.assertRaises(AccessError):
            self.as_user(self.drafter, draft).write({"reserved_number_id": self.reserve().id})

    def test_what_can_be_called_from_outside(self):
        for name in ("_allot_number", "_void_number", "_seal_png", "_make_pdf", "_pdf",
                     "_refuse_closed", "_voided"):
            with self.subTest(name), self.assertRaises(AccessError):
                get_public_method(self.env["yst.document"], name)
        for name in ("_take", "_give", "_void"):
            with self.subTest(name), self.assertRaises(AccessError):
                get_public_method(self.Number, name)
        for name in ("_png", "_cleaned"):
            with self.subTest(name), self.assertRaises(AccessError):
                get_public_method(self.env["yst.document.seal"], name)

    def test_code_keeps_its_name_once_numbers_were_given(self):
        self.other_code.name = "测党字"
        self.numbered()
        with self.assertRaisesRegex(UserError, "numbers"):
            self.code.name = "新办发"
        self.code.issuer = "测试街道办事处"
