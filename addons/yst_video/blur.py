"""Making persons in a picture unrecognisable (马赛克) before it is handed out.

Pure functions on bytes and fractions of the picture; nothing here knows Odoo.
"""

import cv2
import numpy as np

#: The head takes about this share of a standing person's box, from the top, …
HEAD_SHARE = 0.25
#: … and the box is often too tight: the region is made wider by this share on each side.
MARGIN = 0.15
#: A region is left with this many blocks along its longer side: too few to tell a face.
BLOCKS = 6
#: Regions smaller than this many pixels a side would keep single pixels: they are made flat.
FLAT_BELOW = 12
QUALITY = 88
MAX_REGIONS = 200


class BlurError(ValueError):
    """The picture or a region cannot be worked on; ``code``: picture, region, too_many."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def head_region(box):
    """The part of a person's box that the head is in, as (x, y, w, h) fractions.

    A box wider than it is high shows no standing person (sitting, fallen, cut off below):
    all of it is taken.

    :param dict box: ``x``, ``y``, ``w``, ``h`` as fractions of the picture
    :raise BlurError: no such numbers
    """
    x, y, width, height = region(box)
    share = HEAD_SHARE if height > width else 1.0
    return x - width * MARGIN, y - height * MARGIN / 2, width * (1 + 2 * MARGIN), height * (
        share + MARGIN / 2
    )


def region(box):
    """``box`` as four floats.

    :raise BlurError: a key is missing, or a value is no finite number, or nothing is covered
    """
    try:
        found = tuple(float(box[key]) for key in ("x", "y", "w", "h"))
    except (KeyError, TypeError, ValueError) as error:
        raise BlurError("region") from error
    if not all(np.isfinite(found)) or found[2] <= 0 or found[3] <= 0:
        raise BlurError("region")
    return found


def pixelate(jpeg, regions):
    """The picture with each region in coarse blocks, as JPEG without metadata.

    The blocks are averages of what was there, so nothing of it can be computed back.

    :param bytes jpeg: any picture that OpenCV reads
    :param regions: (x, y, w, h) fractions; what lies outside of the picture is cut off
    :raise BlurError: not a picture, too many regions
    """
    if len(regions) > MAX_REGIONS:
        raise BlurError("too_many")
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    if picture is None:
        raise BlurError("picture")
    height, width = picture.shape[:2]
    for x, y, w, h in regions:
        left, top = max(int(np.floor(x * width)), 0), max(int(np.floor(y * height)), 0)
        right = min(int(np.ceil((x + w) * width)), width)
        bottom = min(int(np.ceil((y + h) * height)), height)
        if right > left and bottom > top:
            picture[top:bottom, left:right] = _blocks(picture[top:bottom, left:right])
    done, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise BlurError("picture")
    return coded.tobytes()


def _blocks(part):
    height, width = part.shape[:2]
    if max(height, width) < FLAT_BELOW:
        return np.broadcast_to(part.mean(axis=(0, 1)), part.shape).astype(np.uint8)
    scale = BLOCKS / max(height, width)
    small = cv2.resize(
        part,
        (max(1, round(width * scale)), max(1, round(height * scale))),
        interpolation=cv2.INTER_AREA,
    )
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)
