from odoo import api, models

#: Records whose messages say what has been done, by whom and when.
RECORDS = frozenset({
    "yst.service.case", "yst.service.home.visit", "yst.service.follow.up", "yst.service.item",
    "yst.service.item.version",
})


class MailMessage(models.Model):
    """What stands in the record of an application is kept."""

    _inherit = "mail.message"

    @api.model
    def _record_models(self):
        return super()._record_models() | RECORDS
