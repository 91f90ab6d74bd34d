import json
from contextlib import suppress

import psycopg2

from odoo.exceptions import AccessDenied, AccessError, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import BaseCase, KeyMixin


@tagged("post_install", "-at_install")
class TestAudit(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.line = cls.env["yst.audit.log"]._log("export", cls.north, reason="r", detail="d")
        cls.env.flush_all()

    def test_a_line_is_never_changed(self):
        for line in (self.line, self.line.sudo(), self.as_role("admin", self.line)):
            for function, arguments in (
                (line.write, ({"detail": "x"},)),
                (line.write, ({},)),
                (line.unlink, ()),
                (line.copy, ()),
            ):
                with self.assertRaises(UserError):
                    function(*arguments)
        with self.assertRaises(UserError):
            self.line.detail = "x"

    def test_the_database_itself_refuses(self):
        for statement in (
            "UPDATE yst_audit_log SET detail = 'x'",
            f"UPDATE yst_audit_log SET user_id = 1 WHERE id = {self.line.id}",
            f"DELETE FROM yst_audit_log WHERE id = {self.line.id}",
            "TRUNCATE yst_audit_log",
        ):
            with (
                self.subTest(statement=statement),
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.InsufficientPrivilege),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(statement)
        self.env.invalidate_all()
        self.assertEqual(self.line.detail, "d")

    def test_read_by_the_audit_administrator_alone(self):
        self.as_role("audit", self.line).read(["detail", "user_id", "ip"])
        self.assertTrue(self.as_role("audit", self.line.browse()).search([], limit=1))
        for role in self.ROLES:
            if role == "audit":
                continue
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_role(role, self.line).read(["detail"])
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_role(role, self.line.browse()).search([])

    def test_nobody_makes_lines_up(self):
        for role in self.ROLES:
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_role(role, self.line.browse()).create({"action": "login"})

    def test_who_did_it_is_not_for_the_caller_to_say(self):
        line = (
            self.as_role("leader", self.line.browse())
            .sudo()
            .create({"action": "export", "user_id": self.users["cadre"].id, "ip": "1.2.3.4"})
        )
        self.assertEqual(line.user_id, self.users["leader"])
        self.assertFalse(line.ip)

    def test_one_line_for_each_record_in_one_statement(self):
        areas = self.north | self.south | self.north_grid | self.south_grid
        logs = self.env["yst.audit.log"]
        logs._log("deletion", areas)
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        lines = logs._log("deletion", areas, reason="期满")
        self.env.flush_all()
        self.assertEqual(self.env.cr.sql_log_count - before, 1)
        self.assertEqual(set(lines.mapped("res_id")), set(areas.ids))

    def test_long_details_are_cut(self):
        line = self.env["yst.audit.log"]._log("export", detail="x" * 10_000)
        self.assertEqual(len(line.detail), 2000)

    def test_a_user_with_lines_is_archived_not_removed(self):
        self.env["yst.audit.log"].with_user(self.users["cadre"]).sudo()._log("export")
        self.env.flush_all()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.ForeignKeyViolation),
            self.env.cr.savepoint(),
        ):
            self.users["cadre"].unlink()
        self.users["cadre"].active = False

    def test_exports_are_logged(self):
        leader = self.users["leader"]
        leader.group_ids = [Command.link(self.env.ref("base.group_allow_export").id)]
        domain = [("action", "=", "export"), ("user_id", "=", leader.id)]
        before = self.env["yst.audit.log"].search_count(domain)
        self.as_role("leader", self.north | self.south).export_data(["name", "code"])
        lines = self.env["yst.audit.log"].search(domain)
        self.assertEqual(len(lines), before + 1)
        self.assertEqual((lines[0].model, lines[0].detail), ("yst.area", "2: name, code"))

    def test_opens_what_it_is_about(self):
        action = self.as_role("audit", self.line).action_open_record()
        self.assertEqual((action["res_model"], action["res_id"]), ("yst.area", self.north.id))


@tagged("post_install", "-at_install")
class TestAuditLogin(KeyMixin, HttpCase):
    def setUp(self):
        super().setUp()
        self.user = self.env["res.users"].create(
            {"name": "登录", "login": "audit_login", "password": "audit_login_password"}
        )

    def _lines(self, action):
        return self.env["yst.audit.log"].search([("action", "=", action)], order="id desc")

    def _login(self, password, login="audit_login"):
        page = self.url_open("/web/login")
        token = page.text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        return self.url_open(
            "/web/login", data={"csrf_token": token, "login": login, "password": password}
        )

    def test_logins_good_and_bad(self):
        before = len(self._lines("login")), len(self._lines("login_failed"))
        with mute_logger("odoo.addons.base.models.res_users"):
            self._login("wrong")
        failed = self._lines("login_failed")
        self.assertEqual(len(failed), before[1] + 1)
        self.assertEqual(failed[0].detail, "audit_login")
        self.assertTrue(failed[0].ip)
        self.assertNotIn("wrong", failed[0].detail)
        self._login("audit_login_password")
        self.assertEqual(len(self._lines("login")), before[0] + 1)
        line = self._lines("login")[0]
        self.assertEqual((line.user_id, line.res_id), (self.user, self.user.id))
        self.assertTrue(line.ip)

    def test_an_endless_login_name_is_cut(self):
        credential = {"type": "password", "login": "x" * 5000, "password": "x"}
        with mute_logger("odoo.addons.base.models.res_users"), suppress(AccessDenied):
            self.env["res.users"]._login(credential, {"interactive": True})
            self.fail("let in")
        self.assertEqual(len(self._lines("login_failed")[0].detail), 64)


@tagged("post_install", "-at_install")
class TestAuditWithoutSession(KeyMixin, HttpCase):
    def test_a_refused_login_without_a_session_is_refused_plainly(self):
        with mute_logger("odoo.http", "odoo.addons.base.models.res_users"):
            answer = self._authenticate_wrongly()
        self.assertEqual(answer["error"]["data"]["name"], "odoo.exceptions.AccessDenied")

    def _authenticate_wrongly(self):
        params = {"db": self.env.cr.dbname, "login": "nobody.at.all", "password": "wrong"}
        return self.url_open(
            "/web/session/authenticate",
            data=json.dumps({"jsonrpc": "2.0", "params": params}),
            headers={"Content-Type": "application/json"},
        ).json()
