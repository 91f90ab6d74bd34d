"""Photos and papers as they arrive from residents: checked, made upright, made small.

Pure functions on bytes; nothing here knows Odoo. A picture is looked at in three steps, each
cheaper to attack than the next one and therefore done first: size of the file, its magic bytes
(never its name), its header (pixels); only then is it decoded.

Problems are of two sorts. A *hard* one raises :class:`PhotoError`: the file cannot be taken. A
*soft* one is named in :attr:`PhotoReport.problems`: the file was read, but a clerk would send it
back, so the sender is asked to take it again while the paper still lies in front of them.
"""

import functools
import io
import logging
import math
import os
import re
import subprocess
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

import cv2
import numpy as np
import pillow_heif
from PIL import ExifTags, Image, ImageDraw, ImageFont, ImageOps
from PIL.WebPImagePlugin import WebPImageFile  # Odoo keeps Pillow from loading it by itself

from . import paper_pdf, sheet
from .file_kind import is_whole, sniff
from .file_name import safe_filename

_logger = logging.getLogger(__name__)

__all__ = [
    "PhotoError",
    "PhotoReport",
    "find_paper",
    "inspect",
    "normalise",
    "receive",
    "safe_filename",
    "sniff",
    "straighten",
    "thumbnail",
    "watermark",
]

MAX_BYTES = 25 * 1024 * 1024
MAX_VIDEO_BYTES = 100 * 1024 * 1024
MAX_PIXELS = 60_000_000
MAX_SIDE = 2400
QUALITY = 85
THUMB_SIDE = 360

# Soft limits. How they were found is shown as a table in tests/test_photo.py, which prints the
# measures for rendered pages of Chinese text under rising blur, darkness and noise.
MEASURE_SIDE = 1200  # pixels of the long side at which sharpness is measured
MIN_SHARPNESS = 0.055  # below: small characters of a form (9 to 12 pt on A4) melt together
CONTENT_SPREAD = 0.06  # share of the paper's white by which grey levels must spread
MIN_BRIGHTNESS = 85  # 0..255, what the paper (the bright parts) reaches
MIN_LONG_SIDE = 900  # pixels; A4 below 77 dpi is not legible
MIN_SHORT_SIDE = 560

CHINA_TIME = timezone(timedelta(hours=8))

class PhotoError(Exception):
    """The file cannot be taken. ``code`` says why, for the caller to put into words:

    empty, too_large, not_an_image, bomb (more pixels, pages or objects than any honest paper),
    pages (PDF of more than 30 pages), unreadable (damaged or cut off), encrypted, active_content
    (a PDF that carries programs), no_font (watermark: the server has no Chinese font).
    """

    def __init__(self, code, detail=""):
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class PhotoReport:
    """What was found in a file.

    ``blur``: sharpness, the higher the sharper (see :func:`sharpness`); ``brightness``: 0..255,
    level of the brightest twentieth; ``taken_at``: aware UTC from EXIF; ``position``: WGS-84
    (latitude, longitude) from EXIF.
    """

    kind: str  # photo, document, video
    mimetype: str
    width: int = 0
    height: int = 0
    blur: float = 0.0
    brightness: float = 0.0
    problems: tuple = ()
    pages: int = 0
    taken_at: datetime | None = None
    position: tuple | None = None


def inspect(data, filename=None, *, video=False):
    """Look at a file that somebody sent.

    :param filename: taken for the record only; the type is told by the bytes.
    :param video: also take MP4, QuickTime and WebM clips (as they are, up to 100 MB).
    :rtype: PhotoReport
    :raises PhotoError:
    """
    return receive(data, filename, video=video, encode=False)[0]


def normalise(data, max_side=MAX_SIDE, quality=QUALITY):
    """The picture as an upright sRGB-like JPEG of at most ``max_side`` pixels, free of metadata.

    :raises PhotoError: also for a PDF or a video, which are no pictures.
    """
    report, jpeg = receive(data, max_side=max_side, quality=quality)
    if report.kind != "photo":
        raise PhotoError("not_an_image", report.mimetype)
    return jpeg


