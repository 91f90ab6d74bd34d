"""What the tests of the registry share: two communities, a user of every role, short ways."""

from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user

from odoo.addons.yst_base.tests.common import KeyMixin

POLYGON = [[0.1, 0.2], [0.9, 0.2], [0.5, 0.9]]
GAUGE = [[0.5, 0.9], [0.5, 0.1]]


class RegistryCase(KeyMixin, TransactionCase):
    """A subdistrict with two communities; managers and operators of the whole and of one."""

    GROUPS = {
        "manager": "yst_video.group_video_manager",
        "operator": "yst_video.group_video_operator",
        "approver": "yst_video.group_footage_approver",
        "cadre": "yst_base.group_cadre",
        "leader": "yst_base.group_leader",
        "system": "yst_base.group_system_administrator",
        "security": "yst_base.group_security_administrator",
        "audit": "yst_base.group_audit_administrator",
        "admin": "base.group_system",
        "bridge": "yst_video.group_video_bridge",
        "employee": "base.group_user",
        "portal": "base.group_portal",
        "public": "base.group_public",
    }
    #: whose jurisdiction is the northern community; all others have the whole subdistrict
    NORTHERN = ("cadre", "operator_north", "manager_north")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context={**cls.env.context, "no_reset_password": True, "lang": "en_US"}
        )
        Area = cls.env["yst.area"]
        cls.subdistrict = Area.create(
            {"name": "登记测试街道", "code": "610902996000", "kind": "subdistrict"}
        )
        cls.north, cls.south = Area.create(
            [
                {
                    "name": name,
                    "code": code,
                    "kind": "community",
                    "parent_id": cls.subdistrict.id,
                    "latitude": 32.69,
                    "longitude": 109.03,
                }
                for name, code in (
                    ("登记北社区", "610902996001"),
                    ("登记南社区", "610902996002"),
                )
            ]
        )
        cls.users = {}
        roles = {
            **cls.GROUPS,
            "operator_north": cls.GROUPS["operator"],
            "manager_north": cls.GROUPS["manager"],
        }
        for role, groups in roles.items():
            user = new_test_user(cls.env, f"registry_{role}", groups)
            area = cls.north if role in cls.NORTHERN else cls.subdistrict
            user.jurisdiction_ids = [Command.set(area.ids)]
            cls.users[role] = user
        cls.serial = 700000

    @classmethod
    def code(cls):
        cls.serial += 1
        return f"61090200011320{cls.serial}"

    @classmethod
    def camera(cls, area=None, **values):
        return cls.env["yst.video.camera"].create(
            {
                "name": f"测试摄像头{cls.serial}",
                "gb_code": cls.code(),
                "area_id": (area or cls.north).id,
                "latitude": 32.691,
                "longitude": 109.031,
                **values,
            }
        )

    @classmethod
    def stream(cls, camera=None, address="rtsp://10.0.0.1/main", **values):
        return cls.env["yst.video.stream"].create(
            {"main_address": address, "camera_id": camera and camera.id, **values}
        )

    @classmethod
    def active(cls, area=None, **values):
        camera = cls.camera(area, **values)
        cls.stream(camera, f"rtsp://10.0.0.1/{camera.gb_code}")
        camera.action_activate()
        return camera

    @classmethod
    def zone(cls, camera, shape="polygon", **values):
        gauge = {"gauge_low": 0, "gauge_high": 3} if shape == "gauge" else {}
        return cls.env["yst.video.zone"].create(
            {
                "camera_id": camera.id,
                "name": "区域",
                "shape": shape,
                "points": GAUGE if shape == "gauge" else POLYGON,
                **gauge,
                **values,
            }
        )

    @classmethod
    def rule(cls, camera, kind="crowd", **values):
        return cls.env["yst.video.rule"].create(
            {"camera_id": camera.id, "kind": kind, **values}
        )

    def as_role(self, role, records):
        return records.with_user(self.users[role]).with_context(lang="en_US")
