"""Pictures for tests: pages of Chinese text as a camera would see them."""

import base64
import io
import struct
import zlib

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from odoo.addons.yst_base import photo

TEXT = (
    "关于印发便民服务事项清单的通知各村社区为方便群众办事现将有关事项告知如下"
    "申请人应当提交居民身份证户口簿原件及复印件材料不齐全的应当一次性告知补正的全部内容"
)


def page(width=2000, lines=38, points=12, ink=30):
    """An A4 page of text, ``points`` high, ``width`` pixels wide, in ``ink`` of a grey level."""
    height = round(width * 297 / 210)
    image = Image.new("RGB", (width, height), (244, 242, 236))
    draw = ImageDraw.Draw(image)
    size = round(width / 210 * points * 0.3528)
    name, index = photo.chinese_font()
    font = ImageFont.truetype(name, size, index=index)
    per_line = int(width * 0.82 // size)
    for line in range(lines):
        start = line * 7 % len(TEXT)
        text = (TEXT * 4)[start : start + per_line]
        position = (width * 0.09, height * 0.07 + line * size * 1.7)
        draw.text(position, text, font=font, fill=(ink, ink, ink + 5))
    return image


def shot(image, blur=0.0, light=1.0, noise=3.0):
    """What a camera makes of a page.

    :param blur: sigma of the lens or the hand, in millimetres on an A4 page
    :param light: 1 is full daylight
    :param noise: sigma of the sensor in grey levels
    """
    array = np.asarray(image.convert("L")).astype(np.float32)
    sigma = blur * image.width / 210
    if sigma > 6:  # the same, a good deal faster
        height, width = array.shape
        few = cv2.resize(array, (width // 4, height // 4), interpolation=cv2.INTER_AREA)
        few = cv2.GaussianBlur(few, (0, 0), sigma / 4)
        array = cv2.resize(few, (width, height), interpolation=cv2.INTER_CUBIC)
    elif sigma:
        array = cv2.GaussianBlur(array, (0, 0), sigma)
    array = array * light + np.random.default_rng(1).normal(0, noise, array.shape)
    return Image.fromarray(array.clip(0, 255).astype(np.uint8))


def on_table(image, corners, size=(1500, 2000), table=(70, 60, 50)):
    """A page lying on a table, its corners (clockwise from the top left) at pixels ``corners``."""
    width, height = image.size
    source = np.float32([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]])
    matrix = cv2.getPerspectiveTransform(source, np.float32(corners))
    rng = np.random.default_rng(2)
    grain = rng.normal(0, 12, (size[1] // 40, size[0] // 40, 3)).repeat(40, 0).repeat(40, 1)
    ground = np.full((size[1], size[0], 3), table, np.float32)
    ground[: grain.shape[0], : grain.shape[1]] += grain
    array = cv2.warpPerspective(
        np.asarray(image).astype(np.float32),
        matrix,
        size,
        ground,
        flags=cv2.INTER_AREA,
        borderMode=cv2.BORDER_TRANSPARENT,
    )
    array += rng.normal(0, 4, array.shape)
    return Image.fromarray(array.clip(0, 255).astype(np.uint8))


def jpeg(image, quality=90, **options):
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, **options)
    return out.getvalue()


def png(image, **options):
    out = io.BytesIO()
    image.save(out, "PNG", **options)
    return out.getvalue()


def small_photo(colour=(180, 60, 60), size=(1200, 900)):
    """A cheap, sharp, bright picture without soft problems."""
    image = Image.new("RGB", size, (240, 240, 240))
    draw = ImageDraw.Draw(image)
    for x in range(0, size[0], 10):
        draw.rectangle((x, 0, x + 3, size[1]), fill=colour)
    return jpeg(image)


def base64_photo():
    return base64.b64encode(small_photo())


def png_bomb(side=50_000):
    """A PNG whose header promises ``side`` × ``side`` pixels; a few hundred bytes long."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(
            ">I", zlib.crc32(kind + data)
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )
