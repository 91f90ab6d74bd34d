"""The register books (登记簿) that need no database: their columns, and when a month begins."""

import re
from datetime import datetime

from odoo.addons.yst_base.limits import to_utc

#: (column, width in characters): 发文登记簿
OUTGOING = (
    ("serial", 6), ("day", 13), ("number", 24), ("title", 40), ("kind", 8), ("secrecy", 7),
    ("urgency", 7), ("drafted", 16), ("signed", 11), ("main_to", 22), ("copy_to", 18),
    ("archive", 12), ("remark", 16),
)
#: 收文登记簿
INCOMING = (
    ("serial", 6), ("number", 20), ("received", 13), ("source", 18), ("their_number", 22),
    ("title", 36), ("secrecy", 7), ("urgency", 7), ("instruction", 26), ("handled", 11),
    ("due", 13), ("result", 8), ("archive", 12), ("remark", 8),
)


def local_bounds(year: int, month: int = 0) -> tuple[datetime, datetime]:
    """When a year, or a month of it, begins and ends by the office's clock (naive UTC).

    :raise ValueError: there is no such year or month
    """
    if not 1 <= year <= 9998 or not 0 <= month <= 12:
        raise ValueError(f"no such month: {year!r}, {month!r}")
    first = datetime(year, month or 1, 1)
    if not month or month == 12:
        last = datetime(year + 1, 1, 1)
    else:
        last = datetime(year, month + 1, 1)
    return to_utc(first), to_utc(last)


def register_value(number: str) -> int:
    """The number within the year of a register number, for putting them in order.

    >>> register_value("收文〔2026〕12号")
    12
    """
    found = re.search(r"〕(\d+)", number or "")
    return int(found[1]) if found else 0
