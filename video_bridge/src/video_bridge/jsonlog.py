"""Logs: one JSON object a line on standard error, without anybody's password.

Every text that leaves is cleaned of user info in addresses, of ``Authorization`` values and of
keys, whoever wrote it.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import datetime, timezone
from typing import TextIO

_SECRETS = (
    (re.compile(r"(?<=://)[^\s/@\"']*@"), "***@"),
    (re.compile(r"(?i)\b(authorization\W{1,4}(?:basic|digest|bearer)?\s*)[^\r\n]+"), r"\1***"),
    (re.compile(r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]{6,}"), r"\1***"),
    (
        re.compile(
            r"(?i)((?:\b|_)(?:password|passwd|pwd|token|api_?key|secret)[\"']?\s*[=:]\s*)"
            r"(\"[^\"]*\"|'[^']*'|[^\s,;&)}\]]+)"
        ),
        r"\1***",
    ),
)


def cleaned(text: str) -> str:
    """The text without credentials."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON."""

    def __init__(self, shard: int | None = None) -> None:
        super().__init__()
        self._shard = shard

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        moment = datetime.fromtimestamp(record.created, timezone.utc)
        line: dict[str, object] = {
            "at": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": cleaned(record.getMessage()),
        }
        if self._shard is not None:
            line["shard"] = self._shard
        if record.exc_info:
            line["error"] = cleaned(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def set_up(level: str = "info", *, shard: int | None = None, stream: TextIO | None = None) -> None:
    """Let all logs of the process go out as JSON."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter(shard))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("libav").setLevel(logging.CRITICAL + 1)  # it writes whole addresses
