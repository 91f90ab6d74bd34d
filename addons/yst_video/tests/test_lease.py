import uuid
from datetime import timedelta

from odoo import fields
from odoo.tests import BaseCase, tagged

from .. import lease_split
from .api_common import VideoCase, ago, stamp


@tagged("post_install", "-at_install")
class TestSplit(BaseCase):
    """The fair split as a rule, without a database."""

    def test_each_bridge_takes_its_share(self):
        self.assertEqual(lease_split.quotas(632, {1: 0}), {1: 632})
        self.assertEqual(lease_split.quotas(632, {1: 0, 2: 0, 3: 0}), {1: 211, 2: 211, 3: 211})
        self.assertEqual(lease_split.quotas(0, {1: 0, 2: 5}), {1: 0, 2: 0})
        self.assertEqual(lease_split.quotas(5, {}), {})

    def test_what_a_small_bridge_cannot_take_the_others_share(self):
        self.assertEqual(lease_split.quotas(632, {1: 32, 2: 0, 3: 0}), {1: 32, 2: 300, 3: 300})
        self.assertEqual(lease_split.quotas(632, {1: 32, 2: 200, 3: 0}), {1: 32, 2: 200, 3: 400})
        self.assertEqual(lease_split.quotas(632, {1: 100, 2: 100}), {1: 100, 2: 100})

    def test_the_shares_cover_the_cameras_wherever_capacity_does(self):
        for cameras in (0, 1, 7, 632):
            for capacities in ({1: 0}, {1: 3, 2: 0}, {1: 1, 2: 2, 3: 700}, {1: 5, 2: 5, 3: 5}):
                shares = lease_split.quotas(cameras, capacities)
                room = sum(size or cameras for size in capacities.values())
                self.assertGreaterEqual(sum(shares.values()), min(cameras, room))
                for bridge, size in capacities.items():
                    self.assertLessEqual(shares[bridge], size or cameras)

    def test_cameras_stay_where_they_are(self):
        self.assertEqual(lease_split.choose(3, [1, 2, 3], [4, 5], [1, 2, 3]), ([1, 2, 3], []))
        self.assertEqual(lease_split.choose(4, [1, 2], [3, 4, 5], [5]), ([1, 2, 3, 5], []))
        # those that it does not read go first
        self.assertEqual(lease_split.choose(1, [1, 2], [], [2]), ([2], [1]))
        self.assertEqual(lease_split.choose(0, [1], [2], [1]), ([], [1]))


