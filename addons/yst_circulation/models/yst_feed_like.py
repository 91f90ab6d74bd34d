from odoo import fields, models


class FeedLike(models.Model):
    """A person likes a post (点赞), at most once. Written by ``yst.feed.post.action_like``."""

    _name = "yst.feed.like"
    _description = "Like of a Post"
    _log_access = False

    post_id = fields.Many2one(
        "yst.feed.post", required=True, readonly=True, ondelete="cascade"
    )
    user_id = fields.Many2one(
        "res.users", required=True, readonly=True, index=True, ondelete="cascade"
    )

    _once = models.UniqueIndex("(post_id, user_id)", "You like it already.")
