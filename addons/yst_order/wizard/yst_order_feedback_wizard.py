from odoo import fields, models


class OrderFeedbackWizard(models.TransientModel):
    """Asks what was done on the spot (反馈)."""

    _name = "yst.order.feedback.wizard"
    _inherit = ["yst.order.wizard.mixin"]
    _description = "Report Back"

    text = fields.Text("What was done", required=True)

    def _apply(self, orders):
        orders.action_feedback(self.text)
