"""Both edges of a paragraph flush (两端对齐), as Chinese is set: a line that a closing sign has
left short is spread over all its characters, not over its spaces alone."""

from weasyprint.formatting_structure import boxes

from .gb9704_style import CHARACTER

PX = 96 / 25.4  # the engine's pixels in a millimetre
#: a line that is shorter than this has been broken on purpose
MOST = 3 * CHARACTER * PX


def justify(document):
    """Spread the lines of paragraphs of a document that has been laid out, but their last ones."""
    paragraphs = {}
    for page in document.pages:
        for box in page._page_box.descendants():
            if isinstance(box, boxes.BlockBox) and box.element_tag == "p":
                lines = [one for one in box.children if isinstance(one, boxes.LineBox)]
                paragraphs.setdefault(id(box.element), []).extend((box, one) for one in lines)
    for lines in paragraphs.values():
        for box, line in lines[:-1]:
            if box.style["text_align_all"] in ("start", "left"):
                _spread(line, box.content_box_x() + box.width)


def _spread(line, right):
    texts = [
        one for one in line.descendants() if isinstance(one, boxes.TextBox) and one.text.strip()
    ]
    if not texts:
        return
    count = sum(len(one.text) for one in texts)
    spare = right - max(one.position_x + one.width for one in texts)
    if count < 2 or not 0.05 < spare < MOST:
        return
    step = spare / (count - 1)
    before = 0
    for text in texts:
        text.position_x += before * step
        text.width += len(text.text) * step
        spacing = text.style["letter_spacing"]
        text.style = text.style.copy()
        text.style["letter_spacing"] = (0 if spacing == "normal" else spacing) + step
        before += len(text.text)
