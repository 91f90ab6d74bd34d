"""The layout of official documents (公文版式) by GB/T 9704-2012, in millimetres.

A4, text block (版心) 156 × 225 mm, 37 mm from the top edge and 28 mm from the binding edge (订口,
left on odd pages, right on even ones); 22 lines of 28 characters a page. Three forms: document
(文件格式), letter (信函格式) and minutes (纪要格式).

Fonts are the standard's own where the machine has them, else free ones at the same size: lines
and characters keep their pitch whatever the font. Knows nothing of Odoo's records.
"""

import base64
import datetime
import html
import re
from dataclasses import dataclass, field

from odoo.addons.yst_base.pdf_engine import FontConfiguration, URLFetcher, weasyprint

from .gb9704_body import Block
from .gb9704_fonts import FANGSONG, advance
from .gb9704_justify import justify
from .gb9704_style import (
    BLOCK_HEIGHT,
    BLOCK_WIDTH,
    CHARACTER,
    LINE,
    PT,
    SEAL,
    SEAL_GAP,
    SIZE_3,
    SIZE_4,
    SPACING,
    TOP,
    css,
    mark_size,
)
from .gb9704_title import title_lines, width

#: About 600 pages: more is no document.
MAX_CHARACTERS = 400_000

_NUMERAL = "一二三四五六七八九十百"
_LEVEL_1 = re.compile(rf"^[{_NUMERAL}]+、")
_LEVEL_2 = re.compile(rf"^（[{_NUMERAL}]+）")


class TooLong(ValueError):
    """There is more text than any document has."""


@dataclass
class Paper:
    """What is printed. Texts are plain; ``body`` is a list of paragraphs and blocks."""

    title: str
    body: list[str | Block]
    issuer: str  # 发文机关署名
    mark: str  # 发文机关标志
    number: str = ""
    date: datetime.date | None = None
    form: str = "document"  # document, letter, minutes
    joint: list[str] = field(default_factory=list)  # 联合发文的其他机关
    main_to: str = ""
    copy_number: str = ""
    secrecy: str = ""
    urgency: str = ""
    signers: list[str] = field(default_factory=list)  # 签发人: only upward
    attachments: list[str] = field(default_factory=list)
    note: str = ""  # 附注
    copy_to: str = ""
    printer: str = ""  # 印发机关
    printed: datetime.date | None = None
    sealed: bool = False
    seals: list[bytes | None] = field(default_factory=list)  # PNG, in the order of the offices
    present: list[tuple[str, str]] = field(default_factory=list)  # minutes: (出席, names)
    qr: bytes | None = None  # PNG
    watermark: str = ""  # 样稿

    @property
    def offices(self) -> list[str]:
        """All that issue it, the host first."""
        return [self.issuer, *self.joint]


def date_text(day: datetime.date) -> str:
    """2019年3月7日: without leading zeros."""
    return f"{day.year}年{day.month}月{day.day}日"


def render(paper: Paper) -> bytes:
    """The document as PDF, all its fonts embedded.

    The imprint (版记) stands at the foot of the last even page: the text is laid out once to see
    where it ends.

    :raise TooLong: there is more text than any document has
    """
    size = sum(len(one.markup if isinstance(one, Block) else one) for one in paper.body
               if not (isinstance(one, Block) and one.kind == "picture"))
    if size > MAX_CHARACTERS:
        raise TooLong(str(size))
    fonts = FontConfiguration()
    first = _layout(paper, fonts, imprint="")
    if not _has_imprint(paper):
        return first.write_pdf()
    pages = len(first.pages)
    room = TOP + BLOCK_HEIGHT - _lowest(first.pages[-1]) - LINE
    fits = room >= _imprint_height(paper)
    if paper.form == "letter":
        breaks = 0 if fits else 1
    elif pages % 2 == 0:
        breaks = 0 if fits else 2
    else:
        breaks = 1
    imprint = '<div class="bare"></div>' * breaks + _imprint(paper)
    return _layout(paper, fonts, imprint).write_pdf()


# -- pieces --------------------------------------------------------------------------------------


def _layout(paper, fonts, imprint):
    head = {"document": _head, "letter": _letter_head, "minutes": _minutes_head}[paper.form]
    over = ""
    if paper.watermark:
        over += f'<div class="watermark">{_text(paper.watermark)}</div>'
    if paper.qr:
        over += f'<img class="qr" src="{_picture(paper.qr)}">'
    source = (
        f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8">'
        f"<title>{_text(paper.title)}</title></head>"
        f'<body class="{paper.form}">{over}{head(paper)}{_content(paper)}{imprint}</body></html>'
    )
    style = css(paper.form, *_mark_parts(paper))
    document = weasyprint.HTML(string=source, url_fetcher=_NoFetch()).render(
        stylesheets=[weasyprint.CSS(string=style, font_config=fonts)], font_config=fonts
    )
    justify(document)
    return document


