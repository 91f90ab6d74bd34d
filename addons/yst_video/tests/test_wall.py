"""The wall: never an old picture as the present, one question for all tiles, a purpose first."""

import base64
from datetime import timedelta

from odoo import fields
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from ..controllers import purpose
from ..models.yst_video_wall import MAX_TILES, milliseconds, tile_state
from .api_common import ApiCase, VideoCase, jpeg, stamp


@tagged("post_install", "-at_install")
class TestTileState(TransactionCase):
    def test_only_a_young_picture_of_a_camera_that_works_is_live(self):
        cases = [
            # state of the camera, online, a bridge has it, age of the picture, expected
            ("active", True, True, 5, "live"),
            ("active", True, True, 900, "live"),
            ("active", True, True, 901, "stale"),
            ("active", True, True, None, "none"),
            ("active", False, True, 5, "offline"),
            ("active", False, True, None, "offline"),
            ("active", True, False, 5, "unknown"),
            ("active", False, False, None, "unknown"),
            ("maintenance", True, True, 5, "maintenance"),
        ]
        for camera, online, watched, age, expected in cases:
            with self.subTest((camera, online, watched, age)):
                self.assertEqual(tile_state(camera, online, watched, age, 300), expected)


@tagged("post_install", "-at_install")
class TestWall(VideoCase):
    def still(self, camera, **ago):
        at = fields.Datetime.now() - timedelta(**ago)
        self.env["yst.video.still"]._put_stills(
            [{"camera": camera.id, "at": stamp(at), "jpeg": base64.b64encode(jpeg()).decode()}]
        )
        return at

    def health(self, camera, online=True, lease=60):
        until = fields.Datetime.now() + timedelta(seconds=lease)
        camera.health_id.sudo().write({"online": online, "lease_until": until})

    def tiles(self, cameras, user=None):
        wall = self.env["yst.video.wall"].with_user(user or self.operator)
        found, tiles = wall._tiles(cameras.ids)
        return found, {tile["id"]: tile for tile in tiles}

    def test_tiles_tell_state_and_age(self):
        at = self.still(self.camera, seconds=40)
        self.health(self.camera)
        self.still(self.far, hours=2)
        self.health(self.far)
        _found, tiles = self.tiles(self.camera | self.far)
        tile = tiles[self.camera.id]
        self.assertEqual((tile["state"], tile["at"]), ("live", milliseconds(at)))
        self.assertTrue(39 <= tile["age"] <= 60)
        self.assertEqual(tiles[self.far.id]["state"], "stale")
        self.health(self.camera, online=False)
        self.health(self.far, lease=-1)
        _found, tiles = self.tiles(self.camera | self.far)
        self.assertEqual(
            [tiles[camera.id]["state"] for camera in (self.camera, self.far)],
            ["offline", "unknown"],
        )

    def test_what_is_shown_is_asked_of_the_bridge(self):
        stills = self.env["yst.video.still"]
        self.assertFalse(stills._wanted((self.camera | self.far).ids))
        self.tiles(self.camera)
        self.assertEqual(stills._wanted((self.camera | self.far).ids), self.camera.ids)

    def test_cameras_of_other_areas_are_neither_shown_nor_asked_for(self):
        found, tiles = self.tiles(self.camera | self.far, self.north_operator)
        self.assertEqual((found, set(tiles)), (self.camera, {self.camera.id}))
        self.assertFalse(self.env["yst.video.still"]._wanted(self.far.ids))
        overview = self.env["yst.video.wall"].with_user(self.north_operator)._cameras()
        self.assertEqual([each["id"] for each in overview["cameras"]], self.camera.ids)

    def test_no_more_tiles_than_a_wall_has(self):
        cameras = self._cameras(self.north, MAX_TILES + 4, stream=False)
        found, _tiles = self.tiles(cameras)
        self.assertEqual(len(found), MAX_TILES)

    def test_planned_and_retired_cameras_are_not_on_the_wall(self):
        self.camera._with_state_unlocked().write({"state": "retired"})
        found, _tiles = self.tiles(self.camera | self.far)
        self.assertEqual(found, self.far)

    def test_36_tiles_cost_as_many_statements_as_one(self):
        cameras = self._cameras(self.north, 36, stream=False)
        for camera in cameras:
            self.still(camera, seconds=5)
            self.health(camera)
        wall = self.env["yst.video.wall"].with_user(self.operator)
        counts = []
        wall._tiles(self.far.ids)
        self.env.flush_all()
        for shown in (cameras[:1], cameras[1:]):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            wall._tiles(shown.ids)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])


