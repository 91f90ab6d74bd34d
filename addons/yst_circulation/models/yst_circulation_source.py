from odoo import models


class CirculationItem(models.Model):
    """The record that an item circulates, where it is one."""

    _inherit = "yst.circulation.item"

    def _source_action(self):
        """The action that opens the circulated record, for those who may read it, or False."""
        self.ensure_one()
        item = self.sudo()
        if not item.source_id or item.source_model not in self.env:
            return False
        record = self.env[item.source_model].browse(item.source_id).exists()
        if not record or not record.sudo(False).has_access("read"):
            return False
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }
