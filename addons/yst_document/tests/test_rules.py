from datetime import datetime

from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged

from ..document_rules import has_secret_mark, number_text, number_year


@tagged("post_install", "-at_install")
class TestRules(TransactionCase):
    """Rules of documents that need no flow."""

    def test_numbers(self):
        self.assertEqual(number_text("新办发", 2019, 12), "新办发〔2019〕12号")
        self.assertEqual(number_year(datetime(2026, 12, 31, 15, 59, 59)), 2026)
        self.assertEqual(number_year(datetime(2026, 12, 31, 16, 0, 0)), 2027)

    def test_marks_of_state_secrets(self):
        for text in ("机密★1年", "绝密★", "秘密 ☆", "<p>秘密</p>", "【机密】", "标题\n秘密\n正文"):
            with self.subTest(text):
                self.assertTrue(has_secret_mark(text))
        harmless = ("", "保守秘密是每个干部的义务", "涉及商业秘密的除外", "机密文件不得上网")
        for text in harmless:
            with self.subTest(text):
                self.assertFalse(has_secret_mark(text))

    def test_nothing_of_a_state_secret_is_kept(self):
        documents = self.env["yst.document"]
        for values in (
            {"secrecy": "confidential"}, {"secrecy": "top_secret"}, {"body": "<p>机密★1年</p>"},
        ):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, "State secrets"):
                documents.create({"name": "One", **values})
        document = documents.create({"name": "One"})
        with self.assertRaises(UserError):
            document.write({"secrecy": "secret"})
        self.assertEqual(documents.search([("name", "=", "One")]), document)
