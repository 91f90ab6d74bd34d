"""What the tests of applications share: people of every kind, items, short ways through them."""

from datetime import timedelta

from odoo.fields import Command, Datetime
from odoo.tests import TransactionCase, new_test_user

from odoo.addons.yst_base.tests.common import KeyMixin, number

from .portal_common import paper

PASSWORD = "Test-Password-2026"


class CaseWorld:
    """Two communities, a clerk in each, a manager, a leader, two residents, three items."""

    @classmethod
    def _make_world(cls):
        env = cls.env
        Area = env["yst.area"]
        cls.subdistrict = Area.create(
            {"name": "测试街道", "code": "998999001000", "kind": "subdistrict"}
        )
        cls.north, cls.south = Area.create([
            {"name": name, "code": code, "kind": "community", "parent_id": cls.subdistrict.id}
            for name, code in (("测试北社区", "998999001001"), ("测试南社区", "998999001002"))
        ])
        cls.clerk = cls._user("t.clerk", "yst_service.group_service_clerk", cls.north)
        cls.other_clerk = cls._user("t.clerk2", "yst_service.group_service_clerk", cls.south)
        cls.manager = cls._user("t.manager", "yst_service.group_service_manager", cls.subdistrict)
        cls.leader = cls._user("t.leader", "yst_base.group_leader", cls.subdistrict)
        cls.cadre = cls._user("t.cadre", "yst_base.group_cadre", cls.north)
        cls.homeless_clerk = cls._user("t.clerk3", "yst_service.group_service_clerk")
        cls.employee = cls._user("t.employee", "base.group_user")
        cls.resident = cls._resident_user("t.resident", number(order="121"))
        cls.neighbour = cls._resident_user("t.neighbour", number(order="122"))
        cls.full = cls._item("901", "full", materials=3)
        cls.visit = cls._item("902", "prereview", materials=2)
        cls.guide = cls._item("903", "guide", materials=1)
        cls.blurred = env.ref("yst_service.reason_blurred")
        cls.photo = paper((1200, 1601))

    @classmethod
    def _user(cls, login, groups, area=None):
        user = new_test_user(cls.env, login, groups, password=PASSWORD, name=login,
                             email=f"{login}@example.com", lang="en_US", tz="Asia/Shanghai")
        if area:
            user.jurisdiction_ids = [Command.set(area.ids)]
        return user

    @classmethod
    def _resident_user(cls, login, identity):
        user = cls._user(login, "base.group_portal")
        user.partner_id.write({"is_resident": True, "area_id": cls.north.id})
        user.partner_id._set_identity("resident_id", identity)
        user.partner_id._set_mobile("13800001234")
        return user

    @classmethod
    def _item(cls, code, online, materials=2, promised=5):
        category = cls.env["yst.service.category"].search([], limit=1)
        item = cls.env["yst.service.item"].create(
            {"code": f"{category.code}-{code}", "category_id": category.id}
        )
        version = cls.env["yst.service.item.version"].create({
            "item_id": item.id,
            "name": f"测试事项{code}",
            "kind": "public",
            "audience": "本街道居民",
            "steps": "提交\n审查",
            "legal_limit": 20,
            "promised_limit": promised,
            "fee": "不收费",
            "result": "办理结果通知书",
            "online": online,
            "visits": 0 if online == "full" else 1,
            "home_visit": online != "full",
            "material_ids": [
                Command.create({
                    "name": f"测试材料{count}",
                    "form": "original",
                    "required": count < max(materials, 2),
                })
                for count in range(1, materials + 1)
            ],
        })
        version.action_publish()
        return item

    # --- short ways

    def draft(self, item=None, user=None):
        """A resident's draft, as the controller gets it: sudo, with the resident as user."""
        user = user or self.resident
        cases = self.env["yst.service.case"].with_user(user).sudo()
        return cases._draft_for(user.partner_id, item or self.full)

    def filled(self, item=None, user=None, photos=False):
        """A draft with everything required; ``photos``: real ones, else only marked so."""
        case = self.draft(item, user)
        for line in case.line_ids.filtered("required"):
            if photos:
                line._upload(self.photo, f"{line.name}.jpg")
            else:
                line.sudo().state = "uploaded"
        return case

    def submitted(self, item=None, user=None, photos=False):
        case = self.filled(item, user, photos)
        case.action_submit()
        return self.as_clerk(case)

    def as_clerk(self, case, user=None):
        return case.with_user(user or self.clerk).sudo(False)

    def as_resident(self, case, user=None):
        return case.with_user(user or self.resident).sudo()

    def accepted(self, item=None, user=None):
        case = self.submitted(item, user)
        case.action_accept_all_materials()
        case.action_accept()
        return case

    def completed(self, item=None, user=None):
        case = self.accepted(item, user)
        if case.version_id.online != "full":
            case.action_start_onsite()
        case.action_complete("已办结")
        return case

    def in_correction(self, count=1, user=None):
        """An application with ``count`` of its materials rejected and the correction asked."""
        case = self.submitted(user=user)
        lines = case.line_ids.filtered(lambda line: line.state == "uploaded")
        lines[:count].action_reject_material(self.blurred, "第2页看不清")
        lines[count:].action_accept_material()
        case.action_ask_correction()
        return case

    def slot(self, area=None, capacity=2, days=3, **values):
        start = Datetime.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=days)
        return self.env["yst.service.slot"].create({
            "area_id": (area or self.north).id,
            "place": "测试大厅1号窗口",
            "start": start,
            "end": start + timedelta(hours=1),
            "capacity": capacity,
            **values,
        })

    def kinds(self, case):
        return case.sudo().event_ids.mapped("kind")


class CaseCase(KeyMixin, CaseWorld, TransactionCase):
    """Tests of applications without HTTP."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, no_reset_password=True))
        cls._make_world()
