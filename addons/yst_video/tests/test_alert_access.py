import base64
import json

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .api_common import ApiCase, VideoCase, snapshot
from .api_common import jpeg as picture

MODELS = {
    "yst.video.alert": {"cadre": "r", "operator": "rw", "manager": "rw"},
    "yst.video.snapshot": {"cadre": "r", "operator": "r", "manager": "r"},
    "yst.video.still": {"cadre": "r", "operator": "r", "manager": "r"},
    "yst.video.false.reason": {"cadre": "r", "operator": "r", "manager": "rwcu"},
    "yst.video.bridge": {"cadre": "", "operator": "r", "manager": "rwcu"},
    "yst.video.correlation": {"cadre": "", "operator": "", "manager": ""},
}


@tagged("post_install", "-at_install")
class TestAlertAccess(VideoCase):
    """Who sees and changes what of alerts, pictures and bridges."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = {
            "cadre": cls.cadre,
            "operator": cls.operator,
            "manager": cls.manager,
            "leader": cls._user("v.leader", "yst_base.group_leader", cls.subdistrict),
            "approver": cls._user("v.approver", "yst_video.group_footage_approver", cls.north),
            "employee": cls._user("v.employee", "base.group_user"),
            "system": cls._user("v.system", "yst_base.group_system_administrator"),
            "security": cls._user("v.security", "yst_base.group_security_administrator"),
            "audit": cls._user("v.audit", "yst_base.group_audit_administrator"),
            "admin": cls._user("v.root", "base.group_user,base.group_system"),
            "portal": cls._user("v.portal", "base.group_portal"),
            "public": cls._user("v.public", "base.group_public"),
            "bridge": cls.bridge.user_id,
        }

    def rights(self, model, user):
        records = self.env[model].with_user(user)
        pairs = zip("rwcu", ("read", "write", "create", "unlink"), strict=True)
        return "".join(letter for letter, operation in pairs if records.has_access(operation))

    def test_every_model_for_every_role(self):
        for model, expected in MODELS.items():
            for role, user in self.people.items():
                wanted = expected.get(role, "")
                if role in ("leader", "approver"):
                    wanted = expected["cadre"]
                with self.subTest(model=model, role=role):
                    self.assertEqual(self.rights(model, user), wanted)

    def test_alerts_and_pictures_are_seen_in_ones_own_areas(self):
        north = self.made(snapshots=[snapshot()])
        south = self.made(camera=self.far, snapshots=[snapshot()])
        self.env["yst.video.still"]._want(self.camera | self.far)
        for user, alerts, cameras in (
            (self.cadre, north, self.camera),
            (self.south_cadre, south, self.far),
            (self.operator, north | south, self.camera | self.far),
            (self._user("v.nowhere", "yst_base.group_cadre"), north.browse(), self.far.browse()),
        ):
            both = (north | south).ids
            seen = self.env["yst.video.alert"].with_user(user).search([("id", "in", both)])
            self.assertEqual(seen.sorted("id"), alerts.sorted("id"))
            shots = self.env["yst.video.snapshot"].with_user(user).search(
                [("alert_id", "in", both)]
            )
            self.assertEqual(shots.alert_id.sudo().sorted("id"), alerts.sorted("id"))
            stills = self.env["yst.video.still"].with_user(user).search([])
            self.assertEqual(stills.camera_id.sudo().sorted("id"), cameras.sorted("id"))
        with self.assertRaises(AccessError):
            south.with_user(self.cadre).read(["uid"])

    def test_alerts_are_not_edited(self):
        alert = self.made()
        values = {
            "count": 1, "judgement": "true", "judged_by": self.operator.id, "order_id": False,
            "camera_id": self.far.id, "area_id": self.south.id, "snapshot_ids": [],
            "judge_note": "x", "order_due": True, "kind": "tamper",
        }
        for user in (self.operator, self.manager):
            for name, value in values.items():
                with self.subTest(name=name):
                    self.assert_refused(alert.with_user(user).write, {name: value})
            with self.assertRaises(AccessError):
                alert.with_user(user).unlink()
            with self.assertRaises(AccessError):
                alert.with_user(user).create({"uid": "x"})
            with self.assertRaises(AccessError):
                alert.with_user(user).copy()
            forged = alert.with_user(user).with_context(_yst_state_token=True)
            self.assert_refused(forged.write, {"count": 1})

    def test_nobody_reads_a_picture_through_the_orm(self):
        alert = self.made(snapshots=[snapshot()])
        shot = alert.snapshot_ids
        self.env["yst.video.still"]._put_stills(
            [{"camera": self.camera.id, "at": snapshot()["at"], "jpeg": snapshot()["jpeg"]}]
        )
        still = self.env["yst.video.still"].search([("camera_id", "=", self.camera.id)])
        self.assertTrue(still.image)
        for role, user in self.people.items():
            for record in (shot, still):
                mine = record.with_user(user)
                with self.subTest(role=role, model=record._name):
                    for call in (
                        lambda mine=mine: mine.read(["image"]),
                        lambda mine=mine: mine.web_read({"image": {}}),
                        lambda mine=mine: mine.image,
                        lambda mine=mine: mine.search_read([], ["image"]),
                        lambda mine=mine: mine.export_data(["image"]),
                        lambda mine=mine: mine.search([("image", "!=", False)]),
                        lambda mine=mine: mine.mapped("image"),
                        lambda mine=mine: mine.write({"image": False}),
                    ):
                        self.assert_refused(call)
                    try:
                        fields = mine.fields_get()
                    except AccessError:
                        fields = {}
                    self.assertNotIn("image", fields)
        # not by way of the alert either
        with self.assertRaises(AccessError):
            alert.with_user(self.operator).web_read({"snapshot_ids": {"fields": {"image": {}}}})

    def test_nobody_reads_a_picture_as_an_attachment(self):
        alert = self.made(snapshots=[snapshot()])
        Attachment = self.env["ir.attachment"]
        attachment = Attachment.sudo().search(
            [("res_model", "=", "yst.video.snapshot"), ("res_id", "=", alert.snapshot_ids.id),
             ("res_field", "=", "image")]
        )
        self.assertEqual(attachment.raw, picture())
        for role, user in self.people.items():
            mine = Attachment.with_user(user)
            with self.subTest(role=role):
                for domain in ([("id", "=", attachment.id)],
                               [("res_field", "=", "image"), ("id", "=", attachment.id)]):
                    try:
                        self.assertFalse(mine.search(domain))
                    except AccessError:
                        self.assertIn(role, ("public", "portal", "bridge"))
                with self.assertRaises(AccessError):
                    mine.browse(attachment.id).read(["raw", "datas", "checksum"])
                with self.assertRaises(AccessError):
                    mine.browse(attachment.id).write({"public": True})
                with self.assertRaises(AccessError):
                    mine.browse(attachment.id).generate_access_token()

    def test_the_operators_of_the_area_are_told(self):
        self.made()
        self.made(camera=self.far)
        told = {}
        for values in self.env.cr.precommit.data.get("bus.bus.values", []):
            message = json.loads(values["message"])
            if message["type"] == "yst_video.alert":
                partner = json.loads(values["channel"])[-1]
                told.setdefault(partner, []).append(message["payload"])
        self.assertEqual(
            {area["area"] for area in told[self.operator.partner_id.id]},
            {self.north.id, self.south.id},
        )
        self.assertEqual(
            {area["area"] for area in told[self.north_operator.partner_id.id]}, {self.north.id}
        )
        self.assertNotIn(self.cadre.partner_id.id, told)
        payload = told[self.north_operator.partner_id.id][0]
        self.assertEqual(
            set(payload), {"id", "uid", "camera", "kind", "state", "at", "area"}
        )

    def test_updates_are_not_told_and_a_storm_is_told_briefly(self):
        alert = self.made()
        self.env.cr.precommit.data.pop("bus.bus.values", None)
        self.ingest(self.report(alert.uid, 2, "update"))
        self.assertFalse(self.env.cr.precommit.data.get("bus.bus.values"))
        self.ingest(*(self.report() for _number in range(100)))
        sent = [json.loads(values["channel"])[-1]
                for values in self.env.cr.precommit.data["bus.bus.values"]]
        self.assertEqual(sent.count(self.north_operator.partner_id.id), 20)


@tagged("post_install", "-at_install")
class TestPictureRoutes(ApiCase):
    """Pictures are not fetched past the route that writes down who looked."""

    @mute_logger("odoo.http", "odoo.addons.base.models.ir_binary")
    def test_web_image_and_web_content_give_no_picture(self):
        alert = self.made(snapshots=[snapshot()])
        shot = alert.snapshot_ids
        self.env["yst.video.still"]._put_stills(
            [{"camera": self.camera.id, "at": snapshot()["at"], "jpeg": snapshot()["jpeg"]}]
        )
        still = self.env["yst.video.still"].search([("camera_id", "=", self.camera.id)])
        attachment = self.env["ir.attachment"].search(
            [("res_model", "=", shot._name), ("res_id", "=", shot.id), ("res_field", "=", "image")]
        )
        paths = [
            f"/web/image/{shot._name}/{shot.id}/image",
            f"/web/image/{shot._name}/{shot.id}/image/100x100",
            f"/web/content/{shot._name}/{shot.id}/image",
            f"/web/image?model={shot._name}&id={shot.id}&field=image",
            f"/web/content?model={shot._name}&id={shot.id}&field=image&download=true",
            f"/web/image/{still._name}/{still.id}/image",
            f"/web/content/{still._name}/{still.id}/image",
            f"/web/content/{attachment.id}",
            f"/web/image/{attachment.id}",
            f"/web/image/ir.attachment/{attachment.id}/raw",
            f"/web/content/ir.attachment/{attachment.id}/datas",
        ]
        admin = new_test_user(self.env, "v.admin", "base.group_user,base.group_system")
        for user in (self.cadre, self.operator, self.manager, admin):
            self.authenticate(user.login, user.login)
            for path in paths:
                answer = self.url_open(path)
                with self.subTest(user=user.login, path=path):
                    self.assertNotIn(picture(), answer.content)
                    self.assertNotIn(b"JFIF", answer.content)
                    self.assertNotEqual(answer.headers.get("Content-Type"), "image/jpeg")
            answer = self.url_open(
                "/web/dataset/call_kw/yst.video.snapshot/read",
                data=json.dumps({"jsonrpc": "2.0", "method": "call", "params": {
                    "model": "yst.video.snapshot", "method": "read",
                    "args": [[shot.id], ["image"]], "kwargs": {}}}),
                headers={"Content-Type": "application/json"},
            )
            self.assertIn("error", answer.json())
            self.assertNotIn(base64.b64encode(picture()).decode(), answer.text)
