from odoo import models
from odoo.fields import Domain


class IrRule(models.Model):
    """A dialog belongs to who opened it."""

    _inherit = "ir.rule"

    def _compute_domain(self, model_name, mode="read"):
        """Of our dialogs (transient models) everybody has their own only: what somebody is just
        writing, or a file that is being imported, is nobody else's to read or to change."""
        domain = super()._compute_domain(model_name, mode)
        model = self.env[model_name]
        if model._transient and model_name.startswith("yst.") and "create_uid" in model._fields:
            domain = Domain(domain) & Domain("create_uid", "=", self.env.uid)
        return domain
