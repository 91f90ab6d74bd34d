from odoo import fields, models


class CirculationGroup(models.Model):
    """A saved set of recipients (常用收件组), one person's own or shared with everybody."""

    _name = "yst.circulation.group"
    _description = "Saved Group of Recipients"
    _order = "shared DESC, name, id"

    name = fields.Char(required=True)
    owner_id = fields.Many2one(
        "res.users",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.user,
        ondelete="cascade",
    )
    shared = fields.Boolean(help="Everybody may send to it; circulation managers keep it.")
    user_ids = fields.Many2many("res.users", string="People", domain=[("share", "=", False)])

    def write(self, vals):
        """:raise AccessError: shared, or given away, by who keeps no shared groups"""
        result = super().write(vals)
        self.check_access("write")
        return result
