from odoo import api, models
from odoo.exceptions import UserError

from .yst_evidence import is_trusted


class IrAttachment(models.Model):
    """Files of evidence are as unchangeable as the evidence."""

    _inherit = "ir.attachment"

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("res_model") == "yst.evidence" for vals in vals_list):
            self._refuse_evidence()
        return super().create(vals_list)

    def write(self, vals):
        if vals.get("res_model") == "yst.evidence" or self._holds_evidence():
            self._refuse_evidence()
        return super().write(vals)

    def unlink(self):
        if self._holds_evidence():
            self._refuse_evidence()
        return super().unlink()

    def _holds_evidence(self):
        return any(model == "yst.evidence" for model in self.sudo().mapped("res_model"))

    def _refuse_evidence(self):
        if not is_trusted(self.env):
            raise UserError(self.env._("The file of evidence cannot be changed or deleted."))
