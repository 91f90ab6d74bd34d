import io

import openpyxl

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger
from odoo.tools.pdf import PdfFileReader

from ..register_books import local_bounds, register_value
from .number_common import NumberCase


class RegisterCase(NumberCase):
    """A year with documents that were issued, one voided and a reserved number."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Book = cls.env["yst.document.register"]

    def year_of_numbers(self):
        documents = self.numbered(count=2, main_to="各村")
        documents[1].sudo()._with_state_unlocked().write({"state": "issue"})
        documents[1].action_void("发错")
        self.as_user(self.manager, self.Number).action_reserve(self.code.id, 1, "预留给年报")
        return documents

    def book(self, user=None, **values):
        year = self.Number.search([], limit=1).year or 2026
        return self.as_user(user or self.registrar, self.Book).create({"year": year, **values})


@tagged("post_install", "-at_install")
class TestRegister(RegisterCase):
    """Register books: what is in them and who takes them out."""

    def test_bounds_are_the_office_s(self):
        begin, end = local_bounds(2026)
        self.assertEqual((str(begin), str(end)), ("2025-12-31 16:00:00", "2026-12-31 16:00:00"))
        begin, end = local_bounds(2026, 12)
        self.assertEqual((str(begin), str(end)), ("2026-11-30 16:00:00", "2026-12-31 16:00:00"))
        for year, month in ((0, 1), (2026, 13), (2026, -1)):
            with self.assertRaises(ValueError):
                local_bounds(year, month)
        self.assertEqual(register_value("收文〔2026〕12号"), 12)

    def test_outgoing_book_has_every_number(self):
        self.year_of_numbers()
        columns, rows = self.book(code_id=self.code.id)._sheet()
        names = [name for name, _width in columns]
        self.assertEqual(len(rows), 3)
        number, remark, title = (names.index(name) for name in ("Number", "Remark", "Title"))
        self.assertEqual([row[number][-2:] for row in rows], ["1号", "2号", "3号"])
        self.assertEqual([row[title] for row in rows], ["Notice 0", "Notice 1", ""])
        self.assertIn("发错", rows[1][remark])
        self.assertIn("预留给年报", rows[2][remark])
        self.assertEqual(rows[0][names.index("Addressed to")], "各村")

    def test_incoming_book_goes_by_its_numbers(self):
        documents = self.env["yst.document"]
        for number in range(11):
            document = self.incoming(name=f"来文{number}")
            document.action_register_incoming()
            documents |= document
        document = documents[0]
        document.action_preliminary_ok()
        document.action_propose("拟请阅示", self.leader.ids)
        document.with_user(self.leader).action_instruct("请综合办办理")
        year = int(documents[0].register_number.split("〔")[1][:4])
        columns, rows = self.book(direction="incoming", year=year)._sheet()
        names = [name for name, _width in columns]
        mine = [row for row in rows if row[names.index("Title")] in documents.mapped("name")]
        self.assertEqual(
            [row[names.index("Title")] for row in mine], [f"来文{n}" for n in range(11)]
        )
        self.assertIn("请综合办办理", mine[0][names.index("Instruction")])
        self.assertEqual(mine[0][names.index("From")], "County office")

    def test_month_and_other_years(self):
        self.year_of_numbers()
        month = self.Number.search([], limit=1).taken_at.month
        self.assertTrue(self.book(month=str(month))._entries())
        self.assertFalse(self.book(month=str(month % 12 + 1))._entries())
        with self.assertRaisesRegex(UserError, "Nothing was registered"):
            self.book(year=1999).action_print()

    def test_costs_do_not_grow_with_the_book(self):
        def statements():
            book = self.book()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            book._sheet()
            return self.env.cr.sql_log_count - before

        self.numbered(count=1)
        statements()
        few = statements()
        self.numbered(count=20)
        self.assertEqual(statements(), few)

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_model",
                 "odoo.addons.base.models.ir_rule")
    def test_only_the_document_desk_takes_a_book(self):
        self.year_of_numbers()
        for user in (self.drafter, self.leader, self.keeper, self.stranger):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.book(user)
        book = self.book()
        with self.assertRaises(AccessError):
            self.as_user(self.manager, book).read(["year"])
        with self.assertRaises(AccessError):
            book.with_user(self.drafter)._sheet()
        report = self.env["report.yst_document.register"]
        for user in (self.drafter, self.keeper):
            with self.assertRaises(AccessError):
                self.as_user(user, report)._get_report_values(book.ids)

    def test_paper_is_landscape_and_logged(self):
        self.year_of_numbers()
        book = self.book()
        action = book.action_print()
        self.assertEqual(action["report_name"], "yst_document.register")
        content, kind = (
            self.env["ir.actions.report"].with_user(self.registrar)
            .with_context(force_report_rendering=True)
            ._render_qweb_pdf("yst_document.report_register", book.ids)
        )
        self.assertEqual(kind, "pdf")
        page = PdfFileReader(io.BytesIO(content)).pages[0]
        width, height = (float(one) * 25.4 / 72 for one in page.mediabox[2:])
        self.assertAlmostEqual(width, 297, delta=1)
        self.assertAlmostEqual(height, 210, delta=1)
        line = self.env["yst.audit.log"].search([("action", "=", "export")], limit=1)
        self.assertEqual(line.user_id, self.registrar)
        self.assertIn("PDF", line.detail)


@tagged("post_install", "-at_install")
class TestRegisterSheet(HttpCase, RegisterCase):
    """The spreadsheet over HTTP."""

    def get(self, user, query):
        self.authenticate(user.login, user.login)
        return self.url_open(f"/yst/document/register.xlsx?{query}")

    def test_spreadsheet_of_the_desk(self):
        self.year_of_numbers()
        year = self.Number.search([], limit=1).year
        answer = self.get(self.registrar, f"direction=outgoing&year={year}&code={self.code.id}")
        self.assertEqual(answer.status_code, 200)
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        rows = list(sheet.iter_rows(values_only=True))
        self.assertEqual(len(rows), 3 + 3)
        self.assertEqual(rows[2][2], "Number")
        line = self.env["yst.audit.log"].search([("action", "=", "export")], limit=1)
        self.assertEqual((line.user_id, line.model), (self.registrar, "yst.document"))

    def test_nobody_else_and_nothing_odd(self):
        self.year_of_numbers()
        for user in (self.drafter, self.leader, self.keeper):
            with self.subTest(user.login):
                self.assertEqual(self.get(user, "direction=outgoing&year=2026").status_code, 404)
        for query in ("", "year=0", "year=abc", "year=2026&direction=x", "year=2026&month=13",
                      "year=2026&month=-1", "year=99999999999", "year=２０２６",
                      "year=2026&code=1'--"):
            with self.subTest(query):
                self.assertEqual(self.get(self.registrar, query).status_code, 404)
