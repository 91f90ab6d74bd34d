import logging
from datetime import date, datetime, time

from chinese_calendar.constants import Holiday, holidays, workdays

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, ormcache

from ..limits import LAST_SECOND, WorkCalendar, to_local, to_utc

_logger = logging.getLogger(__name__)

# from this day of the year on, the next year's holidays should be known (they are announced
# each autumn)
WARN_FROM = (11, 1)
# days off in law on fixed dates, and how many days off there are in law at least (since 2025)
FIXED_HOLIDAYS = ((1, 1), (5, 1), (10, 1), (10, 2), (10, 3))
LEGAL_HOLIDAYS = 13

PARAMETERS = {
    "morning": "yst_base.office_morning",
    "afternoon": "yst_base.office_afternoon",
    "winter_afternoon": "yst_base.office_afternoon_winter",
    "winter": "yst_base.office_winter",
}


class YstCalendarDay(models.Model):
    """A day that differs from its weekday (节假日与调休): holiday or make-up workday.

    Filled from the `chinese_calendar` package where it knows the year; what the office enters or
    changes is never overwritten by it. Source of the rule: the State Council's yearly notice.
    """

    _name = "yst.calendar.day"
    _description = "Holiday or Make-up Workday"
    _order = "date desc"
    _rec_name = "name"

    date = fields.Date(required=True)
    kind = fields.Selection(
        [
            ("holiday", "Holiday"),
            ("makeup", "Make-up workday"),
            ("ordinary", "As any such weekday"),
        ],
        required=True,
        default="holiday",
        help="“As any such weekday” cancels what the announcement said about the day.",
    )
    name = fields.Char(required=True)
    year = fields.Char(compute="_compute_year", store=True, index=True)
    source = fields.Selection(
        [("package", "Published schedule"), ("manual", "Entered by the office")],
        required=True,
        readonly=True,
        default="manual",
    )
    leave_id = fields.Many2one("resource.calendar.leaves", readonly=True, ondelete="set null")

    _date_uniq = models.UniqueIndex("(date)", "This day has been entered already.")

    @api.depends("date")
    def _compute_year(self):
        for day in self:
            day.year = str(day.date.year) if day.date else False

    @api.constrains("date", "kind")
    def _check_kind(self):
        for day in self:
            if day.kind == "makeup" and day.date.weekday() < 5:
                raise ValidationError(
                    self.env._(
                        "%(date)s is a weekday: only a Saturday or Sunday can be worked in "
                        "exchange for a holiday.",
                        date=day.date,
                    )
                )

    # -- CRUD ----------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        days = super().create(vals_list)
        days._changed(days.mapped("date"))
        return days

    def write(self, vals):
        if not vals.keys() & {"date", "kind", "name"}:
            return super().write(vals)
        dates = self.mapped("date")
        result = super().write({"source": "manual", **vals})
        self._changed(dates + self.mapped("date"))
        return result

    def unlink(self):
        dates = self.mapped("date")
        self.sudo().leave_id.unlink()
        result = super().unlink()
        self.browse()._changed(dates)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_entered_only(self):
        if not self.env.su and any(day.source == "package" for day in self):
            raise UserError(
                self.env._(
                    "A day of the published schedule is not deleted, or it would come back with "
                    "the next update. Choose “As any such weekday” instead."
                )
            )

    # -- actions --------------------------------------------------------------------------------

    def action_load_years(self):
        """Load what the package knows from last year on, and tell what is still missing."""
        self.check_access("write")
        this_year = self._today().year
        loaded = sum(
            self._load_year(year) for year in self._package_years() if year >= this_year - 1
        )
        warning = self.get_warning()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if warning else "success",
                "sticky": bool(warning),
                "message": warning
                or self.env._("The calendar is up to date: %(count)s days changed.", count=loaded),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def get_warning(self) -> str | bool:
        """What to tell users of the calendar: the years whose holidays are missing, or False."""
        missing = self._missing_years()
        if not missing:
            return False
        return self.env._(
            "The public holidays of %(years)s are not in the calendar yet. Until they are "
            "entered, Monday to Friday count as working days there, and deadlines in that time "
            "are provisional. Load the year, or enter the days of the State Council's notice.",
            years=", ".join(map(str, missing)),
        )

    # -- loading --------------------------------------------------------------------------------

    @api.model
    def _package_years(self) -> list[int]:
        """The years that the `chinese_calendar` package knows."""
        return sorted({day.year for day in holidays})

    @api.model
    def _package_days(self, year: int) -> dict[date, tuple[str, str]]:
        """The package's days of a year as {date: (kind, Chinese name)}."""
        return {
            day: (kind, Holiday(name).chinese)
            for kind, days in (("holiday", holidays), ("makeup", workdays))
            for day, name in days.items()
            if day.year == year
        }

    @api.model
    def _load_year(self, year: int) -> int:
        """Bring the published schedule of a year into the table; what the office entered stays.

        :return: how many days were added, changed or removed
        :raise UserError: the year is not known to the package
        """
        wanted = self._package_days(year)
        if not wanted:
            raise UserError(
                self.env._(
                    "The published schedule of %(year)s is not part of this version. Enter the "
                    "days of the State Council's notice by hand.",
                    year=year,
                )
            )
        present = {day.date: day for day in self.sudo().search([("year", "=", str(year))])}
        count = 0
        for day in present.values():
            if day.source != "package":
                continue
            if day.date not in wanted:
                day.unlink()
            elif (day.kind, day.name) != wanted[day.date]:
                kind, name = wanted[day.date]
                day.write({"kind": kind, "name": name, "source": "package"})
            else:
                continue
            count += 1
        missing = [
            {"date": day, "kind": kind, "name": name, "source": "package"}
            for day, (kind, name) in sorted(wanted.items())
            if day not in present
        ]
        self.sudo().create(missing)
        return count + len(missing)

    @api.model
    def _load_known_years(self, first: int) -> None:
        """Load all years from ``first`` on that the package knows (at install and update)."""
        for year in self._package_years():
            if year >= first:
                self._load_year(year)

    # -- the warning ----------------------------------------------------------------------------

    @api.model
    def _missing_years(self) -> list[int]:
        """This year, and from 1 November on the next, where its holidays are not known."""
        today = self._today()
        years = [today.year]
        if (today.month, today.day) >= WARN_FROM:
            years.append(today.year + 1)
        known = self._work_calendar().known_years
        return [year for year in years if year not in known]

    @api.model
    def _cron_check_years(self):
        """Daily: load a missing year if the package has it, else ask the organisation managers."""
        package = self._package_years()
        for year in self._missing_years():
            if year in package:
                self._load_year(year)
        kind = self.env.ref("yst_base.activity_calendar_missing")
        activities = self.env["mail.activity"].search([("activity_type_id", "=", kind.id)])
        if not self._missing_years():
            activities.unlink()
            return
        managers = self.env.ref("yst_base.group_organisation_manager").all_user_ids
        self.env["mail.activity"].create(
            [
                {
                    "activity_type_id": kind.id,
                    "user_id": user.id,
                    "summary": self.with_context(lang=user.lang).env._(
                        "Enter the public holidays that are missing"
                    ),
                    "note": self.with_context(lang=user.lang).get_warning(),
                    "date_deadline": self._today(),
                }
                for user in managers - activities.user_id
            ]
        )

    # -- the calendar ---------------------------------------------------------------------------

    @api.model
    def _today(self) -> date:
        """Today in Shanghai."""
        return to_local(fields.Datetime.now()).date()

    @api.model
    @ormcache(cache="stable")
    def _work_calendar(self) -> WorkCalendar:
        """The office's calendar for `limits`; cached until a day or a setting changes."""
        self.flush_model(["date", "kind"])
        kinds = {"holiday": set(), "makeup": set(), "ordinary": set()}
        for day, kind in self.env.execute_query(SQL("SELECT date, kind FROM yst_calendar_day")):
            kinds[kind].add(day)
        return WorkCalendar(
            holidays=frozenset(kinds["holiday"]),
            makeup=frozenset(kinds["makeup"]),
            known_years=frozenset(self._complete_years(kinds["holiday"])),
            **self._office_hours(),
        )

    @api.model
    def _complete_years(self, days: set[date]) -> set[int]:
        """The years whose holidays are all there, so that one day entered hides no warning."""
        return {
            year
            for year in {day.year for day in days}
            if sum(day.year == year for day in days) >= LEGAL_HOLIDAYS
            and all(date(year, *fixed) in days for fixed in FIXED_HOLIDAYS)
        }

    @api.model
    def _office_hours(self) -> dict:
        """The office hours from the settings; one that cannot be read is logged and left out."""
        get_param = self.env["ir.config_parameter"].sudo().get_param
        hours = {}
        for key, parameter in PARAMETERS.items():
            value = get_param(parameter)
            if not value:
                continue
            try:
                hours[key] = parse_days(value) if key == "winter" else parse_hours(value)
            except ValueError:
                _logger.error("Setting %s: %r is not understood, default used", parameter, value)
        return hours

    def _changed(self, dates: list[date]) -> None:
        """After a change: the resource calendar, the cache and the running clocks follow."""
        self._sync_leaves()
        self.env.registry.clear_cache("stable")
        self.env["yst.clock.mixin"]._clock_calendar_changed(set(dates))

    def _sync_leaves(self) -> None:
        """Each holiday is one day of leave in the office's resource calendar.

        A make-up workday cannot be told to a resource calendar: `limits` knows it.
        """
        calendar = self.env.ref("yst_base.calendar_office", raise_if_not_found=False)
        if not calendar:
            return
        days = self.sudo()
        days.filtered(lambda day: day.kind != "holiday").leave_id.unlink()
        holidays_ = days.filtered(lambda day: day.kind == "holiday")
        for day in holidays_.filtered("leave_id"):
            day.leave_id.write(day._leave_values(calendar))
        fresh = holidays_.filtered(lambda day: not day.leave_id)
        leaves = self.env["resource.calendar.leaves"].sudo()
        leaves = leaves.create([day._leave_values(calendar) for day in fresh])
        for day, leave in zip(fresh, leaves, strict=True):
            day.leave_id = leave

    def _leave_values(self, calendar) -> dict:
        return {
            "name": self.name,
            "calendar_id": calendar.id,
            "resource_id": False,
            "date_from": to_utc(datetime.combine(self.date, time.min)),
            "date_to": to_utc(datetime.combine(self.date, LAST_SECOND)),
        }


def parse_hours(value: str) -> tuple[time, time]:
    """'08:00-12:00' as two times.

    :raise ValueError: anything else, or an end that is not after the begin
    """
    begin, end = (datetime.strptime(part.strip(), "%H:%M").time() for part in value.split("-"))
    if begin >= end:
        raise ValueError(value)
    return begin, end


def parse_days(value: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """'10-01/04-30' as two (month, day).

    :raise ValueError: anything else
    """
    first, last = (
        datetime.strptime(f"2024-{part.strip()}", "%Y-%m-%d") for part in value.split("/")
    )
    return (first.month, first.day), (last.month, last.day)