def receive(data, filename=None, *, video=False, max_side=MAX_SIDE, quality=QUALITY, encode=True):
    """:func:`inspect` and :func:`normalise` with one decoding.

    :return: (PhotoReport, bytes to keep). A picture becomes a JPEG; the report keeps the size
        that it was sent in. A PDF or a video is kept as it is.
    """
    mimetype = _check_file(data, video)
    if mimetype == "application/pdf":
        try:
            pages = paper_pdf.check(data)
        except paper_pdf.PdfError as error:
            raise PhotoError(error.code, error.detail) from error
        return PhotoReport("document", mimetype, pages=pages), data
    if mimetype.startswith("video/"):
        return PhotoReport("video", mimetype), data
    image, report = _open(data, mimetype, max_side)
    report = _measure(image, report)
    return report, (_encode(image, quality) if encode else None)


def _check_file(data, video):
    if not data:
        raise PhotoError("empty")
    mimetype = sniff(data)
    is_video = (mimetype or "").startswith("video/")
    if len(data) > (MAX_VIDEO_BYTES if video and is_video else MAX_BYTES):
        raise PhotoError("too_large", f"{len(data)} bytes")
    if not mimetype or (is_video and not video):
        raise PhotoError("not_an_image")
    return mimetype


# ---------------------------------------------------------------------------- decode
_PIL_FORMATS = {
    "image/jpeg": ("JPEG",),
    "image/png": ("PNG",),
    "image/gif": ("GIF",),
    "image/bmp": ("BMP",),
}


def _open(data, mimetype, max_side):
    """Decode to an upright RGB picture whose long side is at most ``max_side``."""
    if not is_whole(data, mimetype):
        raise PhotoError("unreadable", "cut off")
    try:
        if mimetype == "image/heic":
            image = pillow_heif.HeifImageFile(io.BytesIO(data))
        elif mimetype == "image/webp":
            image = WebPImageFile(io.BytesIO(data))
        else:
            image = Image.open(io.BytesIO(data), formats=_PIL_FORMATS[mimetype])
    except Image.DecompressionBombError as error:
        raise PhotoError("bomb", "pixels") from error
    except Exception as error:
        raise PhotoError("unreadable", str(error)) from error
    with image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise PhotoError("bomb", f"{width}x{height}")
        try:
            taken_at, position = _exif_facts(image)
            if mimetype == "image/jpeg":
                # libjpeg decodes at 1/2, 1/4 or 1/8: a 50 MP photo needs 12 MP of memory
                image.draft(None, _fit(width, height, max_side))
            orientation = _orientation(image)
            flat = _to_rgb(image, max_side)
        except MemoryError as error:
            raise PhotoError("bomb", "memory") from error
        except Exception as error:  # decoders raise whatever they like on hostile input
            raise PhotoError("unreadable", str(error)) from error
    flat = _turn(flat, orientation)
    if orientation in (5, 6, 7, 8):
        width, height = height, width
    return flat, PhotoReport(
        "photo", mimetype, width, height, taken_at=taken_at, position=position
    )


