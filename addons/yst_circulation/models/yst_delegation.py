from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.yst_base.models.yst_state_mixin import state_field

MODES = [("act", "Acts in the name of"), ("replace", "Replaces")]
STATES = [
    ("planned", "Planned"),
    ("active", "Active"),
    ("ended", "Ended"),
    ("cancelled", "Cancelled"),
]


class Delegation(models.Model):
    """Somebody does another's work for a time (代理): in their name beside them (授权), or in
    their place (替换)."""

    _name = "yst.delegation"
    _description = "Delegation"
    _inherit = ["yst.state.mixin", "mail.thread"]
    _order = "date_from DESC, id DESC"

    user_id = fields.Many2one(
        "res.users",
        string="Who is away",
        required=True,
        index=True,
        default=lambda self: self.env.user,
        ondelete="cascade",
    )
    deputy_id = fields.Many2one("res.users", string="Deputy", required=True, index=True)
    date_from = fields.Datetime("From", required=True, default=fields.Datetime.now)
    date_to = fields.Datetime("Until", required=True)
    mode = fields.Selection(MODES, required=True, default="replace")
    state = state_field(STATES)
    scope = fields.Selection(
        [("all", "Everything"), ("notice", "Notices"), ("collaboration", "Collaboration items")],
        required=True,
        default="all",
    )
    reason = fields.Char()

    _active_idx = models.Index("(user_id) WHERE state = 'active'")

    @api.model
    def _deputies_query(self, kind):
        """SQL of those who are away from items of a kind: user_id, deputy_id, mode."""
        self.flush_model()
        return SQL(
            "SELECT DISTINCT ON (user_id) user_id, deputy_id, mode FROM yst_delegation"
            " WHERE state = 'active' AND scope IN ('all', %s) ORDER BY user_id, id DESC",
            kind,
        )
