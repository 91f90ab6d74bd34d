"""HTML to PDF with WeasyPrint: pages, running heads, page numbers, Chinese fonts.

Knows nothing of Odoo's records: whatever a page refers to (style sheets, pictures) is asked from
a ``fetch`` function of the caller; what that does not answer is left out. No other host and no
file of the server is ever opened from here.
"""

import contextlib
import hashlib
import io
import logging
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import urljoin

import lxml.html
import pypdf
from lxml import etree
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, TextStringObject

# It writes a line for each step, from the import on.
logging.getLogger("weasyprint.progress").disabled = True

import weasyprint  # noqa: E402
from weasyprint.text.fonts import FontConfiguration  # noqa: E402
from weasyprint.urls import URLFetcher, URLFetcherResponse  # noqa: E402

_logger = logging.getLogger(__name__)
# WeasyPrint reports each property that it does not know, a thousand of them in Bootstrap; what it
# could not fetch is reported by the fetcher below.
logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
logging.getLogger("fontTools").setLevel(logging.WARNING)

#: Bodies and headings of everything printed. Debian: fonts-noto-cjk.
SANS = '"Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Zen Hei", sans-serif'
SERIF = '"Noto Serif CJK SC", "Noto Serif SC", "Source Han Serif SC", "SimSun", serif'

HEADERS_ID = "minimal_layout_report_headers"
FOOTERS_ID = "minimal_layout_report_footers"
MAX_KITS = 3


@dataclass(frozen=True)
class Page:
    """Paper in millimetres; ``head``: from the paper's edge to the running head."""

    width: float = 210
    height: float = 297
    top: float = 25
    bottom: float = 22
    left: float = 20
    right: float = 20
    head: float = 8


class Refused(Exception):
    """The fetch function does not give this address away."""


class _Fetcher(URLFetcher):
    """Only what the caller's function answers; data: addresses hold their content themselves."""

    def __init__(self, fetch):
        super().__init__(allowed_protocols=["data"])
        self._ask = fetch

    def fetch(self, url, headers=None):
        if url[:5].lower() == "data:":
            return super().fetch(url, headers)
        try:
            content, mimetype = self._ask(url)
        except Exception as error:
            _logger.warning("PDF: %s left out: %s", url[:200], error)
            raise
        return URLFetcherResponse(url, content, {"Content-Type": mimetype})


class _Kits:
    """Parsed style sheets with the fonts they loaded, kept between documents.

    Parsing the report bundle takes longer than laying out ten pages. A kit is used by one thread
    at a time, since a font configuration is not made for more.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._free = []

    @contextlib.contextmanager
    def borrow(self):
        with self._lock:
            kit = self._free.pop() if self._free else _Kit()
        yield kit
        # not given back after an error: what broke may be in it
        with self._lock:
            if len(self._free) < MAX_KITS:
                self._free.append(kit)


class _Kit:
    MAX_SHEETS = 12

    def __init__(self):
        self.fonts = FontConfiguration()
        self._sheets = OrderedDict()

    def sheet(self, css, base_url, fetcher):
        key = hashlib.sha256(f"{base_url}\0{css}".encode()).digest()
        sheet = self._sheets.pop(key, None)
        if sheet is None:
            sheet = weasyprint.CSS(
                string=css,
                base_url=base_url,
                url_fetcher=fetcher,
                font_config=self.fonts,
                media_type="print",
            )
        self._sheets[key] = sheet
        while len(self._sheets) > self.MAX_SHEETS:
            self._sheets.popitem(last=False)
        return sheet


_kits = _Kits()


def render(bodies, page, fetch, *, base_url, header="", footer="", lang="zh-CN"):
    """One PDF of several HTML documents, each with its own page numbers.

    :param bodies: HTML documents
    :param Page page: paper of all of them
    :param fetch: function(url) → (bytes, mimetype); raises whatever it likes to refuse
    :param base_url: what relative addresses stand on
    :param header: HTML document whose element ``HEADERS_ID`` holds the running heads: one for
        each body, or one for all; ``footer`` likewise. Elements of class ``page`` and ``topage``
        in them become page number and number of pages.
    :param lang: of the text; tells the fonts which form of a character is meant
    :return: PDF as bytes. With several bodies its outline has one entry for each of them, in the
        shape by which Odoo cuts a document into those of its records.
    """
    heads, feet = _running(header, HEADERS_ID), _running(footer, FOOTERS_ID)
    fetcher = _Fetcher(fetch)
    with _kits.borrow() as kit:
        documents = []
        for number, body in enumerate(bodies):
            root = _prepare(body, _pick(heads, number), _pick(feet, number), lang)
            sheets = _take_sheets(root, base_url, fetcher, kit)
            sheets.append(kit.sheet(_page_css(page, len(bodies) > 1), base_url, fetcher))
            html = weasyprint.HTML(
                string="<!DOCTYPE html>" + lxml.html.tostring(root, encoding="unicode"),
                base_url=base_url,
                url_fetcher=fetcher,
                media_type="print",
            )
            documents.append(html.render(stylesheets=sheets, font_config=kit.fonts))
        if not documents:
            return b""
        starts, pages = [], []
        for document in documents:
            starts.append(len(pages))
            pages.extend(document.pages)
        pdf = documents[0].copy(pages).write_pdf()
    return _outline(pdf, starts) if len(starts) > 1 else pdf


def _running(html, element_id):
    if not html:
        return []
    root = lxml.html.document_fromstring(html)
    found = root.xpath("//*[@id=$id]", id=element_id)
    return list(found[0]) if found else []


def _pick(nodes, number):
    if not nodes:
        return None
    return nodes[number] if number < len(nodes) else nodes[0]


def _prepare(body, head, foot, lang):
    """The document with its running head and foot in it, and without what only browsers need."""
    parser = lxml.html.HTMLParser(encoding="utf-8")
    root = lxml.html.document_fromstring(str(body).encode(), parser=parser)
    article = root.xpath("//*[@data-oe-lang]")
    root.set("lang", (article[0].get("data-oe-lang") if article else lang).replace("_", "-"))
    root.attrib.pop("style", None)  # height: 0, for the sake of another engine
    for node in root.xpath("//script | //base | //iframe | //object | //embed"):
        node.drop_tree()
    target = root.find("body")
    target.set("class", f"{target.get('class', '')} yst_pdf_body")
    for node, css_class in ((foot, "yst_pdf_foot"), (head, "yst_pdf_head")):
        if node is not None:
            holder = etree.Element("div", {"class": css_class})
            holder.append(lxml.html.fromstring(lxml.html.tostring(node, encoding="unicode")))
            target.insert(0, holder)
    return root


def _take_sheets(root, base_url, fetcher, kit):
    """Take linked style sheets out of the document, parsed or from the kit."""
    sheets = []
    for link in root.xpath("//link[@href]"):
        href = link.get("href")
        if "stylesheet" in (link.get("rel") or "").lower().split():
            try:
                with contextlib.closing(fetcher.fetch(urljoin(base_url, href))) as answer:
                    css = answer.read().decode("utf-8", "replace")
                sheets.append(kit.sheet(_local_fonts(css), base_url, fetcher))
            except Exception as error:
                _logger.info("PDF: printed without style sheet %s: %s", href, error)
        link.drop_tree()
    return sheets


def _local_fonts(css):
    """Without font faces, but those of icons: text is set in the server's own fonts."""
    return re.sub(
        r"@font-face\s*\{[^{}]*\}",
        lambda face: face[0] if re.search(r"FontAwesome|odoo_ui_icons", face[0]) else "",
        css,
    )


