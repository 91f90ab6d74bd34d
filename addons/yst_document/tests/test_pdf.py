import base64
import hashlib
import io
import secrets

from PIL import Image

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from .. import scan
from . import paper_ruler
from .common import DocumentCase
from .papers import seal_png


@tagged("post_install", "-at_install")
class TestDocumentPdf(DocumentCase):
    """A sample until it is printed, then frozen."""

    def printed(self, **values):
        document = self.at("register", **values)
        document.with_user(self.registrar).action_register()
        document.with_user(self.registrar).action_print()
        return document.sudo()

    def texts(self, pdf):
        return "".join(line.text for sheet in paper_ruler.measure(pdf) for line in sheet.lines)

    def test_paper_says_what_the_document_says(self):
        document = self.document(
            name="Notice", urgency="extra", secrecy="internal", main_to="各村", copy_to="区办",
            remark="此件公开发布", body="<p>甲</p><p>乙</p>",
        )
        paper = document._paper()
        self.assertEqual(paper.mark, "测试街道办事处文件")
        self.assertEqual((paper.urgency, paper.secrecy), ("特急", "内部"))
        self.assertEqual(paper.body, ["甲", "乙"])
        self.assertEqual(paper.signers, [])
        upward = self.document(kind="request", main_to="区政府")
        self.assertEqual(upward._paper().signers, [self.leader.name])
        letter = self.document(layout="letter")
        self.assertEqual(letter._paper().mark, "测试街道办事处")
        minutes = self.document(layout="minutes", attendees="甲\n乙", observers="丙")
        self.assertEqual(minutes._paper().present, [("出席", "甲、乙"), ("列席", "丙")])
        self.assertFalse(minutes._paper().sealed)

    def test_sample_is_marked_and_bears_no_code(self):
        document = self.document()
        pdf = document._sample_pdf()
        self.assertIn("样稿", self.texts(pdf))
        self.assertEqual(scan.codes(pdf), [])
        self.assertFalse(document.sudo().issued_pdf_id)

    def test_printing_freezes_the_pdf(self):
        document = self.printed()
        pdf = document.issued_pdf_id.raw
        self.assertEqual(document.issued_sha256, hashlib.sha256(pdf).hexdigest())
        self.assertIn(document.number, self.texts(pdf))
        self.assertNotIn("样稿", self.texts(pdf))
        (address,) = scan.codes(pdf)
        self.assertTrue(address.endswith("/yst/document/verify/" + document.verify_token))
        self.assertGreaterEqual(len(document.verify_token), 32)
        self.assertEqual(document._pdf(), pdf)

    def test_frozen_pdf_cannot_be_changed(self):
        document = self.printed()
        file = document.issued_pdf_id
        for user in (self.registrar, self.manager, self.env.ref("base.user_admin")):
            with self.assertRaises(UserError):
                file.with_user(user).write({"raw": b"other"})
            with self.assertRaises(UserError):
                file.with_user(user).unlink()
        with self.assertRaises(UserError):
            file.sudo().write({"raw": b"other"})
        with self.assertRaises(UserError):
            document.with_user(self.registrar).write({"issued_pdf_id": False})
        with self.assertRaises(UserError):
            document.with_user(self.registrar).write({"issued_sha256": "0" * 64})

    def test_seal_gets_on_the_frozen_pdf(self):
        document = self.at("register")
        document.with_user(self.registrar).action_register()
        document = document.sudo()
        bare = document._pdf()
        seal = self.env["yst.document.seal"].sudo().create(
            {"name": "Office", "image": base64.b64encode(seal_png())}
        )
        document.with_context(skip_validation_check=True).seal_id = seal
        sealed = document._pdf()
        self.assertNotEqual(bare, sealed)
        self.assertEqual(document.issued_sha256, hashlib.sha256(sealed).hexdigest())
        pictures = [one for sheet in paper_ruler.measure(sealed) for one in sheet.pictures]
        self.assertEqual(len(pictures), 2)  # code and seal
        self.assertAlmostEqual(pictures[-1].width, 42, 1)
        # printing afterwards leaves it as the log of seals knows it
        document.with_user(self.registrar).action_print()
        self.assertEqual(document._pdf(), sealed)

    def test_nothing_is_printed_without_a_number(self):
        with self.assertRaises(UserError):
            self.document().sudo()._make_pdf()
        with self.assertRaises(UserError):
            self.document().sudo()._pdf()

    def test_issued_document_is_not_made_anew(self):
        document = self.printed()
        before = document._pdf()
        document.with_context(skip_validation_check=True).body = "<p>Changed</p>"
        with self.assertRaises(UserError):
            document._make_pdf()
        self.assertEqual(document._pdf(), before)

    def test_paper_fields_are_content(self):
        document = self.at("check")
        with self.assertRaises(UserError):
            document.with_user(self.drafter).write({"remark": "changed"})
        with self.assertRaises(UserError):
            document.with_user(self.registrar).write({"joint_issuers": "另一机关"})

    def test_pictures_of_others_do_not_get_on_the_paper(self):
        def attachment(user, **values):
            file = io.BytesIO()
            Image.new("RGB", (60, 40), "red").save(file, "PNG")
            return self.env["ir.attachment"].with_user(user).sudo().create(
                {"name": "a.png", "raw": file.getvalue(), **values}
            ).with_user(user)

        own = attachment(self.drafter)
        others = attachment(self.leader)
        portrait = attachment(self.drafter, res_model="res.partner", res_id=1)
        with_token = attachment(self.leader, access_token=secrets.token_urlsafe(8))
        body = "".join(
            f"<p>x<img src='/web/image/{file.id}{tail}'></p>"
            for file, tail in (
                (own, ""), (others, ""), (portrait, ""), (others, "?access_token=None"),
                (with_token, f"-abc/a.png?access_token={with_token.access_token}"),
                (with_token, "?access_token=wrong"),
            )
        )
        document = self.document(body=body)
        # whoever prints, and be it the system itself
        paper = document.sudo()._paper()
        pictures = [one for one in paper.body if not isinstance(one, str)]
        self.assertEqual(len(pictures), 2)


@tagged("post_install", "-at_install")
class TestPdfRoute(HttpCase, DocumentCase):
    """The PDF for those who may read the document, and for nobody else."""

    def test_reader_and_stranger(self):
        document = self.document()
        self.authenticate(self.drafter.login, self.drafter.login)
        answer = self.url_open(f"/yst/document/{document.id}/paper.pdf")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Content-Type"], "application/pdf")
        self.assertTrue(answer.content.startswith(b"%PDF-"))
        self.authenticate(self.stranger.login, self.stranger.login)
        self.assertEqual(self.url_open(f"/yst/document/{document.id}/paper.pdf").status_code, 404)
        self.assertEqual(self.url_open("/yst/document/999999999/paper.pdf").status_code, 404)
        with self.assertRaises(AccessError):
            document.with_user(self.stranger).action_preview_pdf()
