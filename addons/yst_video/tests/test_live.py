import json
from datetime import timedelta
from unittest.mock import patch
from urllib.parse import urlsplit

from odoo.tests import HttpCase, new_test_user, tagged

from ..models import yst_video_camera_live

GATEWAY = "https://gateway.example/{code}/whep"


@tagged("post_install", "-at_install")
class TestLive(HttpCase):
    """The gateway lets in whom the server lets in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        town = cls.env["yst.area"].create(
            {"name": "Live town", "code": "610999001000", "kind": "subdistrict"}
        )
        cls.east, cls.west = cls.env["yst.area"].create(
            [
                {"name": name, "code": code, "kind": "community", "parent_id": town.id}
                for name, code in (("East", "610999001001"), ("West", "610999001002"))
            ]
        )
        cls.env["ir.config_parameter"].set_param("yst_video.gateway_url", GATEWAY)
        cls.camera = cls.env["yst.video.camera"].create(
            {"name": "Gate", "gb_code": "61099900001310000001", "area_id": cls.east.id}
        )
        cls.camera._with_state_unlocked().state = "active"
        cls.operator = new_test_user(
            cls.env, "live-operator", "yst_video.group_video_operator", password="live-operator-1"
        )
        cls.operator.sudo().jurisdiction_ids = cls.east
        cls.code = cls.camera.gb_code

    def ask(self, path=None, query=None, action="read"):
        body = {"action": action, "path": path or self.code, "query": query or ""}
        return self.url_open(
            "/yst/video/live/check",
            data=json.dumps(body),
            headers={"Content-Type": "application/json"},
        ).status_code

    def ticket(self, user=None):
        address = self.camera.with_user(user or self.operator)._live_address()
        self.assertTrue(address.startswith(GATEWAY.replace("{code}", self.code)))
        return urlsplit(address).query

    def test_the_ticket_opens_its_camera_for_reading_and_nothing_else(self):
        query = self.ticket()
        self.assertEqual(self.ask(query=query), 204)
        self.assertEqual(self.ask(path="61099900001310000002", query=query), 403)
        self.assertEqual(self.ask(query=query, action="publish"), 403)
        self.assertEqual(self.ask(), 403)

    def test_an_altered_or_foreign_ticket_opens_nothing(self):
        query = self.ticket()
        forged = query[:-4] + "AAAA"
        for bad in (forged, "ticket=", "ticket=x", "ticket=" + "A" * 600, "user=admin"):
            self.assertEqual(self.ask(query=bad), 403, bad)

    def test_a_ticket_ends_with_its_time(self):
        with patch.object(yst_video_camera_live, "TICKET", timedelta(seconds=-1)):
            query = self.ticket()
        self.assertEqual(self.ask(query=query), 403)

    def test_a_ticket_ends_with_the_rights_of_its_user(self):
        query = self.ticket()
        self.operator.sudo().jurisdiction_ids = self.west
        self.assertEqual(self.ask(query=query), 403)
        self.operator.sudo().jurisdiction_ids = self.east
        self.assertEqual(self.ask(query=query), 204)
        self.operator.sudo().active = False
        self.assertEqual(self.ask(query=query), 403)

    def test_the_ticket_of_a_cadre_opens_nothing(self):
        cadre = new_test_user(self.env, "live-cadre", "yst_base.group_cadre")
        cadre.sudo().jurisdiction_ids = self.east
        self.assertEqual(self.ask(query=self.ticket(cadre)), 403)

    def test_what_is_no_question_is_refused(self):
        for body in (b"[]", b"{", b"x" * 20_000):
            answer = self.url_open(
                "/yst/video/live/check", data=body, headers={"Content-Type": "application/json"}
            )
            self.assertEqual(answer.status_code, 400, body[:10])
