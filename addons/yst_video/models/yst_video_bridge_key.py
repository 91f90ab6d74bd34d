from odoo import fields, models


class YstVideoBridgeKey(models.AbstractModel):
    """Shows a new key once; the database keeps no trace of it."""

    _name = "yst.video.bridge.key"
    _description = "New key of a bridge"

    # without it the form's onchange would not give back the key
    id = fields.Id()
    name = fields.Char(readonly=True)
    key = fields.Char(readonly=True)
