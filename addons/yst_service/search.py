"""How residents' words find a service item: pure functions, no database.

An item is described by *terms*: its name, synonyms, life events and code. Each term is kept
with its pinyin and initials, so that 低保, "dibao", "db" and the slip 低宝 all reach it.
``index_text`` writes an item's terms into one text that the database narrows down with its
trigram index; ``rank`` then puts the candidates into order.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise, product
from typing import NamedTuple

from pypinyin import Style, lazy_pinyin
from pypinyin import pinyin as full_pinyin

MAX_QUERY = 50
"""Longest query looked at, in characters; more is cut off."""

_CJK = r"\u3400-\u4dbf\u4e00-\u9fff"
_NOT_WORD = re.compile(rf"[^0-9a-z{_CJK}]+")
_HAS_CJK = re.compile(f"[{_CJK}]")

# What people write around the thing that they want. Longest first, so that 怎么办理 goes
# before 怎么; a query that consists of nothing else is kept as it is.
_FILLERS = sorted(
    "我想 我要 我们 请问 想要 需要 怎么办理 怎么办 怎么领 怎么 如何 怎样 哪里 在哪 哪儿 去哪"
    " 什么 手续 流程 材料 可以 能不能 可不可以 申请 申领 办理 办个 办一个 给我 帮我 一下 的 了"
    " 吗 呢 啊 吧 呀 我 给 想".split(),
    key=len,
    reverse=True,
)
_FILLER = re.compile("|".join(_FILLERS))

NAME, SYNONYM, EVENT, CODE = "n", "s", "e", "c"
_WEIGHT = {NAME: 1.0, SYNONYM: 0.98, EVENT: 0.9, CODE: 1.0}


class Term(NamedTuple):
    """One way to say an item: kind (n, s, e or c), text, pinyin and initials, normalised."""

    kind: str
    text: str
    pinyin: str
    initials: str


class Query(NamedTuple):
    """A resident's query, taken apart: the whole, its core without filler words, the core's
    pinyin, its pairs of neighbouring characters and the pairs' pinyin."""

    text: str
    core: str
    pinyin: str
    pairs: tuple
    pinyin_pairs: tuple
    chinese: bool


def normalise(text):
    """Lower case, half width, without spaces and punctuation: “ＡＢ 低保！” → “ab低保”."""
    text = unicodedata.normalize("NFKC", text or "").lower()
    return _NOT_WORD.sub("", text)


@lru_cache(maxsize=8192)
def syllables(text):
    """The pinyin syllables of a text; letters and digits stay as they are."""
    return tuple(lazy_pinyin(text, style=Style.NORMAL, v_to_u=False))


def pinyin(text):
    """Full pinyin in one word: 低保 → dibao."""
    return "".join(syllables(text))


def initials(text):
    """First letters of the syllables: 低保 → db. Runs of letters and digits stay whole."""
    return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER))


def term(kind, text):
    """The Term of a text, or None if nothing of it is left after normalising."""
    text = normalise(text)
    return Term(kind, text, pinyin(text), initials(text)) if text else None


def index_text(terms):
    """The terms of an item as one text: a line each, columns between tabs."""
    lines = ("\t".join(one) for one in dict.fromkeys(terms) if one)
    return "\n".join(lines)


@lru_cache(maxsize=4096)
def parse_index(text):
    """The terms that `index_text` wrote."""
    return tuple(Term(*line.split("\t")) for line in (text or "").split("\n") if line)


def parse_query(text):
    """Take a query apart; None when nothing of it is left."""
    whole = normalise((text or "")[:MAX_QUERY])
    if not whole:
        return None
    core = _FILLER.sub("", whole) or whole
    pairs = tuple(dict.fromkeys(core[i : i + 2] for i in range(len(core) - 1)))
    parts = syllables(core)
    pinyin_pairs = tuple(dict.fromkeys(a + b for a, b in pairwise(parts)))
    chinese = bool(_HAS_CJK.search(core))
    return Query(whole, core, "".join(parts), pairs, pinyin_pairs, chinese)


def like_patterns(query):
    """LIKE patterns for `index_text`: what matches none of them is no candidate.

    A slip of the keyboard spoils one part of a word and leaves the others whole, so the parts
    are asked for as well; `rank` then compares trigrams. (The word similarity of PostgreSQL
    finds the same, thirty times slower.)
    Every pattern holds a whole trigram, so that the index serves it; a single Chinese
    character is the one exception.
    """
    if not query.chinese:
        words = {query.core, query.text}
        words |= {part for word in words for part in _parts(word)}
        patterns = {f"%{word}%" for word in words if len(word) > 2}
        # Short ones only where a column begins: pg_trgm knows word beginnings.
        return sorted(patterns | {f"%\t{word}%" for word in words if len(word) <= 2})
    if len(query.core) == 1:
        return [f"%{query.core}%"]
    pairs = set(query.pinyin_pairs)
    if len(query.core) == 2:
        # Out of context a character may be read otherwise than inside the longer name.
        readings = full_pinyin(query.core, style=Style.NORMAL, heteronym=True)
        pairs.update(map("".join, product(*readings)))
    return sorted(f"%{pair}%" for pair in pairs)


