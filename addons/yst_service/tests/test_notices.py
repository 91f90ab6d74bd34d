import base64
import io
from unittest.mock import patch

from PIL import Image
from pypdf import PdfReader

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged

from odoo.addons.yst_base import qr
from odoo.addons.yst_base.tests.common import KeyMixin

from .case_common import PASSWORD, CaseCase, CaseWorld


@tagged("post_install", "-at_install")
class TestNotices(CaseCase):
    """Receipt and notices as PDF: what they say, and that their code leads back."""

    def pdf(self, name, case):
        data, kind = self.env["ir.actions.report"].sudo().with_context(
            force_report_rendering=True
        )._render_qweb_pdf(f"yst_service.report_{name}", case.ids)
        self.assertEqual(kind, "pdf")
        reader = PdfReader(io.BytesIO(data))
        text = "".join("".join(page.extract_text() for page in reader.pages).split())
        pictures = [picture.data for page in reader.pages for picture in page.images]
        return text, pictures, reader

    def assertLeadsBack(self, pictures, case):
        texts = []
        for picture in pictures:
            large = Image.open(io.BytesIO(picture)).convert("RGB")
            out = io.BytesIO()
            large.save(out, "PNG")
            texts += qr.read(out.getvalue())
        self.assertIn(f"{case.get_base_url()}/yst/case/{case.number}", texts)

    def assertSays(self, text, *words):
        for word in words:
            self.assertIn("".join(word.split()), text)
        self.assertNotIn("610902", text, "no identity number on any paper")

    def test_receipt(self):
        case = self.submitted()
        text, pictures, reader = self.pdf("receipt", case)
        self.assertSays(text, case.number, self.resident.name, "测试材料1", "测试材料3",
                        case.version_id.name, "Within 5 working days")
        self.assertLeadsBack(pictures, case)
        box = reader.pages[0].mediabox
        self.assertAlmostEqual(float(box.width) / 72 * 25.4, 210, delta=1)
        self.assertAlmostEqual(float(box.height) / 72 * 25.4, 297, delta=1)

    def test_notice_of_acceptance_names_the_day_by_which_it_is_done(self):
        case = self.accepted()
        text, pictures, _reader = self.pdf("acceptance", case)
        self.assertSays(text, case.number, "5 working days", case._paper_day(case.clock_deadline))
        self.assertLeadsBack(pictures, case)

    def test_notice_of_non_acceptance_names_reason_and_remedies(self):
        case = self.submitted()
        case.action_refuse(self.env.ref("yst_service.reason_not_eligible"), "户籍不在本街道")
        text, pictures, _reader = self.pdf("refusal", case)
        self.assertSays(text, case.number, "The conditions of the item are not met",
                        "户籍不在本街道", "you may apply again", "reconsideration", "sixty days")
        self.assertLeadsBack(pictures, case)

    def test_correction_notice_lists_every_defect_and_the_deadline(self):
        case = self.in_correction(2)
        text, pictures, _reader = self.pdf("correction", case)
        self.assertSays(text, case.number, "1. 测试材料1", "2. 测试材料2", "第2页看不清",
                        case._paper_day(case.correction_ids.deadline))
        self.assertLeadsBack(pictures, case)

    def test_papers_carry_the_name_of_the_office_and_page_numbers(self):
        case = self.accepted()
        text, _pictures, reader = self.pdf("acceptance", case)
        office = self.env.company.name
        self.assertSays(text, f"To {self.resident.name}:", "Page 1 of 1", "(seal)")
        page = reader.pages[0].extract_text()
        self.assertEqual(page.count(office), 2, "at the head and above the seal")

    def test_phones_are_named_only_where_there_are_any(self):
        case = self.accepted()
        nothing = {"phone_advice": False, "phone_complaint": False}
        with patch.object(type(case.version_id), "_contact", lambda _self: nothing):
            self.assertNotIn("questions", "".join(case._paper_acceptance()))
        some = {"phone_advice": "12345", "phone_complaint": False}
        with patch.object(type(case.version_id), "_contact", lambda _self: some):
            self.assertIn("For questions: 12345. For complaints: –.",
                          "".join(case._paper_acceptance()))

    def test_no_paper_about_what_did_not_happen(self):
        case = self.submitted()
        for name in ("acceptance", "refusal", "correction"):
            with self.subTest(name), self.assertRaises(UserError):
                self.pdf(name, case)
        with self.assertRaises(UserError):
            self.pdf("receipt", self.draft(self.visit))

    def test_a_page_for_each_application(self):
        cases = self.submitted() | self.submitted(self.visit)
        _text, _pictures, reader = self.pdf("receipt", cases)
        self.assertEqual(len(reader.pages), 2)

    def test_a_photo_of_the_code_opens_the_application(self):
        case = self.submitted()
        cases = self.env["yst.service.case"].with_user(self.clerk)
        photo = self.photographed(case._scan_url())
        action = cases.scan_photo(base64.b64encode(photo).decode())
        self.assertEqual((action["res_model"], action["res_id"]), (case._name, case.id))
        for wrong in (self.photo, b"not a photo", b"", self.photographed("https://example.com")):
            with self.subTest(wrong[:12]), self.assertRaises(UserError):
                cases.scan_photo(base64.b64encode(wrong).decode())
        with self.assertRaises(UserError):
            cases.scan_photo("not base64")

    @staticmethod
    def photographed(text):
        """The code as a phone sees it: on a grey desk, a little turned."""
        code = Image.open(io.BytesIO(qr.make(text))).convert("RGB").rotate(
            7, expand=True, fillcolor="white"
        )
        desk = Image.new("RGB", (1600, 1200), (150, 140, 130))
        desk.paste(code, (500, 300))
        out = io.BytesIO()
        desk.save(out, "JPEG", quality=80)
        return out.getvalue()


@tagged("post_install", "-at_install")
class TestScanAddress(KeyMixin, CaseWorld, HttpCase):
    """The address in the code: staff to the form, the applicant to their page, others nowhere."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, no_reset_password=True))
        cls._make_world()

    def test_who_scans_gets_where_they_may_go(self):
        case = self.submitted()
        path = f"/yst/case/{case.number}"
        for user, target in (
            (self.clerk, f"/odoo/cases/{case.id}"),
            (self.leader, f"/odoo/cases/{case.id}"),
            (self.resident, f"/my/cases/{case.id}"),
        ):
            with self.subTest(user.login):
                self.authenticate(user.login, PASSWORD)
                answer = self.url_open(path, allow_redirects=False)
                self.assertEqual(answer.status_code, 303)
                self.assertTrue(answer.headers["Location"].endswith(target), answer.headers)
        words = set()
        for user in (self.neighbour, self.other_clerk, self.employee):
            self.authenticate(user.login, PASSWORD)
            for asked in (path, "/yst/case/BJ2026999999"):
                with self.subTest(user.login, asked=asked):
                    answer = self.url_open(asked, allow_redirects=False)
                    self.assertEqual(answer.status_code, 404)
                    self.assertNotIn(case.version_id.name, answer.text)
                    words.add("Application not found" in answer.text)
        self.assertEqual(words, {True})
        self.authenticate(None, None)
        answer = self.url_open(path, allow_redirects=False)
        self.assertIn("/web/login", answer.headers["Location"])
