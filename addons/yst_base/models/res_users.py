from odoo import fields, models


class ResUsers(models.Model):
    """Jurisdictions and the rules for changing anybody's rights."""

    _inherit = "res.users"

    jurisdiction_ids = fields.Many2many(
        "yst.area",
        "yst_user_jurisdiction_rel",
        "user_id",
        "area_id",
        string="Jurisdiction",
        copy=False,
        help="The user sees what happens in these areas and below; without any, nothing.",
    )

    def _get_invalidation_fields(self):
        # record rules are cached per user and hold the jurisdiction
        return super()._get_invalidation_fields() | {"jurisdiction_ids"}
