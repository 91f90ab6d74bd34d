"""Who gets a picture, by which way, and that each look is written down."""

import base64
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .api_common import ApiCase, jpeg, snapshot, stamp


@tagged("post_install", "-at_install")
class TestPictureAccess(ApiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = cls._user("v.portal", "base.group_portal")
        cls.employee = cls._user("v.employee", "base.group_user")
        cls.people = [
            cls.operator, cls.north_operator, cls.manager, cls.cadre, cls.south_cadre,
            cls.portal, cls.employee,
        ]  # fmt: skip
        for user in cls.people:
            user.password = user.login
        cls.data = jpeg(30, 640, 360)

    def setUp(self):
        super().setUp()
        self.alert_of = self.made(snapshots=[snapshot(self.data)])
        self.picture = self.alert_of.snapshot_ids
        now = fields.Datetime.now() - timedelta(seconds=20)
        self.env["yst.video.still"]._put_stills(
            [{"camera": self.camera.id, "at": stamp(now),
              "jpeg": base64.b64encode(self.data).decode()}]
        )

    def get(self, path, user=None, **headers):
        self.authenticate(user.login, user.login) if user else self.logout()
        return self.url_open(path, headers=headers, allow_redirects=False)

    def lines(self, user, what):
        return self.env["yst.video.view.log"].search(
            [("user_id", "=", user.id), ("what", "=", what)]
        )

    def test_a_snapshot_goes_to_those_who_may_read_its_alert(self):
        path = f"/yst/video/snapshot/{self.picture.id}"
        expected = {
            self.operator: 200, self.north_operator: 200, self.manager: 200, self.cadre: 200,
            self.south_cadre: 404, self.portal: 404, self.employee: 404,
        }  # fmt: skip
        for user, status in expected.items():
            with self.subTest(user.login):
                answer = self.get(path, user)
                self.assertEqual(answer.status_code, status)
                self.assertEqual(len(self.lines(user, "snapshot")), int(status == 200))
                self.assertEqual(answer.content == self.data, status == 200)
        self.assertEqual(self.get(path).status_code, 303)  # to the login

    def test_what_is_written_down(self):
        self.get(f"/yst/video/snapshot/{self.picture.id}", self.cadre)
        line = self.lines(self.cadre, "snapshot")
        self.assertEqual(line.purpose, "alert")
        self.assertEqual(line.camera_id, self.camera)
        self.assertEqual((line.res_model, line.res_id), (self.picture._name, self.picture.id))
        self.assertEqual(line.ip, "127.0.0.1")

    def test_the_handler_of_the_order_sees_its_pictures_from_another_area(self):
        order = self.env["yst.order"]._dispatch_batch(
            [(self.alert_of, {
                "name": "人群聚集", "area_id": self.north.id, "user_id": self.south_cadre.id,
                "category_id": self.env.ref("yst_order.category_crowd").id,
            })]
        )
        self.assertEqual(order.user_id, self.south_cadre)
        self.alert_of.sudo().order_id = order
        answer = self.get(f"/yst/video/snapshot/{self.picture.id}", self.south_cadre)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(self.lines(self.south_cadre, "snapshot").purpose, "order")
        # the alert itself stays closed to them
        with self.assertRaises(AccessError):
            self.alert_of.with_user(self.south_cadre).read(["kind"])

    def test_the_department_of_the_order_sees_its_pictures(self):
        """Also before anybody of it has accepted the order."""
        department = self.env["hr.department"].create({"name": "测试城管办"})
        self.env["hr.employee"].create(
            {"name": "v.south", "user_id": self.south_cadre.id, "department_id": department.id}
        )
        order = self.env["yst.order"]._dispatch_batch(
            [(self.alert_of, {"department_id": department.id})]
        )
        self.alert_of.sudo().order_id = order
        shown = order.with_user(self.south_cadre).sudo(False).order_pictures()
        path = f"/yst/video/snapshot/{self.picture.id}"
        self.assertEqual([one["url"] for one in shown], [path])
        self.assertEqual(self.get(path, self.south_cadre).content, self.data)
        self.assertEqual(self.lines(self.south_cadre, "snapshot").purpose, "order")
        self.assertEqual(self.get(path, self.employee).status_code, 404)

    def test_headers(self):
        answer = self.get(f"/yst/video/snapshot/{self.picture.id}", self.cadre)
        self.assertEqual(answer.headers["Content-Type"], "image/jpeg")
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        self.assertIn("no-store", answer.headers["Cache-Control"])
        self.assertIn("sandbox", answer.headers["Content-Security-Policy"])
        again = self.get(
            f"/yst/video/snapshot/{self.picture.id}", self.cadre,
            **{"If-None-Match": answer.headers["ETag"]},
        )
        self.assertEqual((again.status_code, again.content), (304, b""))

    def test_small_pictures(self):
        full = self.get(f"/yst/video/snapshot/{self.picture.id}", self.cadre)
        small = self.get(f"/yst/video/snapshot/{self.picture.id}?size=160", self.cadre)
        odd = self.get(f"/yst/video/snapshot/{self.picture.id}?size=9999", self.cadre)
        self.assertLess(len(small.content), len(full.content))
        self.assertEqual(odd.content, full.content)
        self.assertNotEqual(small.headers["ETag"], full.headers["ETag"])

    def test_no_other_way_leads_to_the_bytes(self):
        still = self.env["yst.video.still"].search([("camera_id", "=", self.camera.id)])
        attachment = self.env["ir.attachment"].sudo().search(
            [("res_model", "=", "yst.video.snapshot"), ("res_id", "=", self.picture.id),
             ("res_field", "=", "image")]
        )
        for user in (self.operator, self.manager, self.cadre):
            with self.subTest(user.login), mute_logger("odoo.http", "odoo.addons.base"):
                for record in (self.picture, still):
                    with self.assertRaises(AccessError):
                        record.with_user(user).read(["image"])
                with self.assertRaises(AccessError):
                    attachment.with_user(user).read(["raw"])
                for path in (
                    f"/web/image/yst.video.snapshot/{self.picture.id}/image",
                    f"/web/content/yst.video.snapshot/{self.picture.id}/image",
                    f"/web/content/yst.video.still/{still.id}/image",
                    f"/web/content/{attachment.id}",
                ):
                    self.assertNotIn(self.data, self.get(path, user).content, path)

    def test_a_still_needs_a_purpose(self):
        path = f"/yst/video/still/{self.camera.id}"
        self.assertEqual(self.get(path, self.cadre).status_code, 403)
        self.assertFalse(self.lines(self.cadre, "still"))
        answer = self.get(f"{path}?purpose=maintenance", self.cadre)
        self.assertEqual((answer.status_code, answer.content), (200, self.data))
        self.assertTrue(20 <= int(answer.headers["X-Age"]) < 80)
        self.assertEqual(self.lines(self.cadre, "still").purpose, "maintenance")
        for bad in ("other", "anything", ""):
            self.assertEqual(self.get(f"{path}?purpose={bad}", self.cadre).status_code, 403)

    def test_a_still_of_another_area_does_not_exist(self):
        path = f"/yst/video/still/{self.camera.id}?purpose=duty"
        for user in (self.south_cadre, self.portal, self.employee):
            self.assertEqual(self.get(path, user).status_code, 404)
        self.assertEqual(self.get("/yst/video/still/999999999?purpose=duty", self.cadre)
                         .status_code, 404)
