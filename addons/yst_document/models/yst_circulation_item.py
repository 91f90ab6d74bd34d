from odoo import fields, models


class CirculationItem(models.Model):
    """An item that circulates an official document (公文传阅)."""

    _inherit = "yst.circulation.item"

    kind = fields.Selection(
        selection_add=[("document", "Official document")], ondelete={"document": "cascade"}
    )
