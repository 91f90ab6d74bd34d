import io
import re
import socket
from unittest.mock import patch

from pypdf import PdfReader

from odoo.exceptions import MissingError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from .. import pdf_engine
from . import pictures
from .evidence_models import add_evidence_models

ENGINE_LOG = "odoo.addons.yst_base.pdf_engine"
A4 = (595.28, 841.89)


@tagged("post_install", "-at_install")
class TestPdf(TransactionCase):
    """Reports become PDF in this process, in Chinese, without asking another host."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "force_report_rendering": True})
        cls.env["res.lang"]._activate_lang("zh_CN")
        cls.Report = cls.env["ir.actions.report"].with_context(lang="zh_CN")
        cls.partners = cls.env["res.partner"].create(
            [{"name": f"示例居民{number}"} for number in range(4)]
        )

    def report(self, body, name="sample", model="res.partner", **values):
        """A report whose page is ``body``."""
        self.env["ir.ui.view"].create(
            {
                "name": name,
                "type": "qweb",
                "key": f"yst_base.test_{name}",
                "arch": f"""<t t-name="yst_base.test_{name}"><t t-call="web.html_container">
                    <t t-foreach="docs" t-as="doc">{body}</t></t></t>""",
            }
        )
        return self.env["ir.actions.report"].create(
            {
                "name": name,
                "model": model,
                "report_type": "qweb-pdf",
                "report_name": f"yst_base.test_{name}",
                **values,
            }
        )

    def read(self, report, records, user=None):
        engine = self.Report.with_user(user) if user else self.Report
        content, kind = engine._render_qweb_pdf(report.report_name, records.ids)
        self.assertEqual(kind, "pdf")
        return PdfReader(io.BytesIO(content))

    def fonts(self, reader):
        """{name: embedded} of all fonts of a document."""
        found = {}
        for page in reader.pages:
            for font in page["/Resources"].get("/Font", {}).values():
                font = font.get_object()
                inner = font["/DescendantFonts"][0].get_object()
                descriptor = inner["/FontDescriptor"]
                found[font["/BaseFont"].split("+")[-1]] = any(
                    key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3")
                )
        return found

    def pictures_in(self, reader):
        return len({image.data for page in reader.pages for image in page.images})

    PAPER = """<t t-call="yst_base.pdf_layout">
        <t t-set="title">受理通知书</t>
        <t t-set="number" t-value="'BJ2026000042'"/>
        <t t-set="day" t-value="'2026年11月24日'"/>
        <t t-set="code" t-value="'/report/barcode/QR/BJ2026000042'"/>
        <t t-set="office" t-value="'示例街道办事处'"/>
        <p t-foreach="range(doc.color or 1)" t-as="line"><t t-out="doc.name"/>：现予受理。</p>
    </t>"""

    def test_engine_is_ready_without_wkhtmltopdf(self):
        with patch("odoo.addons.base.models.ir_actions_report.find_in_path", side_effect=OSError):
            self.assertEqual(self.Report.get_wkhtmltopdf_state(), "ok")
        with patch("subprocess.run", side_effect=AssertionError("a program was started")):
            self.assertTrue(self.read(self.report(self.PAPER), self.partners[0]).pages)

    def test_official_paper(self):
        reader = self.read(self.report(self.PAPER), self.partners[0])
        self.assertEqual(len(reader.pages), 1)
        page = reader.pages[0]
        for side, points in zip(page.mediabox[2:], A4, strict=True):
            self.assertAlmostEqual(float(side), points, delta=0.1)
        text = re.sub(r"\s", "", page.extract_text())
        for part in (
            "受理通知书",
            "BJ2026000042",
            "示例居民0：现予受理。",
            "示例街道办事处",
            "2026年11月24日",
        ):
            self.assertIn(part, text)
        self.assertEqual(self.pictures_in(reader), 1, "the QR code")
        fonts = self.fonts(reader)
        self.assertTrue(all(fonts.values()), f"not embedded: {fonts}")
        self.assertTrue(any("CJK" in name for name in fonts), fonts)
        self.assertFalse([name for name in fonts if "CJK-JP" in name], "Chinese forms are meant")

    def test_page_numbers(self):
        self.partners[0].color = 60
        reader = self.read(self.report(self.PAPER), self.partners[0])
        self.assertGreater(len(reader.pages), 1)
        total = len(reader.pages)
        for number, page in enumerate(reader.pages, 1):
            last = [line for line in page.extract_text().splitlines() if line.strip()]
            numbers = {tuple(re.findall(r"\d+", line)) for line in last}
            self.assertIn((str(number), str(total)), numbers)
            self.assertIn("示例街道办事处", re.sub(r"\s", "", page.extract_text()))

    def test_documents_of_several_records_are_told_apart(self):
        """One record of three pages among others of one: each attachment is its own."""
        self.partners[1].color = 120
        report = self.report(self.PAPER, attachment="object.name + '.pdf'")
        reader = self.read(report, self.partners)
        files = self.env["ir.attachment"].search(
            [("res_model", "=", "res.partner"), ("res_id", "in", self.partners.ids)]
        )
        self.assertEqual(len(files), 4)
        pages = 0
        for file in files:
            document = PdfReader(io.BytesIO(file.raw))
            pages += len(document.pages)
            for page in document.pages:
                names = set(re.findall(r"示例居民\d", page.extract_text()))
                self.assertLessEqual(names, {file.name.removesuffix(".pdf")})
        self.assertEqual(len(reader.pages), pages)
        self.assertGreater(pages, 4)
        # each has its own page numbers
        second = PdfReader(
            io.BytesIO(files.filtered(lambda f: f.res_id == self.partners[1].id).raw)
        )
        self.assertRegex(second.pages[0].extract_text(), rf"1\D+{len(second.pages)}")

    def test_report_without_articles_is_one_document(self):
        report = self.report("""<div class="page"><p t-out="doc.name"/></div>""")
        reader = self.read(report, self.partners)
        self.assertIn("示例居民3", reader.pages[-1].extract_text())

    def test_odoo_s_own_layout(self):
        body = """<t t-call="web.external_layout"><t t-set="o" t-value="doc"/>
            <div class="page"><h2 t-out="doc.name"/></div></t>"""
        self.env.company.report_footer = "示例页脚"
        reader = self.read(self.report(body), self.partners[:2])
        self.assertEqual(len(reader.pages), 2)
        for page in reader.pages:
            text = page.extract_text()
            self.assertIn("示例页脚", text)
            self.assertRegex(text, r"1\s*/\s*1")

    def test_paper_formats(self):
        page = self.Report._pdf_page
        formats = self.env["report.paperformat"]
        letter = formats.create({"name": "x", "format": "Letter", "orientation": "Landscape"})
        self.assertGreater(page(letter).width, page(letter).height)
        custom = formats.create(
            {
                "name": "x",
                "format": "custom",
                "page_width": 80,
                "page_height": 200,
                "orientation": "Portrait",
            }
        )
        self.assertEqual((page(custom).width, page(custom).height), (80, 200))
        a4 = self.env.ref("yst_base.paperformat_a4")
        self.assertEqual((page(a4).width, page(a4).height, page(a4).left), (210, 297, 28))
        self.assertEqual(page(a4, landscape=True).width, 297)
        self.assertEqual(page(a4, overrides={"data-report-margin-top": "40"}).top, 40)

    # ------------------------------------------------------------------ what a page may refer to
    def test_nothing_outside_is_asked_for(self):
        report = self.report(
            """<div class="article" data-oe-model="res.partner" t-att-data-oe-id="doc.id">
            <img src="http://example.com/a.png"/><img src="https://169.254.169.254/x"/>
            <img src="file:///etc/passwd"/><img src="ftp://example.com/b"/>
            <img src="//example.com/c.png"/><img src="/base/static/../../../../etc/passwd"/>
            <img src="/web/static/src/module_loader.js"/>
            <link rel="stylesheet" href="https://example.com/a.css"/>
            <a rel="attachment" href="file:///etc/passwd">x</a>
            <div style="background: url(http://example.com/d.png)">text</div>
            <iframe src="file:///etc/passwd"/><object data="file:///etc/passwd"/>
            </div>"""
        )
        with (
            patch.object(socket.socket, "connect", side_effect=AssertionError("a connection")),
            mute_logger(ENGINE_LOG),
        ):
            reader = self.read(report, self.partners[0])
        self.assertIn("text", reader.pages[0].extract_text())
        self.assertEqual(self.pictures_in(reader), 0)
        self.assertFalse(list(reader.attachments))
        self.assertNotIn("root:", "".join(page.extract_text() for page in reader.pages))

    def test_addresses_of_this_server(self):
        base = self.Report._get_report_url()
        fetch = self.Report._pdf_fetch
        self.assertEqual(fetch(f"{base}/web/static/img/logo.png")[1], "image/png")
        self.assertEqual(fetch(f"{base}/report/barcode/QR/x?width=50&height=50")[1], "image/png")
        self.assertEqual(fetch(f"{base}/report/barcode/?barcode_type=QR&value=x")[1], "image/png")
        self.assertTrue(fetch(f"{base}/logo.png")[0])
        self.partners[0].image_1920 = pictures.base64_photo()
        for path in (
            f"/web/image/res.partner/{self.partners[0].id}/image_128",
            f"/web/image?model=res.partner&id={self.partners[0].id}&field=image_128",
            f"/web/image/res.partner/{self.partners[0].id}/image_1920/64x64/x.png",
        ):
            self.assertTrue(fetch(base + path)[1].startswith("image/"), path)
        for path in (
            "/odoo.conf",
            "/yst_base/models/res_partner.py",
            "/yst_base/static/../models/res_partner.py",
            "/web/database/manager",
            "/web/session/logout",
            "/web/image/res.partner/99999999/image_128",
        ):
            try:
                self.assertFalse(fetch(base + path), path)
            except (pdf_engine.Refused, MissingError):
                continue
        with self.assertRaises(pdf_engine.Refused):
            fetch("http://other.example/web/static/img/logo.png")

    def test_pictures_under_the_reader_s_rights(self):
        """Evidence in a report is seen by whoever may see it, and left out for others."""
        add_evidence_models(type(self))
        clerk = new_test_user(self.env, "pdf_clerk", "base.group_user")
        other = new_test_user(self.env, "pdf_other", "base.group_user")
        paper = self.env["yst.test.paper"].create({"name": "x", "owner_id": clerk.id})
        evidence = paper._evidence_add(pictures.small_photo(), "a.jpg")
        report = self.report(
            f"""<div class="article"><p>text</p><img src="/yst/evidence/{evidence.id}"/>
            <img src="/web/image/yst.evidence/{evidence.id}/thumbnail"/></div>"""
        )
        self.assertEqual(self.pictures_in(self.read(report, self.partners[0], clerk)), 2)
        with mute_logger(ENGINE_LOG):
            reader = self.read(report, self.partners[0], other)
        self.assertEqual(self.pictures_in(reader), 0)
        self.assertIn("text", reader.pages[0].extract_text())

    def test_style_sheets_are_parsed_once(self):
        report = self.report(self.PAPER)
        self.read(report, self.partners[0])
        with patch.object(
            pdf_engine.weasyprint, "CSS", side_effect=AssertionError("parsed again")
        ):
            self.read(report, self.partners[1])

    def test_scripts_in_a_name_stay_text(self):
        self.partners[0].name = "<script>alert(1)</script><b>粗</b>"
        reader = self.read(self.report(self.PAPER), self.partners[0])
        self.assertIn("<script>", reader.pages[0].extract_text())
        self.assertNotIn("/JavaScript", str(reader.trailer["/Root"]))
