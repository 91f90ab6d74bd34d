from datetime import datetime

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import Form, TransactionCase, new_test_user, tagged

from .sample_models import SampleCase, SampleClock, add_models

MARCH_4 = datetime(2024, 3, 4, 1)  # Monday 9:00 in Shanghai


def night(text):
    """The end of a day in Shanghai, as the database stores it."""
    return datetime.fromisoformat(f"{text} 15:59:59")


@tagged("post_install", "-at_install")
class TestClock(TransactionCase):
    """The clock's steps; the deadlines themselves are `test_limits`' business."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        add_models(cls, SampleClock)
        cls.clocks = cls.env["yst.test.clock"]
        cls.clerk = new_test_user(cls.env, "clock_clerk", "base.group_user")

    def start(self, limit=5, unit="workday", at=MARCH_4, count=1):
        clocks = self.clocks.create([{} for _n in range(count)])
        clocks._clock_start(limit, unit, at)
        return clocks

    def kinds(self, clock):
        return clock.clock_event_ids.mapped("kind")

    def at(self, text, clock):
        """State and time left at a moment, in UTC."""
        with freeze_time(text):
            clock.invalidate_recordset(["clock_state", "clock_left"])
            return clock.clock_state, clock.clock_left

    # -- steps ----------------------------------------------------------------------------------

    def test_record_has_no_clock_until_it_starts(self):
        clock = self.clocks.create({})
        self.assertEqual((clock.clock_state, clock.clock_left), ("none", False))
        self.assertFalse(clock.clock_deadline)
        self.assertFalse(clock.clock_event_ids)

    def test_start_sets_the_deadline_in_utc(self):
        clock = self.start()  # 5 6 7 8 | 11
        self.assertEqual(clock.clock_deadline, night("2024-03-11"))
        self.assertEqual(self.kinds(clock), ["start"])
        self.assertEqual(clock.clock_event_ids.amount, 5)

    def test_start_late_at_night_counts_from_the_day_in_shanghai(self):
        # 16:30 UTC on the 3rd is 0:30 on the 4th in Shanghai
        self.assertEqual(
            self.start(1, at=datetime(2024, 3, 3, 16, 30)).clock_deadline, night("2024-03-05")
        )

    def test_start_now_by_default(self):
        with freeze_time("2024-02-08 02:00"):
            clock = self.clocks.create({})
            clock._clock_start(3)  # 9 | Sun 18 | 19
        self.assertEqual(clock.clock_start, datetime(2024, 2, 8, 2))
        self.assertEqual(clock.clock_deadline, night("2024-02-19"))

    def test_clock_starts_once(self):
        clock = self.start()
        with self.assertRaises(UserError):
            clock._clock_start(5)

    def test_nonsense_is_refused(self):
        clock = self.clocks.create({})
        for limit, unit in ((-1, "workday"), (5, "fortnight")):
            with self.assertRaises(UserError):
                clock._clock_start(limit, unit, MARCH_4)

    def test_pause_keeps_the_deadline_and_resume_moves_it(self):
        clock = self.start(10)  # 5–8 | 11–15 | 18
        self.assertEqual(clock.clock_deadline, night("2024-03-18"))
        clock._clock_pause("papers are missing", datetime(2024, 3, 6, 2))
        self.assertEqual(clock.clock_deadline, night("2024-03-18"))
        self.assertEqual(clock.clock_paused_since, datetime(2024, 3, 6, 2))
        clock._clock_resume(datetime(2024, 3, 8, 8))  # without 6 7 8
        self.assertEqual(clock.clock_deadline, night("2024-03-21"))
        self.assertFalse(clock.clock_paused_since)
        self.assertEqual(self.kinds(clock), ["start", "pause", "resume"])
        self.assertEqual(
            clock.clock_event_ids.mapped("deadline"),
            [night("2024-03-18"), night("2024-03-18"), night("2024-03-21")],
        )

    def test_several_pauses_add_up(self):
        clock = self.start(10)
        for begin, end in ((6, 6), (12, 13)):
            clock._clock_pause("papers", datetime(2024, 3, begin, 2))
            clock._clock_resume(datetime(2024, 3, end, 8))
        # 5, 7 8 | 11, 14 15 | 18 19 20 21
        self.assertEqual(clock.clock_deadline, night("2024-03-21"))

    def test_pause_needs_a_reason_and_a_running_clock(self):
        clock = self.start()
        for reason in ("", "  ", None):
            with self.assertRaises(UserError):
                clock._clock_pause(reason)
        with self.assertRaises(UserError):
            clock._clock_resume()
        clock._clock_pause("papers", datetime(2024, 3, 6, 2))
        with self.assertRaises(UserError):
            clock._clock_pause("papers again")
        with self.assertRaises(UserError):
            self.clocks.create({})._clock_pause("not started")

    def test_steps_do_not_go_back_in_time(self):
        clock = self.start()
        with self.assertRaises(UserError):
            clock._clock_pause("papers", datetime(2024, 3, 3))
        clock._clock_pause("papers", datetime(2024, 3, 6, 2))
        with self.assertRaises(UserError):
            clock._clock_resume(datetime(2024, 3, 5))
        with self.assertRaises(UserError):
            clock._clock_stop(datetime(2024, 3, 5))

    def test_extension_moves_the_deadline_and_says_who_and_why(self):
        clock = self.start()
        with freeze_time("2024-03-11 02:00"):
            clock.with_user(self.clerk)._clock_extend(5, "approved by the leader")  # 12–15 | 18
        self.assertEqual(clock.clock_deadline, night("2024-03-18"))
        event = clock.clock_event_ids[-1]
        self.assertEqual(
            (event.kind, event.amount, event.reason, event.user_id),
            ("extend", 5, "approved by the leader", self.clerk),
        )

    def test_extension_needs_reason_amount_and_a_clock_not_overdue(self):
        clock = self.start()
        with freeze_time("2024-03-11 02:00"):
            for amount, reason in ((5, ""), (0, "why"), (-1, "why")):
                with self.assertRaises(UserError):
                    clock._clock_extend(amount, reason)
        with freeze_time("2024-03-12 02:00"), self.assertRaises(UserError):
            clock.invalidate_recordset(["clock_state"])
            clock._clock_extend(5, "too late")

    def test_extension_while_paused_counts_too(self):
        clock = self.start(10)
        clock._clock_pause("papers", datetime(2024, 3, 6, 2))
        with freeze_time("2024-03-07 02:00"):
            clock._clock_extend(2, "approved")
        clock._clock_resume(datetime(2024, 3, 8, 8))
        self.assertEqual(clock.clock_deadline, night("2024-03-25"))  # the 21st, 22 | 25

    def test_stop_in_time_is_met_and_after_it_missed(self):
        for hour, state in ((datetime(2024, 3, 11, 15, 59, 59), "met"),
                            (datetime(2024, 3, 11, 16), "missed")):  # fmt: skip
            clock = self.start()
            clock._clock_stop(hour)
            self.assertEqual(clock.clock_state, state)
            self.assertEqual(self.kinds(clock), ["start", "stop"])

    def test_stop_ends_a_pause_first(self):
        clock = self.start()
        clock._clock_pause("papers", datetime(2024, 3, 7, 2))
        clock._clock_stop(datetime(2024, 3, 14, 2))  # 5 6, without 7–14
        self.assertEqual(self.kinds(clock), ["start", "pause", "resume", "stop"])
        self.assertEqual(clock.clock_state, "met")

    def test_pause_after_the_deadline_does_not_hide_that_it_was_missed(self):
        clock = self.start()
        clock._clock_pause("papers", datetime(2024, 3, 13, 2))
        self.assertEqual(self.at("2024-03-14 02:00", clock)[0], "overdue")
        clock._clock_resume(datetime(2024, 3, 15, 2))
        clock._clock_stop(datetime(2024, 3, 15, 3))
        self.assertEqual(clock.clock_deadline, night("2024-03-11"))
        self.assertEqual(clock.clock_state, "missed")

    def test_stopped_clock_takes_no_further_step(self):
        clock = self.start()
        clock._clock_stop(datetime(2024, 3, 6, 2))
        for step, args in (
            ("_clock_stop", []),
            ("_clock_pause", ["x"]),
            ("_clock_resume", []),
            ("_clock_extend", [1, "x"]),
        ):
            with self.assertRaises(UserError):
                getattr(clock, step)(*args)

    def test_restart_forgets_pauses_and_extensions_of_the_run_before(self):
        clock = self.start(10)
        clock._clock_pause("papers", datetime(2024, 3, 6, 2))
        clock._clock_resume(datetime(2024, 3, 8, 8))
        with freeze_time("2024-03-11 02:00"):
            clock._clock_extend(5, "approved")
        clock._clock_stop(datetime(2024, 3, 12, 2))
        clock._clock_restart(at=datetime(2024, 4, 1, 2), reason="reopened")
        # 2 3 | Sun 7, 8–12 | 15 16, as Qingming is 4–6 April
        self.assertEqual(clock.clock_deadline, night("2024-04-16"))
        self.assertFalse(clock.clock_stop)
        self.assertEqual(clock.clock_run, 2)
        clock._clock_pause("papers", datetime(2024, 4, 16, 2))
        clock._clock_resume(datetime(2024, 4, 17, 2))
        self.assertEqual(clock.clock_deadline, night("2024-04-18"))
        self.assertEqual(len(clock.clock_event_ids), 8, "all that happened stays on record")

    def test_restart_takes_another_limit(self):
        clock = self.start(10)
        clock._clock_restart(1, "day", datetime(2024, 3, 20, 2))
        self.assertEqual(clock.clock_deadline, night("2024-03-21"))
        with self.assertRaises(UserError):
            self.clocks.create({})._clock_restart()

    def test_steps_take_many_records_of_different_histories(self):
        clocks = self.start(10, count=3)
        clocks[0]._clock_pause("papers", datetime(2024, 3, 5, 2))
        clocks[0]._clock_resume(datetime(2024, 3, 5, 8))
        clocks._clock_pause("papers", datetime(2024, 3, 6, 2))
        clocks._clock_resume(datetime(2024, 3, 8, 8))
        self.assertEqual(
            clocks.mapped("clock_deadline"),
            [night("2024-03-22"), night("2024-03-21"), night("2024-03-21")],
        )

    # -- state and words --------------------------------------------------------------------------

    def test_state_follows_the_moment(self):
        clock = self.start(10)  # due on Monday the 18th
        for moment, state, left in (
            ("2024-03-04 02:00", "running", "10 working days left"),
            ("2024-03-13 02:00", "running", "3 working days left"),
            ("2024-03-14 02:00", "due_soon", "2 working days left"),
            ("2024-03-16 02:00", "due_soon", "1 working days left"),
            ("2024-03-18 15:59:59", "due_soon", "due today"),
            ("2024-03-18 16:00:00", "overdue", "1 days overdue"),
            ("2024-03-21 02:00", "overdue", "3 days overdue"),
        ):
            self.assertEqual(self.at(moment, clock), (state, left), moment)

    def test_paused_clock_tells_what_was_left(self):
        clock = self.start(10)
        clock._clock_pause("papers", datetime(2024, 3, 6, 2))
        expected = ("paused", "paused, 8 working days left")
        self.assertEqual(self.at("2024-03-06 03:00", clock), expected)
        self.assertEqual(self.at("2024-06-06 03:00", clock), expected)

    def test_stopped_clock_tells_how_late_it_was(self):
        met, missed = self.start(count=2)
        met._clock_stop(datetime(2024, 3, 6, 2))
        missed._clock_stop(datetime(2024, 3, 14, 2))
        self.assertEqual(met.clock_left, "done in time")
        self.assertEqual(missed.clock_left, "done 3 days late")

    def test_clock_in_hours(self):
        clock = self.start(2, "workhour", datetime(2024, 6, 12, 3))  # 11:00, until 15:30
        self.assertEqual(clock.clock_deadline, datetime(2024, 6, 12, 7, 30))
        self.assertEqual(self.at("2024-06-12 04:00", clock)[1], "4 hours left")
        self.assertEqual(self.at("2024-06-12 07:31", clock), ("overdue", "1 hours overdue"))

    def test_deadline_in_a_year_not_announced_is_provisional(self):
        self.assertFalse(self.start().clock_provisional)
        clock = self.start(30, "day", datetime(2097, 12, 20, 2))
        self.assertTrue(clock.clock_provisional)

    # -- nobody else moves it ---------------------------------------------------------------------

    def test_clock_fields_cannot_be_written_or_created(self):
        clock = self.start()
        forged = {"_yst_clock_token": True}
        for name, value in (
            ("clock_deadline", "2030-01-01 00:00:00"),
            ("clock_start", False),
            ("clock_stop", "2024-03-05 00:00:00"),
            ("clock_paused_since", "2024-03-05 00:00:00"),
            ("clock_limit", 99),
            ("clock_unit", "day"),
            ("clock_run", 7),
            ("clock_event_ids", [(5, 0, 0)]),
        ):
            for records in (clock, clock.sudo(), clock.with_user(self.clerk)):
                with self.subTest(name=name), self.assertRaises(UserError):
                    records.with_context(**forged).write({name: value})
            if value:
                with self.subTest(name=name), self.assertRaises(UserError):
                    self.clocks.with_context(**forged).create({name: value})
        with self.assertRaises(UserError):
            call_kw(
                self.clocks.with_user(self.clerk),
                "write",
                [clock.ids, {"clock_stop": "2024-03-05 00:00:00"}],
                {"context": forged},
            )
        self.assertEqual(clock.clock_deadline, night("2024-03-11"))

    def test_defaults_in_the_context_do_not_start_a_clock(self):
        clock = self.clocks.with_context(
            default_clock_start="2024-03-04 01:00:00", default_clock_deadline="2030-01-01 00:00:00"
        ).create({})
        self.assertFalse(clock.clock_start)
        self.assertFalse(clock.clock_deadline)

    def test_ordinary_fields_are_written_as_ever(self):
        clock = self.start()
        clock.with_user(self.clerk).write({"name": "x"})
        with Form(clock) as form:
            form.name = "y"
        self.assertEqual(clock.name, "y")

    def test_copy_has_no_clock(self):
        copy = self.start().copy()
        self.assertEqual(copy.clock_state, "none")
        self.assertFalse(copy.clock_event_ids)

    def test_delete_takes_the_events_along(self):
        clock = self.start()
        events = clock.clock_event_ids
        clock.unlink()
        self.assertFalse(events.exists())

    # -- events -----------------------------------------------------------------------------------

    def test_events_are_never_changed_nor_made_by_hand(self):
        event = self.start().clock_event_ids
        for records in (event, event.sudo()):
            with self.assertRaises(UserError):
                records.write({"reason": "x"})
        with self.assertRaises(AccessError):
            event.with_user(self.clerk).unlink()
        with self.assertRaises(AccessError):
            event.with_user(self.clerk).copy()

    def test_events_are_read_by_who_may_read_the_record(self):
        mine, other = self.start(count=2)
        self.env["ir.rule"].create(
            {
                "name": "only one",
                "model_id": self.env["ir.model"]._get_id("yst.test.clock"),
                "domain_force": f"[('id', '=', {mine.id})]",
            }
        )
        events = self.env["yst.clock.event"].with_user(self.clerk)
        found = events.search([("res_model", "=", "yst.test.clock")])
        self.assertEqual(found.mapped("res_id"), [mine.id])
        self.assertEqual(found.mapped("kind"), ["start"])
        self.assertEqual(mine.with_user(self.clerk).clock_event_ids, mine.clock_event_ids)
        hidden = other.clock_event_ids.with_user(self.clerk)
        hidden.invalidate_recordset()
        with self.assertRaises(AccessError):
            hidden.read(["reason"])

    def test_events_of_a_model_without_access_are_hidden(self):
        clock = self.start()
        self.env["ir.model.access"].search([("name", "=", "yst.test.clock")]).perm_read = False
        events = self.env["yst.clock.event"].with_user(self.clerk)
        self.assertFalse(events.search([("res_model", "=", "yst.test.clock")]))
        self.assertTrue(clock.clock_event_ids)


@tagged("post_install", "-at_install")
class TestClockWithState(TransactionCase):
    """Clock, state and chatter on one record."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        add_models(cls, SampleCase)

    def test_clock_and_state_do_not_get_into_each_other_s_way(self):
        case = self.env["yst.test.case"].create({"name": "A"})
        case._transition("open", "draft")
        case._clock_start(5, at=MARCH_4)
        case._clock_pause("papers", datetime(2024, 3, 6, 2))
        case._clock_stop(datetime(2024, 3, 7, 2))
        case._transition("done", "open", {"note": "done"})
        self.assertEqual((case.state, case.clock_state), ("done", "met"))
        for values in ({"state": "open"}, {"clock_stop": False}, {"note": "x", "state": "open"}):
            with self.assertRaises(UserError):
                case.write(values)
