"""The layout of official documents (公文版式) by GB/T 9704-2012, in millimetres.

A4, text block (版心) 156 × 225 mm, 37 mm from the top edge and 28 mm from the binding edge (订口,
left on odd pages, right on even ones); 22 lines of 28 characters a page. Three forms: document
(文件格式), letter (信函格式) and minutes (纪要格式).

Fonts are the standard's own where the machine has them, else free ones at the same size: lines
and characters keep their pitch whatever the font.
"""

import base64
import datetime
import html
import re
from dataclasses import dataclass, field

import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

PAGE_WIDTH, PAGE_HEIGHT = 210.0, 297.0
BLOCK_WIDTH, BLOCK_HEIGHT = 156.0, 225.0
TOP, BINDING = 37.0, 28.0
LINES, CHARACTERS = 22, 28
LINE = BLOCK_HEIGHT / LINES  # 10.227
CHARACTER = BLOCK_WIDTH / CHARACTERS  # 5.571
SIZE_3, SIZE_4, SIZE_2 = 16.0, 14.0, 22.0  # 三号 四号 二号, points
PT = 25.4 / 72
#: set a trifle closer than 156/28, so that rounding never pushes the 28th character out
SPACING = CHARACTER - SIZE_3 * PT - 0.0005
SEAL = 42.0  # diameter of an office's seal (印章直径), mm
LETTER_RULE = 170.0  # the letter's double rules, mm

SONG_TITLE = (  # 小标宋
    '"FZXiaoBiaoSong-B05S", "方正小标宋简体", "FZXiaoBiaoSong-B05", "Noto Serif CJK SC"'
)
FANGSONG = (
    '"FangSong_GB2312", "仿宋_GB2312", "FangSong", "仿宋", "STFangsong", "FZFangSong-Z02S",'
    ' "cwTeXQFangsong", "Noto Serif CJK SC"'
)
KAI = (
    '"KaiTi_GB2312", "楷体_GB2312", "KaiTi", "楷体", "STKaiti", "AR PL KaitiM GB",'
    ' "Noto Serif CJK SC"'
)
HEI = '"SimHei", "黑体", "STHeiti", "Noto Sans CJK SC"'
SONG = '"SimSun", "宋体", "STSong", "Noto Serif CJK SC"'

_NUMERAL = "一二三四五六七八九十百"
_COUNTED = _NUMERAL + "〇零0123456789年月日届次第"
_LEVEL_1 = re.compile(rf"^[{_NUMERAL}]+、")
_LEVEL_2 = re.compile(rf"^（[{_NUMERAL}]+）")


@dataclass
class Paper:
    """What is printed. Texts are plain; ``body`` is a list of paragraphs."""

    title: str
    body: list[str]
    issuer: str  # 发文机关署名
    mark: str  # 发文机关标志
    number: str = ""
    date: datetime.date | None = None
    form: str = "document"  # document, letter, minutes
    main_to: str = ""
    copy_number: str = ""
    secrecy: str = ""
    urgency: str = ""
    signer: str = ""  # 签发人: only upward
    attachments: list[str] = field(default_factory=list)
    note: str = ""  # 附注
    copy_to: str = ""
    printer: str = ""  # 印发机关
    printed: datetime.date | None = None
    sealed: bool = False
    seal: bytes | None = None  # PNG
    present: list[tuple[str, str]] = field(default_factory=list)  # minutes: (出席, names)
    qr: bytes | None = None  # PNG


def date_text(day: datetime.date) -> str:
    """2019年3月7日: without leading zeros."""
    return f"{day.year}年{day.month}月{day.day}日"


