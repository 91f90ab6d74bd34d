import threading
import uuid
from contextlib import contextmanager
from functools import partial

from odoo import api
from odoo.modules.registry import DummyRLock, Registry
from odoo.service.model import retrying
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger

from .api_common import NOON, VideoData, snapshot, stamp

AREA, SERIAL = "610902996000", 800_000


@tagged("post_install", "-at_install")
class TestApiConcurrency(BaseCase):
    """Several requests at once in connections of their own, as several servers would have them.

    What they need is committed first and taken away at the end.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        cls.addClassCleanup(cls._clean)
        with cls._env() as env:
            cls.others = env["yst.video.camera"].search([("state", "=", "active")]).ids
            env.cr.execute(
                "UPDATE yst_video_camera SET state = 'retired' WHERE id = ANY(%s)", [cls.others]
            )
            area = env["yst.area"].create({"name": "并发街道", "code": AREA, "kind": "subdistrict"})
            cameras = env["yst.video.camera"].create(
                [
                    {"name": f"并发相机{n}", "gb_code": f"61090200001320{SERIAL + n}",
                     "area_id": area.id, "latitude": 32.69, "longitude": 109.03 + n / 100_000}
                    for n in range(12)
                ]
            )
            env["yst.video.stream"].create(
                [{"main_address": f"rtsp://192.0.2.9/{one.id}", "camera_id": one.id}
                 for one in cameras]
            )
            cameras._with_state_unlocked().write({"state": "active"})
            rules = env["yst.video.rule"].create(
                [{"camera_id": one.id, "kind": "crowd", "dispatch": "at_once",
                  "category_id": env.ref("yst_order.category_crowd").id} for one in cameras]
            )
            bridges = env["yst.video.bridge"].create(
                [{"name": f"并发网桥{n}", "uid": str(uuid.uuid4())} for n in range(3)]
            )
            cls.area_id, cls.camera_ids, cls.rule_ids = area.id, cameras.ids, rules.ids
            cls.bridge_ids = bridges.ids

    @classmethod
    def _clean(cls):
        with cls._env() as env:
            cameras = tuple(cls.camera_ids)
            env.cr.execute("SELECT id FROM yst_order WHERE area_id = %s", [cls.area_id])
            orders = [row[0] for row in env.cr.fetchall()]
            env["ir.attachment"].sudo().search(
                [("res_model", "=", "yst.video.snapshot"), ("res_field", "=", "image"),
                 ("res_id", "in", env["yst.video.snapshot"].search(
                     [("camera_id", "in", cameras)]).ids)]
            ).unlink()
            env["mail.message"].search(
                [("model", "=", "yst.order"), ("res_id", "in", orders)]
            ).unlink()
            env.flush_all()
            for statement, values in (
                ("DELETE FROM yst_video_alert WHERE camera_id IN %s", cameras),
                ("DELETE FROM yst_order_link WHERE order_id = ANY(%s)", orders),
                ("DELETE FROM yst_order WHERE id = ANY(%s)", orders),
                ("DELETE FROM yst_video_rule WHERE camera_id IN %s", cameras),
                ("DELETE FROM yst_video_stream WHERE camera_id IN %s", cameras),
                ("DELETE FROM yst_video_camera WHERE id IN %s", cameras),
                ("DELETE FROM yst_video_bridge WHERE id = ANY(%s)", cls.bridge_ids),
                ("UPDATE yst_video_camera SET state = 'active' WHERE id = ANY(%s)", cls.others),
                ("DELETE FROM yst_area WHERE id = %s", cls.area_id),
            ):
                env.cr.execute(statement, [values])
            env.registry.clear_cache()

    @classmethod
    @contextmanager
    def _env(cls):
        with cls.registry.cursor() as cr:
            yield api.Environment(cr, 1, {"tracking_disable": True, "lang": "en_US"})

    def together(self, *jobs):
        """Run jobs at once, each as a request of its own that is run again on conflicts."""
        start = threading.Barrier(len(jobs))
        answers, errors = [None] * len(jobs), []

        def run(place, job):
            threading.current_thread().dbname = get_db_name()
            try:
                with self._env() as env:
                    waiting = [True]

                    def request():
                        if waiting:
                            waiting.pop()
                            env.cr.execute("SELECT 1")  # the snapshot of each is taken …
                            start.wait(timeout=30)  # … before any of them begins
                        return job(env)

                    answers[place] = retrying(request, env)
            except Exception as error:
                errors.append(error)

        threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
        lock = Registry._lock
        Registry._lock = DummyRLock()  # as outside of tests
        try:
            with mute_logger("odoo.sql_db", "odoo.service.model"):
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join(timeout=60)
        finally:
            Registry._lock = lock
        self.assertFalse(errors, errors)
        return answers

    def item(self, camera=0, uid=None, sequence=1, **more):
        return {
            **VideoData.report(
                self, uid, sequence, camera=_Id(self.camera_ids[camera]),
                rule=_Id(self.rule_ids[camera]), snapshots=[snapshot()],
            ),
            **more,
        }

    def ingest(self, bridge, items, env):
        results = env["yst.video.alert"]._ingest(
            env["yst.video.bridge"].browse(self.bridge_ids[bridge]), items
        )
        return [result["status"] for result in results]

    # what VideoData.report falls back on
    camera = rule = None

    def test_the_same_batch_sent_twice_at_once_is_stored_once(self):
        items = [self.item(n, started_at=stamp(NOON.replace(hour=1))) for n in range(4)]
        answers = self.together(
            *(partial(self.ingest, bridge, items) for bridge in (0, 0, 1))
        )
        self.assertEqual(
            sorted(answers), [["duplicate"] * 4, ["duplicate"] * 4, ["stored"] * 4]
        )
        with self._env() as env:
            alerts = env["yst.video.alert"].search([("uid", "in", [i["uid"] for i in items])])
            self.assertEqual(len(alerts), 4)
            self.assertEqual(alerts.mapped("snapshot_count"), [1] * 4)
            self.assertEqual(len(alerts.snapshot_ids), 4)

    def test_steps_of_one_episode_at_once_end_with_the_last(self):
        uid = str(uuid.uuid4())
        steps = [
            self.item(5, uid, 1, started_at=stamp(NOON.replace(hour=2))),
            self.item(5, uid, 2, event="update", started_at=stamp(NOON.replace(hour=2))),
            self.item(5, uid, 3, event="close", started_at=stamp(NOON.replace(hour=2))),
        ]
        self.together(*(partial(self.ingest, 0, [step]) for step in steps))
        with self._env() as env:
            alert = env["yst.video.alert"].search([("uid", "=", uid)])
            self.assertEqual(
                (len(alert), alert.sequence, alert.episode_state), (1, 3, "closed")
            )

    def test_two_bridges_that_see_one_crowd_make_one_order(self):
        """Neighbouring cameras of two bridges report in the same moment."""
        items = [self.item(n, started_at=stamp(NOON.replace(hour=3))) for n in (6, 7, 8)]
        self.together(*(partial(self.ingest, n, [item]) for n, item in enumerate(items)))
        with self._env() as env:
            alerts = env["yst.video.alert"].search([("uid", "in", [i["uid"] for i in items])])
            self.assertEqual(len(alerts), 3)
            self.assertTrue(all(alert.order_id for alert in alerts), "an alert without order")
            self.assertEqual(len(alerts.order_id), 1)
            self.assertEqual(len(alerts.order_id.link_ids), 3)

    def test_bridges_that_come_at_once_share_the_cameras(self):
        held = [[], [], []]
        for _time in range(3):
            answers = self.together(
                *(partial(self.beat, number, held[number]) for number in range(3))
            )
            for number, answer in enumerate(answers):
                held[number] = answer["lease"]["cameras"]
        self.assertEqual(sorted(map(len, held)), [4, 4, 4])
        self.assertEqual(sorted(camera for own in held for camera in own), self.camera_ids)
        with self._env() as env:
            env.cr.execute(
                "SELECT bridge_id, array_agg(camera_id ORDER BY camera_id)"
                " FROM yst_video_camera_health WHERE camera_id = ANY(%s) GROUP BY 1",
                [self.camera_ids],
            )
            self.assertEqual(
                dict(env.cr.fetchall()), dict(zip(self.bridge_ids, held, strict=True))
            )

    def beat(self, number, held, env):
        bridge = env["yst.video.bridge"].browse(self.bridge_ids[number])
        return bridge._heartbeat({"capacity": 0}, held, [])

    def test_a_judgement_and_a_report_at_once_are_both_kept(self):
        uid = str(uuid.uuid4())
        first = self.item(9, uid, started_at=stamp(NOON.replace(hour=4)))
        with self._env() as env:
            self.ingest(0, [first], env)
            alert_id = env["yst.video.alert"].search([("uid", "=", uid)]).id

        def judge(env):
            return env["yst.video.alert"].browse(alert_id).action_judge_true()

        close = {**first, "sequence": 2, "event": "close"}
        self.together(judge, partial(self.ingest, 0, [close]))
        with self._env() as env:
            alert = env["yst.video.alert"].browse(alert_id)
            self.assertEqual(
                (alert.judgement, alert.episode_state, alert.sequence), ("true", "closed", 2)
            )


class _Id:
    """As much of a record as a report needs."""

    def __init__(self, number):
        self.id = number
