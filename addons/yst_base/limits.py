"""Time limits (时限): when a period ends.

Pure functions on the office's calendar; no database. The rules, by law unless marked [use]:

* in days, the day of the event does not count; in hours, a period runs at once (民法典 201);
* months end on the corresponding day, else on the month's last (民法典 202);
* a period in days or months that ends on a day off ends on the next working day (民法典 203), at
  24:00, or when the office closes where that is asked for;
* working days are Monday to Friday without public holidays, and the make-up workdays (调休上班日);
* a pause (暂停) stops a period in days on the day it begins; the day after it ends counts
  again [use]. Periods in hours stand still from instant to instant;
* an extension (延期) adds to the limit, in the limit's own unit.

Times are wall-clock times in Asia/Shanghai: naive ones are taken as such, aware ones are converted
and the answer is aware too.
"""

import math
from calendar import monthrange
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
UNITS = ("workday", "day", "month", "workhour", "hour")
HOUR_UNITS = ("workhour", "hour")
LAST_SECOND = time(23, 59, 59)
ONE_DAY = timedelta(days=1)

Pause = tuple[datetime, datetime]
Session = tuple[time, time]


@dataclass(frozen=True)
class WorkCalendar:
    """The office's working days and hours (工作日历).

    A year is known when its public holidays have been announced and entered; in any other year
    Monday to Friday are taken as working days, and what is computed there is provisional.
    """

    holidays: frozenset[date] = frozenset()
    makeup: frozenset[date] = frozenset()
    morning: Session = (time(8), time(12))
    afternoon: Session = (time(14, 30), time(18))
    winter_afternoon: Session | None = (time(14), time(17, 30))
    # first and last day of the winter hours, (month, day)
    winter: tuple[tuple[int, int], tuple[int, int]] = ((10, 1), (4, 30))
    known_years: frozenset[int] = frozenset()

    def is_workday(self, day: date) -> bool:
        """Whether the office works on that day."""
        if day in self.makeup:
            return True
        return day.weekday() < 5 and day not in self.holidays

    def is_known(self, day: date) -> bool:
        """Whether the holidays of that day's year are known."""
        return day.year in self.known_years

    def is_winter(self, day: date) -> bool:
        """Whether the winter hours apply on that day."""
        first, last = self.winter
        today = (day.month, day.day)
        if first <= last:
            return first <= today <= last
        return today >= first or today <= last

    def sessions(self, day: date) -> list[Pause]:
        """The office hours of a day as (begin, end), none on a day off."""
        if not self.is_workday(day):
            return []
        afternoon = self.afternoon
        if self.winter_afternoon and self.is_winter(day):
            afternoon = self.winter_afternoon
        return [
            (datetime.combine(day, begin), datetime.combine(day, end))
            for begin, end in (self.morning, afternoon)
        ]

    def workdays_between(self, after: date, until: date) -> int:
        """How many working days lie after one day, up to and with another."""
        span = (until - after).days
        return sum(self.is_workday(after + timedelta(days=n)) for n in range(1, span + 1))

    def add_workdays(self, day: date, count: int) -> date:
        """The count-th working day after a day; for 0 the day itself or the next working day."""
        return _nth_day(day, count, self.is_workday)


class Remaining(NamedTuple):
    """What is left of a period, or by how much it is exceeded."""

    amount: int
    unit: str  # workday, day or hour
    late: bool


def to_local(moment: datetime) -> datetime:
    """Naive UTC, as the database stores it, to naive Shanghai time."""
    return moment.replace(tzinfo=timezone.utc).astimezone(SHANGHAI).replace(tzinfo=None)


def to_utc(moment: datetime) -> datetime:
    """Naive Shanghai time to naive UTC."""
    return moment.replace(tzinfo=SHANGHAI).astimezone(timezone.utc).replace(tzinfo=None)


