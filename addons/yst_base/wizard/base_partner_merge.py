from odoo import models
from odoo.exceptions import UserError


class MergePartnerAutomatic(models.TransientModel):
    """Merging contacts would lose encrypted numbers: it is refused where there are any."""

    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        partners = self.env["res.partner"].sudo().browse(partner_ids).exists()
        holders = partners.filtered(lambda p: p.identity_cipher or p.mobile_cipher)
        if holders and len(partners) > 1:
            raise UserError(
                self.env._(
                    "Residents are not merged: their encrypted numbers would be lost. Archive "
                    "the entry that is not used."
                )
            )
        return super()._merge(partner_ids, dst_partner=dst_partner, extra_checks=extra_checks)