def _page_css(page, many):
    return f"""
    @page {{
        size: {page.width}mm {page.height}mm;
        margin: {page.top}mm {page.right}mm {page.bottom}mm {page.left}mm;
        @top-center {{
            content: element(yst_head); width: 100%; vertical-align: top;
            padding-top: {page.head}mm;
        }}
        @bottom-center {{
            content: element(yst_foot); width: 100%; vertical-align: top; padding-top: 3mm;
        }}
    }}
    .yst_pdf_head {{ position: running(yst_head); width: 100%; }}
    .yst_pdf_foot {{ position: running(yst_foot); width: 100%; }}
    .yst_pdf_foot .page::before, .yst_pdf_head .page::before {{ content: counter(page); }}
    .yst_pdf_foot .topage::before, .yst_pdf_head .topage::before {{ content: counter(pages); }}
    body.yst_pdf_body .yst_pdf_head .header {{ padding-top: 0; }}
    html, body.yst_pdf_body {{ height: auto; min-height: 0; overflow: visible; }}
    body.yst_pdf_body {{ max-width: none; margin: 0; padding: 0; font-family: {SANS}; }}
    body.yst_pdf_body .article, body.yst_pdf_body [class*="_layout"] {{ font-family: {SANS}; }}
    thead {{ display: table-header-group; }}
    tr, img {{ break-inside: avoid; }}
    {"h1, h2, h3, h4, h5, h6 { bookmark-level: none; }" if many else ""}
    """


def _outline(pdf, starts):
    """Give a PDF an outline with one entry for the first page of each document.

    In the shape that ``ir.actions.report`` reads: named destinations under ``/Dests`` whose first
    element is the number of a page, which is what wkhtmltopdf writes.
    """
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf))
    names = DictionaryObject()
    entries = []
    for number, start in enumerate(starts):
        name = NameObject(f"/yst{number}")
        names[name] = ArrayObject([NumberObject(start), NameObject("/Fit")])
        entry = DictionaryObject(
            {NameObject("/Title"): TextStringObject(str(number + 1)), NameObject("/Dest"): name}
        )
        entries.append((entry, writer._add_object(entry)))
    outlines = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Outlines"),
            NameObject("/First"): entries[0][1],
            NameObject("/Last"): entries[-1][1],
            NameObject("/Count"): NumberObject(len(entries)),
        }
    )
    reference = writer._add_object(outlines)
    for number, (entry, _own) in enumerate(entries):
        entry[NameObject("/Parent")] = reference
        if number:
            entry[NameObject("/Prev")] = entries[number - 1][1]
        if number + 1 < len(entries):
            entry[NameObject("/Next")] = entries[number + 1][1]
    root = writer._root_object
    root[NameObject("/Outlines")] = reference
    root[NameObject("/Dests")] = writer._add_object(names)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
