"""Who gets a clip, by which way, that each look is written down, and when clips go."""

import io
import os
from contextlib import suppress
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .. import clip_upload
from .api_common import NOON, ApiCase, VideoCase
from .clip_common import clip_file


def take(case, alert, data=None, started_at=NOON, seconds=15.0):
    """The clip of an alert, as the interface stores it."""
    upload = clip_upload.Upload(io.BytesIO(data or clip_file()))
    try:
        case.env["yst.video.clip"].sudo()._take(
            alert.uid, upload, started_at=started_at, seconds=seconds, codec="h264"
        )
    finally:
        upload.close()
    return alert.clip_ids


@tagged("post_install", "-at_install")
class TestClipAccess(ApiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = cls._user("v.portal", "base.group_portal")
        cls.employee = cls._user("v.employee", "base.group_user")
        cls.approver = cls._user("v.approve", "yst_video.group_footage_approver", cls.north)
        cls.auditor = cls._user("v.audit", "yst_base.group_audit_administrator")
        cls.people = [
            cls.operator, cls.north_operator, cls.manager, cls.cadre, cls.south_cadre,
            cls.portal, cls.employee, cls.approver, cls.auditor,
        ]  # fmt: skip
        for user in cls.people:
            user.password = user.login

    def setUp(self):
        super().setUp()
        self.alert_of = self.made()
        self.data = clip_file(number=5)
        self.clip = take(self, self.alert_of, self.data)
        self.path = f"/yst/video/clip/{self.clip.id}"

    def get(self, path, user=None, **headers):
        self.authenticate(user.login, user.login) if user else self.logout()
        return self.url_open(path, headers=headers, allow_redirects=False)

    def lines(self, user, what="clip"):
        return self.env["yst.video.view.log"].search(
            [("user_id", "=", user.id), ("what", "=", what)]
        )

    def test_a_clip_goes_to_those_who_may_read_its_alert(self):
        expected = {
            self.operator: 200, self.north_operator: 200, self.manager: 200, self.cadre: 200,
            self.approver: 200, self.south_cadre: 404, self.portal: 404, self.employee: 404,
            self.auditor: 404,
        }  # fmt: skip
        for user, status in expected.items():
            with self.subTest(user.login):
                answer = self.get(self.path, user)
                self.assertEqual(answer.status_code, status)
                self.assertEqual(answer.content == self.data, status == 200)
                self.assertEqual(len(self.lines(user)), int(status == 200))
        self.assertEqual(self.get(self.path).status_code, 303)  # to the login

    def test_the_handler_of_the_order_sees_it_from_another_area(self):
        order = self.env["yst.order"]._dispatch_batch(
            [(self.alert_of, {
                "name": "人群聚集", "area_id": self.north.id, "user_id": self.south_cadre.id,
                "category_id": self.env.ref("yst_order.category_crowd").id,
            })]
        )
        self.alert_of.sudo().order_id = order
        self.assertEqual(self.get(self.path, self.south_cadre).content, self.data)
        self.assertEqual(self.lines(self.south_cadre).purpose, "order")

    def test_the_form_of_an_order_offers_the_clips_of_its_alerts(self):
        order = self.env["yst.order"]._dispatch_batch(
            [(self.alert_of, {
                "name": "人群聚集", "area_id": self.north.id, "user_id": self.south_cadre.id,
                "category_id": self.env.ref("yst_order.category_crowd").id,
            })]
        )
        as_handler = order.with_user(self.south_cadre)
        self.assertEqual(as_handler.get_source_clips(), {"alerts": [], "clips": []})
        without = self.made()
        (self.alert_of | without).sudo().order_id = order
        take(self, self.made(), clip_file(number=6))  # of no order
        found = as_handler.get_source_clips()
        self.assertEqual(set(found["alerts"]), {self.alert_of.id, without.id})
        [clip] = found["clips"]
        self.assertEqual((clip["id"], clip["codec"], clip["caption"]),
                         (self.clip.id, "h264", self.alert_of.display_name))
        self.assertEqual(self.get(self.path, self.south_cadre).content, self.data)
        for user in (self.portal, self.employee, self.auditor, self.bridge.user_id):
            with self.subTest(user.login), self.assertRaises(AccessError):
                order.with_user(user).get_source_clips()

    def test_a_storm_of_alerts_offers_the_newest_clips(self):
        order = self.env["yst.order"]._dispatch_batch(
            [(self.alert_of, {
                "name": "人群聚集", "area_id": self.north.id,
                "category_id": self.env.ref("yst_order.category_crowd").id,
            })]
        )
        alerts, counts = self.alert_of, []
        alerts.sudo().order_id = order
        order.get_source_clips()  # what is learnt once for all is not counted
        for many in (1, 19):
            for number in range(many):
                alert = self.made()
                minute = timedelta(minutes=many + number)
                take(self, alert, clip_file(number=70 + many + number), NOON + minute)
                alerts |= alert
            alerts.sudo().order_id = order
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            found = order.get_source_clips()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
        moments = [clip["at"] for clip in found["clips"]]
        self.assertEqual(len(moments), 4)
        self.assertEqual(moments, sorted(moments, reverse=True))

    def test_what_is_written_down(self):
        self.get(self.path, self.cadre)
        self.get(self.path, self.cadre, Range="bytes=10-20")
        line = self.lines(self.cadre)  # the parts of one look are one line
        self.assertEqual((line.purpose, line.camera_id), ("alert", self.camera))
        self.assertEqual((line.res_model, line.res_id), ("yst.video.clip", self.clip.id))
        answer = self.get(f"{self.path}?download=1", self.cadre)
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        self.assertEqual(len(self.lines(self.cadre, "clip_copy")), 1)

    def test_a_look_for_a_footage_request_is_written_down_as_one(self):
        request = self.env["yst.video.footage.request"].with_user(self.operator).create({
            "kind": "office", "applicant_name": "本单位", "reason": "核查", "content": "画面",
            "camera_ids": [Command.set(self.camera.ids)], "document_kind": "other",
            "start": NOON + timedelta(seconds=14), "stop": NOON + timedelta(hours=1),
        })
        request.action_submit()
        self.get(f"{self.path}?footage={request.id}", self.operator)
        self.assertEqual(self.lines(self.operator).purpose, "alert")  # not approved yet
        request.with_user(self.approver).action_approve()
        self.env.flush_all()
        self.get(f"{self.path}?footage={request.id}", self.operator)
        line = self.lines(self.operator)[0]
        self.assertEqual((line.purpose, line.note), ("footage", request.number))
        for odd in ("x", "-1", "999999999999", "٣", ""):
            self.assertEqual(
                self.get(f"{self.path}?footage={odd}", self.operator).status_code, 200
            )

    def test_parts(self):
        size = len(self.data)
        for asked, status, part in (
            (None, 200, self.data),
            ("bytes=0-", 206, self.data),
            ("bytes=0-9", 206, self.data[:10]),
            ("bytes=100-199", 206, self.data[100:200]),
            ("bytes=-10", 206, self.data[-10:]),
            (f"bytes=5-{size * 9}", 206, self.data[5:]),
            (f"bytes={size}-", 416, b""),
            ("bytes=999999999999999999999999-", 416, b""),
        ):
            with self.subTest(asked):
                answer = self.get(self.path, self.cadre, **({"Range": asked} if asked else {}))
                self.assertEqual(answer.status_code, status)
                self.assertEqual(answer.content, part)
                if status == 416:
                    self.assertEqual(answer.headers["Content-Range"], f"bytes */{size}")
                else:
                    self.assertEqual(answer.headers["Accept-Ranges"], "bytes")
                if status == 206:
                    self.assertTrue(answer.headers["Content-Range"].endswith(f"/{size}"))

    def test_nonsense_for_a_part(self):
        for asked in (
            "bytes=9-3", "bytes=a-b", "bytes=", "bytes", "", "lines=1-2", "bytes=0-1,5-6",
            "bytes=--5", "bytes=-0", "bytes=0-0-0", "x" * 5000, "bytes=" + "0-1," * 500,
        ):  # fmt: skip
            with self.subTest(asked[:30]):
                answer = self.get(self.path, self.cadre, Range=asked)
                self.assertIn(answer.status_code, (200, 206, 416))
                self.assertIn(answer.content, (self.data, b""))

    def test_headers(self):
        answer = self.get(self.path, self.cadre)
        self.assertEqual(answer.headers["Content-Type"], "video/mp4")
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        self.assertIn("no-store", answer.headers["Cache-Control"])
        self.assertIn("private", answer.headers["Cache-Control"])
        self.assertIn("sandbox", answer.headers["Content-Security-Policy"])
        self.assertEqual(answer.headers["Cross-Origin-Resource-Policy"], "same-origin")

    def test_clips_that_do_not_exist(self):
        for path in ("/yst/video/clip/999999999", "/yst/video/clip/0"):
            self.assertEqual(self.get(path, self.cadre).status_code, 404)
        self.clip._film().unlink()
        self.assertEqual(self.get(self.path, self.cadre).status_code, 404)
        self.assertFalse(self.lines(self.cadre))

    def test_no_other_way_leads_to_the_film(self):
        film = self.clip._film()
        for user in [*self.people, self.env.ref("base.user_admin")]:
            as_user = self.clip.with_user(user)
            with self.subTest(user.login), mute_logger("odoo.http", "odoo.addons.base"):
                film_of_user = film.with_user(user)
                for call in (
                    lambda one=as_user: one.read(["video"]),
                    lambda one=as_user: one.export_data(["video"]),
                    lambda one=as_user: one.search([("video", "!=", False)]),
                    lambda one=as_user: one.search_read([], ["video"]),
                    lambda one=film_of_user: one.read(["raw"]),
                    lambda one=film_of_user: one.read(["datas"]),
                ):
                    self.assert_refused(call)
                found = film.browse()
                with suppress(AccessError):
                    found = film_of_user.search([("res_model", "=", "yst.video.clip")])
                self.assertFalse(found)
                if user == self.env.ref("base.user_admin"):
                    continue
                for path in (
                    f"/web/content/{film.id}",
                    f"/web/content/yst.video.clip/{self.clip.id}/video",
                    f"/web/content/{film.id}?access_token=1",
                    f"/web/image/{film.id}",
                ):
                    self.assertNotIn(self.data, self.get(path, user).content, path)

    def test_nobody_writes_clips(self):
        for user in (*self.people, self.bridge.user_id):
            with self.subTest(user.login):
                clips = self.env["yst.video.clip"].with_user(user)
                mine = self.clip.with_user(user)
                self.assert_refused(mine.write, {"kept": True})
                self.assert_refused(mine.unlink)
                self.assert_refused(mine.copy)
                self.assert_refused(
                    clips.create,
                    {"alert_id": self.made().id, "camera_id": self.camera.id, "seconds": 1,
                     "started_at": NOON, "ended_at": NOON, "codec": "h264", "size": 1,
                     "sha256": "0" * 64},
                )
                self.assert_refused(
                    self.alert_of.with_user(user).write, {"clip_ids": [Command.clear()]}
                )

    def test_what_is_told_of_clips_ends_at_ones_own_areas(self):
        clips = self.env["yst.video.clip"]
        self.assertEqual(clips.with_user(self.cadre).search([]), self.clip)
        self.assertFalse(clips.with_user(self.south_cadre).search([("id", "=", self.clip.id)]))
        for user in (self.south_cadre, self.portal, self.employee, self.bridge.user_id):
            with self.assertRaises(AccessError):
                self.clip.with_user(user).read(["size"])
        shown = self.alert_of.with_user(self.cadre).desk_pictures()["clip"]
        self.assertEqual((shown["id"], shown["codec"], shown["seconds"]),
                         (self.clip.id, "h264", 15.0))
        self.assertIsNone(self.made().with_user(self.cadre).desk_pictures()["clip"])
        with self.assertRaises(AccessError):
            self.alert_of.with_user(self.south_cadre).desk_pictures()

    def test_a_list_of_alerts_asks_once_for_all_clips(self):
        counts = []
        for many in (1, 20):
            alerts = self.env["yst.video.alert"].browse()
            for number in range(many):
                alert = self.made()
                take(self, alert, clip_file(number=number))
                alerts |= alert
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(set(alerts.mapped("has_clip")), {True})
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def test_statements_of_a_look_do_not_depend_on_how_much_there_is(self):
        counts = []
        for many in (1, 20):
            for number in range(many):
                take(self, self.made(), clip_file(number=1000 + number))
            clip = take(self, self.made(), clip_file(number=7))
            path = f"/yst/video/clip/{clip.id}"
            self.get(path, self.cadre, Range="bytes=0-1")
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(self.url_open(path).status_code, 200)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])


