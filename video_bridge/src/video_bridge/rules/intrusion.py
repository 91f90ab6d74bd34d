"""Intrusion (闯入): somebody stands in an area, or has crossed a line."""

from __future__ import annotations

from video_bridge.model import Box, Rule
from video_bridge.rules.base import Finding, Judge, Level, Scene, crosses, in_zones, lines, polygons
from video_bridge.rules.tracker import Tracker


class Intrusion(Judge):
    """Areas: at least ``threshold`` (1) persons in it. Lines: somebody followed across.

    Who has crossed a line counts for as long as they are followed, at most ``after`` (10) seconds.
    """

    needs_people = True

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule)
        self._areas = polygons(rule)
        self._lines = lines(rule)
        self._tracker = Tracker()
        self._crossed: dict[int, float] = {}

    def look(self, scene: Scene) -> Finding:
        """Who is where they should not be."""
        if scene.people is None:
            return Finding("unsure", why="no detector")
        people = [box for box in scene.people if box.score >= self.rule.min_score]
        found = []
        if self._areas or not self._lines:
            found = [box for box in people if in_zones(box, self._areas)]
        if self._lines:
            found += [
                box for box in self._across(people, scene) if box not in found
            ]
        enough = max(1, round(self.rule.threshold or 1))
        score = max((box.score for box in found), default=0.0)
        level: Level = "yes" if len(found) >= enough else "no"
        return Finding(level, round(score, 3), len(found), boxes=tuple(found))

    def _across(self, people: list[Box], scene: Scene) -> list[Box]:
        seen = self._tracker.update(people, scene.clock, scene.picture.bgr)
        for track in seen:
            if track.before is not None and any(
                crosses(track.before.foot, track.box.foot, line.points) for line in self._lines
            ):
                self._crossed[track.id] = scene.clock
        after = self.param("after", 10.0)
        self._crossed = {
            key: clock for key, clock in self._crossed.items() if scene.clock - clock <= after
        }
        return [track.box for track in seen if track.id in self._crossed]
