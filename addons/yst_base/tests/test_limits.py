"""When a period ends: a table of cases worked out on paper.

The days off and the make-up workdays are typed from the State Council's notices for 2024, 2025
and 2026; each case names the days that count. Nothing here is computed with the code under test.
"""

from datetime import date, datetime, timedelta, timezone

from odoo.tests import BaseCase, tagged

from ..limits import SHANGHAI, Remaining, WorkCalendar, deadline, remaining, to_local, to_utc


def days(*texts):
    """'2024-02-10..17' and '2024-01-01' as a set of dates."""
    found = set()
    for text in texts:
        first, _sep, last = text.partition("..")
        first = date.fromisoformat(first)
        last = first.replace(day=int(last)) if last else first
        found |= {first + timedelta(n) for n in range((last - first).days + 1)}
    return frozenset(found)


HOLIDAYS = days(
    # 2024: 元旦 春节 清明 劳动 端午 中秋 国庆
    "2024-01-01",
    "2024-02-10..17",
    "2024-04-04..06",
    "2024-05-01..05",
    "2024-06-10",
    "2024-09-15..17",
    "2024-10-01..07",
    # 2025: 元旦 春节 清明 劳动 端午 国庆中秋
    "2025-01-01",
    "2025-01-28..31",
    "2025-02-01..04",
    "2025-04-04..06",
    "2025-05-01..05",
    "2025-05-31",
    "2025-06-01..02",
    "2025-10-01..08",
    # 2026: 元旦 春节 清明 劳动 端午 中秋 国庆
    "2026-01-01..03",
    "2026-02-15..23",
    "2026-04-04..06",
    "2026-05-01..05",
    "2026-06-19..21",
    "2026-09-25..27",
    "2026-10-01..07",
)
MAKEUP = days(
    *("2024-02-04", "2024-02-18", "2024-04-07", "2024-04-28", "2024-05-11"),
    *("2024-09-14", "2024-09-29", "2024-10-12"),
    *("2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"),
    *("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"),
)
OFFICE = WorkCalendar(HOLIDAYS, MAKEUP, known_years=frozenset({2024, 2025, 2026}))

