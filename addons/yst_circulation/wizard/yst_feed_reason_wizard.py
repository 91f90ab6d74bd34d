from odoo import api, fields, models

#: Step → (model, method)
STEPS = {
    "feed_hide": ("yst.feed.post", "action_hide"),
    "feed_comment_hide": ("yst.feed.comment", "action_hide"),
}


class ReasonWizard(models.TransientModel):
    """Asks why a post or a comment is hidden (隐藏)."""

    _inherit = "yst.reason.wizard"

    step = fields.Selection(
        selection_add=[("feed_hide", "Hide the post"), ("feed_comment_hide", "Hide the comment")],
        ondelete=dict.fromkeys(STEPS, "cascade"),
    )

    @api.model
    def _targets(self):
        return super()._targets() | STEPS
