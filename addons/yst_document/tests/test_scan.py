import io
import zlib

import pypdf
from PIL import Image, ImageFilter, TiffImagePlugin
from pypdf.generic import DecodedStreamObject, NameObject, NumberObject, StreamObject

from odoo.tests import BaseCase, tagged

from odoo.addons.yst_base import qr

from .. import gb9704, scan
from ..rate import Rate
from .papers import paper

ADDRESS = "https://office.example/yst/document/verify/" + "a1B2-_" * 6


def picture(text=ADDRESS, size=(1240, 1754), kind="JPEG", turn=0):
    """A scanned page with a code in its corner."""
    page = Image.new("RGB", size, "white")
    page.paste(Image.open(io.BytesIO(qr.make(text, box=4, border=2))), (900, 60))
    page = page.rotate(turn, fillcolor="white").filter(ImageFilter.GaussianBlur(0.6))
    file = io.BytesIO()
    page.save(file, kind)
    return file.getvalue()


def pdf_of(data, pages=1):
    """A PDF whose pages are pictures, as scanners make it."""
    file = io.BytesIO()
    image = Image.open(io.BytesIO(data))
    image.save(file, "PDF", save_all=True, append_images=[image] * (pages - 1))
    return file.getvalue()


def bomb(width, height, length):
    """A PDF whose picture unpacks to ``length`` zero bytes."""
    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(595, 842)
    stream = StreamObject()
    stream._data = zlib.compress(bytes(length), 9)
    stream.update({
        NameObject("/Type"): NameObject("/XObject"),
        NameObject("/Subtype"): NameObject("/Image"),
        NameObject("/Filter"): NameObject("/FlateDecode"),
        NameObject("/ColorSpace"): NameObject("/DeviceGray"),
        NameObject("/BitsPerComponent"): NumberObject(8),
        NameObject("/Width"): NumberObject(width),
        NameObject("/Height"): NumberObject(height),
    })
    resources = page.setdefault(NameObject("/Resources"), pypdf.generic.DictionaryObject())
    objects = pypdf.generic.DictionaryObject()
    objects[NameObject("/Im0")] = writer._add_object(stream)
    resources[NameObject("/XObject")] = objects
    content = DecodedStreamObject()
    content.set_data(b"/Im0 Do")
    page[NameObject("/Contents")] = writer._add_object(content)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


@tagged("post_install", "-at_install")
class TestScan(BaseCase):
    """Codes are found in honest scans; hostile files get a short answer."""

    def refused(self, data, code):
        with self.assertRaises(scan.ScanError) as caught:
            scan.codes(data)
        self.assertEqual(caught.exception.code, code)

    def test_photo_and_scan(self):
        self.assertEqual(scan.codes(picture()), [ADDRESS])
        self.assertEqual(scan.codes(picture(kind="PNG")), [ADDRESS])
        self.assertEqual(scan.codes(picture(turn=7)), [ADDRESS])

    def test_scanned_pdf(self):
        self.assertEqual(scan.codes(pdf_of(picture())), [ADDRESS])
        self.assertEqual(scan.codes(pdf_of(picture(), pages=4)), [ADDRESS])

    def test_black_and_white_scan(self):
        page = Image.open(io.BytesIO(picture(kind="PNG"))).convert("1")
        self.assertIn("TIFF", Image.SAVE, TiffImagePlugin)  # its compression is that of faxes
        file = io.BytesIO()
        page.save(file, "PDF")
        self.assertIn(b"CCITTFax", file.getvalue())
        self.assertEqual(scan.codes(file.getvalue()), [ADDRESS])

    def test_the_pdf_that_we_make(self):
        for form in ("document", "letter", "minutes"):
            made = gb9704.render(paper(form, qr=qr.make(ADDRESS, border=2)))
            self.assertEqual(scan.codes(made), [ADDRESS])

    def test_foreign_code_is_read_as_what_it_is(self):
        self.assertEqual(scan.codes(picture("https://example.com/x")), ["https://example.com/x"])

    def test_page_without_code(self):
        blank = io.BytesIO()
        Image.new("L", (800, 1100), 255).save(blank, "PNG")
        self.assertEqual(scan.codes(blank.getvalue()), [])
        self.assertEqual(scan.codes(pdf_of(blank.getvalue())), [])

    def test_bad_files(self):
        self.refused(b"", "empty")
        self.refused(b"hello", "not_supported")
        self.refused(b"PK\x03\x04" + bytes(100), "not_supported")
        self.refused(picture()[:3000], "unreadable")
        self.refused(b"%PDF-1.7\n" + bytes(1000), "unreadable")
        self.refused(b"\xff\xd8" + bytes(scan.MAX_BYTES), "too_large")

    def test_huge_picture(self):
        file = io.BytesIO()
        Image.new("1", (30000, 30000)).save(file, "PNG")
        self.assertLess(len(file.getvalue()), 1_000_000)
        self.refused(file.getvalue(), "too_large")

    def test_pdf_bombs(self):
        # says it is large: not opened; says it is small and is large: stopped while unpacking
        self.assertEqual(scan.codes(bomb(60000, 60000, 1000)), [])
        self.refused(bomb(100, 100, 300_000_000), "too_large")

    def test_pdf_of_many_pages(self):
        writer = pypdf.PdfWriter()
        for _page in range(500):
            writer.add_blank_page(595, 842)
        file = io.BytesIO()
        writer.write(file)
        self.refused(file.getvalue(), "pages")

    def test_encrypted_pdf(self):
        writer = pypdf.PdfWriter()
        writer.add_blank_page(595, 842)
        writer.encrypt("secret")
        file = io.BytesIO()
        writer.write(file)
        self.refused(file.getvalue(), "unreadable")

    def test_rate_is_a_sliding_window_by_address(self):
        now = [0.0]
        rate = Rate(2, 60, clock=lambda: now[0])
        self.assertEqual([rate.allows("a") for _ in range(3)], [True, True, False])
        self.assertTrue(rate.allows("b"))
        now[0] = 59.9
        self.assertFalse(rate.allows("a"))
        now[0] = 60.0
        self.assertTrue(rate.allows("a"))
