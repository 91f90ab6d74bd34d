from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import BaseCase


@tagged("post_install", "-at_install")
class TestHostileRights(BaseCase):
    """Administrators who try to get at what the other powers are for."""

    def _refused(self, function, *arguments):
        with mute_logger("odoo.models"), self.assertRaises(AccessError):
            function(*arguments)

    def test_who_gives_rights_does_not_enter_accounts(self):
        target = new_test_user(self.env, "test_target", "base.group_user")
        for values in ({"password": "x-Y-2026-new"}, {"login": "other"}, {"active": False},
                       {"email": "me@example.com"}):
            with self.subTest(values):
                self._refused(self.as_role("security", target).write, values)
        self.as_role("system", target).write({"password": "x-Y-2026-new"})

    def test_no_account_is_moved_to_another_person(self):
        target = new_test_user(self.env, "test_target", "base.group_user")
        person = self.users["portal"].partner_id
        for user in (target, self.users["system"]):
            self._refused(self.as_role("system", user).write, {"partner_id": person.id})
        self.as_role("system", target).write({"partner_id": target.partner_id.id})

    def test_no_second_account_is_opened_for_a_person(self):
        accounts = self.env["res.users"].with_user(self.users["system"])
        accounts = accounts.with_context(no_reset_password=True)
        person = self.users["portal"].partner_id
        self._refused(accounts.create, {"name": "x", "login": "x1", "partner_id": person.id})
        with_default = accounts.with_context(default_partner_id=person.id)
        self._refused(with_default.create, {"name": "x", "login": "x2"})
        self.assertTrue(accounts.create({"name": "x", "login": "x3"}))
