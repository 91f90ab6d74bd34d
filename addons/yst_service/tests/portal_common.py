"""What the tests of the resident's pages share: people, an item, photos, a phone."""

import io
import json
from datetime import timedelta

import numpy
from PIL import Image, ImageDraw

from odoo import http
from odoo.fields import Command, Datetime
from odoo.tests import HttpCase, new_test_user

from odoo.addons.yst_base.tests.common import KeyMixin, number

PASSWORD = "resident2026"
JSON = {"Accept": "application/json"}


def paper(size=(1200, 1600), quality=90, mode="JPEG", **save):
    """A sharp, light photo of a page with writing on it."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for row in range(60, size[1] - 60, 40):
        for column in range(60, size[0] - 60, 26):
            draw.rectangle(
                (column, row, column + (column * row) % 17 + 4, row + (column + row) % 13 + 8),
                fill="black",
            )
    out = io.BytesIO()
    image.save(out, mode, quality=quality, **save)
    return out.getvalue()


def noise(size, mode="JPEG", **save):
    """A photo that hardly compresses."""
    rng = numpy.random.default_rng(20261124)
    image = Image.fromarray(rng.integers(0, 255, (size[1], size[0], 3), dtype=numpy.uint8))
    out = io.BytesIO()
    image.save(out, mode, **save)
    return out.getvalue()


def pdf(pages=1):
    """A small PDF with as many white pages."""
    from pypdf import PdfWriter

    writer = PdfWriter()
    for _page in range(pages):
        writer.add_blank_page(width=595, height=842)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


class PortalCase(KeyMixin, HttpCase):
    """Two residents with accounts, a clerk, a published item with three materials."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, no_reset_password=True))
        cls.env["ir.config_parameter"].set_param("base.login_cooldown_after", 0)
        Area = cls.env["yst.area"]
        cls.subdistrict = Area.create(
            {"name": "测试街道", "code": "999999001000", "kind": "subdistrict"}
        )
        cls.north, cls.south = Area.create([
            {"name": name, "code": code, "kind": "community", "parent_id": cls.subdistrict.id}
            for name, code in (("测试北社区", "999999001001"), ("测试南社区", "999999001002"))
        ])
        cls.one = cls._account("resident.one", "居民甲（示例）", number(order="123"))
        cls.two = cls._account("resident.two", "居民乙（示例）", number(order="124"))
        cls.clerk = new_test_user(
            cls.env, "clerk.north", "yst_service.group_service_clerk", name="窗口人员（示例）",
            password=PASSWORD,
        )
        cls.clerk.jurisdiction_ids = [Command.set(cls.subdistrict.ids)]
        cls.item = cls._item("901", "测试高龄津贴申领", "full")
        cls.visit_item = cls._item("902", "测试就业困难认定", "prereview")
        cls.reason = cls.env["yst.service.reason"].search([("kind", "=", "material")], limit=1)

    @classmethod
    def _account(cls, login, name, identity=None):
        user = new_test_user(
            cls.env, login, "base.group_portal", name=name, password=PASSWORD,
            email=f"{login}@example.com", lang="en_US",
        )
        user.partner_id.write({"is_resident": True, "area_id": cls.north.id})
        if identity:
            user.partner_id._set_identity("resident_id", identity)
            user.partner_id._set_mobile("13800005678")
        return user

    @classmethod
    def _item(cls, code, name, online):
        category = cls.env["yst.service.category"].search([], limit=1)
        item = cls.env["yst.service.item"].create({
            "code": f"{category.code}-{code}", "category_id": category.id
        })
        version = cls.env["yst.service.item.version"].create({
            "item_id": item.id,
            "name": name,
            "kind": "public",
            "audience": "本街道居民",
            "conditions": "年满80周岁",
            "steps": "网上提交\n窗口审查",
            "legal_limit": 20,
            "promised_limit": 5,
            "legal_basis": "示例依据",
            "fee": "不收费",
            "result": "办理结果通知",
            "online": online,
            "visits": 0 if online == "full" else 1,
            "home_visit": online != "full",
            "material_ids": [
                Command.create({"name": name, "form": "original", "required": required})
                for name, required in (
                    ("测试身份证", True), ("测试户口簿", True), ("测试其他证明", False)
                )
            ],
        })
        version.action_publish()
        return item

    # ---------------------------------------------------------------- the phone

    def login_as(self, user):
        self.authenticate(user.login, PASSWORD)

    def get(self, path, **kwargs):
        return self.url_open(path, allow_redirects=False, **kwargs)

    def post(self, path, data=None, files=None, token=True, headers=JSON):
        """POST as our scripts do: multipart with the token of the page."""
        data = dict(data or {})
        if token:
            data["csrf_token"] = http.Request.csrf_token(self)
        files = files or {"_": ("", b"")}
        return self.url_open(
            path, data=data, files=files, headers=headers, allow_redirects=False, timeout=60
        )

    def answer(self, response, status=200):
        """The JSON of an answer, whose status must be as told."""
        self.assertEqual(response.status_code, status, response.text[:500])
        self.assertEqual(response.headers["Content-Type"].split(";")[0], "application/json")
        self.assertIn("no-store", response.headers.get("Cache-Control", ""))
        return json.loads(response.text)

    def refused(self, response, code=None, field=None, status=422):
        """A structured refusal: code, message, field, and not a word more."""
        error = self.answer(response, status)["error"]
        self.assertTrue(error["message"])
        for name, wanted in (("code", code), ("field", field)):
            if wanted:
                self.assertEqual(error[name], wanted, error)
        self.assertNotIn("Traceback", response.text)
        return error

    # ---------------------------------------------------------------- applications

    def draft(self, user=None, item=None):
        """A draft of a resident, opened through its page."""
        self.login_as(user or self.one)
        item = item or self.item
        response = self.get(f"/my/apply/{item.code}")
        self.assertEqual(response.status_code, 303)
        return self.env["yst.service.case"].search([
            ("applicant_id", "=", (user or self.one).partner_id.id), ("item_id", "=", item.id),
            ("state", "=", "draft"),
        ])

    def upload(self, case, line, data, filename="photo.jpg"):
        return self.post(
            f"/my/apply/{case.id}/upload",
            {"line": str(line.id)},
            {"file": (filename, data, "application/octet-stream")},
        )

    def filled(self, user=None, item=None):
        """A draft with everything that is required."""
        case = self.draft(user, item)
        self.answer(self.post(f"/my/apply/{case.id}/who", {"on_behalf": "0"}))
        self.answer(self.post(f"/my/apply/{case.id}/details", {"area_id": str(self.north.id)}))
        for count, line in enumerate(case.line_ids.filtered("required")):
            self.answer(self.upload(case, line, paper((1200, 1600 + count))))
        return case

    def handed_in(self, user=None, item=None):
        case = self.filled(user, item)
        self.answer(self.post(f"/my/apply/{case.id}/check", {"declared": "1"}))
        case.invalidate_recordset()
        self.assertEqual(case.state, "submitted")
        return case

    def as_clerk(self, records):
        return records.with_user(self.clerk)

    def slot(self, kind="window", capacity=2, days=3):
        start = Datetime.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=days)
        return self.env["yst.service.slot"].create({
            "kind": kind, "area_id": self.subdistrict.id, "place": "测试大厅",
            "start": start, "end": start + timedelta(hours=1), "capacity": capacity,
        })
