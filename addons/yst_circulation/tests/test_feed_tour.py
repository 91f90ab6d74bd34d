"""The work feed in Chromium: cadres on a phone, the moderator at a desk."""

from odoo.tests import HttpCase, tagged

from .feed_common import FeedCase

PHONE = "390x844"
DESK = "1366x900"


@tagged("post_install", "-at_install")
class TestFeedTour(FeedCase, HttpCase):
    def setUp(self):
        super().setUp()
        self.foreign = []
        for user in (self.cadre, self.manager):
            user.password = user.login

    def fetch_proxy(self, url):
        """Whatever the browser asks of another host."""
        self.foreign.append(url)
        return super().fetch_proxy(url)

    def walk(self, tour, user, size):
        self.browser_size = size
        self.touch_enabled = size == PHONE
        self.start_tour("/odoo/work-feed", tour, login=user.login, timeout=120)
        self.assertEqual(self.foreign, [], "a page asked another host")
        self.env.invalidate_all()

    def test_a_cadre_publishes_and_a_moderator_moderates(self):
        self.walk("yst_feed_cadre_publishes", self.cadre, PHONE)
        post = self.env["yst.feed.post"].search([("text", "=", "Bank patrolled")])
        self.assertEqual((post.author_id, post.scope, post.area_id),
                         (self.cadre, "area", self.north))
        self.assertEqual((len(post.evidence_ids), post.like_count, post.comment_count), (2, 1, 1))
        rude = self.post(self.other, "Rude words")
        self.walk("yst_feed_manager_moderates", self.manager, DESK)
        self.assertTrue(post.pinned_until)
        self.assertEqual((rude.state, rude.hidden_reason), ("hidden", "Not about work"))

    def test_a_post_waits_for_the_network(self):
        self.walk("yst_feed_waits_for_network", self.cadre, PHONE)
        post = self.env["yst.feed.post"].search([("text", "=", "Without a network")])
        self.assertEqual(len(post), 1, "sent once, when the network was back")
        self.assertEqual(len(post.evidence_ids), 1)
