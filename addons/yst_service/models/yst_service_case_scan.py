import base64
import binascii
import re

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.yst_base import photo, qr

#: The address in the QR code of a receipt, or the bare number as someone types it.
NUMBER = re.compile(r"(?:/yst/case/|^\s*)(BJ\d{10,16})(?:[/?#\s]|$)", re.IGNORECASE)


class ServiceCase(models.Model):
    """Opening an application by the QR code of its receipt (扫码)."""

    _inherit = "yst.service.case"

    def _scan_url(self):
        """What the QR code on a receipt or notice says."""
        self.ensure_one()
        return f"{self.get_base_url()}/yst/case/{self.number}"

    @api.model
    def _by_number(self, number):
        """The application with this number, if the user may see it."""
        return self.search([("number", "=", number.upper())], limit=1)

    @api.model
    def scan_text(self, text):
        """The action that opens what a QR code (or someone's typing) names.

        Only the number is taken from it: nothing is ever opened because a code says so.

        :raises UserError: no number in it, or none that the user may see
        """
        found = NUMBER.search(str(text or "")[:500])
        if not found:
            raise UserError(self.env._("This is not the code of an application."))
        case = self._by_number(found[1])
        if not case:
            raise UserError(self.env._(
                "There is no application %s in your areas.", found[1].upper()
            ))
        return {
            "type": "ir.actions.act_window",
            "name": case.number,
            "res_model": self._name,
            "res_id": case.id,
            "views": [[False, "form"]],
        }

    @api.model
    def scan_photo(self, data):
        """The same from a photo of the code.

        :param data: base64
        """
        try:
            texts = qr.read(base64.b64decode(data or "", validate=True))
        except (TypeError, ValueError, binascii.Error, photo.PhotoError) as error:
            raise UserError(self.env._("This file is not a photo that can be read.")) from error
        if not texts:
            raise UserError(self.env._(
                "No QR code was found in the photo. Take it again from nearer, straight from above."
            ))
        named = [text for text in texts if NUMBER.search(text)]
        return self.scan_text((named or texts)[0])
