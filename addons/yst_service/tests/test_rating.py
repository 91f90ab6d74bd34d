from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Datetime
from odoo.tests import tagged

from .case_common import CaseCase

MONDAY = "2026-06-01 01:00:00"


@tagged("post_install", "-at_install")
class TestRating(CaseCase):
    """Five levels; a bad one is followed up by two clocks."""

    def rated(self, value, text=None, item=None):
        case = self.completed(item)
        self.as_resident(case).action_rate(value, text)
        return case

    def test_only_the_last_two_levels_open_a_follow_up(self):
        for value, followed in ((1, 1), (2, 1), (3, 0), (4, 0), (5, 0)):
            with self.subTest(value):
                case = self.rated(value)
                self.assertEqual(len(case.follow_up_ids), followed)
                self.assertEqual(case.sudo().rating_last_value, value)
                self.assertEqual(self.kinds(case)[-1], "rated")

    def test_rated_once_by_the_owner_and_only_when_completed(self):
        case = self.accepted()
        mine = self.as_resident(case)
        with self.assertRaises(UserError):
            mine.action_rate(5)
        case.action_complete("x")
        for wrong in (0, 6, -1, None, "x", 10**30):
            with self.subTest(wrong), self.assertRaises(UserError):
                mine.action_rate(wrong)
        with self.assertRaises(AccessError):
            self.as_resident(case, self.neighbour).action_rate(1)
        with self.assertRaises(AccessError):
            case.action_rate(5)
        mine.action_rate("4", "  很好  ")
        self.assertEqual(case.sudo().rating_ids.feedback, "很好")
        with self.assertRaises(UserError):
            mine.action_rate(1)
        self.assertEqual(case.sudo().rating_last_value, 4)

    @freeze_time(MONDAY)
    def test_contact_within_one_day_and_solution_within_fifteen(self):
        case = self.rated(1, "排队太久")
        follow_up = case.follow_up_ids.with_user(self.clerk)
        self.assertEqual((follow_up.level, follow_up.feedback), ("1", "排队太久"))
        self.assertEqual(follow_up.contact_deadline, Datetime.to_datetime("2026-06-02 15:59:59"))
        self.assertEqual(follow_up.solve_deadline, Datetime.to_datetime("2026-06-23 15:59:59"))
        self.assertEqual(follow_up.clock_deadline, follow_up.contact_deadline)
        with self.assertRaises(UserError):
            follow_up.action_contact("  ")
        with self.assertRaises(UserError):
            follow_up.action_solve("x")
        with freeze_time("2026-06-03 01:00:00"):
            follow_up.action_contact("已电话致歉")
            self.assertFalse(follow_up.contact_in_time)
            self.assertEqual(follow_up.clock_deadline, follow_up.solve_deadline)
            self.assertEqual(follow_up.clock_state, "running")
        with freeze_time("2026-06-10 01:00:00"):
            follow_up.action_solve("增开一个窗口")
            self.assertTrue(follow_up.solved_in_time)
            self.assertEqual(follow_up.clock_state, "met")
            follow_up.action_tell("已告知，居民满意")
        self.assertEqual(follow_up.state, "told")
        self.assertEqual(self.kinds(case)[-1], "followed_up")

    def test_a_misjudged_rating_is_excluded_by_the_manager_with_a_reason(self):
        follow_up = self.rated(2).follow_up_ids
        reason = self.env.ref("yst_service.reason_misjudged")
        with self.assertRaises(AccessError):
            follow_up.with_user(self.clerk).action_exclude(reason, "点错了")
        managed = follow_up.with_user(self.manager)
        with self.assertRaises(UserError):
            managed.action_exclude(reason, "")
        with self.assertRaises(UserError):
            managed.action_exclude(self.blurred, "点错了")
        managed.action_exclude(reason, "本人确认点错")
        self.assertEqual((follow_up.state, follow_up.exclude_note), ("excluded", "本人确认点错"))
        self.assertEqual(follow_up.exclude_reason_id, reason)

    def test_a_follow_up_is_not_edited(self):
        follow_up = self.rated(1).follow_up_ids.with_user(self.clerk)
        for values in ({"level": "2"}, {"state": "told"}, {"contacted_at": Datetime.now()},
                       {"contact_deadline": Datetime.now()}, {"clock_deadline": Datetime.now()}):
            with self.subTest(values), self.assertRaises(UserError):
                follow_up.write(values)
        follow_up.user_id = self.clerk
        with self.assertRaises(AccessError):
            follow_up.with_user(self.leader).action_contact("x")
        with self.assertRaises(AccessError):
            follow_up.with_user(self.other_clerk).action_contact("x")
