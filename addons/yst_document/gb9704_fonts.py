"""The faces that official documents are set in, and what they measure.

The standard's own fonts are proprietary: they are used where the machine has them, else free
ones that the set-up installs. Sizes and pitches do not depend on the face.
"""

import functools
import html
import subprocess

from PIL import ImageFont
from weasyprint.formatting_structure import boxes

from odoo.addons.yst_base.pdf_engine import weasyprint

XIAOBIAOSONG = ("FZXiaoBiaoSong-B05S", "方正小标宋简体", "FZXiaoBiaoSong-B05", "方正小标宋_GBK")
SERIF_CJK, SANS_CJK = "Noto Serif CJK SC", "Noto Sans CJK SC"


def _families(*names):
    return ", ".join(f'"{name}"' for name in names)


SONG_TITLE = _families(*XIAOBIAOSONG, SERIF_CJK)  # 小标宋
FANGSONG = _families(
    "FangSong_GB2312", "仿宋_GB2312", "FangSong", "仿宋", "STFangsong", "FZFangSong-Z02S", SERIF_CJK
)
KAI = _families(
    "KaiTi_GB2312", "楷体_GB2312", "KaiTi", "楷体", "STKaiti", "AR PL KaitiM GB", SERIF_CJK
)
HEI = _families("SimHei", "黑体", "STHeiti", SANS_CJK)
SONG = _families("SimSun", "宋体", "STSong", SERIF_CJK)


@functools.cache
def title_font():
    """(weight, file, face index) of what the mark and titles are set in.

    小标宋 is a bold face of its own; the free font in its place is set bold. File is None where
    fontconfig does not answer.
    """
    # a hyphen would begin the size
    names = ",".join((*XIAOBIAOSONG, SERIF_CJK)).replace("-", r"\-")
    try:
        family, file, index = subprocess.run(
            ["fc-match", "-f", "%{family}|%{file}|%{index}", f"{names}:bold"],
            capture_output=True, text=True, timeout=20, check=True,
        ).stdout.split("|")
        weight = 400 if set(family.split(",")) & set(XIAOBIAOSONG) else 700
        return weight, file, int(index) & 0xFFFF
    except (OSError, ValueError, subprocess.SubprocessError):
        return 700, None, 0


@functools.lru_cache(maxsize=256)
def ink(text: str) -> tuple[float, float]:
    """(top, bottom) of the ink of a line of the title font, in parts of its size.

    Measured from the top of a line box that is as high as the size.
    """
    weight, file, index = title_font()
    base = _base_line(SONG_TITLE, weight)
    try:
        font = ImageFont.truetype(file, 1000, index=index)
    except (OSError, TypeError, ValueError):
        return base - 0.84, base + 0.08
    top = font.getbbox(text or "国", anchor="ls")[1]
    height = font.getmask(text or "国").getbbox()[3]
    return base + top / 1000, base + (top + height) / 1000


@functools.cache
def _base_line(families, weight):
    """Where the engine puts the base line in a line box as high as the size."""
    text = _laid_out("国", f"font: {weight} 100px {families}; line-height: 1")
    return (text.position_y + text.baseline) / 100


@functools.lru_cache(maxsize=1024)
def advance(text: str, families: str, size: float, spacing: float) -> float:
    """How wide a line of text is, in mm, without the spacing after its last character.

    :param size: points
    :param spacing: between characters, mm
    """
    style = f"font: {size}pt {families}; letter-spacing: {spacing:.4f}mm"
    return _laid_out(text, style).width * 25.4 / 96 - spacing if text else 0.0


def _laid_out(text, style):
    """The box of a line of text that stands at the top of a page."""
    source = (
        f'<html lang="zh-CN"><body style="margin: 0"><div style=\'white-space: pre; {style}\'>'
        f"{html.escape(text)}</div></body></html>"
    )
    sheet = weasyprint.CSS(string="@page { size: 1000mm 1000mm; margin: 0 }")
    page = weasyprint.HTML(string=source).render(stylesheets=[sheet]).pages[0]
    return next(
        box for box in page._page_box.descendants() if isinstance(box, boxes.TextBox)
    )
