"""Crowd (群众聚集): at least N persons in the zone."""

from __future__ import annotations

import math

from video_bridge.rules.base import Finding, Judge, Level, Scene, in_zones, polygons


class Crowd(Judge):
    """``threshold`` persons; an episode stays up while ``keep`` (0.7) of them are left."""

    needs_people = True

    def look(self, scene: Scene) -> Finding:
        """Count the persons who stand in the zone."""
        if scene.people is None:
            return Finding("unsure", why="no detector")
        zones = polygons(self.rule)
        found = tuple(
            box
            for box in scene.people
            if box.score >= self.rule.min_score and in_zones(box, zones)
        )
        enough = max(1, round(self.rule.threshold or 5))
        few = max(1, math.ceil(enough * self.param("keep", 0.7)))
        score = sum(box.score for box in found) / len(found) if found else 0.0
        level: Level = "yes" if len(found) >= enough else "hold" if len(found) >= few else "no"
        return Finding(
            level, round(score, 3), len(found), boxes=found, why=f"{len(found)} of {enough}"
        )
