from odoo import models
from odoo.exceptions import AccessError

#: Records whose messages say what has been done, by whom and when.
RECORDS = ("yst.service.case", "yst.service.home.visit", "yst.service.follow.up",
           "yst.service.item", "yst.service.item.version")
#: What a message says; whether it has been read, starred or answered is something else.
SAID = frozenset({
    "body", "subject", "date", "author_id", "email_from", "message_type", "subtype_id",
    "is_internal", "model", "res_id", "parent_id", "attachment_ids", "tracking_value_ids",
})


class MailMessage(models.Model):
    """What stands in the record of an application is not rewritten afterwards."""

    _inherit = "mail.message"

    def write(self, vals):
        if SAID & vals.keys():
            self._check_record()
        return super().write(vals)

    def unlink(self):
        self._check_record()
        return super().unlink()

    def _check_record(self):
        """:raises AccessError: a user would change what an application's record says"""
        if not self.env.su and any(message.model in RECORDS for message in self.sudo()):
            raise AccessError(self.env._("What the record says is not changed afterwards."))
