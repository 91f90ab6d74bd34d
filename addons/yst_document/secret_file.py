"""Looks for the mark of a state secret (密级标志) in a file: in its name, and in its text as far
as the mark stands on paper – at the head of the first page.

Nothing is run or kept. A file that cannot be read bears no mark that could be told: a picture, a
scan, a damaged or an encrypted one.
"""

import io
import re
import zipfile

import pypdf
from lxml import etree

from .document_rules import has_secret_mark

#: how much text of a file is looked at, characters; and of a packed part, bytes
HEAD = 20_000
PART = 4_000_000
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: in the older binary formats there are no lines to be told: the full mark with its star alone
_STARRED = re.compile(r"(绝密|机密|秘密)\s*[★☆]")
_PARAGRAPHS = ("p", "h", "br", "tab")


def is_marked(name: str, data: bytes) -> bool:
    """Whether a file bears the mark of a state secret."""
    stem = (name or "").rpartition(".")[0] or name or ""
    return has_secret_mark(stem) or has_secret_mark(name or "") or _content_marked(data or b"")


def _content_marked(data):
    if data.startswith(OLE):
        text = data[:PART].decode("utf-16-le", "ignore") + data[1:PART].decode(
            "utf-16-le", "ignore"
        )
        return bool(_STARRED.search(text))
    return has_secret_mark(head_text(data))


def head_text(data: bytes) -> str:
    """The text at the head of a file: of plain text, PDF, Office Open XML and OpenDocument."""
    if data.startswith(b"PK"):
        return _packed_text(data)
    if b"%PDF-" in data[:1024]:
        return _pdf_text(data)
    if b"\0" in data[:1024] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ""
    return _plain_text(data[: HEAD * 4])


def _plain_text(data):
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "ignore")[:HEAD]
    for encoding in ("utf-8-sig", "gb18030"):
        for cut in range(4):  # the last character may have been cut through
            try:
                return data[: len(data) - cut].decode(encoding)[:HEAD]
            except UnicodeDecodeError:
                continue
    return ""


def _pdf_text(data):
    """Of the first page alone, so that a scan of 500 pages takes no longer than one of two."""
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        return reader.pages[0].extract_text()[:HEAD]
    except Exception:  # whatever a damaged or hostile file makes of the reader
        return ""


def _packed_text(data):
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [
                name
                for name in archive.namelist()
                if name in ("word/document.xml", "content.xml", "xl/sharedStrings.xml",
                            "ppt/slides/slide1.xml")
                or re.fullmatch(r"word/header\d*\.xml", name)
            ]
            parts = []
            for name in names[:8]:
                with archive.open(name) as part:
                    parts.append(_xml_text(part.read(PART)))
            return "\n".join(parts)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError,
            ValueError, OSError, EOFError, zipfile.zlib.error):
        return ""


def _xml_text(data):
    """Plain text of a part, a line for each paragraph; of a part that was cut off what came."""
    parser = etree.XMLPullParser(
        events=("start", "end"), resolve_entities=False, no_network=True, recover=True,
        huge_tree=False,
    )
    try:
        parser.feed(data)
    except etree.XMLSyntaxError:
        return ""
    text, length = [], 0
    for event, element in parser.read_events():
        if not isinstance(element.tag, str):
            continue
        tag = etree.QName(element).localname
        if event == "end":
            piece = element.tail or ""
            if tag in _PARAGRAPHS or tag == "si":
                piece = "\n" + piece
        else:
            piece = element.text or ""
        text.append(piece)
        length += len(piece)
        if length > HEAD:
            break
    return "".join(text)
