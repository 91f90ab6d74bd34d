from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..feed_rules import COMMENT_LENGTH, DELETE_HOURS, words_given

PAGE = 20


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
