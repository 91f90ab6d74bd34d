"""H.264 and H.265 in the form with start codes (Annex B)."""

from __future__ import annotations

import re


def split_annexb(data: bytes) -> list[bytes]:
    """The NAL units of an access unit, without start codes."""
    return [
        unit
        for part in re.split(rb"\x00\x00\x01", data)[1:]
        if (unit := part.rstrip(b"\x00"))
    ]
