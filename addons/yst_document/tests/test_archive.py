import base64
from datetime import date

from psycopg2 import errors

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..archive_rules import archive_due, disposal_from
from .number_common import NumberCase


@tagged("post_install", "-at_install")
class TestArchive(NumberCase):
    """Files are closed by the document desk, and stay as they are."""

    def issued(self, **values):
        return self.numbered("issued", **values)

    def closed(self, **values):
        document = self.issued(**values)
        document.attachment_ids = self.annex(document)
        self.as_user(self.registrar, document).action_archive("30")
        return document

    def annex(self, document, **values):
        return self.env["ir.attachment"].create(
            {"name": "annex.txt", "raw": b"one", "res_model": "yst.document",
             "res_id": document.id, **values}
        )

    def test_rules(self):
        self.assertEqual(archive_due(2026), date(2027, 6, 30))
        self.assertEqual(disposal_from(2026, "10"), date(2037, 1, 1))
        self.assertEqual(disposal_from(2026, "30"), date(2057, 1, 1))
        self.assertIsNone(disposal_from(2026, "permanent"))

    def test_closing_files_it_under_its_year(self):
        document = self.issued()
        self.as_user(self.registrar, document).action_archive("10")
        self.assertEqual(document.state, "archived")
        self.assertEqual(document.archive_year, document.number_year)
        self.assertEqual(document.archived_by_id, self.registrar)
        self.assertEqual(document.disposal_from, date(document.number_year + 11, 1, 1))
        self.assertEqual(document.archive_due, date(document.number_year + 1, 6, 30))

    def test_incoming_is_filed_under_the_year_of_its_receipt(self):
        document = self.env["yst.document"].create(
            {"name": "来文", "direction": "incoming", "received_at": "2026-12-31 16:30:00",
             "retention": "permanent"}
        )
        document._with_state_unlocked().write({"state": "answered"})
        self.assertEqual(document.archive_due, date(2028, 6, 30), "received on 1 January 2027")
        self.as_user(self.registrar, document).action_archive()
        self.assertEqual((document.archive_year, document.disposal_from), (2027, False))

    def test_what_cannot_be_closed(self):
        for state in ("draft", "check", "sign", "register", "print", "handle", "void"):
            document = self.signed(state)
            document.sudo().number_year = 2026
            with self.subTest(state), self.assertRaises(UserError):
                self.as_user(self.registrar, document).action_archive("10")
        document = self.issued()
        for retention in (None, "", "11", 30, False):
            with self.subTest(retention=retention), self.assertRaises(UserError):
                self.as_user(self.registrar, document).action_archive(retention)
        self.as_user(self.registrar, document).action_archive("10")
        with self.assertRaises(UserError):
            self.as_user(self.registrar, document).action_archive("30")
        undated = self.signed("issued")
        with self.assertRaisesRegex(UserError, "without a year"):
            self.as_user(self.registrar, undated).action_archive("10")

    def test_one_that_cannot_holds_back_all(self):
        good, bad = self.issued(), self.signed("print")
        bad.sudo().number_year = 2026
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.as_user(self.registrar, bad | good).action_archive("10")
        self.assertEqual(good.state, "issued")

    def test_only_the_desk_closes(self):
        document = self.issued()
        document.participant_ids += self.leader
        for user in (self.drafter, self.leader, self.keeper, self.stranger):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.as_user(user, document).action_archive("10")

    def test_lists(self):
        old, new = self.issued(), self.issued()
        late = self.issued()
        late.sudo().number_year = 2020
        old.sudo().number_year = 2010
        for document, retention in ((old, "10"), (new, "10")):
            self.as_user(self.registrar, document).action_archive(retention)
        documents = self.as_user(self.registrar, self.env["yst.document"])
        mine = [("id", "in", (old | new | late).ids)]
        view = self.env.ref("yst_document.view_document_archive_search").arch
        for words in ("('disposal_from', '&lt;=', 'today')", "('archive_due', '&lt;', 'today')"):
            self.assertIn(words, view)
        due = documents.search(
            mine + [("state", "=", "archived"), ("disposal_from", "<=", "today")]
        )
        self.assertEqual(due, old)
        found = documents.search(
            mine + [("state", "in", ("issued", "answered")), ("archive_due", "<", "today")]
        )
        self.assertEqual(found, late)
        groups = documents._read_group(
            mine + [("state", "=", "archived")], ["archive_year", "retention"], ["__count"]
        )
        self.assertEqual(set(groups), {(2010, "10", 1), (new.number_year, "10", 1)})

    # -- closed files --------------------------------------------------------------------------

    @mute_logger("odoo.models", "odoo.sql_db")
    def test_closed_content_does_not_change(self):
        document = self.closed()
        values = (
            {"name": "x"}, {"body": "<p>x</p>"}, {"main_to": "x"}, {"copy_to": "x"},
            {"kind": "report"}, {"urgency": "extra"}, {"secrecy": "internal"},
            {"retention": "10"}, {"code_id": self.other_code.id}, {"layout": "letter"},
            {"attachment_ids": [Command.clear()]}, {"signer_id": self.drafter.id},
            {"handler_id": self.drafter.id}, {"department_id": False}, {"state": "issued"},
            {"attachment_ids": [Command.create({"name": "n", "raw": b"x"})]},
            {"reserved_number_id": False}, {"participant_ids": [Command.clear()]},
        )
        for user in (self.drafter, self.registrar, self.manager, self.env.ref("base.user_admin")):
            for one in values:
                for context in ({}, {"_yst_state_token": True, "skip_validation_check": True}):
                    with self.subTest(user=user.login, values=one), self.assertRaises(UserError):
                        self.as_user(user, document).with_context(**context).write(one)
        for one in values[:-1]:
            with self.subTest(values=one), self.assertRaises(UserError):
                document.sudo().write(one)
        for user in (self.drafter, self.registrar, self.manager):
            with self.assertRaises(UserError):
                self.as_user(user, document).unlink()
        with self.assertRaises(UserError):
            document.sudo().unlink()

    @mute_logger("odoo.models")
    def test_closed_files_take_no_step(self):
        document = self.closed()
        for name, arguments in (
            ("action_submit", ()), ("action_register", ()), ("action_print", ()),
            ("action_issue", ()), ("action_void", ("x",)), ("action_return", ("draft", "x")),
            ("action_archive", ("10",)), ("action_approve", ()), ("action_reject", ("x",)),
            ("action_answer", ("x",)), ("action_instruct", ("x",)),
        ):
            for user in (self.drafter, self.registrar, self.manager, self.leader):
                with self.subTest(name, user=user.login), self.assertRaises(UserError):
                    getattr(self.as_user(user, document), name)(*arguments)
        with self.assertRaises(UserError):
            self.as_user(self.keeper, document).action_apply_seal(1)

    @mute_logger("odoo.models")
    def test_files_of_a_closed_document_stay(self):
        document = self.closed()
        annex = document.attachment_ids
        loose = self.env["ir.attachment"].create({"name": "loose", "raw": b"one"})
        unowned = self.issued()
        unowned.attachment_ids = loose  # as an upload leaves it: not owned by the document
        self.as_user(self.registrar, unowned).action_archive("10")
        for user in (self.drafter, self.registrar, self.env.ref("base.user_root")):
            for file in (annex, loose):
                theirs = self.as_user(user, file)
                for step in (
                    lambda one: one.write({"raw": b"two"}),
                    lambda one: one.write({"datas": base64.b64encode(b"two")}),
                    lambda one: one.write({"name": "two"}),
                    lambda one: one.write({"res_model": False, "res_id": False}),
                    lambda one: one.write({"public": True}),
                    lambda one: one.unlink(),
                ):
                    with self.subTest(user=user.login), self.assertRaises(UserError):
                        step(theirs)
            with self.assertRaises(UserError):
                self.annex(document.with_user(user)).with_user(user)
        other = self.env["ir.attachment"].create({"name": "other", "raw": b"x"})
        with self.assertRaises(UserError):
            other.write({"res_model": "yst.document", "res_id": document.id})
        self.assertEqual((annex.raw, loose.raw), (b"one", b"one"))

    @mute_logger("odoo.models")
    def test_the_record_of_a_closed_file_stays(self):
        document = self.issued()
        self.as_user(self.registrar, document).message_post(body="before")
        self.as_user(self.registrar, document).action_archive("10")
        message = document.message_ids.filtered(lambda one: "before" in (one.body or ""))
        self.assertTrue(message)
        for user in (self.registrar, self.manager, self.drafter):
            with self.assertRaises(UserError):
                self.as_user(user, document).message_post(body="after")
            for step in (
                lambda one: one.write({"body": "x"}),
                lambda one: one.unlink(),
            ):
                with self.assertRaises(UserError):
                    step(self.as_user(user, message))
            with self.assertRaises(UserError):
                self.as_user(user, self.env["mail.message"]).create(
                    {"model": "yst.document", "res_id": document.id, "body": "after"}
                )
        self.assertIn("before", message.body)

    @mute_logger("odoo.models")
    def test_opinions_of_a_closed_file_stay(self):
        document = self.at("register")
        document.with_user(self.registrar).action_register()
        document = document.sudo()
        document._with_state_unlocked().write({"state": "issued"})
        self.as_user(self.registrar, document).action_archive("permanent")
        opinion = document.opinion_ids[:1]
        self.assertTrue(opinion)
        for user in (self.checker, self.registrar, self.manager):
            theirs = self.as_user(user, opinion)
            for step in (
                lambda one: one.write({"text": "x"}),
                lambda one: one.unlink(),
                lambda one: one.create({"document_id": document.id, "step": "check", "text": "x"}),
            ):
                with self.assertRaises(UserError):
                    step(theirs)
        with self.assertRaises(UserError):
            self.annex(document, res_model="yst.document.opinion", res_id=opinion.id)

    @mute_logger("odoo.sql_db")
    def test_the_database_itself_keeps_closed_files(self):
        document = self.closed()
        self.env.flush_all()
        for statement in (
            "UPDATE yst_document SET name = 'x' WHERE id = %s",
            "UPDATE yst_document SET state = 'issued' WHERE id = %s",
            "UPDATE yst_document SET body = NULL WHERE id = %s",
            "UPDATE yst_document SET number_value = 99 WHERE id = %s",
            "DELETE FROM yst_document WHERE id = %s",
        ):
            with self.subTest(statement), self.assertRaises(
                errors.InsufficientPrivilege
            ), self.env.cr.savepoint():
                self.env.cr.execute(statement, [document.id])
        # what is computed anew at an update of the program is no change of the file
        self.env.cr.execute(
            "UPDATE yst_document SET search_text = 'x' WHERE id = %s", [document.id]
        )

    def test_a_copy_of_a_closed_file_is_a_new_draft(self):
        copy = self.as_user(self.registrar, self.closed()).copy()
        self.assertEqual((copy.state, copy.archive_year, copy.number), ("draft", 0, False))
        self.assertFalse(copy.archived_at)
