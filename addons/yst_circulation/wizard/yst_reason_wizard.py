from odoo import api, fields, models

#: Step → (model, method)
STEPS = {
    "circulation_withdraw": ("yst.circulation.item", "action_withdraw"),
    "circulation_send_back": ("yst.circulation.node", "action_send_back"),
}


class ReasonWizard(models.TransientModel):
    """Asks why an item is withdrawn (撤回) or an answer sent back (退回)."""

    _inherit = "yst.reason.wizard"

    step = fields.Selection(
        selection_add=[
            ("circulation_withdraw", "Withdraw"),
            ("circulation_send_back", "Send back"),
        ],
        ondelete=dict.fromkeys(STEPS, "cascade"),
    )

    @api.model
    def _targets(self):
        return super()._targets() | STEPS
