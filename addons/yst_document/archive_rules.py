"""Rules of the archive (归档) that need no database.

Sources: 机关文件材料归档范围和文书档案保管期限规定 (国家档案局令第8号) for retention; files are
handed to the archive by the end of June of the following year.
"""

from datetime import date

RETENTIONS = [("permanent", "Permanent"), ("30", "30 years"), ("10", "10 years")]  # 保管期限


def archive_due(year: int) -> date:
    """The last day on which a document of a year may be handed in: 30 June of the next.

    >>> archive_due(2026)
    datetime.date(2027, 6, 30)
    """
    return date(year + 1, 6, 30)


def disposal_from(year: int, retention: str) -> date | None:
    """The first day on which a closed file of a year may be assessed for disposal (鉴定), or
    None when it is kept for ever. Retention runs from 1 January after the year of the document.

    >>> disposal_from(2026, "10")
    datetime.date(2037, 1, 1)
    """
    if retention == "permanent":
        return None
    return date(year + 1 + int(retention), 1, 1)
