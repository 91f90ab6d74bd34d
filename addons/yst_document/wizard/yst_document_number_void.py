from odoo import fields, models


class ReasonWizard(models.TransientModel):
    """Why reserved numbers are given up."""

    _inherit = "yst.reason.wizard"

    step = fields.Selection(
        selection_add=[("document_number_void", "Void numbers")],
        ondelete={"document_number_void": "cascade"},
    )

    def _targets(self):
        return {
            **super()._targets(),
            "document_number_void": ("yst.document.number", "action_void"),
        }
