"""QR codes in a scan, a photo or a PDF that somebody sends in. Pure functions on bytes.

Everything is bounded: bytes, pages, pictures, pixels. Nothing of a PDF is executed or rendered:
the pictures of its first pages are looked at, which is what a scan consists of.
"""

import io
import logging

import pypdf
from PIL.TiffImagePlugin import TiffImageFile

from odoo.addons.yst_base import file_kind, paper_pdf, photo, qr

MAX_BYTES = 15 * 1024 * 1024
MAX_PAGES, MAX_PICTURES = 5, 8
MAX_PIXELS = 36_000_000  # A4 at 600 dpi in black and white
# what is decoded in this process: others (JBIG2, JPEG 2000) need programs or are not scans
_FILTERS = {"/FlateDecode", "/DCTDecode", "/CCITTFaxDecode"}


class ScanError(Exception):
    """``code``: empty, too_large, not_supported, unreadable, pages."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def codes(data: bytes) -> list[str]:
    """Texts of the QR codes in a picture or PDF; [] when there is none.

    :raise ScanError:
    """
    if not data:
        raise ScanError("empty")
    if len(data) > MAX_BYTES:
        raise ScanError("too_large")
    kind = file_kind.sniff(data) or ""
    if kind == "application/pdf":
        return _pdf_codes(data)
    if not kind.startswith("image/"):
        raise ScanError("not_supported")
    return _picture_codes(data)


def _picture_codes(data):
    try:
        return qr.read(data)
    except photo.PhotoError as error:
        code = "too_large" if error.code in ("bomb", "too_large") else "unreadable"
        raise ScanError(code) from error


def _pdf_codes(data):
    try:
        paper_pdf.check(data)
    except paper_pdf.PdfError as error:
        code = {"pages": "pages", "bomb": "too_large"}.get(error.code, "unreadable")
        raise ScanError(code) from error
    logger = logging.getLogger("pypdf")
    level = logger.level
    logger.setLevel(logging.CRITICAL)  # a hostile file must not fill the log
    try:
        for number, picture in enumerate(_pictures(data)):
            if number >= MAX_PICTURES:
                break
            found = qr.read(picture)
            if found:
                return found
        return []
    except photo.PhotoError:
        return []
    except ScanError:
        raise
    except (MemoryError, RecursionError) as error:
        raise ScanError("too_large") from error
    except Exception as error:  # pypdf raises many kinds on damaged files
        code = "too_large" if "limit" in type(error).__name__.lower() else "unreadable"
        raise ScanError(code) from error
    finally:
        logger.setLevel(level)


def _pictures(data):
    """The pictures of the first pages as files, the small ones first (a code by itself)."""
    reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
    for page in list(reader.pages)[:MAX_PAGES]:
        resources = page.get("/Resources")
        objects = resources and resources.get_object().get("/XObject")
        if not objects:
            continue
        found = []
        for one in list(objects.get_object().values())[: MAX_PICTURES * 4]:
            picture = one.get_object()
            if picture.get("/Subtype") == "/Image" and _is_fit(picture):
                found.append(picture)
        found.sort(key=lambda one: int(one["/Width"]) * int(one["/Height"]))
        for picture in found[:MAX_PICTURES]:
            yield _as_file(picture)


def _is_fit(picture):
    filters = picture.get("/Filter")
    filters = [filters] if isinstance(filters, str) else list(filters or [])
    width, height = int(picture.get("/Width", 0)), int(picture.get("/Height", 0))
    return (
        len(filters) <= 2
        and set(filters) <= _FILTERS
        and width >= 20
        and height >= 20
        and width * height <= MAX_PIXELS
    )


def _as_file(picture):
    filters = picture.get("/Filter")
    if filters == "/DCTDecode" or filters == ["/DCTDecode"]:
        return picture._data  # the JPEG itself: decoded with the limits of photos
    if "/CCITTFaxDecode" in filters:
        # the size is told a second time, and that one counts
        image = TiffImageFile(io.BytesIO(picture.get_data()))
        if image.width * image.height > MAX_PIXELS:
            raise ScanError("too_large")
    else:
        image = picture.decode_as_image()
    out = io.BytesIO()
    image.convert("L").save(out, "PNG", compress_level=1)
    return out.getvalue()
