from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..rules import SETTINGS


def _whole_number(name, label, **kwargs):
    return fields.Integer(
        label, config_parameter=f"yst_service.{name}", default=SETTINGS[name], **kwargs
    )


class ResConfigSettings(models.TransientModel):
    """The office's own figures and addresses for services; the defaults are those of the rules."""

    _inherit = "res.config.settings"

    yst_service_place = fields.Char("Service hall", config_parameter="yst_service.place")
    yst_service_hours = fields.Char("Opening hours", config_parameter="yst_service.hours")
    yst_service_phone_advice = fields.Char(
        "Phone for advice", config_parameter="yst_service.phone_advice"
    )
    yst_service_phone_complaint = fields.Char(
        "Phone for complaints", config_parameter="yst_service.phone_complaint"
    )
    yst_service_told_days = _whole_number("told_days", "Days to tell the applicant")
    yst_service_correction_days = _whole_number("correction_days", "Days to correct")
    yst_service_home_visit_age = _whole_number("home_visit_age", "Home visits from age")
    yst_service_home_visit_grade = _whole_number(
        "home_visit_grade", "Home visits up to disability grade"
    )
    yst_service_home_visit_days = _whole_number("home_visit_days", "Days to a home visit")
    yst_service_home_visit_cadres = _whole_number("home_visit_cadres", "Cadres at a home visit")
    yst_service_contact_days = _whole_number("contact_days", "Days to contact after a bad rating")
    yst_service_solve_days = _whole_number("solve_days", "Days to solve after a bad rating")
    yst_service_sms = fields.Boolean(
        "Tell residents by SMS",
        config_parameter="yst_service.sms",
        help="Through Odoo's SMS gateway; it has to be configured and costs money.",
    )

    @api.constrains(*(f"yst_service_{name}" for name in SETTINGS))
    def _check_whole_numbers(self):
        for settings in self:
            for name in SETTINGS:
                if settings[f"yst_service_{name}"] < 1:
                    label = self._fields[f"yst_service_{name}"]._description_string(self.env)
                    raise ValidationError(self.env._("“%s” must be at least 1.", label))