def deadline(
    start: datetime,
    limit: int,
    unit: str,
    calendar: WorkCalendar,
    pauses: Iterable[Pause] = (),
    extensions: Iterable[int] = (),
    *,
    until_close: bool = False,
) -> datetime:
    """The last moment of a period.

    :param start: the event that starts it
    :param limit: how long, in ``unit``; 0 days means the same day
    :param unit: workday, day, month, workhour or hour
    :param pauses: (begin, end) each, ended ones only
    :param extensions: amounts in ``unit``
    :param until_close: days end when the office closes, not at 24:00
    :raise ValueError: an unknown unit, a negative amount, a pause that ends before it begins
    """
    extensions = list(extensions)
    if unit not in UNITS:
        raise ValueError(f"unknown unit {unit!r}, use one of {', '.join(UNITS)}")
    if limit < 0 or any(amount < 0 for amount in extensions):
        raise ValueError("a limit or an extension is not below 0")
    aware = start.tzinfo is not None
    start = _naive(start)
    pauses = sorted((_naive(begin), _naive(end)) for begin, end in pauses)
    if any(end < begin for begin, end in pauses):
        raise ValueError("a pause does not end before it begins")

    total = limit + sum(extensions)
    if unit == "hour":
        due = _add_hours(start, timedelta(hours=total), pauses)
    elif unit == "workhour":
        due = _add_workhours(start, timedelta(hours=total), calendar, pauses)
    else:
        last = _last_day(start.date(), total, unit, calendar, pauses)
        due = calendar.sessions(last)[-1][1] if until_close else datetime.combine(last, LAST_SECOND)
    return due.replace(tzinfo=SHANGHAI) if aware else due


def remaining(now: datetime, due: datetime, unit: str, calendar: WorkCalendar) -> Remaining:
    """What is left at ``now`` of a period that ends at ``due``, both in Shanghai time.

    Working days are counted for periods in working days; 0 means today. What is exceeded is
    counted in calendar days, and periods in hours are in hours while less than a day.
    """
    now, due = _naive(now), _naive(due)
    late = now > due
    gap = abs(due - now)
    if unit in HOUR_UNITS and gap < ONE_DAY:
        return Remaining(math.ceil(gap / timedelta(hours=1)), "hour", late)
    days = abs((due.date() - now.date()).days)
    if late:
        return Remaining(max(days, 1), "day", True)
    if unit == "workday":
        return Remaining(calendar.workdays_between(now.date(), due.date()), "workday", False)
    return Remaining(days, "day", False)


def _naive(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        return moment
    return moment.astimezone(SHANGHAI).replace(tzinfo=None)


def _nth_day(day: date, count: int, counts: Callable[[date], bool]) -> date:
    """The count-th day after ``day`` that counts; for 0 the first that does, from ``day`` on."""
    if count == 0:
        while not counts(day):
            day += ONE_DAY
        return day
    while count:
        day += ONE_DAY
        count -= counts(day)
    return day


def _last_day(
    day: date, count: int, unit: str, calendar: WorkCalendar, pauses: Sequence[Pause]
) -> date:
    def runs(candidate: date) -> bool:
        return not any(begin.date() <= candidate <= end.date() for begin, end in pauses)

    def works(candidate: date) -> bool:
        return calendar.is_workday(candidate) and runs(candidate)

    if unit == "workday":
        return _nth_day(day, count, works)
    if unit == "month":
        count = (_add_months(day, count) - day).days
    return _nth_day(_nth_day(day, count, runs), 0, works)


def _add_months(day: date, count: int) -> date:
    years, month = divmod(day.month - 1 + count, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _add_hours(moment: datetime, left: timedelta, pauses: Sequence[Pause]) -> datetime:
    for begin, end in pauses:
        if end <= moment:
            continue
        if begin >= moment + left:
            break
        left -= max(begin - moment, timedelta())
        moment = end
    return moment + left


def _add_workhours(
    moment: datetime, left: timedelta, calendar: WorkCalendar, pauses: Sequence[Pause]
) -> datetime:
    day = moment.date()
    while True:
        for begin, end in calendar.sessions(day):
            for open_at, close_at in _without(max(begin, moment), end, pauses):
                if close_at - open_at >= left:
                    return open_at + left
                left -= close_at - open_at
        day += ONE_DAY


def _without(begin: datetime, end: datetime, pauses: Sequence[Pause]) -> Iterable[Pause]:
    """The stretches of [begin, end] outside the pauses, which are in order."""
    for pause_begin, pause_end in pauses:
        if begin >= end:
            return
        if pause_begin > begin:
            yield begin, min(pause_begin, end)
        begin = max(begin, pause_end)
    if begin < end:
        yield begin, end
