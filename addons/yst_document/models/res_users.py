from odoo import models
from odoo.fields import Domain

from .yst_document_access import REGISTRAR


class ResUsers(models.Model):
    """What a user sees of how documents came about."""

    _inherit = "res.users"

    def _document_work_domain(self, path="document_id."):
        """Opinions and versions are for those who work on the document, not for those to whom it
        was circulated; for record rules.

        :param str path: many2one to ``yst.document`` with a dot at the end
        """
        self.ensure_one()
        if self.has_group(REGISTRAR):
            return Domain.TRUE
        return Domain(f"{path}participant_ids", "in", self.ids)

    def _document_review_domain(self):
        """The same of the reviews; those of other models are not restricted here."""
        self.ensure_one()
        other = Domain("model", "!=", "yst.document")
        if self.has_group(REGISTRAR):
            return Domain.TRUE
        mine = self.env["yst.document"].sudo()._search([("participant_ids", "in", self.ids)])
        return other | Domain("res_id", "in", mine.subselect("id"))
