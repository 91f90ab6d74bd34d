"""The whole path in Chromium: the resident on a phone, the clerk at a desk."""

from odoo.tests import tagged

from .portal_common import PortalCase

PHONE = "360x740"
DESK = "1366x768"


@tagged("post_install", "-at_install")
class TestServiceTour(PortalCase):
    def setUp(self):
        super().setUp()
        self.foreign = []

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

    def test_from_the_guide_to_the_rating(self):
        # logins of the browser are checked with the login as password
        self.one.password = self.one.login
        self.clerk.password = self.clerk.login
        self.walk(f"/services/{self.visit_item.code}", "yst_resident_applies", self.one, PHONE)
        case = self.env["yst.service.case"].search(
            [("applicant_id", "=", self.one.partner_id.id), ("item_id", "=", self.visit_item.id)]
        )
        self.assertEqual((case.state, case.note), ("submitted", "楼上没有电梯"))
        self.assertEqual(case.line_ids.mapped(lambda line: len(line.photo_ids)), [1, 1, 0])
        inbox = "/odoo/action-yst_service.action_case_inbox"
        self.walk(inbox, "yst_clerk_asks_for_correction", self.clerk, DESK)
        self.assertEqual(case.state, "correction")
        self.walk("/my/cases", "yst_resident_corrects", self.one, PHONE)
        self.assertEqual(case.state, "resubmitted")
        self.walk(inbox, "yst_clerk_accepts", self.clerk, DESK)
        slot = self.slot(capacity=1)
        self.walk(f"/my/cases/{case.id}", "yst_resident_books", self.one, PHONE)
        self.assertEqual((case.state, slot.left), ("appointed", 0))
        self.walk(inbox, "yst_clerk_completes", self.clerk, DESK)
        self.assertEqual(case.state, "completed")
        self.walk(f"/my/cases/{case.id}", "yst_resident_rates", self.one, PHONE)
        self.assertEqual(case.rating_ids.mapped("rating"), [5.0])
