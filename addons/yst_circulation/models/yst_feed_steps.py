from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..feed_rules import DELETE_HOURS, TEXT_LENGTH, reason_given, words_given

NEWS = "yst_circulation.feed"


class FeedPost(models.Model):
    """The life of a post: published, liked, hidden, shown again, pinned, taken back."""

    _inherit = "yst.feed.post"

    # -- the author ------------------------------------------------------------------------------

    @api.model
    def publish(self, key, text="", scope="office", area_id=None):
        """Publish a post with the photos that were sent under its key.

        Called again with the same key it changes nothing and answers the same.

        :param key: chosen by the author's phone, see ``add_photo``
        :param scope: area, department or office
        :param area_id: one of the author's own areas; default: the first
        :return: id of the post
        :raise UserError: nothing in it, or a scope that the author does not have
        """
        post = self._feed_draft(key)
        if post.state != "draft":
            return post.id
        text = words_given(self.env, text, TEXT_LENGTH)
        if not text and not post.photo_keys:
            raise UserError(self.env._("Write something or add a photo first."))
        values = {
            "text": text,
            "published_at": fields.Datetime.now(),
            **self._feed_place(scope, area_id),
        }
        post._transition("visible", "draft", values)
        post._tell_feed()
        return post.id

    def action_delete(self):
        """Its author takes a post back with its photos, as long as it is young and no moderator
        has dealt with it.

        :raise AccessError: by others
        :raise UserError: too old, or moderated
        """
        self.ensure_one()
        self.check_access("read")
        post = self.sudo()
        if post.author_id != self.env.user:
            raise AccessError(self.env._("Only its author deletes a post."))
        if not post._may_be_deleted():
            raise UserError(
                self.env._(
                    "A post can be deleted for %s hours, unless it has been pinned or hidden. "
                    "Ask a circulation manager to hide it.",
                    DELETE_HOURS,
                )
            )
        post._lock_state()
        post._evidence_forget("Deleted by its author")
        post.unlink()
        return True

    def _may_be_deleted(self):
        """Whether the author may still delete it (sudo)."""
        self.ensure_one()
        since = fields.Datetime.now() - timedelta(hours=DELETE_HOURS)
        young = self.state == "draft" or self.published_at > since
        return young and self.state != "hidden" and not self.trace_ids

    def _feed_place(self, scope, area_id=None):
        """Scope, area and department of what the user publishes.

        :raise UserError: the user does not have that scope or area
        """
        user = self.env.user.sudo()
        areas, department = user.jurisdiction_ids, user._feed_department()
        if area_id:
            areas = areas.filtered(lambda area: area.id == area_id)
            if not areas:
                raise UserError(self.env._("You publish in your own areas."))
        if scope not in user._feed_scopes():
            raise UserError(
                self.env._("You have no area or department of your own to publish in.")
            )
        return {"scope": scope, "area_id": areas[:1].id, "department_id": department.id}

    def _tell_feed(self):
        """Tell the open feeds of those who see it that there is something new: a few channels,
        however many people listen."""
        bus = self.env["bus.bus"]
        for post in self.sudo():
            at = fields.Datetime.to_string(post.published_at)
            for channel in post._feed_channels():
                bus._sendone(channel, NEWS, {"post": post.id, "at": at})

    def _feed_channels(self):
        """Where those listen who see the post, see ``res.users._feed_channels``."""
        if self.scope == "office":
            return ["yst_feed_office"]
        if self.scope == "department":
            return [f"yst_feed_department_{self.department_id.id}"]
        above = [one for one in self.area_id.parent_path.split("/") if one]
        return [f"yst_feed_within_{self.area_id.id}", *(f"yst_feed_at_{one}" for one in above)]

    # -- everybody who sees it -------------------------------------------------------------------

    def action_like(self, liked=True):
        """Like a post, or no longer; again changes nothing.

        :return: dict of ``liked`` and ``like_count``
        """
        post = self._need_visible()
        if liked:
            change = SQL(
                "INSERT INTO yst_feed_like (post_id, user_id) VALUES (%s, %s)"
                " ON CONFLICT DO NOTHING RETURNING id",
                post.id, self.env.uid,
            )
        else:
            change = SQL(
                "DELETE FROM yst_feed_like WHERE post_id = %s AND user_id = %s RETURNING id",
                post.id, self.env.uid,
            )
        if self.env.execute_query(change):
            self.env["yst.feed.like"].invalidate_model()
            post._add_to_count("like_count", 1 if liked else -1)
        return {"liked": bool(liked), "like_count": post.like_count}

    def get_likes(self, limit=100):
        """Names of those who like the post, the latest first."""
        self.ensure_one()
        self.check_access("read")
        likes = self.env["yst.feed.like"].sudo()
        found = likes.search(
            [("post_id", "=", self.id)], order="id DESC", limit=max(1, min(int(limit), 200))
        )
        return found.user_id.mapped("name")

    def _add_to_count(self, name, step):
        """Let the database itself add: two at the same moment lose nothing."""
        self.ensure_one()
        self.flush_recordset([name])
        self.env.execute_query(
            SQL(
                "UPDATE yst_feed_post SET %(name)s = COALESCE(%(name)s, 0) + %(step)s"
                " WHERE id = %(id)s RETURNING id",
                name=SQL.identifier(name),
                step=step,
                id=self.id,
            )
        )
        self.invalidate_recordset([name])

    # -- moderators ------------------------------------------------------------------------------

    def action_hide(self, reason):
        """A moderator takes posts out of sight, with a reason that their authors read.

        :raise AccessError: by others, or posts out of their areas
        :raise UserError: no reason, or hidden already
        """
        self._need_moderator()
        reason = reason_given(self.env, reason)
        self.sudo()._transition(
            "hidden", "visible", {"hidden_reason": reason, "pinned_until": False}
        )
        self.env["yst.feed.trace"]._write_down(self, "hide", reason)
        return True

    def action_restore(self):
        """A moderator shows hidden posts again."""
        self._need_moderator()
        self.sudo()._transition("visible", "hidden", {"hidden_reason": False})
        self.env["yst.feed.trace"]._write_down(self, "restore")
        return True

    def action_pin(self, until):
        """A moderator keeps a post on top of the feed up to and including a day.

        :param until: date, "YYYY-MM-DD"
        :raise UserError: no date, or one in the past
        """
        self._need_moderator()
        try:
            until = fields.Date.to_date(until)
        except (TypeError, ValueError):
            until = None
        if not until or until < fields.Date.context_today(self):
            raise UserError(self.env._("Choose until when: today or later."))
        self._need_visible().pinned_until = until
        self.env["yst.feed.trace"]._write_down(self, "pin", fields.Date.to_string(until))
        return True

    def action_unpin(self):
        """A moderator lets a post take its ordinary place again."""
        self._need_moderator()
        pinned = self.sudo().filtered("pinned_until")
        pinned.pinned_until = False
        self.env["yst.feed.trace"]._write_down(pinned, "unpin")
        return True

    def get_trace(self):
        """What moderators did with the post: for its author and for moderators.

        :return: list of dict of ``action``, ``name``, ``reason``, ``by``, ``at``
        """
        self.ensure_one()
        self.check_access("read")
        if self.sudo().author_id != self.env.user and not self._is_moderator():
            raise AccessError(self.env._("The author and moderators read what was done."))
        return self.sudo().trace_ids.filtered(lambda line: not line.comment_id)._shown()
