"""What one camera's rules make of its pictures.

``CameraEye`` is driven by the shard that reads the camera::

    eye = CameraEye(camera, detector, resume=open_episodes, now=time.monotonic)
    if eye.wants(moved):                 # before a key frame is decoded
        events = eye.see(picture, moved)
    events = eye.tick(at, last_key_at, key_interval)   # about once a second
    events = eye.close("removed")        # the camera is taken away

An eye belongs to one thread. Nothing it does raises for the sake of one rule: a rule that fails is
logged and sits out that picture.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from video_bridge import snapshot
from video_bridge.detect import Detector
from video_bridge.episode import Episodes, Timing
from video_bridge.model import (
    AlertEvent,
    Box,
    Camera,
    OpenEpisode,
    Picture,
    Rule,
    Snapshot,
)
from video_bridge.rules import Finding, Judge, Scene, new_judge

_logger = logging.getLogger(__name__)

LOOK_EVERY = 10.0
"""A quiet camera is looked at this often, for the rules that work with slow changes."""
ASK_AGAIN = 10.0
"""Persons who do not move are looked for again after this many seconds."""
ASK_AGAIN_EMPTY = 300.0
"""Where nobody was and nothing moved, persons are looked for again after this many seconds."""
OFFLINE_GOPS = 3
"""Key frames that have to be missing before a camera counts as silent."""
KEY_INTERVAL = 4.0
"""Seconds between key frames to reckon with as long as the camera has not shown its own."""
SHUTDOWN = "shutdown"
"""The reason for ``close`` that leaves episodes open: another process goes on with them."""

_DEFAULT_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(slots=True)
class _Watch:
    """One rule at work."""

    rule: Rule
    judge: Judge | None
    episodes: Episodes
    finding: Finding | None = field(default=None, repr=False)


class CameraEye:
    """The rules of one camera. ``now`` is a monotonic clock in seconds."""

    def __init__(
        self,
        camera: Camera,
        detector: Detector | None,
        *,
        resume: Sequence[OpenEpisode] = (),
        ended: Mapping[tuple[int, str], float] | None = None,
        now: Callable[[], float] = time.monotonic,
        timezone: ZoneInfo = _DEFAULT_ZONE,
    ) -> None:
        """The eye of a camera.

        :param resume: episodes to go on with.
        :param ended: when the last episode of a rule and kind ended (UTC seconds): a restart
            does not cut its cooldown short.
        """
        self.camera = camera
        self._ended = ended or {}
        self._detector = detector
        self._now = now
        self._zone = timezone
        self._people: tuple[Box, ...] | None = None
        self._asked = float("-inf")
        self._seen = float("-inf")
        self._key_at: float | None = None
        self._heard = False
        self._key_clock = now()
        self._watches: list[_Watch] = []
        self._orphans: list[Episodes] = []
        waiting = {(episode.rule, episode.kind): episode for episode in resume
                   if episode.camera == camera.id}
        for rule in camera.rules:
            self._watch(rule, waiting.pop((rule.id, rule.kind), None))
        for episode in waiting.values():
            gone = Rule(episode.rule, episode.kind)
            self._orphans.append(self._episodes(gone, None, episode))

    @property
    def needs_detector(self) -> bool:
        """Whether any rule of the camera needs persons."""
        return any(watch.judge is not None and watch.judge.needs_people for watch in self._watches)

    @property
    def people(self) -> tuple[Box, ...]:
        """The persons seen last, for the tuning page."""
        return self._people or ()

    @property
    def findings(self) -> dict[int, Finding]:
        """What each rule said last, by rule id, for the tuning page."""
        return {
            watch.rule.id: watch.finding for watch in self._watches if watch.finding is not None
        }

    @property
    def suspects(self) -> bool:
        """Whether a rule sees in the pictures what may become an alert."""
        return any(
            watch.judge is not None and watch.episodes.state == "pending"
            for watch in self._watches
        )

    def wants(self, moved: bool) -> bool:
        """Whether the key frame at hand is worth decoding.

        Always when something moved, an episode begins or goes on, or a rule is eager; otherwise
        every ten seconds.
        """
        if not any(watch.judge is not None for watch in self._watches):
            return False
        if moved or self._now() - self._seen >= LOOK_EVERY:
            return True
        return any(
            watch.judge is not None and (watch.episodes.state != "idle" or watch.judge.eager())
            for watch in self._watches
        )

    def see(self, picture: Picture, moved: bool) -> list[AlertEvent]:
        """Judge a picture by all rules whose hours it falls into."""
        clock = self._now()
        self._seen = clock
        events = self._end_orphans(picture.at, clock)
        ready: list[tuple[_Watch, Judge]] = []
        for watch in self._watches:
            if watch.judge is None:
                continue
            if watch.rule.applies(picture.at, self._zone):
                ready.append((watch, watch.judge))
            else:
                events += watch.episodes.stop(picture.at, clock, "its hours are over")
        people: tuple[Box, ...] | None = None
        if any(judge.asks_for_people() for _watch, judge in ready):
            people = self._look_for_people(picture, moved, clock)
        scene = Scene(picture.at, clock, picture, moved, people)
        for watch, judge in ready:
            try:
                finding = judge.look(scene)
            except Exception:
                _logger.exception(
                    "Camera %d: rule %d (%s) failed", self.camera.id, watch.rule.id, watch.rule.kind
                )
                continue
            watch.finding = finding
            events += watch.episodes.step(finding, picture.at, clock, picture)
        return events

    def tick(
        self, at: float, last_key_at: float | None, key_interval: float | None
    ) -> list[AlertEvent]:
        """What time brings: silence of the camera, ends of hours, episodes nobody judges.

        :param at: wall clock, UTC seconds
        :param last_key_at: when the last key frame came (wall clock), if one has come
        :param key_interval: seconds between its key frames, if known
        """
        clock = self._now()
        patience = OFFLINE_GOPS * (key_interval or KEY_INTERVAL)
        if last_key_at is not None and last_key_at != self._key_at:
            if self._key_at is not None or at - last_key_at < patience:
                self._heard, self._key_clock = True, clock
            self._key_at = last_key_at
        silent = clock - self._key_clock >= patience
        events = self._end_orphans(at, clock)
        for watch in self._watches:
            if not watch.rule.applies(at, self._zone):
                events += watch.episodes.stop(at, clock, "its hours are over")
            elif watch.judge is None:
                events += self._offline(watch, silent, at, clock)
            else:
                events += watch.episodes.tick(at, clock)
        return events

    def close(self, reason: str) -> list[AlertEvent]:
        """The camera is taken away. Episodes end, unless the reason is ``shutdown``."""
        if reason == SHUTDOWN:
            return []
        clock, at = self._now(), time.time()
        events = self._end_orphans(at, clock)
        for watch in self._watches:
            events += watch.episodes.stop(at, clock, reason)
        return events

    def _watch(self, rule: Rule, resume: OpenEpisode | None) -> None:
        try:
            judge = new_judge(rule)
        except Exception as error:
            _logger.error("Camera %d: rule %d is left out: %s", self.camera.id, rule.id, error)
            if resume is not None:
                self._orphans.append(self._episodes(rule, None, resume))
            return
        if judge is not None and judge.needs_people and self._detector is None:
            _logger.warning(
                "Camera %d: rule %d (%s) needs a detector and finds nothing without",
                self.camera.id, rule.id, rule.kind,
            )
        self._watches.append(_Watch(rule, judge, self._episodes(rule, judge, resume)))

    def _episodes(self, rule: Rule, judge: Judge | None, resume: OpenEpisode | None) -> Episodes:
        """The timing follows from the rule and, where it says nothing, from its kind."""
        release = judge.release if judge is not None else 0.0
        timing = Timing(
            duration=0.0 if judge is not None and judge.own_duration else rule.duration,
            release=float(rule.params.get("release", release)),
            cooldown=rule.cooldown,
            hits=int(rule.params.get("hits", judge.hits if judge is not None else 1)),
        )
        quiet = 0.0
        if (at := self._ended.get((rule.id, rule.kind))) is not None:
            # not longer than the cooldown itself, however the clock was set meanwhile
            quiet = min(rule.cooldown, max(0.0, at + rule.cooldown - time.time()))
        return Episodes(
            self.camera.id, rule, timing, self._photograph, resume, self._now(), quiet
        )

    def _end_orphans(self, at: float, clock: float) -> list[AlertEvent]:
        orphans, self._orphans = self._orphans, []
        return [
            event for episodes in orphans for event in episodes.stop(at, clock, "its rule is gone")
        ]

    def _offline(self, watch: _Watch, silent: bool, at: float, clock: float) -> list[AlertEvent]:
        """Silence counts from its third missing key frame; ``duration`` is the grace time."""
        events = watch.episodes.tick(at, clock)
        if silent:
            finding = Finding("yes", 1.0, 1, why="silent")
        elif self._heard:
            finding = Finding("no", why="online")
        else:  # just begun: an outage that was reported before a restart is not over yet
            finding = Finding("unsure", why="no key frame yet")
        watch.finding = finding
        # an answer after the third key frame is an answer: no release time
        return events + watch.episodes.step(finding, at, clock)

    def _look_for_people(
        self, picture: Picture, moved: bool, clock: float
    ) -> tuple[Box, ...] | None:
        """The persons in the picture; the last ones again where nothing has changed since."""
        if self._detector is None:
            return None
        wait = ASK_AGAIN if self._anyone() or self._busy() else ASK_AGAIN_EMPTY
        if moved or self._people is None or clock - self._asked >= wait:
            self._people = tuple(self._detector.people(picture.bgr))
            self._asked = clock
        return self._people

    def _anyone(self) -> bool:
        """Whether somebody was seen whom a rule would believe in: weak boxes stand for nobody."""
        believed = min(
            (
                watch.rule.min_score
                for watch in self._watches
                if watch.judge is not None and watch.judge.needs_people
            ),
            default=1.0,
        )
        return any(box.score >= believed for box in self._people or ())

    def _busy(self) -> bool:
        return any(
            watch.judge is not None
            and watch.judge.asks_for_people()
            and watch.episodes.state != "idle"
            for watch in self._watches
        )

    def _photograph(self, picture: Picture) -> Snapshot:
        bgr = picture.bgr
        if self.camera.pixelate:
            people = None if self._detector is None else self._detector.people(bgr)
            bgr = snapshot.pixelated(bgr, people)
        return snapshot.take(picture.at, bgr)