# (start, limit, last day, what counts)
WORKDAYS = [
    # around New Year 2024 (1 January off, a Monday)
    ("2023-12-29 15:00", 1, "2024-01-02", "Fri → Sat, Sun, holiday Mon → Tue"),
    ("2024-01-02 09:00", 5, "2024-01-09", "3 4 5 | 8 9"),
    ("2024-01-05 09:00", 1, "2024-01-08", "over a plain weekend"),
    ("2024-01-06 09:00", 1, "2024-01-08", "begun on a Saturday"),
    # Spring Festival 2024: 10–17 February off, 4 and 18 (Sundays) worked; the 9th is no holiday
    ("2024-02-01 09:00", 5, "2024-02-07", "2 | Sun 4 | 5 6 7"),
    ("2024-02-08 09:00", 3, "2024-02-19", "9 | Sun 18 | 19"),
    ("2024-02-09 17:59", 1, "2024-02-18", "Sun 18"),
    ("2024-02-09 09:00", 20, "2024-03-14", "18 | 19–23 | 26–1 | 4–8 | 11 12 13 14"),
    ("2024-02-12 12:00", 2, "2024-02-19", "begun on a holiday: Sun 18, 19"),
    ("2024-02-17 23:59", 1, "2024-02-18", "the holiday's last minute"),
    # the leap day
    ("2024-02-28 09:00", 1, "2024-02-29", "29"),
    ("2024-02-28 09:00", 2, "2024-03-01", "29 1"),
    ("2025-02-27 09:00", 2, "2025-03-03", "28 | 3: no leap day"),
    # Qingming 2024: 4–6 April off, Sunday 7 worked
    ("2024-04-03 09:00", 1, "2024-04-07", "Sun 7"),
    ("2024-04-03 09:00", 2, "2024-04-08", "Sun 7, 8"),
    # Labour Day 2024: 1–5 May off, Sunday 28 April and Saturday 11 May worked
    ("2024-04-26 09:00", 5, "2024-05-07", "Sun 28, 29 30 | 6 7"),
    ("2024-05-06 09:00", 5, "2024-05-11", "7 8 9 10, Sat 11"),
    ("2024-05-10 09:00", 2, "2024-05-13", "Sat 11 | 13"),
    # Dragon Boat 2024: Monday 10 June
    ("2024-06-07 09:00", 1, "2024-06-11", "Sat, Sun, Mon off"),
    # Mid-autumn 2024: 15–17 September off, Saturday 14 worked
    ("2024-09-13 09:00", 2, "2024-09-18", "Sat 14 | 18"),
    # National Day 2024: 1–7 October off, Sunday 29 September and Saturday 12 October worked
    ("2024-09-27 09:00", 3, "2024-10-08", "Sun 29, 30 | 8"),
    ("2024-10-08 09:00", 4, "2024-10-12", "9 10 11, Sat 12"),
    ("2024-10-12 09:00", 1, "2024-10-14", "begun on the make-up Saturday: 14"),
    # year end 2024, New Year 2025 (Wednesday 1 January off)
    ("2024-12-30 09:00", 3, "2025-01-03", "31 | 2 3"),
    ("2024-12-31 23:59", 1, "2025-01-02", "2"),
    # Spring Festival 2025: 28 January – 4 February off, Sunday 26 January, Saturday 8 worked
    ("2025-01-24 09:00", 2, "2025-01-27", "Sun 26, 27"),
    ("2025-01-27 09:00", 3, "2025-02-07", "5 6 7"),
    ("2025-01-27 09:00", 4, "2025-02-08", "5 6 7, Sat 8"),
    ("2025-01-27 09:00", 5, "2025-02-10", "5 6 7, Sat 8 | 10"),
    # Qingming, Labour Day (make-up Sunday 27 April) and Dragon Boat 2025
    ("2025-04-03 09:00", 1, "2025-04-07", "Fri–Sun off"),
    ("2025-04-25 09:00", 4, "2025-04-30", "Sun 27, 28 29 30"),
    ("2025-04-30 09:00", 1, "2025-05-06", "1–5 off"),
    ("2025-05-30 09:00", 1, "2025-06-03", "Sat–Mon off"),
    # National Day with Mid-autumn 2025: 1–8 October, Sunday 28 September, Saturday 11 worked
    ("2025-09-26 09:00", 3, "2025-09-30", "Sun 28, 29 30"),
    ("2025-09-30 09:00", 3, "2025-10-11", "9 10, Sat 11"),
    ("2025-09-19 09:00", 10, "2025-10-10", "22–26 | Sun 28, 29 30 | 9 10"),
    # year end 2025, New Year 2026: 1–3 January off, Sunday 4 worked
    ("2025-12-29 09:00", 4, "2026-01-05", "30 31 | Sun 4, 5"),
    ("2025-12-31 09:00", 1, "2026-01-04", "Sun 4"),
    # Spring Festival 2026: 15–23 February off, Saturdays 14 and 28 worked
    ("2026-02-11 09:00", 3, "2026-02-14", "12 13, Sat 14"),
    ("2026-02-13 09:00", 2, "2026-02-24", "Sat 14 | 24"),
    ("2026-02-14 09:00", 5, "2026-02-28", "24 25 26 27, Sat 28"),
    ("2026-02-14 09:00", 6, "2026-03-02", "24 25 26 27, Sat 28 | 2"),
    # Qingming, Labour Day (make-up Saturday 9 May), Dragon Boat 2026
    ("2026-04-03 09:00", 1, "2026-04-07", "Sat–Mon off"),
    ("2026-04-30 09:00", 4, "2026-05-09", "6 7 8, Sat 9"),
    ("2026-06-18 09:00", 1, "2026-06-22", "Fri–Sun off"),
    # Mid-autumn 25–27 September and National Day 1–7 October 2026, Sunday 20 and Saturday 10
    ("2026-09-18 09:00", 5, "2026-09-24", "Sun 20, 21 22 23 24"),
    ("2026-09-24 09:00", 3, "2026-09-30", "28 29 30"),
    ("2026-09-30 09:00", 3, "2026-10-10", "8 9, Sat 10"),
    ("2026-09-30 09:00", 4, "2026-10-12", "8 9, Sat 10 | 12"),
    ("2026-11-23 09:00", 20, "2026-12-21", "24–27 | 30–4 | 7–11 | 14–18 | 21"),
    # 2027 has not been announced: Monday to Friday count
    ("2026-12-31 09:00", 1, "2027-01-01", "Fri 1: provisional"),
    ("2026-12-28 09:00", 5, "2027-01-04", "29 30 31, Fri 1 | Mon 4"),
    ("2027-02-05 09:00", 3, "2027-02-10", "8 9 10, though the Spring Festival will be then"),
    ("2027-09-30 09:00", 1, "2027-10-01", "Fri 1"),
    # on the same day
    ("2024-03-04 09:00", 0, "2024-03-04", "a working day"),
    ("2024-05-01 09:00", 0, "2024-05-06", "a holiday: the next working day"),
]

