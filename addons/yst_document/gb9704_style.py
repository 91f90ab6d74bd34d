"""Measures and style sheet of official documents (公文版式), GB/T 9704-2012.

All lengths in millimetres, sizes of type in points.
"""

from .gb9704_fonts import FANGSONG, HEI, KAI, SONG, SONG_TITLE, ink, title_font

PAGE_WIDTH, PAGE_HEIGHT = 210.0, 297.0
BLOCK_WIDTH, BLOCK_HEIGHT = 156.0, 225.0
TOP, BINDING = 37.0, 28.0
LINES, CHARACTERS = 22, 28
LINE = BLOCK_HEIGHT / LINES  # 10.227
CHARACTER = BLOCK_WIDTH / CHARACTERS  # 5.571
SIZE_3, SIZE_4, SIZE_2 = 16.0, 14.0, 22.0  # 三号 四号 二号, points
PT = 25.4 / 72
#: set a trifle closer than 156/28 and 225/22, so that rounding never pushes out the last one
SPACING = CHARACTER - SIZE_3 * PT - 0.0005
PITCH = LINE - 0.0005
SEAL = 42.0  # diameter of an office's seal (印章直径)
SEAL_GAP = 3.0  # between the seals of several offices, which must not touch
SEAL_ABOVE = 5.0  # from the last line to the seal's top: within one line
MARK_TOP, LETTER_MARK_TOP = 35.0, 30.0  # of the mark: below the block's, the paper's upper edge
LETTER_RULE = 170.0  # the letter's double rules
LETTER_GAP = 7 / 8 * SIZE_3 * PT  # 与该线的距离为3号汉字高度的7/8
QR_SIZE, QR_TOP = 22.0, 6.0  # in the top margin, outside everything the standard places
RED = "#e60012"


def mark_size(names: list[str], suffix: str = "", most: float = 62.0) -> float:
    """Size of the mark in points: as large as it fits in the text block, at most 22 mm high.

    :param names: of the offices, one a line
    :param suffix: 文件 beside them
    """
    longest = max((len(name) for name in names), default=1) + len(suffix)
    return min(most, BLOCK_WIDTH / PT / max(longest, 1) * 0.96, 150 / PT / max(len(names), 1) / 2)


