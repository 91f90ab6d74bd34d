"""The text of a document (HTML of the editor) as the blocks that GB/T 9704 knows.

Markup is made anew from text: no style, class, address or script of the editor reaches the paper.
Pictures are asked from a function of the caller.
"""

import html
import re
from dataclasses import dataclass

import lxml.html

from .gb9704_style import BLOCK_WIDTH, LINE

MAX_DEPTH = 60
MAX_ROWS, MAX_COLUMNS = 2000, 30
MAX_PICTURES = 60
MAX_PICTURE_LINES = 18  # of the 22 of a page

_HEADINGS = {"h1": "h1", "h2": "h1", "h3": "h2", "h4": "h3", "h5": "h3", "h6": "h3"}
_INLINE = {"b": "b", "strong": "b", "sup": "sup", "sub": "sub", "u": "u"}
_BREAKS = {
    "p", "div", "section", "article", "blockquote", "pre", "header", "footer", "figure", "dl",
    "dt", "dd", "tr", "td", "th", "address", "main", "figcaption", "hr", "ul", "ol", "li", "table",
    *_HEADINGS,
}
_LEFT_OUT = {"script", "style", "template", "head", "title", "iframe", "object", "embed", "svg"}
_SPACES = " \t\r\n\u3000\xa0\ufeff"


