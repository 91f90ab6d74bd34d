from collections import defaultdict
from datetime import datetime, time

from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import limits

# compared by identity, so that no context sent from outside can hold it (see yst.state.mixin)
_TOKEN = object()
_TOKEN_KEY = "_yst_clock_token"

CLOCK_FIELDS = {
    "clock_start",
    "clock_limit",
    "clock_unit",
    "clock_run",
    "clock_deadline",
    "clock_stop",
    "clock_paused_since",
    "clock_event_ids",
}


class YstClockMixin(models.AbstractModel):
    """The one clock (时限) of a record with a legal or promised limit.

    It is moved only by the methods ``_clock_…``; a clock field in ``create()`` or ``write()`` is
    refused, whoever asks. The deadline is computed by `limits` on the office's calendar and is
    stored. While paused, it stands as it was: resuming moves it.
    """

    _name = "yst.clock.mixin"
    _inherit = ["yst.clock.state.mixin"]
    _description = "Clock with a deadline"

    # periods in days end when the office closes, not at 24:00
    _clock_until_close = False

    # -- CRUD ----------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Create records whose clock is not started.

        :raise UserError: the values hold a clock field
        """
        for vals in vals_list:
            if any(vals[name] for name in CLOCK_FIELDS & vals.keys()):
                self._clock_refuse()
        # given in the values, they win over a `default_clock_…` in the context
        empty = dict.fromkeys(CLOCK_FIELDS - {"clock_event_ids"}, False)
        return super().create(
            [
                {**{key: val for key, val in vals.items() if key not in CLOCK_FIELDS}, **empty}
                for vals in vals_list
            ]
        )

    def write(self, vals):
        """Write, without the clock.

        :raise UserError: the values hold a clock field
        """
        if self.env.context.get(_TOKEN_KEY) is _TOKEN:
            locked = self.with_context(**{_TOKEN_KEY: None})
            return super(YstClockMixin, locked).write(vals)
        if CLOCK_FIELDS & vals.keys():
            self._clock_refuse()
        return super().write(vals)

    def unlink(self):
        """Delete the records together with what their clocks have recorded."""
        events = self.env["yst.clock.event"].sudo()
        events = events.search([("res_model", "=", self._name), ("res_id", "in", self.ids)])
        result = super().unlink()
        events.unlink()
        return result

    def _clock_refuse(self):
        raise UserError(self.env._("Deadlines are set by the procedure, not by editing them."))

    # -- for the models that inherit --------------------------------------------------------------

    def _clock_start(self, limit: int, unit: str = "workday", at: datetime | None = None):
        """Start the clocks (起算).

        :param limit: how long, in ``unit``
        :param unit: workday, day, month, workhour or hour
        :param at: the event that starts the period, naive UTC; now by default
        :raise UserError: a clock has been started already
        """
        if any(record.clock_start for record in self):
            raise UserError(self.env._("The time limit has begun already."))
        self._clock_begin("start", limit, unit, at)

    def _clock_restart(
        self,
        limit: int | None = None,
        unit: str | None = None,
        at: datetime | None = None,
        reason: str | None = None,
    ):
        """Start the clocks anew, for a record that is reopened (重新办理).

        Earlier pauses and extensions stay on record and no longer count.

        :param limit: by default that of the run before
        :raise UserError: a clock was never started, and no limit is given
        """
        groups = defaultdict(self.browse)
        for record in self:
            if limit is None and not record.clock_start:
                raise UserError(self.env._("There is no time limit to start anew."))
            length = record.clock_limit if limit is None else limit
            groups[length, unit or record.clock_unit or "workday"] += record
        for (length, length_unit), records in groups.items():
            records._clock_begin("restart", length, length_unit, at, reason)

    def _clock_pause(self, reason: str, at: datetime | None = None):
        """Stop the clocks for a while (暂停计时), e.g. until a correction comes in.

        :raise UserError: no reason is given, or a clock does not run
        """
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the time limit is paused."))
        at = at or fields.Datetime.now()
        self._clock_need(at, running=True)
        self._clock_write({"clock_paused_since": at})
        self._clock_record("pause", at, reason=reason)

    def _clock_resume(self, at: datetime | None = None):
        """Let paused clocks run again (恢复计时); deadlines move by the time they stood still.

        :raise UserError: a clock is not paused
        """
        at = at or fields.Datetime.now()
        self._clock_need(at, paused=True)
        self._clock_write({"clock_paused_since": False})
        self._clock_record("resume", at)

    def _clock_extend(self, amount: int, reason: str):
        """Grant more time (延期), in the clock's unit; the user at work is who granted it.

        :raise UserError: no reason or amount is given, or a clock is stopped or overdue
        """
        if not (reason or "").strip() or amount <= 0:
            raise UserError(self.env._("Say by how much the time limit is extended, and why."))
        now = fields.Datetime.now()
        self._clock_need(now)
        if any(record.clock_state == "overdue" for record in self):
            raise UserError(self.env._("A time limit that has run out cannot be extended."))
        self._clock_record("extend", now, amount=amount, reason=reason)

    def _clock_stop(self, at: datetime | None = None):
        """Stop the clocks for good (办结): the duty is fulfilled. Paused ones are resumed first.

        :raise UserError: a clock was not started, or has been stopped
        """
        at = at or fields.Datetime.now()
        self._clock_need(at)
        paused = self.filtered("clock_paused_since")
        if paused:
            paused._clock_resume(at)
        self._clock_write({"clock_stop": at})
        self._clock_record("stop", at)

    # -- helpers -------------------------------------------------------------------------------

    @api.model
    def _clock_models(self) -> list[str]:
        """The names of all real models with a clock."""
        names = self.pool.descendants(["yst.clock.mixin"], "_inherit")
        return [name for name in names if not self.pool[name]._abstract]

    def _clock_need(self, at: datetime, running: bool = False, paused: bool = False):
        """Refuse a step that does not fit a clock's condition.

        :raise UserError: with what is the matter
        """
        for record in self:
            since = max(filter(None, (record.clock_start, record.clock_paused_since)), default=None)
            if not since or record.clock_stop:
                raise UserError(self.env._("The time limit does not run."))
            if running and record.clock_paused_since:
                raise UserError(self.env._("The time limit is paused already."))
            if paused and not record.clock_paused_since:
                raise UserError(self.env._("The time limit is not paused."))
            if at < since:
                raise UserError(self.env._("This lies before what has happened to the clock."))

    def _clock_begin(self, kind, limit, unit, at, reason=None):
        if unit not in limits.UNITS or limit < 0:
            raise UserError(
                self.env._("This is no time limit: %(limit)s %(unit)s", limit=limit, unit=unit)
            )
        at = at or fields.Datetime.now()
        groups = defaultdict(self.browse)
        for record in self:
            groups[record.clock_run] += record
        for run, records in groups.items():
            records._clock_write(
                {
                    "clock_start": at,
                    "clock_limit": limit,
                    "clock_unit": unit,
                    "clock_run": run + 1,
                    "clock_stop": False,
                    "clock_paused_since": False,
                }
            )
        self._clock_record(kind, at, amount=limit, reason=reason)

    def _clock_record(self, kind, at, amount=0, reason=None):
        """Write one event a record, and bring the deadlines up to it."""
        if kind in ("start", "restart"):
            self._clock_set_deadlines(dict.fromkeys(self.ids, ()))
        elif kind in ("resume", "extend"):
            past = self._clock_history()
            self._clock_set_deadlines(
                {record.id: [*past[record.id], (kind, at, amount)] for record in self}
            )
        self.env["yst.clock.event"].sudo().create(
            [
                {
                    "res_model": self._name,
                    "res_id": record.id,
                    "run": record.clock_run,
                    "kind": kind,
                    "at": at,
                    "amount": amount,
                    "deadline": record.clock_deadline,
                    "reason": reason,
                    "user_id": self.env.uid,
                }
                for record in self
            ]
        )
        self.invalidate_recordset(["clock_event_ids"])

    def _clock_history(self) -> dict[int, list[tuple[str, datetime, int]]]:
        """What moved the deadline in each record's present run: (kind, at, amount) in order."""
        runs = {record.id: record.clock_run for record in self}
        history = {record_id: [] for record_id in self.ids}
        for event in (
            self.env["yst.clock.event"]
            .sudo()
            .search_fetch(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("kind", "in", ("pause", "resume", "extend")),
                ],
                ["res_id", "run", "kind", "at", "amount"],
            )
        ):
            if event.run == runs[event.res_id]:
                history[event.res_id].append((event.kind, event.at, event.amount))
        return history

    def _clock_set_deadlines(self, history):
        """Compute the deadlines from what has happened; records of one deadline in one write.

        :return: the records whose deadline has changed
        """
        calendar = self.env["yst.calendar.day"]._work_calendar()
        changed = defaultdict(self.browse)
        for record in self:
            pauses, extensions, since = [], [], None
            for kind, at, amount in history[record.id]:
                if kind == "pause":
                    since = limits.to_local(at)
                elif kind == "resume":
                    pauses.append((since, limits.to_local(at)))
                else:
                    extensions.append(amount)
            due = limits.deadline(
                limits.to_local(record.clock_start),
                record.clock_limit,
                record.clock_unit,
                calendar,
                pauses,
                extensions,
                until_close=self._clock_until_close,
            )
            changed[limits.to_utc(due)] += record
        result = self.browse()
        for due, records in changed.items():
            moved = records.filtered(lambda record, due=due: record.clock_deadline != due)
            if moved:
                moved._clock_write({"clock_deadline": due})
                result += moved
        return result

    def _clock_write(self, vals):
        self.with_context(**{_TOKEN_KEY: _TOKEN}).write(vals)

    @api.model
    def _clock_calendar_changed(self, dates):
        """Compute anew the deadlines of open clocks that run across one of the dates."""
        if not dates:
            return
        first = limits.to_utc(datetime.combine(min(dates), time.min))
        last = limits.to_utc(datetime.combine(max(dates), limits.LAST_SECOND))
        now = fields.Datetime.now()
        for name in self._clock_models():
            clocks = self.env[name].sudo().with_context(active_test=False)
            clocks = clocks.search(
                [
                    ("clock_stop", "=", False),
                    ("clock_start", "<=", last),
                    ("clock_deadline", ">=", first),
                    ("clock_unit", "!=", "hour"),
                ]
            )
            moved = clocks._clock_set_deadlines(clocks._clock_history())
            moved._clock_record("calendar", now)
