from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

#: What one resident may hand in within 24 hours; an application needs some 30 photos.
FILES_A_DAY = 300
BYTES_A_DAY = 600 * 1024 * 1024


class YstEvidence(models.Model):
    """What the clerk's galleries show, and how much a resident may hand in."""

    _inherit = "yst.evidence"

    def _review_data(self):
        """What a gallery needs to show it."""
        self.ensure_one()
        return {
            "id": self.id,
            "name": self.name,
            "mimetype": self.mimetype,
            "problems": list(self.problems or []),
        }

    def get_gallery(self):
        """The same for a set of evidence, for the gallery widget."""
        self.check_access("read")
        return [evidence._review_data() for evidence in self]

    @api.model
    def _store(self, values, data, thumbnail=None):
        """:raises UserError: a resident has handed in too much within a day"""
        user = self.env.user
        if user.share:
            since = fields.Datetime.now() - timedelta(days=1)
            [[count, size]] = self.sudo()._read_group(
                [("partner_id", "=", user.partner_id.id), ("create_date", ">=", since)],
                [], ["__count", "size:sum"],
            )
            if count >= FILES_A_DAY or (size or 0) + len(data) > BYTES_A_DAY:
                raise UserError(self.env._(
                    "You have handed in very many files today. Go on tomorrow, or bring the"
                    " papers to the service window."
                ))
        return super()._store(values, data, thumbnail)
