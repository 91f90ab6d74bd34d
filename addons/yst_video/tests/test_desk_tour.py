"""The operator's desk in Chromium, at a desk and on a phone."""

import base64
import io
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .. import clip_upload, sample_picture
from .api_common import NOON, ApiCase, jpeg, snapshot, stamp
from .clip_common import clip_file

PHONE = "360x740"
DESK = "1366x768"


@tagged("post_install", "-at_install")
class TestDeskTour(ApiCase):
    def setUp(self):
        super().setUp()
        self.foreign = []
        self.operator.password = self.operator.login
        # only what the test makes is to be judged
        self.env.cr.execute("UPDATE yst_video_alert SET judgement = 'true'")
        self.env.invalidate_all()

    def fetch_proxy(self, url):
        """Whatever the browser asks of another host."""
        self.foreign.append(url)
        return super().fetch_proxy(url)

    def walk(self, path, tour, size):
        self.browser_size = size
        self.touch_enabled = size == PHONE
        self.start_tour(path, tour, login=self.operator.login, timeout=120)
        self.assertEqual(self.foreign, [], "a page asked another host")
        self.env.invalidate_all()

    def alerts(self):
        now = fields.Datetime.now()
        made = self.env["yst.video.alert"]
        for number, kind in enumerate(("crowd", "no_mask", "tamper")):
            data, boxes = sample_picture.draw(kind, 4)
            at = now - timedelta(minutes=number)
            made |= self.made(
                kind=kind, rule=self._rule(self.camera, kind=kind), boxes=boxes,
                started_at=stamp(at), at=at, snapshots=[snapshot(data, at=at)],
            )
        return made

    def judge(self, size):
        crowd, mask, tamper = self.alerts()
        self.walk("/odoo/video-alerts", "yst_operator_judges", size)
        self.assertEqual((crowd.judgement, crowd.judged_by), ("true", self.operator))
        self.assertEqual(mask.judgement, "false")
        self.assertTrue(mask.judge_reason_id)
        self.assertEqual(tamper.judgement, "pending")
        looks = self.env["yst.video.view.log"].search(
            [("user_id", "=", self.operator.id), ("what", "=", "snapshot")]
        )
        self.assertEqual(
            set(looks.mapped("res_id")), set((crowd | mask | tamper).snapshot_ids.ids)
        )

    def test_alerts_are_judged_at_a_desk(self):
        self.judge(DESK)

    def test_alerts_are_judged_on_a_phone(self):
        self.judge(PHONE)

    def watch(self, size):
        data, _boxes = sample_picture.draw("wall", 3)
        now = fields.Datetime.now()
        self.env["yst.video.still"]._put_stills(
            [{"camera": camera.id, "at": stamp(now), "jpeg": base64.b64encode(data).decode()}
             for camera in self.camera | self.far]
        )
        for camera, online in ((self.camera, True), (self.far, False)):
            camera.health_id.sudo().write(
                {"online": online, "lease_until": now + timedelta(minutes=10)}
            )
        self.walk("/odoo/video-wall", "yst_operator_watches", size)
        lines = self.env["yst.video.view.log"].search([("user_id", "=", self.operator.id)])
        self.assertEqual(set(lines.mapped("what")), {"wall"})
        self.assertEqual(lines.camera_id, self.camera | self.far)

    def test_the_wall_at_a_desk(self):
        self.watch(DESK)

    def test_the_wall_on_a_phone(self):
        self.watch(PHONE)

    def test_a_picture_is_made_unrecognisable_with_the_mouse(self):
        head = {"x": 0.3, "y": 0.1, "w": 0.1, "h": 0.4, "score": 0.9, "label": "person"}
        alert = self.made(boxes=[head], snapshots=[snapshot(jpeg(width=640, height=360))])
        upload = clip_upload.Upload(io.BytesIO(clip_file()))
        self.addCleanup(upload.close)
        self.env["yst.video.clip"].sudo()._take(alert.uid, upload, NOON, 15.0, "h264")
        request = self.env["yst.video.footage.request"].with_user(self.operator).create({
            "kind": "office", "applicant_name": "本单位", "reason": "核查", "content": "画面",
            "camera_ids": [Command.set(self.camera.ids)], "document_kind": "other",
            "start": NOON - timedelta(minutes=5), "stop": NOON + timedelta(minutes=5),
        })
        request.action_submit()
        approver = self._user(
            "v.approver", "yst_video.group_footage_approver", self.subdistrict)
        request.with_user(approver).action_approve()
        model = type(request)
        with patch.object(model, "footage_export", autospec=True,
                          side_effect=model.footage_export) as export:
            self.walk(
                f"/odoo/video-footage/{request.id}", "yst_operator_makes_unrecognisable", DESK)
        given = export.call_args.kwargs
        self.assertEqual(given["clear_boxes"], [0])
        (drawn,) = given["rectangles"]
        for side, wanted in {"x": 0.6, "y": 0.6, "w": 0.3, "h": 0.3}.items():
            self.assertAlmostEqual(drawn[side], wanted, delta=0.01)
        self.assertEqual(len(request.sudo().file_ids), 1)
