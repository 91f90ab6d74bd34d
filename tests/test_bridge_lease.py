"""Three bridges share the cameras by lease; one is killed, and comes back."""

import os
import time

import pytest
from bridges import Cameras, Site, an_odoo, needed, until

from tools import console

pytestmark = needed
COUNT = 63
LEASE = 30  # seconds
SILENT = 18
"""Cameras that go silent, so that an alert is open on each while they change hands."""


@pytest.fixture(scope="module")
def cameras():
    one = Cameras()
    yield one
    one.end()


@pytest.fixture(scope="module")
def odoo(cameras):
    with an_odoo("lease") as one:
        one.make(COUNT, cameras.address)
        one.start()
        one.ready_by()
        yield one


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
