from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.yst_base.models.yst_state_mixin import state_field

from ..feed_rules import DELETE_HOURS, reason_given


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
