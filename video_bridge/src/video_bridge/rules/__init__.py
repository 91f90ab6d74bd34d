"""The rules (告警规则): what each kind looks for, one module a kind."""

from __future__ import annotations

from video_bridge.rules.base import Finding, Judge, Scene
from video_bridge.rules.registry import new_judge

__all__ = ["Finding", "Judge", "Scene", "new_judge"]
