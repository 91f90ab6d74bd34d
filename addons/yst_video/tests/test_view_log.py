"""The register of looks: written once, by whom and why, and not flooded by the wall."""

from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .api_common import VideoCase


@tagged("post_install", "-at_install")
class TestViewLog(VideoCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.approver = cls._user("v.approver", "yst_video.group_footage_approver", cls.north)
        cls.auditor = new_test_user(cls.env, "v.audit", "yst_base.group_audit_administrator")
        cls.log = cls.env["yst.video.view.log"]

    def look(self, user, cameras=None, what="wall", purpose="duty", **more):
        cameras = cameras or self.camera
        return self.log.with_user(user)._look(cameras, what, purpose, **more)

    def test_a_look_says_who_when_what_and_why(self):
        line = self.look(self.operator, what="live", purpose="order", note="RW2026000001")
        self.assertEqual(line.user_id, self.operator)
        self.assertEqual((line.what, line.purpose, line.note), ("live", "order", "RW2026000001"))
        self.assertLess(fields.Datetime.now() - line.at, timedelta(minutes=1))

    def test_who_and_when_cannot_be_given(self):
        line = self.log.with_user(self.operator).sudo().create(
            {"camera_id": self.camera.id, "what": "wall", "purpose": "duty",
             "user_id": self.manager.id, "at": "2020-01-01 00:00:00", "ip": "192.0.2.7"}
        )
        self.assertEqual(line.user_id, self.operator)
        self.assertGreater(line.at, fields.Datetime.now() - timedelta(minutes=1))
        self.assertFalse(line.ip)

    def test_the_same_look_within_ten_minutes_leaves_one_line(self):
        cameras = self.camera | self.far
        self.assertEqual(len(self.look(self.operator, cameras)), 2)
        self.assertFalse(self.look(self.operator, cameras))
        self.assertEqual(len(self.look(self.operator, cameras, what="live")), 2)
        self.assertEqual(len(self.look(self.operator, cameras, purpose="order")), 2)
        self.assertEqual(len(self.look(self.manager, cameras)), 2)
        later = fields.Datetime.now() + timedelta(minutes=11)
        with patch.object(fields.Datetime, "now", lambda: later):
            self.assertEqual(len(self.look(self.operator, cameras)), 2)

    def test_a_wall_of_36_costs_as_many_statements_as_one_tile(self):
        cameras = self._cameras(self.north, 36)
        log = self.log.with_user(self.operator)
        log._look(self.far, "wall", "duty")
        self.env.flush_all()
        counts = []
        for shown in (cameras[:1], cameras[1:]):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            log._look(shown, "wall", "duty")
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def test_nobody_changes_or_removes_a_line(self):
        line = self.look(self.operator)
        for user in (self.operator, self.manager, self.auditor, self.env.ref("base.user_root")):
            with self.subTest(user.login):
                mine = line.with_user(user)
                with self.assertRaises(UserError):
                    mine.write({"purpose": "other"})
                with self.assertRaises(UserError):
                    mine.unlink()
                with self.assertRaises(UserError):
                    mine.copy()

    def test_the_database_refuses_as_well(self):
        line = self.look(self.operator)
        for query in (
            f"UPDATE yst_video_view_log SET purpose = 'other' WHERE id = {line.id}",
            f"DELETE FROM yst_video_view_log WHERE id = {line.id}",
            "TRUNCATE yst_video_view_log",
        ):
            with (
                self.subTest(query),
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.InsufficientPrivilege),
                self.env.cr.savepoint(flush=False),
            ):
                self.env.cr.execute(query)

    def test_own_lines_for_the_looker_all_for_those_who_watch_over(self):
        mine = self.look(self.operator)
        other = self.look(self.manager, self.far)
        lines = mine | other
        seen = {
            user: self.log.with_user(user).search([("id", "in", lines.ids)])
            for user in (self.operator, self.cadre, self.approver, self.auditor)
        }
        self.assertEqual(seen[self.operator], mine)
        self.assertFalse(seen[self.cadre])
        self.assertEqual(seen[self.approver], mine)  # the north's camera; the other is the south's
        self.assertEqual(seen[self.auditor], lines)

    def test_lines_cannot_be_written_over_rpc(self):
        for user in (self.operator, self.manager, self.approver, self.auditor):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.log.with_user(user).create(
                    {"camera_id": self.camera.id, "what": "wall", "purpose": "duty"}
                )
