"""Measures a PDF: where the ink of each line of type, each rule and each picture lies, in
millimetres from the paper's upper left corner. Reads the PDF's own drawing operators and the
outlines of the fonts embedded in it; nothing of what made the PDF is asked."""

import io
import re
from dataclasses import dataclass

import pypdf
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont
from pypdf.generic import ContentStream

MM = 25.4 / 72


@dataclass
class Line:
    """A run of type on one base line."""

    text: str
    left: float
    right: float  # of the last character's cell
    base: float
    ink_top: float
    ink_bottom: float
    ink_left: float
    ink_right: float
    size: float  # points
    font: str
    colour: tuple
    pitch: float  # from one character to the next, mm; 0 when there is one alone


@dataclass
class Box:
    """A rule or a picture."""

    left: float
    top: float
    width: float
    height: float
    colour: tuple = ()

    @property
    def bottom(self):
        return self.top + self.height

    @property
    def right(self):
        return self.left + self.width


@dataclass
class Sheet:
    lines: list
    rules: list
    pictures: list
    width: float
    height: float

    def line(self, start):
        """The line that begins with a text."""
        return next(one for one in self.lines if one.text.startswith(start))

    def has(self, start):
        return any(one.text.startswith(start) for one in self.lines)

    def body(self, size=16):
        """Base lines of the type of a size, from above."""
        return sorted({round(one.base, 2) for one in self.lines if abs(one.size - size) < 0.1})


class _Font:
    def __init__(self, resource):
        self.name = resource["/BaseFont"].lstrip("/").partition("+")[2]
        descendant = resource["/DescendantFonts"][0].get_object()
        descriptor = descendant["/FontDescriptor"].get_object()
        self.embedded = any(f"/FontFile{kind}" in descriptor for kind in ("", "2", "3"))
        key = "/FontFile3" if "/FontFile3" in descriptor else "/FontFile2"
        self._font = TTFont(io.BytesIO(descriptor[key].get_object().get_data()))
        self._glyphs = self._font.getGlyphSet()
        self._units = self._font["head"].unitsPerEm
        self._widths = self._read_widths(descendant.get("/W", []))
        self._unicode = self._read_unicode(resource)
        self._bounds = {}

    @staticmethod
    def _read_widths(entries):
        found, entries = {}, list(entries)
        while entries:
            first, second = int(entries.pop(0)), entries.pop(0)
            if isinstance(second, list):
                found.update({first + at: float(width) for at, width in enumerate(second)})
            else:
                width = float(entries.pop(0))
                found.update(dict.fromkeys(range(first, int(second) + 1), width))
        return found

    @staticmethod
    def _read_unicode(resource):
        text = resource["/ToUnicode"].get_object().get_data().decode("latin-1")
        return {
            int(code, 16): bytes.fromhex(value).decode("utf-16-be")
            for code, value in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*\n", text)
            if len(value) % 4 == 0
        }

    def width(self, code):
        return self._widths.get(code, 1000.0) / 1000

    def text(self, code):
        return self._unicode.get(code, "\ufffd")

    def ink(self, code):
        """(left, bottom, right, top) of a glyph in parts of its size, or None for a space."""
        if code not in self._bounds:
            pen = BoundsPen(self._glyphs)
            self._glyphs[self._font.getGlyphName(code)].draw(pen)
            self._bounds[code] = pen.bounds and tuple(v / self._units for v in pen.bounds)
        return self._bounds[code]


def measure(pdf: bytes) -> list[Sheet]:
    """The pages of a PDF."""
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    fonts = {}
    return [_Reading(reader, page, fonts).sheet() for page in reader.pages]


def fonts(pdf: bytes) -> dict:
    """Name → whether embedded, of all fonts of a PDF."""
    found = {}
    for page in pypdf.PdfReader(io.BytesIO(pdf)).pages:
        for resource in page["/Resources"].get("/Font", {}).values():
            font = _Font(resource.get_object())
            found[font.name] = font.embedded
    return found


def _times(one, two):
    a, b, c, d, e, f = one
    g, h, i, j, k, m = two
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j,
            e * g + f * i + k, e * h + f * j + m)