def _fit(width, height, max_side):
    scale = min(1.0, max_side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _to_rgb(image, max_side):
    """First frame as RGB on white, at most ``max_side`` pixels on the long side.

    Shrunk by whole numbers, band after band, before it is converted: what is decoded is the peak
    of memory, and nothing of its size is made beside it.
    """
    image.load()
    width, height = image.size
    factor = max(1, max(width, height) // max_side)
    if image.mode in ("RGB", "L") or factor == 1:
        flat = _plain(image)
    else:
        flat = Image.new("RGB", (-(-width // factor), -(-height // factor)), "white")
        step = 128 * factor
        for top in range(0, height, step):
            band = _plain(image.crop((0, top, width, min(height, top + step))))
            flat.paste(band.reduce(factor), (0, top // factor))
    size = _fit(width, height, max_side)
    if size != flat.size:
        flat = flat.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return flat if flat.mode == "RGB" else flat.convert("RGB")


def _plain(image):
    """RGB or grey of a picture in whatever mode; transparent parts become white."""
    if image.mode in ("RGB", "L"):
        return image
    if image.mode.startswith("I"):  # 16 bits of grey
        array = np.asarray(image)
        return Image.fromarray(np.clip(array // 256, 0, 255).astype(np.uint8))
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image, mask=image.getchannel("A"))
        return ground
    return image.convert("RGB")


def _orientation(image):
    if isinstance(image, pillow_heif.HeifImageFile):
        return 1  # libheif has turned it already
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:
        return 1
    return value if value in range(1, 9) else 1


def _turn(image, orientation):
    transpose = Image.Transpose
    method = {
        2: transpose.FLIP_LEFT_RIGHT,
        3: transpose.ROTATE_180,
        4: transpose.FLIP_TOP_BOTTOM,
        5: transpose.TRANSPOSE,
        6: transpose.ROTATE_270,
        7: transpose.TRANSVERSE,
        8: transpose.ROTATE_90,
    }.get(orientation)
    return image if method is None else image.transpose(method)


def _exif_facts(image):
    """(taken_at in UTC, (latitude, longitude)) from EXIF; each None when absent or nonsense."""
    try:
        exif = image.getexif()
        details = exif.get_ifd(ExifTags.IFD.Exif)
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    except Exception:  # hostile EXIF is no reason to lose the picture
        return None, None
    return _exif_time(details), _exif_position(gps)


def _exif_time(details):
    text = str(details.get(ExifTags.Base.DateTimeOriginal, "")).strip("\x00 ")
    try:
        taken = datetime.strptime(text, "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    zone = CHINA_TIME
    offset = re.fullmatch(
        r"([+-])(\d\d):(\d\d)", str(details.get(ExifTags.Base.OffsetTimeOriginal, "")).strip("\0 ")
    )
    if offset and int(offset[2]) <= 14:
        minutes = int(offset[2]) * 60 + int(offset[3])
        zone = timezone(timedelta(minutes=minutes if offset[1] == "+" else -minutes))
    try:
        taken = taken.replace(tzinfo=zone).astimezone(timezone.utc)
    except OverflowError:
        return None
    return taken if 1990 <= taken.year <= 2100 else None


def _exif_position(gps):
    try:
        latitude = _degrees(gps[ExifTags.GPS.GPSLatitude], gps.get(ExifTags.GPS.GPSLatitudeRef))
        longitude = _degrees(gps[ExifTags.GPS.GPSLongitude], gps.get(ExifTags.GPS.GPSLongitudeRef))
    except Exception:
        return None
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        return None
    if abs(latitude) > 90 or abs(longitude) > 180 or (latitude == 0 and longitude == 0):
        return None
    return round(latitude, 7), round(longitude, 7)


def _degrees(parts, reference):
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    return -value if str(reference).strip("\0 ").upper() in ("S", "W") else value


# ---------------------------------------------------------------------------- measure
def sharpness(gray):
    """How sharp the sharpest parts of a picture are, about 0 (fog) to 0.4 (printed page).

    The picture is brought to one size first, so that the same page gives the same figure from a
    3 MP and a 50 MP camera. It is then judged tile by tile: within a tile the variance of the
    Laplacian is divided by the variance of the grey levels, which takes out contrast and light;
    a slight smoothing before takes out sensor noise. The 85th percentile of the tiles that hold
    anything at all is the answer, so that a page with three lines on it is not called blurred
    for its white. A tile holds something when its grey levels spread by more than 6 % of the
    paper's white: noise on bare paper does not, nor does writing blurred to a mist. A picture
    without such a tile has sharpness 0.

    :param gray: 2-D uint8 array
    """
    height, width = gray.shape
    scale = MEASURE_SIDE / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        gray = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(gray, (0, 0), 1.2).astype(np.float32)
    laplacian = cv2.Laplacian(smooth, cv2.CV_32F)
    least = (CONTENT_SPREAD * float(np.percentile(gray, 95))) ** 2
    tile = 60
    ratios = []
    for top in range(0, max(1, gray.shape[0] - tile + 1), tile):
        for left in range(0, max(1, gray.shape[1] - tile + 1), tile):
            part = smooth[top : top + tile, left : left + tile]
            spread = float(part.var())
            if spread > max(least, 4.0):
                edges = laplacian[top : top + tile, left : left + tile]
                ratios.append(float(edges.var()) / spread)
    return float(np.percentile(ratios, 85)) if ratios else 0.0


def _measure(image, report):
    gray = np.asarray(image.convert("L"))
    blur = round(sharpness(gray), 4)
    brightness = round(float(np.percentile(gray, 95)), 1)
    problems = []
    if max(report.width, report.height) < MIN_LONG_SIDE or (
        min(report.width, report.height) < MIN_SHORT_SIDE
    ):
        problems.append("small")
    if brightness < MIN_BRIGHTNESS:
        problems.append("dark")
    if blur < MIN_SHARPNESS:
        problems.append("blurred")
    return replace(report, blur=blur, brightness=brightness, problems=tuple(problems))


def _encode(image, quality=QUALITY):
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()


def thumbnail(data, side=THUMB_SIDE):
    """A small JPEG of a picture for lists."""
    mimetype = _check_file(data, False)
    if not mimetype.startswith("image/"):
        raise PhotoError("not_an_image", mimetype)
    return _encode(_open(data, mimetype, side)[0], 80)


# ---------------------------------------------------------------------------- watermark
@functools.lru_cache(maxsize=1)
def chinese_font():
    """(file, face index) of a font with simplified Chinese, or None.

    Fontconfig is asked first; well-known folders are searched where it is not installed.
    """
    try:
        answer = subprocess.run(
            ["fc-list", "-f", "%{file}|%{index}|%{family}|%{style}\n", ":lang=zh-cn"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        ).stdout
        candidates = [line.split("|") for line in answer.splitlines() if line.count("|") == 3]
        candidates.sort(
            key=lambda c: ("SC" not in c[2], "Sans" not in c[2], "Regular" not in c[3], c[0], c[1])
        )
        for file, index, *_names in candidates:
            if os.path.isfile(file) and int(index) < 1000:  # above: instances of a variable font
                return file, int(index)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        _logger.info("fontconfig does not answer, looking for fonts by their files: %s", error)
    wanted = (
        "NotoSansCJK-Regular.ttc",
        "NotoSerifCJK-Regular.ttc",
        "wqy-zenhei.ttc",
        "gbsn00lp.ttf",
    )
    for root in ("/usr/share/fonts", "/usr/local/share/fonts", os.path.expanduser("~/.fonts")):
        for folder, _folders, files in os.walk(root):
            for name in wanted:
                if name in files:
                    return os.path.join(folder, name), 2 if name.startswith("Noto") else 0
    return None


def watermark(data, lines):
    """Write lines (time, place, person) on a dark band along the lower edge of a picture.

    The band is laid under the picture's lower part, at most a quarter of its height.
    :raises PhotoError: code no_font when the server has no Chinese font; else as for normalise.
    """
    font_file = chinese_font()
    if font_file is None:
        raise PhotoError("no_font")
    image = _open(data, _check_file(data, False), MAX_SIDE)[0]
    lines = [_printable(line) for line in lines if line]
    if not lines:
        return _encode(image)
    size = max(14, min(round(min(image.size) / 28), round(image.height / (6 * len(lines)))))
    longest = max(lines, key=len)
    while size > 10:
        font = ImageFont.truetype(font_file[0], size, index=font_file[1])
        if font.getlength(longest) <= image.width - 2 * size:
            break
        size -= 1
    font = ImageFont.truetype(font_file[0], size, index=font_file[1])
    step = round(size * 1.4)
    band = step * len(lines) + size
    layer = Image.new("RGBA", (image.width, band), (0, 0, 0, 140))
    draw = ImageDraw.Draw(layer)
    for number, line in enumerate(lines):
        draw.text((size, size // 2 + number * step), line, font=font, fill="white")
    image.paste(layer, (0, image.height - band), layer)
    return _encode(image, 90)


def _printable(text):
    return "".join(c for c in str(text) if unicodedata.category(c)[0] != "C")[:120]


# ---------------------------------------------------------------------------- paper
def find_paper(data):
    """Corners of the sheet of paper in a photo, or None when none stands out.

    :return: four (x, y) fractions of width and height: top left, top right, bottom right,
        bottom left
    """
    image = _open(data, _check_file(data, False), 1000)[0]
    corners = sheet.find(cv2.cvtColor(np.asarray(image), cv2.COLOR_RGB2GRAY))
    if corners is None:
        return None
    return [(float(x) / image.width, float(y) / image.height) for x, y in corners]


def straighten(data, corners):
    """The sheet between ``corners`` (as :func:`find_paper` gives them) seen from straight above.

    An offer: the caller keeps the original beside it.
    :raises ValueError: when the corners do not span a sensible part of the picture.
    """
    image = _open(data, _check_file(data, False), MAX_SIDE)[0]
    flat = Image.fromarray(sheet.flatten(np.asarray(image), corners, MAX_SIDE))
    return _encode(ImageOps.autocontrast(flat, cutoff=0.5), 90)
