"""Made-up pictures for the sample posts of the work feed: drawn, nothing in them exists."""

import io
import random

from PIL import Image, ImageDraw

SIZE = (1600, 1200)
SCENES = ("river", "street", "hall", "hills", "storm")


def picture(scene, seed=0):
    """A drawn photo of one of the ``SCENES`` (bytes, JPEG).

    :param seed: another one gives another picture of the same scene
    """
    draw_of = random.Random(f"{scene}-{seed}")
    image = Image.new("RGB", SIZE)
    draw = ImageDraw.Draw(image)
    _sky(draw, scene)
    {"river": _river, "street": _street, "hall": _hall, "hills": _hills, "storm": _river}[scene](
        draw, draw_of
    )
    _grain(image, draw_of)
    data = io.BytesIO()
    image.save(data, "JPEG", quality=88)
    return data.getvalue()


def _sky(draw, scene):
    top, bottom = ((92, 108, 128), (176, 188, 198)) if scene == "storm" else (
        (112, 168, 222), (222, 236, 246)
    )
    width, height = SIZE
    for y in range(height):
        share = y / height
        colour = tuple(round(a + (b - a) * share) for a, b in zip(top, bottom, strict=True))
        draw.line((0, y, width, y), fill=colour)


def _ridge(draw, rng, base, rise, colour):
    width, height = SIZE
    points, y = [(0, height)], base
    for x in range(0, width + 81, 80):
        y = min(base + rise, max(base - rise, y + rng.randint(-rise // 2, rise // 2)))
        points.append((x, y))
    draw.polygon([*points, (width, height)], fill=colour)


def _tree(draw, rng, x, y, size):
    draw.rectangle((x - size // 12, y - size // 3, x + size // 12, y), fill=(98, 74, 52))
    for _leaf in range(7):
        dx, dy = rng.randint(-size // 4, size // 4), rng.randint(-size, -size // 3)
        radius = size // 4
        green = rng.randint(96, 148)
        draw.ellipse((x + dx - radius, y + dy - radius, x + dx + radius, y + dy + radius),
                     fill=(green // 2, green, green // 2 + 12))


def _house(draw, rng, x, y, width, height):
    wall = rng.choice([(232, 222, 204), (214, 206, 196), (226, 214, 188), (204, 212, 216)])
    draw.rectangle((x, y - height, x + width, y), fill=wall)
    draw.polygon([(x - 14, y - height), (x + width // 2, y - height - 60),
                  (x + width + 14, y - height)], fill=(146, 82, 66))
    for row in range(y - height + 34, y - 60, 78):
        for column in range(x + 22, x + width - 44, 74):
            draw.rectangle((column, row, column + 40, row + 46), fill=(96, 122, 142),
                           outline=(246, 246, 242), width=4)


def _hills(draw, rng):
    _ridge(draw, rng, 560, 120, (142, 170, 170))
    _ridge(draw, rng, 700, 90, (104, 146, 108))
    draw.rectangle((0, 860, *SIZE), fill=(166, 178, 104))
    for row in range(880, SIZE[1], 34):
        draw.line((0, row, SIZE[0], row + 26), fill=(132, 148, 78), width=7)
    for _tree_number in range(9):
        _tree(draw, rng, rng.randint(60, 1540), rng.randint(850, 900), rng.randint(110, 180))


def _river(draw, rng):
    _ridge(draw, rng, 520, 110, (126, 150, 152))
    draw.rectangle((0, 690, *SIZE), fill=(118, 142, 150))
    for _wave in range(160):
        x, y = rng.randint(0, 1580), rng.randint(700, 1010)
        light = rng.randint(-16, 34)
        draw.line((x, y, x + rng.randint(30, 120), y),
                  fill=(128 + light, 152 + light, 160 + light), width=3)
    draw.polygon([(0, 1030), (1600, 960), (1600, 1200), (0, 1200)], fill=(178, 172, 160))
    for x in range(30, 1600, 130):
        y = 1026 - x * 66 // 1600
        draw.rectangle((x, y - 110, x + 16, y), fill=(226, 224, 216))
    draw.line((30, 940, 1600, 872), fill=(226, 224, 216), width=12)
    draw.line((30, 980, 1600, 912), fill=(226, 224, 216), width=8)


def _street(draw, rng):
    x = -30
    while x < 1600:
        width = rng.randint(180, 300)
        _house(draw, rng, x, 860, width, rng.randint(220, 460))
        x += width + 8
    draw.rectangle((0, 860, *SIZE), fill=(190, 186, 178))
    draw.polygon([(0, 960), (1600, 930), (1600, 1200), (0, 1200)], fill=(112, 114, 118))
    for x in range(60, 1600, 240):
        draw.polygon([(x, 1080), (x + 110, 1076), (x + 116, 1094), (x + 4, 1098)],
                     fill=(236, 232, 214))
    for x in range(120, 1600, 310):
        _tree(draw, rng, x, 940, rng.randint(150, 210))


def _hall(draw, rng):
    draw.rectangle((0, 0, *SIZE), fill=(228, 222, 210))
    draw.rectangle((0, 760, *SIZE), fill=(168, 140, 108))
    draw.rectangle((250, 150, 1350, 320), fill=(176, 46, 42))
    for x in range(330, 1280, 118):
        draw.rectangle((x, 200, x + 74, 270), fill=(246, 226, 168))
    for row, y in enumerate((700, 830, 990)):
        for x in range(60 - row * 30, 1560, 190 + row * 24):
            size = 44 + row * 12
            skin = rng.choice([(206, 164, 132), (192, 148, 116), (214, 176, 146)])
            coat = tuple(rng.randint(52, 150) for _part in range(3))
            draw.ellipse((x, y - size * 2, x + size * 1.6, y - size // 3), fill=skin)
            draw.pieslice((x, y - size * 2.1, x + size * 1.6, y - size), 180, 360,
                          fill=(44, 38, 36))
            draw.rounded_rectangle((x - size // 2, y - size // 2, x + size * 2, y + size * 2), 30,
                                   fill=coat)


def _grain(image, rng):
    """A camera's noise, so that it is no flat drawing."""
    noise = Image.effect_noise(SIZE, 22).convert("RGB")
    image.paste(Image.blend(image, noise, 0.07 + rng.random() * 0.01))
