from odoo import models
from odoo.exceptions import AccessError

#: What a message says; whether it has been read, starred or answered is something else.
SAID = frozenset({
    "body", "subject", "date", "author_id", "email_from", "message_type", "subtype_id",
    "is_internal", "model", "res_id", "parent_id", "attachment_ids", "tracking_value_ids",
})


class MailMessage(models.Model):
    """What stands in the record of an order is not rewritten afterwards."""

    _inherit = "mail.message"

    def write(self, vals):
        if SAID & vals.keys():
            self._check_order_record()
        return super().write(vals)

    def unlink(self):
        self._check_order_record()
        return super().unlink()

    def _check_order_record(self):
        """:raises AccessError: a user would change what an order's record says"""
        if not self.env.su and any(message.model == "yst.order" for message in self.sudo()):
            raise AccessError(self.env._("What the record says is not changed afterwards."))
