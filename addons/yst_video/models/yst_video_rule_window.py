from odoo import api, fields, models

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class VideoRuleWindow(models.Model):
    """Weekly hours in which a rule applies (生效时段), local time.

    An end before the start lies on the next day; an end equal to the start means the whole day.
    """

    _name = "yst.video.rule.window"
    _description = "Hours of a Rule"
    _inherit = ["yst.video.revision.mixin"]
    _order = "rule_id, hour_from, id"

    _bridge_fields = frozenset({"rule_id", "hour_from", "hour_to", *DAYS})

    _tuning_fields = _bridge_fields

    rule_id = fields.Many2one("yst.video.rule", required=True, index=True, ondelete="cascade")
    area_id = fields.Many2one(related="rule_id.area_id", store=True, index=True)
    monday = fields.Boolean("Mon", default=True)
    tuesday = fields.Boolean("Tue", default=True)
    wednesday = fields.Boolean("Wed", default=True)
    thursday = fields.Boolean("Thu", default=True)
    friday = fields.Boolean("Fri", default=True)
    saturday = fields.Boolean("Sat", default=True)
    sunday = fields.Boolean("Sun", default=True)
    hour_from = fields.Float("From", default=0)
    hour_to = fields.Float("To", default=24)

    _hours_of_a_day = models.Constraint(
        "CHECK (hour_from >= 0 AND hour_from < 24 AND hour_to >= 0 AND hour_to <= 24)",
        "Hours lie between 0:00 and 24:00.",
    )
    _some_day = models.Constraint(
        "CHECK (monday OR tuesday OR wednesday OR thursday OR friday OR saturday OR sunday)",
        "Choose at least one day of the week.",
    )

    @api.depends("hour_from", "hour_to", *DAYS)
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = [self._fields[day]._description_string(self.env) for day in DAYS]
        for window in self:
            days = [label for day, label in zip(DAYS, labels, strict=True) if window[day]]
            shown = self.env._("every day") if len(days) == 7 else " ".join(days)
            window.display_name = (
                f"{shown} {clock(window.hour_from)}–{clock(window.hour_to)}"
            )

    @api.model_create_multi
    def create(self, vals_list):
        windows = super().create(vals_list)
        windows._note_tuned()
        return windows

    def unlink(self):
        self._note_tuned()
        return super().unlink()

    def _note_tuned(self):
        self.rule_id._note_tuned()

    def _bridge_sees(self):
        return self.rule_id._bridge_sees()

    def _bridge_window(self):
        """The window as the bridges are told it."""
        self.ensure_one()
        return {
            "days": [number for number, day in enumerate(DAYS) if self[day]],
            "from": clock(self.hour_from),
            "to": clock(self.hour_to % 24),
        }


def clock(hours):
    """Hours as hh:mm, to the minute.

    >>> clock(7.5)
    '07:30'
    """
    minutes = round(hours * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
