from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .. import reference_data
from .common import BaseCase, number

POWERS = ("system", "security", "audit")


@tagged("post_install", "-at_install")
class TestRoles(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.target = new_test_user(cls.env, "test_target", "base.group_user")
        cls.leader_role = cls.env.ref("yst_base.role_leader")
        cls.group_leader = cls.env.ref("yst_base.group_leader")
        cls.env.flush_all()

    def _refused(self, function, *arguments):
        with mute_logger("odoo.models"), self.assertRaises(AccessError):
            function(*arguments)

    def _logged(self, action="rights_change", user=None):
        return self.env["yst.audit.log"].search(
            [("action", "=", action), ("res_id", "=", (user or self.target).id)]
        )

    def _changes(self):
        return (
            {"group_ids": [Command.link(self.group_leader.id)]},
            {"role_line_ids": [Command.create({"role_id": self.leader_role.id})]},
            {"jurisdiction_ids": [Command.set(self.north.ids)]},
        )

    def test_security_administrator_changes_rights_of_others(self):
        for count, values in enumerate(self._changes(), 1):
            self.as_role("security", self.target).write(values)
            self.assertEqual(len(self._logged()), count, values)
        self.assertTrue(self.target.has_group("yst_base.group_leader"))
        self.assertEqual(self.target.jurisdiction_ids, self.north)
        line = self._logged()[0]
        self.assertEqual(line.user_id, self.users["security"])
        self.assertIn("测试北社区", line.detail)

    def test_nobody_else_changes_rights(self):
        for role in ("system", "audit", "organisation", "leader", "cadre", "employee", "portal"):
            for values in self._changes():
                with self.subTest(role=role, values=values):
                    self._refused(self.as_role(role, self.target).write, values)
        self.assertFalse(self._logged())
        self.assertFalse(self.target.has_group("yst_base.group_leader"))

    def test_nobody_changes_their_own_rights(self):
        for role in ("security", "system", "admin", "leader"):
            own = self.as_role(role, self.users[role])
            for values in self._changes():
                with self.subTest(role=role, values=values):
                    self._refused(own.write, values)

    def test_unlimited_rights_are_not_given_by_security_administrators(self):
        target = self.as_role("security", self.target)
        role = self.env["res.users.role"].create(
            {"name": "x", "implied_ids": [Command.link(self.env.ref("base.group_system").id)]}
        )
        for values in (
            {"group_ids": [Command.link(self.env.ref("base.group_system").id)]},
            {"group_ids": [Command.link(self.env.ref("base.group_erp_manager").id)]},
            {"role_line_ids": [Command.create({"role_id": role.id})]},
            {"group_ids": [Command.link(role.group_id.id)]},
        ):
            with self.subTest(values=values):
                self._refused(target.write, values)
        self._refused(
            self.as_role("security", self.env["res.users.role.line"]).create,
            {"role_id": role.id, "user_id": self.target.id},
        )
        self.env.invalidate_all()
        self.assertFalse(self.target.has_group("base.group_system"))
        self.assertFalse(self.target.role_line_ids)

    def test_groups_of_other_applications_come_with_a_role(self):
        group = self.env.ref("hr.group_hr_manager")
        target = self.as_role("security", self.target)
        self._refused(target.write, {"group_ids": [Command.link(group.id)]})
        role = self.env["res.users.role"].create(
            {"name": "x", "implied_ids": [Command.set(group.ids)]}
        )
        target.write({"role_line_ids": [Command.create({"role_id": role.id})]})
        self.assertTrue(self.target.has_group("hr.group_hr_manager"))

    def test_unlimited_administrators_are_out_of_reach(self):
        admin = self.users["admin"]
        for role in ("security", "system"):
            for values in ({"password": "new password"}, {"name": "x"}, {"login": "x"}):
                with self.subTest(role=role, values=values):
                    self._refused(self.as_role(role, admin).write, values)
            self._refused(self.as_role(role, admin.partner_id).write, {"email": "me@example.com"})
        self._refused(
            self.as_role("security", admin).write,
            {"group_ids": [Command.unlink(self.env.ref("base.group_system").id)]},
        )

    def test_the_three_powers_do_not_take_over_each_other(self):
        for role in ("security", "system"):
            for other in set(POWERS) - {role}:
                account = self.as_role(role, self.users[other])
                for values in (
                    {"password": "new password"},
                    {"new_password": "new password"},
                    {"login": "x"},
                    {"email": "me@example.com"},
                    {"active": False},
                ):
                    with self.subTest(role=role, other=other, values=values):
                        self._refused(account.write, values)
                self._refused(
                    self.as_role(role, self.users[other].partner_id).write,
                    {"email": "me@example.com"},
                )

    def test_the_password_typed_for_a_new_account_opens_it(self):
        users = self.as_role("system", self.env["res.users"])
        made = users.create(
            {"name": "新人", "login": "new_typed", "new_password": "a long password"}
        )
        for typed in ("a long password", "another password"):
            credential = {"login": "new_typed", "password": typed, "type": "password"}
            made.with_user(made)._check_credentials(credential, {"interactive": True})
            made.write({"new_password": "another password"})

    def test_system_administrator_opens_and_closes_accounts_without_rights(self):
        users = self.as_role("system", self.env["res.users"])
        made = users.create({"name": "新人", "login": "new_cadre", "password": "a long password"})
        self.assertEqual(made.sudo().group_ids, self.env.ref("base.group_user"))
        made.write({"password": "another long password"})
        made.active = False
        self.assertEqual(len(self._logged("account_change", made)), 2)
        for values in self._changes():
            self._refused(users.create, {"name": "x", "login": "new_other", **values})
        forged = users.with_context(
            default_group_ids=[Command.set(self.env.ref("base.group_system").ids)]
        )
        self._refused(forged.create, {"name": "x", "login": "new_other"})
        forged = users.with_context(default_jurisdiction_ids=[Command.set(self.north.ids)])
        self._refused(forged.create, {"name": "x", "login": "new_other"})
        self._refused(self.as_role("system", self.users["admin"]).copy)
        self.assertFalse(self.env["res.users"].search([("login", "=", "new_other")]))

    def test_a_forged_context_opens_nothing(self):
        for token in (True, "RIGHTS_TOKEN", 1):
            forged = self.as_role("system", self.target).with_context(yst_rights=token)
            self._refused(forged.write, self._changes()[0])

    def test_role_lines_obey_the_same_rules_and_count_at_once(self):
        lines = self.env["res.users.role.line"]
        values = {"role_id": self.leader_role.id, "user_id": self.target.id}
        for role in ("system", "audit", "leader", "employee"):
            self._refused(self.as_role(role, lines).create, values)
        own = {**values, "user_id": self.users["security"].id}
        self._refused(self.as_role("security", lines).create, own)
        line = self.as_role("security", lines).create(values)
        self.assertTrue(self.target.has_group("yst_base.group_leader"))
        line.date_to = fields.Date.today() - timedelta(days=1)
        self.assertFalse(self.target.has_group("yst_base.group_leader"))
        line.date_to = False
        self.assertTrue(self.target.has_group("yst_base.group_leader"))
        self._refused(line.write, {"user_id": self.users["security"].id})
        line.unlink()
        self.assertFalse(self.target.has_group("yst_base.group_leader"))
        self.assertEqual(len(self._logged()), 4)

    def test_an_expired_role_ends_by_itself_and_is_logged(self):
        self.target.role_line_ids = [
            Command.create(
                {
                    "role_id": self.leader_role.id,
                    "date_from": fields.Date.today() - timedelta(days=9),
                }
            )
        ]
        self.assertTrue(self.target.has_group("yst_base.group_leader"))
        before = len(self._logged())
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_users_role_line SET date_to = %s WHERE user_id = %s",
            [fields.Date.today() - timedelta(days=1), self.target.id],
        )
        self.env.invalidate_all()
        self.env["res.users.role"].cron_update_users()
        self.assertFalse(self.target.has_group("yst_base.group_leader"))
        self.assertEqual(len(self._logged()), before + 1)

    def test_roles_are_not_synchronised_by_anybody_over_rpc(self):
        leader = self.users["leader"]
        for role in ("employee", "system", "portal"):
            self._refused(self.as_role(role, leader).set_groups_from_roles, True)
        self.assertTrue(leader.has_group("yst_base.group_leader"))

    def test_one_power_at_most(self):
        for one in POWERS:
            for other in set(POWERS) - {one}:
                user = self.users[one]
                group = self.env.ref(f"yst_base.group_{other}_administrator")
                with self.subTest(one=one, other=other):
                    with self.assertRaises(ValidationError), self.env.cr.savepoint():
                        user.group_ids = [Command.link(group.id)]
                    with self.assertRaises(ValidationError), self.env.cr.savepoint():
                        group.user_ids = [Command.link(user.id)]
        both = [
            Command.set(
                (
                    self.env.ref("yst_base.group_system_administrator")
                    | self.env.ref("yst_base.group_audit_administrator")
                ).ids
            )
        ]
        with self.assertRaises(ValidationError):
            self.env["res.users.role"].create({"name": "x", "implied_ids": both})
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.env.ref("yst_base.group_system_administrator").implied_ids = [
                Command.link(self.env.ref("yst_base.group_audit_administrator").id)
            ]

    def test_powers_hold_nothing_of_each_other(self):
        for role in POWERS:
            groups = self.users[role].all_group_ids
            self.assertEqual(len(groups & self.env["res.users"]._powers()), 1)
            self.assertFalse(groups & self.env["res.users"]._unlimited())
            self.assertNotIn(self.env.ref("yst_base.group_cadre"), groups)

    def test_groups_are_put_together_by_the_unlimited_administrator(self):
        group = self.group_leader
        manager = new_test_user(self.env, "test_manager", "base.group_erp_manager")
        for values in (
            {"user_ids": [Command.link(self.target.id)]},
            {"all_user_ids": [Command.link(self.target.id)]},
            {"implied_ids": [Command.link(self.env.ref("base.group_system").id)]},
        ):
            for user in (manager, self.users["security"], self.users["system"]):
                with self.subTest(user=user.login, values=values):
                    self._refused(group.with_user(user).write, values)
        self._refused(
            self.env["res.groups"].with_user(manager).create,
            {"name": "x", "user_ids": [Command.link(manager.id)]},
        )
        admin = self.as_role("admin", group)
        admin.write({"user_ids": [Command.link(self.target.id)]})
        self.assertTrue(self.target.has_group("yst_base.group_leader"))
        self._refused(admin.write, {"user_ids": [Command.link(self.users["admin"].id)]})

    def test_users_keep_their_preferences(self):
        before = self._logged(user=self.users["cadre"])
        for role in ("cadre", "security", "portal"):
            own = self.as_role(role, self.users[role])
            own.write({"signature": "<p>x</p>", "tz": "Asia/Shanghai"})
        inbox = self.as_role("cadre", self.users["cadre"])
        inbox.write({"notification_type": "inbox"})
        self.assertEqual(self.users["cadre"].notification_type, "inbox")
        self.assertEqual(self._logged(user=self.users["cadre"]), before)

    def test_everyday_writes_cost_little(self):
        """Watching rights costs nothing where none are written."""
        cadre = self.users["cadre"]
        cadre.tz = "UTC"
        self.env.flush_all()

        def cost(timezone):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            cadre.write({"tz": timezone})
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        cost("Asia/Shanghai")
        self.assertLess(cost("UTC"), 15)