def render(paper: Paper) -> bytes:
    """The document as PDF.

    The imprint (版记) stands at the foot of the last even page: the text is laid out once to see
    where it ends.
    """
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


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a plain text, without indents and empty lines."""
    return [line.strip(" \t\u3000\xa0") for line in (text or "").splitlines() if line.strip()]


# -- pieces --------------------------------------------------------------------------------------


def _layout(paper, fonts, imprint):
    head = {"document": _head, "letter": _letter_head, "minutes": _minutes_head}[paper.form]
    source = (
        f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8">'
        f"<title>{_text(paper.title)}</title></head>"
        f'<body class="{paper.form}">{head(paper)}{_content(paper)}{imprint}</body></html>'
    )
    return weasyprint.HTML(string=source, url_fetcher=_NoFetch()).render(
        stylesheets=[weasyprint.CSS(string=_css(paper), font_config=fonts)], font_config=fonts
    )


class _NoFetch(URLFetcher):
    """Nothing is fetched: pictures are in the document itself."""

    def __init__(self):
        super().__init__(allowed_protocols=["data"])


def _text(value) -> str:
    return html.escape(str(value or ""))


def _picture(data: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(data).decode()


def _head(paper):
    """Copy number, secrecy, urgency; the mark; number (and who signed); the red rule."""
    corner = "".join(
        f"<div>{_text(one)}</div>"
        for one in (paper.copy_number, paper.secrecy, paper.urgency)
        if one
    )
    number = f'<span class="number">{_text(paper.number)}</span>'
    if paper.signer:
        line = (
            f'<div class="numbers upward ends">{number}<span class="signer">签发人：'
            f'<span class="kai">{_text(paper.signer)}</span></span></div>'
        )
    else:
        line = f'<div class="numbers">{number}</div>'
    return (
        f'<div class="corner">{corner}</div><div class="mark">{_text(paper.mark)}</div>'
        f'{line}<div class="rule"></div>{_title(paper)}'
    )


def _letter_head(paper):
    corner = "".join(
        f"<div>{_text(one)}</div>"
        for one in (paper.copy_number, paper.secrecy, paper.urgency)
        if one
    )
    return (
        f'<div class="letter_mark">{_text(paper.mark)}</div>'
        '<div class="double first"></div><div class="double last"></div>'
        f'<div class="letter_numbers ends"><div class="corner_letter">{corner}</div>'
        f'<div class="letter_number">{_text(paper.number)}</div></div>{_title(paper)}'
    )


def _minutes_head(paper):
    line = f'<div class="numbers">{_text(paper.number)}</div>' if paper.number else ""
    day = date_text(paper.date) if paper.date else ""
    return (
        f'<div class="mark">{_text(paper.mark)}</div>{line}'
        f'<div class="issued_by ends"><span>{_text(paper.issuer)}</span><span>{day}</span></div>'
        f'<div class="rule"></div>{_title(paper)}'
    )


def _title(paper):
    lines = "<br>".join(_text(line) for line in title_lines(paper.title))
    return f'<h1 class="title">{lines}</h1>'


def title_lines(title: str) -> list[str]:
    """A title broken into lines of one shape (梯形或菱形): not longer than 20 characters at two
    thirds of the text block, and no line of one or two characters."""
    given = [line for line in title.splitlines() if line.strip()]
    if len(given) > 1:
        return given
    most = int(BLOCK_WIDTH / (SIZE_2 * PT))  # 20
    text = "".join(given)
    if len(text) <= most:
        return [text]
    count = -(-len(text) // (most - 2))
    # a trapezium: the upper lines are the longer ones
    base, over = divmod(len(text), count)
    lengths = [base + (1 if number < over else 0) for number in range(count)]
    lines, start = [], 0
    for number, length in enumerate(lengths):
        end = len(text) if number == count - 1 else _word_end(text, start + length)
        lines.append(text[start:end])
        start = end
    return [line for line in lines if line]


def _word_end(text, at):
    """The best place near another for breaking a title: not inside a year or number, not before
    的 or a closing sign, not after an opening one; rather after 关于, 的, 和 or a sign."""

    def cost(end):
        before, after = text[end - 1], text[end]
        price = abs(end - at)
        counted = before in _COUNTED and after in _COUNTED
        if after in "的》）、，：”" or before in "《（“" or counted:
            price += 20
        if before in "的和及、，" or text[:end].endswith("关于"):
            price -= 3
        return price

    return min(range(max(1, at - 4), min(len(text), at + 5)), key=cost)


def _content(paper):
    parts = []
    if paper.main_to:
        parts.append(f'<p class="main_to">{_text(paper.main_to.rstrip("：:"))}：</p>')
    for label, names in paper.present:
        parts.append(
            f'<p class="present"><span class="hei">{_text(label)}：</span>{_text(names)}</p>'
        )
    for number, line in enumerate(paper.body):
        last = " last_line" if number == len(paper.body) - 1 else ""
        parts.append(_paragraph(line, last))
    if paper.attachments:
        parts.append(_attachments(paper.attachments))
    if paper.form != "minutes":
        parts.append(_signature(paper))
    if paper.note:
        parts.append(f'<p class="note">（{_text(paper.note.strip("（）()"))}）</p>')
    return "".join(parts)


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
    if paper.sealed:
        # name and date on one axis, the date four characters from the right edge
        seal = f'<img class="seal" src="{_picture(paper.seal)}">' if paper.seal else ""
        axis = max(_width(paper.issuer), _width(day)) * CHARACTER + 1
        return (
            f'<div class="signature sealed"><div class="axis" style="width: {axis:.3f}mm">{seal}'
            f"<div>{_text(paper.issuer)}</div><div>{_text(day)}</div></div></div>"
        )
    # without a seal: name two characters from the right, the date two further right than it
    # begins; where the date is the longer, it stands two from the right and the name follows
    name_length, day_length = _width(paper.issuer), _width(day)
    name_right = 2.0
    day_right = name_right + name_length - 2 - day_length
    if day_right < 2:
        day_right = 2.0
        name_right = day_right + day_length + 2 - name_length
    return (
        f'<div class="signature plain"><p style="margin-right: {name_right * CHARACTER:.3f}mm">'
        f'{_text(paper.issuer)}</p><p style="margin-right: {day_right * CHARACTER:.3f}mm">'
        f"{_text(day)}</p></div>"
    )


def _width(text):
    """Width in characters: a digit is half as wide."""
    return sum(0.5 if one.isascii() else 1 for one in text)


def _has_imprint(paper):
    return bool(paper.copy_to or (paper.printer and paper.form != "letter"))


def _imprint_lines(paper):
    """Lines of the copies, at 14 points one character in on both sides."""
    width = (BLOCK_WIDTH - 2 * SIZE_4 * PT) / (SIZE_4 * PT)
    copies = -(-(_width(paper.copy_to) + 4) // width) if paper.copy_to else 0
    return int(copies), int(bool(paper.printer and paper.form != "letter"))


def _imprint_height(paper):
    return sum(_imprint_lines(paper)) * LINE + 1


def _imprint(paper):
    ruled = "" if paper.form == "letter" else " ruled"
    parts = []
    if paper.copy_to:
        parts.append(
            f'<div class="copies">抄送：{_text(paper.copy_to.rstrip("。"))}。</div>'
        )
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


# -- style ---------------------------------------------------------------------------------------


def mark_size(mark: str, most: float = 62.0) -> float:
    """Size of the mark in points: as large as it fits in the text block, at most 22 mm high."""
    return min(most, BLOCK_WIDTH / PT / max(len(mark), 1) * 0.98)


def _css(paper):
    mark = mark_size(paper.mark)
    letter_mark = mark_size(paper.mark, 42.0)
    bottom = PAGE_HEIGHT - TOP - BLOCK_HEIGHT
    outer = PAGE_WIDTH - BINDING - BLOCK_WIDTH
    number = (
        f'content: "— " counter(page) " —"; font-family: {SONG}; font-size: {SIZE_4}pt;'
        " vertical-align: top;"
        f" padding-top: {7 - SIZE_4 * PT / 2:.3f}mm;"
    )
    first_number = "content: none;" if paper.form == "letter" else ""
    return f"""
    @page {{
        size: {PAGE_WIDTH}mm {PAGE_HEIGHT}mm;
        margin: {TOP}mm {outer}mm {bottom}mm {BINDING}mm;
    }}
    @page :right {{ @bottom-right {{ {number} padding-right: {SIZE_4 * PT:.3f}mm; }} }}
    @page :left {{
        margin-left: {outer}mm; margin-right: {BINDING}mm;
        @bottom-left {{ {number} padding-left: {SIZE_4 * PT:.3f}mm; }}
    }}
    @page :first {{ @bottom-right {{ {first_number} }} }}
    @page bare {{ @bottom-right {{ content: none; }} @bottom-left {{ content: none; }} }}
    html {{ font-family: {FANGSONG}; font-size: {SIZE_3}pt; }}
    body {{
        margin: 0; line-height: {LINE:.4f}mm; letter-spacing: {SPACING:.4f}mm;
        text-align: justify; orphans: 1; widows: 1; overflow-wrap: break-word;
    }}
    p {{ margin: 0; text-indent: {2 * CHARACTER:.4f}mm; }}
    .hei {{ font-family: {HEI}; }}
    .kai {{ font-family: {KAI}; }}
    .heading {{ break-after: avoid; }}
    .corner {{ position: absolute; top: 0; left: 0; font-family: {HEI}; text-align: left; }}
    .mark {{
        margin-top: calc(35mm - {mark * PT * 0.09:.3f}mm); height: {mark}pt;
        font-family: {SONG_TITLE}; font-size: {mark}pt; font-weight: bold; line-height: 1;
        letter-spacing: 0; color: #e60012; text-align: center; white-space: nowrap;
    }}
    .numbers {{ margin-top: {2 * LINE:.4f}mm; text-align: center; }}
    .numbers.upward, .issued_by {{ padding: 0 {CHARACTER:.4f}mm; }}
    .rule {{ margin-top: {4 - (LINE - SIZE_3 * PT) / 2:.4f}mm; border-top: 0.5mm solid #e60012; }}
    .title {{
        margin: {2 * LINE:.4f}mm 0 {LINE:.4f}mm; font-family: {SONG_TITLE}; font-size: {SIZE_2}pt;
        font-weight: bold; line-height: {LINE * 1.15:.4f}mm; letter-spacing: 0; text-align: center;
        break-after: avoid;
    }}
    .main_to {{ text-indent: 0; }}
    .present {{ padding-left: {4 * CHARACTER:.4f}mm; text-indent: {-2 * CHARACTER:.4f}mm; }}
    .last_line {{ break-after: avoid; }}
    .attachments {{ margin-top: {LINE:.4f}mm; }}
    .attachments, .more {{ break-before: avoid; text-align: left; }}
    .signature {{ break-before: avoid; break-inside: avoid; text-align: right; }}
    .signature p {{ text-indent: 0; }}
    .signature.plain {{ margin-top: {LINE:.4f}mm; }}
    .signature.sealed {{ margin-top: {2 * LINE:.4f}mm; padding-right: {4 * CHARACTER:.4f}mm; }}
    .axis {{ position: relative; margin-left: auto; text-align: center; white-space: nowrap; }}
    .seal {{
        position: absolute; width: {SEAL}mm; height: {SEAL}mm; left: 50%; top: 50%;
        margin-left: -{SEAL / 2}mm; margin-top: -{SEAL / 2}mm;
    }}
    .bare {{ page: bare; break-before: page; height: 1px; }}
    .bare + .imprint {{ page: bare; }}
    .imprint {{
        position: absolute; bottom: 0; left: 0; right: 0; font-size: {SIZE_4}pt; letter-spacing: 0;
    }}
    .imprint > div {{ padding: 0 {SIZE_4 * PT:.3f}mm; text-align: left; }}
    .imprint.ruled {{ border-top: 0.35mm solid black; border-bottom: 0.35mm solid black; }}
    .imprint.ruled > div + div {{ border-top: 0.25mm solid black; }}
    .imprint > .copies {{
        padding-left: {4 * SIZE_4 * PT:.3f}mm; text-indent: {-3 * SIZE_4 * PT:.3f}mm;
    }}
    .ends {{ display: flex; justify-content: space-between; white-space: nowrap; }}
    .letter_mark {{
        position: absolute; top: {30 - TOP - letter_mark * PT * 0.09:.3f}mm; left: 0; right: 0;
        font-family: {SONG_TITLE}; font-size: {letter_mark}pt; font-weight: bold; line-height: 1;
        letter-spacing: 0; color: #e60012; text-align: center; white-space: nowrap;
    }}
    .double {{
        position: absolute; left: {(PAGE_WIDTH - LETTER_RULE) / 2 - BINDING}mm;
        width: {LETTER_RULE}mm; height: 0.6mm; border: 0 solid #e60012;
    }}
    .double.first {{
        top: {30 - TOP + letter_mark * PT + 4:.3f}mm;
        border-top-width: 1mm; border-bottom-width: 0.4mm;
    }}
    .double.last {{
        top: {PAGE_HEIGHT - 20 - TOP - 2:.3f}mm; border-top-width: 0.4mm; border-bottom-width: 1mm;
    }}
    .letter_numbers {{
        margin-top: {30 - TOP + letter_mark * PT + 4 + 2 + 2:.3f}mm;
    }}
    .corner_letter {{ font-family: {HEI}; }}
    .qr {{ position: absolute; right: 0; bottom: {LINE:.3f}mm; width: 18mm; height: 18mm; }}
    """
