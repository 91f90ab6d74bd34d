from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Datetime
from odoo.tests import tagged

from .case_common import CaseCase


@tagged("post_install", "-at_install")
class TestAppointment(CaseCase):
    """Times, places left, booking, moving, cancelling, not coming."""

    def test_the_resident_books_moves_and_cancels(self):
        case = self.accepted(self.visit)
        first, second = self.slot(capacity=1), self.slot(days=4)
        mine = self.as_resident(case)
        mine._book(first)
        self.assertEqual((case.state, first.booked, first.full), ("appointed", 1, True))
        self.assertEqual(case.appointment_id.slot_id, first)
        mine._book(second)
        self.assertEqual((first.booked, first.full, second.booked), (0, False, 1))
        self.assertEqual(case.appointment_id.slot_id, second)
        self.assertEqual(
            sorted(case.sudo().appointment_ids.mapped("state")), ["booked", "cancelled"]
        )
        mine._cancel_booking()
        self.assertEqual((case.state, second.booked), ("reviewing", 0))
        self.assertFalse(case.appointment_id)
        self.assertEqual(
            self.kinds(case),
            ["received", "accepted", "appointed", "appointed", "appointment_cancelled"],
        )

    def test_booking_the_same_time_twice_is_once(self):
        case = self.accepted(self.visit)
        slot = self.slot()
        mine = self.as_resident(case)
        self.assertEqual(mine._book(slot), mine._book(slot))
        self.assertEqual(slot.booked, 1)

    def test_taken_up_again_the_same_time_can_be_booked_again(self):
        case, slot = self.accepted(self.visit), self.slot(capacity=3)
        self.as_resident(case)._book(slot)
        case.action_start_onsite()
        case.action_complete("done")
        case.action_reopen(self.env.ref("yst_service.reason_new_facts"))
        self.assertFalse(case.appointment_id, "the former visit is over")
        case.action_appoint(slot)
        self.assertEqual((case.state, case.appointment_id.slot_id), ("appointed", slot))
        self.assertEqual(
            sorted(case.sudo().appointment_ids.mapped("state")), ["booked", "kept"]
        )

    def test_a_full_past_or_foreign_time_cannot_be_booked(self):
        case, other = self.accepted(self.visit), self.accepted(self.visit, self.neighbour)
        slot = self.slot(capacity=1)
        self.as_resident(other, self.neighbour)._book(slot)
        mine = self.as_resident(case)
        category = self.env["yst.service.category"].search(
            [("id", "!=", self.visit.category_id.id)], limit=1
        )
        wrong = {
            "full": slot,
            "past": self.slot(days=-1),
            "another community's": self.slot(self.south),
            "for home visits": self.slot(kind="home"),
            "for another category": self.slot(category_ids=[Command.set(category.ids)]),
            "none": self.env["yst.service.slot"],
        }
        for label, one in wrong.items():
            with self.subTest(label), self.assertRaises(UserError):
                mine._book(one)
        self.assertEqual(case.state, "accepted")
        self.assertFalse(case.sudo().appointment_ids)

    def test_open_times_are_those_of_the_community_and_above(self):
        case = self.accepted(self.visit)
        hall = self.slot(self.subdistrict)
        here = self.slot()
        self.slot(self.south)
        self.slot(days=-1)
        self.slot(kind="home")
        full = self.slot(capacity=1)
        full._take()
        self.assertEqual(case._slots_open(), hall | here)

    def test_an_item_that_needs_no_visit_gets_no_appointment(self):
        case = self.accepted()
        with self.assertRaises(UserError):
            case.action_appoint(self.slot())

    def test_only_accepted_applications_get_an_appointment(self):
        case = self.submitted(self.visit)
        slot = self.slot()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.as_resident(case)._book(slot)
        slot.invalidate_recordset()
        self.assertEqual(slot.booked, 0)

    def test_another_resident_cannot_book_or_cancel(self):
        case = self.accepted(self.visit)
        theirs = self.as_resident(case, self.neighbour)
        with self.assertRaises(AccessError):
            theirs._book(self.slot())
        self.as_resident(case)._book(self.slot())
        with self.assertRaises(AccessError):
            theirs._cancel_booking()

    def test_terminating_gives_the_place_back(self):
        case = self.accepted(self.visit)
        slot = self.slot(capacity=1)
        case.action_appoint(slot)
        case.action_terminate(self.env.ref("yst_service.reason_duplicate"))
        self.assertEqual(slot.booked, 0)
        self.assertFalse(case.appointment_id)

    def test_coming_keeps_the_appointment_and_not_coming_does_not(self):
        kept, missed = self.accepted(self.visit), self.accepted(self.visit, self.neighbour)
        slot = self.slot()
        for case in (kept, missed):
            case.action_appoint(slot)
        kept.action_start_onsite()
        self.assertEqual(kept.appointment_id.state, "kept")
        with self.assertRaises(UserError):
            missed.appointment_id.action_missed()
        start = Datetime.now() - timedelta(hours=2)
        self.env.cr.execute(
            'UPDATE yst_service_slot SET start = %s, "end" = %s WHERE id = %s',
            [start, start + timedelta(hours=1), slot.id],
        )
        self.env.cr.execute(
            "UPDATE yst_service_appointment SET start = %s WHERE slot_id = %s", [start, slot.id]
        )
        self.env.invalidate_all()
        appointment = missed.appointment_id
        appointment.with_user(self.clerk).action_missed()
        self.assertEqual((appointment.state, missed.state), ("missed", "reviewing"))

    def test_times_with_appointments_do_not_move_and_bookings_are_not_typed(self):
        case = self.accepted(self.visit)
        slot = self.slot().with_user(self.clerk)
        case.action_appoint(slot)
        with self.assertRaises(UserError):
            slot.write({"start": slot.start + timedelta(days=1), "end": slot.end + timedelta(1)})
        with self.assertRaises(UserError):
            slot.write({"booked": 0})
        with self.assertRaises(AccessError):
            self.slot(self.south).with_user(self.clerk).write({"capacity": 9})
