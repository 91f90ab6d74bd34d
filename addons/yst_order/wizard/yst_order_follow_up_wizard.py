from odoo import fields, models


class OrderFollowUpWizard(models.TransientModel):
    """Asks what the person concerned says afterwards (回访)."""

    _name = "yst.order.follow.up.wizard"
    _inherit = ["yst.order.wizard.mixin"]
    _description = "Follow-up"

    result = fields.Selection(
        selection=lambda self: self.env["yst.order"]
        ._fields["follow_up_state"]
        ._description_selection(self.env),
        required=True,
    )
    note = fields.Text("What was said", required=True)

    def _apply(self, orders):
        orders.action_follow_up(self.result, self.note)
