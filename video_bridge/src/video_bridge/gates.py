"""Which key frames are worth decoding, and in which pictures something moved.

Two gates, the cheaper one first:

- `CompressedGate` compares the bytes of the pictures between two key frames with the key frame
  itself, which costs nothing: movement has to be sent, stillness has not. What is quiet differs
  from camera to camera (noise, encoder, light), so the gate learns it from what the pixel gate saw,
  and stays open as long as it cannot tell quiet from moving: at constant bit rate it never may.
- `PixelGate` compares the decoded luma at 160 × 90 with a slowly adapting background.

A quiet camera still decodes every fifth key frame. These pictures check the compressed gate: one
that has missed movement too often is set aside and learns anew.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from statistics import median
from typing import Any

import cv2
import numpy as np

from video_bridge.model import Image

EVERY = 5
"""A quiet camera decodes one key frame in this many."""
MAX_QUIET_SECONDS = 20.0
"""… but at least one in this time, however rare its key frames are."""
HOLD = 4
"""Key frames for which a camera stays open after movement."""

_LEARN = 10
_WINDOW = 48
_MAX_SPREAD = 0.35
_MIN_MARGIN = math.log(1.25)
_MAX_SLIP = 0.25
_MIN_CHECKS = 4.0
_KERNEL = np.ones((2, 2), np.uint8)


class PixelGate:
    """Whether something moved in a picture, by its luma."""

    __slots__ = ("_background", "_noise", "_previous", "changed", "stirred")

    ADAPT = 0.06
    """Share of a new picture in the background: something new belongs to it after half a minute."""
    MIN_STEP = 14.0
    """Grey levels that count as a change where there is no noise."""
    MIN_AREA = 14
    """Changed pixels of 14,400 that count as movement: a person far away."""
    ALL = 0.6
    """Share of changed pixels above which the light has changed, or the camera."""

    def __init__(self) -> None:
        """Begin without a background."""
        self._background: Any = None
        self._previous: Any = None
        self._noise = 2.0
        self.changed = 0.0
        """Share of the picture that differed from the background."""
        self.stirred = False
        """Whether what moved also differs from the picture before: it goes on moving."""

    def moved(self, luma: Image) -> bool:
        """Take in a picture; the first one counts as moved."""
        picture = cv2.blur(luma, (3, 3))
        if self._background is None or self._background.shape != picture.shape:
            self._background = picture.astype(np.float32)
            self._previous = picture
            self.changed = 1.0
            self.stirred = False
            return True
        difference = cv2.absdiff(picture, cv2.convertScaleAbs(self._background))
        step = max(self.MIN_STEP, 6.0 * self._noise)
        mask = _changes(difference, step)
        area = cv2.countNonZero(mask)
        self.changed = area / mask.size
        moved = area >= self.MIN_AREA
        before, self._previous = self._previous, picture
        self.stirred = moved and (
            cv2.countNonZero(_changes(cv2.absdiff(picture, before), step)) >= self.MIN_AREA
        )
        if self.changed > self.ALL:
            self._background = picture.astype(np.float32)
            return True
        cv2.accumulateWeighted(picture, self._background, self.ADAPT)
        typical = float(cv2.mean(difference, cv2.bitwise_not(mask))[0])
        self._noise += 0.1 * (min(typical, 12.0) - self._noise)
        return moved


def _changes(difference: Any, step: float) -> Any:
    """Where two pictures differ by more than a step, specks left out."""
    _level, mask = cv2.threshold(difference, step, 255, cv2.THRESH_BINARY)
    return cv2.morphologyEx(mask, cv2.MORPH_OPEN, _KERNEL)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the compressed gate says of a key frame."""

    quiet: bool
    """Nothing seems to move. False as well while the gate is not trusted."""
    decode: bool
    """Whether to decode it: not quiet, or one of those that check the gate."""


