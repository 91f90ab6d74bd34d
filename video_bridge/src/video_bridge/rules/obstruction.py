"""Obstruction (占道): something that was not there stands for minutes with nobody near it.

A long average of the luma (160 × 90) is what the place looks like; where the picture differs from
it, and stays as it is, time adds up. What was taken away differs as well; its outline is in the
average and not in the picture, so that it is told apart and forgotten. No model is involved: what
stands there — a stall, litter, a parked car, a shadow's edge at noon — is not known.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from video_bridge.model import Box, Rule
from video_bridge.rules.base import Finding, Judge, Scene, polygons

Plane = NDArray[Any]

_LEARN = 15
"""Pictures whose median is the first background …"""
_LEARN_GAP = 2.0
"""… taken at least so many seconds apart."""
_BACKGROUND = 900.0
"""Seconds in which the background follows slow changes (time constant)."""
_SHORT = 2.0
_STEADY = 8.0
"""Grey levels by which a thing that stands still may flicker."""
_UPSET = 0.5
"""Share of the picture which changes only when the light or the camera does: learn anew."""


class Obstruction(Judge):
    """``duration`` seconds of standing; ``threshold`` percent of the picture at least (0.2).

    Parameters: ``contrast`` (grey levels, by itself 14 by day and down to 6 in the dark),
    ``absorb`` (21600 s, after which a thing belongs to the place), ``attended`` (1: persons beside
    it do not matter, for stalls with a keeper), ``learn`` (15 pictures that show the place).
    """

    own_duration = True
    release = 20.0

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule)
        self._first: list[Plane] = []
        self._learnt_at = float("-inf")
        self._long: Plane | None = None
        self._short: Plane | None = None
        self._stands: Plane | None = None
        self._clock = 0.0
        self._zone: Plane | None = None
        self._candidates = False

    def asks_for_people(self) -> bool:
        """Only while something has stood for half of the time."""
        return self._candidates

    def eager(self) -> bool:
        """Until there is a background."""
        return self._long is None

    def look(self, scene: Scene) -> Finding:
        """What stands where nothing stood."""
        luma = cv2.GaussianBlur(scene.picture.luma, (3, 3), 0).astype(np.float32)
        if self._long is None or self._short is None or self._stands is None:
            return self._learn(luma, scene.clock)
        passed = min(max(scene.clock - self._clock, 0.0), 30.0)
        self._clock = scene.clock
        difference = luma - self._long
        difference -= np.float32(np.median(difference))  # the light of the whole picture
        changed = np.abs(difference) > self.param("contrast", _contrast(luma))
        if changed.mean() > _UPSET:
            self._forget()
            return Finding("unsure", why="the whole picture changed: learning anew")
        steady = np.abs(luma - self._short) < _STEADY
        self._short += (luma - self._short) * np.float32(1 - np.exp(-passed / _SHORT))
        self._stands[changed & steady] += passed
        self._stands[~changed] = 0.0
        old = self._stands > self.param("absorb", 21600.0)
        quiet = ~changed
        rate = np.float32(1 - np.exp(-passed / _BACKGROUND))
        self._long[quiet] += (luma - self._long)[quiet] * rate
        self._long[old] = luma[old]
        return self._judge(luma, np.abs(difference), scene)

    def _learn(self, luma: Plane, clock: float) -> Finding:
        if clock - self._learnt_at >= _LEARN_GAP:
            self._first.append(luma)
            self._learnt_at = clock
        if len(self._first) >= int(self.param("learn", _LEARN)):
            self._long = np.median(np.stack(self._first), axis=0).astype(np.float32)
            self._short = luma.copy()
            self._stands = np.zeros_like(luma)
            self._clock = clock
            self._first = []
        return Finding("unsure", why="learning the place")

    def _forget(self) -> None:
        self._long = self._short = self._stands = None
        self._first = []
        self._learnt_at = float("-inf")
        self._candidates = False

    def _judge(self, luma: Plane, difference: Plane, scene: Scene) -> Finding:
        assert self._stands is not None and self._long is not None
        for _box, mask in self._things(self._stands >= 0.5 * self.rule.duration):
            if _taken_away(mask, luma, self._long):
                around = _grown(mask, 5)
                self._long[around] = luma[around]
                self._stands[around] = 0.0
        self._candidates = bool(self._things(self._stands >= 0.5 * self.rule.duration))
        found, score = [], 0.0
        people = scene.people or ()
        attended = self.param("attended", 0.0) > 0
        watched = False
        for box, mask in self._things(self._stands >= self.rule.duration):
            if not attended and any(_near(box, person) for person in people
                                    if person.score >= self.rule.min_score):
                watched = True
                continue
            found.append(box)
            score = max(score, min(1.0, float(difference[mask].mean()) / 64.0))
        if found:
            boxes = tuple(Box(b.x, b.y, b.w, b.h, round(score, 3), "object") for b in found)
            return Finding("yes", round(score, 3), len(found), boxes=boxes)
        return Finding("hold" if watched else "no", why="somebody is near" if watched else "")

    def _things(self, standing: Plane) -> list[tuple[Box, Plane]]:
        """The connected parts that are large enough and lie in the area."""
        if not standing.any():
            return []
        mask = cv2.morphologyEx(
            standing.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)
        )
        if self._zone is None:
            self._zone = _area(self.rule, mask.shape)
        count, labels, stats, _middles = cv2.connectedComponentsWithStats(mask, connectivity=8)
        least = (self.rule.threshold or 0.2) / 100.0 * mask.size
        rows, columns = mask.shape
        things = []
        for label in range(1, count):
            x, y, w, h, size = (int(v) for v in stats[label])
            part = labels == label
            if size < least:
                continue
            foot = part.copy()
            foot[: y + h * 2 // 3] = False  # where it stands counts, as with persons
            if self._zone[foot].mean() >= 0.5:
                things.append((Box(x / columns, y / rows, w / columns, h / rows, 1.0), part))
        return things


def _contrast(luma: Plane) -> float:
    """By how many grey levels a thing has to differ: fewer where there is little light."""
    return float(np.clip(0.13 * luma.mean(), 6.0, 14.0))


def _area(rule: Rule, shape: tuple[int, ...]) -> Plane:
    """1 inside the areas of the rule, 0 outside."""
    zones = polygons(rule)
    area = np.zeros(shape, np.uint8) if zones else np.ones(shape, np.uint8)
    for zone in zones:
        corners = np.array(zone.points) * (shape[1], shape[0])
        cv2.fillPoly(area, [corners.round().astype(np.int32)], 1)
    return area


def _grown(mask: Plane, size: int) -> Plane:
    kernel = np.ones((size, size), np.uint8)
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel)).astype(bool)


def _taken_away(mask: Plane, luma: Plane, usual: Plane) -> bool:
    """Whether the outline of a changed part is in what was usual rather than in the picture."""
    outline = _grown(mask, 3) & ~np.asarray(
        cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8))
    ).astype(bool)
    now, before = (
        float(
            cv2.magnitude(cv2.Sobel(p, cv2.CV_32F, 1, 0), cv2.Sobel(p, cv2.CV_32F, 0, 1))[
                outline
            ].mean()
        )
        for p in (luma, usual)
    )
    return now < 0.8 * before


def _near(thing: Box, person: Box) -> bool:
    """Whether the person, with their width added on each side, touches the thing."""
    return (
        person.x - person.w < thing.x + thing.w
        and thing.x < person.x + 2 * person.w
        and person.y < thing.y + thing.h
        and thing.y < person.y + person.h * 1.1
    )