CALENDAR_DAYS = [
    ("2024-01-10 09:00", 15, "2024-01-25", "Thursday"),
    ("2024-02-01 09:00", 15, "2024-02-18", "the 16th is off: Sun 18 is worked"),
    ("2024-02-14 09:00", 15, "2024-02-29", "the leap day"),
    ("2024-02-15 09:00", 15, "2024-03-01", "over the leap day"),
    ("2025-02-14 09:00", 15, "2025-03-03", "1 March is a Saturday"),
    ("2024-04-22 09:00", 6, "2024-04-28", "a make-up Sunday is a working day"),
    ("2024-06-01 09:00", 30, "2024-07-01", "begun on a Saturday"),
    ("2024-08-02 09:00", 60, "2024-10-08", "1 October: after National Day"),
    ("2025-08-05 09:00", 60, "2025-10-09", "4 October: after the 8th"),
    ("2024-10-31 09:00", 30, "2024-12-02", "30 November is a Saturday"),
    ("2026-12-02 09:00", 30, "2027-01-01", "a Friday of a year not announced"),
]

MONTHS = [
    ("2024-01-31 09:00", 1, "2024-02-29", "the month's last day, leap year"),
    ("2025-01-31 09:00", 1, "2025-02-28", "the month's last day"),
    ("2024-02-29 09:00", 12, "2025-02-28", "a year from the leap day"),
    ("2024-08-31 09:00", 1, "2024-09-30", "no 31 September"),
    ("2024-12-05 09:00", 2, "2025-02-05", "over the year's end"),
    ("2025-11-03 09:00", 2, "2026-01-04", "3 January is off: Sun 4 is worked"),
    ("2024-03-05 09:00", 3, "2024-06-05", "the corresponding day"),
]

