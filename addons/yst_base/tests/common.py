import os
import tempfile

from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user

from .. import identity, vault


def number(area="610902", born="19560315", order="901"):
    """A valid identity number of 18 characters."""
    body = f"{area}{born}{order}"
    return body + identity.check_character(body)


class KeyMixin:
    """Gives a test class a key file of its own."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.key_file = os.path.join(folder.name, "identity.json")
        vault.write_key_file(cls.key_file)
        before = os.environ.get("YST_KEY_FILE", "")
        os.environ["YST_KEY_FILE"] = cls.key_file
        cls.addClassCleanup(folder.cleanup)
        cls.addClassCleanup(os.environ.update, {"YST_KEY_FILE": before})
        super().setUpClass()


class BaseCase(KeyMixin, TransactionCase):
    """A subdistrict with two communities of two grids, and a user of every role."""

    ROLES = {
        "cadre": "yst_base.group_cadre",
        "leader": "yst_base.group_leader",
        "organisation": "yst_base.group_organisation_manager",
        "reader": "yst_base.group_identity_reader",
        "system": "yst_base.group_system_administrator",
        "security": "yst_base.group_security_administrator",
        "audit": "yst_base.group_audit_administrator",
        "employee": "base.group_user",
        "portal": "base.group_portal",
        "public": "base.group_public",
        "admin": "base.group_user,base.group_system",
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context=dict(cls.env.context, no_reset_password=True, tracking_disable=True)
        )
        cls.Area = cls.env["yst.area"]
        cls.subdistrict = cls._area("测试街道", "999999001000", "subdistrict")
        cls.north = cls._area("测试北社区", "999999001001", "community", cls.subdistrict)
        cls.south = cls._area("测试南社区", "999999001002", "community", cls.subdistrict)
        cls.north_grid = cls._area("第1网格", "999999001001001", "grid", cls.north)
        cls.south_grid = cls._area("第1网格", "999999001002001", "grid", cls.south)
        cls.users = {}
        for role, groups in cls.ROLES.items():
            user = new_test_user(cls.env, f"test_{role}", groups)
            if role in ("cadre", "reader"):
                user.jurisdiction_ids = [Command.set(cls.north.ids)]
            elif role in ("leader", "organisation"):
                user.jurisdiction_ids = [Command.set(cls.subdistrict.ids)]
            cls.users[role] = user

    @classmethod
    def _area(cls, name, code, kind, parent=None):
        return cls.env["yst.area"].create(
            {"name": name, "code": code, "kind": kind, "parent_id": parent and parent.id}
        )

    @classmethod
    def _resident(cls, name="张示例", area=None, **values):
        return cls.env["res.partner"].create(
            {"name": name, "is_resident": True, "area_id": area and area.id, **values}
        )

    def as_role(self, role, records):
        return records.with_user(self.users[role])
