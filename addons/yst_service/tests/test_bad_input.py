"""Bad input of every kind: a clear message, the draft kept, nothing leaked."""

import io
import struct
import zlib

from PIL import Image

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.yst_service.controllers import portal_identity

from .portal_common import PortalCase, noise, number, paper, pdf

MB = 1024 * 1024


def png_bomb(side=30_000):
    """A PNG of 900 million white pixels in about a megabyte."""
    row = b"\0" + b"\xff" * (side // 8)
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(row) for _row in range(side)) + packer.flush()

    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body)
            + chunk(b"IEND", b""))


def pdf_with_program():
    """A PDF that runs a script when it is opened."""
    from pypdf import PdfWriter
    from pypdf.generic import DictionaryObject, NameObject, TextStringObject

    writer = PdfWriter()
    writer.add_blank_page(width=100, height=100)
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject({
        NameObject("/S"): NameObject("/JavaScript"),
        NameObject("/JS"): TextStringObject("app.alert('x')"),
    })
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def heic():
    import pillow_heif

    pillow_heif.register_heif_opener()
    out = io.BytesIO()
    Image.open(io.BytesIO(paper())).save(out, "HEIF", quality=90)
    return out.getvalue()


@tagged("post_install", "-at_install")
class TestBadFiles(PortalCase):
    def setUp(self):
        super().setUp()
        self.case = self.draft()
        self.case._draft_save({"note": "草稿还在"})
        self.line = self.case.line_ids[0]

    def assertDraftKept(self, photos=0):
        self.env.invalidate_all()
        self.assertEqual(self.case.state, "draft")
        self.assertEqual(self.case.note, "草稿还在")
        self.assertEqual(len(self.line.photo_ids), photos)

    def assertRefused(self, data, filename, word):
        error = self.refused(self.upload(self.case, self.line, data, filename))
        self.assertIn(word, error["message"].lower())
        self.assertDraftKept()

    def test_empty_file(self):
        self.assertRefused(b"", "empty.jpg", "empty")

    def test_no_file_at_all(self):
        self.refused(self.post(f"/my/apply/{self.case.id}/upload", {"line": str(self.line.id)}))
        self.assertDraftKept()

    def test_program_that_calls_itself_a_photo(self):
        for data in (
            b"MZ\x90\x00" + b"\0" * 4096, b"\x7fELF\x02\x01\x01" + b"\0" * 4096,
            b"#!/bin/sh\nrm -rf /\n", b"<?php system($_GET['c']); ?>",
            b"<html><script>alert(1)</script></html>",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            b"PK\x03\x04" + b"\0" * 4096,
        ):
            error = self.refused(self.upload(self.case, self.line, data, "photo.jpg"))
            self.assertNotIn("script", error["message"])
        self.assertDraftKept()

    def test_photo_of_20_mb_is_taken(self):
        data = noise((4200, 3000), quality=97)
        data += b"\0" * (20 * MB - len(data)) if len(data) < 20 * MB else b""
        self.assertGreaterEqual(len(data), 20 * MB)
        self.assertLess(len(data), 25 * MB)
        self.answer(self.upload(self.case, self.line, data))
        self.assertDraftKept(photos=1)
        self.assertLess(self.line.photo_ids.size, 8 * MB)
        self.assertLessEqual(max(self.line.photo_ids.width, self.line.photo_ids.height), 4200)

    def test_file_beyond_25_mb_is_refused(self):
        data = paper() + b"\0" * (25 * MB)
        response = self.upload(self.case, self.line, data)
        self.assertIn(response.status_code, (413, 422))
        self.assertDraftKept()

    def test_request_beyond_the_limit_is_not_even_read(self):
        with mute_logger("odoo.http"):
            response = self.upload(self.case, self.line, b"\xff\xd8\xff" + b"\0" * (40 * MB))
        self.assertEqual(response.status_code, 413)
        self.assertDraftKept()

    def test_heic_becomes_a_jpeg(self):
        self.answer(self.upload(self.case, self.line, heic(), "IMG_0001.HEIC"))
        self.assertDraftKept(photos=1)
        self.assertEqual(self.line.photo_ids.mimetype, "image/jpeg")
        shown = self.get(f"/yst/evidence/{self.line.photo_ids.id}")
        self.assertTrue(shown.content.startswith(b"\xff\xd8\xff"))

    def test_pdf_is_taken_and_a_dangerous_one_is_not(self):
        self.answer(self.upload(self.case, self.line, pdf(), "证明.pdf"))
        self.assertDraftKept(photos=1)
        self.post(f"/my/apply/{self.case.id}/remove",
                  {"line": str(self.line.id), "evidence": str(self.line.photo_ids.id)})
        self.refused(self.upload(self.case, self.line, pdf_with_program(), "证明.pdf"))
        self.refused(self.upload(self.case, self.line, b"%PDF-1.7\nbroken", "证明.pdf"))
        self.refused(self.upload(self.case, self.line, pdf(400), "证明.pdf"))
        self.assertDraftKept()

    def test_decompression_bombs(self):
        bomb = png_bomb()
        self.assertLess(len(bomb), 2 * MB)
        self.refused(self.upload(self.case, self.line, bomb, "bomb.png"))
        self.assertDraftKept()

    def test_photo_that_broke_off(self):
        self.refused(self.upload(self.case, self.line, paper()[:-4000]))
        self.assertDraftKept()

    def test_hostile_file_names(self):
        for count, name in enumerate((
            "../../../etc/passwd", "..\\..\\boot.ini", "<img src=x onerror=alert(1)>.jpg",
            'a"; filename="b.exe', "con.jpg", "照片\u202egpj.exe", "x" * 3000 + ".jpg",
            "' OR 1=1 --.jpg", "${7*7}{{7*7}}.jpg", ".htaccess", "",
        )):
            response = self.upload(self.case, self.line, paper((1200, 1500 + count)), name or "x")
            html = self.answer(response)["html"]
            for bad in ("<img src=x", "../", "..\\", "\u202e"):
                self.assertNotIn(bad, html, name)
        self.env.invalidate_all()
        for evidence in self.line.photo_ids:
            self.assertLessEqual(len(evidence.name), 100)
            self.assertTrue(evidence.name.endswith(".jpg"), evidence.name)
            self.assertNotRegex(evidence.name, r"[/\\<>\"\u202e]")
            shown = self.get(f"/yst/evidence/{evidence.id}")
            self.assertEqual(shown.headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(shown.headers["Content-Type"].split(";")[0], "image/jpeg")


@tagged("post_install", "-at_install")
class TestBadText(PortalCase):
    SCRIPT = "<script>alert('x')</script><img src=x onerror=alert(1)>{{7*7}}${7*7}"

    def test_scripts_stay_text_wherever_they_are_shown(self):
        case = self.draft()
        self.answer(self.post(f"/my/apply/{case.id}/who", {
            "on_behalf": "1", "principal_name": self.SCRIPT[:50],
            "principal_relation": self.SCRIPT[:50], "principal_identity": number(order="222"),
            "principal_identity_kind": "resident_id", "consent": "1",
        }))
        self.answer(self.post(f"/my/apply/{case.id}/details", {
            "area_id": str(self.north.id), "note": self.SCRIPT, "address": self.SCRIPT,
        }))
        for line in case.line_ids.filtered("required"):
            self.answer(self.upload(case, line, paper(), self.SCRIPT))
        pages = [self.get(f"/my/apply/{case.id}/{step}").text
                 for step in ("who", "details", "materials", "check")]
        self.answer(self.post(f"/my/apply/{case.id}/check", {"declared": "1"}))
        self.answer(self.post(f"/my/cases/{case.id}/message", {"text": self.SCRIPT}))
        self.answer(self.post(f"/my/cases/{case.id}/withdraw", {"reason": self.SCRIPT}))
        pages += [self.get(path).text for path in (
            f"/my/cases/{case.id}", "/my/cases", f"/my/cases/{case.id}/receipt", "/my",
        )]
        for page in pages:
            self.assertNotIn("<script>alert", page)
            self.assertNotIn("<img src=x", page)
        self.assertIn("&lt;script&gt;", pages[1])

    def test_control_characters_and_floods_do_no_harm(self):
        case = self.draft()
        answer = self.answer(self.post(f"/my/apply/{case.id}/save", {
            "step": "details", "note": "第一行\n第二行\x00\x07\u202e" + "长" * 2500,
        }))
        self.assertIn("note", answer["errors"])
        self.answer(self.post(f"/my/apply/{case.id}/save", {
            "step": "details", "note": "第一行\n第二行\x00\x07\u202e",
        }))
        case.invalidate_recordset()
        self.assertEqual(case.note, "第一行\n第二行")
        with mute_logger("odoo.http"):
            flood = self.post(f"/my/apply/{case.id}/save",
                              {"step": "details", "note": "x" * 400_000})
        self.assertEqual(flood.status_code, 413)

    def test_numbers_that_are_none(self):
        case = self.draft()
        for path, data in (
            (f"/my/apply/{case.id}/save", {"step": "details", "area_id": "1; DROP TABLE"}),
            (f"/my/apply/{case.id}/save", {"step": "details", "area_id": "9" * 60}),
            (f"/my/apply/{case.id}/save", {"step": "../../etc", "note": "x"}),
            (f"/my/apply/{case.id}/upload", {"line": "-1"}),
            (f"/my/apply/{case.id}/upload", {"line": "9" * 40}),
            (f"/my/apply/{case.id}/remove", {"line": "٣", "evidence": "1"}),
            (f"/my/cases/{case.id}/book", {"slot": "9" * 40}),
            (f"/my/cases/{case.id}/rate", {"level": "five"}),
        ):
            response = self.post(path, data)
            self.assertLess(response.status_code, 500, (path, data))
            self.answer(response, response.status_code)
        case.invalidate_recordset()
        self.assertEqual(case.state, "draft")

    def test_wrong_and_foreign_identity_numbers(self):
        good = number(order="345")
        swapped = good[:9] + good[10] + good[9] + good[11:]
        wrong = {
            "": "resident_id",
            "12345": "resident_id",
            swapped: "resident_id",
            good[:-1] + ("0" if good[-1] != "0" else "1"): "resident_id",
            number(born="20991231"): "resident_id",
            "61090219991332123X": "resident_id",
            "ABCDEFGHIJKLMNOPQR": "resident_id",
            number(area="810000"): "resident_id",
            good: "hmt_permit",
            "E1": "passport",
            "<script>": "passport",
        }
        new = self._account("resident.new", "新账户")
        self.patch(portal_identity, "WRONG_ATTEMPTS_AN_HOUR", len(wrong) + 1)
        self.login_as(new)
        for value, kind in wrong.items():
            error = self.refused(self.post("/my/identity", {
                "name": "居民丙", "identity_kind": kind, "identity": value,
                "mobile": "13812345678",
            }), field="identity")
            if value:
                self.assertNotIn(value, error["message"])
        self.assertFalse(new.partner_id.identity_masked)
        accepted = {
            number(area="830000", order="346"): "hmt_permit",
            "E12345678": "passport",
            f"９{number(area='911111')[1:]}": "foreign_permanent",
        }
        for count, (value, kind) in enumerate(accepted.items()):
            other = self._account(f"resident.foreign{count}", "新账户")
            self.login_as(other)
            self.answer(self.post("/my/identity", {
                "name": "José Ñandú", "identity_kind": kind, "identity": value,
                "mobile": "13812345678",
            }))
            other.partner_id.invalidate_recordset()
            self.assertEqual(other.partner_id.identity_kind, kind)

    def test_number_of_somebody_else_is_refused_without_saying_whose(self):
        new = self._account("resident.new", "新账户")
        self.login_as(new)
        error = self.refused(self.post("/my/identity", {
            "name": "居民丙", "identity_kind": "resident_id", "identity": number(order="123"),
            "mobile": "13812345678",
        }), field="identity")
        self.assertNotIn(self.one.name, error["message"])


@tagged("post_install", "-at_install")
class TestTwice(PortalCase):
    def numbers(self):
        self.env.invalidate_all()
        return self.env["yst.service.case"].search([
            ("applicant_id", "=", self.one.partner_id.id), ("number", "!=", False)
        ]).mapped("number")

    def test_second_tap_answers_the_same_receipt(self):
        case = self.filled()
        answers = [
            self.answer(self.post(f"/my/apply/{case.id}/check", {"declared": "1"}))["next"]
            for _tap in range(3)
        ]
        self.assertEqual(answers[0], f"/my/cases/{case.id}/receipt")
        self.assertTrue(all(one.startswith(f"/my/cases/{case.id}") for one in answers))
        self.assertEqual(len(self.numbers()), 1)

    def test_back_button_after_handing_in_leads_to_the_application(self):
        case = self.handed_in()
        for step in ("who", "details", "materials", "check"):
            response = self.get(f"/my/apply/{case.id}/{step}")
            self.assertEqual(response.status_code, 303)
            self.assertTrue(response.headers["Location"].endswith(f"/my/cases/{case.id}"))
            response = self.post(f"/my/apply/{case.id}/{step}", {"declared": "1", "note": "再来"})
            self.assertTrue(self.answer(response)["next"].startswith(f"/my/cases/{case.id}"))
        self.refused(self.post(f"/my/apply/{case.id}/save", {"step": "details", "note": "再来"}),
                     "handed_in")
        self.assertNotEqual(case.note, "再来")
        self.assertEqual(len(self.numbers()), 1)

    def test_pages_are_not_kept_for_the_back_button(self):
        case = self.draft()
        for path in (f"/my/apply/{case.id}/who", "/my/cases", "/my/identity"):
            self.assertIn("no-store", self.get(path).headers["Cache-Control"])

    def test_opening_twice_makes_one_draft(self):
        first, second = self.draft(), self.draft()
        self.assertEqual(first, second)
        self.assertEqual(len(first), 1)


@tagged("post_install", "-at_install")
class TestExpiredSession(PortalCase):
    def test_script_is_told_and_shown_the_way_back(self):
        case = self.filled()
        case._draft_save({"note": "草稿还在"})
        page = f"/my/apply/{case.id}/details"
        self.authenticate(None, None)
        for path, data in (
            (f"/my/apply/{case.id}/save", {"step": "details", "note": "会话过期后"}),
            (page, {"area_id": str(self.south.id)}),
            (f"/my/apply/{case.id}/check", {"declared": "1"}),
        ):
            response = self.post(
                path, data, headers={"Accept": "application/json",
                                     "Referer": self.base_url() + page},
            )
            error = self.refused(response, "session_expired", status=401)
            self.assertEqual(
                error["login_url"], f"/web/login?redirect=%2Fmy%2Fapply%2F{case.id}%2Fdetails"
            )
            self.assertNotIn(self.one.name, response.text)
        upload = self.upload(case, case.line_ids[0], paper((1000, 1400)))
        self.refused(upload, "session_expired", status=401)
        case.invalidate_recordset()
        self.assertEqual((case.state, case.note, case.area_id), ("draft", "草稿还在", self.north))
        self.login_as(self.one)
        self.assertIn("草稿还在", self.get(page).text)

    def test_browser_is_sent_to_the_login_and_back_to_the_same_step(self):
        case = self.draft()
        self.authenticate(None, None)
        page = f"/my/apply/{case.id}/materials"
        response = self.get(page)
        self.assertEqual(response.status_code, 302 if response.status_code == 302 else 303)
        self.assertIn("/web/login?redirect=%2Fmy%2Fapply", response.headers["Location"])
        posted = self.post(page, {}, headers={"Referer": self.base_url() + page})
        self.assertIn("/web/login?redirect=%2Fmy%2Fapply", posted.headers["Location"])
        foreign = self.post(page, {}, headers={"Referer": "https://example.com/my/x"})
        self.assertIn("redirect=%2Fmy", foreign.headers["Location"])
        self.assertNotIn("example", foreign.headers["Location"])

    def test_form_older_than_the_session_changes_nothing(self):
        """Logged in again in another tab: the old tab's token is void, its draft is not."""
        case = self.draft()
        case._draft_save({"note": "草稿还在"})
        self.login_as(self.one)
        with mute_logger("odoo.http"):
            response = self.post(f"/my/apply/{case.id}/save",
                                 {"step": "details", "note": "旧页面", "csrf_token": "old"},
                                 token=False)
        self.assertEqual(response.status_code, 400)
        self.assertNotIn("Traceback", response.text)
        case.invalidate_recordset()
        self.assertEqual(case.note, "草稿还在")