# (start, limit, unit, pauses, extensions, last day, what counts)
PAUSES_AND_EXTENSIONS = [
    (
        *("2024-03-04 09:00", 10, "workday", [("2024-03-06 10:00", "2024-03-08 16:00")], []),
        *("2024-03-21", "5 | 11–15 | 18 19 20 21"),
    ),
    (
        *("2024-03-04 09:00", 10, "workday", [("2024-03-06 10:00", "2024-03-06 11:00")], []),
        *("2024-03-19", "an hour costs the day: 5, 7 8 | 11–15 | 18 19"),
    ),
    (
        *("2024-02-05 09:00", 5, "workday", [("2024-02-07 09:00", "2024-02-20 09:00")], []),
        *("2024-02-26", "over the Spring Festival: 6 | 21 22 23 | 26"),
    ),
    (
        *("2024-02-08 09:00", 3, "workday", [("2024-02-11 09:00", "2024-02-15 09:00")], []),
        *("2024-02-19", "within the holiday it changes nothing"),
    ),
    (
        *("2024-03-04 09:00", 5, "workday", [("2024-03-11 09:00", "2024-03-13 09:00")], []),
        *("2024-03-14", "begun on the last day: 5 6 7 8 | 14"),
    ),
    (
        *("2024-03-04 09:00", 5, "workday", [("2024-03-04 15:00", "2024-03-05 09:00")], []),
        *("2024-03-12", "begun on the first day: 6 7 8 | 11 12"),
    ),
    (
        *("2024-03-04 09:00", 5, "workday", [("2024-03-12 09:00", "2024-03-15 09:00")], []),
        *("2024-03-11", "begun after the deadline: too late"),
    ),
    (
        *("2025-09-22 09:00", 10, "workday"),
        [("2025-09-24 09:00", "2025-09-25 09:00"), ("2025-09-29 09:00", "2025-10-09 09:00")],
        *([], "2025-10-17", "23, 26 | Sun 28 | 10, Sat 11 | 13–17"),
    ),
    (
        *("2025-12-29 09:00", 5, "workday", [("2025-12-31 09:00", "2026-01-05 09:00")], []),
        *("2026-01-09", "over the year's end: 30 | 6 7 8 9"),
    ),
    (
        *("2024-03-04 09:00", 10, "workday"),
        [("2024-03-07 09:00", "2024-03-12 09:00"), ("2024-03-06 09:00", "2024-03-08 09:00")],
        *([], "2024-03-25", "overlapping, out of order: 5 | 13 14 15 | 18–22 | 25"),
    ),
    (
        *("2024-03-01 09:00", 15, "day", [("2024-03-05 09:00", "2024-03-09 09:00")], []),
        *("2024-03-21", "2 3 4, 10–21"),
    ),
    (
        *("2024-04-19 09:00", 10, "day", [("2024-04-22 09:00", "2024-04-23 09:00")], []),
        *("2024-05-06", "20 21, 24–30, 1 May: after the holiday"),
    ),
    (
        *("2024-01-31 09:00", 1, "month", [("2024-02-05 09:00", "2024-02-06 09:00")], []),
        *("2024-03-04", "29 days: 1–4, 7–29, 1 2 March, a Saturday"),
    ),
    ("2024-03-01 09:00", 60, "day", [], [], "2024-04-30", "60 days of a petition"),
    ("2024-03-01 09:00", 60, "day", [], [30], "2024-05-30", "60 and 30 days of a petition"),
    (
        *("2026-09-14 09:00", 5, "workday", [], [10], "2026-10-10"),
        "15–18, Sun 20 | 21–24 | 28 29 30 | 8 9, Sat 10",
    ),
    (
        *("2025-01-20 09:00", 3, "workday", [], [2, 1], "2025-01-27"),
        "21 22 23 24, Sun 26, 27",
    ),
    (
        *("2024-04-22 09:00", 3, "workday", [("2024-04-24 09:00", "2024-04-25 09:00")], [2]),
        *("2024-04-30", "23, 26, Sun 28, 29 30"),
    ),
    (
        *("2024-08-30 09:00", 20, "workday", [], [10], "2024-10-17"),
        "2–6 | 9–13, Sat 14 | 18–20 | 23–27, Sun 29, 30 | 8–11, Sat 12 | 14–17",
    ),
]

