"""Episodes (告警过程): from findings to one alert that opens, is updated and closes.

A rule is judged picture by picture and flickers; an episode does not. Durations are measured with
the monotonic clock, so that a jump of the wall clock neither opens nor closes anything; the
moments that are reported are the wall clock's and never run backwards within an episode.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from video_bridge.model import AlertEvent, Box, Event, OpenEpisode, Picture, Rule, Snapshot
from video_bridge.rules.base import Finding

_logger = logging.getLogger(__name__)

UPDATE_EVERY = 30.0
"""Seconds between two updates of an episode that grows."""
ALIVE_EVERY = 300.0
"""Seconds after which an episode that stays the same is reported as still going on."""
STALE = 600.0
"""Seconds without a judgement after which an episode is closed."""
SHARE = 0.6
"""Share of the pictures since the first one that have to agree before an episode opens."""
FORGIVE = 6.0
"""Seconds without a hit after which a beginning is given up."""

Photographer = Callable[[Picture], Snapshot]


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things have to hold, in seconds."""

    duration: float = 0.0
    release: float = 10.0
    cooldown: float = 0.0
    hits: int = 2
    update_every: float = UPDATE_EVERY


@dataclass(slots=True)
class _Best:
    """The moment that shows best what the episode is about."""

    picture: Picture | Snapshot | None
    """Until it has been sent, and as a JPEG once the episode is open: pictures are large, and
    episodes may be many and long."""
    finding: Finding


@dataclass(slots=True)
class _Course:
    """An episode that begins or goes on."""

    started_at: float
    started: float
    last_at: float
    last_good: float
    seen: float
    uid: str = ""
    sequence: int = 0
    samples: int = 0
    hits: int = 0
    count: int = 0
    score: float = 0.0
    reading: float | None = None
    boxes: tuple[Box, ...] = ()
    sent_count: int = 0
    sent_score: float = 0.0
    sent_reading: float | None = None
    sent_clock: float = 0.0
    best: _Best | None = field(default=None, repr=False)


