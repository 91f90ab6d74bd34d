"""What changed between two texts (版本比对), paragraph by paragraph and character by character."""

from difflib import SequenceMatcher

from lxml import html as lxml_html
from markupsafe import Markup, escape

_BLOCKS = {
    "p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "br", "blockquote", "pre", "table",
    "ul", "ol",
}
#: below this likeness two paragraphs are not each other's versions
LIKE = 0.4


def paragraphs(body) -> list[str]:
    """The paragraphs of an HTML text, as plain text without empty ones."""
    if not body:
        return []
    lines = [""]

    def walk(element):
        if not isinstance(element.tag, str):
            return
        block = element.tag in _BLOCKS
        if block:
            lines.append("")
        elif element.tag == "td" and lines[-1]:
            lines[-1] += " | "
        lines[-1] += element.text or ""
        for child in element:
            walk(child)
            lines[-1] += child.tail or ""
        if block:
            lines.append("")

    walk(lxml_html.fragment_fromstring(str(body), create_parent="div"))
    return [line for line in (" ".join(one.split()) for one in lines) if line]


def compare_html(before: list[str], after: list[str]) -> Markup:
    """Paragraphs as HTML: ``del`` is gone, ``ins`` is new."""
    parts = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        old, new = before[old_from:old_to], after[new_from:new_to]
        if tag == "equal":
            parts += [Markup("<p>%s</p>") % line for line in old]
        else:
            parts += _changed(old, new)
    return Markup('<div class="yst_compare">%s</div>') % Markup("").join(parts)


def _changed(old, new):
    """Paragraphs that were replaced: those which are alike side by side, the rest one by one."""
    parts = []
    while old and new:
        best = max(range(len(new)), key=lambda place: _likeness(old[0], new[place]))
        if _likeness(old[0], new[best]) < LIKE:
            parts.append(_gone(old[0]))
            old = old[1:]
            continue
        parts += [_added(line) for line in new[:best]]
        parts.append(_characters(old[0], new[best]))
        old, new = old[1:], new[best + 1 :]
    return parts + [_gone(line) for line in old] + [_added(line) for line in new]


def _likeness(one, other):
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return 0 if matcher.real_quick_ratio() < LIKE else matcher.ratio()


def _gone(line):
    return Markup('<p class="gone"><del>%s</del></p>') % line


def _added(line):
    return Markup('<p class="new"><ins>%s</ins></p>') % line


def _characters(old, new):
    parts = []
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            parts.append(escape(old[old_from:old_to]))
            continue
        if old_to > old_from:
            parts.append(Markup("<del>%s</del>") % old[old_from:old_to])
        if new_to > new_from:
            parts.append(Markup("<ins>%s</ins>") % new[new_from:new_to])
    return Markup('<p class="changed">%s</p>') % Markup("").join(parts)
