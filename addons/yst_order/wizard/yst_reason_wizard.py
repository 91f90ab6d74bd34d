from odoo import api, fields, models

#: Step → method of the order.
STEPS = {
    "order_return": "action_return",
    "order_send_back": "action_send_back",
    "order_cancel": "action_cancel",
    "order_refuse_extension": "action_refuse_extension",
}


class ReasonWizard(models.TransientModel):
    """Asks why an order is given back (退回), sent back (退回重办) or cancelled (撤销), or more
    time is refused (不同意延期)."""

    _inherit = "yst.reason.wizard"

    step = fields.Selection(
        selection_add=[
            ("order_return", "Give back"),
            ("order_send_back", "Send back"),
            ("order_cancel", "Cancel the order"),
            ("order_refuse_extension", "Refuse more time"),
        ],
        ondelete=dict.fromkeys(STEPS, "cascade"),
    )

    @api.model
    def _targets(self):
        return super()._targets() | {step: ("yst.order", name) for step, name in STEPS.items()}