# (start, hours, unit, pauses, last moment, what counts); winter hours 1 October – 30 April
HOURS = [
    ("2024-02-09 20:00", 24, "hour", [], "2024-02-10 20:00", "runs on a holiday"),
    ("2024-02-28 18:00", 48, "hour", [], "2024-03-01 18:00", "over the leap day"),
    ("2025-02-27 18:00", 48, "hour", [], "2025-03-01 18:00", "no leap day, ends on Saturday"),
    (
        *("2024-03-04 10:00", 12, "hour", [("2024-03-04 12:00", "2024-03-04 15:30")]),
        *("2024-03-05 01:30", "stands still for 3½ hours"),
    ),
    (
        *("2024-03-04 10:00", 2, "hour", [("2024-03-04 12:00", "2024-03-04 15:30")]),
        *("2024-03-04 12:00", "over before the pause"),
    ),
    ("2024-06-12 09:00", 2, "workhour", [], "2024-06-12 11:00", "in the morning"),
    ("2024-06-12 10:00", 2, "workhour", [], "2024-06-12 12:00", "until noon"),
    ("2024-06-12 11:00", 2, "workhour", [], "2024-06-12 15:30", "over lunch, 14:30 in summer"),
    ("2024-06-12 12:30", 2, "workhour", [], "2024-06-12 16:30", "begun at lunch"),
    ("2024-06-12 17:00", 2, "workhour", [], "2024-06-13 09:00", "until 18:00, then 8:00"),
    ("2024-06-12 20:00", 1, "workhour", [], "2024-06-13 09:00", "begun at night"),
    ("2024-06-12 08:00", 15, "workhour", [], "2024-06-13 18:00", "two days of 7½ hours"),
    ("2024-06-07 17:30", 2, "workhour", [], "2024-06-11 09:30", "over the Dragon Boat days"),
    ("2024-03-05 11:00", 2, "workhour", [], "2024-03-05 15:00", "over lunch, 14:00 in winter"),
    ("2024-03-05 17:00", 2, "workhour", [], "2024-03-06 09:30", "until 17:30 in winter"),
    ("2024-09-30 17:00", 2, "workhour", [], "2024-10-08 09:00", "the last summer day: until 18:00"),
    ("2024-04-30 17:00", 2, "workhour", [], "2024-05-06 09:30", "the last winter day: until 17:30"),
    ("2024-10-12 16:30", 2, "workhour", [], "2024-10-14 09:00", "from a make-up Saturday"),
    (
        *("2024-06-12 09:00", 2, "workhour", [("2024-06-12 10:00", "2024-06-12 15:00")]),
        *("2024-06-12 16:00", "9–10, 15–16"),
    ),
    (
        *("2024-06-12 17:00", 2, "workhour", [("2024-06-12 17:30", "2024-06-13 10:00")]),
        *("2024-06-13 11:30", "17–17:30, 10–11:30"),
    ),
]


def at(text):
    return datetime.fromisoformat(text)


def pairs(pauses):
    return [(at(begin), at(end)) for begin, end in pauses]


