"""Whose episodes are whose when cameras change hands (租约交接).

An episode is one record, whichever bridge goes on with it. Its steps are numbered; a bridge that
takes one over begins with the next thousand, so that steps which the earlier bridge could not
deliver in time come out as older, whenever they arrive.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from video_bridge.model import AlertEvent, OpenEpisode
from video_bridge.spool import Spool

logger = logging.getLogger(__name__)

STRIDE = 1000
"""Steps between two bridges' numbers."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The open episodes to go on with, and what was found out on the way."""

    episodes: tuple[OpenEpisode, ...]
    adopted: int = 0
    """How many of them another bridge had before."""
    foreign: frozenset[int] = frozenset()
    """Cameras with an episode that another bridge had before."""


def settle(
    spool: Spool, given: Collection[int], told: Sequence[OpenEpisode], now: float
) -> Settled:
    """What to go on with on cameras newly given.

    The platform says which episodes are open there; what we have not delivered yet is newer than
    what it knows. Of two episodes of one rule the one that the platform told is gone on with, and
    of those the older; the other is closed: the platform puts both into one alert, which goes on
    as long as the one it told.
    """
    mine = {e.uid: e for e in spool.open_episodes(given)} if given else {}
    if not mine and not told:
        return Settled(())
    steps = spool.steps({*mine, *(e.uid for e in told)})
    going: list[OpenEpisode] = []
    adopted: list[OpenEpisode] = []
    for episode in told:
        own = mine.pop(episode.uid, None)
        sequence, _open, waiting = steps.get(episode.uid, (-1, False, False))
        if own and own.sequence >= episode.sequence:
            going.append(own)
        elif waiting and sequence >= episode.sequence:
            continue  # closed here; the platform will hear of it
        else:
            taken = replace(episode, sequence=following(max(sequence, episode.sequence)))
            adopted.append(taken)
            going.append(taken)
    # open as far as we know, but the platform had them closed by somebody else meanwhile
    going += [e for e in mine.values() if steps[e.uid][2]]
    try:
        spool.forget([e.uid for e in mine.values() if not steps[e.uid][2]])
        spool.adopt(adopted)
    except sqlite3.Error as error:  # a full disk: cameras are to be read all the same
        logger.error("what changed hands could not be noted: %s", error)
    chosen: dict[tuple[int, int, str], OpenEpisode] = {}
    surplus: list[OpenEpisode] = []
    known = {e.uid for e in told}
    for episode in sorted(going, key=lambda e: (e.uid not in known, e.started_at)):
        place = (episode.camera, episode.rule, episode.kind)
        if episode.rule and chosen.setdefault(place, episode) is episode:
            continue
        surplus.append(episode)  # a second one, or one whose rule is gone
    close_all(spool, surplus, now)
    return Settled(tuple(chosen.values()), len(adopted),
                   frozenset(e.camera for e in adopted))


def following(sequence: int) -> int:
    """The number from which a bridge goes on that takes an episode over."""
    return (sequence // STRIDE + 1) * STRIDE


def close_all(spool: Spool, episodes: Sequence[OpenEpisode], now: float) -> None:
    """Close episodes that nobody goes on with."""
    spool.put([
        AlertEvent(
            uid=e.uid, sequence=following(e.sequence), event="close", camera=e.camera,
            rule=e.rule, kind=e.kind, started_at=e.started_at,
            at=max(now, e.last_at), ended_at=max(now, e.last_at),
        )
        for e in episodes
    ])
