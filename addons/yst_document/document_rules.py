"""Rules of official documents (公文) that need no database.

Sources: 党政机关公文处理工作条例 (2012) for kinds and parts, GB/T 9704-2012 for how they look.
"""

import re
from datetime import datetime

from odoo.addons.yst_base.limits import to_local

#: The fifteen kinds (条例第八条), code and English name; Chinese in the translation.
KINDS = [
    ("resolution", "Resolution"),  # 决议
    ("decision", "Decision"),  # 决定
    ("order", "Order"),  # 命令（令）
    ("communique", "Communiqué"),  # 公报
    ("announcement", "Announcement"),  # 公告
    ("public_notice", "Public notice"),  # 通告
    ("opinion", "Opinion"),  # 意见
    ("notice", "Notice"),  # 通知
    ("circular", "Circular"),  # 通报
    ("report", "Report"),  # 报告
    ("request", "Request for instructions"),  # 请示
    ("reply", "Reply to a request"),  # 批复
    ("motion", "Motion"),  # 议案
    ("letter", "Letter"),  # 函
    ("minutes", "Minutes"),  # 纪要
]
#: Sent to those above: show who signed (条例第九条).
UPWARD = {"report", "request"}
URGENCIES = [("none", "Ordinary"), ("urgent", "Urgent"), ("extra", "Extra urgent")]
#: What may be on this network. The others can be chosen, and are refused with the reason.
SECRECIES = [
    ("none", "Open"),
    ("internal", "Internal"),
    ("confidential", "Confidential (秘密)"),
    ("secret", "Secret (机密)"),
    ("top_secret", "Top secret (绝密)"),
]
STATE_SECRETS = {"confidential", "secret", "top_secret"}
#: the mark on paper: the level, a star and how long (国家秘密标志), or one of them alone in a line
_MARK = re.compile(r"(?:^|[\s>\[【（(])(绝密|机密|秘密)\s*(?:[★☆*]|\s*(?:$|[\n<\]】）)]))", re.M)


def has_secret_mark(text: str) -> bool:
    """Whether a text bears the mark of a state secret (密级标志: 绝密★, 机密★1年, 秘密)."""
    return bool(_MARK.search(text or ""))


def number_text(code: str, year: int, value: int) -> str:
    """The issuing number (发文字号): 新办发〔2019〕12号, without leading zero or 第."""
    return f"{code}〔{year}〕{value}号"


def number_year(moment: datetime) -> int:
    """The year of a number that is given at a moment (naive UTC), by the office's clock."""
    return to_local(moment).year
