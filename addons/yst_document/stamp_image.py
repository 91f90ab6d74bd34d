"""Images of seals and signatures (印模, 签名章): pure functions on bytes."""

import io
import warnings

from PIL import Image, ImageChops

LARGEST_FILE = 3 * 1024 * 1024
LARGEST_SIDE = 6000
SIDE = 1200  # about 700 dpi for a seal of 42 mm
SMALLEST_SIDE = 120
PAPER = 225  # as light as this in every colour is paper


def clean(data: bytes, square: bool = False) -> bytes:
    """A PNG of the image alone, without anything else that the file held, on no ground.

    :param square: whether it must be about as wide as high, as seals are
    :raise ValueError: ``size``, ``kind``, ``small``, ``large``, ``square`` or ``empty``
    """
    if not data or len(data) > LARGEST_FILE:
        raise ValueError("size")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
            if image.format == "JPEG" and b"\xff\xd9" not in data[-64:]:
                raise ValueError("kind")  # cut off; what is missing would be black
            image.verify()
            image = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
            width, height = image.size
            if max(width, height) > LARGEST_SIDE:
                raise ValueError("large")
            image = _without_paper(image)
    except ValueError:
        raise
    except Exception as error:  # what a broken file does to the decoder is of no interest
        raise ValueError("kind") from error
    if min(width, height) < SMALLEST_SIDE and (square or max(width, height) < SMALLEST_SIDE):
        raise ValueError("small")
    if square and not 0.95 < width / height < 1.05:
        raise ValueError("square")
    if not image.getchannel("A").getbbox():
        raise ValueError("empty")
    image.thumbnail((SIDE, SIDE))
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _without_paper(image):
    clear = image.mode in ("RGBA", "LA") or "transparency" in image.info
    image = image.convert("RGBA")
    if clear and image.getchannel("A").getextrema()[0] < 255:
        return image
    red, green, blue, _alpha = image.split()
    lightest = ImageChops.darker(ImageChops.darker(red, green), blue)
    image.putalpha(lightest.point(lambda value: 0 if value >= PAPER else 255))
    return image
