from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import DocumentCase


@tagged("post_install", "-at_install")
class TestTiers(DocumentCase):
    """Approvals: who, in which order, deputies, returns, and no way around."""

    def away(self, user, deputy, **values):
        return self.env["yst.delegation"].with_user(user).create(
            {
                "user_id": user.id,
                "deputy_id": deputy.id,
                "date_to": fields.Datetime.now() + timedelta(days=2),
                **values,
            }
        )

    # -- order ---------------------------------------------------------------------------------

    def test_each_in_turn(self):
        document = self.at("check", countersigner_ids=[(6, 0, (self.first | self.second).ids)])
        for user in (self.drafter, self.leader, self.first, self.registrar):
            with self.subTest(user.login), self.assertRaises(UserError):
                document.with_user(user).action_approve()
        self.assertTrue(document.with_user(self.checker).is_my_turn)
        self.step(document)
        with self.refused("not your turn"):
            document.with_user(self.checker).action_approve()
        found = self.env["yst.document"].with_user(self.first).search([("is_my_turn", "=", True)])
        self.assertEqual(found, document)
        self.step(document)
        self.assertEqual(document.state, "sign")
        self.step(document)
        self.assertEqual((document.state, document.signer_id), ("review", self.leader))
        self.assertEqual(document.validation_status, "validated")

    def test_who_comes_later_does_not_see_it_before(self):
        document = self.at("check")
        with self.assertRaises(AccessError):
            document.with_user(self.leader).read(["name"])
        self.step(document)
        document.with_user(self.leader).read(["name"])
        told = self.env["mail.notification"].search_count(
            [("res_partner_id", "=", self.leader.partner_id.id),
             ("mail_message_id.res_id", "=", document.id),
             ("mail_message_id.model", "=", "yst.document")]
        )
        self.assertEqual(told, 1)
        self.assertNotIn(self.leader.partner_id, document.message_follower_ids.partner_id)

    def test_nobody_there_to_approve(self):
        for values, words in (
            ({"checker_id": False}, "who checks"),
            ({"signer_id": False}, "who signs"),
            ({"signer_id": self.cadre.id}, "not a leader"),
            ({"checker_id": self.drafter.id}, "themselves"),
            ({"body": False}, "no text"),
            ({"kind": "request"}, "to whom it goes"),
        ):
            with self.subTest(words), self.refused(words):
                self.document(**values).action_submit()
        document = self.document()
        self.checker.active = False
        with self.refused("left"):
            document.action_submit()
        self.assertEqual((document.state, len(document.review_ids)), ("draft", 0))

    def test_manager_adds_a_signature_for_urgent_ones_of_a_department(self):
        department = self.env["hr.department"].create({"name": "Flood control"})
        chief = self._user("chief", self.subdistrict, "yst_base.group_leader")
        definition = self.env["tier.definition"].with_user(self.manager).create(
            {
                "name": "Second signature",
                "model_id": self.env["ir.model"]._get_id("yst.document"),
                "document_step": "sign",
                "review_type": "individual",
                "reviewer_id": chief.id,
                "sequence": 40,
                "company_id": False,
                "definition_domain": repr(
                    [("urgency", "=", "extra"), ("department_id", "=", department.id)]
                ),
            }
        )
        self.assertTrue(definition.approve_sequence)
        ordinary = self.at("sign", department_id=department.id)
        self.step(ordinary)
        self.assertEqual(ordinary.state, "review")
        urgent = self.at("sign", department_id=department.id, urgency="extra")
        with self.assertRaises(AccessError):
            urgent.with_user(chief).action_approve()
        urgent.with_user(self.leader).action_approve()
        with self.refused("not your turn"):
            urgent.with_user(self.leader).action_approve()
        self.assertEqual(urgent.state, "sign")
        urgent.with_user(chief).action_approve()
        self.assertEqual(urgent.state, "review")
        with self.assertRaises(AccessError):
            self.env["tier.definition"].with_user(self.registrar).create(
                {"name": "Mine", "model_id": definition.model_id.id, "document_step": "sign"}
            )
        with self.assertRaises(ValidationError):
            definition.with_user(self.manager).document_step = False

    def test_any_of_a_group(self):
        group = self.env["res.groups"].create({"name": "Lawyers"})
        (self.first | self.second).write({"group_ids": [Command.link(group.id)]})
        self.env["tier.definition"].create(
            {
                "name": "Legal check",
                "model_id": self.env["ir.model"]._get_id("yst.document"),
                "document_step": "check",
                "review_type": "group",
                "reviewer_group_id": group.id,
                "sequence": 15,
                "company_id": False,
            }
        )
        document = self.at("check")
        self.step(document)
        self.assertEqual(document.state, "check")
        document.with_user(self.second).action_approve("Lawful")
        self.assertEqual(document.state, "sign")

    # -- rejecting and returning ----------------------------------------------------------------

    def test_rejected_goes_to_the_drafter_and_comes_again(self):
        document = self.at("sign")
        with self.refused("Say why"):
            document.with_user(self.leader).action_reject(" ")
        document.with_user(self.leader).action_reject("Too long")
        self.assertEqual((document.state, document.validation_status), ("draft", "rejected"))
        self.assertEqual(document.opinion_ids[-1].text, "Too long")
        self.assertTrue(document.is_my_turn)
        document.write({"body": "<p>Short.</p>"})
        document.action_submit()
        self.assertEqual(document.validation_status, "pending")
        self.assertEqual(set(document.version_ids.mapped("number")), {1, 2})
        self.assertEqual(len(document.review_ids), 2)

    def test_returned_from_each_step_to_each_earlier_one(self):
        steps = ["draft", "check", "countersign", "sign", "review", "register"]
        acting = {
            "check": self.checker, "countersign": self.first, "sign": self.leader,
            "review": self.registrar, "register": self.registrar,
        }
        for place, state in enumerate(steps[1:], 1):
            for target in steps[:place]:
                with self.subTest(f"{state} → {target}"):
                    document = self.at(state, countersigner_ids=[(6, 0, self.first.ids)])
                    user = acting[state]
                    self.assertIn(
                        target, dict(document.with_user(user).get_return_targets())
                    )
                    document.with_user(user).action_return(target, "Again")
                    self.assertEqual(document.state, target)
                    self.assertFalse(document.signed_at and target in steps[:4])
                    opinion = document.opinion_ids[-1]
                    self.assertEqual((opinion.kind, opinion.text), ("return", "Again"))
                    for step in steps[steps.index(target):-1]:
                        if document.state == step:
                            self.step(document)
                    self.assertEqual(document.state, "register")

    def test_not_returned_forwards_or_by_others_or_with_a_number(self):
        document = self.at("sign")
        for user in (self.drafter, self.checker, self.registrar):
            with self.subTest(user.login), self.refused("not your turn"):
                document.with_user(user).action_return("draft", "Mine")
            self.assertEqual(document.with_user(user).get_return_targets(), [])
        for target in ("sign", "review", "issued", "handle", "nonsense"):
            with self.subTest(target), self.refused("earlier step"):
                document.with_user(self.leader).action_return(target, "There")
        with self.refused("Say why"):
            document.with_user(self.leader).action_return("draft", None)
        numbered = self.at("register")
        numbered.with_user(self.registrar).action_register()
        with self.refused("not possible"):
            numbered.with_user(self.registrar).action_return("draft", "No")

    # -- editing -------------------------------------------------------------------------------

    def test_only_the_checker_edits_while_it_is_approved(self):
        document = self.at("check")
        with self.refused("being approved"):
            document.write({"body": "<p>Mine.</p>"})
        for context in ({"skip_validation_check": True}, {"skip_check_state_condition": True}):
            with self.refused("being approved"):
                document.with_context(**context).write({"name": "Mine"})
        document.with_user(self.checker).write({"body": "<p>One.</p><p>Three.</p>"})
        self.assertEqual(document.version_ids.sorted("number")[-1].author_id, self.checker)
        self.step(document)
        for user in (self.checker, self.leader, self.drafter, self.registrar):
            with self.subTest(user.login), self.refused("being approved"):
                document.with_user(user).write({"body": "<p>Mine.</p>"})
        self.step(document)
        document.with_user(self.registrar).write({"layout": "letter"})
        with self.refused("not edited any more"):
            document.with_user(self.registrar).write({"body": "<p>Mine.</p>"})

    def test_people_named_while_checking_come_in(self):
        document = self.at("check")
        document.with_user(self.checker).write(
            {"countersigner_ids": [(6, 0, self.second.ids)]}
        )
        self.step(document)
        self.assertEqual(document.state, "countersign")
        document.with_user(self.second).action_approve()
        self.assertEqual(document.state, "sign")

    def test_approved_is_what_was_read(self):
        document = self.at("check")
        read = document.version_number
        document.with_user(self.checker).write({"body": "<p>Other.</p>"})
        with self.refused("changed in the meantime"):
            document.with_user(self.checker).action_approve(version=read)
        document.with_user(self.checker).action_approve(version=document.version_number)
        self.assertEqual(document.opinion_ids.version_number, 2)

    def test_fields_of_the_steps_are_not_written_by_hand(self):
        document = self.document()
        for values in (
            {"signed_at": fields.Datetime.now()}, {"number": "测办发〔2026〕1号"},
            {"participant_ids": [(4, self.stranger.id)]}, {"drafter_id": self.stranger.id},
            {"version_number": 7}, {"issued_at": fields.Datetime.now()},
            {"register_number": "1"}, {"state": "issued"}, {"step_number": 9},
        ):
            with self.subTest(values), self.assertRaises(UserError):
                document.write(values)
            with self.subTest(values), self.assertRaises(UserError):
                self.document(**values)
        forged = self.env["yst.document"].with_user(self.drafter).with_context(
            default_drafter_id=self.stranger.id, default_state="issued",
            default_participant_ids=self.stranger.ids, default_number="1",
        ).create({"name": "Forged"})
        self.assertEqual(
            (forged.drafter_id, forged.state, forged.participant_ids, forged.number),
            (self.drafter, "draft", self.drafter, False),
        )

    # -- no way around -------------------------------------------------------------------------

    def test_no_way_around_the_actions(self):
        document = self.at("check", countersigner_ids=[(6, 0, self.first.ids)])
        review = document.sudo().review_ids[0]
        checker = self.env(user=self.checker)
        with self.assertRaises(AccessError):
            review.with_env(checker).write({"status": "approved"})
        with self.assertRaises(AccessError):
            review.with_env(checker).unlink()
        with self.assertRaises(AccessError):
            checker["tier.review"].create(
                {"model": "yst.document", "res_id": document.id, "status": "approved"}
            )
        mine = checker["tier.review"].create({"model": "res.partner", "res_id": 1})
        with self.assertRaises(AccessError):
            mine.write({"model": "yst.document", "res_id": document.id})
        wizard = checker["comment.wizard"].create(
            {
                "res_model": "yst.document",
                "res_id": document.id,
                "validate_reject": "validate",
                "comment": "Yes",
            }
        )
        with self.assertRaises(AccessError):
            wizard.add_comment()
        for name in ("request_validation", "restart_validation", "reject_tier"):
            with self.subTest(name), self.assertRaises(AccessError):
                getattr(document.with_env(checker), name)()
        with self.assertRaises(AccessError):
            document.with_env(checker).write({"review_ids": [(5,)]})
        with self.assertRaises(UserError):
            document.with_env(checker).opinion_ids.create({"text": "Forged"})
        self.assertEqual((document.state, document.validation_status), ("check", "pending"))

    def test_opinions_stay(self):
        document = self.at("sign")
        opinion = document.sudo().opinion_ids
        with self.refused("stays as it was"):
            opinion.write({"text": "Other"})
        with self.refused("stays as it was"):
            opinion.unlink()
        with self.refused("could not be read"):
            document.with_user(self.leader).action_approve("Yes", "data:image/png;base64,AAAA")
        with self.refused("could not be read"):
            document.with_user(self.leader).action_approve("Yes", self.drawing((4000, 10)))
        document.with_user(self.leader).action_approve(None, self.drawing())
        self.assertTrue(document.opinion_ids[-1].image)

    def test_voided(self):
        document = self.at("sign")
        with self.assertRaises(AccessError):
            document.with_user(self.checker).action_void("Mine")
        document.action_void("No longer needed")
        self.assertEqual((document.state, len(document.review_ids)), ("void", 0))
        self.assertEqual(document.opinion_ids[-1].kind, "void")
        with self.assertRaises(UserError):
            document.unlink()
        draft = self.document()
        draft.unlink()
        self.assertFalse(draft.exists())

    # -- deputies ------------------------------------------------------------------------------

    def test_replaced_the_deputy_alone_signs(self):
        before = self.at("sign")
        delegation = self.away(self.leader, self.deputy, scope="document")
        after = self.document(name="Another")
        after.action_submit()
        self.step(after)
        for document in (before, after):
            with self.refused("not your turn"):
                document.with_user(self.leader).action_approve()
            self.assertTrue(document.with_user(self.deputy).is_my_turn)
        before.with_user(self.deputy).action_approve("For the leader")
        opinion = before.opinion_ids[-1]
        self.assertEqual(
            (opinion.user_id, opinion.on_behalf_of_id), (self.deputy, self.leader)
        )
        self.assertEqual(before.signer_id, self.leader)
        delegation.with_user(self.leader).action_end()
        with self.assertRaises(AccessError):
            after.with_user(self.deputy).read(["name"])
        with self.assertRaises(UserError):
            after.with_user(self.deputy).action_approve()
        before.with_user(self.deputy).read(["name"])
        after.with_user(self.leader).action_approve()
        self.assertEqual(after.state, "review")

    def test_acting_in_the_name_leaves_it_to_both(self):
        self.away(self.leader, self.deputy, mode="act")
        document = self.at("sign")
        for user in (self.leader, self.deputy):
            self.assertTrue(document.with_user(user).is_my_turn)
        document.with_user(self.deputy).action_approve()
        self.assertEqual(document.state, "review")
        with self.assertRaises(UserError):
            document.with_user(self.leader).action_approve()

    def test_a_deputy_of_two_gives_an_opinion_for_each(self):
        self.away(self.first, self.deputy)
        self.away(self.second, self.deputy)
        document = self.at("check", countersigner_ids=[(6, 0, (self.first | self.second).ids)])
        self.step(document)
        document.with_user(self.deputy).action_approve("Agreed")
        self.assertEqual(document.state, "sign")
        self.assertEqual(
            document.opinion_ids.on_behalf_of_id, self.first | self.second
        )

    def test_another_scope_does_not_reach_documents(self):
        self.away(self.leader, self.deputy, scope="notice")
        document = self.at("sign")
        with self.assertRaises(AccessError):
            document.with_user(self.deputy).action_approve()

    def test_a_deputy_who_leaves_gives_it_back(self):
        document = self.at("sign")
        self.away(self.leader, self.deputy)
        self.deputy.active = False
        self.assertTrue(document.with_user(self.leader).is_my_turn)
        self.step(document)
        self.assertEqual(document.state, "review")

    # -- people who leave ----------------------------------------------------------------------

    def test_a_manager_frees_what_waits_for_somebody_who_has_left(self):
        document = self.at("sign")
        self.leader.active = False
        with self.refused("not your turn"):
            document.with_user(self.registrar).action_return("draft", "The leader has left")
        document.with_user(self.manager).action_return("draft", "The leader has left")
        self.assertEqual(document.state, "draft")

    def test_who_leaves_hands_over_what_waits(self):
        successor = self._user("successor", self.subdistrict)
        checking = self.document(checker_id=self.first.id)
        checking.action_submit()
        countersigning = self.document(countersigner_ids=[(6, 0, self.first.ids)])
        countersigning.action_submit()
        self.step(countersigning)
        own = self.env["yst.document"].with_user(successor).create(
            {"name": "Own", "body": "<p>One.</p>", "checker_id": self.first.id,
             "signer_id": self.leader.id}
        )
        own.action_submit()
        self.env["yst.circulation.handover"].with_user(self.first).create(
            {"user_id": self.first.id, "successor_id": successor.id}
        ).action_hand_over()
        self.assertEqual(checking.checker_id, successor)
        for document in (checking, countersigning):
            self.assertTrue(document.with_user(successor).is_my_turn)
            with self.refused("not your turn"):
                document.with_user(self.first).action_approve()
            document.with_user(successor).action_approve()
            self.assertEqual(document.state, "sign")
        self.assertEqual(own.checker_id, self.first)
        self.env["yst.circulation.handover"].with_user(self.leader).create(
            {"user_id": self.leader.id, "successor_id": successor.id}
        ).action_hand_over()
        self.assertEqual(checking.signer_id, self.leader)
        chief = self._user("chief", self.subdistrict, "yst_base.group_leader")
        self.env["yst.circulation.handover"].with_user(self.leader).create(
            {"user_id": self.leader.id, "successor_id": chief.id}
        ).action_hand_over()
        checking.with_user(chief).action_approve()
        self.assertEqual(checking.signer_id, chief)
