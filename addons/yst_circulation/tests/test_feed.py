from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.yst_base.tests.pictures import small_photo

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
            self.assertEqual(set(self.texts(user)), names, user.login)
            for name, post in posts.items():
                self.assertEqual(
                    post.with_user(user).has_access("read"), name in names, (user.login, name)
                )

    def test_people_move_and_see_what_their_new_place_sees(self):
        post = self.post(self.clerk, "desk", scope="department")
        self.assertTrue(post.with_user(self.clerk2).has_access("read"))
        self.clerk2.employee_ids.department_id = self.env["hr.department"].create({"name": "Else"})
        self.env.invalidate_all()  # as in the next request
        self.assertFalse(post.with_user(self.clerk2).has_access("read"))
        self.assertNotIn("desk", self.texts(self.clerk2))
        north = self.post(self.cadre, "north", scope="area")
        self.assertFalse(north.with_user(self.other).has_access("read"))
        self.other.jurisdiction_ids = self.north
        self.assertTrue(north.with_user(self.other).has_access("read"))
        self.assertIn("north", self.texts(self.other))

    def test_the_page_is_what_the_rules_let_see_whatever_the_size_of_a_page(self):
        authors = [self.cadre, self.grid_cadre, self.other, self.sender, self.clerk]
        for number in range(30):
            author = authors[number % len(authors)]
            scopes = author._feed_scopes()
            post = self.post(author, f"p{number}", scope=scopes[number % len(scopes)])
            # several in the same second
            post.published_at = fields.Datetime.now() - timedelta(minutes=number // 4)
        for user in [*authors, self.clerk2, self.nobody, self.liaison]:
            wanted = self.posts(user).search([("state", "!=", "draft")])
            for limit in (1, 3, 7, 100):
                self.assertEqual(self.texts(user, limit=limit), wanted.mapped("text"), user.login)
            for scope in ("area", "department"):
                part = wanted.filtered(lambda post: post.scope == scope)  # noqa: B023
                self.assertEqual(self.texts(user, scope, 4), part.mapped("text"), user.login)

    def test_a_place_in_the_feed_that_is_none_is_refused(self):
        posts = self.posts(self.cadre)
        for before in ("x", ["x", 1], [1, 2], [None, None], {"a": 1}, ["2026-01-01", "1"],
                       ["2026-01-01 00:00:00", True]):
            with self.assertRaises(UserError):
                posts.get_page(before)
        with self.assertRaises(UserError):
            posts.get_page(None, "everything")
        self.post(self.cadre)
        self.assertEqual(len(posts.get_page(None, "all", 10**9)["rows"]), 1)

    def test_a_page_is_the_same_number_of_statements_whatever_is_in_it(self):
        counts = []
        for number in (1, 15):
            for _post in range(number):
                for user in (self.cadre, self.grid_cadre, self.sender):
                    post = self.post(user, scope="area", photos=1)
                    post.with_user(self.cadre).action_like()
            self.env.flush_all()
            posts = self.posts(self.cadre)
            posts.get_page()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            page = posts.get_page()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(len(page["rows"]), 20)
        self.assertEqual(counts[0], counts[1])
        self.assertLessEqual(counts[0], 8)


@tagged("post_install", "-at_install")
class TestFeedPublish(FeedCase):
    """From the first photo to the post that others see."""

    def test_photos_arrive_one_by_one_and_are_seen_when_it_is_published(self):
        key = self.key()
        first = self.add_photo(self.cadre, key, latitude=32.69, longitude=109.03)
        second = self.add_photo(self.cadre, key)
        self.assertFalse(first["problems"])
        post = self.env["yst.feed.post"].search([("client_key", "=", key)])
        self.assertEqual(post.state, "draft")
        self.assertFalse(post.with_user(self.liaison).has_access("read"))
        self.assertNotIn(post.id, [row["id"] for row in self.rows(self.cadre)])
        self.posts(self.cadre).publish(key, "Two photos", "area")
        row = self.rows(self.liaison)[0]
        self.assertEqual([photo["id"] for photo in row["photos"]], [first["id"], second["id"]])
        evidence = post.evidence_ids.sorted("id")
        self.assertEqual((evidence[0].latitude, evidence[0].longitude), (32.69, 109.03))
        self.assertEqual(evidence.user_id, self.cadre)
        self.assertFalse(evidence[1].has_position)

    def test_the_watermark_says_time_place_and_person(self):
        key = self.key()
        with patch("odoo.addons.yst_base.photo.watermark", side_effect=lambda picture, _lines:
                   picture) as mark:
            self.add_photo(self.cadre, key, latitude=32.69, longitude=109.03)
        moment, place, person = mark.call_args[0][1]
        self.assertRegex(moment, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")
        self.assertEqual((place, person), ("North 32.69000, 109.03000", "Cadre"))

    def test_what_is_sent_again_arrives_once(self):
        key, photo = self.key(), self.key()
        first = self.add_photo(self.cadre, key, photo)
        self.assertEqual(self.add_photo(self.cadre, key, photo), first)
        posts = self.posts(self.cadre)
        one = posts.publish(key, "Once")
        self.assertEqual(posts.publish(key, "Twice"), one)
        self.assertEqual(self.texts(self.cadre), ["Once"])
        with self.assertRaises(UserError):
            self.add_photo(self.cadre, key)
        # the same key of somebody else is another post
        self.assertNotEqual(self.posts(self.other).publish(key, "Other"), one)

    def test_what_cannot_be_published_is_refused_in_words(self):
        posts = self.posts(self.cadre)
        with self.refused("Write something"):
            posts.publish(self.key(), "  \n ")
        with self.refused("2000"):
            posts.publish(self.key(), "x" * 2001)
        with self.refused("no area or department"):
            posts.publish(self.key(), "x", "department")
        with self.refused("no area or department"):
            posts.publish(self.key(), "x", "everybody")
        with self.refused("own areas"):
            posts.publish(self.key(), "x", "area", self.south.id)
        with self.refused("did not arrive complete"):
            posts.publish("../x", "x")
        with self.refused("did not arrive complete"):
            posts.publish(None, "x")

    def test_photos_are_checked_on_arrival(self):
        key = self.key()
        with self.refused("not a photo"):
            self.add_photo(self.cadre, key, data=b"no picture at all")
        with self.refused("empty"):
            self.add_photo(self.cadre, key, data=b"")
        with self.refused("did not arrive complete"):
            self.posts(self.cadre).add_photo(key, self.key(), "no base64 !", "x.jpg")
        small = self.add_photo(self.cadre, key, data=small_photo(size=(300, 200)))
        self.assertTrue(small["problems"])
        for _photo in range(8):
            self.add_photo(self.cadre, key)
        with self.refused("at most 9"):
            self.add_photo(self.cadre, key)
        posts = self.posts(self.cadre)
        posts.remove_photo(key, small["key"])
        self.assertEqual(len(posts.get_compose(key)["photos"]), 8)
        self.add_photo(self.cadre, key)

    def test_unfinished_posts_are_thrown_away(self):
        key = self.key()
        photo = self.add_photo(self.cadre, key)
        self.posts(self.cadre).discard(key)
        evidence = self.env["yst.evidence"]
        self.assertFalse(evidence.browse(photo["id"]).exists())
        key = self.key()
        photo = self.add_photo(self.cadre, key)
        post = self.env["yst.feed.post"].search([("client_key", "=", key)])
        published = self.post(self.cadre)
        post._gc_drafts()
        self.assertTrue(post.exists())
        self.env.cr.execute(
            "UPDATE yst_feed_post SET create_date = create_date - interval '8 days'"
        )
        post.invalidate_model()
        post._gc_drafts()
        self.assertFalse(post.exists())
        self.assertFalse(evidence.browse(photo["id"]).exists())
        self.assertTrue(published.exists())

    def test_nobody_piles_up_unfinished_posts(self):
        for _number in range(20):
            self.posts(self.cadre)._feed_draft(self.key())
        with self.refused("too many unfinished"):
            self.add_photo(self.cadre, self.key())

    def test_its_author_deletes_a_young_post_with_its_photos(self):
        post = self.post(self.cadre, photos=1)
        post.with_user(self.liaison).action_like()
        post.with_user(self.liaison).add_comment("Well done")
        evidence = post.evidence_ids
        with self.assertRaises(AccessError):
            post.with_user(self.liaison).action_delete()
        old = self.post(self.cadre)
        old.published_at = fields.Datetime.now() - timedelta(hours=25)
        with self.refused("24 hours"):
            old.with_user(self.cadre).action_delete()
        post.with_user(self.cadre).action_delete()
        self.assertFalse(post.exists() or evidence.exists())
        log = self.env["yst.audit.log"].search([("action", "=", "deletion")], limit=1)
        self.assertEqual((log.user_id, log.reason), (self.cadre, "Deleted by its author"))


@tagged("post_install", "-at_install")
class TestFeedTalk(FeedCase):
    """Likes and comments."""

    def test_likes_count_each_person_once(self):
        post = self.post(self.cadre)
        for user in (self.cadre, self.other, self.other):
            answer = post.with_user(user).action_like()
        self.assertEqual(answer, {"liked": True, "like_count": 2})
        self.assertEqual(post.with_user(self.cadre).get_likes(), ["Other", "Cadre"])
        self.assertTrue(self.rows(self.other)[0]["liked"])
        self.assertFalse(self.rows(self.liaison)[0]["liked"])
        for _again in range(2):
            answer = post.with_user(self.other).action_like(False)
        self.assertEqual(answer, {"liked": False, "like_count": 1})

    def test_comments_page_by_page(self):
        post = self.post(self.cadre)
        for number in range(5):
            answer = post.with_user(self.other).add_comment(f"c{number}")
        self.assertEqual(answer["comment_count"], 5)
        page = post.with_user(self.liaison).get_comments(limit=2)
        self.assertEqual([one["text"] for one in page["comments"]], ["c3", "c4"])
        self.assertTrue(page["more"])
        page = post.with_user(self.liaison).get_comments(page["comments"][0]["id"], 9)
        self.assertEqual([one["text"] for one in page["comments"]], ["c0", "c1", "c2"])
        self.assertFalse(page["more"])
        comment = self.env["yst.feed.comment"].browse(page["comments"][0]["id"])
        with self.assertRaises(AccessError):
            comment.with_user(self.cadre).action_delete()
        self.assertEqual(comment.with_user(self.other).action_delete(), 4)
        with self.refused("Write a comment"):
            post.with_user(self.other).add_comment("   ")
        with self.refused("500"):
            post.with_user(self.other).add_comment("x" * 501)

    def test_hidden_posts_are_not_talked_about(self):
        post = self.post(self.cadre)
        post.with_user(self.manager).action_hide("Private")
        for act in ("action_like", "add_comment"):
            with self.assertRaises(UserError):
                getattr(post.with_user(self.cadre), act)("x")


@tagged("post_install", "-at_install")
class TestFeedModeration(FeedCase):
    """Hidden with a reason, shown again, pinned; with a trace that the author reads."""

    def test_a_hidden_post_is_seen_by_author_and_moderators_with_the_reason(self):
        post = self.post(self.cadre, "x", photos=1)
        with self.refused("Give the reason"):
            post.with_user(self.manager).action_hide("  ")
        post.with_user(self.manager).action_hide("Shows a resident's paper")
        self.assertFalse(post.with_user(self.other).has_access("read"))
        self.assertFalse(self.rows(self.other))
        self.assertFalse(post.evidence_ids.with_user(self.other).has_access("read"))
        row = self.rows(self.cadre)[0]
        self.assertEqual((row["state"], row["reason"], row["may_delete"]),
                         ("hidden", "Shows a resident's paper", False))
        self.assertIn(post, self.posts(self.manager).search([]))
        trace = post.with_user(self.cadre).get_trace()
        self.assertEqual((trace[0]["action"], trace[0]["by"], trace[0]["reason"]),
                         ("hide", "Manager", "Shows a resident's paper"))
        with self.assertRaises(UserError):
            post.with_user(self.cadre).action_delete()
        post.with_user(self.manager).action_restore()
        self.assertTrue(post.with_user(self.other).has_access("read"))
        self.assertEqual([one["action"] for one in post.with_user(self.cadre).get_trace()],
                         ["restore", "hide"])
        with self.assertRaises(UserError):
            post.with_user(self.cadre).action_delete()
        with self.assertRaises(AccessError):
            post.with_user(self.other).get_trace()

    def test_moderators_moderate_in_their_areas(self):
        south = self._user("south_m", self.south, "yst_circulation.group_circulation_manager")
        north = self.post(self.cadre, scope="area")
        with self.assertRaises(AccessError):
            north.with_user(south).action_hide("x")
        self.env["hr.employee"].create(
            {"name": "c", "user_id": self.cadre.id, "department_id": self.department.id}
        )
        desk = self.post(self.cadre, scope="department")
        self.assertIn(desk, self.posts(self.manager).search([]))
        self.assertNotIn(desk.id, [row["id"] for row in self.rows(self.manager)])
        desk.with_user(self.manager).action_hide("x")
        self.assertEqual(desk.state, "hidden")

    def test_only_moderators_moderate(self):
        post = self.post(self.cadre)
        comment = self.env["yst.feed.comment"].browse(
            post.with_user(self.other).add_comment("c")["comment"]["id"]
        )
        for user in (self.cadre, self.other, self.sender):
            for record, act, arguments in (
                (post, "action_hide", ["x"]),
                (post, "action_restore", []),
                (post, "action_pin", ["2099-01-01"]),
                (post, "action_unpin", []),
                (comment, "action_hide", ["x"]),
                (comment, "action_restore", []),
            ):
                with self.assertRaises(AccessError):
                    getattr(record.with_user(user), act)(*arguments)

    def test_a_hidden_comment_is_seen_by_its_author_and_moderators(self):
        post = self.post(self.cadre)
        comment = self.env["yst.feed.comment"].browse(
            post.with_user(self.other).add_comment("rude")["comment"]["id"]
        )
        comment.with_user(self.manager).action_hide("Rude")
        self.assertEqual(post.comment_count, 0)
        for user, seen in ((self.other, 1), (self.manager, 1), (self.cadre, 0)):
            self.assertEqual(len(post.with_user(user).get_comments()["comments"]), seen)
            self.assertEqual(comment.with_user(user).has_access("read"), bool(seen), user.login)
        trace = self.env["yst.feed.trace"]
        self.assertEqual(trace.with_user(self.other).search([]).reason, "Rude")
        self.assertFalse(trace.with_user(self.cadre).search([]))
        with self.assertRaises(UserError):
            comment.with_user(self.other).action_delete()
        comment.with_user(self.manager).action_restore()
        self.assertEqual(post.comment_count, 1)

    def test_pinned_posts_stand_on_top_until_their_day_has_passed(self):
        first = self.post(self.cadre, "first")
        self.post(self.cadre, "second")
        today = fields.Date.context_today(first)
        with self.refused("until when"):
            first.with_user(self.manager).action_pin(today - timedelta(days=1))
        with self.refused("until when"):
            first.with_user(self.manager).action_pin("soon")
        first.with_user(self.manager).action_pin(fields.Date.to_string(today))
        page = self.posts(self.other).get_page(None, "all", 1)
        self.assertEqual([row["text"] for row in page["pinned"]], ["first"])
        self.assertEqual([row["text"] for row in page["rows"]], ["second"])
        self.assertEqual(self.texts(self.other), ["second"], "it stands there once")
        first.pinned_until = today - timedelta(days=1)
        self.assertEqual(self.texts(self.other), ["second", "first"])
        self.assertFalse(self.posts(self.other).get_page()["pinned"])
        area = self.post(self.cadre, "area", scope="area")
        area.with_user(self.manager).action_pin("2099-01-01")
        self.assertFalse(self.posts(self.other).get_page()["pinned"], "not meant for the south")
        area.with_user(self.manager).action_unpin()
        self.assertFalse(area.pinned_until)

    @mute_logger("odoo.sql_db")
    def test_the_trace_is_not_changed_by_anybody(self):
        post = self.post(self.cadre)
        post.with_user(self.manager).action_hide("x")
        for statement in ("UPDATE yst_feed_trace SET reason = 'y'", "DELETE FROM yst_feed_trace"):
            with self.assertRaisesRegex(Exception, "cannot be changed"), self.env.cr.savepoint():
                self.env.cr.execute(statement)
