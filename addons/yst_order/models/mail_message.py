from odoo import api, models


class MailMessage(models.Model):
    """What stands in the record of an order is kept."""

    _inherit = "mail.message"

    @api.model
    def _record_models(self):
        return super()._record_models() | {"yst.order"}
