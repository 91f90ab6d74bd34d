from odoo import api, fields, models


class OrderRedispatchWizard(models.TransientModel):
    """Asks where an order goes now (改派), and why."""

    _name = "yst.order.redispatch.wizard"
    _inherit = ["yst.order.wizard.mixin"]
    _description = "Dispatch Elsewhere"

    area_id = fields.Many2one("yst.area", "Area", required=True)
    department_id = fields.Many2one("hr.department", "Department")
    reason = fields.Text(required=True)

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        orders = self.env["yst.order"].browse(self.env.context.get("active_ids") or [])
        if len(orders) == 1 and "area_id" in fields_list:
            values.setdefault("area_id", orders.area_id.id)
        return values

    def _apply(self, orders):
        orders.action_redispatch(self.area_id, self.department_id, self.reason)
