"""Numbers on paper (编号): how they look. Which number comes next is `yst.number`'s business.

Pure functions, no database.
"""

CASE_DIGITS = 6


def format_case(prefix: str, year: int, number: int) -> str:
    """The number of a case (办件编号): prefix, year and at least six digits.

    >>> format_case("BJ", 2026, 12)
    'BJ2026000012'

    Beyond 999,999 in a year it grows a digit rather than repeat itself.

    :raise ValueError: the prefix is no run of letters, the year has not four digits, or the
        number is below 1
    """
    if not (prefix.isascii() and prefix.isalpha()):
        raise ValueError(f"a prefix is made of letters, not {prefix!r}")
    if not 1000 <= year <= 9999:
        raise ValueError(f"a year has four digits, not {year!r}")
    if number < 1:
        raise ValueError(f"numbers start at 1, not {number!r}")
    return f"{prefix}{year}{number:0{CASE_DIGITS}d}"
