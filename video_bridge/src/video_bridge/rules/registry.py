"""Which module judges which kind."""

from __future__ import annotations

import importlib

from video_bridge.model import Rule
from video_bridge.rules.base import Judge

_PLACES = {
    "crowd": "crowd:Crowd",
    "no_mask": "no_mask:NoMask",
    "intrusion": "intrusion:Intrusion",
    "loitering": "loitering:Loitering",
    "obstruction": "obstruction:Obstruction",
    "water_level": "water_level:WaterLevel",
    "tamper": "tamper:Tamper",
}


def new_judge(rule: Rule) -> Judge | None:
    """A judge for the rule; ``None`` for ``offline``, which needs no picture.

    :raises ValueError: for a kind that this version does not know
    """
    if rule.kind == "offline":
        return None
    place = _PLACES.get(rule.kind)
    if place is None:
        raise ValueError(f"unknown kind of rule {rule.kind!r}")
    module, name = place.split(":")
    judge: type[Judge] = getattr(importlib.import_module(f"video_bridge.rules.{module}"), name)
    return judge(rule)
