"""Titles broken into lines of one shape (标题回行), GB/T 9704-2012, 7.3.1."""

from .gb9704_style import BLOCK_WIDTH, PT, SIZE_2

MOST = int(BLOCK_WIDTH / (SIZE_2 * PT))  # 20 characters of size 2 a line
_COUNTED = "一二三四五六七八九十百〇零0123456789年月日度届次第"
_NEVER_BEFORE = "的》）、，：；。”’〕"
_NEVER_AFTER = "《（“‘〔"


def width(text: str) -> float:
    """Width in characters: what is not Chinese is half as wide."""
    return sum(0.5 if one.isascii() else 1 for one in text)


def title_lines(title: str) -> list[str]:
    """A title in lines of at most 20 characters, in the shape of a trapezium or a rhombus.

    Words and years stay whole where that can be; lines never grow shorter and then longer again
    (no hourglass). Line breaks in the title itself are kept where the lines fit.
    """
    given = [line.strip() for line in title.splitlines() if line.strip()]
    if len(given) > 1 and all(width(line) <= MOST for line in given):
        return given
    text = "".join(given)
    if width(text) <= MOST:
        return [text] if text else []
    count = max(2, -int(-width(text) // (MOST - 1.5)))
    return _best(text, count) or _best(text, count + 1) or _cut(text)


def _best(text, count):
    """The cheapest lines, or None when no way of breaking fits."""
    even = width(text) / count
    sums = [0.0]
    for one in text:
        sums.append(sums[-1] + (0.5 if one.isascii() else 1))
    # where a line ends, how wide it is and whether lines grow shorter → price, ends
    ways = {(0, None, False): (0.0, ())}
    for number in range(1, count + 1):
        reached = {}
        ends = (
            [len(text)]
            if number == count
            else [at for at in range(1, len(text)) if abs(sums[at] - even * number) <= 6]
        )
        for (start, before, shrinking), (price, taken) in ways.items():
            for end in ends:
                length = sums[end] - sums[start]
                if end <= start or length > MOST or length < 3:
                    continue
                if shrinking and length > before:
                    continue
                now = shrinking or (before is not None and length < before)
                cost = price + abs(length - even) ** 2 / 4 + _break_cost(text, end)
                if before is not None and length == before:
                    cost += 1  # a rectangle is neither
                key = (end, length, now)
                if key not in reached or cost < reached[key][0]:
                    reached[key] = (cost, (*taken, end))
        ways = reached
    if not ways:
        return None
    _price, ends = min(ways.values())
    return [text[start:end] for start, end in zip((0, *ends), ends, strict=False)]


def _break_cost(text, end):
    if end >= len(text):
        return 0
    before, after = text[end - 1], text[end]
    price = 0
    if after in _NEVER_BEFORE or before in _NEVER_AFTER:
        price += 40
    if before in _COUNTED and after in _COUNTED:
        price += 25
    if before.isascii() and after.isascii() and before.isalnum() and after.isalnum():
        price += 25
    if before in "的和及与、，》" or text[:end].endswith("关于"):
        price -= 4
    return price


def _cut(text):
    return [text[start : start + MOST] for start in range(0, len(text), MOST)]