class CompressedGate:
    """Whether a camera is quiet, by the sizes of what it sends.

    `judge` is called for every key frame, where it comes in; `learn` for every decoded one, where
    it is looked at. They may run in different threads: what they share are single values.
    """

    __slots__ = (
        "_cut",
        "_hold",
        "_last_moved",
        "_moving",
        "_phase",
        "_quiet",
        "_relearn",
        "_right",
        "_since",
        "_wrong",
    )

    def __init__(self, phase: int = 0) -> None:
        """A gate that knows nothing yet.

        :param phase: where in the row of five the camera begins whenever it turns quiet: cameras
            that turn quiet together (at dusk, after a restart) are not checked together.
        """
        self._quiet: deque[float] = deque(maxlen=_WINDOW)
        self._moving: deque[float] = deque(maxlen=_WINDOW)
        self._cut: float | None = None
        self._hold = 0
        self._phase = self._since = phase % EVERY
        self._last_moved = True
        self._right = 0.0
        self._wrong = 0.0
        self._relearn = 0

    @property
    def trusted(self) -> bool:
        """Whether the gate knows what quiet is on this camera."""
        return self._cut is not None

    @property
    def baseline(self) -> tuple[float, float] | None:
        """Typical and highest ratio of a quiet camera; None while it is not trusted."""
        cut = self._cut
        return None if cut is None else (math.exp(median(self._quiet)), math.exp(cut))

    @staticmethod
    def measure(key_bytes: int, delta_bytes: int, delta_frames: int, delta_peak: int) -> float:
        """Size of what lies between two key frames against the key frame, as a logarithm.

        The mean and the largest picture count alike: someone who passes within half a second shows
        in the largest.
        """
        if not key_bytes or not delta_frames:
            return math.nan
        mean = (delta_bytes / delta_frames + 1) / key_bytes
        peak = (delta_peak + 1) / key_bytes
        return 0.5 * (math.log(mean) + math.log(peak))

    def judge(self, value: float, interval: float) -> Verdict:
        """Say of a key frame whether it is worth decoding.

        :param value: what `measure` gives.
        :param interval: seconds between two key frames.
        """
        cut = self._cut
        quiet = cut is not None and not math.isnan(value) and value <= cut
        if not quiet:
            self._since = self._phase
            return Verdict(quiet=False, decode=True)
        if self._hold > 0:
            self._hold -= 1
            self._since = self._phase
            return Verdict(quiet=False, decode=True)
        self._since += 1
        every = min(EVERY, max(1, int(MAX_QUIET_SECONDS / max(interval, 0.1))))
        if self._since >= every:
            self._since = 0
            return Verdict(quiet=True, decode=True)
        return Verdict(quiet=True, decode=False)

    def looked(self) -> None:
        """The key frame is decoded for another reason: the row of five begins anew."""
        self._since = 0

    def learn(self, value: float, quiet: bool, moved: bool, stirred: bool) -> None:
        """Take in what the pixels showed.

        :param value: what `measure` gave for this key frame.
        :param quiet: what `judge` had said.
        :param moved: what the pixel gate said.
        :param stirred: it also said that this goes on: what stands still is new to the background
            but sends nothing.
        """
        appeared = moved and not self._last_moved
        settled = not moved and not self._last_moved
        self._last_moved = moved
        self._hold = HOLD if moved else 0
        if math.isnan(value):
            return
        if quiet:  # a check: nothing may have appeared unnoticed since the last one
            self._right = self._right * 0.97 + (0.0 if appeared else 1.0)
            self._wrong = self._wrong * 0.97 + (1.0 if appeared else 0.0)
            checks = self._right + self._wrong
            if self._wrong >= 2 and checks >= _MIN_CHECKS and self._wrong > _MAX_SLIP * checks:
                self._distrust()
                return
        if settled:
            self._quiet.append(value)
        elif stirred and not quiet:
            self._moving.append(value)
        if self._relearn > 0:
            self._relearn -= 1
            return
        self._cut = self._reckon()

    def _reckon(self) -> float | None:
        """The highest value that counts as quiet; None when quiet and moving are alike."""
        quiet = self._quiet
        if len(quiet) < _LEARN:
            return None
        middle = median(quiet)
        spread = 1.4826 * median([abs(value - middle) for value in quiet])
        if spread > _MAX_SPREAD:
            return None
        cut = middle + max(4.0 * spread, _MIN_MARGIN)
        if self._moving:
            below = sum(value <= cut for value in self._moving)
            if below > _MAX_SLIP * len(self._moving) + 1:
                cut = middle + max(2.5 * spread, _MIN_MARGIN / 2)
                below = sum(value <= cut for value in self._moving)
                if below > _MAX_SLIP * len(self._moving) + 1:
                    return None
        return cut

    def _distrust(self) -> None:
        """Learn anew from scratch: what was learnt has let movement pass."""
        self._cut = None
        self._quiet.clear()
        self._moving.clear()
        self._right = self._wrong = 0.0
        self._relearn = 3 * _LEARN
