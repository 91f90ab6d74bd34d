from odoo import models
from odoo.exceptions import UserError

from .ir_attachment import CONTENT


class IrAttachment(models.Model):
    """The PDF of an issued document stays as it was printed, whoever asks."""

    _inherit = "ir.attachment"

    def write(self, vals):
        """:raise UserError: it is the frozen PDF of a document"""
        if CONTENT & vals.keys():
            self._refuse_issued_pdf()
        return super().write(vals)

    def unlink(self):
        """:raise UserError: it is the frozen PDF of a document"""
        self._refuse_issued_pdf()
        return super().unlink()

    def _refuse_issued_pdf(self):
        ids = [file.id for file in self.sudo().exists() if file.res_model == "yst.document"]
        if ids and self.env["yst.document"].sudo().search_count(
            [("issued_pdf_id", "in", ids)], limit=1
        ):
            raise UserError(self.env._("The PDF of a printed document cannot be changed."))
