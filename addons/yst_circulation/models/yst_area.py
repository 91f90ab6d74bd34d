from odoo import fields, models


class Area(models.Model):
    """Who receives for an area."""

    _inherit = "yst.area"

    liaison_ids = fields.Many2many(
        "res.users",
        "yst_area_liaison_rel",
        "area_id",
        "user_id",
        string="Liaisons",
        help="Whom a notice to the area reaches, and who passes it on to its people (联络员).",
    )
