from odoo import api, fields, models


class OrderExtendWizard(models.TransientModel):
    """Asks for more time (申请延期) or grants it (批准延期)."""

    _name = "yst.order.extend.wizard"
    _inherit = ["yst.order.wizard.mixin"]
    _description = "More Time"

    action = fields.Selection(
        [("action_ask_extension", "Ask for more time"), ("action_extend", "Grant more time")],
        required=True,
        default="action_ask_extension",
    )
    amount = fields.Integer("How much more", required=True, default=1)
    unit = fields.Char(compute="_compute_unit")
    reason = fields.Text(required=True)

    @api.depends("order_ids")
    def _compute_unit(self):
        for wizard in self:
            units = set(wizard.order_ids.mapped("clock_unit"))
            field = self.env["yst.order"]._fields["clock_unit"]
            labels = dict(field._description_selection(self.env))
            wizard.unit = ", ".join(labels[unit] for unit in sorted(units) if unit)

    @api.model
    def default_get(self, fields_list):
        """Granting starts from what was asked for."""
        values = super().default_get(fields_list)
        orders = self.env["yst.order"].browse(self.env.context.get("active_ids") or [])
        if values.get("action") == "action_extend" and len(orders) == 1:
            if orders.extension_asked_amount:
                values["amount"] = orders.extension_asked_amount
            if orders.extension_asked_reason:
                values["reason"] = orders.extension_asked_reason
        return values

    def _apply(self, orders):
        getattr(orders, self.action)(self.amount, self.reason)
