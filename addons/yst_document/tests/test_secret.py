import base64
import io
import os
import time
import zipfile

import pypdf
from weasyprint import HTML

from odoo.exceptions import UserError
from odoo.http import Request
from odoo.tests import HttpCase, tagged

from ..secret_file import head_text, is_marked
from .common import DocumentCase

WORD = (
    '<?xml version="1.0"?><w:document xmlns:w="urn:w"><w:body>'
    "<w:p><w:r><w:t>%s</w:t></w:r></w:p><w:p><w:r><w:t>Text</w:t></w:r></w:p>"
    "</w:body></w:document>"
)


def docx(first="关于防汛工作的通知", **parts):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word/document.xml", WORD % first)
        for name, text in parts.items():
            archive.writestr(name.replace("__", "/") + ".xml", WORD % text)
    return file.getvalue()


def pdf(text):
    return HTML(string=f"<p>{text}</p><p>Text</p>").write_pdf()


def scan(pages):
    """A PDF of blank pages with a picture on none: no text."""
    writer = pypdf.PdfWriter()
    for _number in range(pages):
        writer.add_blank_page(595, 842)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


@tagged("post_install", "-at_install")
class TestSecret(DocumentCase):
    """State secrets are refused, whatever they come in, and nothing of them is kept."""

    def test_marks_in_files(self):
        marked = {
            "机密★1年.txt": b"",
            "【秘密】通知.docx": docx(),
            "绝密": b"",
            "a.txt": "绝密★\n正文".encode(),
            "b.txt": "机密★1年\n正文".encode("gb18030"),
            "c.txt": "秘密\n正文".encode("utf-16"),
            "d.docx": docx("机密★1年"),
            "e.docx": docx(word__header1="秘密★"),
            "f.pdf": pdf("机密★1年"),
            "g.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 7 + "秘密★".encode("utf-16-le"),
        }
        for name, data in marked.items():
            with self.subTest(name):
                self.assertTrue(is_marked(name, data))
        harmless = {
            "关于保守秘密的通知.txt": "保守秘密是每个干部的义务".encode(),
            "a.docx": docx(),
            "b.pdf": pdf("涉及商业秘密的除外"),
            "c.zip": b"PK\x03\x04damaged",
            "d.pdf": b"%PDF-1.7 damaged",
            "e.jpg": b"\xff\xd8\xff\xe0\0\x10JFIF\0",
            "f.txt": b"",
        }
        for name, data in harmless.items():
            with self.subTest(name):
                self.assertFalse(is_marked(name, data))

    def test_a_packed_bomb_is_cut_off(self):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("word/document.xml", "<w>" + "<p>a</p>" * 20_000_000)
        started = time.monotonic()
        self.assertTrue(head_text(file.getvalue()))
        self.assertLess(time.monotonic() - started, 10)

    def test_a_marked_upload_is_not_stored(self):
        content = docx("机密★1年")
        files = self.env["ir.attachment"].with_user(self.drafter)
        path = files._full_path(files._get_path(content, files._compute_checksum(content))[0])
        document = self.document()
        for values in (
            {"res_model": "yst.document", "res_id": document.id, "raw": content},
            {"res_model": "yst.document", "res_id": 0, "raw": content},
            {"res_model": "yst.document", "res_id": 0, "datas": base64.b64encode(content)},
            {"res_model": "yst.document", "res_id": 0, "raw": b"", "name": "绝密★.docx"},
        ):
            with self.subTest(values.keys()), self.refused("State secrets"):
                files.create({"name": "a.docx", **values})
        self.assertFalse(os.path.exists(path))
        harmless = files.create(
            {"name": "a.docx", "res_model": "yst.document", "res_id": document.id, "raw": b"a"}
        )
        for values in ({"raw": content}, {"name": "机密★.docx"}):
            with self.subTest(values.keys()), self.refused("State secrets"):
                harmless.write(values)

    def test_what_was_uploaded_elsewhere_is_taken_away_on_refusal(self):
        content = docx("机密★1年")
        files = self.env["ir.attachment"].with_user(self.drafter)
        upload = files.create({"name": "a.docx", "raw": content})
        path = files._full_path(upload.store_fname)
        self.assertTrue(os.path.exists(path))
        with self.refused("State secrets"):
            self.document(attachment_ids=[(4, upload.id)])
        self.env.cr.postrollback.clear()
        self.check_purged(upload, {"attachment_ids": [(4, upload.id)]})
        upload = files.create({"name": "b.docx", "raw": b"harmless"})
        self.check_purged(upload, {"secrecy": "secret", "attachment_ids": [(6, 0, upload.ids)]})

    def check_purged(self, upload, values):
        """A refused draft with these values takes its upload along, once it is rolled back."""
        path = upload._full_path(upload.store_fname)
        with self.enter_registry_test_mode():
            with self.assertRaises(UserError):
                self.document(**values)
            self.env.cr.postrollback.run()
        self.env.invalidate_all()
        self.assertFalse(upload.exists())
        self.assertFalse(os.path.exists(path))

    def test_words_are_looked_at_too(self):
        document = self.at("check")
        for call in (
            lambda: document.with_user(self.checker).action_approve("机密★1年"),
            lambda: document.with_user(self.checker).message_post(body="绝密★"),
            lambda: document.with_user(self.checker).write({"body": "<p>秘密★</p>"}),
        ):
            with self.refused("State secrets"):
                call()
        self.assertFalse(document.opinion_ids)

    def test_the_words_of_the_refusal_tell_nothing(self):
        with self.assertRaises(UserError) as caught:
            self.document(name="机密★ Plan of the bridge")
        self.assertNotIn("bridge", str(caught.exception))

    def test_a_scan_of_500_pages_is_taken(self):
        content = scan(500)
        started = time.monotonic()
        document = self.incoming(
            attachment_ids=[(0, 0, {"name": "scan.pdf", "raw": content})]
        )
        self.assertLess(time.monotonic() - started, 10)
        self.assertEqual(document.attachment_ids.file_size, len(content))
        self.assertEqual(document.attachment_ids.res_id, document.id)

    def test_macros_are_kept_and_flagged(self):
        content = docx(word__vbaProject="x").replace(b"vbaProject.xml", b"vbaProject.bin")
        document = self.document(
            attachment_ids=[(0, 0, {"name": "a.docm", "raw": content})]
        )
        self.assertTrue(document.attachment_ids.has_macros)
        self.assertEqual(document.attachment_ids.raw, content)

    def test_files_belong_to_the_document_and_follow_its_state(self):
        upload = self.env["ir.attachment"].with_user(self.drafter).create(
            {"name": "a.txt", "raw": b"a"}
        )
        another = self.env["ir.attachment"].with_user(self.stranger).create(
            {"name": "b.txt", "raw": b"b"}
        )
        document = self.document(attachment_ids=[(4, upload.id)])
        self.assertEqual((upload.res_model, upload.res_id), ("yst.document", document.id))
        with self.assertRaises(UserError):
            document.write({"attachment_ids": [(4, another.id)]})
        document.action_submit()
        document.with_user(self.checker).action_approve()
        for user in (self.drafter, self.checker):
            with self.subTest(user.login), self.assertRaises(UserError):
                upload.with_user(user).write({"raw": b"other"})
            with self.subTest(user.login), self.assertRaises(UserError):
                upload.with_user(user).unlink()
            with self.subTest(user.login), self.assertRaises(UserError):
                self.env["ir.attachment"].with_user(user).create(
                    {"name": "c", "raw": b"c", "res_model": "yst.document", "res_id": document.id}
                )


@tagged("post_install", "-at_install")
class TestSecretUpload(HttpCase, DocumentCase):
    """The upload of the form says why, and the log does not say what."""

    def test_upload(self):
        self.drafter.password = "drafter drafter"
        self.authenticate("drafter", "drafter drafter")
        with self.assertNoLogs("odoo.addons.web.controllers.binary", "ERROR"):
            answer = self.url_open(
                "/web/binary/upload_attachment",
                data={"model": "yst.document", "id": 0, "csrf_token": Request.csrf_token(self)},
                files={"ufile": ("a.docx", docx("机密★1年"))},
            )
        self.assertIn("State secrets", answer.json()[0]["error"])
        answer = self.url_open(
            "/web/binary/upload_attachment",
            data={"model": "yst.document", "id": 0, "csrf_token": Request.csrf_token(self)},
            files={"ufile": ("a.docx", docx())},
        )
        self.assertTrue(answer.json()[0]["id"])
