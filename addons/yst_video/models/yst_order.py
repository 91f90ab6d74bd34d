from odoo import fields, models


class YstOrder(models.Model):
    """Orders that a video alert caused."""

    _inherit = "yst.order"

    origin = fields.Selection(
        selection_add=[("alert", "Video alert")], ondelete={"alert": "set default"}
    )

    def _move_sources(self, master):
        """Alerts of merged orders follow them."""
        result = super()._move_sources(master)
        alerts = self.env["yst.video.alert"].sudo().search([("order_id", "in", self.ids)])
        alerts.order_id = master
        return result
