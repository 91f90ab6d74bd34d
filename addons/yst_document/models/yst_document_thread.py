from odoo import models
from odoo.exceptions import UserError


class Document(models.Model):
    """What is said in a document: nothing of a state secret, and to nobody who does not see the
    document."""

    _inherit = "yst.document"

    def message_post(self, **kwargs):
        """:raise UserError: the mark of a state secret; somebody who does not see the document"""
        self._refuse_state_secret({"body": kwargs.get("body"), "name": kwargs.get("subject")})
        self._check_told(kwargs.get("partner_ids"))
        return super().message_post(**kwargs)

    def message_notify(self, **kwargs):
        """:raise UserError: as ``message_post``"""
        self._refuse_state_secret({"body": kwargs.get("body"), "name": kwargs.get("subject")})
        self._check_told(kwargs.get("partner_ids"))
        return super().message_notify(**kwargs)

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        """:raise UserError: somebody who does not see the document"""
        self._check_told(partner_ids)
        return super().message_subscribe(partner_ids, subtype_ids)

    def _check_told(self, partner_ids):
        """:raise UserError: the user would tell somebody who does not see the document"""
        if self.env.su or not partner_ids:
            return
        self.check_access("read")
        partners = self.env["res.partner"].sudo().browse(partner_ids)
        for partner in partners - self.env.user.partner_id:
            users = partner.user_ids
            if not users or not any(self.with_user(user).has_access("read") for user in users):
                raise UserError(
                    self.env._("%s does not see this document: circulate it first.", partner.name)
                )
