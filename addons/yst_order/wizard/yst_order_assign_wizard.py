from odoo import fields, models


class OrderAssignWizard(models.TransientModel):
    """Asks who handles an order (指定处理人)."""

    _name = "yst.order.assign.wizard"
    _inherit = ["yst.order.wizard.mixin"]
    _description = "Name the Handler"

    user_id = fields.Many2one(
        "res.users", "Handler", required=True, domain=[("share", "=", False)]
    )
    reason = fields.Text("Remark")

    def _apply(self, orders):
        orders.action_assign(self.user_id, self.reason)
