import re
from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.yst_base import limits

PERIOD = re.compile(r"([01]?\d|2[0-3])[:：]([0-5]\d)\s*[-–—~～]\s*([01]?\d|2[0-3])[:：]([0-5]\d)")
MAX_DAYS = 92  # what people can foresee: a quarter
MAX_SLOTS = 2000


class ServiceSlotWizard(models.TransientModel):
    """Times for appointments on every working day of a period (批量排时段)."""

    _name = "yst.service.slot.wizard"
    _description = "Plan Appointment Times"

    kind = fields.Selection(
        [("window", "Service window"), ("home", "Home visit")], required=True, default="window"
    )
    area_id = fields.Many2one(
        "yst.area", required=True, help="Residents of this area and below may book."
    )
    place = fields.Char(help="Where to come: hall, floor, window.")
    category_ids = fields.Many2many(
        "yst.service.category", string="Only for", help="Empty: for every item."
    )
    date_from = fields.Date("First day", required=True, default=fields.Date.context_today)
    date_to = fields.Date("Last day", required=True)
    periods = fields.Text(
        "Times of day", required=True, default="09:00-10:00\n10:00-11:00\n15:00-16:00",
        help="One on each line, Beijing time.",
    )
    capacity = fields.Integer("Places", required=True, default=4)

    @api.onchange("date_from")
    def _onchange_date_from(self):
        if self.date_from and (not self.date_to or self.date_to < self.date_from):
            self.date_to = self.date_from + timedelta(days=13)

    def action_plan(self):
        """Enter the times; those that are there already are left as they are.

        Days off and holidays are passed over, make-up workdays count.

        :raises UserError: a time of day is not understood, or there are too many
        """
        self.ensure_one()
        slots = self.env["yst.service.slot"]
        slots.check_access("create")
        begin_end = [self._period(line) for line in self.periods.splitlines() if line.strip()]
        rows = [
            {
                "kind": self.kind,
                "area_id": self.area_id.id,
                "place": self.place,
                "category_ids": self.category_ids.ids if self.kind == "window" else [],
                "start": limits.to_utc(datetime.combine(day, begin)),
                "end": limits.to_utc(datetime.combine(day, end)),
                "capacity": self.capacity,
            }
            for day in self._workdays()
            for begin, end in begin_end
        ]
        now = fields.Datetime.now()
        there = set(
            slots.search([
                ("kind", "=", self.kind),
                ("area_id", "=", self.area_id.id),
                ("place", "=", self.place),
                ("start", ">=", now),
            ]).mapped("start")
        )
        rows = [row for row in rows if row["start"] > now and row["start"] not in there]
        if len(rows) > MAX_SLOTS:
            raise UserError(self.env._("These are too many times at once. Shorten the period."))
        if not rows:
            raise UserError(self.env._("No new time lies in this period."))
        slots.create(rows)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("%s times were entered.", len(rows)),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _workdays(self):
        count = (self.date_to - self.date_from).days + 1
        if not 1 <= count <= MAX_DAYS:
            raise UserError(
                self.env._("The last day is at most %s days after the first.", MAX_DAYS - 1)
            )
        calendar = self.env["yst.calendar.day"]._work_calendar()
        days = (self.date_from + timedelta(days=number) for number in range(count))
        return [day for day in days if calendar.is_workday(day)]

    def _period(self, line):
        found = PERIOD.fullmatch(line.strip())
        numbers = [int(number) for number in found.groups()] if found else [0] * 4
        begin, end = time(*numbers[:2]), time(*numbers[2:])
        if begin >= end:
            raise UserError(
                self.env._(
                    "“%(line)s” is not understood. Write it like this: %(example)s",
                    line=line, example="09:00-10:00",
                )
            )
        return begin, end
