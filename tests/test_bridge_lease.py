"""Bridges share the cameras by lease; one is killed or cut off, and comes back."""

import os
import time

import pytest
from bridges import Proxy, Site, needed, until, watched

from tools import console

pytestmark = needed
COUNT = 63
LEASE = 30  # seconds
SILENT = 18
"""Cameras that go silent, so that an alert is open on each while they change hands."""


@pytest.fixture(scope="module")
def world():
    with watched("lease", COUNT) as both:
        yield both


@pytest.fixture(scope="module")
def odoo(world):
    return world[0]


@pytest.fixture(scope="module")
def cameras(world):
    return world[1]


def shares(odoo):
    """Cameras that each bridge holds and reads."""
    return sorted(count for (count,) in odoo.rows(
        """SELECT count(*) FROM yst_video_camera_health
            WHERE lease_until >= now() AT TIME ZONE 'utc' AND updated_at IS NOT NULL
         GROUP BY bridge_id"""))


def online(odoo):
    return {camera for (camera,) in odoo.rows(
        "SELECT camera_id FROM yst_video_camera_health WHERE online"
        " AND lease_until >= now() AT TIME ZONE 'utc'")}


def holders(odoo):
    """{camera: identity of its bridge}"""
    return dict(odoo.rows(
        """SELECT h.camera_id, b.uid FROM yst_video_camera_health h
             JOIN yst_video_bridge b ON b.id = h.bridge_id
            WHERE h.lease_until >= now() AT TIME ZONE 'utc'"""))


def episodes(odoo):
    """{camera: [state of each alert]}"""
    found = {}
    for camera, state in odoo.rows(
        "SELECT camera_id, episode_state FROM yst_video_alert ORDER BY id"
    ):
        found.setdefault(camera, []).append(state)
    return found


def states(odoo):
    return {state for some in episodes(odoo).values() for state in some}


def test_a_killed_bridge_is_stood_in_for_and_every_episode_stays_one_alert(
    odoo, cameras, tmp_path
):
    sites = [Site(tmp_path / f"bridge{n}", odoo) for n in range(3)]
    try:
        for site in sites:
            site.main = site.bridge()
        # fair from the beginning, although the first one takes all at first
        until(lambda: shares(odoo) == [COUNT // 3] * 3 and len(online(odoo)) == COUNT, 60,
              lambda: f"{shares(odoo)}, {len(online(odoo))} online")
        assert not episodes(odoo), "handing over is no outage"

        silent = odoo.cameras[::3][:SILENT]
        first = odoo.cameras[0]
        cameras.tell("fault", "stall", *(f"cam/{c - first + 1}" for c in silent))
        until(lambda: set(episodes(odoo)) == set(silent), 60)

        before = holders(odoo)
        gone = sites[1]
        identity = gone.identity()
        orphans = {c for c, name in before.items() if name == identity}
        assert orphans & set(silent), "the killed bridge has open alerts"
        gone.kill(gone.main)
        begun = time.monotonic()
        others = set(odoo.cameras) - set(silent)
        until(lambda: len(holders(odoo)) == COUNT
              and identity not in holders(odoo).values(), LEASE + 10)
        leased = time.monotonic() - begun
        until(lambda: others <= online(odoo), 20)
        console.say(f"{len(orphans)} cameras: leased again after {leased:.1f} s, "
                    f"read again after {time.monotonic() - begun:.1f} s")
        until(lambda: shares(odoo) == [31, 32], 15, lambda: shares(odoo))
        # who was not hit has kept what he had
        kept = [c for c, name in before.items()
                if name != identity and holders(odoo)[c] == name]
        assert len(kept) == COUNT - len(orphans)
        time.sleep(3)
        assert set(episodes(odoo)) == set(silent)
        assert all(some == ["open"] for some in episodes(odoo).values()), episodes(odoo)

        # it comes back: fair again, and the alerts that are open go from hand to hand
        gone.main = gone.bridge()
        until(lambda: shares(odoo) == [COUNT // 3] * 3, 60, lambda: shares(odoo))
        until(lambda: others <= online(odoo), 60)
        assert all(some == ["open"] for some in episodes(odoo).values()), episodes(odoo)

        cameras.tell("well")
        until(lambda: len(online(odoo)) == COUNT, 90)
        until(lambda: states(odoo) == {"closed"}, 60, lambda: episodes(odoo))
        assert {c: len(some) for c, some in episodes(odoo).items()
                if c in silent} == dict.fromkeys(silent, 1)
        # steps of each alert were taken in order, over all the hands
        for uid, order in odoo.rows(
            "SELECT uid, array_agg(sequence ORDER BY id) FROM test_step GROUP BY uid"
        ):
            assert order == sorted(set(order)), (uid, order)
        taken_over = [sequence for _uid, (sequence, _state) in odoo.alerts().items()
                      if sequence >= 1000]
        assert taken_over, "no alert was ended by another bridge than began it"
        for site in sites:
            assert not site.kept_apart()
            assert site.main.poll() is None
            assert os.path.exists(f"/proc/{site.main.pid}")
    finally:
        cameras.tell("well")
        for site in sites:
            site.end()


def test_a_bridge_that_is_cut_off_and_its_stand_in_make_one_alert_of_one_event(
    odoo, cameras, tmp_path
):
    """It goes on reading, as does whoever gets its cameras: nothing is missed, nothing doubled."""
    odoo.rows("DELETE FROM yst_video_alert; DELETE FROM test_step; DELETE FROM yst_video_bridge"
              " RETURNING 1")
    proxy = Proxy(odoo)
    lonely = Site(tmp_path / "lonely", odoo, proxy.url, timeout=2)
    other = Site(tmp_path / "other", odoo)
    try:
        lonely.main, other.main = lonely.bridge(), other.bridge()
        until(lambda: shares(odoo) == [31, 32] and len(online(odoo)) == COUNT, 60,
              lambda: f"{shares(odoo)}, {len(online(odoo))} online")
        own = sorted(c for c, name in holders(odoo).items() if name == lonely.identity())
        proxy.cut = True
        until(lambda: set(holders(odoo).values()) == {other.identity()}
              and len(online(odoo)) == COUNT, LEASE + 20)
        assert not episodes(odoo)
        # both read these: one event, seen twice, one of the two untold
        silent = own[:SILENT]
        first = odoo.cameras[0]
        cameras.tell("fault", "stall", *(f"cam/{c - first + 1}" for c in silent))
        until(lambda: set(episodes(odoo)) == set(silent), 60)
        until(lambda: lonely.waiting() >= SILENT, 30, "it does not read its cameras any more")
        assert len(odoo.alerts()) == SILENT

        proxy.cut = False
        until(lambda: shares(odoo) == [31, 32], 30, lambda: shares(odoo))
        lonely.empty_by(30)
        time.sleep(3)
        assert episodes(odoo) == {camera: ["open"] for camera in silent}
        [(both,)] = odoo.rows("SELECT count(*) FROM yst_video_alert WHERE twins IS NOT NULL")
        assert both == SILENT, "what it saw is part of the alerts"
        cameras.tell("well")
        until(lambda: len(online(odoo)) == COUNT, 90)
        until(lambda: states(odoo) == {"closed"}, 60, lambda: episodes(odoo))
        assert episodes(odoo) == {camera: ["closed"] for camera in silent}
        for site in (lonely, other):
            assert not site.kept_apart()
            assert site.main.poll() is None
    finally:
        cameras.tell("well")
        for site in (lonely, other):
            site.end()
        proxy.end()
