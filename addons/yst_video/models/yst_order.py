from odoo import fields, models


class YstOrder(models.Model):
    """Orders that a video alert caused."""

    _inherit = "yst.order"

    origin = fields.Selection(
        selection_add=[("alert", "Video alert")], ondelete={"alert": "set default"}
    )
