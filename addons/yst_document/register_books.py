"""The register books (登记簿) that need no database: their columns, and when a month begins."""

import re
from datetime import datetime

from odoo.addons.yst_base.limits import to_utc

#: (column, width in characters): 发文登记簿
OUTGOING = (
    ("serial", 5), ("day", 11), ("number", 20), ("title", 44), ("kind", 7), ("secrecy", 7),
    ("urgency", 7), ("drafted", 16), ("signed", 10), ("main_to", 24), ("copy_to", 20),
    ("archive", 11), ("remark", 16),
)
#: 收文登记簿
INCOMING = (
    ("serial", 5), ("number", 12), ("received", 11), ("source", 20), ("their_number", 20),
    ("title", 40), ("secrecy", 7), ("urgency", 7), ("instruction", 26), ("handled", 10),
    ("due", 11), ("result", 8), ("archive", 11), ("remark", 10),
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
