import io
import logging
import math
import tracemalloc
from datetime import datetime, timezone

import cv2
import numpy as np
import pillow_heif
import pypdf
from PIL import ExifTags, Image, ImageFile
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    TextStringObject,
)

from odoo.tests import BaseCase, tagged

from odoo.addons.yst_base import paper_pdf, photo, qr

from . import pictures

_logger = logging.getLogger(__name__)


def pdf(pages=1, **root):
    writer = pypdf.PdfWriter()
    for _number in range(pages):
        writer.add_blank_page(595, 842)
    for key, value in root.items():
        writer._root_object[NameObject(f"/{key}")] = value
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def name(text):
    return NameObject(f"/{text}")


class PhotoCase(BaseCase):
    def assertRefused(self, code, data, filename="photo.jpg", **options):
        with self.assertRaises(photo.PhotoError) as caught:
            photo.inspect(data, filename, **options)
        self.assertEqual(caught.exception.code, code)
        return caught.exception


@tagged("post_install", "-at_install")
class TestRefusedFiles(PhotoCase):
    def test_empty_file(self):
        self.assertRefused("empty", b"")

    def test_type_is_told_by_bytes_not_by_name(self):
        for data in (
            b"MZ" + b"\0" * 2000,  # Windows program
            b"\x7fELF" + b"\0" * 2000,
            b"PK\x03\x04" + b"\0" * 2000,
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            b"<?xml version='1.0'?><svg/>",
            b"<html><script>alert(1)</script></html>",
            b"II*\0" + b"\0" * 2000,  # TIFF
            b"BM" + b"text that begins with BM" * 10,
            b"plain text",
        ):
            self.assertRefused("not_an_image", data, "photo.jpg")

    def test_page_before_pdf_marker_is_no_pdf(self):
        self.assertRefused("not_an_image", b"<html><script></script>" + pdf())

    def test_too_large(self):
        data = pictures.small_photo()
        self.assertRefused("too_large", data + b"\0" * photo.MAX_BYTES)

    def test_more_pixels_than_any_camera(self):
        data = pictures.png_bomb()
        self.assertLess(len(data), 2000)
        tracemalloc.start()
        self.assertRefused("bomb", data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        self.assertLess(peak, 5_000_000, "the header alone must decide")

    def test_just_above_the_pixel_limit(self):
        self.assertRefused("bomb", pictures.png_bomb(7746))  # 60,000,516 pixels

    def test_cut_off_files(self):
        """Odoo lets Pillow load cut off files; here they are refused all the same."""
        self.assertTrue(ImageFile.LOAD_TRUNCATED_IMAGES)
        image = pictures.page(500)
        thumbnail = Image.new("RGB", (160, 120), "white")
        exif = Image.Exif()
        exif[ExifTags.Base.ImageDescription] = "x" * 100 + "\xff\xd9"
        for data in (
            pictures.jpeg(image),
            pictures.jpeg(image, progressive=True),
            pictures.jpeg(image, exif=exif),
            pictures.png(image),
            pictures.png(thumbnail),
        ):
            photo.inspect(data)  # whole, it is taken
            self.assertRefused("unreadable", data[: len(data) // 2])
            self.assertRefused("unreadable", data[: len(data) - 20])
        out = io.BytesIO()
        image.save(out, "WEBP")
        self.assertRefused("unreadable", out.getvalue()[:-500])
        out = io.BytesIO()
        pillow_heif.from_pillow(image).save(out)
        self.assertRefused("unreadable", out.getvalue()[: len(out.getvalue()) // 2])

    def test_only_a_head(self):
        for data in (
            b"\xff\xd8\xff\xe0",
            b"\xff\xd8\xff" + b"\xff" * 100,
            b"\x89PNG\r\n\x1a\n",
            b"GIF89a",
            b"RIFF\0\0\0\0WEBP",
            b"%PDF-1.7",
            b"\0\0\0\x18ftypheic" + b"\0" * 16,
        ):
            self.assertRefused("unreadable", data)

    def test_clips_only_where_asked_for(self):
        clip = b"\0\0\0\x18ftypmp42" + b"\0" * 500
        self.assertRefused("not_an_image", clip)
        self.assertEqual(photo.inspect(clip, video=True).mimetype, "video/mp4")


@tagged("post_install", "-at_install")
class TestPaperPdf(PhotoCase):
    def test_honest_pdf(self):
        report, kept = photo.receive(pdf(3))
        self.assertEqual((report.kind, report.pages), ("document", 3))
        self.assertEqual(kept, pdf(3))

    def test_thirty_pages_at_most(self):
        self.assertEqual(photo.inspect(pdf(30)).pages, 30)
        self.assertRefused("pages", pdf(31))

    def test_encrypted(self):
        writer = pypdf.PdfWriter()
        writer.add_blank_page(100, 100)
        writer.encrypt("secret", algorithm="RC4-128")
        out = io.BytesIO()
        writer.write(out)
        self.assertRefused("encrypted", out.getvalue())

    def test_programs_and_actions(self):
        script = DictionaryObject(
            {name("S"): name("JavaScript"), name("JS"): TextStringObject("app.alert(1)")}
        )
        launch = DictionaryObject({name("S"): name("Launch"), name("F"): TextStringObject("x")})
        submit = DictionaryObject({name("S"): name("SubmitForm")})
        for root in (
            {"OpenAction": script},
            {"OpenAction": launch},
            {"AA": DictionaryObject({name("WC"): script})},
            {"Names": DictionaryObject({name("JavaScript"): DictionaryObject()})},
            {"AcroForm": DictionaryObject({name("XFA"): TextStringObject("<x/>")})},
            {"Odd": ArrayObject([ArrayObject([DictionaryObject({name("A"): submit})])])},
        ):
            self.assertRefused("active_content", pdf(1, **root))

    def test_attached_files(self):
        def with_file(filename):
            writer = pypdf.PdfWriter()
            writer.add_blank_page(100, 100)
            writer.add_attachment(filename, b"content")
            out = io.BytesIO()
            writer.write(out)
            return out.getvalue()

        self.assertRefused("active_content", with_file("virus.exe"))
        self.assertEqual(photo.inspect(with_file("invoice.xml")).kind, "document")

    def test_jump_within_the_document_is_no_action(self):
        goto = DictionaryObject({name("S"): name("GoTo"), name("D"): TextStringObject("p1")})
        self.assertEqual(photo.inspect(pdf(1, OpenAction=goto)).pages, 1)

    def test_page_tree_that_loops(self):
        writer = pypdf.PdfWriter()
        writer.add_blank_page(100, 100)
        tree = writer._root_object["/Pages"]
        tree["/Kids"].append(writer._root_object.raw_get("/Pages"))
        out = io.BytesIO()
        writer.write(out)
        with self.assertRaises(photo.PhotoError):
            photo.inspect(out.getvalue())

    def test_count_that_lies(self):
        writer = pypdf.PdfWriter()
        for _number in range(31):
            writer.add_blank_page(100, 100)
        writer._root_object["/Pages"][name("Count")] = pypdf.generic.NumberObject(1)
        out = io.BytesIO()
        writer.write(out)
        self.assertRefused("pages", out.getvalue())

    def test_stream_that_swells(self):
        """A small file whose object stream unpacks to half a gigabyte is not unpacked."""
        stream = DecodedStreamObject()
        stream.set_data(b" " * 200_000_000)
        packed = stream.flate_encode()
        packed[name("Type")] = name("ObjStm")
        packed[name("N")] = pypdf.generic.NumberObject(1)
        packed[name("First")] = pypdf.generic.NumberObject(4)
        writer = pypdf.PdfWriter()
        writer.add_blank_page(100, 100)
        writer._root_object[name("X")] = writer._add_object(packed)
        out = io.BytesIO()
        writer.write(out)
        self.assertLess(len(out.getvalue()), 1_000_000)
        # not referred to as an object stream by the file's index: never unpacked
        tracemalloc.start()
        photo.inspect(out.getvalue())
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        self.assertLess(peak, 20_000_000)

    def test_too_many_objects(self):
        many = ArrayObject(
            [DictionaryObject({name("N"): ArrayObject()}) for _number in range(600_000)]
        )
        data = pdf(1, Many=many)
        self.assertLess(len(data), photo.MAX_BYTES)
        self.assertRefused("bomb", data)

    def test_damaged(self):
        self.assertRefused("unreadable", pdf(1)[:200])
        self.assertRefused("unreadable", b"%PDF-1.4\n" + bytes(range(256)) * 20)

    def test_log_level_is_put_back(self):
        level = logging.getLogger("pypdf").level
        paper_pdf.check(pdf(1))
        self.assertEqual(logging.getLogger("pypdf").level, level)


@tagged("post_install", "-at_install")
class TestNormalise(PhotoCase):
    def opened(self, data, **options):
        image = Image.open(io.BytesIO(photo.normalise(data, **options)))
        self.assertEqual((image.format, image.mode), ("JPEG", "RGB"))
        return image

    def test_twenty_megabytes_are_taken_and_made_small(self):
        array = np.random.default_rng(3).integers(0, 255, (2600, 3400, 3), np.uint8)
        data = pictures.jpeg(Image.fromarray(array), quality=90, subsampling=0)
        self.assertGreater(len(data), 15_000_000)
        self.assertLess(len(data), photo.MAX_BYTES)
        small = photo.normalise(data)
        self.assertLess(len(small), 4_000_000)
        self.assertEqual(max(Image.open(io.BytesIO(small)).size), 2400)

    def test_small_pictures_keep_their_size(self):
        image = Image.new("RGB", (640, 480), "white")
        self.assertEqual(self.opened(pictures.jpeg(image)).size, (640, 480))

    def test_heic_becomes_jpeg(self):
        image = pictures.page(700)
        out = io.BytesIO()
        pillow_heif.from_pillow(image).save(out, quality=80)
        report, kept = photo.receive(out.getvalue(), "IMG_0001.HEIC")
        self.assertEqual((report.kind, report.mimetype), ("photo", "image/heic"))
        self.assertEqual((report.width, report.height), image.size)
        self.assertEqual(photo.sniff(kept), "image/jpeg")
        self.assertEqual(report.problems, ())

    def test_all_orientations_come_out_upright(self):
        upright = Image.new("RGB", (400, 300), "white")
        upright.paste((255, 0, 0), (0, 0, 200, 150))  # red top left
        upright.paste((0, 0, 255), (200, 150, 400, 300))  # blue bottom right
        transpose = Image.Transpose
        turned = {
            1: None,
            2: transpose.FLIP_LEFT_RIGHT,
            3: transpose.ROTATE_180,
            4: transpose.FLIP_TOP_BOTTOM,
            5: transpose.TRANSPOSE,
            6: transpose.ROTATE_90,
            7: transpose.TRANSVERSE,
            8: transpose.ROTATE_270,
        }
        for orientation, method in turned.items():
            stored = upright if method is None else upright.transpose(method)
            exif = Image.Exif()
            exif[ExifTags.Base.Orientation] = orientation
            data = pictures.jpeg(stored, quality=95, exif=exif)
            with self.subTest(orientation=orientation):
                image = self.opened(data)
                report = photo.inspect(data)
                self.assertEqual(image.size, (400, 300))
                self.assertEqual((report.width, report.height), (400, 300))
                red, blue = image.getpixel((50, 50)), image.getpixel((350, 250))
                self.assertTrue(red[0] > 200 and red[2] < 60, red)
                self.assertTrue(blue[2] > 200 and blue[0] < 60, blue)

    def test_odd_pictures(self):
        """CMYK, 16 bits, palettes, transparency, animation: all become plain RGB."""
        colour = Image.new("RGB", (300, 200), (200, 30, 40))
        self.assertRed(self.opened(pictures.jpeg(colour.convert("CMYK"))))
        self.assertRed(self.opened(pictures.png(colour.convert("P"))))
        grey = np.full((200, 300), 51400, np.uint16)
        grey[:, :10] = 65535
        pixel = self.opened(pictures.png(Image.fromarray(grey))).getpixel((150, 100))
        self.assertTrue(all(abs(value - 200) < 5 for value in pixel), pixel)
        clear = Image.new("RGBA", (300, 200), (0, 0, 0, 0))
        self.assertEqual(self.opened(pictures.png(clear)).getpixel((150, 100)), (255, 255, 255))
        one_bit = Image.new("1", (300, 200), 1)
        self.assertEqual(self.opened(pictures.png(one_bit)).getpixel((9, 9)), (255, 255, 255))
        for kind in ("GIF", "WEBP", "PNG"):
            out = io.BytesIO()
            others = [Image.new("RGB", (300, 200), "blue") for _frame in range(3)]
            colour.save(out, kind, save_all=True, append_images=others)
            self.assertRed(self.opened(out.getvalue()))
        out = io.BytesIO()
        colour.save(out, "BMP")
        self.assertRed(self.opened(out.getvalue()))

    def test_large_picture_with_transparency(self):
        """Flattened band by band: no seam, nothing shifted."""
        image = Image.new("RGBA", (7300, 900), (0, 0, 0, 0))
        image.paste((200, 30, 40, 255), (0, 0, 3650, 900))
        for data in (pictures.png(image), pictures.png(image.quantize(8))):
            flat = self.opened(data)
            self.assertEqual(flat.size, (2400, 296))
            array = np.asarray(flat).astype(int)
            self.assertLess(np.abs(array[5:-5, 5:1190] - (200, 30, 40)).max(), 12)
            self.assertGreater(array[5:-5, 1210:-5].min(), 243)

    def assertRed(self, image):
        pixel = image.getpixel((150, 100))
        self.assertTrue(pixel[0] > 150 and pixel[1] < 80 and pixel[2] < 90, pixel)

    def exif_photo(self, **gps):
        exif = Image.Exif()
        exif.get_ifd(ExifTags.IFD.Exif).update(
            {ExifTags.Base.DateTimeOriginal: "2026:05:06 08:09:10"}
        )
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(
            gps.get("gps")
            or {
                ExifTags.GPS.GPSLatitudeRef: "N",
                ExifTags.GPS.GPSLatitude: (30.0, 15.0, 36.0),
                ExifTags.GPS.GPSLongitudeRef: "E",
                ExifTags.GPS.GPSLongitude: (120.0, 9.0, 0.0),
            }
        )
        exif[ExifTags.Base.Model] = "Secret Phone"
        return pictures.jpeg(Image.new("RGB", (1200, 900), "white"), exif=exif)

    def test_time_and_place_are_read_then_taken_out(self):
        report, kept = photo.receive(self.exif_photo())
        self.assertEqual(report.position, (30.26, 120.15))
        # the camera's clock shows Beijing time
        self.assertEqual(report.taken_at, datetime(2026, 5, 6, 0, 9, 10, tzinfo=timezone.utc))
        image = Image.open(io.BytesIO(kept))
        self.assertFalse(image.getexif())
        self.assertNotIn(b"Secret", kept)
        self.assertNotIn(b"Exif", kept)

    def test_nonsense_in_exif_does_not_matter(self):
        lat, lon = ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLongitude
        for gps in (
            {lat: (0.0, 0.0, 0.0), lon: (0.0, 0.0, 0.0)},
            {lat: (95.0, 0.0, 0.0), lon: (10.0, 0.0, 0.0)},
            {lat: (30.0,), lon: (120.0, 9.0)},
        ):
            self.assertIsNone(photo.inspect(self.exif_photo(gps=gps)).position)
        data = self.exif_photo().replace(b"2026:05:06 08:09:10", b"9999:99:99 99:99:99")
        self.assertIsNone(photo.inspect(data).taken_at)

    def test_memory_of_a_fifty_megapixel_jpeg(self):
        """Decoded at a fraction of its size: far below the 150 MB that its pixels would take."""
        image = Image.new("RGB", (8160, 6120), (200, 190, 180))
        data = pictures.jpeg(image, quality=40)
        del image
        opened, report = photo._open(data, "image/jpeg", photo.MAX_SIDE)
        self.assertEqual((report.width, report.height), (8160, 6120))
        self.assertEqual(opened.size, (2400, 1800))
        with Image.open(io.BytesIO(data)) as drafted:
            drafted.draft(None, photo._fit(8160, 6120, photo.MAX_SIDE))
            self.assertEqual(drafted.size, (4080, 3060))


@tagged("post_install", "-at_install")
class TestSharpness(PhotoCase):
    def test_table_of_measures(self):
        """Where the limit of sharpness lies, and why there.

        The limit must lie between a page that reads well (blur of 0.2 mm) and one on which the
        smaller characters melt together (0.5 mm), whatever the camera, the light, the noise and how
        little is written on the page.
        """
        lines = ["page, camera                 blur in mm on A4: sharpness"]
        shots = [
            (f"{label}, {width} px", pictures.page(width, rows, points), 1.0, 3.0)
            for label, rows, points in (("full", 38, 12), ("lines", 3, 12), ("title", 10, 26))
            for width in ((1200, 2400) if points == 12 else (1200,))
        ]
        plain = pictures.page(1200)
        shots += [("noise 10", plain, 1.0, 10.0), ("noise 25", plain, 1.0, 25.0)]
        shots += [("faded ink", pictures.page(1200, ink=150), 1.0, 3.0)]
        shots += [("light 0.6", plain, 0.6, 3.0), ("light 0.4", plain, 0.4, 3.0)]
        wrong = []
        for label, image, light, noise in shots:
            row = []
            for blur in (0, 0.2, 0.5, 1.0, 2.0):
                report = photo.inspect(pictures.jpeg(pictures.shot(image, blur, light, noise)))
                row.append(f"{blur}: {report.blur:.3f}")
                if ("blurred" in report.problems) is not (blur >= 0.5):
                    wrong.append((label, blur, report.blur))
                self.assertNotIn("dark", report.problems)
            lines.append(f"{label:<20}  " + "  ".join(row))
        _logger.info("sharpness, limit %s\n%s", photo.MIN_SHARPNESS, "\n".join(lines))
        self.assertFalse(wrong)

    def test_darkness(self):
        image = pictures.page(1600)
        for light, dark in ((1.0, False), (0.6, False), (0.4, False), (0.3, True), (0.1, True)):
            report = photo.inspect(pictures.jpeg(pictures.shot(image, light=light)))
            self.assertEqual("dark" in report.problems, dark, (light, report.brightness))

    def test_size(self):
        for size, small in (((1200, 900), False), ((640, 480), True), ((3000, 400), True)):
            report = photo.inspect(pictures.small_photo(size=size))
            self.assertEqual("small" in report.problems, small, size)

    def test_blank_page_counts_as_blurred(self):
        data = pictures.jpeg(pictures.shot(Image.new("RGB", (1600, 1200), "white")))
        self.assertIn("blurred", photo.inspect(data).problems)


@tagged("post_install", "-at_install")
class TestPaper(PhotoCase):
    QUADS = (
        ((200, 175), (1300, 210), (1350, 1800), (150, 1750)),
        ((350, 150), (1375, 400), (1150, 1850), (125, 1550)),
        ((400, 250), (1100, 275), (1425, 1850), (75, 1825)),
    )

    def test_corners_are_found(self):
        sheet = pictures.page(1000)
        for quad in self.QUADS:
            for table in ((70, 60, 50), (150, 140, 130)):
                data = pictures.jpeg(pictures.on_table(sheet, quad, table=table))
                corners = photo.find_paper(data)
                self.assertIsNotNone(corners, (quad, table))
                error = max(
                    math.hypot(x * 1500 - qx, y * 2000 - qy)
                    for (x, y), (qx, qy) in zip(corners, quad, strict=True)
                )
                self.assertLess(error / math.hypot(1500, 2000), 0.02)

    def test_straightened_lines_are_level(self):
        """Marks near the corners land within 2 % of where they belong, lines within 1 degree."""
        sheet = pictures.page(1000)
        array = np.asarray(sheet).copy()
        height, width = array.shape[:2]
        marks = [(0.05, 0.04), (0.95, 0.04), (0.95, 0.96), (0.05, 0.96)]
        for x, y in marks:
            cv2.circle(array, (round(x * width), round(y * height)), 12, (200, 0, 0), -1)
        rule = round(0.5 * height)
        cv2.line(array, (round(0.1 * width), rule), (round(0.9 * width), rule), (0, 0, 200), 6)
        sheet = Image.fromarray(array)
        for quad in self.QUADS:
            data = pictures.jpeg(pictures.on_table(sheet, quad), quality=95)
            flat = np.asarray(
                Image.open(io.BytesIO(photo.straighten(data, photo.find_paper(data))))
            ).astype(int)
            red = (flat[..., 0] - np.maximum(flat[..., 1], flat[..., 2])) > 60
            for x, y in marks:
                top, left = int((y - 0.03) * flat.shape[0]), int((x - 0.04) * flat.shape[1])
                part = red[max(0, top) :, max(0, left) :][
                    : int(0.06 * flat.shape[0]), : int(0.08 * flat.shape[1])
                ]
                rows, columns = np.nonzero(part)
                self.assertGreater(len(rows), 20)
                found_x = (columns.mean() + max(0, left)) / flat.shape[1]
                found_y = (rows.mean() + max(0, top)) / flat.shape[0]
                self.assertLess(math.hypot(found_x - x, found_y - y), 0.02)
            blue = (flat[..., 2] - np.maximum(flat[..., 0], flat[..., 1])) > 60
            rows, columns = np.nonzero(blue)
            slope = np.polyfit(columns, rows, 1)[0]
            self.assertLess(abs(math.degrees(math.atan(slope))), 1.0)

    def test_no_sheet_no_offer(self):
        self.assertIsNone(photo.find_paper(pictures.jpeg(pictures.page(1200))))
        noise = np.random.default_rng(5).integers(0, 255, (900, 1200, 3), np.uint8)
        self.assertIsNone(photo.find_paper(pictures.jpeg(Image.fromarray(noise))))

    def test_corners_that_make_no_sense(self):
        data = pictures.small_photo()
        for corners in (
            [(0, 0), (1, 0), (1, 1)],
            [(0, 0), (1, 1), (1, 0), (0, 1), (0, 0)],
            [(0, 0), (5, 0), (5, 5), (0, 5)],
            [(0.5, 0.5)] * 4,
            [(0, 0), (float("nan"), 0), (1, 1), (0, 1)],
            [(0, 0), (0.02, 0), (0.02, 0.02), (0, 0.02)],
        ):
            with self.assertRaises(ValueError):
                photo.straighten(data, corners)


@tagged("post_install", "-at_install")
class TestWatermark(PhotoCase):
    def test_lines_are_written_below(self):
        plain = pictures.jpeg(Image.new("RGB", (1200, 900), (128, 128, 128)), quality=95)
        marked = Image.open(
            io.BytesIO(photo.watermark(plain, ["2026-05-06 08:09:10", "居民自治示范社区", ""]))
        )
        self.assertEqual(marked.size, (1200, 900))
        array = np.asarray(marked.convert("L")).astype(int)
        self.assertLess(abs(array[:600] - 128).max(), 12, "the upper part stays as it was")
        band = array[-60:]
        self.assertGreater((band > 220).sum(), 100, "white letters")
        self.assertLess(np.median(band), 90, "on a dark band")

    def test_hostile_and_endless_lines(self):
        plain = pictures.small_photo()
        for line in ("x" * 5000, "a\0b\u202egpj.exe", "\n\n"):
            self.assertEqual(photo.sniff(photo.watermark(plain, [line])), "image/jpeg")

    def test_server_without_chinese_font(self):
        real, photo.chinese_font = photo.chinese_font, lambda: None
        try:
            with self.assertRaises(photo.PhotoError) as caught:
                photo.watermark(pictures.small_photo(), ["x"])
        finally:
            photo.chinese_font = real
        self.assertEqual(caught.exception.code, "no_font")


@tagged("post_install", "-at_install")
class TestFileNames(BaseCase):
    def test_names(self):
        for given, expected in (
            ("身份证 正面.jpg", "身份证 正面.jpg"),
            ("../../etc/passwd", "passwd.jpg"),
            ("..\\..\\windows\\system32\\cmd.exe", "cmd.jpg"),
            ("photo.jpg\0.exe", "photo.jpg.jpg"),
            ("invoice\u202egpj.exe", "invoicegpj.jpg"),
            ("<img src=x onerror=alert(1)>.jpg", "_img src=x onerror=alert(1)_.jpg"),
            ("a\r\nSet-Cookie: x=1.jpg", "aSet-Cookie_ x=1.jpg"),
            ("CON.jpg", "_CON.jpg"),
            ("....", "file.jpg"),
            ("", "file.jpg"),
            (None, "file.jpg"),
            (".htaccess", "htaccess.jpg"),
            ("IMG_1.HEIC", "IMG_1.jpg"),
        ):
            self.assertEqual(photo.safe_filename(given, "image/jpeg"), expected)

    def test_length(self):
        long = photo.safe_filename("名" * 300 + ".jpg", "image/jpeg")
        self.assertEqual(long, "名" * 80 + ".jpg")

    def test_extension_follows_the_type(self):
        self.assertEqual(photo.safe_filename("virus.exe", "application/pdf"), "virus.pdf")


@tagged("post_install", "-at_install")
class TestQr(BaseCase):
    def test_what_is_made_can_be_read(self):
        for text in ("https://example.org/yst/case/BJ2026000001", "办件 BJ2026000001"):
            self.assertEqual(qr.read(qr.make(text)), [text])
            self.assertEqual(qr.read(qr.make(text, size=200)), [text])

    def test_from_a_slanted_photo_of_a_receipt(self):
        sheet = pictures.page(1000, lines=12)
        code = Image.open(io.BytesIO(qr.make("BJ2026000042"))).resize((200, 200))
        sheet.paste(code.convert("RGB"), (130, 1070))
        quad = TestPaper.QUADS[1]
        photographed = pictures.jpeg(pictures.on_table(sheet, quad))
        self.assertEqual(qr.read(photographed), ["BJ2026000042"])

    def test_nothing_there(self):
        self.assertEqual(qr.read(pictures.small_photo()), [])
