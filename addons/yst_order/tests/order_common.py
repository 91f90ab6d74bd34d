"""What the tests of orders share: two communities, people of every kind, short ways."""

import base64
import io
import json
from datetime import datetime

from PIL import ExifTags, Image, ImageDraw

from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user

from odoo.addons.yst_base.tests.common import KeyMixin
from odoo.addons.yst_base.tests.sample_models import add_models

from .order_models import SampleSource

PASSWORD = "Test-Password-2026"
#: A Tuesday, 10:00 in Shanghai; the year's holidays are known.
TUESDAY = datetime(2026, 11, 24, 2, 0)


def picture(shade=120, taken=None):
    """A photo large and sharp enough to be taken without complaint.

    :param taken: what the camera's clock said, e.g. "2026:11:24 10:30:00"
    """
    image = Image.new("RGB", (1200, 900), (shade, 150, 180))
    draw = ImageDraw.Draw(image)
    for step in range(0, 1200, 12):
        draw.line((step, 0, 1200 - step, 900), fill=(20, 20, 20), width=3)
    out = io.BytesIO()
    exif = Image.Exif()
    if taken:
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken
    image.save(out, "JPEG", quality=90, exif=exif)
    return base64.b64encode(out.getvalue()).decode()


class OrderCase(KeyMixin, TransactionCase):
    """A subdistrict with two communities, its desk, a cadre in each, a department."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context={**cls.env.context, "no_reset_password": True, "lang": "en_US"}
        )
        env = cls.env
        Area = env["yst.area"]
        cls.subdistrict = Area.create(
            {"name": "测试街道", "code": "997999001000", "kind": "subdistrict"}
        )
        cls.north, cls.south = Area.create([
            {"name": name, "code": code, "kind": "community", "parent_id": cls.subdistrict.id}
            for name, code in (("测试北社区", "997999001001"), ("测试南社区", "997999001002"))
        ])
        cls.grid = Area.create({"name": "第1网格", "code": "997999001001001", "kind": "grid",
                                "parent_id": cls.north.id})
        dispatcher = "yst_order.group_order_dispatcher"
        cls.desk = cls._user("o.desk", dispatcher, cls.subdistrict)
        cls.desk2 = cls._user("o.desk2", dispatcher, cls.subdistrict)
        cls.manager = cls._user("o.manager", "yst_order.group_order_manager", cls.subdistrict)
        cls.leader = cls._user("o.leader", "yst_base.group_leader", cls.subdistrict)
        cls.cadre = cls._user("o.cadre", "yst_base.group_cadre", cls.north)
        cls.colleague = cls._user("o.colleague", "yst_base.group_cadre", cls.north)
        cls.other = cls._user("o.other", "yst_base.group_cadre", cls.south)
        cls.other_desk = cls._user("o.otherdesk", dispatcher, cls.south)
        cls.homeless = cls._user("o.homeless", dispatcher)
        cls.employee = cls._user("o.employee", "base.group_user")
        cls.department = env["hr.department"].create({"name": "测试城管办"})
        cls.officer = cls._user("o.officer", "yst_base.group_cadre", cls.south)
        env["hr.employee"].create({"name": "o.officer", "user_id": cls.officer.id,
                                   "department_id": cls.department.id})
        cls.crowd = env.ref("yst_order.category_crowd")  # urgent, no photo
        cls.street = env.ref("yst_order.category_street")  # ordinary, photo
        cls.dispute = env.ref("yst_order.category_dispute")  # ordinary, no photo
        add_models(cls, SampleSource)
        env["ir.rule"].create({
            "name": "sample source",
            "model_id": env["ir.model"]._get_id(SampleSource._name),
            "groups": [Command.link(env.ref("yst_base.group_cadre").id)],
            "domain_force": "user._jurisdiction_domain()",
        })
        cls.Source = env[SampleSource._name]
        cls.photo = picture()

    @classmethod
    def _user(cls, login, groups, area=None):
        user = new_test_user(cls.env, login, groups, name=login, lang="en_US", password=PASSWORD,
                             tz="Asia/Shanghai", email=f"{login}@example.com")
        if area:
            user.jurisdiction_ids = [Command.set(area.ids)]
        return user

    def as_user(self, user, records=None):
        """The records, or the orders' model, as the web client of a user has them."""
        records = self.env["yst.order"] if records is None else records
        return records.with_user(user).sudo(False)

    def draft(self, area=None, count=1, **values):
        return self.as_user(self.desk).create([
            {"name": f"测试任务{index}", "area_id": (area or self.north).id,
             "category_id": self.dispute.id, **values}
            for index in range(count)
        ])

    def dispatched(self, area=None, count=1, **values):
        orders = self.draft(area, count, **values)
        orders.action_dispatch()
        return orders

    def accepted(self, area=None, count=1, user=None, **values):
        orders = self.dispatched(area, count, **values)
        self.as_user(user or self.cadre, orders).action_accept()
        return orders

    def reported(self, **values):
        orders = self.accepted(**values)
        self.as_user(self.cadre, orders).action_feedback("已到现场处理")
        return orders

    def source(self, area=None, count=1, name="测试告警"):
        return self.Source.create(
            [{"name": f"{name}{n}", "area_id": (area or self.north).id} for n in range(count)]
        )

    def inbox(self, user):
        """What a user has been told, oldest first."""
        notices = self.env["mail.notification"].search(
            [("res_partner_id", "=", user.partner_id.id),
             ("mail_message_id.model", "=", "yst.order")], order="id"
        )
        return [str(message.body) for message in notices.mail_message_id.sorted("id")]

    def bus(self):
        """The payloads of ``yst_order.changed`` that this transaction will send."""
        sent = []
        for values in self.env.cr.precommit.data.get("bus.bus.values", []):
            message = json.loads(values["message"])
            if message["type"] == "yst_order.changed":
                sent.append((json.loads(values["channel"]), message["payload"]))
        return sent
