"""A notice in Chromium: the office at its computer, the village on a phone."""

from odoo.tests import HttpCase, tagged

from .common import CirculationCase

PHONE = "390x844"
DESK = "1366x900"


@tagged("post_install", "-at_install")
class TestTour(CirculationCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.foreign = []
        self.sender.jurisdiction_ids = self.north
        self.cadre.jurisdiction_ids = self.env["yst.area"].create(
            {"name": "Grid", "code": "990000001001001", "kind": "grid",
             "parent_id": self.north.id}
        )
        for user in (self.sender, self.liaison):
            user.password = user.login  # logins of the browser are checked with it

    def fetch_proxy(self, url):
        """Whatever the browser asks of another host."""
        self.foreign.append(url)
        return super().fetch_proxy(url)

    def walk(self, path, tour, user, size):
        self.browser_size = size
        self.touch_enabled = size == PHONE
        self.start_tour(path, tour, login=user.login, timeout=120)
        self.assertEqual(self.foreign, [], "a page asked another host")
        self.env.invalidate_all()

    def test_from_the_office_to_the_village_and_back(self):
        self.walk("/odoo/yst-inbox", "yst_circulation_sends", self.sender, DESK)
        item = self.env["yst.circulation.item"].search([("name", "=", "Tour: fire safety")])
        self.assertEqual((item.state, item.wanted), ("sent", "confirm"))
        self.assertEqual(item.node_ids.user_id, self.liaison)
        self.walk("/odoo/yst-inbox", "yst_circulation_village", self.liaison, PHONE)
        below = item.node_ids.filtered("parent_id")
        self.assertEqual((below.user_id, below.pass_on_note), (self.cadre, "By noon"))
        self.assertEqual((item.node_ids - below).state, "handled")
        self.walk("/odoo/yst-sent", "yst_circulation_tree", self.sender, DESK)
