import base64
import hashlib
from datetime import datetime, timezone
from unittest.mock import patch

from PIL import ExifTags, Image

from odoo.exceptions import UserError
from odoo.tests import TransactionCase, new_test_user, tagged

from .. import photo
from . import pictures
from .evidence_models import add_evidence_models
from .test_photo import pdf


@tagged("post_install", "-at_install")
class TestEvidence(TransactionCase):
    """Evidence: written once, as it came, with who, when, where and SHA-256."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        add_evidence_models(cls)
        cls.user = new_test_user(cls.env, "evidence_user", "base.group_user", name="Sender")
        cls.paper = cls.env["yst.test.paper"].create({"name": "A", "owner_id": cls.user.id})
        cls.Evidence = cls.env["yst.evidence"]
        cls.photo = pictures.small_photo()

    def test_photo_is_kept_with_its_facts(self):
        paper = self.paper.with_user(self.user)
        evidence = paper._evidence_add(self.photo, "身份证.jpg")
        self.assertEqual(paper.evidence_ids, evidence)
        self.assertEqual(paper.evidence_count, 1)
        content = evidence._content()
        self.assertEqual(
            (evidence.name, evidence.kind, evidence.mimetype, evidence.size),
            ("身份证.jpg", "photo", "image/jpeg", len(content)),
        )
        self.assertEqual((evidence.width, evidence.height), (1200, 900))
        self.assertEqual(evidence.sha256, hashlib.sha256(content).hexdigest())
        self.assertEqual(evidence.source_sha256, hashlib.sha256(self.photo).hexdigest())
        self.assertEqual(evidence.user_id, self.user)
        self.assertEqual(evidence.partner_id, self.user.partner_id)
        self.assertFalse(evidence.problems)
        self.assertFalse(evidence._verify())
        self.assertEqual(base64.b64decode(evidence.content), content)
        thumbnail = base64.b64decode(evidence.thumbnail)
        self.assertEqual(photo.sniff(thumbnail), "image/jpeg")
        self.assertLess(len(thumbnail), 40_000)

    def test_sender_stays_the_sender_under_sudo(self):
        evidence = self.paper.with_user(self.user).sudo()._evidence_add(self.photo, "a.jpg")
        self.assertEqual(evidence.user_id, self.user)

    def test_big_picture_is_not_resized_behind_our_back(self):
        """Odoo makes attachments of more than 1920 pixels smaller; evidence is 2400."""
        image = Image.new("RGB", (3000, 2250), "white")
        evidence = self.paper._evidence_add(pictures.jpeg(image), "a.jpg")
        self.assertEqual((evidence.width, evidence.height), (3000, 2250))
        with Image.open(evidence._attachment("content")._full_path(
            evidence._attachment("content").store_fname
        )) as kept:
            self.assertEqual(kept.size, (2400, 1800))
        self.assertFalse(evidence._verify())

    def test_time_and_place_of_the_camera(self):
        exif = Image.Exif()
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:05:06 08:09:10"
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(
            {
                ExifTags.GPS.GPSLatitudeRef: "N",
                ExifTags.GPS.GPSLatitude: (30.0, 15.0, 36.0),
                ExifTags.GPS.GPSLongitudeRef: "E",
                ExifTags.GPS.GPSLongitude: (120.0, 9.0, 0.0),
            }
        )
        data = pictures.jpeg(Image.new("RGB", (1200, 900), "white"), exif=exif)
        evidence = self.paper._evidence_add(data, "a.jpg")
        self.assertEqual(evidence.taken_at, datetime(2026, 5, 6, 0, 9, 10))
        self.assertTrue(evidence.has_position)
        self.assertAlmostEqual(evidence.latitude, 30.26, 6)
        self.assertAlmostEqual(evidence.longitude, 120.15, 6)
        given = self.paper._evidence_add(
            data,
            "a.jpg",
            taken_at=datetime(2026, 1, 1, 12, tzinfo=timezone.utc),
            position=(31, "121.5"),
        )
        self.assertEqual(given.taken_at, datetime(2026, 1, 1, 12))
        self.assertEqual((given.latitude, given.longitude), (31, 121.5))

    def test_nonsense_position_is_left_out(self):
        for position in ((91, 0), ("x", "y"), (1,), (float("nan"), 1), "here"):
            evidence = self.paper._evidence_add(self.photo, "a.jpg", position=position)
            self.assertFalse(evidence.has_position)

    def test_pdf_is_kept_as_it_is(self):
        data = pdf(2)
        evidence = self.paper._evidence_add(data, "scan.PDF", kind="photo")
        self.assertEqual(evidence._content(), data)
        self.assertEqual((evidence.kind, evidence.name), ("document", "scan.pdf"))

    def test_hostile_name(self):
        evidence = self.paper._evidence_add(self.photo, "../../<b>x\0\u202egpj.exe")
        self.assertEqual(evidence.name, "_b_xgpj.jpg")

    def test_soft_problems_are_told_and_the_photo_kept(self):
        dark = pictures.jpeg(pictures.shot(pictures.page(600), blur=1, light=0.2))
        evidence = self.paper._evidence_add(dark, "a.jpg")
        self.assertIn("dark", evidence.problems)
        self.assertIn("small", evidence.problems)
        words = self.paper._evidence_problem_words(evidence.problems)
        self.assertEqual(len(words), len(evidence.problems))

    def test_every_refusal_has_words(self):
        samples = {
            b"": "empty",
            b"MZ" + b"\0" * 100: "not_an_image",
            pictures.png_bomb(): "bomb",
            pictures.small_photo()[:-100]: "unreadable",
            pdf(31): "pages",
        }
        seen = set()
        for data, code in samples.items():
            with self.subTest(code=code), self.assertRaises(UserError) as caught:
                self.paper._evidence_add(data, "a.jpg")
            seen.add(str(caught.exception))
        self.assertEqual(len(seen), len(samples), "each has its own words")
        self.assertFalse(self.paper.evidence_ids)
        for code in ("too_large", "encrypted", "active_content", "no_font"):
            self.assertTrue(self.paper._evidence_refusal(photo.PhotoError(code)))

    def test_watermark(self):
        marked = self.paper._evidence_add(self.photo, "a.jpg", watermark=True)
        plain = self.paper._evidence_add(self.photo, "b.jpg")
        self.assertNotEqual(marked.sha256, plain.sha256)
        self.assertEqual(marked.source_sha256, plain.source_sha256)
        self.assertFalse((marked + plain)._verify())

    def test_straightened_stands_beside_the_original(self):
        quad = ((200, 175), (1300, 210), (1350, 1800), (150, 1750))
        data = pictures.jpeg(pictures.on_table(pictures.page(900), quad))
        original = self.paper._evidence_add(data, "a.jpg")
        before = original.sha256
        straight = original._straighten()
        self.assertEqual(straight.derived_from_id, original)
        self.assertEqual(straight.kind, "scan")
        self.assertEqual(original.derived_ids, straight)
        self.assertEqual(self.paper.evidence_ids, original + straight)
        self.assertEqual(original.sha256, before)
        self.assertAlmostEqual(straight.width / straight.height, 210 / 297, 1)
        with self.assertRaises(UserError):
            original._straighten([[0, 0], [0, 0], [0, 0], [0, 0]])
        self.assertFalse(self.paper._evidence_add(self.photo, "b.jpg")._straighten())

    # ------------------------------------------------------------------ written once
    def test_nothing_of_it_can_be_changed(self):
        evidence = self.paper._evidence_add(self.photo, "a.jpg")
        for records in (evidence, evidence.sudo(), evidence.with_user(self.user)):
            for values in ({"name": "b"}, {"sha256": "0"}, {"res_id": 1}, {"content": b"eA=="}):
                with self.assertRaises(UserError):
                    records.write(values)
            with self.assertRaises(UserError):
                records.unlink()
            with self.assertRaises(UserError):
                records.copy()
        self.assertFalse(evidence._verify())

    def test_its_file_cannot_be_changed(self):
        evidence = self.paper._evidence_add(self.photo, "a.jpg")
        file = evidence._attachment("content")
        for values in (
            {"raw": b"x"},
            {"datas": b"eA=="},
            {"res_id": 0},
            {"public": True},
            {"name": "x"},
        ):
            with self.assertRaises(UserError):
                file.sudo().write(values)
        with self.assertRaises(UserError):
            file.sudo().unlink()
        with self.assertRaises(UserError):
            file.sudo().generate_access_token()
        other = self.env["ir.attachment"].create({"name": "x", "raw": b"x"})
        with self.assertRaises(UserError):
            other.write({"res_model": "yst.evidence", "res_id": evidence.id})
        with self.assertRaises(UserError):
            self.env["ir.attachment"].sudo().create(
                {
                    "name": "content",
                    "raw": b"x",
                    "res_model": "yst.evidence",
                    "res_id": evidence.id,
                    "res_field": "content",
                }
            )
        self.assertFalse(evidence._verify())

    def test_token_cannot_be_sent_from_outside(self):
        values = {
            "name": "x",
            "res_model": self.paper._name,
            "res_id": self.paper.id,
            "mimetype": "image/jpeg",
            "sha256": "0",
            "user_id": self.env.uid,
        }
        for forged in ("<object object>", 1, True, {}, []):
            with self.assertRaises(UserError):
                self.Evidence.with_context(yst_evidence_token=forged).create(values)

    def test_verify_finds_a_file_changed_on_disk(self):
        good = self.paper._evidence_add(self.photo, "a.jpg")
        bad = self.paper._evidence_add(pictures.small_photo((0, 90, 0)), "b.jpg")
        self.assertFalse((good + bad)._verify())
        with patch.object(
            type(self.env["ir.attachment"]),
            "_file_read",
            lambda attachments, fname, size=None: b"something else"
            if fname == bad._attachment("content").store_fname
            else self.photo_kept,
        ):
            self.photo_kept = photo.normalise(self.photo)
            self.env.invalidate_all()
            self.assertEqual((good + bad)._verify(), bad)
            with self.assertLogs("odoo.addons.yst_base.models.yst_evidence", "ERROR"):
                answer = (good + bad).action_verify()
        self.assertEqual(answer["params"]["type"], "danger")

    # ------------------------------------------------------------------ removal
    def test_removed_by_the_owner_only_and_written_down(self):
        evidence = self.paper._evidence_add(self.photo, "a.jpg")
        other = self.paper._evidence_add(self.photo, "b.jpg")
        digest, evidence_id = evidence.sha256, evidence.id
        self.paper._evidence_forget("Draft thrown away", evidence)
        self.assertFalse(evidence.exists())
        self.assertEqual(self.paper.evidence_ids, other)
        self.assertFalse(
            self.env["ir.attachment"].search(
                [
                    ("res_model", "=", "yst.evidence"),
                    ("res_id", "=", evidence_id),
                    ("res_field", "!=", False),
                ]
            )
        )
        line = self.env["yst.audit.log"].search(
            [("model", "=", "yst.evidence"), ("res_id", "=", evidence_id)]
        )
        self.assertEqual((line.action, line.reason), ("deletion", "Draft thrown away"))
        self.assertIn(digest, line.detail)

    def test_what_was_made_from_it_goes_with_it(self):
        original = self.paper._evidence_add(self.photo, "a.jpg")
        corners = [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)]
        second = original._straighten(corners)
        third = second._straighten(corners)
        self.paper._evidence_forget("x", original)
        self.assertFalse((original + second + third).exists())

    def test_forget_does_not_reach_other_records(self):
        other = self.env["yst.test.paper"].create({"name": "B"})
        evidence = other._evidence_add(self.photo, "a.jpg")
        self.paper._evidence_forget("x", evidence)
        self.assertTrue(evidence.exists())

    def test_record_with_evidence_cannot_be_deleted(self):
        self.paper._evidence_add(self.photo, "a.jpg")
        with self.assertRaises(UserError):
            self.paper.unlink()
        self.paper._evidence_forget("x")
        self.paper.unlink()

    # ------------------------------------------------------------------ cost
    def test_counting_costs_one_query(self):
        papers = self.env["yst.test.paper"].create([{"name": str(n)} for n in range(20)])
        for paper in papers[:5]:
            paper._evidence_add(self.photo, "a.jpg")
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(1):
            self.assertEqual(sum(papers.mapped("evidence_count")), 5)

    def test_reading_evidence_of_many_records(self):
        papers = self.env["yst.test.paper"].create([{"name": str(n)} for n in range(20)])
        for paper in papers:
            paper._evidence_add(self.photo, "a.jpg")

        def cost(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.evidence_ids.read(["name", "mimetype", "problems", "owner_name"])
            return self.env.cr.sql_log_count - before

        cost(papers)
        self.assertEqual(cost(papers[:1]), cost(papers))
