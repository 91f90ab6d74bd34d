"""What a user of the video part could try over RPC, with a crafted context or a crafted file."""

import base64
import io
import zipfile

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .. import bridge_items, camera_sheet
from .api_common import VideoCase, jpeg
from .registry_common import RegistryCase
from .test_import import sheet


@tagged("post_install", "-at_install")
class TestHostileRegistry(RegistryCase):
    def test_what_is_worked_out_is_not_typed_in(self):
        """A camera without stream is not taken into use, a date of filing is not made away with."""
        camera = self.camera()
        camera.installed_at = fields.Datetime.now()
        theirs = self.as_role("manager", camera)
        for values in ({"has_stream": True}, {"filing_due": False}):
            with self.subTest(values=values):
                with self.assertRaises(AccessError):
                    theirs.write(values)
                with self.assertRaises(AccessError):
                    theirs.create({"name": "x", "gb_code": self.code(),
                                   "area_id": self.north.id, **values})
        with self.assertRaises(UserError):
            theirs.action_activate()

    def test_a_ticket_opens_no_other_cameras_path(self):
        own, other = self.active(self.north), self.active(self.south)
        theirs = self.as_role("manager_north", own)
        with self.assertRaises(ValidationError):
            theirs.gateway_path = other.gb_code
        other.gateway_path = "south/gate-1"
        with self.assertRaises(ValidationError):
            theirs.gateway_path = "south/gate-1"
        theirs.gateway_path = "north/gate-1"
        theirs.gateway_path = own.gb_code

    def test_bridges_are_kept_by_who_keeps_all_cameras(self):
        """A bridge's key opens the accounts of all cameras, a new one ends the one in use."""
        self.env.cr.execute("UPDATE yst_video_camera SET state = 'retired'")
        self.env.invalidate_all()
        self.camera(self.north), self.camera(self.south)
        bridge = self.env["yst.video.bridge"].create({"name": "网桥"})
        whole, part = self.as_role("manager", bridge), self.as_role("manager_north", bridge)
        whole.action_new_key()
        account = bridge.user_id
        for step in (part.action_new_key, part.action_end_key, part.unlink,
                     lambda: part.write({"active": False}), lambda: part.create({"name": "x"})):
            with self.assertRaises(AccessError):
                step()
        self.assertTrue(bridge.active and bridge.key_hint and account.active)
        whole.action_end_key()

    def test_a_sheet_that_unpacks_without_end_is_not_unpacked(self):
        out = io.BytesIO(sheet([{"gb_code": self.code(), "name": "桥头"}]))
        with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("xl/media/nothing.bin", bytes(camera_sheet.MAX_UNPACKED))
        self.assertLess(len(out.getvalue()), 2**20)
        with self.assertRaises(camera_sheet.SheetError) as caught:
            camera_sheet.read(out.getvalue())
        self.assertEqual(caught.exception.code, "file")

    def test_what_the_record_of_a_footage_request_says_is_kept(self):
        operator, approver = self.users["operator"], self.users["approver"]
        request = self.env["yst.video.footage.request"].with_user(operator).create({
            "applicant_name": "x", "unit": "x", "letter_ref": "x", "document_number": "123456",
            "reason": "x", "content": "x", "start": "2026-11-01", "stop": "2026-11-02",
            "camera_ids": [Command.set(self.active().ids)],
        })
        request.action_submit()
        line = request.message_ids.sorted("id")[-1]
        for step in (line.unlink, lambda: line.write({"body": "x"})):
            with self.assertRaises(AccessError):
                step()
        forged = request.message_post(body="批准", author_id=approver.partner_id.id)
        self.assertEqual(forged.sudo().author_id, operator.partner_id)


@tagged("post_install", "-at_install")
class TestHostileAlerts(VideoCase):
    def test_the_judging_dialog_tells_nothing_of_foreign_alerts(self):
        """However the alert gets into it: values, context, or a form that is never saved."""
        alert = self.made(self.far)
        wizards = self.env["yst.video.judge.wizard"].with_user(self.north_operator)
        spec = {"kind": {}, "started_at": {}, "camera_id": {"fields": {"display_name": {}}}}
        for step in (
            lambda: wizards.create({"alert_id": alert.id}),
            lambda: wizards.with_context(default_alert_id=alert.id).create({}),
            lambda: wizards.onchange({"alert_id": alert.id}, ["alert_id"], spec),
            lambda: wizards.with_context(default_alert_id=alert.id).onchange({}, [], spec),
        ):
            with mute_logger("odoo.models"), self.assertRaises(AccessError):
                step()

    def test_a_reason_that_somebody_is_writing_is_nobody_elses(self):
        alert = self.made()
        wizard = self.env["yst.reason.wizard"].with_user(self.operator).create({
            "step": "video_judge_false", "res_model": alert._name, "chosen": alert.ids,
            "note": "家属在场", "false_reason_id": self.env["yst.video.false.reason"].search(
                [], limit=1).id,
        })
        theirs = wizard.with_user(self.north_operator)
        self.assertFalse(theirs.search([]) & wizard)
        for step in (
            lambda: theirs.read(["note"]),
            lambda: theirs.write({"chosen": self.made(self.far).ids}),
            theirs.action_apply,
        ):
            self.env.invalidate_all()
            with mute_logger("odoo.addons.base.models.ir_rule"), self.assertRaises(AccessError):
                step()
        self.assertEqual(alert.judgement, "pending")
        wizard.action_apply()
        self.assertEqual((alert.judgement, alert.judge_note), ("false", "家属在场"))

    def test_a_picture_that_would_fill_the_memory_is_refused(self):
        data = bytearray(jpeg(width=640, height=360))
        place = data.index((360).to_bytes(2, "big") + (640).to_bytes(2, "big"))
        data[place : place + 4] = (30_000).to_bytes(2, "big") * 2
        with self.assertRaises(bridge_items.Bad) as caught:
            bridge_items.jpeg_bytes(base64.b64encode(data).decode())
        self.assertEqual(caught.exception.code, "bad_picture")


@tagged("post_install", "-at_install")
class TestHostileRequests(HttpCase):
    def test_what_is_no_question_of_the_gateway_is_answered(self):
        for body in ("[" * 9_000, '{"a":' * 1_500, "[]", "1", '"x"'):
            with self.subTest(body=body[:9]):
                answer = self.url_open("/yst/video/live/check", data=body.encode(),
                                       headers={"Content-Type": "application/json"})
                self.assertEqual(answer.status_code, 400)
