from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..rules import SETTINGS


def _whole_number(name, label, **kwargs):
    return fields.Integer(
        label, config_parameter=f"yst_order.{name}", default=SETTINGS[name], **kwargs
    )


class ResConfigSettings(models.TransientModel):
    """The office's own figures for orders; the defaults are those of the rules."""

    _inherit = "res.config.settings"

    yst_order_auto_supervision = fields.Boolean(
        "Supervise overdue orders automatically",
        config_parameter="yst_order.auto_supervision",
        help="A missed deadline leads to a yellow supervision order, a further one to an orange.",
    )
    yst_order_extensions = _whole_number("extensions", "Extensions an order")
    yst_order_yellow_days = _whole_number("yellow_days", "Working days of a yellow supervision")
    yst_order_orange_days = _whole_number("orange_days", "Working days of an orange supervision")
    yst_order_red_hours = _whole_number("red_hours", "Hours of a red supervision")
    yst_order_photo_megabytes = _whole_number("photo_megabytes", "Largest photo (MB)")

    @api.constrains(*(f"yst_order_{name}" for name in SETTINGS))
    def _check_order_numbers(self):
        for settings in self:
            for name in SETTINGS:
                if settings[f"yst_order_{name}"] < 1:
                    label = self._fields[f"yst_order_{name}"]._description_string(self.env)
                    raise ValidationError(self.env._("“%s” must be at least 1.", label))
