"""Loitering (徘徊): the same person stays in the area for T."""

from __future__ import annotations

from video_bridge.model import Rule
from video_bridge.rules.base import Finding, Judge, Scene, in_zones, polygons
from video_bridge.rules.tracker import FORGET, Tracker


class Loitering(Judge):
    """``duration`` seconds in the area; a step outside of up to ``inertia`` (6) s is forgiven."""

    needs_people = True
    own_duration = True
    release = 15.0

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule)
        self._areas = polygons(rule)
        self._tracker = Tracker()
        self._entered: dict[int, tuple[float, float]] = {}
        """Track → since when it is in the area, and when it was last seen there."""

    def look(self, scene: Scene) -> Finding:
        """Who has been here for too long."""
        if scene.people is None:
            return Finding("unsure", why="no detector")
        people = [box for box in scene.people if box.score >= self.rule.min_score]
        inertia = self.param("inertia", 6.0)
        found, longest = [], 0.0
        for track in self._tracker.update(people, scene.clock, scene.picture.bgr):
            since, last = self._entered.get(track.id, (scene.clock, scene.clock))
            if in_zones(track.box, self._areas):
                self._entered[track.id] = since, scene.clock
                stayed = scene.clock - since
                longest = max(longest, stayed)
                if stayed >= self.rule.duration:
                    found.append(track.box)
            elif scene.clock - last > inertia:
                self._entered.pop(track.id, None)
        alive = {track.id for track in self._tracker.tracks}
        self._entered = {
            key: times
            for key, times in self._entered.items()
            if key in alive and scene.clock - times[1] <= FORGET
        }
        enough = max(1, round(self.rule.threshold or 1))
        score = max((box.score for box in found), default=0.0)
        return Finding(
            "yes" if len(found) >= enough else "no",
            round(score, 3),
            len(found),
            boxes=tuple(found),
            why=f"longest stay {longest:.0f} s",
        )
