from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from odoo.addons.yst_base.models.yst_state_mixin import state_field

from .yst_feed_steps import DELETE_HOURS, reason_given, words_given

COMMENT_LENGTH = 500
PAGE = 20


class FeedComment(models.Model):
    """A comment (评论) on a post of the work feed, seen by whoever sees the post."""

    _name = "yst.feed.comment"
    _description = "Comment on a Post"
    _inherit = ["yst.state.mixin"]
    _order = "id"
    _rec_name = "text"

    post_id = fields.Many2one(
        "yst.feed.post", required=True, readonly=True, ondelete="cascade"
    )
    author_id = fields.Many2one(
        "res.users", required=True, readonly=True, index=True, ondelete="restrict",
        default=lambda self: self.env.user,
    )
    text = fields.Text(required=True, readonly=True)
    state = state_field([("visible", "Visible"), ("hidden", "Hidden")], index=False)
    hidden_reason = fields.Text("Reason for hiding", readonly=True, copy=False)

    _post_idx = models.Index("(post_id, id)")

    # -- actions ---------------------------------------------------------------------------------

    def action_hide(self, reason):
        """A moderator takes comments out of sight, with a reason that their authors read.

        :raise AccessError: by others
        :raise UserError: no reason, or hidden already
        """
        self._need_moderator()
        reason = reason_given(self.env, reason)
        self.sudo()._transition("hidden", "visible", {"hidden_reason": reason})
        self.env["yst.feed.trace"]._write_down(self, "hide", reason)
        self._count(-1)
        return True

    def action_restore(self):
        """A moderator shows hidden comments again."""
        self._need_moderator()
        self.sudo()._transition("visible", "hidden", {"hidden_reason": False})
        self.env["yst.feed.trace"]._write_down(self, "restore")
        self._count(1)
        return True

    def action_delete(self):
        """Its author takes a comment back, as long as it is young and nobody has moderated it.

        :return: the post's number of comments
        :raise AccessError: by others
        :raise UserError: too old, or moderated
        """
        self.ensure_one()
        self.check_access("read")
        comment = self.sudo()
        if comment.author_id != self.env.user:
            raise AccessError(self.env._("Only its author deletes a comment."))
        if not comment._may_be_deleted():
            raise UserError(self.env._("The comment cannot be deleted any more."))
        post = comment.post_id
        comment._count(-1)
        comment.unlink()
        return post.comment_count

    # -- helpers ---------------------------------------------------------------------------------

    def _need_moderator(self):
        self.check_access("read")
        self.sudo().post_id.with_env(self.env)._need_moderator()

    def _may_be_deleted(self):
        """Whether the author may still delete it (sudo)."""
        young = fields.Datetime.now() - self.create_date < timedelta(hours=DELETE_HOURS)
        traces = self.env["yst.feed.trace"].sudo()
        return (
            self.state == "visible"
            and young
            and not traces.search_count([("comment_id", "=", self.id)], limit=1)
        )

    def _count(self, step):
        for post, comments in self.sudo().grouped("post_id").items():
            post._add_to_count("comment_count", step * len(comments))


class FeedPost(models.Model):
    """The comments of a post."""

    _inherit = "yst.feed.post"

    def add_comment(self, text):
        """Comment on a post that one sees.

        :return: dict of ``comment`` (as of :meth:`get_comments`) and ``comment_count``
        :raise UserError: no words or too many, or the post is hidden
        """
        post = self._need_visible()
        text = words_given(self.env, text, COMMENT_LENGTH)
        if not text:
            raise UserError(self.env._("Write a comment first."))
        comment = self.env["yst.feed.comment"].sudo().create(
            {"post_id": post.id, "author_id": self.env.uid, "text": text, "hidden_reason": False}
        )
        post._add_to_count("comment_count", 1)
        found = self._read_comments(SQL("comment.id = %s", comment.id), 1)
        return {"comment": found[0], "comment_count": post.comment_count}

    def get_comments(self, before=None, limit=PAGE):
        """The latest comments, or those before one, the oldest first.

        Hidden ones are shown to their authors and to moderators.

        :param before: id of a comment
        :return: dict of ``more`` (bool) and ``comments``: list of dict of ``id``, ``author``,
            ``author_id``, ``text``, ``at``, ``mine``, ``may_delete``, ``hidden`` (bool),
            ``reason``
        """
        self.ensure_one()
        self.check_access("read")
        limit = max(1, min(int(limit), 100))
        earlier = SQL("comment.id < %s", int(before)) if before else SQL("TRUE")
        rows = self._read_comments(earlier, limit + 1)
        return {"more": len(rows) > limit, "comments": rows[:limit][::-1]}

    def _read_comments(self, condition, limit):
        """Comments of the post that the user sees, the latest first."""
        self.env["yst.feed.comment"].flush_model()
        uid = self.env.uid
        own = SQL("TRUE") if self._is_moderator() else SQL("comment.author_id = %s", uid)
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT comment.id, comment.author_id, person.name AS author, comment.text,
                       comment.create_date AS at, comment.author_id = %(uid)s AS mine,
                       comment.author_id = %(uid)s AND comment.state = 'visible'
                           AND comment.create_date > %(since)s
                           AND NOT EXISTS (SELECT FROM yst_feed_trace trace
                                            WHERE trace.comment_id = comment.id) AS may_delete,
                       comment.state = 'hidden' AS hidden,
                       COALESCE(comment.hidden_reason, '') AS reason
                  FROM yst_feed_comment comment
                  JOIN res_users account ON account.id = comment.author_id
                  JOIN res_partner person ON person.id = account.partner_id
                 WHERE comment.post_id = %(post)s AND %(condition)s
                   AND (comment.state = 'visible' OR %(own)s)
                 ORDER BY comment.id DESC LIMIT %(limit)s
                """,
                uid=uid,
                since=fields.Datetime.now() - timedelta(hours=DELETE_HOURS),
                post=self.id,
                condition=condition,
                own=own,
                limit=limit,
            )
        )
        for row in rows:
            row["at"] = fields.Datetime.to_string(row["at"])
        return rows

    @api.model
    def get_feed_limits(self):
        """What the screens need to know: dict of ``text``, ``comment`` (characters), ``hours``
        (so long one may delete)."""
        return {"comment": COMMENT_LENGTH, "hours": DELETE_HOURS}
