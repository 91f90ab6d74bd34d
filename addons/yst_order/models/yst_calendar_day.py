from odoo import api, models

from odoo.addons.yst_base import limits


class YstCalendarDay(models.Model):
    """The office calendar answers single deadlines too, for limits that are no clock."""

    _inherit = "yst.calendar.day"

    @api.model
    def _deadline(self, start, limit, unit):
        """The last moment of a period on the office calendar.

        :param start: naive UTC, the event that starts it
        :param unit: workday, day, month, workhour or hour
        :return: naive UTC
        """
        due = limits.deadline(limits.to_local(start), limit, unit, self._work_calendar())
        return limits.to_utc(due)