class Episodes:
    """The episodes of one rule on one camera, one after the other."""

    def __init__(
        self,
        camera: int,
        rule: Rule,
        timing: Timing,
        photographer: Photographer,
        resume: OpenEpisode | None = None,
        clock: float = 0.0,
        quiet: float = 0.0,
    ) -> None:
        """The episodes of a rule from now on.

        :param resume: an episode that goes on.
        :param clock: the monotonic clock now.
        :param quiet: seconds for which an earlier episode's cooldown lasts yet.
        """
        self.camera = camera
        self.rule = rule
        self.timing = timing
        self.state: Literal["idle", "pending", "open"] = "idle"
        self._photographer = photographer
        self._quiet_until = clock + quiet if quiet > 0 else float("-inf")
        self._course: _Course | None = None
        if resume is not None:
            self.state = "open"
            self._course = _Course(
                started_at=resume.started_at,
                started=clock,
                last_at=resume.last_at,
                last_good=clock,
                seen=clock,
                uid=resume.uid,
                sequence=resume.sequence,
                sent_clock=clock,
            )

    def step(
        self, finding: Finding, at: float, clock: float, picture: Picture | None = None
    ) -> list[AlertEvent]:
        """Take in one finding; the events that follow from it, in order."""
        if self.state == "open":
            return self._go_on(finding, at, clock, picture)
        return self._begin(finding, at, clock, picture)

    def tick(self, at: float, clock: float) -> list[AlertEvent]:
        """Close an episode that nobody could judge for too long."""
        course = self._course
        if course is not None and clock - course.seen >= STALE:
            if self.state == "open":
                return self.stop(at, clock, "nothing seen for a long time", ended_at=course.last_at)
            self._drop()
        return []

    def stop(
        self, at: float, clock: float, why: str, *, ended_at: float | None = None
    ) -> list[AlertEvent]:
        """End whatever goes on: schedule over, rule gone, camera away."""
        course = self._course
        if self.state != "open" or course is None:
            self._drop()
            return []
        _logger.info(
            "Camera %d rule %d: episode %s ends: %s", self.camera, self.rule.id, course.uid, why
        )
        event = self._event("close", course, at if ended_at is None else ended_at, clock)
        self._drop()
        self._quiet_until = clock + self.timing.cooldown
        return [event]

    def _drop(self) -> None:
        self.state = "idle"
        self._course = None

    def _begin(
        self, finding: Finding, at: float, clock: float, picture: Picture | None
    ) -> list[AlertEvent]:
        if finding.level == "unsure" or clock < self._quiet_until:
            return []
        course = self._course
        if course is None:
            if finding.level != "yes":
                return []
            course = self._course = _Course(at, clock, at, clock, clock)
            self.state = "pending"
        course.samples += 1
        course.seen = clock
        if finding.level == "no":
            agreed = course.hits / course.samples
            if clock - course.last_good > FORGIVE or (course.samples >= 3 and agreed < SHARE):
                self._drop()
            return []
        course.hits += 1
        self._note(course, finding, at, clock, picture)
        if (
            finding.level != "yes"
            or clock - course.started < self.timing.duration
            or course.hits < self.timing.hits
            or course.hits / course.samples < SHARE
        ):
            return []
        self.state = "open"
        course.uid = str(uuid.uuid4())
        return [self._event("open", course, at, clock)]

    def _go_on(
        self, finding: Finding, at: float, clock: float, picture: Picture | None
    ) -> list[AlertEvent]:
        course = self._course
        assert course is not None
        if finding.level == "unsure":
            return []
        course.seen = clock
        if finding.level == "no":
            if clock - course.last_good < self.timing.release:
                return []
            return self.stop(at, clock, "it is over", ended_at=course.last_at)
        self._note(course, finding, at, clock, picture)
        since = clock - course.sent_clock
        if since >= ALIVE_EVERY or (since >= self.timing.update_every and _grew(course)):
            return [self._event("update", course, at, clock)]
        return []

    def _note(
        self, course: _Course, finding: Finding, at: float, clock: float, picture: Picture | None
    ) -> None:
        """Remember a hit."""
        course.last_good = clock
        course.last_at = max(course.last_at, at)
        course.count, course.score = finding.count, finding.score
        course.reading, course.boxes = finding.reading, finding.boxes
        if picture is not None and (
            course.best is None or _worth(finding) > _worth(course.best.finding)
        ):
            open_ = self.state == "open"
            course.best = _Best(self._shoot(picture) if open_ else picture, finding)

    def _shoot(self, picture: Picture) -> Snapshot | None:
        try:
            return self._photographer(picture)
        except Exception:  # a picture that cannot be stored must not cost the alert
            _logger.exception("Camera %d: no snapshot", self.camera)
            return None

    def _event(self, event: Event, course: _Course, at: float, clock: float) -> AlertEvent:
        moment = course.last_at = max(course.last_at, course.started_at, at)
        best = course.best
        snapshots: tuple[Snapshot, ...] = ()
        if best is not None and best.picture is not None:
            shot, best.picture = best.picture, None
            taken = shot if isinstance(shot, Snapshot) else self._shoot(shot)
            snapshots = () if taken is None else (taken,)
        shown = best.finding if best is not None and snapshots else None
        count, score, reading = course.count, course.score, course.reading
        boxes: Sequence[Box] = course.boxes
        if shown is not None:
            boxes = shown.boxes
        if event == "close" and best is not None:
            count, score, reading = best.finding.count, best.finding.score, best.finding.reading
        course.sequence += 1
        course.sent_count, course.sent_score = count, score
        course.sent_reading, course.sent_clock = reading, clock
        return AlertEvent(
            uid=course.uid,
            sequence=course.sequence,
            event=event,
            camera=self.camera,
            rule=self.rule.id,
            kind=self.rule.kind,
            started_at=course.started_at,
            at=moment,
            ended_at=moment if event == "close" else None,
            score=round(min(max(score, 0.0), 1.0), 3),
            count=count,
            reading=reading,
            boxes=tuple(boxes),
            snapshots=snapshots,
        )


def _worth(finding: Finding) -> tuple[float, float, float]:
    """How well a moment shows what is the matter: more persons, higher water, more certain."""
    return float(finding.count), finding.reading or 0.0, finding.score


def _grew(course: _Course) -> bool:
    """Whether there is notably more than what was reported last."""
    more = course.count - course.sent_count
    if more >= 2 and course.count >= 1.25 * course.sent_count:
        return True
    if course.score - course.sent_score >= 0.15:
        return True
    if course.reading is not None:
        return course.sent_reading is None or abs(course.reading - course.sent_reading) >= 0.1
    return False
