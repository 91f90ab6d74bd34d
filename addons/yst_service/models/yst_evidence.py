from odoo import models


class YstEvidence(models.Model):
    """What the clerk's galleries show."""

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
