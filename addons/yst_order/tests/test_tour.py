"""The path of an order in Chromium: the desk at its computer, the community on a phone."""

from odoo.tests import HttpCase, tagged

from .order_common import OrderCase

PHONE = "390x844"
DESK = "1366x900"


@tagged("post_install", "-at_install")
class TestOrderTour(OrderCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.foreign = []
        for user in (self.desk, self.cadre):
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

    def test_from_the_desk_to_the_spot_and_back(self):
        self.walk("/odoo/orders", "yst_order_desk_dispatches", self.desk, DESK)
        order = self.env["yst.order"].search([("name", "=", "测试占道经营")])
        self.assertEqual((order.state, order.area_id), ("dispatched", self.north))
        self.assertEqual((order.category_id, order.place), (self.street, "西大街8号"))
        self.walk("/odoo/my-orders", "yst_order_community_handles", self.cadre, PHONE)
        self.assertEqual((order.state, order.user_id), ("feedback", self.cadre))
        self.assertEqual(order.feedback_text, "摊位已撤离")
        self.assertEqual(
            [bool(one.problems) for one in order.evidence_ids.sorted("id")], [True, False]
        )
        self.walk("/odoo/orders", "yst_order_desk_closes", self.desk, DESK)
        self.assertEqual((order.state, order.verifier_id), ("closed", self.desk))

    def test_a_photo_waits_for_the_network(self):
        order = self.accepted(category_id=self.street.id)
        self.walk(
            f"/odoo/my-orders/{order.id}", "yst_order_photo_waits_for_network", self.cadre, PHONE
        )
        self.assertEqual(len(order.evidence_ids), 1, "sent once, when the network was back")
