import io
import uuid
from datetime import timedelta

from odoo.tests import tagged

from .. import clip_upload
from ..api_error import ApiError
from .api_common import NOON, VideoCase, snapshot, stamp
from .api_common import jpeg as picture
from .clip_common import clip_file


def after(seconds):
    return NOON + timedelta(seconds=seconds)


@tagged("post_install", "-at_install")
class TestAlertTwin(VideoCase):
    """A bridge that was cut off and the one that stood in for it saw one episode: one alert."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first, cls.second = cls.env["yst.video.bridge"].create(
            [{"name": f"网桥{n}", "uid": str(uuid.uuid4())} for n in range(2)]
        )
        cls.rule.cooldown = 60
        cls.hold(cls.second)

    @classmethod
    def hold(cls, bridge, cameras=None):
        """The bridge has the cameras now, and is told what goes on before them."""
        cameras = cameras or cls.camera
        cls.env.flush_all()
        bridge._store_lease(cameras.ids, cameras.ids)
        return bridge._open_episodes(cameras.ids)

    def step(self, uid, sequence, event, begun, at, **more):
        ended = stamp(after(at)) if event == "close" else None
        return self.report(uid, sequence, event, at=after(at), started_at=stamp(after(begun)),
                           ended_at=ended, **more)

    def send(self, bridge, *items):
        results = self.env["yst.video.alert"]._ingest(bridge, list(items))
        self.env.invalidate_all()
        return [result["status"] for result in results]

    def alerts(self):
        return self.env["yst.video.alert"].search([("camera_id", "=", self.camera.id)])

    def two(self):
        return str(uuid.uuid4()), str(uuid.uuid4())

    def test_what_the_bridge_saw_while_it_was_cut_off_joins_the_alert_of_the_other(self):
        old, new = self.two()
        self.send(self.second, self.step(new, 1, "open", 20, 30, snapshots=[snapshot()]))
        late = [
            self.step(old, 1, "open", 0, 10, count=4, snapshots=[snapshot(picture(1), after(10))]),
            self.step(old, 2, "update", 0, 40, count=30,
                      snapshots=[snapshot(picture(2), after(40))]),
        ]
        self.assertEqual(self.send(self.first, *late), ["stored", "stored"])
        alert = self.alerts()
        self.assertEqual(alert.uid, new)
        self.assertEqual((alert.sequence, alert.bridge_id), (1, self.second))
        self.assertEqual((alert.started_at, alert.last_at, alert.count),
                         (NOON, after(40), 30))
        self.assertEqual(alert.snapshot_count, 3)
        self.assertEqual(len(self.pictures(alert.snapshot_ids)), 3)
        # sent once more, as after a time-out; then a later step, which comes by itself
        self.assertEqual(self.send(self.first, *late), ["stale", "duplicate"])
        self.assertEqual(
            self.send(self.first, self.step(old, 3, "close", 0, 50, score=0, count=0)), ["stored"])
        self.assertEqual((self.alerts(), alert.snapshot_count), (alert, 3))
        self.assertEqual(alert.episode_state, "open", "the other bridge goes on with it")
        self.assertEqual(
            self.send(self.second, self.step(new, 2, "close", 20, 90, score=0, count=0)),
            ["stored"])
        self.assertEqual((alert.episode_state, alert.ended_at, alert.count),
                         ("closed", after(90), 30))
        self.assertEqual(alert.started_at, NOON)

    def test_who_has_the_camera_says_when_it_is_over_whichever_came_first(self):
        old, new = self.two()
        self.send(self.first, self.step(old, 1, "open", 0, 10))
        self.send(self.second, self.step(new, 1, "open", 20, 30))
        alert = self.alerts()
        self.assertEqual((alert.uid, alert.twins), (old, {new: 1}))
        self.send(self.second, self.step(new, 2, "close", 20, 70))
        self.assertEqual((alert.episode_state, alert.ended_at), ("closed", after(70)))

    def test_a_bridge_that_gets_its_camera_back_goes_on_with_the_alert(self):
        old, new = self.two()
        self.send(self.second, self.step(new, 1, "open", 20, 30))
        told = self.hold(self.first)
        self.assertEqual([episode["uid"] for episode in told], [new])
        # as it does then: its own episode ends, the one it was told of is gone on with
        self.send(self.first, self.step(old, 1, "open", 0, 10),
                  self.step(old, 1000, "close", 0, 60))
        alert = self.alerts()
        self.assertEqual((alert.uid, alert.episode_state), (new, "open"))
        self.send(self.first, self.step(new, 1001, "update", 20, 95),
                  self.step(new, 1002, "close", 20, 100))
        self.assertEqual((alert.episode_state, alert.bridge_id), ("closed", self.first))

    def test_what_goes_on_after_the_other_bridge_had_closed_it_is_open_again(self):
        old, new = self.two()
        self.send(self.second, self.step(new, 1, "open", 20, 30),
                  self.step(new, 2, "close", 20, 40))
        self.assertEqual(self.hold(self.first), [])
        self.send(self.first, self.step(old, 1, "open", 0, 10))
        alert = self.alerts()
        self.assertEqual((alert.uid, alert.episode_state, alert.ended_at), (new, "open", False))
        self.send(self.first, self.step(old, 2, "update", 0, 300),
                  self.step(old, 3, "close", 0, 330))
        self.assertEqual((alert.episode_state, alert.ended_at), ("closed", after(330)))

    def test_within_the_cooldown_it_is_the_same_alert_and_later_another(self):
        self.send(self.first, self.step(str(uuid.uuid4()), 1, "open", 0, 10),
                  self.step(self.two()[0], 1, "open", 0, 10, camera=self.far))
        alert = self.alerts()
        self.send(self.first, self.step(alert.uid, 2, "close", 0, 100))
        early, late = self.two()
        self.send(self.second, self.step(early, 1, "open", 150, 155),
                  self.step(early, 2, "close", 150, 158))
        self.assertEqual((self.alerts(), alert.ended_at), (alert, after(158)))
        self.send(self.second, self.step(late, 1, "open", 158 + 61, 158 + 65))
        self.assertEqual(len(self.alerts()), 2)

    def test_what_was_judged_false_is_no_reason_to_keep_quiet(self):
        old, new = self.two()
        self.send(self.first, self.step(old, 1, "open", 0, 10),
                  self.step(old, 2, "close", 0, 100))
        reason = self.env["yst.video.false.reason"].search([], limit=1)
        self.alert(old).with_user(self.operator).action_judge_false(reason)
        self.send(self.second, self.step(new, 1, "open", 150, 155))
        self.assertEqual(len(self.alerts()), 2)
        self.assertEqual(self.alert(new).judgement, "pending")

    def test_different_happenings_stay_different_alerts(self):
        other = self._rule(self.camera)
        self.send(self.first, self.step(self.two()[0], 1, "open", 0, 10))
        for bridge, more in (
            (self.first, {}),  # one bridge knows what it does
            (self.second, {"rule": other}),
            (self.second, {"rule": None, "camera": self.far}),
            (self.second, {"kind": "loitering"}),
        ):
            uid = str(uuid.uuid4())
            self.assertEqual(self.send(bridge, self.step(uid, 1, "open", 5, 12, **more)),
                             ["stored"])
            self.assertTrue(self.alert(uid), more)
        long_after = str(uuid.uuid4())
        self.send(self.second, self.step(long_after, 1, "open", 2000, 2005))
        self.assertTrue(self.alert(long_after), "an alert that nobody reports any more is over")

    def test_the_clip_of_either_is_the_clip_of_the_alert(self):
        old, new = self.two()
        self.send(self.second, self.step(new, 1, "open", 20, 30))
        self.send(self.first, self.step(old, 1, "open", 0, 10))
        upload = clip_upload.Upload(io.BytesIO(clip_file()))
        self.addCleanup(upload.close)
        clips = self.env["yst.video.clip"].sudo()
        self.assertTrue(clips._take(old, upload, NOON, 15.0, "h264"))
        self.assertFalse(clips._take(new, upload, NOON, 15.0, "h264"), "it is there already")
        self.assertEqual(self.alerts().clip_ids.sha256, upload.sha256)
        with self.assertRaises(ApiError):
            clips._take(str(uuid.uuid4()), upload, NOON, 15.0, "h264")

    def test_an_identity_that_is_an_alert_of_its_own_as_well_is_that_alert(self):
        """Sent twice at once, an episode may have become both."""
        own, other = self.made(), self.made(self.far)
        self.env.cr.execute(
            "UPDATE yst_video_alert SET twins = jsonb_build_object(%s, 1) WHERE id = %s",
            (own.uid, other.id),
        )
        self.assertEqual(self.env["yst.video.alert"]._of_identity(own.uid), own)

    def test_one_order_for_both(self):
        self.rule.dispatch = "at_once"
        old, new = self.two()
        self.send(self.second, self.step(new, 1, "open", 20, 30))
        order = self.alerts().order_id
        self.send(self.first, self.step(old, 1, "open", 0, 10))
        self.assertTrue(order)
        self.assertEqual(self.alerts().order_id, order)

    def test_an_identity_of_another_camera_is_refused(self):
        old, new = self.two()
        self.send(self.second, self.step(new, 1, "open", 20, 30))
        self.send(self.first, self.step(old, 1, "open", 0, 10))
        result = self.env["yst.video.alert"]._ingest(
            self.first, [self.step(old, 2, "update", 0, 50, camera=self.far)])[0]
        self.assertEqual((result["status"], result["code"]), ("invalid", "other_episode"))

    def test_what_no_bridge_goes_on_with_is_closed_although_its_camera_is_read(self):
        """It was reported late by a bridge that had lost the camera."""
        uid = str(uuid.uuid4())
        self.send(self.first, self.step(uid, 1, "open", 0, 10))
        self.env.cr.execute(
            "UPDATE yst_video_alert SET write_date = write_date - interval '31 minutes',"
            " last_at = now() AT TIME ZONE 'utc' - interval '31 minutes' WHERE uid = %s", [uid])
        self.env["yst.video.alert"]._cron_close_silent()
        self.env.invalidate_all()
        self.assertEqual(self.alert(uid).episode_state, "closed")

    def test_a_batch_of_many_costs_as_much_as_one_of_few(self):
        cameras = self._cameras(self.north, 60)
        rules = self._rule(cameras)
        self.hold(self.second, cameras)
        costs = []
        for some in (range(1, 3), range(3, 60)):
            pairs = [(cameras[n], rules[n]) for n in some]
            ours, theirs = (
                [self.step(str(uuid.uuid4()), 1, "open", 0, 10, camera=camera, rule=rule)
                 for camera, rule in pairs]
                for _side in range(2)
            )
            self.send(self.second, *ours)
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(set(self.send(self.first, *theirs)), {"stored"})
            costs.append(self.env.cr.sql_log_count - before)
        self.assertEqual(costs[0], costs[1])
        self.assertEqual(
            self.env["yst.video.alert"].search_count([("camera_id", "in", cameras.ids)]), 59)