@tagged("post_install", "-at_install")
class TestLease(VideoCase):
    """Bridges share the cameras; one comes, one goes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.camera | cls.far)._with_state_unlocked().write({"state": "retired"})
        cls.all = cls._cameras(cls.north, 632)

    def bridges(self, count):
        return self.env["yst.video.bridge"].create(
            [{"name": f"网桥{n}", "uid": str(uuid.uuid4())} for n in range(count)]
        )

    def beat(self, bridge, held=(), capacity=0, cameras=()):
        answer = bridge._heartbeat({"capacity": capacity}, list(held), list(cameras))
        return set(answer["lease"]["cameras"]), answer["episodes"]

    def silent(self, bridges, seconds=31):
        """As if the bridges had said nothing for some seconds."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE yst_video_bridge SET last_seen = %s WHERE id = ANY(%s)",
            [ago(seconds=seconds), bridges.ids],
        )
        self.env.cr.execute(
            "UPDATE yst_video_camera_health SET lease_until = %s WHERE bridge_id = ANY(%s)",
            [ago(seconds=seconds - 30), bridges.ids],
        )
        self.env.invalidate_all()

    def round(self, held):
        """One heartbeat of each bridge; what each holds then."""
        for bridge in held:
            held[bridge] = self.beat(bridge, held[bridge])[0]
        return held

    def check(self, held, most):
        """Every camera is held once, and nobody holds more than the share."""
        self.assertEqual(set().union(*held.values()), set(self.all.ids))
        self.assertEqual(sum(map(len, held.values())), len(self.all))
        self.assertLessEqual(max(map(len, held.values())), most)
        self.env.cr.execute(
            "SELECT bridge_id, count(*) FROM yst_video_camera_health"
            " WHERE lease_until > %s GROUP BY 1",
            [ago()],
        )
        self.assertEqual(
            dict(self.env.cr.fetchall()), {bridge.id: len(own) for bridge, own in held.items()}
        )

    def test_three_bridges_one_killed_one_added(self):
        first, second, third, fourth = self.bridges(4)
        held = {first: set()}
        self.round(held)
        self.check(held, 632)
        held |= {second: set(), third: set()}
        self.round(held)
        before = {bridge: set(own) for bridge, own in held.items()}
        self.round(held)
        self.check(held, 211)
        # sticky: what was fairly held before the second round still is
        for bridge in held:
            self.assertTrue(before[bridge] <= held[bridge] or bridge == first)
        self.round(held)
        stable = {bridge: set(own) for bridge, own in held.items()}
        self.assertEqual(self.round(held), stable)

        lost = held.pop(second)
        self.silent(second)
        self.round(held)
        self.check(held, 316)
        for bridge in held:
            self.assertTrue(stable[bridge] <= held[bridge], "a survivor lost a camera")
        self.assertEqual(set().union(*held.values()) - stable[first] - stable[third], lost)

        held[fourth] = set()
        for _time in range(3):
            self.round(held)
        self.check(held, 211)
        # the dead one comes back and gets its fair share again
        held[second] = set()
        for _time in range(3):
            self.round(held)
        self.check(held, 158)

    def test_a_small_bridge_takes_no_more_than_it_can(self):
        small, large = self.bridges(2)
        held = {small: set(), large: set()}
        for _time in range(3):
            for bridge, capacity in ((small, 32), (large, 0)):
                held[bridge] = self.beat(bridge, held[bridge], capacity)[0]
        self.check(held, 600)
        self.assertEqual(len(held[small]), 32)

    def test_what_a_restarted_bridge_reads_already_it_keeps(self):
        first, second = self.bridges(2)
        odd = set(self.all.ids[1::2])
        self.assertEqual(self.beat(first, odd)[0], set(self.all.ids))
        self.silent(first)
        self.beat(second)
        self.silent(second)
        self.beat(first, odd)
        self.beat(second)
        self.assertEqual(self.beat(first, odd)[0], odd)

    def test_open_episodes_are_handed_over(self):
        first, second = self.bridges(2)
        camera = self.all[5]
        rule = self._rule(camera)
        self.beat(first)
        going_on = self.made(camera=camera, rule=rule)
        over = self.made(camera=camera, rule=rule)
        self.ingest(self.report(over.uid, 2, "close", camera=camera, rule=rule))
        # nothing is new to a bridge that reads the camera already
        self.assertEqual(self.beat(first, self.all.ids)[1], [])
        expected = [
            {
                "uid": going_on.uid,
                "sequence": 1,
                "camera": camera.id,
                "rule": rule.id,
                "kind": "crowd",
                "started_at": stamp(going_on.started_at),
                "last_at": stamp(going_on.last_at),
            }
        ]
        self.assertEqual(self.beat(first, [])[1], expected)
        self.silent(first)
        lease, episodes = self.beat(second)
        self.assertIn(camera.id, lease)
        self.assertEqual(episodes, expected)

    def test_one_alert_when_both_bridges_report_the_episode(self):
        first, second = self.bridges(2)
        item = self.report(camera=self.all[0])
        Alert = self.env["yst.video.alert"]
        Alert._ingest(first, [item])
        Alert._ingest(second, [item, {**item, "sequence": 2, "event": "close"}])
        Alert._ingest(first, [{**item, "sequence": 2, "event": "update"}])
        alert = self.alert(item["uid"])
        self.assertEqual(len(alert), 1)
        self.assertEqual((alert.episode_state, alert.bridge_id), ("closed", second))

    def test_cameras_of_a_silent_bridge_are_online_no_longer(self):
        (bridge,) = self.bridges(1)
        camera = self.all[0]
        said = [{"id": camera.id, "online": True, "since": stamp(ago(seconds=5))}]
        self.beat(bridge)
        self.beat(bridge, self.all.ids, cameras=said)
        self.env.invalidate_all()
        self.assertTrue(camera.online)
        self.silent(bridge, 35)
        self.assertFalse(camera.online)
        self.env["yst.video.bridge"]._cron_forget_gone()
        self.assertTrue(camera.health_id.online)  # not yet known to be gone
        self.silent(bridge, 61)
        self.env["yst.video.bridge"]._cron_forget_gone()
        self.env.invalidate_all()
        self.assertFalse(camera.health_id.online)
        self.assertEqual(bridge.state, "gone")
        self.assertEqual(bridge.camera_count, 0)

    def test_a_camera_is_not_online_before_its_new_bridge_has_said_so(self):
        first, second = self.bridges(2)
        camera = self.all[0]
        self.beat(first)
        self.beat(first, self.all.ids, cameras=[
            {"id": camera.id, "online": True, "since": stamp(ago(seconds=5))}
        ])
        self.silent(first)
        self.beat(second)
        self.env.invalidate_all()
        self.assertEqual(camera.health_id.bridge_id, second)
        self.assertFalse(camera.online)

    def test_only_cameras_with_a_stream_and_in_use_are_leased(self):
        (bridge,) = self.bridges(1)
        without = self._cameras(self.north, stream=False)
        planned, maintenance = self._cameras(self.north, 2)
        planned._with_state_unlocked().write({"state": "planned"})
        maintenance._with_state_unlocked().write({"state": "maintenance"})
        self.env.flush_all()
        lease = self.beat(bridge)[0]
        self.assertEqual(lease, set(self.all.ids) | {maintenance.id})
        self.assertNotIn(without.id, lease)

    def test_a_heartbeat_costs_the_same_for_few_and_for_many_cameras(self):
        (bridge,) = self.bridges(1)

        def said(cameras):
            return [{"id": camera.id, "online": True, "since": stamp(ago(seconds=5))}
                    for camera in cameras]

        counts = []
        for cameras in (self.all[:1], self.all):
            (self.all - cameras)._with_state_unlocked().write({"state": "retired"})
            cameras._with_state_unlocked().write({"state": "active"})
            self.beat(bridge, cameras.ids)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.beat(bridge, cameras.ids, cameras=said(cameras))
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
        self.assertLessEqual(counts[1], 16)

    def test_want_writes_seldom(self):
        Still = self.env["yst.video.still"]
        Still._want(self.all[:36])
        self.env.flush_all()
        self.env.cr.execute("SELECT max(xmin::text::bigint), count(*) FROM yst_video_still")
        self.assertEqual(self.env.cr.fetchone()[1], 36)
        self.assertEqual(Still._wanted(self.all.ids), self.all[:36].ids)
        soon = fields.Datetime.now() + timedelta(seconds=20)
        self.env.cr.execute("UPDATE yst_video_still SET wanted_until = %s", [soon])
        Still._want(self.all[:36])
        self.env.cr.execute("SELECT DISTINCT wanted_until FROM yst_video_still")
        self.assertEqual(self.env.cr.fetchall(), [(soon,)])  # still long enough: not touched
        near = fields.Datetime.now() + timedelta(seconds=5)
        self.env.cr.execute("UPDATE yst_video_still SET wanted_until = %s", [near])
        Still._want(self.all[:36])
        self.env.cr.execute("SELECT DISTINCT wanted_until FROM yst_video_still")
        self.assertGreater(self.env.cr.fetchone()[0], near)
