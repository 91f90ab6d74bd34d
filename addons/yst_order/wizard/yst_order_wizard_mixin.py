from odoo import api, fields, models


class OrderWizard(models.AbstractModel):
    """Asks what an action of the chosen orders needs to know, and takes the action."""

    _name = "yst.order.wizard.mixin"
    _description = "Question about Orders"

    order_ids = fields.Many2many("yst.order", string="Orders", required=True)
    order_count = fields.Integer(compute="_compute_order_count")

    @api.depends("order_ids")
    def _compute_order_count(self):
        for wizard in self:
            wizard.order_count = len(wizard.order_ids)

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        context = self.env.context
        if context.get("active_model") == "yst.order" and "order_ids" in fields_list:
            ids = context.get("active_ids") or [context.get("active_id")]
            values["order_ids"] = [fields.Command.set([one for one in ids if one])]
        return values

    def action_apply(self):
        """Take the action; its own checks decide whether it may be taken."""
        self.ensure_one()
        self._apply(self.order_ids)
        return {"type": "ir.actions.act_window_close"}

    def _apply(self, orders):
        raise NotImplementedError
