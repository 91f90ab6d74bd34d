from odoo import fields, models


class OrderReasonWizard(models.TransientModel):
    """Asks why an order is given back (退回), sent back (退回重办) or cancelled (撤销), or more
    time is refused (不同意延期)."""

    _name = "yst.order.reason.wizard"
    _inherit = ["yst.order.wizard.mixin"]
    _description = "Reason"

    action = fields.Selection(
        [
            ("action_return", "Give back"),
            ("action_send_back", "Send back"),
            ("action_cancel", "Cancel"),
            ("action_refuse_extension", "Refuse more time"),
        ],
        required=True,
    )
    reason = fields.Text(required=True)

    def _apply(self, orders):
        getattr(orders, self.action)(self.reason)
