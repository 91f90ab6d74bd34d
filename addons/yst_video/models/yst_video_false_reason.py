from odoo import fields, models


class YstVideoFalseReason(models.Model):
    """Why an alert was wrong (误报原因)."""

    _name = "yst.video.false.reason"
    _description = "Reason for a false alert"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _name_uniq = models.Constraint("UNIQUE (name)", "There is a reason of this name already.")
