from odoo import models


class CirculationHandover(models.TransientModel):
    """Documents that wait for who leaves go to the successor, too."""

    _inherit = "yst.circulation.handover"

    def action_hand_over(self):
        """Hand over the documents as well."""
        result = super().action_hand_over()
        self.env["yst.document"].sudo()._hand_over(self.user_id, self.successor_id.sudo())
        return result
