"""Clips as bridges send them: stored once, whole, for the right alert, or refused."""

import os
import uuid
from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo.tests import tagged
from odoo.tools import mute_logger

from .. import clip_upload
from .api_common import NOON, ApiCase
from .clip_common import clip_file, clip_headers, track


@tagged("post_install", "-at_install")
class TestClipApi(ApiCase):
    def setUp(self):
        super().setUp()
        self.alert_of = self.made()
        self.data = clip_file()

    def put(self, data=None, uid=None, key=None, **changed):
        data = self.data if data is None else data
        return self.call(
            f"clips/{uid or self.alert_of.uid}", data=data, key=key, method="PUT",
            headers=clip_headers(data, self.ident, **changed),
        )

    def clips(self):
        return self.env["yst.video.clip"].search([("alert_id", "=", self.alert_of.id)])

    def assert_answer(self, answer, status, code=None):
        self.assertEqual(answer.status_code, status, answer.text)
        if code:
            self.assertEqual(answer.json()["error"]["code"], code, answer.text)

    def test_a_clip_is_stored_with_what_is_known_of_it(self):
        self.assert_answer(self.put(), 201)
        clip = self.clips()
        self.assertEqual(clip.camera_id, self.camera)
        self.assertEqual((clip.started_at, clip.seconds), (NOON, 15.2))
        self.assertEqual(clip.ended_at, NOON + timedelta(seconds=15.2))
        self.assertEqual((clip.codec, clip.width, clip.height), ("h264", 640, 360))
        self.assertEqual(clip.size, len(self.data))
        film = clip._film()
        self.assertEqual(film.raw, self.data)
        self.assertEqual((film.mimetype, film.res_field), ("video/mp4", "video"))
        self.assertTrue(os.path.exists(film._full_path(film.store_fname)))
        self.assertTrue(self.alert_of.has_clip)

    def test_the_same_clip_again_is_known_and_another_one_is_refused(self):
        self.assert_answer(self.put(), 201)
        self.assert_answer(self.put(), 200)
        self.assert_answer(self.put(clip_file(number=2)), 409, "other_clip")
        self.assertEqual(len(self.clips()), 1)
        self.assertEqual(self.clips()._film().raw, self.data)

    def test_one_file_for_two_alerts(self):
        other = self.made()
        self.assert_answer(self.put(), 201)
        self.assert_answer(self.put(uid=other.uid), 201)
        self.assertEqual(other.clip_ids._film().raw, self.data)

    def test_clips_of_no_alert(self):
        self.assert_answer(self.put(uid=str(uuid.uuid4())), 404, "not_found")
        for odd in ("1", "abc", "%2e%2e", self.alert_of.uid + "0", "'; DROP TABLE x"):
            with self.subTest(odd):
                self.assert_answer(self.put(uid=odd), 422, "unprocessable")

    def test_cameras_whose_people_are_made_unrecognisable_have_no_clips(self):
        self.camera.pixelate = True
        self.env.flush_all()
        self.assert_answer(self.put(), 422, "pixelated")
        self.assertFalse(self.clips())

    def test_headers_that_are_missing_or_none(self):
        for name, values in {
            "X_Clip_Sha256": (None, "", "0" * 64, "F" * 64, "zz"),
            "X_Clip_Started_At": (None, "", "yesterday", "2026-02-30T00:00:00Z"),
            "X_Clip_Seconds": (None, "", "0", "-1", "601", "nan", "1e2", "٣"),
            "X_Clip_Codec": (None, "", "vp9", "h265"),
            "X_Bridge": (None, "", "1"),
        }.items():
            for value in values:
                if value and not value.isascii():
                    value = value.encode()
                with self.subTest(name=name, value=value):
                    self.assert_answer(self.put(**{name: value}), 422, "unprocessable")
        self.assertFalse(self.clips())

    def test_bodies_that_are_no_clip(self):
        for data in (b"", b"<html>", self.data[:-1], clip_file(track(handler=b"soun"))):
            with self.subTest(data[:20]):
                self.assert_answer(self.put(data), 422, "unprocessable")
        self.assert_answer(self.put(Content_Type="application/json"), 415, "unsupported_type")
        self.assert_answer(self.put(Content_Encoding="gzip"), 415, "unsupported_type")
        self.assertFalse(self.clips())

    def test_more_than_the_limit_is_refused_before_it_is_kept(self):
        data = clip_file(body=bytes(clip_upload.MAX_CLIP))
        try:
            answer = self.put(data)
        except OSError:
            return  # the server hung up on it, which is an answer too
        self.assert_answer(answer, 413, "too_large")
        self.assertFalse(self.clips())

    def test_as_large_as_the_limit_is_taken(self):
        room = clip_upload.MAX_CLIP - len(clip_file(body=b""))
        data = clip_file(body=bytes(room))
        self.assertEqual(len(data), clip_upload.MAX_CLIP)
        self.assert_answer(self.put(data), 201)
        self.assertEqual(self.clips().size, clip_upload.MAX_CLIP)

    def test_only_a_bridges_key_and_its_own_identity(self):
        self.assert_answer(self.put(key=False), 401, "unauthorized")
        self.assert_answer(self.put(key="0" * 40), 401, "unauthorized")
        self.authenticate("admin", "admin")
        self.assert_answer(self.put(key=False), 401, "unauthorized")
        self.logout()
        other, other_key = self._bridge("另一网桥")
        self.assert_answer(self.put(), 201)
        self.assert_answer(self.put(key=other_key), 403, "other_account")
        self.assertFalse(other.uid)

    def test_nothing_but_putting(self):
        self.assert_answer(self.put(), 201)
        path = f"clips/{self.alert_of.uid}"
        with mute_logger("odoo.http"):
            for method in ("GET", "DELETE", "PATCH"):
                answer = self.call(path, method=method)
                self.assertIn(answer.status_code, (404, 405))
                self.assertNotIn(self.data, answer.content)
            film = self.clips()._film()
            answer = self.url_open(
                f"/yst/video/clip/{self.clips().id}",
                headers={"Authorization": f"Bearer {self.key}"}, allow_redirects=False,
            )
            self.assertNotIn(self.data, answer.content)
            answer = self.url_open(
                f"/web/content/{film.id}", headers={"Authorization": f"Bearer {self.key}"}
            )
            self.assertNotIn(self.data, answer.content)

    def test_a_transaction_that_is_repeated_has_the_body_still(self):
        take = type(self.env["yst.video.clip"])._take
        tries = []

        def fails_once(model, *args, **options):
            tries.append(1)
            if len(tries) == 1:
                raise psycopg2.errors.SerializationFailure("could not serialize")
            return take(model, *args, **options)

        with (
            patch.object(type(self.env["yst.video.clip"]), "_take", fails_once),
            patch("odoo.service.model.errorcodes.lookup", return_value="40001"),
            patch("odoo.service.model.time.sleep"),
            mute_logger("odoo.service.model"),
        ):
            answer = self.put()
        self.assertEqual(len(tries), 2)
        self.assert_answer(answer, 201)

    def test_a_full_disk_is_the_servers_fault_and_leaves_nothing(self):
        with (
            patch.object(clip_upload.Upload, "place", side_effect=OSError(28, "no space")),
            mute_logger("odoo.http"),
        ):
            self.assert_answer(self.put(), 500, "internal")
        self.assertFalse(self.clips())
        self.assert_answer(self.put(), 201)

    def test_statements_do_not_depend_on_how_much_there_is(self):
        counts = []
        for many in (1, 20):
            for _each in range(many):
                self.put(clip_file(number=100 + len(counts) * 100 + _each), self.made().uid)
            alert = self.made()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assert_answer(self.put(clip_file(number=99), alert.uid), 201)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
