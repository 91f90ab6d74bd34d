from odoo import fields, models


class YstOrder(models.Model):
    """Orders that a video alert caused."""

    _inherit = "yst.order"

    origin = fields.Selection(
        selection_add=[("alert", "Video alert")], ondelete={"alert": "set default"}
    )

    def _move_sources(self, master):
        """Alerts of merged orders follow them: what becomes of the master is their outcome."""
        result = super()._move_sources(master)
        alerts = self.env["yst.video.alert"].sudo().search([("order_id", "in", self.ids)])
        alerts.write(
            {
                "order_id": master.id,
                "order_outcome": master.state,
                "order_outcome_at": fields.Datetime.now(),
            }
        )
        return result
