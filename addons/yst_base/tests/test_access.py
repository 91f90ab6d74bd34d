from itertools import product

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import BaseCase

OPERATIONS = ("read", "write", "create", "unlink")
INTERNAL = (
    "cadre",
    "leader",
    "organisation",
    "reader",
    "system",
    "security",
    "audit",
    "employee",
    "admin",
)

# Who may do what, model by model: operation to roles. Roles that are not named may not.
ALLOWED = {
    "yst.area": {
        "read": INTERNAL,
        "write": ("organisation",),
        "create": ("organisation",),
        "unlink": ("organisation",),
    },
    "yst.audit.log": {"read": ("audit",)},
    "yst.calendar.day": {
        "read": INTERNAL,
        "write": ("organisation",),
        "create": ("organisation",),
        "unlink": ("organisation",),
    },
    "yst.clock.event": {"read": INTERNAL},
    "yst.party.organisation": {
        "read": INTERNAL,
        "write": ("organisation",),
        "create": ("organisation",),
        "unlink": ("organisation",),
    },
    "yst.number": {},
    "res.users.role": {
        "read": ("system", "security", "admin"),
        "write": ("admin",),
        "create": ("admin",),
        "unlink": ("admin",),
    },
    "res.users.role.line": dict.fromkeys(OPERATIONS, ("security", "admin")),
    "res.users": {
        "read": (*INTERNAL, "portal", "public"),
        "write": ("system", "security", "admin"),
        "create": ("system", "admin"),
        "unlink": ("admin",),
    },
    "res.partner": {
        "read": (*INTERNAL, "portal", "public"),
        "write": ("cadre", "leader", "organisation", "reader", "system", "admin"),
        "create": ("cadre", "leader", "organisation", "reader", "system", "admin"),
        "unlink": ("admin",),
    },
    "res.groups": {
        "read": INTERNAL,
        "write": ("admin",),
        "create": ("admin",),
        "unlink": ("admin",),
    },
    "res.company": {
        "read": (*INTERNAL, "portal", "public"),
        "write": ("system", "admin"),
        "create": ("admin",),
        "unlink": ("admin",),
    },
    "ir.cron": {
        "read": ("system", "admin"),
        "write": ("admin",),
        "create": ("admin",),
        "unlink": ("admin",),
    },
    "ir.logging": {
        "read": ("system", "admin"),
        "write": ("admin",),
        "create": ("admin",),
        "unlink": ("admin",),
    },
    "ir.config_parameter": dict.fromkeys(OPERATIONS, ("admin",)),
    "ir.model.access": {
        "read": ("admin",),
        "write": ("admin",),
        "create": ("admin",),
        "unlink": ("admin",),
    },
    "ir.rule": dict.fromkeys(OPERATIONS, ("admin",)),
}


@tagged("post_install", "-at_install")
class TestAccess(BaseCase):
    """Every model of this part, and those of core whose rights it changes, role by role."""

    def test_model_by_model_and_role_by_role(self):
        for model, role, operation in product(ALLOWED, self.ROLES, OPERATIONS):
            expected = role in ALLOWED[model].get(operation, ())
            with self.subTest(model=model, role=role, operation=operation):
                with mute_logger("odoo.addons.base.models.ir_model"):
                    found = (
                        self.env["ir.model.access"]
                        .with_user(self.users[role])
                        .check(model, operation, raise_exception=False)
                    )
                self.assertEqual(bool(found), expected)

    def test_areas_are_changed_by_organisation_managers_alone(self):
        values = {
            "name": "新社区",
            "code": "999999001009",
            "kind": "community",
            "parent_id": self.subdistrict.id,
        }
        for role in self.ROLES:
            area = self.as_role(role, self.south_grid)
            attempts = (
                (area.write, {"name": "x"}),
                (area.create, values),
                (area.unlink,),
            )
            if role == "organisation":
                continue
            for function, *arguments in attempts:
                with (
                    self.subTest(role=role, what=function.__name__),
                    mute_logger("odoo.addons.base.models.ir_model"),
                    self.assertRaises(AccessError),
                ):
                    function(*arguments)
        manager = self.as_role("organisation", self.Area)
        made = manager.create(values)
        made.name = "改名社区"
        made.unlink()

    def test_residents_of_other_areas_are_not_changed(self):
        here, there = self._resident(area=self.north_grid), self._resident(area=self.south_grid)
        nowhere = self._resident()
        for role, mine in (
            ("cadre", here | nowhere),
            ("reader", here | nowhere),
            ("leader", here | there | nowhere),
            ("organisation", here | there | nowhere),
            ("system", nowhere),
        ):
            for partner in here | there | nowhere:
                with self.subTest(role=role, area=partner.area_id.name):
                    found = self.as_role(role, partner).has_access("write")
                    self.assertEqual(found, partner in mine)

    def test_residents_see_themselves_alone(self):
        own = self.users["portal"].partner_id
        own.is_resident = True
        other = self._resident(area=self.north)
        partners = self.as_role("portal", self.env["res.partner"])
        self.assertEqual(partners.search([("is_resident", "=", True)]).ids, own.ids)
        for operation in OPERATIONS:
            self.assertFalse(self.as_role("portal", other).has_access(operation))
        for operation in ("write", "create", "unlink"):
            self.assertFalse(self.as_role("portal", own).has_access(operation))
        with self.assertRaises(AccessError):
            self.as_role("portal", other).read(["name"])
        self.assertFalse(
            self.as_role("public", self.env["res.partner"]).search([("is_resident", "=", True)])
        )

    def test_private_methods_are_not_called_from_outside(self):
        """What the numbers are protected by is not reachable as a remote call."""
        from odoo.service.model import get_public_method

        hidden = {
            "res.partner": (
                "_set_identity",
                "_set_mobile",
                "_identity_clear",
                "_mobile_clear",
                "_search_by_identity",
                "_search_by_mobile",
                "_rekey_numbers",
                "_write_numbers",
                "_vault",
            ),
            "yst.audit.log": ("_log",),
            "yst.area": ("_import_organisation", "_load_demo"),
            "res.users": ("_load_sample_users", "_settle_rights", "_watch_rights"),
        }
        for model, names in hidden.items():
            for name in names:
                with self.subTest(model=model, name=name), self.assertRaises(AccessError):
                    get_public_method(self.env[model], name)
