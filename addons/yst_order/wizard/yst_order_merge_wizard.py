from odoo import api, fields, models


class OrderMergeWizard(models.TransientModel):
    """Asks into which order duplicates are merged (合并)."""

    _name = "yst.order.merge.wizard"
    _inherit = ["yst.order.wizard.mixin"]
    _description = "Merge Duplicates"

    master_id = fields.Many2one(
        "yst.order",
        "Into",
        required=True,
        domain="[('state', 'in', ('dispatched', 'accepted', 'returned', 'feedback')),"
        " ('kind', '=', 'task'), ('id', 'not in', order_count == 1 and order_ids or [])]",
    )

    @api.model
    def default_get(self, fields_list):
        """Of several chosen orders the oldest stays."""
        values = super().default_get(fields_list)
        ids = self.env.context.get("active_ids") or []
        if len(ids) > 1:
            values["master_id"] = min(ids)
        return values

    def _apply(self, orders):
        (orders - self.master_id).action_merge(self.master_id)
