from datetime import date, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Datetime
from odoo.tests import tagged

from odoo.addons.yst_base.identity import age_on

from ..rules import home_visit_refusal
from .case_common import CaseCase

ASK = {"eligibility": "age", "address": "测试路1号", "wish": "周二上午"}


@tagged("post_install", "-at_install")
class TestHomeVisit(CaseCase):
    """Who may ask for a visit, how it is planned, made and recorded."""

    def test_age_is_counted_in_whole_years(self):
        for born, day, age in (
            (date(1956, 3, 15), date(2026, 3, 14), 69),
            (date(1956, 3, 15), date(2026, 3, 15), 70),
            (date(1956, 2, 29), date(2026, 2, 28), 69),
            (date(1956, 2, 29), date(2026, 3, 1), 70),
        ):
            with self.subTest(born=born, day=day):
                self.assertEqual(age_on(born, day), age)

    def test_eligibility_in_a_table(self):
        for reason, facts, refusal in (
            ("age", {"age": 70}, None),
            ("age", {"age": 69}, "too_young"),
            ("age", {"age": None}, "too_young"),
            ("age", {"age": 65, "min_age": 65}, None),
            ("disability", {"grade": 1}, None),
            ("disability", {"grade": 2}, None),
            ("disability", {"grade": 3}, "no_grade"),
            ("disability", {"grade": 0}, "no_grade"),
            ("ill", {"proofs": 1}, None),
            ("ill", {}, "no_proof"),
            ("assigned", {"by_staff": True}, None),
            ("assigned", {}, "staff_only"),
            (None, {}, "unknown"),
            ("rich", {}, "unknown"),
        ):
            with self.subTest(reason=reason, **facts):
                self.assertEqual(home_visit_refusal(reason, **facts), refusal)

    def ask(self, user=None, proofs=(), **values):
        user = user or self.resident
        visits = self.env["yst.service.home.visit"].with_user(user).sudo()
        return visits._request_for(user.partner_id, {**ASK, **values}, proofs)

    @freeze_time("2026-06-01 01:00:00")
    def test_someone_of_seventy_asks_and_the_three_days_begin(self):
        visit = self.ask()
        self.assertRegex(visit.number, r"^SM2026\d{6}$")
        self.assertEqual((visit.state, visit.area_id), ("requested", self.north))
        self.assertEqual(visit.clock_deadline, Datetime.to_datetime("2026-06-04 15:59:59"))

    @freeze_time("2026-03-14 01:00:00")
    def test_too_young_by_a_day(self):
        with self.assertRaises(UserError):
            self.ask()

    def test_illness_needs_a_proof_and_assignment_needs_staff(self):
        for values in ({"eligibility": "ill"}, {"eligibility": "assigned"},
                       {"eligibility": "disability"}, {"eligibility": False}, {"address": " "}):
            with self.subTest(values), self.assertRaises(UserError):
                self.ask(**values)
        visit = self.ask(eligibility="ill", proofs=[(self.photo, "证明.jpg")])
        self.assertEqual(len(visit.proof_ids), 1)
        self.resident.partner_id.disability_grade = "2"
        self.assertTrue(self.ask(eligibility="disability"))

    def test_a_visit_for_an_application_is_asked_for_once(self):
        case = self.accepted(self.visit)
        visit = self.ask(case_id=case.id)
        self.assertEqual(visit.item_id, self.visit)
        with self.assertRaises(AccessError):
            self.ask(self.neighbour, case_id=case.id)
        self.assertFalse(case.now_expected, "the cadres come, nobody needs to go")

    def test_an_item_not_meant_for_it_is_not_handled_at_home(self):
        case = self.accepted(self.full)
        with self.assertRaisesRegex(UserError, "cannot be handled at home"):
            self.ask(case_id=case.id)

    def cadres(self, count=2):
        return self.env["res.users"].browse([self.clerk.id, self.cadre.id][:count])

    def test_two_cadres_go_and_the_record_needs_a_photo(self):
        case = self.accepted(self.visit)
        visit = self.as_clerk(self.ask(case_id=case.id))
        slot = self.slot(kind="home", capacity=1)
        with self.assertRaises(UserError):
            visit.action_confirm(self.cadres(1), slot)
        with self.assertRaises(UserError):
            visit.action_confirm(self.clerk | self.resident, slot)
        with self.assertRaises(UserError):
            visit.action_confirm(self.cadres(), self.slot())
        visit.action_confirm(self.cadres(), slot)
        self.assertEqual((visit.state, visit.start, slot.booked), ("confirmed", slot.start, 1))
        with self.assertRaises(UserError):
            visit.action_visited("已核验")
        with self.assertRaises(UserError):
            visit.action_visited(" ", [("a.jpg", self.photo)])
        visit.action_visited("已核验原件并签字", [("a.jpg", self.photo)])
        self.assertEqual((visit.state, visit.clock_state), ("visited", "met"))
        self.assertEqual(case.state, "onsite", "a visit is as good as coming")
        case.action_complete("x")

    def test_a_time_agreed_by_phone_needs_no_slot(self):
        visit = self.as_clerk(self.ask())
        start = Datetime.now() + timedelta(days=1)
        with self.assertRaises(UserError):
            visit.action_confirm(self.cadres(), start=start)
        with self.assertRaises(UserError):
            visit.action_confirm(self.cadres(), start=start - timedelta(2), end=start)
        visit.action_confirm(self.cadres(), start=start, end=start + timedelta(hours=1))
        self.assertEqual(visit.state, "confirmed")

    def test_moving_cancelling_and_refusing_give_the_place_back(self):
        visit = self.as_clerk(self.ask())
        first, second = self.slot(kind="home"), self.slot(kind="home", days=4)
        visit.action_confirm(self.cadres(), first)
        visit.action_confirm(self.cadres(), second)
        self.assertEqual((first.booked, second.booked), (0, 1))
        self.as_resident(visit).action_cancel()
        self.assertEqual((visit.state, second.booked), ("cancelled", 0))
        other = self.as_clerk(self.ask())
        other.action_confirm(self.cadres(), second)
        with self.assertRaises(UserError):
            other.action_refuse(self.blurred)
        other.action_refuse(self.env.ref("yst_service.reason_visit_unreachable"))
        self.assertEqual((other.state, second.booked), ("refused", 0))

    def test_staff_write_down_a_request_and_others_cannot(self):
        values = {"partner_id": self.neighbour.partner_id.id, "eligibility": "assigned",
                  "area_id": self.north.id, "address": "测试路2号"}
        visits = self.env["yst.service.home.visit"]
        visit = visits.with_user(self.clerk).create(values)
        self.assertEqual(visit.clock_state, "running")
        for user, changes in (
            (self.leader, {}), (self.resident, {}), (self.other_clerk, {}),
            (self.clerk, {"state": "visited"}), (self.clerk, {"record_text": "x"}),
            (self.clerk, {"number": "SM1"}),
        ):
            with self.subTest(user=user.login, **changes), self.assertRaises(UserError):
                visits.with_user(user).create({**values, **changes})
        with self.assertRaises(UserError):
            visit.write({"visited_at": Datetime.now()})
        visit.write({"address": "测试路3号"})

    def test_another_resident_or_clerk_cannot_touch_it(self):
        visit = self.ask()
        with self.assertRaises(AccessError):
            self.as_resident(visit, self.neighbour).action_cancel()
        for user in (self.other_clerk, self.leader, self.resident):
            with self.subTest(user.login), self.assertRaises(AccessError):
                visit.with_user(user).sudo(False).action_confirm(self.cadres())