class _Reading:
    def __init__(self, reader, page, fonts):
        self._page = page
        self._height = float(page.mediabox.height)
        self._resources = page["/Resources"]
        self._fonts = fonts
        self._operations = ContentStream(page.get_contents(), reader).operations
        self._matrix, self._colour, self._stack = (1, 0, 0, 1, 0, 0), (0,), []
        self._path, self._clip, self._font, self._size, self._text = [], None, None, 0, None
        self._sheet = Sheet([], [], [], float(page.mediabox.width) * MM, self._height * MM)

    def sheet(self):
        for operands, operator in self._operations:
            step = getattr(self, "_do_" + operator.decode().replace("*", "_star"), None)
            if step:
                step(list(operands))
        return self._sheet

    def _mm(self, x, y):
        a, b, c, d, e, f = self._matrix
        return (a * x + c * y + e) * MM, (self._height - (b * x + d * y + f)) * MM

    def _do_q(self, _values):
        self._stack.append((self._matrix, self._colour, self._clip))

    def _do_Q(self, _values):
        self._matrix, self._colour, self._clip = self._stack.pop()

    def _do_cm(self, values):
        self._matrix = _times([float(value) for value in values], self._matrix)

    def _do_rg(self, values):
        self._colour = tuple(round(float(value), 3) for value in values)

    def _do_m(self, values):
        self._path.append(self._mm(*map(float, values)))

    _do_l = _do_m

    def _do_re(self, values):
        x, y, width, height = map(float, values)
        self._path += [self._mm(x, y), self._mm(x + width, y + height)]

    def _do_n(self, _values):
        self._path = []

    def _do_W(self, _values):
        self._clip = list(self._path)

    _do_W_star = _do_W  # noqa: N815

    def _do_f(self, _values):
        self._rule(self._path)
        self._path = []

    def _do_f_star(self, _values):
        # a border: one side is cut out of a frame
        self._rule(self._clip or self._path)
        self._path = []

    def _rule(self, points):
        xs, ys = [x for x, _y in points], [y for _x, y in points]
        self._sheet.rules.append(
            Box(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys), self._colour)
        )

    def _do_Do(self, values):
        (left, bottom), (right, top) = self._mm(0, 0), self._mm(1, 1)
        top, bottom = sorted((top, bottom))
        if self._resources["/XObject"][values[0]].get_object()["/Subtype"] == "/Image":
            self._sheet.pictures.append(Box(left, top, right - left, bottom - top))

    def _do_Tf(self, values):
        resource = self._resources["/Font"][values[0]]
        key = resource.get_object()["/BaseFont"]
        if key not in self._fonts:
            self._fonts[key] = _Font(resource.get_object())
        self._font, self._size = self._fonts[key], float(values[1])

    def _do_Tm(self, values):
        self._text = _times([float(value) for value in values], self._matrix)

    def _do_TJ(self, values):
        before, self._matrix = self._matrix, self._text
        at, text, starts, inks = 0.0, "", [], []
        for one in values[0]:
            if isinstance(one, (int, float)):
                at -= float(one) / 1000 * self._size
                continue
            data = one.original_bytes if hasattr(one, "original_bytes") else bytes(one)
            for code in (int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)):
                ink = self._font.ink(code)
                if ink:
                    left, low, right, high = (value * self._size for value in ink)
                    inks += [self._mm(at + left, low), self._mm(at + right, high)]
                starts.append(self._mm(at, 0)[0])
                text += self._font.text(code)
                at += self._font.width(code) * self._size
        left, base = self._mm(0, 0)
        right = self._mm(at, 0)[0]
        # the matrix turns the page upside down: its size is what it makes of one unit
        size = self._size * abs(self._matrix[0])
        xs, ys = [x for x, _y in inks] or [left], [y for _x, y in inks] or [base]
        pitch = (starts[-1] - starts[0]) / (len(starts) - 1) if len(starts) > 1 else 0
        self._sheet.lines.append(
            Line(text, left, right, base, min(ys), max(ys), min(xs), max(xs), size,
                 self._font.name, self._colour, pitch)
        )
        # what follows on the same line begins where this has ended
        self._text = _times((1, 0, 0, 1, at, 0), self._text)
        self._matrix = before
