from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Datetime
from odoo.tests import Form, tagged

from .case_common import CaseCase

MONDAY = "2026-06-01 01:00:00"  # 09:00 in Shanghai; 5 working days end on Monday 8 June


@tagged("post_install", "-at_install")
class TestCaseFlow(CaseCase):
    """From the draft to the end: states, numbers, clocks, events, who may do what."""

    # --- draft

    def test_a_second_tap_finds_the_same_draft(self):
        draft = self.draft()
        self.assertEqual(self.draft(), draft)
        self.assertEqual(draft.state, "draft")
        self.assertFalse(draft.number)
        self.assertEqual(draft.version_id, self.full.current_version_id)
        self.assertEqual(draft.line_ids.mapped("name"), ["测试材料1", "测试材料2", "测试材料3"])
        self.assertEqual(draft.area_id, self.north, "the resident's own community")

    def test_a_draft_keeps_the_version_it_was_begun_under(self):
        draft = self.filled()
        version = draft.version_id
        self.full.action_new_version()
        newer = self.full.version_ids.filtered(lambda one: one.state == "draft")
        newer.write({"promised_limit": 1})
        newer.action_publish()
        self.assertEqual(self.full.current_version_id, newer)
        draft.action_submit()
        self.assertEqual(draft.version_id, version)

    def test_an_item_with_guidance_only_cannot_be_applied_for_online(self):
        with self.assertRaises(UserError):
            self.draft(self.guide)

    def test_what_is_typed_is_saved_and_what_is_wrong_is_named(self):
        draft = self.draft()
        answer = draft._draft_save({
            "note": "希望尽快办理",
            "area_id": str(self.south.id),
            "draft_step": "2",
            "state": "completed",
            "number": "BJ1",
            "user_id": self.clerk.id,
        })
        self.assertEqual(answer["errors"], {})
        self.assertEqual(sorted(answer["saved"]), ["area_id", "draft_step", "note"])
        self.assertEqual((draft.note, draft.area_id), ("希望尽快办理", self.south))
        self.assertEqual((draft.state, draft.number, draft.user_id.id), ("draft", False, False))
        answer = draft._draft_save({"area_id": self.subdistrict.id, "note": "好" * 2001})
        self.assertEqual(sorted(answer["errors"]), ["area_id", "note"])
        self.assertEqual(draft.area_id, self.south, "kept as it was")

    def test_nobody_else_saves_or_hands_in(self):
        draft = self.filled()
        theirs = self.as_resident(draft, self.neighbour)
        for attempt in (
            lambda: theirs._draft_save({"note": "x"}),
            theirs.action_submit,
            theirs.action_withdraw,
            lambda: theirs.line_ids[:1]._upload(self.photo, "a.jpg"),
            theirs._check_owner,
        ):
            with self.assertRaises(AccessError):
                attempt()
        self.assertEqual(draft.state, "draft")

    def test_a_draft_thrown_away_leaves_nothing(self):
        draft = self.filled(photos=True)
        photos = draft.line_ids.evidence_ids
        self.assertEqual(len(photos), 2)
        draft.action_withdraw()
        self.assertFalse(draft.exists())
        self.assertFalse(photos.exists())

    # --- on behalf of another

    def test_applying_for_another_needs_who_and_consent(self):
        from odoo.addons.yst_base.tests.common import number

        draft = self.filled()
        answer = draft._draft_save({"on_behalf": True, "principal_name": "李示例"})
        self.assertEqual(answer["errors"], {})
        self.assertEqual(len(draft._submit_problems()), 2)
        answer = draft._draft_save({
            "principal_identity_kind": "resident_id", "principal_identity": "610902195603150000",
        })
        self.assertIn("principal_identity", answer["errors"])
        self.assertFalse(draft.principal_id)
        answer = draft._draft_save({
            "principal_identity_kind": "resident_id", "principal_identity": number(order="777"),
            "principal_mobile": "13900001111", "consent": True,
        })
        self.assertEqual(answer["errors"], {})
        self.assertEqual(draft.principal_id.name, "李示例")
        self.assertTrue(draft.principal_id.identity_masked)
        self.assertEqual(draft.principal_id.mobile_masked, "139****1111")
        self.assertTrue(draft.consent_at)
        self.assertIn("李示例", draft.consent_text)
        draft.action_submit()
        self.assertEqual(draft.state, "submitted")

    def test_a_typo_in_the_other_persons_number_is_put_right_not_doubled(self):
        from odoo.addons.yst_base.tests.common import number

        draft = self.draft()
        draft._draft_save({"on_behalf": True, "principal_name": "李示例"})
        draft._draft_save({"principal_identity": number(order="777")})
        person = draft.principal_id
        draft._draft_save({"principal_identity": number(order="778"), "principal_name": "李示范"})
        self.assertEqual(draft.principal_id, person)
        self.assertEqual(person.name, "李示范")
        self.assertEqual(person._search_by_identity(number(order="778")), person)
        self.assertFalse(person._search_by_identity(number(order="777")))

    def test_another_residents_number_under_a_wrong_name_says_nothing_about_them(self):
        from odoo.addons.yst_base.tests.common import number

        draft = self.draft()
        answer = draft._draft_save({
            "on_behalf": True, "principal_name": "王示例",
            "principal_identity": number(order="122"),
        })
        message = answer["errors"]["principal_identity"]
        self.assertNotIn(self.neighbour.name, message)
        self.assertFalse(draft.principal_id)

    # --- handing in

    def test_handing_in_names_all_that_is_missing(self):
        draft = self.draft()
        with self.assertRaises(UserError) as caught:
            draft.action_submit()
        self.assertIn("测试材料1", str(caught.exception))
        self.assertIn("测试材料2", str(caught.exception))
        self.assertNotIn("测试材料3", str(caught.exception), "not required")
        self.assertFalse(draft.number)

    def test_handing_in_needs_a_registered_identity(self):
        nobody = self._user("t.nobody", "base.group_portal")
        nobody.partner_id.area_id = self.north
        draft = self.filled(user=nobody)
        with self.assertRaises(UserError):
            draft.action_submit()

    @freeze_time(MONDAY)
    def test_handing_in_allots_the_number_and_starts_the_five_days(self):
        draft = self.filled()
        number = draft.action_submit()
        self.assertRegex(number, r"^BJ2026\d{6}$")
        self.assertEqual(draft.number, number)
        self.assertEqual(draft.state, "submitted")
        self.assertEqual(draft.submitted_at, Datetime.now())
        self.assertEqual(self.kinds(draft), ["received"])
        self.assertEqual(draft.clock_deadline, Datetime.to_datetime("2026-06-08 15:59:59"))
        self.assertEqual(draft.action_submit(), number, "twice is once")
        self.assertEqual(self.kinds(draft), ["received"])
        second = self.filled(self.visit)
        self.assertEqual(int(second.action_submit()[6:]), int(number[6:]) + 1)

    def test_every_step_leaves_one_line_in_the_chatter_and_one_event(self):
        case = self.accepted()
        before = len(case.message_ids)
        case.action_start_review()
        self.assertEqual(len(case.message_ids), before + 1)
        self.assertEqual(self.kinds(case), ["received", "accepted", "reviewing"])

    # --- the state is closed to writing

    def test_state_number_and_clock_cannot_be_written(self):
        case = self.submitted()
        for values in (
            {"state": "completed"}, {"number": "BJ2026999999"}, {"applicant_id": 1},
            {"submitted_at": Datetime.now()}, {"area_id": self.south.id},
            {"clock_deadline": Datetime.now()}, {"result_text": "x"}, {"reopened_count": 1},
            {"line_ids": [(5, 0, 0)]}, {"version_id": 1}, {"access_token": "x"},
        ):
            with self.subTest(values), self.assertRaises(UserError):
                case.write(values)
        with self.assertRaises(UserError):
            case.sudo().write({"state": "completed"})
        with self.assertRaises(AccessError):
            case.line_ids[:1].write({"state": "accepted"})
        with self.assertRaises(AccessError):
            case.line_ids[:1].with_context(_yst_state_token=True).write({"state": "accepted"})
        case.user_id = self.clerk
        self.assertEqual(self.kinds(case)[-1], "clerk_changed")

    def test_the_timeline_cannot_be_forged(self):
        case = self.submitted()
        event = case.sudo().event_ids
        with self.assertRaises(UserError):
            event.write({"note": "x"})
        with self.assertRaises(UserError):
            event.unlink()
        with self.assertRaises(UserError):
            event.create({"case_id": case.id, "kind": "completed", "at": Datetime.now()})

    def test_what_was_handed_in_is_never_deleted_or_copied(self):
        case = self.submitted()
        with self.assertRaises(UserError):
            case.unlink()
        with self.assertRaises(UserError):
            case.copy()

    # --- from acceptance to completion

    @freeze_time(MONDAY)
    def test_acceptance_starts_the_promised_limit(self):
        case = self.submitted()
        with freeze_time("2026-06-03 02:00:00"):
            case.action_accept_all_materials()
            case.action_accept()
            self.assertEqual(case.state, "accepted")
            self.assertEqual(case.clock_limit, 5)
            # 5 working days after Wednesday 3 June
            self.assertEqual(case.clock_deadline, Datetime.to_datetime("2026-06-10 15:59:59"))

    def test_acceptance_needs_every_material_looked_at_and_none_faulty(self):
        case = self.submitted()
        with self.assertRaises(UserError):
            case.action_accept()
        case.line_ids[0].action_reject_material(self.blurred)
        case.line_ids[1].action_accept_material()
        with self.assertRaises(UserError):
            case.action_accept()
        case.line_ids[0].action_accept_material()
        case.action_accept()
        self.assertEqual(case.state, "accepted")

    def test_an_online_item_is_completed_without_a_visit(self):
        case = self.accepted()
        with self.assertRaises(UserError):
            case.action_start_onsite()
        case.action_complete("证明已开具", [("结果.jpg", self.photo)])
        self.assertEqual(case.state, "completed")
        self.assertEqual(case.clock_state, "met")
        self.assertEqual(case.result_text, "证明已开具")
        self.assertEqual(case.result_evidence_ids.mapped("kind"), ["scan"])

    def test_a_prereviewed_item_needs_someone_to_come_first(self):
        case = self.accepted(self.visit)
        with self.assertRaises(UserError):
            case.action_complete("x")
        case.action_start_onsite()
        case.action_complete("x")
        self.assertEqual(self.kinds(case), ["received", "accepted", "onsite", "completed"])

    def test_completed_late_is_missed(self):
        with freeze_time(MONDAY):
            case = self.accepted()
        with freeze_time("2026-06-20 01:00:00"):
            self.assertEqual(case.clock_state, "overdue")
            case.action_complete("x")
            self.assertEqual(case.clock_state, "missed")

    def test_refusal_needs_a_reason_of_its_kind(self):
        case = self.submitted()
        for wrong in (False, 0, self.blurred):
            with self.subTest(wrong), self.assertRaises(UserError):
                case.action_refuse(wrong)
        case.action_refuse(self.env.ref("yst_service.reason_not_eligible"), "户籍不在本街道")
        self.assertFalse(case.clock_left, "nothing was done in time")
        self.assertEqual(case.state, "refused")
        self.assertEqual(case.terminate_note, "户籍不在本街道")
        self.assertIn("conditions", case.now_text)
        self.assertTrue(case.clock_stop)

    def test_the_question_takes_the_step_with_its_coded_reason(self):
        case = self.submitted()
        reason = self.env.ref("yst_service.reason_not_eligible")
        asked = self.env["yst.reason.wizard"].with_user(self.clerk).with_context(
            active_model="yst.service.case", active_ids=case.ids, default_step="service_refuse"
        )
        form = Form(asked, "yst_service.view_reason_wizard")
        form.note = "户籍不在本街道"
        with self.assertRaises(AssertionError):
            form.save()  # no reason chosen
        self.assertEqual(form.service_reason_kind, "refuse")
        form.service_reason_id = reason
        self.assertEqual(form.remedy, reason.remedy)
        form.save().action_apply()
        self.assertEqual((case.state, case.terminate_reason_id), ("refused", reason))
        self.assertEqual(case.terminate_note, "户籍不在本街道")

    def test_the_question_takes_no_reason_of_another_kind_and_opens_no_door(self):
        case = self.submitted()
        chosen = {"step": "service_terminate", "res_model": case._name, "chosen": case.ids}
        wrong = self.env.ref("yst_service.reason_not_eligible")
        right = self.env.ref("yst_service.reason_terminate_other")
        wizards = self.env["yst.reason.wizard"]
        for reason in (wrong.id, False):
            with self.subTest(reason), self.assertRaises(UserError):
                wizards.with_user(self.clerk).create(
                    {**chosen, "service_reason_id": reason}
                ).action_apply()
        with self.assertRaises(AccessError):
            wizards.with_user(self.cadre).create(
                {**chosen, "service_reason_id": right.id}
            ).action_apply()
        self.assertEqual(case.state, "submitted")

    def test_steps_out_of_turn_are_refused(self):
        case = self.submitted()
        reason = self.env.ref("yst_service.reason_terminate_other")
        with self.assertRaises(UserError):
            case.action_reopen(self.env.ref("yst_service.reason_corrected"))
        with self.assertRaises(UserError):
            case.action_start_review()
        case.action_terminate(reason)
        for attempt in (case.action_accept, case.action_start_review, case.action_ask_correction):
            with self.subTest(attempt), self.assertRaises(UserError):
                attempt()
        with self.assertRaises(UserError):
            case.action_terminate(reason)

    def test_reopening_keeps_the_number_and_what_was_accepted(self):
        case = self.accepted()
        number = case.number
        case.action_terminate(self.env.ref("yst_service.reason_disagree"))
        self.assertEqual(case.terminated_count, 1)
        case.action_reopen(self.env.ref("yst_service.reason_corrected"), "补充了证明")
        self.assertEqual((case.state, case.number), ("reviewing", number))
        self.assertEqual((case.terminated_count, case.reopened_count), (1, 1))
        self.assertFalse(case.terminated_at or case.terminate_reason_id)
        self.assertEqual(case.clock_state, "running")
        case.action_complete("x")
        self.assertEqual(case.state, "completed")

    def test_reopening_before_acceptance_goes_back_to_the_examination(self):
        case = self.submitted()
        self.as_resident(case).action_withdraw("不办了")
        self.assertEqual(case.state, "terminated")
        self.assertEqual(case.terminate_reason_id, self.env.ref("yst_service.reason_withdrawn"))
        case.action_reopen(self.env.ref("yst_service.reason_our_error"))
        self.assertEqual((case.state, case.clock_limit), ("submitted", 5))

    # --- who may

    def test_nobody_handles_their_own_application(self):
        case = self.submitted()
        clerk = self._user("t.self", "yst_service.group_service_clerk", self.north)
        case.sudo().applicant_id = clerk.partner_id
        mine = self.as_clerk(case, clerk)
        for attempt in (mine.action_accept_all_materials, mine.action_take, mine.action_accept):
            with self.subTest(attempt), self.assertRaises(AccessError):
                attempt()

    def test_leaders_and_residents_cannot_take_the_clerks_actions(self):
        case = self.submitted()
        for user in (self.leader, self.cadre, self.resident, self.other_clerk):
            theirs = case.with_user(user)
            for name in ("action_take", "action_accept", "action_ask_correction",
                         "action_accept_all_materials"):
                with self.subTest(user=user.login, name=name), self.assertRaises(AccessError):
                    getattr(theirs, name)()
        sudo = case.with_user(self.resident).sudo()
        with self.assertRaises(AccessError):
            sudo.action_accept()

    # --- at the window

    def test_a_clerk_writes_an_application_down_at_the_window(self):
        person = self.env["res.partner"].create({"name": "赵示例", "is_resident": True})
        case = self.env["yst.service.case"].with_user(self.clerk).create({
            "item_id": self.guide.id, "applicant_id": person.id, "area_id": self.north.id,
        })
        self.assertEqual(case.principal_id, person)
        case.action_submit()
        self.assertEqual(case.state, "submitted")
        case.line_ids.action_accept_material()
        case.action_accept()
        case.action_start_onsite()
        case.action_complete("x")
        self.assertEqual(case.state, "completed")
        with self.assertRaises(AccessError):
            self.env["yst.service.case"].with_user(self.clerk).create({
                "item_id": self.full.id, "applicant_id": person.id, "area_id": self.south.id,
            })
        with self.assertRaises(AccessError):
            self.env["yst.service.case"].with_user(self.clerk).create({
                "item_id": self.full.id, "applicant_id": person.id, "area_id": self.north.id,
                "channel": "portal",
            })

    # --- time runs out

    @freeze_time(MONDAY)
    def test_silence_is_acceptance_from_the_day_of_receipt(self):
        case = self.submitted()
        in_time = self.submitted(self.visit)
        in_time.action_accept_all_materials()
        in_time.action_accept()
        with freeze_time("2026-06-08 10:00:00"):
            self.env["yst.service.case"]._accept_by_silence()
            self.assertEqual(case.state, "submitted", "the fifth day has not ended")
        with freeze_time("2026-06-09 01:00:00"):
            self.env["yst.service.case"]._accept_by_silence()
            self.assertEqual(case.state, "accepted")
            self.assertEqual(case.accepted_at, case.submitted_at)
            self.assertEqual(case.clock_deadline, Datetime.to_datetime("2026-06-08 15:59:59"))
            event = case.sudo().event_ids[-1]
            self.assertEqual(event.kind, "accepted")
            self.assertIn("not told", event.note)
            self.assertEqual(in_time.accepted_at, Datetime.to_datetime(MONDAY))

    def test_silence_after_reopening_counts_from_the_reopening(self):
        with freeze_time(MONDAY):
            case = self.submitted()
            case.action_terminate(self.env.ref("yst_service.reason_duplicate"))
        with freeze_time("2026-07-01 01:00:00"):
            case.action_reopen(self.env.ref("yst_service.reason_our_error"))
        with freeze_time("2026-07-09 01:00:00"):
            self.env["yst.service.case"]._accept_by_silence()
            self.assertEqual(case.state, "accepted")
            self.assertEqual(case.accepted_at, Datetime.to_datetime("2026-07-01 01:00:00"))
            self.assertGreater(case.clock_deadline, case.accepted_at)
            self.assertEqual(case.submitted_at, Datetime.to_datetime(MONDAY))

    def test_what_the_resident_reads_is_in_their_language_whoever_writes_it(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        own = self.env["ir.module.module"].search([("name", "=", "yst_service")])
        own._update_translations("zh_CN")
        (self.resident | self.neighbour).partner_id.lang = "zh_CN"
        plain = self.env["yst.service.case"].with_context(lang=None)
        with freeze_time(MONDAY):
            silent = self.submitted()
            lapsed = self.in_correction(user=self.neighbour)
        text = lapsed.sudo().correction_ids.text
        self.assertNotRegex(text, "blurred|Take the photo", "the reason is in Chinese as well")
        with freeze_time("2026-07-01 01:00:00"):
            plain._accept_by_silence()
            plain._lapse_corrections()
        for case in (silent, lapsed):
            note = case.sudo().event_ids[-1].note
            self.assertTrue(note)
            self.assertNotRegex(note, "[A-Za-z]{3}")

    @freeze_time(MONDAY)
    def test_the_clerk_of_an_overdue_application_is_reminded_once(self):
        case = self.accepted()
        case.action_take()
        with freeze_time("2026-06-20 01:00:00"):
            self.env["yst.service.case"]._remind_overdue()
            self.env["yst.service.case"]._remind_overdue()
            self.assertEqual(case.activity_ids.user_id, self.clerk)
            self.assertEqual(len(case.activity_ids), 1)
            case.action_complete("x")
            self.assertFalse(case.activity_ids)

    def test_the_hourly_run_does_it_all(self):
        with freeze_time(MONDAY):
            silent = self.submitted()
            late = self.accepted(self.visit)
            late.action_take()
            lapsed = self.in_correction(user=self.neighbour)
        with freeze_time("2026-07-01 01:00:00"), self.enter_registry_test_mode():
            self.env.ref("yst_service.cron_deadlines").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual((silent.state, lapsed.state), ("accepted", "terminated"))
        self.assertTrue(late.activity_ids)

    def test_an_item_and_its_version_list_their_own_applications(self):
        ours, other = self.submitted(), self.submitted(self.visit, self.neighbour)
        for record in (ours.item_id, ours.version_id):
            action = record.sudo().action_view_cases()
            found = self.env[action["res_model"]].search(action["domain"])
            self.assertIn(ours, found)
            self.assertNotIn(other, found)

    def test_an_application_with_a_fault_holds_up_no_other_one(self):
        with freeze_time(MONDAY):
            broken, sound = self.submitted(), self.submitted(user=self.neighbour)
        cls = type(self.env["yst.service.case"])
        accept = cls._accept

        def accept_unless_broken(cases, *args, **kwargs):
            done = accept(cases, *args, **kwargs)
            if broken in cases:
                raise ValueError("a fault in one application")
            return done

        logger = "odoo.addons.yst_service.models.yst_service_case_deadline"
        with (
            freeze_time("2026-07-01 01:00:00"),
            patch.object(cls, "_accept", accept_unless_broken),
            self.assertLogs(logger, "ERROR") as logged,
        ):
            self.env["yst.service.case"]._accept_by_silence()
        self.env.invalidate_all()
        self.assertEqual((broken.state, sound.state), ("submitted", "accepted"))
        self.assertIn(str(broken.id), logged.output[0])

    # --- the one line

    def test_the_resident_always_sees_what_happens_and_whether_they_must_act(self):
        draft = self.filled(self.visit)
        self.assertTrue(draft.now_expected)
        draft.action_submit()
        case = self.as_clerk(draft)
        self.assertEqual((case.now_expected, case.now_deadline), ("", case.clock_deadline))
        self.assertIn("测试北社区", case.now_holder)
        case.action_take()
        self.assertEqual(case.now_holder, self.clerk.name)
        case.action_accept_all_materials()
        case.action_accept()
        self.assertIn("appointment", case.now_expected)
        slot = self.slot()
        self.as_resident(case)._book(slot)
        self.assertEqual(case.now_deadline, slot.start)
        case.action_start_onsite()
        self.assertFalse(case.now_expected)
        case.action_complete("已发证")
        self.assertIn("已发证", case.now_text)
        self.assertTrue(case.now_expected, "rate it")
        self.as_resident(case).action_rate(5)
        case.invalidate_recordset()
        self.assertFalse(case.now_expected)
        self.assertFalse(case.now_deadline)

    def test_whose_turn_it_is_reads_right_on_both_sides(self):
        case = self.in_correction()
        self.assertEqual(case.now_holder, "The applicant")
        self.assertEqual(self.as_resident(case).now_holder, "You")

    def test_the_buttons_are_those_of_the_moment(self):
        case = self.submitted()
        self.assertEqual(case.may_actions, "|take|accept_all|refuse|terminate|")
        case.action_accept_all_materials()
        self.assertIn("|accept|", case.may_actions)
        self.assertEqual(case.with_user(self.leader).may_actions, "||")
        case.action_accept()
        case.action_complete("x")
        self.assertEqual(case.may_actions, "|reopen|")

    def test_labels_of_the_clock_and_the_figures_speak_chinese(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"].search(
            [("name", "in", ("yst_base", "yst_service"))]
        )._update_translations("zh_CN")
        for model, field, value, label in (
            ("yst.service.case", "clock_state", "overdue", "超期"),
            ("yst.service.follow.up", "clock_unit", "workday", "工作日"),
            ("yst.service.case.report", "state", "completed", "已办结"),
            ("yst.service.case.report", "channel", "portal", "网上"),
        ):
            with self.subTest(model=model, field=field):
                options = self.env[model].with_context(lang="zh_CN").fields_get([field])
                self.assertIn(label, dict(options[field]["selection"])[value])

    # --- messages

    def test_messages_are_queued_and_hold_no_identity_number(self):
        before = self.env["mail.mail"].sudo().search([]).ids
        case = self.completed()
        mails = self.env["mail.mail"].sudo().search([("id", "not in", before)])
        mails = mails.filtered(lambda mail: mail.model == case._name)
        self.assertEqual(len(mails), 3, "received, accepted, completed")
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        for mail in mails:
            self.assertIn(case.number, mail.body_html)
            self.assertIn(self.resident.email, mail.email_to)
            self.assertNotIn("610902", mail.body_html + mail.subject)
            self.assertNotIn("access_token", mail.body_html)

    def test_sms_only_where_switched_on_and_to_the_real_number(self):
        sms = self.env["sms.sms"].sudo()
        before = sms.search([]).ids
        self.submitted()
        self.assertEqual(sms.search_count([("id", "not in", before)]), 0)
        self.env["ir.config_parameter"].sudo().set_param("yst_service.sms", "True")
        case = self.submitted(self.visit)
        sent = sms.search([("id", "not in", before)])
        self.assertEqual(sent.mapped("number"), ["13800001234"])
        self.assertIn(case.number, sent.body)

    def test_a_deadline_counts_pauses_only_from_the_notice_to_the_answer(self):
        with freeze_time(MONDAY):
            case = self.submitted()
        with freeze_time("2026-06-02 01:00:00"):
            case.line_ids[0].action_reject_material(self.blurred)
            case.line_ids[1].action_accept_material()
            case.action_ask_correction()
            self.assertEqual(case.clock_state, "paused")
        with freeze_time("2026-06-04 01:00:00"):
            mine = self.as_resident(case)
            mine.line_ids[0]._upload(self.photo, "again.jpg")
            mine.action_resubmit()
            # Tuesday to Thursday stood still: 5 working days are 5, 8, 9, 10, 11 June
            self.assertEqual(case.clock_deadline, Datetime.to_datetime("2026-06-11 15:59:59"))
            self.assertEqual(case.clock_state, "running")
            self.assertLess(Datetime.now() - timedelta(days=1), case.clock_deadline)
