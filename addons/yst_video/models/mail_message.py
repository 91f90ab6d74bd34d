from odoo import api, models


class MailMessage(models.Model):
    """What stands in the record of a camera or of a footage request is kept as well."""

    _inherit = "mail.message"

    @api.model
    def _record_models(self):
        return super()._record_models() | {"yst.video.camera", "yst.video.footage.request"}