@tagged("post_install", "-at_install")
class TestLimits(BaseCase):
    """The table, and what surrounds it."""

    def test_table_is_as_large_as_asked(self):
        rows = WORKDAYS + CALENDAR_DAYS + MONTHS + PAUSES_AND_EXTENSIONS + HOURS
        self.assertGreaterEqual(len(rows), 100)

    def test_periods_in_days_end_with_their_last_day(self):
        for unit, rows in (("workday", WORKDAYS), ("day", CALENDAR_DAYS), ("month", MONTHS)):
            for start, limit, last, why in rows:
                with self.subTest(unit=unit, start=start, limit=limit, why=why):
                    due = deadline(at(start), limit, unit, OFFICE)
                    self.assertEqual(due, at(f"{last} 23:59:59"))

    def test_pauses_and_extensions_move_the_last_day(self):
        for start, limit, unit, pauses, extensions, last, why in PAUSES_AND_EXTENSIONS:
            with self.subTest(start=start, limit=limit, unit=unit, why=why):
                due = deadline(at(start), limit, unit, OFFICE, pairs(pauses), extensions)
                self.assertEqual(due, at(f"{last} 23:59:59"))

    def test_periods_in_hours_end_to_the_minute(self):
        for start, limit, unit, pauses, last, why in HOURS:
            with self.subTest(start=start, limit=limit, unit=unit, why=why):
                due = deadline(at(start), limit, unit, OFFICE, pairs(pauses))
                self.assertEqual(due, at(last))

    def test_period_may_end_when_the_office_closes(self):
        for start, last in (
            ("2024-03-04 09:00", "2024-03-05 17:30:00"),  # winter
            ("2024-06-12 09:00", "2024-06-13 18:00:00"),  # summer
        ):
            due = deadline(at(start), 1, "workday", OFFICE, until_close=True)
            self.assertEqual(due, at(last))

    def test_hour_of_the_event_does_not_matter_for_days(self):
        for hour in (0, 8, 12, 18, 23):
            start = datetime(2024, 3, 4, hour, 59)
            self.assertEqual(
                deadline(start, 3, "workday", OFFICE), at("2024-03-07 23:59:59"), start
            )

    def test_aware_start_is_taken_in_shanghai(self):
        # 17:00 UTC on Monday the 4th is 1:00 on Tuesday the 5th in Shanghai
        start = datetime(2024, 3, 4, 17, tzinfo=timezone.utc)
        due = deadline(start, 1, "workday", OFFICE)
        self.assertEqual(due, datetime(2024, 3, 6, 23, 59, 59, tzinfo=SHANGHAI))
        self.assertEqual(to_local(datetime(2024, 3, 4, 17)), datetime(2024, 3, 5, 1))
        self.assertEqual(to_utc(datetime(2024, 3, 5, 1)), datetime(2024, 3, 4, 17))

    def test_year_not_announced_is_told(self):
        self.assertTrue(OFFICE.is_known(date(2026, 12, 31)))
        self.assertFalse(OFFICE.is_known(date(2027, 1, 1)))

    def test_year_announced_later_moves_the_last_day(self):
        announced = WorkCalendar(HOLIDAYS | days("2027-01-01..03"), MAKEUP)
        due = deadline(at("2026-12-31 09:00"), 1, "workday", announced)
        self.assertEqual(due, at("2027-01-04 23:59:59"))

    def test_winter_hours_hold_from_the_first_to_the_last_day(self):
        for day, winter in (
            ("2025-09-30", False),
            ("2025-10-01", True),
            ("2025-12-31", True),
            ("2026-01-01", True),
            ("2026-04-30", True),
            ("2026-05-01", False),
        ):
            self.assertEqual(OFFICE.is_winter(date.fromisoformat(day)), winter, day)
        summer = WorkCalendar(winter=((6, 1), (8, 31)))  # a range within the year
        self.assertTrue(summer.is_winter(date(2026, 6, 1)))
        self.assertTrue(summer.is_winter(date(2026, 8, 31)))
        self.assertFalse(summer.is_winter(date(2026, 9, 1)))

    def test_nonsense_is_refused(self):
        start = at("2024-03-04 09:00")
        for limit, unit, pauses, extensions in (
            (5, "year", [], []),
            (-1, "workday", [], []),
            (5, "workday", [], [-1]),
            (5, "workday", [("2024-03-06 09:00", "2024-03-05 09:00")], []),
        ):
            with self.subTest(limit=limit, unit=unit), self.assertRaises(ValueError):
                deadline(start, limit, unit, OFFICE, pairs(pauses), extensions)

    def test_what_is_left_is_told_in_the_period_s_own_days(self):
        for now, due, unit, expected in (
            # 9 | Sun 18 | 19
            ("2024-02-08 09:00", "2024-02-19 23:59:59", "workday", Remaining(3, "workday", False)),
            ("2024-02-10 09:00", "2024-02-19 23:59:59", "workday", Remaining(2, "workday", False)),
            ("2024-02-19 09:00", "2024-02-19 23:59:59", "workday", Remaining(0, "workday", False)),
            ("2024-02-08 09:00", "2024-02-19 23:59:59", "day", Remaining(11, "day", False)),
            ("2024-02-20 00:00", "2024-02-19 23:59:59", "workday", Remaining(1, "day", True)),
            ("2024-02-24 09:00", "2024-02-19 23:59:59", "workday", Remaining(5, "day", True)),
            ("2024-06-12 10:30", "2024-06-12 15:30", "workhour", Remaining(5, "hour", False)),
            ("2024-06-12 15:40", "2024-06-12 15:30", "workhour", Remaining(1, "hour", True)),
            ("2024-06-14 15:40", "2024-06-12 15:30", "hour", Remaining(2, "day", True)),
        ):
            with self.subTest(now=now, due=due, unit=unit):
                self.assertEqual(remaining(at(now), at(due), unit, OFFICE), expected)
