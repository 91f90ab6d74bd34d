"""How documents are searched by words (全文检索): pure functions.

PostgreSQL's trigram index finds runs of three characters or more; most Chinese words have two.
So a text is indexed with each character doubled: a word of two becomes a run of four, which the
index knows, and is found exactly where the text holds it.
"""

import unicodedata

#: more of a text is not indexed: about 400 pages
LONGEST = 500_000


def folded(text: str) -> str:
    """A text with widths, cases and accents made equal and every run of blanks made one blank."""
    parts = unicodedata.normalize("NFKD", text or "").lower()
    return " ".join("".join(one for one in parts if not unicodedata.combining(one)).split())


def doubled(text: str) -> str:
    """
    >>> doubled("防汛 A")
    '防防汛汛  aa'
    """
    return "".join(one * 2 for one in folded(text)[:LONGEST])


def words(query: str) -> list[str]:
    """The words of a query, as they stand in a doubled text; all of them must be found."""
    return [doubled(word) for word in folded(query).split()]


def pattern(word: str) -> str:
    """A word for LIKE, its own wildcards taken literally."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
