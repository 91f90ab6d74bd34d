from odoo import api, fields, models


class OrderAssignWizard(models.TransientModel):
    """Asks who handles an order (指定处理人)."""

    _name = "yst.order.assign.wizard"
    _inherit = ["yst.order.wizard.mixin"]
    _description = "Name the Handler"

    candidate_ids = fields.Many2many(
        "res.users", string="Possible Handlers", compute="_compute_candidate_ids"
    )
    user_id = fields.Many2one(
        "res.users", "Handler", required=True, domain="[('id', 'in', candidate_ids)]"
    )
    reason = fields.Text("Remark")

    @api.depends("order_ids")
    def _compute_candidate_ids(self):
        """Only those whom the orders take are offered."""
        for wizard in self:
            wizard.candidate_ids = wizard.order_ids._possible_handlers()

    def _apply(self, orders):
        orders.action_assign(self.user_id, self.reason)
