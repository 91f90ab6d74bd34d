"""Pictures go when their time is over, and not before; a run that was killed is gone on with."""

import os
from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .api_common import VideoCase, jpeg, snapshot


class Killed(Exception):
    """Stands for the server that dies."""


@tagged("post_install", "-at_install")
class TestRetention(VideoCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.approver = cls._user("v.approver", "yst_video.group_footage_approver", cls.subdistrict)
        # what the database holds already is out of the way
        cls.env.cr.execute("UPDATE yst_video_snapshot SET taken_at = now()")
        cls.env.cr.execute("UPDATE yst_video_still SET taken_at = NULL")
        cls.env.invalidate_all()
        cls.retention = cls.env["yst.video.retention"]
        cls.shade = 0

    def old(self, days=31, judgement="false", closed=True, **more):
        """The picture of an alert of so many days ago."""
        type(self).shade += 1
        moment = fields.Datetime.now() - timedelta(days=days)
        alert = self.made(
            event="close" if closed else "open",
            ended_at=f"{moment.isoformat(timespec='milliseconds')}Z" if closed else None,
            snapshots=[snapshot(jpeg(self.shade, 65, 37), at=moment)],
            **more,
        )
        if judgement == "true":
            alert.action_judge_true()
        elif judgement == "false":
            alert.action_judge_false(self.env.ref("yst_video.false_reason_light"))
        return alert.snapshot_ids

    def run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("yst_video.cron_retention").method_direct_trigger()
        self.env.invalidate_all()

    def order(self, alert, state):
        order = self.env["yst.order"]._dispatch_batch(
            [(alert, {"name": "任务", "area_id": self.north.id,
                      "category_id": self.env.ref("yst_order.category_crowd").id})]
        )
        order.sudo()._with_state_unlocked().write({"state": state})
        alert.sudo().order_id = order
        return order

    def test_what_goes_and_what_stays(self):
        gone = self.old() | self.old(judgement="true") | self.old(judgement="pending")
        gone |= self.old(closed=False, judgement="false")
        stays = {
            "young": self.old(days=29),
            "still going on and not judged": self.old(closed=False, judgement="pending"),
            "kept": self.old(),
            "order not closed": self.old(judgement="true"),
            "order waits for verification": self.old(judgement="true"),
        }
        stays["kept"].sudo().kept = True
        self.order(stays["order not closed"].alert_id, "accepted")
        self.order(stays["order waits for verification"].alert_id, "feedback")
        closed = self.old(judgement="true")
        self.order(closed.alert_id, "closed")
        self.run_cron()
        self.assertFalse((gone | closed).exists())
        for why, picture in stays.items():
            self.assertTrue(picture.exists(), why)

    def test_the_alert_stays_without_its_picture(self):
        picture = self.old()
        alert = picture.alert_id
        self.run_cron()
        self.assertTrue(alert.exists())
        self.assertFalse(alert.snapshot_ids)
        self.assertEqual(alert.with_user(self.operator).desk_pictures()["pictures"], [])

    def test_a_request_for_footage_holds_what_it_asks_for(self):
        picture, other = self.old(days=40), self.old(days=60)
        request = self.env["yst.video.footage.request"].with_user(self.operator).create({
            "kind": "office", "applicant_name": "本单位", "reason": "核查", "content": "画面",
            "camera_ids": [Command.set(self.camera.ids)], "document_kind": "other",
            "start": picture.taken_at - timedelta(hours=1),
            "stop": picture.taken_at + timedelta(hours=1),
        })
        request.action_submit()
        self.run_cron()
        self.assertTrue(picture.exists())
        self.assertFalse(other.exists())
        request.with_user(self.approver).action_refuse("不需要")
        self.run_cron()
        self.assertFalse(picture.exists())

    def test_files_really_leave_the_disk(self):
        picture = self.old()
        attachment = self.env["ir.attachment"].sudo().search(
            [("res_model", "=", picture._name), ("res_id", "=", picture.id),
             ("res_field", "=", "image")]
        )
        path = attachment._full_path(attachment.store_fname)
        self.assertTrue(os.path.exists(path))
        self.run_cron()
        self.assertFalse(attachment.exists())
        self.assertFalse(os.path.exists(path))

    def test_files_are_locked_for_one_batch_at_a_time(self):
        for _each in range(3):
            self.old()
        delete = type(self.retention)._delete_snapshots
        collect = type(self.env["ir.attachment"])._gc_file_store
        with patch.object(
            type(self.retention), "_delete_snapshots", lambda model, batch: delete(model, 1)
        ), patch.object(
            type(self.env["ir.attachment"]), "_gc_file_store", autospec=True, side_effect=collect
        ) as collected:
            self.run_cron()
        self.assertEqual(collected.call_count, 3)

    def test_what_was_deleted_is_counted_in_the_audit_log(self):
        pictures = self.old() | self.old()
        size = sum(pictures.mapped("size"))
        self.run_cron()
        line = self.env["yst.audit.log"].search(
            [("action", "=", "deletion"), ("model", "=", "yst.video.snapshot")], limit=1
        )
        self.assertIn(f"snapshots=2 bytes={size}", line.detail)

    def test_killed_in_the_middle_it_goes_on_where_it_was(self):
        pictures = self.env["yst.video.snapshot"]
        for _each in range(5):
            pictures |= self.old()
        # each batch counts as its own transaction: what a killed run committed stays
        delete, runs = type(self.retention)._delete_snapshots, []

        def dies(model, batch):
            if len(runs) == 1:
                raise Killed
            runs.append(delete(model, 2))
            return runs[-1]

        with (
            patch.object(type(self.retention), "_delete_snapshots", dies),
            patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *a, **k: 1.0),
            patch.object(type(self.env["ir.attachment"]), "_gc_file_store"),
            suppress(Killed),  # assertRaises would undo what was committed
        ):
            self.retention._cron_delete()
        self.assertEqual(len(pictures.exists()), 3)
        self.run_cron()
        self.assertFalse(pictures.exists())
        lines = self.env["yst.audit.log"].search(
            [("action", "=", "deletion"), ("model", "=", "yst.video.snapshot")], limit=2
        )
        told = sum(int(line.detail.split()[0].removeprefix("snapshots=")) for line in lines)
        self.assertEqual(told, 5)

    def test_a_batch_costs_as_many_statements_however_large(self):
        for _each in range(13):
            self.old()
        self.assertEqual(self.retention._delete_snapshots(1), 1)
        self.env.flush_all()
        counts = []
        for batch in (2, 10):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(self.retention._delete_snapshots(batch), batch)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def test_latest_pictures_of_cameras_that_fell_silent_go_too(self):
        still = self.env["yst.video.still"].sudo()
        still.search([("camera_id", "in", (self.camera | self.far).ids)]).unlink()
        old, young = still.create([
            {"camera_id": camera.id, "taken_at": fields.Datetime.now() - timedelta(days=days)}
            for camera, days in ((self.camera, 31), (self.far, 29))
        ])
        self.run_cron()
        self.assertFalse(old.exists())
        self.assertTrue(young.exists())

    def test_less_than_thirty_days_cannot_be_set(self):
        with self.assertRaises(ValidationError):
            self.env["yst.video.settings.form"].create({"retention_days": 29}).action_apply()
        picture = self.old(days=20)
        # not even behind the form's back
        self.env["ir.config_parameter"].sudo().set_param("yst_video.retention_days", "1")
        self.run_cron()
        self.assertTrue(picture.exists())

    def test_a_longer_period_is_kept_to(self):
        self.env["ir.config_parameter"].sudo().set_param("yst_video.retention_days", "90")
        picture, older = self.old(days=60), self.old(days=91)
        self.run_cron()
        self.assertTrue(picture.exists())
        self.assertFalse(older.exists())
