"""Clips that are handed out: clear where somebody drew, blocks everywhere else."""

import io
import os
import tempfile
from datetime import timedelta
from unittest.mock import patch

import cv2
import numpy as np

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import BaseCase, tagged

from .. import clip_upload, film_blur
from ..blur import BlurError
from .api_common import NOON, VideoCase
from .clip_common import clip_file

MIDDLE = {"x": 0.25, "y": 0.25, "w": 0.5, "h": 0.5}


def film(folder, seconds=2, rate=25, width=640, height=360):
    """A clip in which every pixel differs from its neighbours; its path."""
    path = os.path.join(folder, "film.mp4")
    writer = cv2.VideoWriter(
        path, cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*"mp4v"), rate, (width, height)
    )
    pixels = np.random.default_rng(3).integers(0, 255, (height // 8, width // 8, 3), np.uint8)
    picture = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_NEAREST)
    for _each in range(seconds * rate):
        writer.write(picture)
    writer.release()
    return path


def pictures(path):
    """All pictures of a clip."""
    source, found = cv2.VideoCapture(path, cv2.CAP_FFMPEG), []
    while True:
        read, picture = source.read()
        if not read:
            return found
        found.append(picture.astype(int))


@tagged("post_install", "-at_install")
class TestFilmBlur(BaseCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def blurred(self, clear, **options):
        path = os.path.join(self.folder, "blurred.webm")
        with open(path, "wb") as file:
            file.write(film_blur.unrecognisable(film(self.folder, **options), clear))
        return path

    def test_clear_where_drawn_and_blocks_everywhere_else(self):
        path = self.blurred([MIDDLE])
        with open(path, "rb") as file:
            self.assertEqual(file.read(4), b"\x1a\x45\xdf\xa3")
        before = pictures(os.path.join(self.folder, "film.mp4"))[0]
        after = pictures(path)
        self.assertAlmostEqual(len(after), 2 * film_blur.RATE, delta=1)
        for picture in after:
            self.assertEqual(picture.shape, before.shape)
            inside = (slice(100, 260), slice(170, 470))
            self.assertLess(abs(picture[inside] - before[inside]).mean(), 25)
            # a block has 40 pixels a side: what was in it is one colour now
            for top, left in ((2, 2), (2, 602), (322, 2), (322, 602), (2, 282)):
                block = (slice(top + 3, top + 33), slice(left + 3, left + 33))
                self.assertLess(picture[block].std(axis=(0, 1)).max(), 12)
                self.assertGreater(before[block].std(axis=(0, 1)).min(), 40)

    def test_it_is_made_smaller_and_has_no_sound(self):
        path = self.blurred([MIDDLE], width=1280, height=720, seconds=1)
        picture = pictures(path)[0]
        self.assertEqual(picture.shape[:2], (480, 854))
        with open(path, "rb") as file:
            self.assertNotIn(b"A_", file.read(600))  # no codec of sound

    def test_rectangles_that_are_none(self):
        whole = {"x": 0, "y": 0, "w": 1, "h": 1}
        for clear, code in (
            ([], "none"), ([{**MIDDLE, "x": 5}], "none"), ([whole], "too_much"),
            ([{**MIDDLE, "w": 0}], "region"), ([{"x": 0}], "region"), ([None], "region"),
            ([{**MIDDLE, "x": float("nan")}], "region"), ([MIDDLE] * 21, "too_many"),
            ([{"x": 0, "y": 0, "w": 1, "h": 0.3}, {"x": 0, "y": 0.7, "w": 1, "h": 1}], "too_much"),
        ):  # fmt: skip
            with self.subTest(clear=clear), self.assertRaises(BlurError) as caught:
                film_blur.mask(clear, 640, 360)
            self.assertEqual(caught.exception.code, code)
        self.assertAlmostEqual(film_blur.mask([MIDDLE], 640, 360).mean(), 0.25, delta=0.01)

    def test_what_is_no_film_or_takes_too_long(self):
        path = os.path.join(self.folder, "none.mp4")
        for data in (b"", b"no film", clip_file()):
            with open(path, "wb") as file:
                file.write(data)
            with self.assertRaises(BlurError) as caught:
                film_blur.unrecognisable(path, [MIDDLE])
            self.assertEqual(caught.exception.code, "film")
        for limit in ("MAX_SECONDS", "PATIENCE"):
            with patch.object(film_blur, limit, 0), self.assertRaises(BlurError) as caught:
                film_blur.unrecognisable(film(self.folder, seconds=1), [MIDDLE])
            self.assertEqual(caught.exception.code, "too_long")


@tagged("post_install", "-at_install")
class TestFootageClip(VideoCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.approver = cls._user("v.approver", "yst_video.group_footage_approver", cls.subdistrict)

    def clip(self, camera=None, started_at=NOON, number=0):
        alert = self.made(camera)
        upload = clip_upload.Upload(io.BytesIO(clip_file(number=number)))
        self.addCleanup(upload.close)
        self.env["yst.video.clip"].sudo()._take(alert.uid, upload, started_at, 15.0, "h264")
        return alert.clip_ids

    def request(self, approved=True):
        request = self.env["yst.video.footage.request"].with_user(self.operator).create({
            "kind": "office", "applicant_name": "本单位", "reason": "核查", "content": "画面",
            "camera_ids": [Command.set(self.camera.ids)], "document_kind": "other",
            "start": NOON - timedelta(minutes=5), "stop": NOON + timedelta(minutes=5),
        })
        request.action_submit()
        if approved:
            request.with_user(self.approver).action_approve()
        return request

    def test_a_clip_becomes_a_file_to_hand_out(self):
        clip, request = self.clip(), self.request()
        with tempfile.TemporaryDirectory() as folder:
            data = film_blur.unrecognisable(film(folder, seconds=1), [MIDDLE])
        with patch.object(film_blur, "unrecognisable", return_value=data) as blurred:
            files = request.footage_export_clip(clip.id, [MIDDLE])
        film_path, drawn = blurred.call_args.args
        self.assertEqual(drawn, [MIDDLE])
        with open(film_path, "rb") as file:
            self.assertEqual(file.read(), clip._film().raw)
        self.assertTrue(files[0]["export"])
        self.assertTrue(files[0]["name"].endswith(".webm"))
        self.assertEqual(request.sudo().file_ids._content(), data)
        self.assertTrue(clip.kept)
        line = self.env["yst.video.view.log"].search([("what", "=", "clip_export")], limit=1)
        self.assertEqual((line.user_id, line.note), (self.operator, request.number))

    def test_only_clips_that_are_asked_for(self):
        clip = self.clip()
        ends_within = self.clip(started_at=NOON - timedelta(minutes=5, seconds=10), number=1)
        others = [
            self.clip(self.far, number=2),
            self.clip(started_at=NOON - timedelta(minutes=6), number=3),
            self.clip(started_at=NOON + timedelta(minutes=6), number=4),
        ]
        request = self.request()
        offered = {one["id"] for one in request.footage_clips()}
        self.assertEqual(offered, {clip.id, ends_within.id})
        for other in others:
            with self.assertRaises(UserError):
                request.footage_export_clip(other.id, [MIDDLE])
        with self.assertRaises(UserError):
            request.footage_export_clip(999999999, [MIDDLE])

    def test_a_clip_without_rectangle_or_all_clear_is_not_handed_out(self):
        clip, request = self.clip(), self.request()
        for rectangles in ([], None, [{"x": 0, "y": 0, "w": 1, "h": 1}], [5], "abc"):
            with self.subTest(rectangles), self.assertRaises(UserError):
                request.footage_export_clip(clip.id, rectangles)
        self.assertFalse(request.sudo().file_ids or clip.kept)

    def test_before_the_approval_and_by_others_there_is_nothing(self):
        clip, request = self.clip(), self.request(approved=False)
        with self.assertRaises(UserError):
            request.footage_clips()
        with self.assertRaises(UserError):
            request.footage_export_clip(clip.id, [MIDDLE])
        request.with_user(self.approver).action_approve()
        for user in (self.approver, self.cadre, self.south_cadre, self.bridge.user_id):
            with self.subTest(user.login), self.assertRaises(AccessError):
                request.with_user(user).footage_clips()
            with self.subTest(user.login), self.assertRaises(AccessError):
                request.with_user(user).footage_export_clip(clip.id, [MIDDLE])

    def test_the_list_of_clips_costs_as_many_statements_however_long(self):
        self.clip(number=99)
        self.request().footage_clips()  # what is looked up once for all is known now
        counts = []
        for many in (1, 20):
            for number in range(many):
                self.clip(number=100 + number)
            request = self.request()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            request.footage_clips()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
