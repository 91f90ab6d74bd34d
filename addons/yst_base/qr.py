"""QR codes: made for receipts and guides, read from a clerk's photo. Pure functions."""

import io

import qrcode
from PIL import Image, ImageFilter, ImageOps
from pyzbar import pyzbar

from . import photo


def make(text, box=8, border=4, size=None):
    """PNG of a QR code for ``text`` (error correction M: 15 % may be dirty or folded).

    :param size: side in pixels; default: ``box`` pixels a module
    """
    code = qrcode.QRCode(
        error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=box, border=border
    )
    code.add_data(text)
    code.make(fit=True)
    out = io.BytesIO()
    image = code.make_image(fill_color="black", back_color="white").get_image()
    if size:
        image = image.resize((size, size), Image.Resampling.NEAREST)
    image.save(out, "PNG")
    return out.getvalue()


def read(data):
    """Texts of all QR codes in a photo, in reading order; [] when there is none.

    :raises photo.PhotoError: the file is no picture
    """
    image = Image.open(io.BytesIO(photo.normalise(data, max_side=2000))).convert("L")
    for attempt in _attempts(image):
        found = pyzbar.decode(attempt, symbols=[pyzbar.ZBarSymbol.QRCODE])
        if found:
            found.sort(key=lambda code: (code.rect.top, code.rect.left))
            return [_text(code.data) for code in found]
    return []


def _text(data):
    """The text as it was meant: ZBar takes UTF-8 for a Japanese or Taiwanese encoding."""
    text = data.decode("utf-8", "replace")
    if not text.isascii():
        for guess in ("shift_jis", "big5"):
            try:
                return text.encode(guess).decode("utf-8")
            except UnicodeError:
                continue
    return text


def _attempts(image):
    """The picture as it is, then with more contrast, smaller (moire of screens) and larger."""
    yield image
    yield ImageOps.autocontrast(image, cutoff=2)
    yield image.resize((max(1, image.width // 2), max(1, image.height // 2)))
    yield image.filter(ImageFilter.UnsharpMask(3, 200, 2))
    if max(image.size) < 1000:
        yield image.resize((image.width * 2, image.height * 2))
