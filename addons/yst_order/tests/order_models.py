"""A cause of orders that exists in tests only (see yst_base's sample_models)."""

from odoo import fields, models


class SampleSource(models.Model):
    _module = None
    _name = "yst.test.order.source"
    _inherit = ["yst.area.mixin", "yst.order.source.mixin"]
    _description = "Sample source of orders"

    name = fields.Char()
    heard = fields.Char(default="")

    def _order_values(self):
        return {
            "name": self.name,
            "area_id": self.area_id.id,
            # cached, unlike env.ref, which looks each time whether the record still exists
            "category_id": self.env["ir.model.data"]._xmlid_to_res_id("yst_order.category_crowd"),
        }

    def _order_pictures(self, limit=4):
        return [{"url": f"/sample/{self.id}", "at": False, "caption": self.name}][:limit]

    def _order_event(self, order, event):
        for record in self:
            record.heard = f"{record.heard} {event}".strip()