class _NoFetch(URLFetcher):
    """Nothing is fetched: pictures are in the document itself."""

    def __init__(self):
        super().__init__(allowed_protocols=["data"])


def _text(value) -> str:
    return html.escape(str(value or ""))


def _picture(data: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(data).decode()


def _mark_parts(paper):
    """(names one a line, what stands beside them): several offices share one 文件."""
    if paper.form == "document" and paper.joint:
        return [name.removesuffix("文件") for name in (paper.mark, *paper.joint)], "文件"
    return [paper.mark], ""


def _mark(paper):
    names, suffix = _mark_parts(paper)
    if len(names) == 1:
        return f'<div class="mark">{_text(names[0])}</div>'
    size = mark_size(names, suffix) * PT
    longest = max(map(len, names))
    lines = "".join(
        # as wide as the longest one: its characters are spread
        f'<div style="letter-spacing: {_spread(name, longest) * size:.3f}mm">'
        f"{_text(name)}</div>"
        for name in names
    )
    return (
        f'<div class="mark joint"><div style="width: {longest * size + 0.1:.3f}mm">{lines}</div>'
        f"<span>{suffix}</span></div>"
    )


def _spread(name, longest):
    """What is added between the characters of a name, in characters."""
    return (longest - len(name)) / max(1, len(name) - 1)


def _corner(paper):
    """份号、密级、紧急程度, from above in this order."""
    return "".join(
        f"<div>{_text(one)}</div>"
        for one in (paper.copy_number, paper.secrecy, paper.urgency)
        if one
    )


def _head(paper):
    """Copy number, secrecy, urgency; the mark; number (and who signed); the red rule."""
    number = f'<span class="number">{_text(paper.number)}</span>'
    if paper.signers:
        # two names a line, the later lines under the first name
        names = "".join(
            f"<div>{'　'.join(_text(name) for name in paper.signers[at : at + 2])}</div>"
            for at in range(0, len(paper.signers), 2)
        )
        line = (
            f'<div class="numbers upward ends">{number}<div class="signer">签发人：'
            f'<div class="kai">{names}</div></div></div>'
        )
    else:
        line = f'<div class="numbers">{number}</div>'
    return (
        f'<div class="corner">{_corner(paper)}</div>{_mark(paper)}'
        f'{line}<div class="rule"></div>{_title(paper)}'
    )


def _letter_head(paper):
    return (
        f'<div class="letter_mark">{_text(paper.mark)}</div>'
        '<div class="double first"></div><div class="double last"></div>'
        f'<div class="letter_numbers ends"><div class="corner_letter">{_corner(paper)}</div>'
        f'<div class="letter_number">{_text(paper.number)}</div></div>{_title(paper)}'
    )


def _minutes_head(paper):
    line = f'<div class="numbers">{_text(paper.number)}</div>' if paper.number else ""
    day = date_text(paper.date) if paper.date else ""
    return (
        f'<div class="corner">{_corner(paper)}</div>{_mark(paper)}{line}'
        f'<div class="issued_by ends"><span>{_text(paper.issuer)}</span><span>{day}</span></div>'
        f'<div class="rule"></div>{_title(paper)}'
    )


def _title(paper):
    lines = "<br>".join(_text(line) for line in title_lines(paper.title))
    return f'<h1 class="title">{lines}</h1>'


def _content(paper):
    parts = []
    if paper.main_to:
        parts.append(f'<p class="main_to">{_text(paper.main_to.rstrip("：:"))}：</p>')
    for number, block in enumerate(paper.body):
        last = " last_line" if number == len(paper.body) - 1 else ""
        parts.append(_block(block, last))
    if paper.attachments:
        parts.append(_attachments(paper.attachments))
    for number, (label, names) in enumerate(paper.present):
        first = "" if number else " first"
        parts.append(
            f'<p class="present{first}"><span class="hei">{_text(label)}</span>：'
            f"{_text(names)}</p>"
        )
    if paper.form != "minutes":
        parts.append(_signature(paper))
    if paper.note:
        parts.append(f'<p class="note">（{_text(paper.note.strip("（）()"))}）</p>')
    return "".join(parts)


def _block(block, last):
    if isinstance(block, str):
        return _paragraph(block, last)
    if block.kind in ("table", "picture"):
        return block.markup
    styles = {"h1": "hei heading", "h2": "kai heading", "h3": "heading"}
    return f'<p class="{styles.get(block.kind, block.kind)}{last}">{block.markup}</p>'


def _paragraph(line, last):
    """A paragraph; 一、 in 黑体, （一） in 楷体, up to the end of the heading's sentence."""
    for pattern, font in ((_LEVEL_1, "hei"), (_LEVEL_2, "kai")):
        if pattern.match(line):
            head, stop, rest = line.partition("。")
            if not stop or not rest:
                return f'<p class="{font} heading{last}">{_text(line)}</p>'
            return f'<p class="{last}"><span class="{font}">{_text(head)}。</span>{_text(rest)}</p>'
    return f'<p class="{last}">{_text(line)}</p>'


def _attachments(names):
    """附件：, two characters in; the names hang under each other, without a stop at the end."""
    names = [name.rstrip("。；;") for name in names]
    if len(names) == 1:
        return f'<p class="attachments" style="{_hang(5, 3)}">附件：{_text(names[0])}</p>'
    return "".join(
        f'<p class="attachments" style="{_hang(6, 4)}">附件：{number}. {_text(name)}</p>'
        if number == 1
        else f'<p class="more" style="{_hang(6, 1)}">{number}. {_text(name)}</p>'
        for number, name in enumerate(names, 1)
    )


def _hang(left, back):
    """A paragraph whose first line begins further left than the others, in characters."""
    return f"padding-left: {left * CHARACTER:.3f}mm; text-indent: {-back * CHARACTER:.3f}mm"


def _signature(paper):
    day = date_text(paper.date) if paper.date else ""
    return _sealed(paper, day) if paper.sealed else _unsealed(paper, day)


def _sealed(paper, day):
    """Each office's name under its seal, up to three in a row; the date under the last one,
    four characters from the right edge."""
    day_width = _mm(day)
    cell = max([day_width, *map(_mm, paper.offices)]) + 0.5
    a_row = 1
    if len(paper.offices) > 1:
        cell = max(cell, SEAL + SEAL_GAP)
        a_row = max(1, min(3, int((BLOCK_WIDTH - 2 * CHARACTER) // cell)))
    # the cell's middle is the date's middle
    right = max(0.0, 4 * CHARACTER - (cell - day_width) / 2)
    if cell * a_row + right > BLOCK_WIDTH:
        right = max(0.0, BLOCK_WIDTH - cell * a_row)
    cells = []
    for number, name in enumerate(paper.offices):
        seal = paper.seals[number] if number < len(paper.seals) else None
        picture = f'<img class="seal" src="{_picture(seal)}">' if seal else ""
        under = f"<div>{_text(day)}</div>" if number == len(paper.offices) - 1 else ""
        cells.append(
            f'<div class="axis" style="width: {cell:.3f}mm">{picture}<div>{_text(name)}</div>'
            f"{under}</div>"
        )
    alone = "" if len(cells) > 1 else " alone"
    rows = "".join(
        f'<div class="seals" style="padding-right: {right:.3f}mm">'
        f"{''.join(cells[at : at + a_row])}</div>"
        for at in range(0, len(cells), a_row)
    )
    return f'<div class="signature sealed{alone}">{rows}</div>'


def _unsealed(paper, day):
    """Name two characters from the right, the date two further right than it begins; where the
    date is the longer, it stands two from the right and the name follows."""
    longest, day_width, two = max(map(_mm, paper.offices)), _mm(day), 2 * CHARACTER
    if day_width > longest:
        day_right, name_right = two, two + day_width + two - longest
    else:
        day_right, name_right = longest - day_width, two
    lines = "".join(
        f'<p style="margin-right: {name_right + longest - _mm(one):.3f}mm">'
        f"{_text(one)}</p>"
        for one in paper.offices
    )
    return (
        f'<div class="signature plain">{lines}'
        f'<p style="margin-right: {day_right:.3f}mm">{_text(day)}</p></div>'
    )


def _mm(text):
    """How wide a text of the body is."""
    return advance(text, FANGSONG, SIZE_3, SPACING)


def _has_imprint(paper):
    return bool(paper.copy_to or (paper.printer and paper.form != "letter"))


def _imprint_height(paper):
    """Copies at 14 points, one character in on both sides and three more after 抄送：."""
    room = BLOCK_WIDTH / (SIZE_4 * PT) - 5
    copies = -(-(width(paper.copy_to) + 2) // room) if paper.copy_to else 0
    return (copies + bool(paper.printer and paper.form != "letter")) * LINE + 1


def _imprint(paper):
    ruled = "" if paper.form == "letter" else " ruled"
    parts = []
    if paper.copy_to:
        parts.append(f'<div class="copies">抄送：{_text(paper.copy_to.rstrip("。"))}。</div>')
    if paper.printer and paper.form != "letter":
        day = f"{date_text(paper.printed)}印发" if paper.printed else ""
        parts.append(
            f'<div class="ends"><span>{_text(paper.printer)}</span><span>{day}</span></div>'
        )
    return f'<div class="imprint{ruled}">{"".join(parts)}</div>'


def _lowest(page):
    """How far down text reaches on a page, in mm from its top edge."""
    lowest = TOP
    for box in page._page_box.descendants():
        if type(box).__name__ == "LineBox":
            bottom = (box.position_y + box.height) * 25.4 / 96
            if bottom <= TOP + BLOCK_HEIGHT + 1:
                lowest = max(lowest, bottom)
    return lowest
