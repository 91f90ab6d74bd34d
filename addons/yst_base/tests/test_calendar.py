from datetime import date, datetime

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from .sample_models import SampleClock, add_models
from .test_limits import HOLIDAYS, MAKEUP


@tagged("post_install", "-at_install")
class TestCalendar(TransactionCase):
    """The office's calendar: loaded from the published schedule, edited by the office."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        add_models(cls, SampleClock)
        cls.days = cls.env["yst.calendar.day"]
        cls.manager = new_test_user(
            cls.env, "calendar_manager", "yst_base.group_organisation_manager"
        )
        cls.clerk = new_test_user(cls.env, "calendar_clerk", "yst_base.group_cadre")
        cls.announced = max(cls.days._package_years())

    def calendar(self):
        return self.days._work_calendar()

    def enter(self, *texts, kind="holiday"):
        return self.days.with_user(self.manager).create(
            [{"date": text, "kind": kind, "name": "假"} for text in texts]
        )

    def enter_year(self, year):
        """A whole announced year of 13 days off."""
        return self.enter(
            f"{year}-01-01",
            *(f"{year}-02-{day:02}" for day in (6, 7, 8, 9)),
            *(f"{year}-{day}" for day in ("04-05", "05-01", "05-02", "06-09", "09-15")),
            *(f"{year}-10-{day:02}" for day in (1, 2, 3)),
        )

    # -- what is loaded -------------------------------------------------------------------------

    def test_three_years_are_loaded_as_the_state_council_announced_them(self):
        calendar = self.calendar()
        years = (2024, 2025, 2026)
        self.assertEqual({day for day in calendar.holidays if day.year in years}, HOLIDAYS)
        self.assertEqual({day for day in calendar.makeup if day.year in years}, MAKEUP)
        self.assertLessEqual(set(years), calendar.known_years)

    def test_days_have_their_chinese_names(self):
        day = self.days.search([("date", "=", "2026-02-17")])
        self.assertEqual((day.name, day.kind, day.year), ("春节", "holiday", "2026"))

    def test_loading_again_changes_nothing(self):
        before = self.days.search([]).mapped(lambda day: (day.id, day.write_date))
        self.assertEqual(self.days._load_year(2026), 0)
        self.env.flush_all()
        self.assertEqual(self.days.search([]).mapped(lambda day: (day.id, day.write_date)), before)

    def test_loading_again_keeps_what_the_office_changed(self):
        changed = self.days.search([("date", "=", "2026-10-10")])  # a make-up Saturday
        changed.with_user(self.manager).kind = "ordinary"
        named = self.days.search([("date", "=", "2026-10-01")])
        named.with_user(self.manager).name = "国庆节放假"
        added = self.enter("2026-07-01")
        self.assertEqual((changed + named).mapped("source"), ["manual"] * 2)
        self.assertEqual(self.days._load_year(2026), 0)
        self.assertEqual(changed.kind, "ordinary")
        self.assertEqual(named.name, "国庆节放假")
        self.assertTrue(added.exists())
        self.assertFalse(self.calendar().is_workday(date(2026, 10, 10)))
        self.assertFalse(self.calendar().is_workday(date(2026, 7, 1)))

    def test_loading_again_mends_what_the_package_has_corrected(self):
        wrong = self.days.search([("date", "=", "2026-10-07")])
        wrong.write({"name": "国庆", "source": "package"})
        self.days.create({"date": "2026-10-08", "name": "国庆", "source": "package"})
        gone = self.days.search([("date", "=", "2026-10-06")])
        gone.sudo().unlink()
        self.assertEqual(self.days._load_year(2026), 3)
        self.assertEqual(wrong.name, "国庆节")
        self.assertEqual({day for day in self.calendar().holidays if day.year == 2026},
                         {day for day in HOLIDAYS if day.year == 2026})  # fmt: skip

    def test_published_day_is_not_deleted_but_an_entered_one_is(self):
        with self.assertRaises(UserError):
            self.days.search([("date", "=", "2026-10-01")]).with_user(self.manager).unlink()
        added = self.enter("2026-07-01")
        added.unlink()
        self.assertTrue(self.calendar().is_workday(date(2026, 7, 1)))

    def test_year_the_package_does_not_know_is_refused_with_what_to_do(self):
        with self.assertRaisesRegex(UserError, "2099.*by hand"):
            self.days._load_year(2099)

    # -- what is checked ------------------------------------------------------------------------

    def test_make_up_day_is_a_saturday_or_sunday(self):
        with self.assertRaises(ValidationError):
            self.enter("2099-01-05", kind="makeup")  # a Monday
        self.enter("2099-01-03", kind="makeup")  # a Saturday
        self.assertTrue(self.calendar().is_workday(date(2099, 1, 3)))

    @mute_logger("odoo.sql_db")
    def test_day_is_entered_once(self):
        self.enter("2099-01-05")
        with self.assertRaises(Exception) as caught, self.env.cr.savepoint():
            self.enter("2099-01-05")
        self.assertIn("yst_calendar_day", str(caught.exception))

    def test_only_organisation_managers_change_the_calendar(self):
        day = self.days.search([("date", "=", "2026-10-01")])
        self.assertEqual(day.with_user(self.clerk).name, "国庆节")
        for change in (
            lambda: day.with_user(self.clerk).write({"kind": "ordinary"}),
            lambda: day.with_user(self.clerk).unlink(),
            lambda: self.days.with_user(self.clerk).create({"date": "2099-01-01", "name": "x"}),
            lambda: self.days.with_user(self.clerk).action_load_years(),
        ):
            with self.assertRaises(AccessError):
                change()

    # -- the resource calendar --------------------------------------------------------------------

    def leaves(self, year):
        office = self.env.ref("yst_base.calendar_office")
        return office.leave_ids.filtered(lambda leave: leave.date_to.year == year)

    def test_resource_calendar_holds_every_holiday(self):
        leaves = self.leaves(2026)
        self.assertEqual(len(leaves), 33)
        first = leaves.sorted("date_from")[0]
        # 1 January 2026 in Shanghai
        self.assertEqual(first.date_from, datetime(2025, 12, 31, 16))
        self.assertEqual(first.date_to, datetime(2026, 1, 1, 15, 59, 59))
        self.assertFalse(first.resource_id)

    def test_resource_calendar_follows_changes(self):
        added = self.enter("2026-07-01")
        self.assertEqual(len(self.leaves(2026)), 34)
        added.date = "2026-07-02"
        self.assertEqual(added.sudo().leave_id.date_to, datetime(2026, 7, 2, 15, 59, 59))
        added.kind = "ordinary"
        self.assertEqual(len(self.leaves(2026)), 33)
        added.kind = "holiday"
        self.assertEqual(len(self.leaves(2026)), 34)
        added.unlink()
        self.assertEqual(len(self.leaves(2026)), 33)

    def test_resource_calendar_has_the_office_hours(self):
        office = self.env.ref("yst_base.calendar_office")
        self.assertEqual(office.tz, "Asia/Shanghai")
        self.assertEqual(len(office.attendance_ids), 10)
        self.assertEqual(office.hours_per_week, 37.5)

    # -- settings ---------------------------------------------------------------------------------

    def test_office_hours_are_settings(self):
        parameters = self.env["ir.config_parameter"].sudo()
        self.assertEqual(self.calendar().sessions(date(2026, 6, 1))[1][1], datetime(2026, 6, 1, 18))
        self.assertEqual(
            self.calendar().sessions(date(2026, 12, 1))[1][1], datetime(2026, 12, 1, 17, 30)
        )
        parameters.set_param("yst_base.office_afternoon", "15:00-18:30")
        parameters.set_param("yst_base.office_winter", "11-01/03-31")
        self.assertEqual(
            self.calendar().sessions(date(2026, 10, 15))[1],
            (datetime(2026, 10, 15, 15), datetime(2026, 10, 15, 18, 30)),
        )

    def test_settings_page_sets_the_hours_and_refuses_nonsense(self):
        settings = self.env["res.config.settings"]
        self.assertEqual(settings.create({}).yst_office_winter_afternoon, "14:00-17:30")
        settings.create({"yst_office_winter_afternoon": "13:30-17:00"}).execute()
        self.assertEqual(
            self.calendar().sessions(date(2026, 12, 1))[1],
            (datetime(2026, 12, 1, 13, 30), datetime(2026, 12, 1, 17)),
        )
        for values in (
            {"yst_office_morning": "8 o'clock"},
            {"yst_office_afternoon": "18:00-14:30"},
            {"yst_office_winter": "13-01/04-30"},
            {"yst_office_winter": "winter"},
        ):
            with self.assertRaisesRegex(ValidationError, "is not understood"):
                settings.create(values)

    def test_setting_that_cannot_be_read_is_left_out(self):
        parameters = self.env["ir.config_parameter"].sudo()
        for value in ("8 o'clock", "12:00-08:00", "25:00-26:00", "08:00"):
            parameters.set_param("yst_base.office_morning", value)
            with self.assertLogs("odoo.addons.yst_base.models.yst_calendar_day", "ERROR"):
                begin, end = self.calendar().sessions(date(2026, 6, 1))[0]
            self.assertEqual((begin.hour, end.hour), (8, 12))

    # -- a year that is missing -------------------------------------------------------------------

    def test_missing_year_is_told_from_november_on(self):
        year = self.announced
        with freeze_time(f"{year}-10-31 15:59:59"):  # still October in Shanghai
            self.assertFalse(self.days.get_warning())
        with freeze_time(f"{year}-10-31 16:00:00"):
            self.assertIn(str(year + 1), self.days.get_warning())
        with freeze_time(f"{year + 1}-01-15"):
            self.assertIn(str(year + 1), self.days.get_warning(), "and after New Year too")

    def test_one_day_entered_does_not_silence_the_warning(self):
        year = self.announced + 1
        with freeze_time(f"{year - 1}-11-15"):
            self.enter(f"{year}-01-01")
            self.assertIn(str(year), self.days.get_warning())
            self.enter_year(year + 1)  # another year
            self.assertIn(str(year), self.days.get_warning())

    def test_year_entered_by_hand_silences_the_warning(self):
        year = self.announced + 1
        self.enter_year(year)
        with freeze_time(f"{year - 1}-11-15"):
            self.assertFalse(self.days.get_warning())
        self.assertTrue(self.calendar().is_known(date(year, 7, 1)))

    def test_missing_year_counts_monday_to_friday(self):
        year = self.announced + 1
        self.assertFalse(self.calendar().is_known(date(year, 10, 1)))
        for day in range(1, 8):
            day = date(year, 10, day)
            self.assertEqual(self.calendar().is_workday(day), day.weekday() < 5)

    def activities(self):
        kind = self.env.ref("yst_base.activity_calendar_missing")
        return self.env["mail.activity"].search([("activity_type_id", "=", kind.id)])

    def test_cron_asks_each_manager_once_until_the_year_is_there(self):
        year = self.announced + 1
        with freeze_time(f"{year - 1}-10-31 02:00"):
            self.days._cron_check_years()
            self.assertFalse(self.activities())
        with freeze_time(f"{year - 1}-11-01 02:00"):
            self.days._cron_check_years()
            self.days._cron_check_years()
            asked = self.activities().filtered(lambda one: one.user_id == self.manager)
            self.assertEqual(len(asked), 1)
            self.assertIn(str(year), asked.note)
            self.assertNotIn(self.clerk, self.activities().user_id)
            self.enter_year(year)
            self.days._cron_check_years()
            self.assertFalse(self.activities())

    def test_cron_loads_a_year_that_a_newer_package_knows(self):
        self.days.search([("year", "=", "2026")]).unlink()
        self.assertFalse(self.calendar().is_known(date(2026, 1, 1)))
        with freeze_time("2025-11-01 02:00"):
            self.days._cron_check_years()
        self.assertTrue(self.calendar().is_known(date(2026, 1, 1)))
        self.assertFalse(self.activities())

    def test_cron_is_set_up(self):
        cron = self.env.ref("yst_base.cron_calendar_years")
        self.assertEqual((cron.interval_number, cron.interval_type), (1, "days"))
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()

    def test_load_action_tells_what_is_missing(self):
        with freeze_time(f"{self.announced}-11-15"):
            answer = self.days.with_user(self.manager).action_load_years()
        self.assertEqual(answer["params"]["type"], "warning")
        self.assertIn(str(self.announced + 1), answer["params"]["message"])
        with freeze_time("2025-06-01"):
            answer = self.days.with_user(self.manager).action_load_years()
        self.assertEqual(answer["params"]["type"], "success")

    # -- clocks that run --------------------------------------------------------------------------

    def started(self, *args):
        clock = self.env["yst.test.clock"].create({})
        clock._clock_start(*args)
        return clock

    def test_announced_year_moves_the_deadlines_of_running_clocks(self):
        year = self.announced + 1
        start = datetime(year - 1, 12, 31, 2)
        clock = self.started(1, "workday", start)
        hours = self.started(48, "hour", start)
        stopped = self.started(1, "workday", start)
        stopped._clock_stop(start)
        before = (clock + hours + stopped).mapped("clock_deadline")
        self.assertEqual(before[0], datetime(2027, 1, 1, 15, 59, 59))
        self.assertTrue(clock.clock_provisional)
        self.enter_year(year)
        self.assertEqual(clock.clock_deadline, datetime(2027, 1, 4, 15, 59, 59))
        self.assertEqual((hours + stopped).mapped("clock_deadline"), before[1:])
        self.assertIn("calendar", clock.clock_event_ids.mapped("kind"))
        self.assertFalse(clock.clock_provisional)

    def test_changed_day_moves_only_clocks_that_run_across_it(self):
        across = self.started(5, "workday", datetime(2026, 6, 29, 2))  # 30, 1 2 3 | 6
        before = self.started(1, "workday", datetime(2026, 6, 29, 2))
        after = self.started(5, "workday", datetime(2026, 7, 1, 2))
        deadlines = (before + after).mapped("clock_deadline")
        day = self.enter("2026-07-01")
        self.assertEqual(across.clock_deadline, datetime(2026, 7, 7, 15, 59, 59))
        self.assertEqual((before + after).mapped("clock_deadline"), deadlines)
        day.unlink()
        self.assertEqual(across.clock_deadline, datetime(2026, 7, 6, 15, 59, 59))

    def test_calendar_is_cached_until_it_changes(self):
        calendar = self.calendar()
        self.assertIs(self.calendar(), calendar)
        self.enter("2026-07-01")
        self.assertNotEqual(self.calendar(), calendar)
