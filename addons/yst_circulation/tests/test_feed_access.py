from concurrent.futures import ThreadPoolExecutor

from psycopg2.errors import SerializationFailure

from odoo import api, sql_db
from odoo.exceptions import AccessError, UserError
from odoo.modules.registry import DummyRLock, Registry
from odoo.tests import HttpCase, TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from .feed_common import FeedCase

MODELS = ("yst.feed.post", "yst.feed.comment", "yst.feed.like", "yst.feed.trace")
ROLES = {
    "cadre": "yst_base.group_cadre",
    "sender": "yst_circulation.group_circulation_sender",
    "manager": "yst_circulation.group_circulation_manager",
    "system": "yst_base.group_system_administrator",
    "security": "yst_base.group_security_administrator",
    "audit": "yst_base.group_audit_administrator",
    "employee": "base.group_user",
    "portal": "base.group_portal",
    "public": "base.group_public",
}
READERS = {"cadre", "sender", "manager"}


@tagged("post_install", "-at_install")
class TestFeedAccess(FeedCase):
    """Each role with each model, and every way to what is not meant for one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.roles = {
            name: new_test_user(cls.env, f"feed_{name}", groups=group)
            for name, group in ROLES.items()
        }

    def everything(self, post):
        """Of each model a record that belongs to the post."""
        post.with_user(self.cadre).action_like()
        comment = post.with_user(self.cadre).add_comment("c")["comment"]["id"]
        post.with_user(self.manager).action_pin("2099-01-01")
        return {
            "yst.feed.post": post,
            "yst.feed.comment": self.env["yst.feed.comment"].browse(comment),
            "yst.feed.like": self.env["yst.feed.like"].search([("post_id", "=", post.id)]),
            "yst.feed.trace": self.env["yst.feed.trace"].search([("post_id", "=", post.id)]),
        }

    def test_roles_by_models(self):
        records = self.everything(self.post(self.cadre))
        for role, user in self.roles.items():
            for name in MODELS:
                model = self.env[name].with_user(user)
                self.assertEqual(model.has_access("read"), role in READERS, (role, name))
                for right in ("write", "create", "unlink"):
                    self.assertFalse(model.has_access(right), (role, name, right))
                record = records[name].with_user(user)
                seen = role in READERS and (name != "yst.feed.trace" or role == "manager")
                self.assertEqual(record.has_access("read"), seen, (role, name))

    def test_what_is_not_meant_for_one_is_found_by_no_way(self):
        post = self.post(self.cadre, "secret words", scope="area", photos=1)
        records = self.everything(post)
        evidence = post.evidence_ids
        files = self.env["ir.attachment"].search(
            [("res_model", "=", "yst.evidence"), ("res_id", "in", evidence.ids),
             ("res_field", "!=", False)]
        )
        self.assertEqual(len(files), 2)
        for user in (self.other, self.nobody, self.roles["manager"]):
            for name in MODELS:
                model = self.env[name].with_user(user)
                record = records[name].with_user(user)
                self.assertFalse(model.search([("id", "=", record.id)]), (user.login, name))
                self.assertFalse(model.search_count([("id", "=", record.id)]))
                self.assertFalse(model._read_group([("id", "=", record.id)], ["id"]))
                with self.assertRaises(AccessError):
                    record.read(["id"])
                with self.assertRaises(UserError):
                    record.export_data(["id"])
            posts = self.posts(user)
            self.assertFalse(posts.name_search("secret"))
            self.assertFalse(posts.search([("comment_ids.text", "=", "c")]))
            self.assertNotIn(post.id, [row["id"] for row in self.rows(user)])
            self.assertFalse(posts.get_page()["pinned"])
            self.assertFalse(self.env["yst.evidence"].with_user(user).search(
                [("res_model", "=", "yst.feed.post")]))
            for record in (evidence, files):
                with self.assertRaises(AccessError):
                    record.with_user(user).read(["name"])
            for act, arguments in (
                ("action_like", []), ("get_likes", []), ("add_comment", ["x"]),
                ("get_comments", []), ("get_trace", []), ("action_delete", []),
            ):
                with self.assertRaises(AccessError, msg=act):
                    getattr(post.with_user(user), act)(*arguments)
            with self.assertRaises(AccessError):
                posts.get_post(post.id)
            comment = records["yst.feed.comment"].with_user(user)
            for act, arguments in (("action_hide", ["x"]), ("action_delete", [])):
                with self.assertRaises(AccessError):
                    getattr(comment, act)(*arguments)

    def test_others_than_cadres_are_told_nothing(self):
        post = self.post(self.cadre)
        for role in ("system", "audit", "employee", "portal", "public"):
            posts = self.env["yst.feed.post"].with_user(self.roles[role])
            for act, arguments in (
                ("get_page", []), ("get_compose", []), ("publish", [self.key(), "x"]),
                ("add_photo", [self.key(), self.key(), "", "x"]), ("discard", [self.key()]),
                ("get_post", [post.id]),
            ):
                with self.assertRaises(AccessError, msg=(role, act)):
                    getattr(posts, act)(*arguments)

    def test_records_are_written_by_the_methods_alone(self):
        post = self.post(self.cadre)
        own = post.with_user(self.cadre)
        for values in ({"text": "y"}, {"state": "hidden"}, {"like_count": 9}, {"scope": "area"},
                       {"author_id": self.other.id}, {"pinned_until": "2099-01-01"}):
            with self.assertRaises(UserError):
                own.write(values)
        with self.assertRaises(AccessError):
            own.create({"text": "x"})
        with self.assertRaises(UserError):
            own.copy()
        with self.assertRaises(UserError):
            own.unlink()
        for name in ("yst.feed.comment", "yst.feed.like"):
            with self.assertRaises(AccessError):
                self.env[name].with_user(self.cadre).create({"post_id": post.id})

    def test_a_context_from_outside_forges_nothing(self):
        forged = {
            "default_like_count": 99, "default_pinned_until": "2099-01-01",
            "default_state": "hidden", "default_hidden_reason": "x", "default_text": "y",
            "default_published_at": "2000-01-01", "default_author_id": self.other.id,
        }
        posts = self.posts(self.cadre).with_context(**forged)
        post = self.env["yst.feed.post"].browse(posts.publish(self.key(), "x"))
        self.assertEqual(
            (post.like_count, post.pinned_until, post.state, post.text, post.author_id),
            (0, False, "visible", "x", self.cadre),
        )
        answer = post.with_user(self.cadre).with_context(**forged).add_comment("c")
        comment = self.env["yst.feed.comment"].browse(answer["comment"]["id"])
        self.assertEqual((comment.author_id, comment.state, comment.hidden_reason),
                         (self.cadre, "visible", False))

    def test_nobody_takes_over_anothers_unfinished_post(self):
        key = self.key()
        photo = self.add_photo(self.cadre, key)
        self.assertFalse(self.posts(self.other).get_compose(key)["photos"])
        self.posts(self.other).remove_photo(key, photo["key"])
        self.posts(self.other).discard(key)
        self.assertEqual(len(self.posts(self.cadre).get_compose(key)["photos"]), 1)

    def test_new_posts_are_told_to_those_who_see_them_and_to_nobody_else(self):
        users = (self.cadre, self.grid_cadre, self.other, self.sender, self.clerk, self.nobody)
        listens = {user: set(user._feed_channels()) for user in users}
        for author, scope in (
            (self.cadre, "area"), (self.grid_cadre, "area"), (self.sender, "area"),
            (self.clerk, "department"), (self.nobody, "office"),
        ):
            post = self.post(author, scope=scope)
            told = set(post._feed_channels())
            for user in users:
                self.assertEqual(
                    bool(told & listens[user]), post.with_user(user).has_access("read"),
                    (author.login, user.login),
                )
            self.assertLessEqual(len(told), 5)


@tagged("post_install", "-at_install")
class TestFeedRoutes(FeedCase, HttpCase):
    """The addresses of photos, and the channels of the bus, as a browser reaches them."""

    def test_the_address_of_a_photo_opens_for_those_who_see_the_post(self):
        post = self.post(self.cadre, scope="area", photos=1)
        evidence = post.evidence_ids
        office = self.post(self.cadre, photos=1)
        for user, seen in ((self.liaison, True), (self.other, False), (self.nobody, False)):
            user.password = user.login
            self.authenticate(user.login, user.login)
            addresses = [f"/yst/evidence/{evidence.id}", f"/yst/evidence/{evidence.id}/thumb"]
            addresses += [
                f"/web/content/yst.evidence/{evidence.id}/content",
                f"/web/image/yst.evidence/{evidence.id}/thumbnail",
            ]
            for address in addresses[:2]:
                self.assertEqual(self.url_open(address).status_code == 200, seen, address)
            if not seen:
                for address in addresses[2:]:
                    found = self.url_open(address)
                    self.assertNotIn(evidence._content()[:64], found.content, address)
        draft = self.add_photo(self.cadre, self.key())
        self.assertEqual(self.url_open(draft["url"]).status_code, 404)
        self.assertEqual(self.url_open(f"/yst/evidence/{office.evidence_ids.id}").status_code, 200)
        office.with_user(self.manager).action_hide("x")
        self.assertEqual(self.url_open(f"/yst/evidence/{office.evidence_ids.id}").status_code, 404)

    def test_a_browser_cannot_choose_its_channels(self):
        websocket = self.env["ir.websocket"]
        asked = ["yst_feed", f"yst_feed_at_{self.north.id}", "mine"]
        found = websocket.with_user(self.other)._feed_asked(asked)
        self.assertIn("mine", found)
        self.assertNotIn(f"yst_feed_at_{self.north.id}", found)
        self.assertIn(f"yst_feed_at_{self.south.id}", found)
        self.assertEqual(websocket.with_user(self.other)._feed_asked(asked[1:]), ["mine"])
        for login in ("base.public_user", "base.user_root"):
            user = self.env.ref(login)
            self.assertEqual(websocket.with_user(user)._feed_asked(asked), ["mine"])


THREADS, EACH = 4, 6


@tagged("post_install", "-at_install")
class TestFeedCounters(TransactionCase):
    """Counters between real transactions on connections of their own."""

    def setUp(self):
        super().setUp()
        # the test runner holds this lock, and would wait for threads that wait for it
        self.patch(Registry, "_lock", DummyRLock())
        self.db = sql_db.db_connect(self.env.cr.dbname)
        with self.db.cursor() as cr:
            cr.execute(
                "INSERT INTO yst_feed_post (author_id, scope, state, text, published_at)"
                " VALUES (%s, 'office', 'visible', 'x', now()) RETURNING id",
                [self.env.ref("base.user_admin").id],
            )
            self.post = cr.fetchone()[0]
        self.addCleanup(self._forget)

    def _forget(self):
        with self.db.cursor() as cr:
            cr.execute("DELETE FROM yst_feed_post WHERE id = %s", [self.post])

    @mute_logger("odoo.sql_db")
    def test_two_at_the_same_moment_lose_nothing(self):
        def work(_index):
            for _turn in range(EACH):
                while True:  # as the server does when transactions meet
                    try:
                        with self.db.cursor() as cr:
                            env = api.Environment(cr, api.SUPERUSER_ID, {})
                            env["yst.feed.post"].browse(self.post)._add_to_count("like_count", 1)
                        break
                    except SerializationFailure:
                        continue

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(work, range(THREADS)))
        with self.db.cursor() as cr:
            cr.execute("SELECT like_count FROM yst_feed_post WHERE id = %s", [self.post])
            self.assertEqual(cr.fetchone()[0], THREADS * EACH)
