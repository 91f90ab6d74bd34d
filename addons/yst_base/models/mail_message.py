from odoo import api, fields, models
from odoo.exceptions import AccessError

#: What a message says; whether it has been read, starred or answered is something else.
SAID = frozenset({
    "body", "subject", "date", "author_id", "email_from", "message_type", "subtype_id",
    "is_internal", "model", "res_id", "parent_id", "attachment_ids", "tracking_value_ids",
})


class MailMessage(models.Model):
    """What stands in a record (办理记录) is not rewritten afterwards, and nobody writes into it in
    another's name or at another time. Addons name their models in ``_record_models``."""

    _inherit = "mail.message"

    @api.model
    def _record_models(self):
        """Names of the models whose messages say what was done, by whom and when."""
        return set()

    @api.model_create_multi
    def create(self, vals_list):
        """A user writes in their own name and now, whatever the call says."""
        if not self.env.su and not self.env.user._is_public():
            names, model = self._record_models(), self.env.context.get("default_model")
            vals_list = [
                {**vals, **self._own_words()} if vals.get("model", model) in names else vals
                for vals in vals_list
            ]
        return super().create(vals_list)

    def write(self, vals):
        if SAID & vals.keys():
            self._check_record_kept(vals.get("model"))
        return super().write(vals)

    def unlink(self):
        self._check_record_kept()
        return super().unlink()

    @api.model
    def _own_words(self):
        user = self.env.user
        return {
            "author_id": user.partner_id.id,
            "email_from": user.email_formatted,
            "date": fields.Datetime.now(),
        }

    def _check_record_kept(self, model=None):
        """:raises AccessError: a user would change what such a record says"""
        found = {model, *self.sudo().mapped("model")}
        if not self.env.su and found & self._record_models():
            raise AccessError(self.env._("What the record says is not changed afterwards."))
