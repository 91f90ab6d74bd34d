from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from odoo.addons.yst_base.models.yst_state_mixin import state_field

SCOPES = [("area", "Own area"), ("department", "Own department"), ("office", "Whole office")]
STATES = [("draft", "Being written"), ("visible", "Visible"), ("hidden", "Hidden")]
MODERATOR = "yst_circulation.group_circulation_manager"
#: what is left unfinished is thrown away
DRAFT_DAYS = 7


class FeedPost(models.Model):
    """A post of the work feed (工作圈): words and photos from the spot, for colleagues.

    ``scope`` decides who sees it. "Own area" (本辖区) means whoever answers for the post's area,
    for one within it or for one that it lies in; "own department" (本部门) its members; "whole
    office" (全街道) every cadre. Its author always sees it. A post that a moderator has hidden is
    seen by its author and by moderators, with the reason.

    It is written by the methods below alone: nobody has the right to write records.
    """

    _name = "yst.feed.post"
    _description = "Post of the Work Feed"
    _inherit = ["yst.evidence.mixin", "yst.state.mixin"]
    _order = "published_at DESC, id DESC"
    _rec_names_search = ["text"]

    text = fields.Text(readonly=True)
    author_id = fields.Many2one(
        "res.users", required=True, readonly=True, ondelete="restrict",
        default=lambda self: self.env.user,
    )
    scope = fields.Selection(SCOPES, required=True, readonly=True, default="office")
    area_id = fields.Many2one("yst.area", "Area", readonly=True, ondelete="restrict")
    department_id = fields.Many2one("hr.department", readonly=True, ondelete="restrict")
    state = state_field(STATES)
    published_at = fields.Datetime("Published", readonly=True, copy=False)
    pinned_until = fields.Date(
        readonly=True, copy=False, help="On top up to and including this day."
    )
    hidden_reason = fields.Text("Reason for hiding", readonly=True, copy=False)
    like_count = fields.Integer("Likes", readonly=True, copy=False, aggregator="sum")
    comment_count = fields.Integer("Comments", readonly=True, copy=False, aggregator="sum")
    comment_ids = fields.One2many("yst.feed.comment", "post_id", "Comments on it", readonly=True)
    trace_ids = fields.One2many("yst.feed.trace", "post_id", "Moderation", readonly=True)
    client_key = fields.Char(
        readonly=True, copy=False, help="The author's phone sends a post again until it is there."
    )
    photo_keys = fields.Json(
        readonly=True, copy=False, help="Photos that have arrived: the phone's key of each."
    )

    _office_idx = models.Index(
        "(published_at DESC, id DESC) WHERE state = 'visible' AND scope = 'office'"
    )
    _area_idx = models.Index(
        "(area_id, published_at DESC, id DESC) WHERE state = 'visible' AND scope = 'area'"
    )
    _department_idx = models.Index(
        "(department_id, published_at DESC, id DESC)"
        " WHERE state = 'visible' AND scope = 'department'"
    )
    _author_idx = models.Index("(author_id, published_at DESC, id DESC)")
    _pinned_idx = models.Index("(pinned_until) WHERE pinned_until IS NOT NULL")
    _hidden_idx = models.Index("(published_at DESC, id DESC) WHERE state = 'hidden'")
    _draft_idx = models.Index("(create_date) WHERE state = 'draft'")
    _client_key_uniq = models.UniqueIndex(
        "(author_id, client_key) WHERE client_key IS NOT NULL", "It has been published already."
    )

    @api.depends("text", "author_id.name")
    def _compute_display_name(self):
        for post in self:
            words = " ".join((post.text or "").split())
            shown = f"{words[:30]}…" if len(words) > 30 else words
            post.display_name = shown or post.author_id.sudo().name

    # -- who may ---------------------------------------------------------------------------------

    def _is_moderator(self):
        return self.env.user.has_group(MODERATOR)

    def _need_moderator(self):
        """:raise AccessError: no circulation manager, or posts out of their sight"""
        if not self._is_moderator():
            raise AccessError(self.env._("Circulation managers moderate the work feed."))
        self.check_access("read")

    def _need_visible(self):
        """The post (sudo), when the user sees it and it has not been hidden.

        :raise AccessError: it is not for the user
        :raise UserError: it is hidden or not published
        """
        self.ensure_one()
        self.check_access("read")
        post = self.sudo()
        if post.state != "visible":
            raise UserError(self.env._("The post is not visible (any more)."))
        return post

    # -- cleaning up -----------------------------------------------------------------------------

    @api.autovacuum
    def _gc_drafts(self):
        """Throw away what was never published, with its photos."""
        limit = fields.Datetime.now() - timedelta(days=DRAFT_DAYS)
        old = self.sudo().search(
            Domain("state", "=", "draft") & Domain("create_date", "<", limit), limit=500
        )
        old._evidence_forget("Never published")
        old.unlink()
