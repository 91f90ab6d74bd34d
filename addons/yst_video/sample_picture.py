"""Pictures for the sample data, drawn by code: a street with people of simple shapes.

No person was ever before this camera.
"""

import io
import random

from PIL import Image, ImageDraw

SIZE = (640, 360)
SKIES = ((178, 205, 226), (201, 210, 214), (236, 214, 187), (90, 102, 122))
WALLS = ((196, 176, 150), (170, 160, 158), (186, 148, 132), (150, 163, 158))
CLOTHES = ((44, 62, 80), (123, 36, 28), (30, 86, 49), (85, 85, 85), (121, 92, 50), (36, 64, 110))


def draw(seed, people=0, flooded=False):
    """One picture as JPEG and the boxes of the people in it (fractions of the picture).

    :param seed: the same seed draws the same
    :param int people: how many
    :param bool flooded: water stands on the road
    """
    rng = random.Random(str(seed))
    width, height = SIZE
    picture = Image.new("RGB", SIZE, rng.choice(SKIES))
    pen = ImageDraw.Draw(picture)
    horizon = height // 2 + rng.randint(-20, 20)
    _houses(pen, rng, horizon)
    pen.rectangle([0, horizon, width, height], fill=(112, 114, 116))
    pen.polygon(
        [(0, horizon), (width, horizon), (width, horizon + 26), (0, horizon + 34)],
        fill=(158, 154, 146),
    )
    for left in range(-40, width, 110):
        pen.polygon(
            [(left, 290), (left + 60, 290), (left + 54, 298), (left - 6, 298)],
            fill=(226, 226, 220),
        )
    if flooded:
        pen.rectangle([0, horizon + 60, width, height], fill=(104, 116, 104))
        for line in range(horizon + 70, height, 16):
            pen.line([(0, line), (width, line + rng.randint(-5, 5))], fill=(134, 146, 132), width=2)
    boxes = sorted(
        (_person_place(rng, horizon) for _each in range(people)), key=lambda box: box[1] + box[3]
    )
    for box in boxes:
        _person(pen, rng, *box)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=82)
    return stream.getvalue(), [
        {
            "x": round(x / width, 4),
            "y": round(y / height, 4),
            "w": round(w / width, 4),
            "h": round(h / height, 4),
            "score": round(rng.uniform(0.6, 0.95), 2),
            "label": "person",
        }
        for x, y, w, h in boxes
    ]


def _houses(pen, rng, horizon):
    left = -10
    while left < SIZE[0]:
        wide, high = rng.randint(70, 150), rng.randint(70, 150)
        pen.rectangle([left, horizon - high, left + wide, horizon], fill=rng.choice(WALLS))
        for x in range(left + 12, left + wide - 16, 26):
            for y in range(horizon - high + 12, horizon - 20, 28):
                pen.rectangle([x, y, x + 12, y + 15], fill=(92, 104, 116))
        left += wide + rng.randint(2, 14)


def _person_place(rng, horizon):
    foot = rng.randint(horizon + 30, SIZE[1] - 12)
    high = 34 + (foot - horizon) * 0.62
    wide = high * 0.38
    return rng.uniform(20, SIZE[0] - 20 - wide), foot - high, wide, high


def _person(pen, rng, x, y, wide, high):
    head = high * 0.17
    middle = x + wide / 2
    coat = rng.choice(CLOTHES)
    pen.ellipse([middle - head / 2, y, middle + head / 2, y + head], fill=(224, 182, 150))
    pen.pieslice([middle - head / 2, y, middle + head / 2, y + head], 180, 360, fill=(40, 32, 28))
    pen.rounded_rectangle(
        [x + wide * 0.12, y + head, x + wide * 0.88, y + high * 0.6], radius=wide * 0.2, fill=coat
    )
    for side in (0.2, 0.54):
        pen.rectangle(
            [x + wide * side, y + high * 0.58, x + wide * (side + 0.26), y + high],
            fill=(48, 50, 58),
        )
