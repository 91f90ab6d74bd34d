from odoo import api, models


class MailMessage(models.Model):
    """What stands in a document (办理记录) stays."""

    _inherit = "mail.message"

    @api.model
    def _record_models(self):
        return super()._record_models() | {"yst.document"}

    @api.model_create_multi
    def create(self, vals_list):
        """:raise UserError: a user writes into a closed file"""
        if not self.env.su:
            self.env["yst.document"].browse(
                vals["res_id"]
                for vals in vals_list
                if vals.get("model") == "yst.document" and vals.get("res_id")
            ).exists()._refuse_closed()
        return super().create(vals_list)
