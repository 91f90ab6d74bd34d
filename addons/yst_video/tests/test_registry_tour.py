"""The registry in Chromium: zones drawn at a desk, the map, maintenance on a phone."""

import base64

from odoo import fields
from odoo.tests import HttpCase, tagged

from .. import sample_picture
from .api_common import stamp
from .registry_common import RegistryCase

PHONE = "360x740"
DESK = "1366x768"


@tagged("post_install", "-at_install")
class TestRegistryTour(RegistryCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.foreign = []
        # it stands where the area's name would cover it
        self.watched = self.active(name="巡检摄像头", latitude=32.68982, longitude=109.03)
        for role in ("manager_north", "operator_north"):
            self.users[role].password = self.users[role].login
            self.users[role].lang = "en_US"

    def fetch_proxy(self, url):
        """Whatever the browser asks of another host."""
        self.foreign.append(url)
        return super().fetch_proxy(url)

    def walk(self, path, tour, role, size):
        self.browser_size = size
        self.touch_enabled = size == PHONE
        self.start_tour(path, tour, login=self.users[role].login, timeout=120)
        self.assertEqual(self.foreign, [], "a page asked another host")
        self.env.invalidate_all()

    def test_a_zone_is_drawn_and_watched(self):
        self.walk("/odoo/cameras", "yst_manager_draws_a_zone", "manager_north", DESK)
        zone = self.watched.zone_ids
        self.assertEqual((zone.name, zone.shape, len(zone.points)), ("站台", "polygon", 4))
        for point, wanted in zip(
            zone.points, [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]], strict=True
        ):
            self.assertAlmostEqual(point[0], wanted[0], delta=0.01)
            self.assertAlmostEqual(point[1], wanted[1], delta=0.01)
        rule = self.watched.rule_ids
        self.assertEqual((rule.kind, rule.zone_ids, rule.duration), ("intrusion", zone, 2))

    def test_a_gauge_is_drawn_on_the_picture_of_the_camera_chosen(self):
        now = fields.Datetime.now()
        data, _boxes = sample_picture.draw("water_level", 3)
        self.env["yst.video.still"]._put_stills(
            [{"camera": self.watched.id, "at": stamp(now), "jpeg": base64.b64encode(data).decode()}]
        )
        self.walk(
            "/odoo/action-yst_video.action_zone", "yst_manager_draws_a_gauge", "manager_north", DESK
        )
        zone = self.watched.zone_ids
        self.assertEqual((zone.shape, zone.gauge_low, zone.gauge_high), ("gauge", 0.5, 4))
        self.assertGreater(zone.points[0][1], zone.points[1][1])

    def test_the_map_opens_a_camera(self):
        self.walk("/odoo/camera-map", "yst_manager_looks_at_the_map", "manager_north", DESK)

    def test_the_map_opens_a_camera_on_a_phone(self):
        self.walk("/odoo/camera-map", "yst_manager_looks_at_the_map", "manager_north", PHONE)

    def test_the_source_of_the_map_is_words_and_runs_nothing(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("leaflet.tile_url", "/web/static/img/logo.png?{z}{x}{y}")
        parameters.set_param("yst_video.tile_copyright", "<img src=x onerror=alert(1)>天地图")
        self.walk("/odoo/camera-map", "yst_map_says_whose_it_is", "manager_north", DESK)

    def test_maintenance_is_started_on_a_phone(self):
        self.walk("/odoo/cameras", "yst_operator_starts_maintenance", "operator_north", PHONE)
        self.assertEqual(
            (self.watched.state, self.watched.maintenance_reason), ("maintenance", "镜头进水")
        )
