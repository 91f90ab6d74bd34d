from odoo import api, fields, models
from odoo.exceptions import UserError

TYPES = [
    ("text", "Text"),
    ("number", "Number"),
    ("date", "Date"),
    ("choice", "Choice"),
]


class CirculationField(models.Model):
    """A column of the small table that recipients fill (填表项)."""

    _name = "yst.circulation.field"
    _description = "Field of a Circulated Table"
    _order = "item_id, sequence, id"

    item_id = fields.Many2one(
        "yst.circulation.item", required=True, index=True, ondelete="cascade"
    )
    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    type = fields.Selection(TYPES, required=True, default="text")
    options = fields.Text(help="The choices, one a line.")
    required = fields.Boolean(default=True)

    @api.model_create_multi
    def create(self, vals_list):
        fields_ = super().create(vals_list)
        fields_._check_item_is_draft()
        return fields_

    def write(self, vals):
        self._check_item_is_draft()
        result = super().write(vals)
        self._check_item_is_draft()
        return result

    def unlink(self):
        self._check_item_is_draft()
        return super().unlink()

    def _check_item_is_draft(self):
        """:raise UserError: people may be filling the table already
        :raise AccessError: another's item
        """
        self.item_id.check_access("write")
        if any(item.state != "draft" for item in self.item_id.sudo()):
            raise UserError(
                self.env._("The item has been sent: its table cannot be changed any more.")
            )

    def _choices(self):
        """The choices of a field, in their order."""
        self.ensure_one()
        return [line.strip() for line in (self.options or "").splitlines() if line.strip()]
