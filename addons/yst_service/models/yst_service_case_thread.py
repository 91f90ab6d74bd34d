from odoo import models
from odoo.exceptions import UserError


class ServiceCase(models.Model):
    """Messages and ratings come in by the resident's own pages, which check what is sent."""

    _inherit = "yst.service.case"

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        """The general routes for messages and their files are the staff's: a resident writes
        by the page of the application, and hands files in as evidence."""
        if message_operation == "create" and self.env.user.share:
            return dict.fromkeys(self, "write")
        return super()._mail_get_operation_for_mail_message_operation(message_operation)

    def rating_apply(self, *args, **kwargs):
        """:raises UserError: always; ``action_rate`` checks who rates, and when"""
        raise UserError(self.env._("An application is rated on its own page."))