@tagged("post_install", "-at_install")
class TestWallRoutes(ApiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in (cls.operator, cls.north_operator, cls.cadre, cls.manager):
            user.password = user.login

    def setUp(self):
        super().setUp()
        self.env["yst.video.still"]._put_stills(
            [{"camera": camera.id, "at": stamp(fields.Datetime.now()),
              "jpeg": base64.b64encode(jpeg()).decode()} for camera in self.camera | self.far]
        )

    def log_in(self, user):
        self.authenticate(user.login, user.login)

    def ask(self, path, **params):
        return self.make_jsonrpc_request(path, params)

    def lines(self, user, what="wall"):
        return self.env["yst.video.view.log"].search(
            [("user_id", "=", user.id), ("what", "=", what)]
        )

    def test_no_tile_without_a_purpose(self):
        self.log_in(self.operator)
        self.assertIsNone(self.ask("/yst/video/purpose")["given"])
        answer = self.ask("/yst/video/wall/tiles", ids=self.camera.ids)
        self.assertEqual(answer, {"purpose": None, "tiles": []})
        self.assertFalse(self.lines(self.operator))
        self.assertIsNone(self.ask("/yst/video/live", camera_id=self.camera.id)["purpose"])

    def test_the_purpose_is_asked_once_and_written_with_each_camera(self):
        self.log_in(self.operator)
        self.ask("/yst/video/purpose", code="order", note="RW2026000009")
        for _each in range(3):
            answer = self.ask("/yst/video/wall/tiles", ids=(self.camera | self.far).ids)
            self.assertEqual(answer["purpose"], "order")
        lines = self.lines(self.operator)
        self.assertEqual(lines.camera_id, self.camera | self.far)
        self.assertEqual(len(lines), 2)
        self.assertEqual(set(lines.mapped("note")), {"RW2026000009"})
        # the picture itself adds nothing to what the tiles have written down
        self.url_open(f"/yst/video/still/{self.camera.id}?wall=1&size=320")
        self.assertEqual(len(self.lines(self.operator)), 2)

    def test_a_purpose_is_one_of_the_list_and_other_needs_words(self):
        self.log_in(self.operator)
        for code, note in (("nothing", ""), ("other", "  ")):
            with self.subTest(code), mute_logger("odoo.http"), self.assertRaises(Exception):  # noqa: B017
                self.ask("/yst/video/purpose", code=code, note=note)
        self.assertEqual(self.ask("/yst/video/purpose", code="other", note="演练")["note"], "演练")

    def test_another_session_is_asked_again(self):
        self.log_in(self.operator)
        self.ask("/yst/video/purpose", code="duty")
        self.log_in(self.operator)
        self.assertIsNone(self.ask("/yst/video/purpose")["given"])

    def test_after_half_an_hour_it_is_asked_again(self):
        self.log_in(self.operator)
        idle = purpose.IDLE
        self.addCleanup(setattr, purpose, "IDLE", idle)
        self.ask("/yst/video/purpose", code="duty")
        self.assertEqual(self.ask("/yst/video/purpose")["given"], "duty")
        purpose.IDLE = -1
        self.assertIsNone(self.ask("/yst/video/purpose")["given"])

    def test_the_wall_is_for_operators(self):
        self.log_in(self.cadre)
        for path, params in (
            ("/yst/video/wall/cameras", {}),
            ("/yst/video/wall/tiles", {"ids": self.camera.ids}),
            ("/yst/video/live", {"camera_id": self.camera.id}),
        ):
            with self.subTest(path), mute_logger("odoo.http"), self.assertRaises(Exception):  # noqa: B017
                self.ask(path, **params)

    def test_live_view_says_what_to_set_and_loads_nothing(self):
        self.env["ir.config_parameter"].sudo().set_param("yst_video.gateway_url", "")
        words = {self.operator: "Ask the video manager", self.manager: "Video settings"}
        for user, word in words.items():
            self.log_in(user)
            self.ask("/yst/video/purpose", code="duty")
            answer = self.ask("/yst/video/live", camera_id=self.camera.id)
            self.assertIsNone(answer["url"])
            self.assertIn(word, answer["problem"])
            self.assertFalse(self.lines(user, "live"))

    def test_live_view_of_the_gateway(self):
        self.log_in(self.operator)
        self.ask("/yst/video/purpose", code="duty")
        for template, kind in (
            ("https://video.example.com/{code}/whep", "whep"),
            ("https://video.example.com/{code}/index.m3u8?a=b", "hls"),
        ):
            self.env["ir.config_parameter"].sudo().set_param("yst_video.gateway_url", template)
            answer = self.ask("/yst/video/live", camera_id=self.camera.id)
            self.assertEqual(answer["kind"], kind)
            self.assertIn(self.camera.gb_code, answer["url"])
        self.assertEqual(self.lines(self.operator, "live").camera_id, self.camera)

    def test_a_camera_without_a_picture_at_present_says_so_and_counts_as_no_look(self):
        self.env["ir.config_parameter"].sudo().set_param(
            "yst_video.gateway_url", "https://video.example.com/{code}/whep"
        )
        self.log_in(self.operator)
        self.ask("/yst/video/purpose", code="duty")
        until = fields.Datetime.now() + timedelta(minutes=5)
        self.camera.health_id.sudo().write(
            {"online": False, "lease_until": until, "codec": "hevc"}
        )
        answer = self.ask("/yst/video/live", camera_id=self.camera.id)
        self.assertIsNone(answer["url"])
        self.assertIn("offline", answer["problem"])
        self.camera.health_id.sudo().online = True
        answer = self.ask("/yst/video/live", camera_id=self.camera.id)
        self.assertTrue(answer["url"])
        self.assertEqual(answer["codec"], "hevc")
        self.assertEqual(len(self.lines(self.operator, "live")), 1)
        self.camera._with_state_unlocked().write({"state": "maintenance"})
        answer = self.ask("/yst/video/live", camera_id=self.camera.id)
        self.assertIsNone(answer["url"])
        self.assertIn("maintenance", answer["problem"])
        self.assertEqual(len(self.lines(self.operator, "live")), 1)

    def test_the_host_of_a_gateway_beside_the_server_is_the_one_the_browser_knows(self):
        self.env["ir.config_parameter"].sudo().set_param(
            "yst_video.gateway_url", "http://{host}:8889/{code}/whep"
        )
        self.log_in(self.operator)
        self.ask("/yst/video/purpose", code="duty")
        answer = self.ask("/yst/video/live", camera_id=self.camera.id)
        host = self.base_url().rpartition(":")[0]
        self.assertTrue(
            answer["url"].startswith(f"{host}:8889/{self.camera.gb_code}/whep?ticket="),
            answer["url"],
        )

    def test_no_live_view_of_another_area(self):
        self.log_in(self.north_operator)
        self.ask("/yst/video/purpose", code="duty")
        with mute_logger("odoo.http"), self.assertRaises(Exception):  # noqa: B017
            self.ask("/yst/video/live", camera_id=self.far.id)
        self.assertFalse(self.lines(self.north_operator, "live"))
