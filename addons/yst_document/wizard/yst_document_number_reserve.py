from odoo import fields, models


class DocumentNumberReserve(models.TransientModel):
    """Asks how many numbers of a code are set aside, and for what (预留发文字号)."""

    _name = "yst.document.number.reserve"
    _description = "Reserve Numbers"

    code_id = fields.Many2one("yst.document.code", "Issuing code", required=True)
    count = fields.Integer("How many", default=1, required=True)
    reason = fields.Char("Reserved for", required=True)

    def action_apply(self):
        """Reserve them and show them."""
        self.ensure_one()
        ids = self.env["yst.document.number"].action_reserve(
            self.code_id.id, self.count, self.reason
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Reserved numbers"),
            "res_model": "yst.document.number",
            "view_mode": "list,form",
            "domain": [("id", "in", ids)],
        }
