from datetime import datetime

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .. import clock_state, limits

CLOCK_UNITS = [
    ("workday", "working days"),
    ("day", "calendar days"),
    ("month", "months"),
    ("workhour", "working hours"),
    ("hour", "hours"),
]


class YstClockStateMixin(models.AbstractModel):
    """What a clock (时限) stores, and its state, which follows from that and the present moment.

    The state is computed in SQL as well, so it can be searched, grouped and sorted by, and never
    goes stale. `yst.clock.mixin` is what models inherit: it adds the steps that move a clock.
    """

    _name = "yst.clock.state.mixin"
    _description = "State of a clock"

    # due within so many working days after today = due soon
    clock_due_soon_days = 2

    clock_start = fields.Datetime(string="Clock started", readonly=True, copy=False)
    clock_limit = fields.Integer(string="Limit", readonly=True, copy=False)
    clock_unit = fields.Selection(CLOCK_UNITS, string="Limit unit", readonly=True, copy=False)
    clock_run = fields.Integer(
        readonly=True, copy=False, help="How many times the clock was started."
    )
    clock_deadline = fields.Datetime(string="Deadline", readonly=True, copy=False, index=True)
    clock_stop = fields.Datetime(string="Clock stopped", readonly=True, copy=False)
    clock_paused_since = fields.Datetime(string="Paused since", readonly=True, copy=False)
    clock_event_ids = fields.One2many(
        "yst.clock.event",
        "res_id",
        string="Clock events",
        domain=lambda self: [("res_model", "=", self._name)],
        readonly=True,
        copy=False,
    )
    clock_state = fields.Selection(
        clock_state.CLOCK_STATES,
        string="Clock",
        compute="_compute_clock_state",
        search="_search_clock_state",
    )
    clock_left = fields.Char(string="Time left", compute="_compute_clock_left")
    clock_provisional = fields.Boolean(
        string="Provisional deadline",
        compute="_compute_clock_provisional",
        help="The deadline lies in a year whose public holidays are not known yet.",
    )

    _clock_open_idx = models.Index("(clock_deadline) WHERE clock_stop IS NULL")

    # -- computed ------------------------------------------------------------------------------

    @api.depends("clock_deadline", "clock_stop", "clock_paused_since")
    def _compute_clock_state(self):
        now, soon = self._clock_now_and_soon()
        for record in self:
            record.clock_state = clock_state.state_of(
                record.clock_deadline, record.clock_stop, record.clock_paused_since, now, soon
            )

    @api.depends("clock_deadline", "clock_stop", "clock_paused_since", "clock_unit")
    @api.depends_context("lang")
    def _compute_clock_left(self):
        calendar = self.env["yst.calendar.day"]._work_calendar()
        now = fields.Datetime.now()
        for record in self:
            if not record.clock_deadline:
                record.clock_left = False
                continue
            left = limits.remaining(
                limits.to_local(record.clock_stop or record.clock_paused_since or now),
                limits.to_local(record.clock_deadline),
                record.clock_unit,
                calendar,
            )
            record.clock_left = record._clock_left_text(left)

    @api.depends("clock_deadline", "clock_stop")
    def _compute_clock_provisional(self):
        calendar = self.env["yst.calendar.day"]._work_calendar()
        for record in self:
            due = record.clock_deadline
            record.clock_provisional = bool(
                due
                and not record.clock_stop
                and record.clock_unit != "hour"
                and not calendar.is_known(limits.to_local(due).date())
            )

    def _clock_left_text(self, left: limits.Remaining) -> str:
        self.ensure_one()
        _ = self.env._
        if self.clock_stop:
            if not left.late:
                return _("done in time")
            if left.unit == "hour":
                return _("done %(count)s hours late", count=left.amount)
            return _("done %(count)s days late", count=left.amount)
        if left.late:
            if left.unit == "hour":
                return _("%(count)s hours overdue", count=left.amount)
            return _("%(count)s days overdue", count=left.amount)
        if left.unit == "hour":
            text = _("%(count)s hours left", count=left.amount)
        elif not left.amount:
            text = _("due today")
        elif left.unit == "workday":
            text = _("%(count)s working days left", count=left.amount)
        else:
            text = _("%(count)s days left", count=left.amount)
        if self.clock_paused_since:
            return _("paused, %(left)s", left=text)
        return text

    # -- state in SQL ---------------------------------------------------------------------------

    def _clock_now_and_soon(self) -> tuple[datetime, datetime]:
        """This moment, and until when a deadline counts as due soon; both naive UTC."""
        now = fields.Datetime.now()
        calendar = self.env["yst.calendar.day"]._work_calendar()
        last = calendar.add_workdays(limits.to_local(now).date(), self.clock_due_soon_days)
        return now, limits.to_utc(datetime.combine(last, limits.LAST_SECOND))

    def _clock_state_conditions(self, alias: str, query) -> dict[str, SQL]:
        """Each state as an SQL condition; exactly one of them holds for a row."""
        if query is not None:
            # one moment for the whole query: the same expression in SELECT, GROUP BY, ORDER BY
            moments = query.__dict__.setdefault("_yst_clock_moments", {})
            if self._name not in moments:
                moments[self._name] = self._clock_now_and_soon()
            now, soon = moments[self._name]
        else:
            now, soon = self._clock_now_and_soon()
        columns = (
            self._field_to_sql(alias, name, query)
            for name in ("clock_deadline", "clock_stop", "clock_paused_since")
        )
        return clock_state.conditions(*columns, now, soon)

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr != "clock_state":
            return super()._field_to_sql(alias, field_expr, query)
        return clock_state.as_expression(self._clock_state_conditions(alias, query))

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        if field_name != "clock_state":
            return super()._order_field_to_sql(alias, field_name, direction, nulls, query)
        rank = clock_state.as_rank(self._field_to_sql(alias, field_name, query))
        query._order_groupby.append(rank)
        return SQL("%s %s %s", rank, direction, nulls)

    def _read_group_orderby(self, order, groupby_terms, query):
        if "clock_state" not in groupby_terms:
            return super()._read_group_orderby(order, groupby_terms, query)
        terms = {**groupby_terms}
        terms["clock_state"] = clock_state.as_rank(groupby_terms["clock_state"])
        result = super()._read_group_orderby(order, terms, query)
        groupby_terms.update(terms, clock_state=groupby_terms["clock_state"])
        return result

    def _search_clock_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        states = set(value)

        def to_sql(model, alias, query):
            conditions = model._clock_state_conditions(alias, query)
            wanted = [condition for state, condition in conditions.items() if state in states]
            return SQL("(%s)", SQL(" OR ").join(wanted)) if wanted else SQL("FALSE")

        return Domain.custom(to_sql=to_sql, predicate=lambda record: record.clock_state in states)
