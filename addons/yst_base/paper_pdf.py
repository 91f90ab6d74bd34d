"""What a PDF sent as a paper may hold: pages, and nothing that acts.

Pure functions on bytes. Programs, attached files, forms that send and pages beyond any honest
paper are refused; so is what cannot be looked into (encryption).
"""

import io
import logging

import pypdf
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

MAX_PAGES = 30
MAX_OBJECTS = 20_000

# Actions that leave the page (PDF 32000-1 §12.6.4). A jump within the document is harmless.
FORBIDDEN_ACTIONS = {
    "/JavaScript",
    "/Launch",
    "/SubmitForm",
    "/ImportData",
    "/GoToR",
    "/GoToE",
    "/Rendition",
    "/RichMediaExecute",
    "/Movie",
    "/Sound",
}
FORBIDDEN_KEYS = {"/JavaScript", "/JS", "/XFA", "/RichMediaContent"}
FORBIDDEN_SUBTYPES = {"/RichMedia", "/Movie", "/Screen", "/3D"}
# Electronic invoices and bank receipts carry their figures as an attached data file.
ALLOWED_ATTACHMENTS = (".xml", ".xbrl")


class PdfError(Exception):
    """``code``: unreadable, encrypted, active_content, bomb, pages."""

    def __init__(self, code, detail=""):
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


def check(data):
    """Number of pages of an acceptable PDF.

    :raises PdfError:
    """
    logger = logging.getLogger("pypdf")
    level = logger.level
    logger.setLevel(logging.CRITICAL)  # a hostile file must not fill the log
    try:
        return _check(data)
    except PdfError:
        raise
    except (MemoryError, RecursionError) as error:
        raise PdfError("bomb", type(error).__name__) from error
    except Exception as error:  # pypdf raises many kinds on damaged files
        if "limit" in type(error).__name__.lower():
            raise PdfError("bomb", str(error)) from error
        raise PdfError("unreadable", str(error)) from error
    finally:
        logger.setLevel(level)


def _check(data):
    reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
    if "/Encrypt" in reader.trailer:
        raise PdfError("encrypted")
    root = reader.trailer["/Root"].get_object()
    pages = _count_pages(root)
    if not pages:
        raise PdfError("unreadable", "no page")
    _refuse_actions(reader)
    return pages


def _count_pages(root):
    """Walk the page tree itself: the count written in the file may lie, the tree may loop."""
    tree = root.get("/Pages")
    stack, pages, nodes = [tree], 0, 0
    while stack:
        node = stack.pop()
        node = node.get_object() if node is not None else None
        nodes += 1
        if nodes > MAX_PAGES * 20:
            raise PdfError("bomb", "page tree")
        if not isinstance(node, DictionaryObject):
            continue
        kids = node.get("/Kids")
        if kids is None:
            pages += 1
            if pages > MAX_PAGES:
                raise PdfError("pages", f"> {MAX_PAGES}")
            continue
        kids = kids.get_object()
        if len(kids) > MAX_PAGES * 20:
            raise PdfError("pages", str(len(kids)))
        stack.extend(kids)
    return pages


def _refuse_actions(reader):
    """Every dictionary that can be reached is looked at once."""
    stack, seen, count = [reader.trailer], set(), 0
    while stack:
        item = stack.pop()
        if isinstance(item, IndirectObject):
            key = (item.idnum, item.generation)
            if key in seen:
                continue
            seen.add(key)
            item = item.get_object()
        count += 1
        if count > MAX_OBJECTS * 50 or len(seen) > MAX_OBJECTS:
            raise PdfError("bomb", "objects")
        if isinstance(item, DictionaryObject):
            forbidden = FORBIDDEN_KEYS & item.keys()
            if forbidden:
                raise PdfError("active_content", min(forbidden))
            if "/EF" in item:
                name = str(item.get("/UF") or item.get("/F") or "")
                if not name.lower().endswith(ALLOWED_ATTACHMENTS):
                    raise PdfError("active_content", "attached file")
            for key, names in (("/S", FORBIDDEN_ACTIONS), ("/Subtype", FORBIDDEN_SUBTYPES)):
                value = item.raw_get(key) if key in item else None
                value = value.get_object() if isinstance(value, IndirectObject) else value
                if isinstance(value, str) and value in names:
                    raise PdfError("active_content", value)
            stack.extend(_children(item.raw_get(key) for key in item))
        elif isinstance(item, ArrayObject):
            stack.extend(_children(list.__iter__(item)))


def _children(values):
    kinds = (IndirectObject, DictionaryObject, ArrayObject)
    return [value for value in values if isinstance(value, kinds)]
