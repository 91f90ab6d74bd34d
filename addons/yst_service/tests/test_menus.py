from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import TransactionCase, tagged

ROLES = (
    "yst_service.role_service_clerk",
    "yst_service.role_service_manager",
    "yst_base.role_leader",
    "yst_base.role_organisation_manager",
    "yst_base.role_system_administrator",
    "yst_base.role_security_administrator",
    "yst_base.role_audit_administrator",
)
POWERS = ROLES[-3:]


@tagged("post_install", "-at_install")
class TestMenus(TransactionCase):
    """Each role sees the menus that it can use, and no other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        top = cls.env["yst.area"].create(
            {"name": "样例街道", "code": "998866001000", "kind": "subdistrict"}
        )
        cls.users = {}
        for number, role in enumerate(ROLES):
            cls.users[role] = cls.env["res.users"].create(
                {
                    "name": role,
                    "login": f"t.menu.{number}",
                    "jurisdiction_ids": [Command.set(top.ids)],
                    "role_line_ids": [Command.create({"role_id": cls.env.ref(role).id})],
                }
            )

    def _menus(self, user):
        menus = self.env["ir.ui.menu"].with_user(user)
        return menus.browse(menus._visible_menu_ids())

    def test_every_menu_that_a_role_sees_opens(self):
        for role, user in self.users.items():
            for menu in self._menus(user):
                action = menu.action
                if not action or action._name != "ir.actions.act_window":
                    continue
                with self.subTest(role=role, menu=menu.sudo().complete_name):
                    data = self.env["ir.actions.actions"].with_user(user)._for_xml_id(
                        action.sudo().get_external_id()[action.id]
                    )
                    model = self.env[data["res_model"]].with_user(user)
                    model.get_views([(view, kind) for view, kind in data["views"]])
                    if not model.is_transient():
                        model.search_count([], limit=1)

    def test_apps_of_the_platform_stay_with_its_administrator(self):
        talk = self.env.ref("mail.menu_root_discuss")
        for role, user in self.users.items():
            apps = self._menus(user).filtered(lambda menu: not menu.parent_id)
            with self.subTest(role):
                foreign = [
                    name for name in (apps - talk).sudo().get_external_id().values()
                    if not name.startswith("yst_")
                ]
                self.assertFalse(foreign)
                service = self.env.ref("yst_service.menu_root")
                self.assertEqual(service in apps, role not in POWERS)

    def test_the_security_administrator_appoints_a_clerk(self):
        person = self.env["res.users"].create({"name": "新人", "login": "t.menu.new"})
        self.assertFalse(person.has_group("yst_service.group_service_clerk"))
        admin = self.users["yst_base.role_security_administrator"]
        role = self.env.ref("yst_service.role_service_clerk")
        person.with_user(admin).write(
            {"role_line_ids": [Command.create({"role_id": role.id})]}
        )
        self.assertTrue(person.has_group("yst_service.group_service_clerk"))


@tagged("post_install", "-at_install")
class TestSlotPlan(TransactionCase):
    """Times for appointments entered for a whole period."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.area = cls.env["yst.area"].create(
            {"name": "样例街道", "code": "998865001000", "kind": "subdistrict"}
        )
        cls.clerk = cls.env["res.users"].create(
            {
                "name": "窗口人员",
                "login": "t.slot.plan",
                "jurisdiction_ids": [Command.set(cls.area.ids)],
                "group_ids": [Command.set([cls.env.ref("yst_service.group_service_clerk").id])],
            }
        )

    def _plan(self, **values):
        return (
            self.env["yst.service.slot.wizard"]
            .with_user(self.clerk)
            .create(
                {
                    "area_id": self.area.id,
                    "place": "一号窗口",
                    "date_from": "2026-09-18",
                    "date_to": "2026-09-28",
                    "periods": "09:00-10:00\n14:30-15:30",
                    **values,
                }
            )
        )

    def _days(self):
        slots = self.env["yst.service.slot"].search([("area_id", "=", self.area.id)])
        return [f"{slot.start:%m-%d %H:%M}" for slot in slots]

    @freeze_time("2026-09-17 02:00:00")
    def test_working_days_of_the_office_get_their_times_once(self):
        self.env["yst.calendar.day"]._load_year(2026)
        self._plan().action_plan()
        days = sorted({day[:5] for day in self._days()})
        # the 20th is a Sunday worked for the National Day, 25–27 is Mid-Autumn
        self.assertEqual(
            days, ["09-18", "09-20", "09-21", "09-22", "09-23", "09-24", "09-28"]
        )
        self.assertEqual(self._days()[:2], ["09-18 01:00", "09-18 06:30"], "UTC")
        with self.assertRaises(UserError):
            self._plan().action_plan()
        self.assertEqual(len(self._days()), 14)

    @freeze_time("2026-09-17 02:00:00")
    def test_what_makes_no_sense_is_refused(self):
        for values in (
            {"periods": "9点到10点"},
            {"periods": "10:00-09:00"},
            {"periods": " "},
            {"date_to": "2026-09-01"},
            {"date_to": "2027-09-01"},
        ):
            with self.subTest(values), self.assertRaises(UserError):
                self._plan(**values).action_plan()
        self.assertFalse(self._days())
