"""Bridges that see one card in the same moment: one binds, the others are told."""

import threading
from contextlib import contextmanager

from odoo import api
from odoo.modules.registry import DummyRLock, Registry
from odoo.service.model import retrying
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger

from ..models.yst_video_stream import BindError

CODE = "610902995000"


@tagged("post_install", "-at_install")
class TestBindConcurrency(BaseCase):
    """Four connections; what they need is committed first and taken away at the end."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        cls.addClassCleanup(cls._clean)
        with cls._env() as env:
            area = env["yst.area"].create(
                {"name": "并发测试街道", "code": CODE, "kind": "subdistrict"}
            )
            camera = env["yst.video.camera"].create(
                {"name": "并发", "gb_code": "61090200011320995001", "area_id": area.id}
            )
            camera._ensure_install_token()
            cls.camera_id, cls.token = camera.id, camera.install_token
            cls.stream_ids = env["yst.video.stream"].create(
                [{"main_address": f"rtsp://10.9.9.{n}/x"} for n in (1, 2, 3, 4)]
            ).ids

    @classmethod
    def _clean(cls):
        with cls._env() as env:
            env["yst.video.stream"].browse(cls.stream_ids).unlink()
            env.flush_all()
            for statement in (
                "DELETE FROM mail_message WHERE model = 'yst.video.camera' AND res_id = %s",
                "DELETE FROM yst_video_camera WHERE id = %s",
            ):
                env.cr.execute(statement, [cls.camera_id])
            env.cr.execute("DELETE FROM yst_area WHERE code = %s", [CODE])
            env.invalidate_all(flush=False)

    @classmethod
    @contextmanager
    def _env(cls):
        with cls.registry.cursor() as cr:
            yield api.Environment(cr, api.SUPERUSER_ID, {})

    def test_one_card_binds_one_stream(self):
        # the test runner holds this lock, and would wait for threads that wait for it
        self.patch(Registry, "_lock", DummyRLock())
        gate, answers = threading.Barrier(len(self.stream_ids)), []

        def bind(stream_id):
            with self._env() as env:
                env.cr.execute("SELECT 1 FROM yst_video_stream LIMIT 1")  # takes the snapshot
                gate.wait(10)

                def once():
                    return env["yst.video.stream"]._bind_token(stream_id, self.token).id

                try:
                    answers.append(retrying(once, env))
                except BindError as error:
                    env.cr.rollback()
                    answers.append(error.code)

        threads = [threading.Thread(target=bind, args=(i,)) for i in self.stream_ids]
        with mute_logger("odoo.sql_db"):  # that they collide is what is wanted
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
        self.assertCountEqual(answers, [self.camera_id, "token", "token", "token"])
        with self._env() as env:
            bound = env["yst.video.stream"].search([("camera_id", "=", self.camera_id)])
            self.assertEqual(len(bound), 1)
            camera = env["yst.video.camera"].browse(self.camera_id)
            self.assertEqual((camera.state, camera.install_token), ("active", False))
