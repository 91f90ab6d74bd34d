"""Deadlines that are not a record's clock: counted with the office's own calendar."""

from odoo.addons.yst_base import limits


def workdays_after(env, start, days):
    """The end of a period of ``days`` working days from ``start``; both naive UTC."""
    calendar = env["yst.calendar.day"].sudo()._work_calendar()
    return limits.to_utc(limits.deadline(limits.to_local(start), days, "workday", calendar))
