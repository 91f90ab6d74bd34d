"""Faults between camera and Odoo: whatever is pulled, no alert is missing, doubled or out of order.

A process that stands for a shard puts alerts into the spool and notes what it has put; another,
with the bridge's own uplink, delivers them to a real server. Both, and the server, are killed with
SIGKILL. The tests with cameras run whole bridges. YST_FAULT_ROUNDS sets the number of kills.
"""

import hashlib
import os
import random
import resource
import signal
import time
from collections import Counter

import pytest
from bridges import Proxy, Site, check_all_there, needed, until, watched

from tools import console

pytestmark = needed
ROUNDS = int(os.environ.get("YST_FAULT_ROUNDS", "190"))
ODOO_ROUNDS = max(4, ROUNDS // 19)
CAMERAS = 632
KILLS = 12
LOST = 5
"""Cameras that fall silent each time a process of a whole bridge is killed."""
LARGEST_FILE = 500_000


@pytest.fixture(scope="module")
def world():
    with watched("bridge", CAMERAS) as both:
        yield both


@pytest.fixture(scope="module")
def odoo(world):
    return world[0]


@pytest.fixture(scope="module")
def cameras(world):
    return world[1]


@pytest.fixture
def running(odoo):
    """The server, without the alerts of the test before."""
    if odoo.child.poll() is not None:
        odoo.start()
    odoo.ready_by()
    empty(odoo)
    return odoo


def empty(odoo):
    """Forget all alerts."""
    odoo.rows("DELETE FROM yst_video_snapshot; DELETE FROM yst_video_alert; DELETE FROM test_step"
              " RETURNING 1")


@pytest.fixture
def site(running, tmp_path):
    one = Site(tmp_path / "site", running)
    yield one
    one.end()


def test_alerts_of_ten_minutes_without_odoo_arrive_when_it_is_back(running, site):
    running.kill()
    deliverer = site.deliver()
    feeder = site.feed(pause=0, count=6000, steps=2, with_photo=False)
    assert feeder.wait(120) == 0
    assert site.waiting() == 12_000
    assert deliverer.poll() is None
    running.start()
    running.ready_by()
    begun = time.monotonic()
    site.empty_by(120)
    took = time.monotonic() - begun
    assert check_all_there(running, site) == 6000
    assert {state for _sequence, state in running.alerts().values()} == {"closed"}
    console.say(f"6000 alerts (12000 reports) in {took:.1f} s")


def test_kill_nine_at_random_moments_loses_nothing(running, site):
    chance = random.Random(20261124)
    victims = ["odoo"] * ODOO_ROUNDS + [
        chance.choice(["shard 1", "shard 2", "deliverer"]) for _round in range(ROUNDS)]
    chance.shuffle(victims)
    living = {"shard 1": site.feed(), "shard 2": site.feed(), "deliverer": site.deliver()}
    killed = Counter()
    back_at = 0.0
    for victim in victims:
        time.sleep(chance.uniform(0.03, 0.25))
        if victim == "odoo":
            # every other time it is in the middle of its work, else perhaps only starting
            if killed["odoo"] % 2 == 0 and running.child.poll() is None:
                running.ready_by()
                time.sleep(chance.uniform(0.0, 1.0))
            running.kill()
            back_at = time.monotonic() + chance.uniform(0, 1)
        else:
            site.kill(living[victim])
            living[victim] = site.deliver() if victim == "deliverer" else site.feed()
        killed[victim.split()[0]] += 1
        if running.child.poll() is not None and time.monotonic() > back_at:
            running.start()
    for name in ("shard 1", "shard 2"):
        site.kill(living[name])
    if running.child.poll() is not None:
        running.start()
    running.ready_by()
    site.empty_by(60)
    count = check_all_there(running, site)
    assert killed.total() == len(victims)
    assert count > 5 * ROUNDS, "there was hardly anything under way"
    console.say(f"{killed.total()} kills {dict(killed)}: {count} alerts, none missing, none twice")


def test_errors_half_answers_and_time_outs_after_the_commit(running, tmp_path):
    proxy = Proxy(running)
    site = Site(tmp_path / "site", running, proxy.url, timeout=1)
    try:
        chance = random.Random(7)
        faults = ["500", "half", "late"] * 4 + ["", "", ""]
        chance.shuffle(faults)
        proxy.faults = list(faults)
        feeder, _deliverer = site.feed(pause=0.01, count=400), site.deliver()
        assert feeder.wait(60) == 0
        until(lambda: not proxy.faults or site.waiting() == 0, 60)
        while proxy.faults:  # every fault has its turn
            site.feed(pause=0, count=1).wait(20)
            time.sleep(0.2)
        site.empty_by(60)
        check_all_there(running, site)
        assert proxy.count["late"] == proxy.count["half"] == proxy.count["500"] == 4
    finally:
        site.end()
        proxy.end()


def test_a_clip_that_is_ready_while_odoo_is_away_is_stored_once_after_its_alert(
    running, tmp_path
):
    proxy = Proxy(running)
    site = Site(tmp_path / "site", running, proxy.url, timeout=1)
    try:
        running.kill()
        assert site.feed(pause=0, count=2, steps=2).wait(60) == 0
        uid, other = site.read_journal()[0]
        video = site.clip(uid)
        wanted = hashlib.sha256(video.read_bytes()).hexdigest()
        deliverer = site.deliver()
        time.sleep(2)
        site.kill(deliverer)
        assert video.exists()
        (video.parent / f"{other}.1.part").write_bytes(b"cut off by a kill")
        proxy.late_clips = 2  # stored, but nobody hears of it
        running.start()
        running.ready_by()
        site.deliver()
        site.empty_by(60)
        until(lambda: not list(video.parent.iterdir()), 60, "the clip was not delivered")
        assert proxy.late_clips == 0
        stored = running.rows("SELECT a.uid, c.sha256 FROM yst_video_clip c"
                              " JOIN yst_video_alert a ON a.id = c.alert_id")
        assert stored == [(uid, wanted)]
        check_all_there(running, site)
    finally:
        site.end()
        proxy.end()


def test_a_full_disk_delays_alerts_and_loses_none(running, site):
    running.kill()
    feeder = site.feed(pause=0.02)
    until(lambda: site.journal.exists() and len(site.read_journal()[1]) > 20, 20)
    # more than the journal needs, and less than the spool
    resource.prlimit(feeder.pid, resource.RLIMIT_FSIZE, (LARGEST_FILE, resource.RLIM_INFINITY))
    until(lambda: waiting_in_memory(site) > 30, 30, "the disk does not fill")
    assert feeder.poll() is None
    intended, _put = site.read_journal()
    resource.prlimit(feeder.pid, resource.RLIMIT_FSIZE,
                     (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    wanted = {(uid, step) for uid, steps in intended.items() for step in steps}
    until(lambda: wanted <= set(site.look("SELECT uid, sequence FROM event")), 20)
    site.kill(feeder)
    running.start()
    running.ready_by()
    site.deliver()
    site.empty_by(60)
    alerts = running.alerts()
    assert set(intended) <= set(alerts)  # those that had to wait in memory too
    for uid, steps in intended.items():
        assert alerts[uid][0] >= max(steps)


def waiting_in_memory(site):
    """Reports that were to be put and are not on the disk."""
    intended, put = site.read_journal()
    return sum(map(len, intended.values())) - sum(map(len, put.values()))


def test_a_jump_of_the_clock_loses_and_stops_nothing(running, site):
    site.clock.write_text("0")
    feeder, _deliverer = site.feed(pause=0.01), site.deliver()
    until(running.alerts, 30)
    for offset in (86400 * 365, -86400 * 365, -3600, 7200):
        site.clock.write_text(str(offset))
        count = len(running.alerts())
        until(lambda count=count: len(running.alerts()) > count + 10, 30)
    running.kill()
    site.clock.write_text(str(86400 * 30))  # while things wait, the clock jumps by a month
    time.sleep(1)
    site.kill(feeder)
    running.start()
    running.ready_by()
    site.empty_by(60)
    assert check_all_there(running, site) > 40


def test_a_wrong_key_loses_nothing_and_is_not_tried_all_the_time(running, site):
    site.write_key("0" * 40)
    deliverer = site.deliver()
    feeder = site.feed(pause=0.01, count=100)
    assert feeder.wait(60) == 0
    time.sleep(2)
    assert not running.alerts()
    assert deliverer.poll() is None
    assert site.waiting() > 100
    log = (site.folder / "log").read_text()
    assert "refuses the key" in log
    assert "0" * 40 not in log
    site.write_key(running.key)
    site.empty_by(60)
    assert check_all_there(running, site) == 100


# -- whole bridges with cameras -------------------------------------------------------


def online(odoo):
    return odoo.rows("SELECT count(*) FROM yst_video_camera_health WHERE online")[0][0]


def numbers(odoo, ids):
    """The paths of cameras at the sample server."""
    first = odoo.cameras[0]
    return [f"cam/{camera - first + 1}" for camera in ids]


@pytest.fixture(scope="module")
def bridge(odoo, cameras, tmp_path_factory):
    """A bridge for all cameras."""
    one = Site(tmp_path_factory.mktemp("whole") / "site", odoo, shards=2)
    one.main = None
    yield one
    one.end()


@pytest.fixture
def whole(running, bridge, cameras):
    """The bridge, which reads all cameras; nothing has happened yet."""
    cameras.tell("well")
    if bridge.main is None or bridge.main.poll() is not None:
        bridge.main = bridge.bridge()
    until(lambda: online(running) == CAMERAS, 90, lambda: f"{online(running)} cameras came")
    until(lambda: not bridge.waiting() and "open" not in str(episodes(running)), 30)
    empty(running)
    yield bridge
    cameras.tell("well")


def shards_of(pid):
    """The processes that a supervisor has started."""
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


def episodes(odoo):
    """Offline alerts: {camera: [state]}."""
    found = {}
    for camera, state in odoo.rows(
        "SELECT camera_id, episode_state FROM yst_video_alert WHERE kind = 'offline' ORDER BY id"
    ):
        found.setdefault(camera, []).append(state)
    return found


def test_cameras_lost_while_shard_and_supervisor_are_killed_make_one_alert_each(
    running, whole, cameras
):
    """Each time more cameras fall silent, and at some moment before or after their alert one of
    the bridge's processes is killed; the next supervisor is started while the old shards end."""
    chance = random.Random(20261124)
    victims = ["supervisor"] * (KILLS // 3) + ["shard"] * (KILLS - KILLS // 3)
    chance.shuffle(victims)
    lost, old = [], set()
    for victim in victims:
        silent = running.cameras[len(lost):len(lost) + LOST]
        lost += silent
        cameras.tell("fault", "stall", *numbers(running, silent))
        time.sleep(chance.uniform(0, 4))
        pids = until(lambda: shards_of(whole.main.pid), 30, "no shard is started")
        old.update(pids)
        if victim == "shard":
            os.kill(chance.choice(pids), signal.SIGKILL)
        else:
            whole.kill(whole.main)
            whole.main = whole.bridge()
    until(lambda: set(episodes(running)) == set(lost), 90,
          lambda: f"{len(episodes(running))} of {len(lost)} alerts")
    until(lambda: whole.health().get("cameras", {}).get("online") == CAMERAS - len(lost), 60)
    gone = old - set(shards_of(whole.main.pid))
    assert not any(os.path.exists(f"/proc/{pid}") for pid in gone), "shards outlive a supervisor"
    assert episodes(running) == {camera: ["open"] for camera in lost}
    cameras.tell("well")
    until(lambda: online(running) == CAMERAS, 90)
    until(lambda: {s for states in episodes(running).values() for s in states} == {"closed"}, 30)
    assert episodes(running) == {camera: ["closed"] for camera in lost}
    console.say(f"{len(victims)} kills of a whole bridge: {len(lost)} alerts, none twice")


def test_all_cameras_lost_at_once_and_back_make_one_alert_each_and_no_storm(
    running, whole, cameras
):
    before = len(cameras.tell("connects")["connects"])
    cameras.tell("fault", "mute", "*")
    cameras.tell("drop")
    until(lambda: len(episodes(running)) == CAMERAS, 60,
          f"only {len(episodes(running))} alerts")
    assert online(running) == 0 or until(lambda: online(running) == 0, 10)
    cameras.tell("well")
    cameras.tell("drop")
    until(lambda: online(running) == CAMERAS, 120)
    until(lambda: {s for states in episodes(running).values() for s in states} == {"closed"}, 30)
    connects = cameras.tell("connects")["connects"][before:]
    per_second = Counter(int(at) for at in connects)
    console.say(f"{len(connects)} connections, at most {max(per_second.values())} in a second")
    assert max(per_second.values()) <= CAMERAS // 2
    assert len(connects) <= 8 * CAMERAS
    assert all(len(states) == 1 for states in episodes(running).values())


def test_spoilt_streams_and_wrong_passwords_harm_no_other_camera(running, whole, cameras):
    bad = {"garbage": running.cameras[:5], "loss": running.cameras[5:10],
           "drop": running.cameras[10:15]}
    for fault, ids in bad.items():
        cameras.tell("fault", fault, *numbers(running, ids))
    time.sleep(8)
    good = running.cameras[15:]
    count = running.rows(
        "SELECT count(*) FROM yst_video_camera_health WHERE online AND camera_id = ANY(%s)",
        (good,))[0][0]
    assert count == len(good)
    assert not set(episodes(running)) & set(good)
    assert whole.main.poll() is None
    assert whole.health()["status"] in {"ok", "warning"}
    # the cameras' password is changed: they are off until the platform knows it
    cameras.tell("well")
    cameras.tell("user", "camera", "second-Password")
    cameras.tell("drop")
    until(lambda: online(running) == 0, 60)
    problem = until(lambda: running.rows(
        "SELECT DISTINCT problem FROM yst_video_camera_health WHERE problem IS NOT NULL"
        " AND problem <> 'connecting'"), 30)
    assert "second-Password" not in str(problem)
    running.script("""
env["yst.video.stream"].search([("camera_id", "!=", False)]).write(
    {"username": "camera", "password": "second-Password"})
env.cr.commit()
""")
    until(lambda: online(running) == CAMERAS, 90)
    config = (whole.folder / "state" / "config.json")
    assert config.stat().st_mode & 0o077 == 0
    assert b"second-Password" not in (whole.folder / "log").read_bytes()