def _parts(word):
    """Halves of a word of 6 letters, thirds from 9: two slips leave one of them whole."""
    count = min(3, len(word) // 3)
    size = -(-len(word) // count) if count > 1 else len(word)
    return [word[i : i + size] for i in range(0, len(word), size) if len(word[i : i + size]) > 2]


def score(query, one):
    """How well a term fits, from 0 (not at all) to 1 (the very words)."""
    best = max(_score_text(query.text, query, one), _score_text(query.core, query, one))
    return best * _WEIGHT[one.kind]


def _score_text(text, query, one):
    if text == one.text:
        return 1.0
    if not query.chinese:
        return _score_latin(text, one)
    if len(text) >= 2 and text in one.text:
        # The start of a name says more than its middle; a short name more than a long one.
        place = 0.04 if one.text.startswith(text) else 0.0
        return 0.85 + place + 0.08 * len(text) / len(one.text)
    if text in one.text:
        return 0.5 + 0.1 * one.text.startswith(text)
    if len(one.text) >= 2 and one.text in text:
        return 0.78 + 0.1 * len(one.text) / len(text)
    by_sound = _overlap(query.pinyin, one.pinyin, query.pinyin_pairs, _sound_pairs(one.text))
    by_sign = _overlap(query.core, one.text, query.pairs, _pairs(one.text))
    return max(0.74 * by_sign, 0.7 * by_sound)


def _score_latin(text, one):
    if text == one.pinyin:
        return 0.97
    if text == one.initials:
        return 0.95
    if len(text) >= 2 and one.initials.startswith(text):
        return 0.8 + 0.1 * len(text) / len(one.initials)
    if len(text) >= 3 and one.pinyin.startswith(text):
        return 0.85 + 0.1 * len(text) / len(one.pinyin)
    if len(text) >= 3 and text in one.pinyin:
        return 0.75 + 0.1 * len(text) / len(one.pinyin)
    if len(text) >= 2 and text in one.text:
        return 0.7
    if len(text) >= 3 and text in one.initials:
        return 0.6 + 0.1 * len(text) / len(one.initials)
    return 0.7 * _slip(text, one.pinyin) if len(text) >= 4 else 0.0


@lru_cache(maxsize=8192)
def _pairs(text):
    return frozenset(text[i : i + 2] for i in range(len(text) - 1))


@lru_cache(maxsize=8192)
def _sound_pairs(text):
    parts = syllables(text)
    return frozenset(a + b for a, b in pairwise(parts))


def _overlap(mine, theirs, my_pairs, their_pairs):
    """Share of the pairs that both have; the same whole counts as 1."""
    if mine == theirs:
        return 1.0
    if not my_pairs or not their_pairs:
        return 0.0
    common = sum(1 for pair in my_pairs if pair in their_pairs)
    # Covering the query counts most; a term that says little else is the better one.
    return common / len(my_pairs) * (0.85 + 0.15 * common / len(their_pairs))


@lru_cache(maxsize=8192)
def _trigrams(text):
    text = f"  {text} "
    return frozenset(text[i : i + 3] for i in range(len(text) - 2))


def _slip(text, other):
    """Similarity of two Latin words by their trigrams, 0 below one half."""
    mine, theirs = _trigrams(text), _trigrams(other[: len(text) + 4])
    common = len(mine & theirs)
    share = common / len(mine)
    return share if share >= 0.5 else 0.0


THRESHOLD = 0.3
"""Below this score a term does not count as found."""


def rank(query, candidates):
    """Put candidates into order, best first, and drop those that do not fit.

    :param query: a Query
    :param candidates: (key, index text, tie-breaker) triples; a smaller tie-breaker wins
    :return: keys
    """
    found = []
    for key, text, tie in candidates:
        marks = sorted((score(query, one) for one in parse_index(text)), reverse=True)
        if marks and marks[0] >= THRESHOLD:
            # A second term that fits as well settles what one alone leaves open.
            found.append((-(marks[0] + 0.02 * sum(marks[1:4])), tie, key))
    return [key for _mark, _tie, key in sorted(found)]