@tagged("post_install", "-at_install")
class TestClipRetention(VideoCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr.execute("UPDATE yst_video_snapshot SET taken_at = now()")
        cls.env.cr.execute("UPDATE yst_video_still SET taken_at = NULL")
        cls.env.cr.execute("UPDATE yst_video_clip SET started_at = now(), ended_at = now()")
        cls.env.invalidate_all()

    def old(self, days=31, judgement="false"):
        alert = self.made()
        number = self.env["yst.video.clip"].search_count([])
        moment = fields.Datetime.now() - timedelta(days=days)
        clip = take(self, alert, clip_file(number=9000 + number), moment)
        if judgement == "false":
            alert.action_judge_false(self.env.ref("yst_video.false_reason_light"))
        return clip

    def run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("yst_video.cron_retention").method_direct_trigger()
        self.env.invalidate_all()

    def test_what_goes_and_what_stays(self):
        gone, kept, young, waiting = self.old(), self.old(), self.old(29), self.old(judgement=None)
        kept.sudo().kept = True
        film = gone._film()
        path, alert, size = film._full_path(film.store_fname), gone.alert_id, gone.size
        self.run_cron()
        self.assertFalse(gone.exists() or film.exists())
        self.assertFalse(os.path.exists(path))
        self.assertTrue(alert.exists() and not alert.has_clip)
        self.assertEqual((kept | young | waiting).exists(), kept | young | waiting)
        line = self.env["yst.audit.log"].search(
            [("action", "=", "deletion"), ("model", "=", "yst.video.clip")], limit=1
        )
        self.assertIn(f"clips=1 bytes={size}", line.detail)

    def test_a_request_for_footage_holds_what_it_asks_for(self):
        clip, other = self.old(40), self.old(60)
        request = self.env["yst.video.footage.request"].with_user(self.operator).create({
            "kind": "office", "applicant_name": "本单位", "reason": "核查", "content": "画面",
            "camera_ids": [Command.set(self.camera.ids)], "document_kind": "other",
            # it reaches into the clip's last seconds
            "start": clip.ended_at - timedelta(seconds=1),
            "stop": clip.ended_at + timedelta(hours=1),
        })
        request.action_submit()
        self.run_cron()
        self.assertTrue(clip.exists())
        self.assertFalse(other.exists())

    def test_a_batch_costs_as_many_statements_however_large(self):
        for _each in range(13):
            self.old()
        retention = self.env["yst.video.retention"]
        self.assertEqual(retention._delete_clips(1), 1)
        self.env.flush_all()
        counts = []
        for batch in (2, 10):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(retention._delete_clips(batch), batch)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def test_length_of_clips_is_told_to_the_bridges(self):
        cameras = self.env["yst.video.camera"]
        self.assertEqual(cameras._bridge_config()["clip_seconds"], 10)
        revision = self.env["yst.video.revision"]._current()
        form = self.env["yst.video.settings.form"].with_user(self.manager)
        form.create({"clip_seconds": 0}).action_apply()
        self.assertEqual(cameras._bridge_config()["clip_seconds"], 0)
        self.assertGreater(self.env["yst.video.revision"]._current(), revision)
        for wrong in (-1, 61):
            self.assert_refused(form.create, {"clip_seconds": wrong})