@dataclass(frozen=True)
class Block:
    """A piece of the body: kind h1, h2, h3, text, centre, flush, table, picture; safe markup."""

    kind: str
    markup: str


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a plain text, without indents and empty lines."""
    return [line.strip(_SPACES) for line in (text or "").splitlines() if line.strip(_SPACES)]


def blocks(source: str, picture=None) -> list[str | Block]:
    """The body of a document as paragraphs (plain text) and blocks.

    :param picture: function(src) → (data: address, width, height in pixels) or None
    """
    source = str(source or "").strip()
    if not source:
        return []
    root = lxml.html.fragment_fromstring(source, create_parent="div")
    builder = _Builder(picture)
    builder.walk(root, 0, ())
    builder.flush()
    return builder.found


class _Builder:
    def __init__(self, picture, in_cell=False):
        self.found = []
        self._in_cell = in_cell
        self._picture = picture
        self._pictures = 0
        self._open = []  # inline elements that a paragraph's end closes and the next opens again
        self._reset()

    def _reset(self):
        self._markup = [f"<{name}>" for name in self._open]
        self._plain, self._kind, self._prefix = [], "text", ""

    def flush(self):
        """End the paragraph, if there is one."""
        plain = "".join(self._plain).strip(_SPACES)
        closed = [*self._markup, *(f"</{name}>" for name in reversed(self._open))]
        markup = re.sub(r"^[\s\u3000\xa0]+|[\s\u3000\xa0]+$", "", "".join(closed))
        kind, prefix = self._kind, self._prefix
        self._reset()
        if not plain:
            return
        if kind == "text" and markup == html.escape(plain):
            self.found.append(prefix + plain)
        else:
            self.found.append(Block(kind, html.escape(prefix) + markup))

    def walk(self, node, depth, inside):
        """Take in what is in an element; ``inside``: the lists around it."""
        self._add(node.text)
        for child in node:
            if isinstance(child.tag, str) and child.tag not in _LEFT_OUT:
                self._element(child, depth + 1, inside)
            self._add(child.tail)

    def _element(self, node, depth, inside):
        tag = node.tag
        if depth > MAX_DEPTH:
            self._add(node.text_content())
        elif tag == "br":
            self.flush()
        elif tag == "img":
            self._take_picture(node)
        elif tag == "table" and not self._in_cell:
            self.flush()
            self._table(node)
        elif tag == "li":
            self.flush()
            self._prefix = self._item(node, inside)
            self.walk(node, depth, inside)
            self.flush()
        elif tag in ("ul", "ol"):
            self.flush()
            self.walk(node, depth, (*inside, node))
            self.flush()
        elif tag in _BREAKS:
            self._paragraph(node, depth, inside)
        elif tag in _INLINE:
            name = _INLINE[tag]
            self._open.append(name)
            self._markup.append(f"<{name}>")
            self.walk(node, depth, inside)
            self._open.pop()
            self._markup.append(f"</{name}>")
        else:
            self.walk(node, depth, inside)

    def _paragraph(self, node, depth, inside):
        # the first paragraph of a list item goes on with its number
        if self._prefix and not "".join(self._plain).strip(_SPACES):
            prefix = self._prefix
            self._reset()
            self._prefix = prefix
        else:
            self.flush()
        style = (node.get("style") or "").replace(" ", "")
        if node.tag in _HEADINGS:
            self._kind = _HEADINGS[node.tag]
        elif "text-align:center" in style or "text-center" in (node.get("class") or ""):
            self._kind = "centre"
        elif "text-align:right" in style or "text-end" in (node.get("class") or ""):
            self._kind = "flush"
        self.walk(node, depth, inside)
        self.flush()

    @staticmethod
    def _item(node, inside):
        """1. and （1） by depth for numbered lists, a dash for others."""
        if not inside or inside[-1].tag != "ol":
            return "——"
        numbered = sum(1 for one in inside if one.tag == "ol")
        place = sum(1 for one in node.itersiblings("li", preceding=True)) + 1
        return f"{place}. " if numbered == 1 else f"（{place}）"

    def _add(self, text):
        if text:
            text = re.sub(r"[\t\r\n ]+", " ", text)
            # control signs that a PDF cannot hold
            text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text)
            self._markup.append(html.escape(text))
            self._plain.append(text)

    def _table(self, node):
        rows = []
        for row in self._rows(node):
            if len(rows) >= MAX_ROWS:
                break
            cells = "".join(
                self._cell(cell) for cell in list(row)[:MAX_COLUMNS] if cell.tag in ("td", "th")
            )
            if cells:
                head = row.getparent().tag == "thead"
                rows.append((head, f"<tr>{cells}</tr>"))
        if not rows:
            return
        head = "".join(row for is_head, row in rows if is_head)
        rest = "".join(row for is_head, row in rows if not is_head)
        head = f"<thead>{head}</thead>" if head else ""
        self.found.append(Block("table", f"<table>{head}<tbody>{rest}</tbody></table>"))

    @staticmethod
    def _rows(node):
        """Its own rows; a table within a cell is text."""
        for child in node:
            if child.tag == "tr":
                yield child
            elif child.tag in ("thead", "tbody", "tfoot"):
                yield from child.iterchildren("tr")

    @staticmethod
    def _cell(cell):
        spans = ""
        for name in ("colspan", "rowspan"):
            value = cell.get(name) or ""
            if value.isascii() and value.isdigit() and 1 < int(value[:6]) <= MAX_COLUMNS:
                spans += f' {name}="{int(value[:6])}"'
        inner = _Builder(None, in_cell=True)
        inner.walk(cell, MAX_DEPTH // 2, ())
        inner.flush()
        lines = [
            html.escape(one) if isinstance(one, str) else one.markup
            for one in inner.found
        ]
        return f"<{cell.tag}{spans}>{'<br>'.join(lines)}</{cell.tag}>"

    def _take_picture(self, node):
        if not self._picture or self._pictures >= MAX_PICTURES:
            return
        self._pictures += 1
        found = self._picture(node.get("src") or "")
        if not found:
            return
        self.flush()
        address, wide, high = found
        scale = min(
            BLOCK_WIDTH / wide, MAX_PICTURE_LINES * LINE / high, 25.4 / 96
        )  # not larger than on the screen
        lines = max(1, -int(-high * scale // LINE))
        self.found.append(
            Block(
                "picture",
                f'<div class="picture" style="height: {lines * LINE - 0.001:.3f}mm">'
                f'<img src="{html.escape(address)}" style="width: {wide * scale:.3f}mm;'
                f' height: {high * scale:.3f}mm"></div>',
            )
        )
