from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .yst_calendar_day import PARAMETERS, parse_days, parse_hours


class ResConfigSettings(models.TransientModel):
    """The office hours (办公时间), by which periods in working hours are counted."""

    _inherit = "res.config.settings"

    yst_office_morning = fields.Char("Morning", config_parameter=PARAMETERS["morning"])
    yst_office_afternoon = fields.Char("Afternoon", config_parameter=PARAMETERS["afternoon"])
    yst_office_winter_afternoon = fields.Char(
        "Afternoon in winter", config_parameter=PARAMETERS["winter_afternoon"]
    )
    yst_office_winter = fields.Char("Winter", config_parameter=PARAMETERS["winter"])

    @api.constrains(*(f"yst_office_{name}" for name in PARAMETERS))
    def _check_office_hours(self):
        for settings in self:
            for name in PARAMETERS:
                value = settings[f"yst_office_{name}"]
                parse, example = (
                    (parse_days, "10-01/04-30")
                    if name == "winter"
                    else (parse_hours, "08:00-12:00")
                )
                try:
                    if value:
                        parse(value)
                except ValueError:
                    raise ValidationError(
                        self.env._(
                            "“%(value)s” is not understood. Write it like this: %(example)s",
                            value=value,
                            example=example,
                        )
                    )