@tagged("post_install", "-at_install")
class TestSampleUsers(BaseCase):
    def _entries(self):
        return [
            {
                "role": "测试领导",
                "login": "sample_leader",
                "password": "sample password",
                "roles": ["yst_base.role_leader"],
                "jurisdiction": ["999999001000"],
                "home": "base.action_res_users",
            },
            {
                "role": "测试居民",
                "login": "sample_resident",
                "password": "sample password",
                "portal": True,
                "resident": {
                    "identity": number(order="777"),
                    "mobile": "15400008888",
                    "area": "999999001001",
                },
            },
            {
                "role": "别的应用",
                "login": "sample_other",
                "password": "x",
                "groups": ["not_installed.group"],
            },
        ]

    def test_loading_twice_is_loading_once(self):
        users = self.env["res.users"]
        made = users._load_sample_users(self._entries())
        self.assertEqual(made.mapped("login"), ["sample_leader", "sample_resident"])
        self.assertEqual(users._load_sample_users(self._entries()), made)
        leader, resident = made
        self.assertTrue(leader.has_group("yst_base.group_leader"))
        self.assertEqual(leader.jurisdiction_ids, self.subdistrict)
        self.assertEqual(len(leader.role_line_ids), 1)
        self.assertEqual(leader.action_id.id, self.env.ref("base.action_res_users").id)
        self.assertFalse(resident.action_id)
        self.assertTrue(resident.share)
        self.assertEqual(resident.partner_id._identity_clear(), number(order="777"))
        self.assertEqual(resident.partner_id.area_id, self.north)
        self.assertFalse(users.search([("login", "=", "sample_other")]))

    def test_an_unknown_area_is_named(self):
        entries = self._entries()
        entries[0]["jurisdiction"] = ["000000000000"]
        with self.assertRaises(UserError) as caught:
            self.env["res.users"]._load_sample_users(entries)
        self.assertIn("000000000000", str(caught.exception))

    def test_the_sample_users_fit_the_sample_organisation(self):
        self.Area._import_organisation(reference_data.load("organisation.yaml"))
        entries = reference_data.load("sample_users.yaml")
        logins = [entry["login"] for entry in entries]
        self.assertEqual(len(set(logins)), len(logins))
        for entry in entries:
            self.assertTrue(entry["role"] and entry["password"] and entry["note"])
        users = self.env["res.users"]._load_sample_users(entries)
        found = set(users.mapped("login"))
        self.assertLessEqual({"resident", "resident2", "leader", "sysadmin"}, found)
        for user in users:
            entry = next(entry for entry in entries if entry["login"] == user.login)
            home = entry.get("home") and self.env.ref(entry["home"], raise_if_not_found=False)
            self.assertEqual(user.action_id.id, home.id if home else False, user.login)
