import io

from PIL import Image

from odoo.tests import HttpCase, tagged

from ..controllers import verify
from .common import DocumentCase
from .test_scan import bomb, pdf_of, picture


@tagged("post_install", "-at_install")
class TestVerify(HttpCase, DocumentCase):
    """The public page tells whether a paper is genuine, and nothing more."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        verify.look_rate.clear()
        verify.scan_rate.clear()

    def setUp(self):
        super().setUp()
        self.addCleanup(verify.look_rate.clear)
        self.addCleanup(verify.scan_rate.clear)

    def issued(self, **values):
        values = {"name": "Unmistakable title", "body": "<p>Innermost text</p>", **values}
        document = self.at("register", **values)
        desk = document.with_user(self.registrar)
        desk.action_register()
        desk.action_print()
        desk.action_issue()
        return document.sudo()

    def page(self, token):
        return self.url_open(f"/yst/document/verify/{token}")

    def send(self, data, name="scan.jpg"):
        form = self.url_open("/yst/document/verify").text
        token = form.split('name="csrf_token" value="')[1].split('"')[0]
        return self.url_open(
            "/yst/document/verify/scan", data={"csrf_token": token},
            files={"paper": (name, io.BytesIO(data))},
        )

    def test_issued_document_is_in_force(self):
        document = self.issued()
        answer = self.page(document.verify_token)
        self.assertEqual(answer.status_code, 200)
        for text in (document.number, "Unmistakable title", "测试街道办事处",
                     document.issued_sha256, "Genuine and in force"):
            self.assertIn(text, answer.text)
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertEqual(answer.headers["Referrer-Policy"], "no-referrer")
        for text in ("Innermost text", self.leader.name, self.drafter.name):
            self.assertNotIn(text, answer.text)

    def test_internal_document_shows_number_and_validity_alone(self):
        document = self.issued(secrecy="internal")
        answer = self.page(document.verify_token).text
        self.assertIn(document.number, answer)
        self.assertIn("Genuine and in force", answer)
        for text in ("Unmistakable title", document.issued_sha256, "Innermost"):
            self.assertNotIn(text, answer)

    def test_document_that_is_not_issued_yet(self):
        document = self.at("register", name="Unmistakable title")
        document.with_user(self.registrar).action_register()
        document.with_user(self.registrar).action_print()
        answer = self.page(document.sudo().verify_token).text
        self.assertIn("Not issued yet", answer)
        self.assertNotIn("Unmistakable title", answer)

    def test_void_document(self):
        document = self.issued()
        document.with_user(self.manager).action_void("Wrong figures")
        answer = self.page(document.verify_token).text
        self.assertIn("Void", answer)
        self.assertNotIn("in force</", answer)
        self.assertNotIn("Wrong figures", answer)

    def test_superseded_document(self):
        document = self.issued()
        newer = self.issued(name="Second one")
        newer.with_context(skip_validation_check=True).supersedes_id = document
        self.assertIn("superseded", self.page(document.verify_token).text)
        self.assertIn("Genuine and in force", self.page(newer.verify_token).text)

    def test_unknown_tokens(self):
        self.issued()
        for token in ("a" * 32, "x", "%00" * 30, "..%2F..%2F", "a" * 5000, "' OR 1=1 --" * 3):
            answer = self.page(token)
            self.assertIn(answer.status_code, (404, 400), token[:20])
            self.assertNotIn("Unmistakable title", answer.text)

    def test_photo_of_the_paper(self):
        document = self.issued()
        answer = self.send(picture(document._verify_url(document.verify_token)))
        self.assertEqual(answer.status_code, 200)
        self.assertIn("Unmistakable title", answer.text)

    def test_the_issued_pdf_and_one_that_was_changed(self):
        document = self.issued()
        pdf = document._pdf()
        self.assertIn("byte for byte", self.send(pdf, "a.pdf").text)
        answer = self.send(pdf + b"\n%changed", "a.pdf").text
        self.assertNotIn("byte for byte", answer)
        self.assertIn("not the issued PDF itself", answer)

    def test_foreign_and_missing_codes(self):
        self.assertIn("not the code of an official document",
                      self.send(picture("https://example.com/pay")).text)
        blank = io.BytesIO()
        Image.new("L", (900, 1200), 255).save(blank, "PNG")
        self.assertIn("No code was found", self.send(blank.getvalue()).text)
        forged = picture("https://office.example/yst/document/verify/" + "f" * 32)
        self.assertIn("may be forged", self.send(pdf_of(forged), "a.pdf").text)

    def test_foreign_address_is_never_followed(self):
        answer = self.send(picture("https://example.com/yst/document/verify/" + "f" * 32))
        self.assertEqual(answer.status_code, 404)
        self.assertNotIn("example.com", answer.text)

    def test_hostile_files_get_an_answer(self):
        self.assertIn("too large", self.send(bomb(100, 100, 300_000_000), "a.pdf").text)
        self.assertIn("cannot be read", self.send(b"%PDF-1.4 nothing", "a.pdf").text)
        self.assertIn("Only pictures", self.send(b"MZ" + bytes(100), "a.exe").text)
        self.assertIn("Choose a file", self.send(b"", "a.pdf").text)

    def test_nothing_that_is_sent_is_kept(self):
        before = self.env["ir.attachment"].sudo().search_count([])
        self.send(picture("https://example.com/kept"))
        self.assertEqual(self.env["ir.attachment"].sudo().search_count([]), before)

    def test_too_many_requests(self):
        document = self.issued()
        codes = [self.page("b" * 32).status_code for _ in range(61)]
        self.assertEqual(codes[:60], [404] * 60)
        self.assertEqual(codes[60], 429)
        answer = self.page(document.verify_token)
        self.assertEqual(answer.status_code, 429)
        self.assertNotIn("Unmistakable title", answer.text)
