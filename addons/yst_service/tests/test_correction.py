from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Datetime
from odoo.tests import tagged

from ..rules import may_reject, may_upload
from .case_common import CaseCase

MONDAY = "2026-06-01 01:00:00"


@tagged("post_install", "-at_install")
class TestCorrection(CaseCase):
    """One-time correction: all defects at once, only the faulty ones again, no second thoughts."""

    def test_rules_in_a_table(self):
        for revision, corrections, allowed in (
            (0, 0, True), (0, 1, False), (1, 1, True), (1, 2, False), (2, 2, True),
        ):
            with self.subTest(revision=revision, corrections=corrections):
                self.assertEqual(may_reject(revision, corrections), allowed)
        for state, line_state, asked, corrections, allowed in (
            ("draft", "missing", 0, 0, True),
            ("draft", "uploaded", 0, 0, True),
            ("submitted", "uploaded", 0, 0, False),
            ("correction", "rejected", 1, 1, True),
            ("correction", "uploaded", 1, 1, True),
            ("correction", "accepted", 0, 1, False),
            ("correction", "rejected", 1, 2, False),
            ("resubmitted", "rejected", 1, 1, False),
            ("completed", "rejected", 1, 1, False),
        ):
            with self.subTest(state=state, line=line_state):
                self.assertEqual(may_upload(state, line_state, asked, corrections), allowed)

    def test_a_material_is_rejected_only_for_a_coded_reason(self):
        case = self.submitted()
        line = case.line_ids[0]
        for wrong in (False, 0, self.env.ref("yst_service.reason_withdrawn")):
            with self.subTest(wrong), self.assertRaises(UserError):
                line.action_reject_material(wrong)
        line.action_reject_material(self.blurred.id, "第2页")
        self.assertEqual((line.state, line.reason_id), ("rejected", self.blurred))
        self.assertEqual(line.reviewed_by_id, self.clerk)
        line.action_accept_material()
        self.assertFalse(line.reason_id or line.reason_note)

    def test_all_defects_are_told_in_one_notice(self):
        case = self.submitted()
        case.line_ids[0].action_reject_material(self.blurred, "第2页")
        with self.assertRaises(UserError) as caught:
            case.action_ask_correction()
        self.assertIn("测试材料2", str(caught.exception), "not yet looked at")
        case.line_ids[1].action_reject_material(self.env.ref("yst_service.reason_expired"))
        case.action_ask_correction()
        correction = case.correction_ids
        self.assertEqual(correction.number, 1)
        for words in ("测试材料1", "第2页", "测试材料2", "no longer valid"):
            self.assertIn(words, correction.text)
        self.assertEqual(case.state, "correction")
        self.assertEqual(self.kinds(case), ["received", "correction_asked"])
        self.assertEqual(case.sudo().event_ids[-1].note, correction.text)

    def test_nothing_faulty_no_correction(self):
        case = self.submitted()
        case.action_accept_all_materials()
        with self.assertRaises(UserError):
            case.action_ask_correction()

    def test_an_optional_material_can_be_demanded_the_first_time_only(self):
        case = self.submitted()
        missing = self.env.ref("yst_service.reason_missing")
        optional = case.line_ids[2]
        self.assertEqual((optional.required, optional.state), (False, "missing"))
        case.action_accept_all_materials()
        optional.action_reject_material(missing)
        case.action_ask_correction()
        mine = self.as_resident(case)
        with self.assertRaises(UserError):
            mine.action_resubmit()
        mine.line_ids[2]._upload(self.photo, "a.jpg")
        mine.action_resubmit()
        self.assertEqual(case.state, "resubmitted")

    def test_the_resident_hands_in_only_what_was_faulty(self):
        case = self.in_correction()
        mine = self.as_resident(case)
        faulty, good, optional = mine.line_ids
        for line in (good, optional):
            with self.subTest(line.name), self.assertRaises(UserError):
                line._upload(self.photo, "a.jpg")
        with self.assertRaises(UserError):
            mine.action_resubmit()
        self.assertIn(faulty.name, case.now_expected)
        faulty._upload(self.photo, "a.jpg")
        self.assertEqual((faulty.state, faulty.revision), ("uploaded", 1))
        mine.action_resubmit()
        mine.action_resubmit()
        self.assertEqual(case.state, "resubmitted")
        self.assertEqual(self.kinds(case).count("resubmitted"), 1, "twice is once")
        self.assertTrue(case.correction_ids.resubmitted_at)
        self.assertEqual(good.state, "accepted")

    def test_earlier_photos_stay_visible_beside_the_new_ones(self):
        case = self.submitted(photos=True)
        line = case.line_ids[0]
        first = line.sudo().photo_ids
        line.action_reject_material(self.blurred)
        case.line_ids[1].action_accept_material()
        case.action_ask_correction()
        mine = self.as_resident(case)
        second = mine.line_ids[0]._upload(self.photo, "b.jpg")["evidence_id"]
        third = mine.line_ids[0]._upload(self.photo, "c.jpg")["evidence_id"]
        self.assertEqual(sorted(mine.line_ids[0].photo_ids.ids), sorted([second, third]))
        self.assertIn(first, mine.line_ids[0].evidence_ids)
        with self.assertRaises(UserError):
            mine._remove_upload(first)
        mine._remove_upload(mine.env["yst.evidence"].browse(second))
        mine._remove_upload(mine.env["yst.evidence"].browse(third))
        self.assertEqual(mine.line_ids[0].state, "rejected", "nothing handed in any more")
        self.assertTrue(first.exists())

    def test_a_second_correction_only_for_what_was_handed_in_anew(self):
        case = self.in_correction()
        mine = self.as_resident(case)
        mine.line_ids[0]._upload(self.photo, "a.jpg")
        mine.action_resubmit()
        for line in case.line_ids[1:]:
            with self.subTest(line.name), self.assertRaises(UserError):
                line.action_reject_material(self.blurred)
        case.line_ids[0].action_reject_material(self.blurred, "还是不清楚")
        case.action_ask_correction()
        self.assertEqual(case.correction_ids.mapped("number"), [1, 2])
        self.assertNotIn("测试材料2", case.correction_ids[-1].text)
        mine.line_ids[0]._upload(self.photo, "b.jpg")
        mine.action_resubmit()
        case.line_ids[0].action_accept_material()
        case.action_accept()
        self.assertEqual(case.state, "accepted")

    def test_materials_are_reviewed_only_while_examined(self):
        case = self.in_correction()
        with self.assertRaises(UserError):
            case.line_ids[0].action_accept_material()
        with self.assertRaises(AccessError):
            case.line_ids[0].with_user(self.leader).action_accept_material()

    def test_a_missing_material_is_never_in_order_online(self):
        case = self.submitted()
        with self.assertRaises(UserError):
            case.line_ids[2].action_accept_material()

    @freeze_time(MONDAY)
    def test_no_correction_within_fifteen_working_days_terminates(self):
        case = self.in_correction()
        # 15 working days after Monday 1 June, without the Dragon Boat holiday on 19 June
        self.assertEqual(
            case.correction_ids.deadline, Datetime.to_datetime("2026-06-23 15:59:59")
        )
        lapse = self.env["yst.service.case"]._lapse_corrections
        with freeze_time("2026-06-23 10:00:00"):
            lapse()
            self.assertEqual(case.state, "correction")
        with freeze_time("2026-06-24 01:00:00"):
            lapse()
            self.assertEqual(case.state, "terminated")
            self.assertEqual(
                case.terminate_reason_id, self.env.ref("yst_service.reason_no_correction")
            )
            self.assertEqual(self.kinds(case)[-1], "terminated")
            with self.assertRaises(UserError):
                self.as_resident(case).action_resubmit()
            lapse()
            self.assertEqual(case.terminated_count, 1)

    def test_the_time_to_correct_is_a_setting(self):
        self.env["ir.config_parameter"].sudo().set_param("yst_service.correction_days", "1")
        with freeze_time(MONDAY):
            case = self.in_correction()
        self.assertEqual(
            case.correction_ids.deadline, Datetime.to_datetime("2026-06-02 15:59:59")
        )

    def test_a_correction_notice_cannot_be_changed_or_deleted(self):
        case = self.in_correction()
        correction = case.correction_ids
        with self.assertRaises(AccessError):
            correction.write({"text": "x"})
        with self.assertRaises(UserError):
            correction.sudo().unlink()
