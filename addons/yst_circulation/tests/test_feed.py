from odoo.tests import tagged

from .feed_common import FeedCase


@tagged("post_install", "-at_install")
class TestFeedScope(FeedCase):
    """Who sees a post is decided by its scope."""

    def test_each_scope_reaches_its_own_and_nobody_else(self):
        posts = {
            "north": self.post(self.cadre, "north", scope="area"),
            "grid": self.post(self.grid_cadre, "grid", scope="area"),
            "street": self.post(self.sender, "street", scope="area"),
            "desk": self.post(self.clerk, "desk", scope="department"),
            "all": self.post(self.other, "all", scope="office"),
        }
        seen = {
            self.cadre: {"north", "grid", "street", "all"},
            self.grid_cadre: {"north", "grid", "street", "all"},
            self.sender: {"north", "grid", "street", "all"},
            self.other: {"street", "all"},
            self.clerk: {"desk", "all"},
            self.clerk2: {"desk", "all"},
            self.nobody: {"all"},
        }
        for user, names in seen.items():
            found = self.env["yst.feed.post"].with_user(user).search([])
            self.assertEqual(set(found.mapped("text")), names, user.login)
            page = self.texts(user)
            self.assertEqual(set(page), names, user.login)
            for name, post in posts.items():
                self.assertEqual(
                    post.with_user(user).has_access("read"), name in names, (user.login, name)
                )
