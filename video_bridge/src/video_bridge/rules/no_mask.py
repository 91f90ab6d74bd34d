"""No mask (不戴口罩): a face that can be read and bears none."""

from __future__ import annotations

from video_bridge.model import Box, Rule
from video_bridge.rules.base import Finding, Judge, Scene, in_zones, polygons

_SURE = 0.8
_PERSON = 0.4
"""A person at an entrance is often seen in part: a lower score than elsewhere will do."""


class NoMask(Judge):
    """Says "cannot tell" unless a face of at least ``face`` (40) pixels is seen.

    ``min_score``, but at least 0.8, is the certainty wanted that there is no mask; between it and
    its opposite the rule cannot tell either.
    """

    needs_people = True

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule)
        from video_bridge.detect.faces import open_faces

        self._areas = polygons(rule)
        self._faces = open_faces()

    def look(self, scene: Scene) -> Finding:
        """Read the faces."""
        if self._faces is None:
            return Finding("unsure", why="no model for faces")
        if scene.people is None:
            return Finding("unsure", why="no detector")
        people = [
            box
            for box in scene.people
            if box.score >= _PERSON and in_zones(box, self._areas)
        ]
        bare: list[Box] = []
        covered = 0
        least = max(_SURE, self.rule.min_score)
        for face in self._faces.read(scene.picture.bgr, people, self.param("face", 40.0)):
            if face.bare >= least:
                bare.append(face.box)
            elif face.bare <= 1.0 - least:
                covered += 1
        enough = max(1, round(self.rule.threshold or 1))
        if len(bare) >= enough:
            score = max(box.score for box in bare)
            return Finding("yes", round(score, 3), len(bare), boxes=tuple(bare))
        if covered or not people:
            return Finding("no", why=f"{covered} with a mask")
        return Finding("unsure", why="cannot tell: no face large enough")