def css(form: str, mark: list[str], suffix: str) -> str:
    """The style sheet of a form (document, letter, minutes) with its mark."""
    weight, _file, _index = title_font()
    size = mark_size(mark, suffix, 42.0 if form == "letter" else 62.0)
    top, _bottom = (part * size * PT for part in ink(mark[0] + suffix if mark else ""))
    step = size * PT * (1.0 if len(mark) < 2 else 1.15)
    # from the top of the first line box to the lower edge of the last line's ink
    height = step * (len(mark) - 1) + ink(mark[-1] if mark else "")[1] * size * PT
    bottom = PAGE_HEIGHT - TOP - BLOCK_HEIGHT
    outer = PAGE_WIDTH - BINDING - BLOCK_WIDTH
    first_number = "content: none;" if form == "letter" else ""
    number = (
        f'content: "— " counter(page) " —"; font-family: {SONG}; font-size: {SIZE_4}pt;'
        " line-height: 1; vertical-align: top;"
        f" padding-top: {7 - SIZE_4 * PT / 2:.3f}mm;"
    )
    letter_rule = LETTER_MARK_TOP - TOP - top + height + 4
    sealed = 2 * LINE
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
        margin: 0; line-height: {PITCH:.4f}mm; letter-spacing: {SPACING:.4f}mm;
        text-align: left; orphans: 1; widows: 1; overflow-wrap: anywhere;
    }}
    p {{ margin: 0; text-indent: {2 * CHARACTER:.4f}mm; }}
    .hei {{ font-family: {HEI}; }}
    .kai {{ font-family: {KAI}; }}
    /* other faces must not raise the line they stand in */
    span, b, u {{ line-height: 0; }}
    .heading {{ break-after: avoid; }}
    .centre {{ text-align: center; text-indent: 0; }}
    .flush {{ text-align: right; text-indent: 0; }}
    sup, sub {{ font-size: 10pt; line-height: 0; }}
    .corner {{ position: absolute; top: 0; left: 0; font-family: {HEI}; white-space: nowrap; }}
    .mark, .letter_mark {{
        height: {height:.3f}mm; font-family: {SONG_TITLE}; font-size: {size:.3f}pt;
        font-weight: {weight}; line-height: {step:.3f}mm; letter-spacing: 0; color: {RED};
        text-align: center; white-space: nowrap;
    }}
    .mark {{ margin-top: {MARK_TOP - top:.3f}mm; }}
    .joint {{ display: flex; justify-content: center; align-items: center; }}
    .joint div {{ text-align: left; }}
    .numbers {{ margin-top: {2 * LINE:.4f}mm; text-align: center; }}
    .numbers.upward, .issued_by {{ padding: 0 {CHARACTER:.4f}mm; align-items: flex-end; }}
    .numbers span, .issued_by span, .imprint span, .joint span {{ line-height: inherit; }}
    .signer {{ display: flex; text-align: left; }}
    .rule {{ margin-top: {4 - (LINE - SIZE_3 * PT) / 2:.4f}mm; border-top: 0.5mm solid {RED}; }}
    .title {{
        margin: {2 * LINE:.4f}mm 0 {LINE:.4f}mm; font-family: {SONG_TITLE}; font-size: {SIZE_2}pt;
        font-weight: {weight}; line-height: {LINE * 1.15:.4f}mm; letter-spacing: 0;
        text-align: center; break-after: avoid;
    }}
    .main_to {{ text-indent: 0; }}
    .present {{
        padding-left: {5 * CHARACTER:.4f}mm; text-indent: {-3 * CHARACTER:.4f}mm;
        text-align: left;
    }}
    .present.first {{ margin-top: {LINE:.4f}mm; }}
    .last_line {{ break-after: avoid; }}
    .attachments {{ margin-top: {LINE:.4f}mm; }}
    .attachments, .more {{ break-before: avoid; text-align: left; }}
    table {{
        width: 100%; border-collapse: collapse; font-size: {SIZE_4}pt; letter-spacing: 0;
        line-height: {PITCH - 0.25:.4f}mm; margin-bottom: -0.25mm; text-align: left;
    }}
    thead {{ display: table-header-group; font-family: {HEI}; }}
    th {{ font-family: {HEI}; font-weight: normal; text-align: center; }}
    td, th {{ border: 0.25mm solid black; padding: 0 1.5mm; vertical-align: middle; }}
    tr {{ break-inside: avoid; }}
    .picture {{
        display: flex; align-items: center; justify-content: center; text-indent: 0;
        break-inside: avoid;
    }}
    .signature {{ break-before: avoid; break-inside: avoid; text-align: right; }}
    .signature p {{ text-indent: 0; }}
    .signature.plain {{ margin-top: {LINE:.4f}mm; }}
    .signature.sealed {{ padding-top: {sealed:.4f}mm; padding-bottom: {LINE:.4f}mm; }}
    .seals {{ display: flex; justify-content: flex-end; height: {5 * LINE:.4f}mm; }}
    .seals:last-child {{ height: {2 * LINE:.4f}mm; }}
    .axis {{ position: relative; text-align: center; white-space: nowrap; }}
    .seal {{
        position: absolute; width: {SEAL}mm; height: {SEAL}mm; left: 50%;
        top: {SEAL_ABOVE - sealed:.3f}mm; margin-left: -{SEAL / 2}mm;
    }}
    .alone + .note {{ margin-top: -{LINE:.4f}mm; }}
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
        position: absolute; top: {LETTER_MARK_TOP - TOP - top:.3f}mm; left: 0; right: 0;
    }}
    .double {{
        position: absolute; left: {(PAGE_WIDTH - LETTER_RULE) / 2 - BINDING}mm;
        width: {LETTER_RULE}mm; height: 0.6mm; border: 0 solid {RED};
    }}
    .double.first {{
        top: {letter_rule:.3f}mm; border-top-width: 1mm; border-bottom-width: 0.4mm;
    }}
    .double.last {{
        top: {PAGE_HEIGHT - 20 - TOP - 2:.3f}mm; border-top-width: 0.4mm; border-bottom-width: 1mm;
    }}
    .letter_numbers {{
        margin-top: {letter_rule + 2 + LETTER_GAP - (LINE - SIZE_3 * PT) / 2:.3f}mm;
    }}
    .corner_letter {{ font-family: {HEI}; }}
    .qr {{
        position: absolute; right: 0; top: {QR_TOP - TOP}mm;
        width: {QR_SIZE}mm; height: {QR_SIZE}mm;
    }}
    .watermark {{
        position: fixed; left: 0; right: 0; top: 90mm; z-index: -1; text-align: center;
        text-indent: 0; font-family: {HEI}; font-size: 120pt; line-height: 1; color: #e4e4e4;
        transform: rotate(-35deg);
    }}
    """
