import threading
from contextlib import contextmanager
from functools import partial

from odoo import api
from odoo.exceptions import UserError
from odoo.modules.registry import DummyRLock, Registry
from odoo.service.model import retrying
from odoo.tests import BaseCase, get_db_name, new_test_user, tagged
from odoo.tools import mute_logger

LOGINS = {
    "concurrent drafter": "yst_base.group_cadre",
    "concurrent checker": "yst_base.group_cadre",
    "concurrent first": "yst_base.group_cadre",
    "concurrent second": "yst_base.group_cadre",
    "concurrent leader": "yst_base.group_leader",
}


@tagged("post_install", "-at_install")
class TestApprovalsAtOnce(BaseCase):
    """Two people at the same second, in two connections, as two servers would have them: one
    wins, the other is told or comes after, and nothing is half done."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        cls.documents = []
        cls.addClassCleanup(cls._clean)
        with cls._env() as env:
            cls.users = {
                login.split()[1]: new_test_user(env, login, groups=groups, password=login * 2).id
                for login, groups in LOGINS.items()
            }

    @classmethod
    def _clean(cls):
        with cls._env() as env:
            users = env["res.users"].search([("login", "in", list(LOGINS))])
            ids, partners = tuple(cls.documents), users.partner_id
            env["mail.message"].search(
                [("model", "=", "yst.document"), ("res_id", "in", ids)]
            ).unlink()
            env["tier.review"].search(
                [("model", "=", "yst.document"), ("res_id", "in", ids)]
            ).unlink()
            for table, column in (
                ("yst_document_opinion", "document_id"),
                ("yst_document_version", "document_id"),
                ("yst_document", "id"),
            ):
                env.cr.execute(f"DELETE FROM {table} WHERE {column} IN %s", [ids or (0,)])
            env.invalidate_all(flush=False)
            env["mail.followers"].search([("partner_id", "in", partners.ids)]).unlink()
            users.unlink()
            partners.unlink()

    @classmethod
    @contextmanager
    def _env(cls, login=None):
        with cls.registry.cursor() as cr:
            uid = cls.users[login] if login else api.SUPERUSER_ID
            yield api.Environment(cr, uid, {"tracking_disable": True})

    def document(self, step="check"):
        """The id of a document that waits at a step."""
        with self._env("drafter") as env:
            document = env["yst.document"].create(
                {
                    "name": "At once",
                    "body": "<p>One.</p>",
                    "checker_id": self.users["checker"],
                    "countersigner_ids": [(6, 0, [self.users["first"], self.users["second"]])],
                    "signer_id": self.users["leader"],
                }
            )
            self.documents.append(document.id)
            document.action_submit()
            if step == "countersign":
                document.with_user(self.users["checker"]).action_approve()
            return document.id

    def at_once(self, *works):
        """Run (login, work) each in a connection of its own, the snapshots taken first.

        :return: their answers, or the UserError each was told
        """
        # the test runner holds this lock, and would wait for threads that wait for it
        self.patch(Registry, "_lock", DummyRLock())
        gate = threading.Barrier(len(works))
        answers = [None] * len(works)

        def run(index, login, work):
            try:
                with self._env(login) as env:
                    env.cr.execute("SELECT 1 FROM yst_document LIMIT 1")
                    gate.wait(10)
                    answers[index] = retrying(partial(work, env), env)
            except UserError as error:
                answers[index] = error

        threads = [
            threading.Thread(target=run, args=(index, *work)) for index, work in enumerate(works)
        ]
        with mute_logger("odoo.sql_db"):  # that they collide is what is wanted
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
        return answers

    def doing(self, document_id, name, *arguments, **named):
        """The work of calling a method of the document."""
        return lambda env: getattr(env["yst.document"].browse(document_id), name)(
            *arguments, **named
        )

    def told(self, answers):
        return [str(one) for one in answers if isinstance(one, UserError)]

    def test_two_presses_of_one_approver(self):
        for _round in range(3):
            document_id = self.document()
            approve = self.doing(document_id, "action_approve", "Yes")

            answers = self.at_once(("checker", approve), ("checker", approve))
            self.assertEqual(answers.count(True), 1, answers)
            self.assertIn("not your turn", self.told(answers)[0])
            with self._env() as env:
                document = env["yst.document"].browse(document_id)
                self.assertEqual(document.state, "countersign")
                self.assertEqual(len(document.opinion_ids), 1)

    def test_the_last_two_countersigners(self):
        """Neither sees the other's agreement at first; the state must go on all the same."""
        for _round in range(3):
            document_id = self.document("countersign")
            approve = self.doing(document_id, "action_approve", "Yes")

            answers = self.at_once(("first", approve), ("second", approve))
            self.assertEqual(answers, [True, True])
            with self._env() as env:
                document = env["yst.document"].browse(document_id)
                self.assertEqual(document.state, "sign")
                self.assertEqual(
                    document.review_ids.filtered(lambda one: one.status == "pending").person_id.id,
                    self.users["leader"],
                )

    def test_one_agrees_while_the_other_sends_it_back(self):
        for _round in range(3):
            document_id = self.document("countersign")
            answers = self.at_once(
                ("first", self.doing(document_id, "action_approve")),
                ("second", self.doing(document_id, "action_reject", "No")),
            )
            with self._env() as env:
                document = env["yst.document"].browse(document_id)
                self.assertEqual(document.state, "draft")
                self.assertFalse(
                    document.review_ids.filtered(lambda one: one.status in ("waiting", "pending"))
                )
                kinds = document.opinion_ids.mapped("kind")
            self.assertIn(True, answers)
            self.assertEqual(kinds[1:], ["reject"] if self.told(answers) else ["approve", "reject"])

    def test_an_edit_while_it_is_approved(self):
        """Either the edit is first, and who read the old text is told; or it comes too late."""
        for _round in range(3):
            document_id = self.document()
            edit = self.doing(document_id, "write", {"body": "<p>Other.</p>"})
            approve = self.doing(document_id, "action_approve", version=1)
            answers = self.at_once(("checker", edit), ("checker", approve))
            told = self.told(answers)
            self.assertEqual(len(told), 1, answers)
            with self._env() as env:
                document = env["yst.document"].browse(document_id)
                if document.state == "check":
                    self.assertIn("changed in the meantime", told[0])
                    self.assertEqual(str(document.body), "<p>Other.</p>")
                    self.assertEqual(document.version_number, 2)
                    self.assertFalse(document.opinion_ids)
                else:
                    self.assertIn("being approved", told[0])
                    self.assertEqual(str(document.body), "<p>One.</p>")
                    self.assertEqual(document.version_number, 1)
