from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import DocumentCase


@tagged("post_install", "-at_install")
class TestIncoming(DocumentCase):
    """An incoming document from its receipt to its answer."""

    def at_handling(self, **values):
        document = self.incoming(**values)
        document.action_register_incoming()
        document.action_preliminary_ok()
        document.action_propose("To the leader", self.leader.ids)
        document.with_user(self.leader).action_instruct("See to it")
        return document

    def test_whole_way(self):
        document = self.incoming()
        document.action_register_incoming()
        self.assertEqual(document.state, "preliminary")
        self.assertTrue(document.register_number)
        document.action_preliminary_ok()
        self.assertEqual(document.state, "propose")
        with self.assertRaises(AccessError):
            document.with_user(self.leader).read(["name"])
        document.action_propose("To the leader", self.leader.ids)
        self.assertEqual(document.state, "instruct")
        self.assertTrue(document.with_user(self.leader).is_my_turn)
        document.with_user(self.leader).action_instruct("See to it", self.drawing())
        self.assertEqual(document.state, "handle")
        document.action_assign(self.drafter, note="Please")
        self.assertTrue(document.with_user(self.drafter).is_my_turn)
        self.assertEqual(document.handler_id, self.drafter)
        item = document.with_user(self.drafter).action_circulate(
            [{"kind": "user", "user_id": self.checker.id}], wanted="read"
        )
        self.assertEqual(item.kind, "document")
        self.assertEqual(document.with_user(self.checker).name, "Request of the county")
        document.with_user(self.drafter).action_answer("Done")
        self.assertEqual(document.state, "answered")
        self.assertTrue(document.clock_stop)
        self.assertEqual(
            [one.kind for one in document.opinion_ids], ["propose", "instruct", "answer"]
        )

    def test_the_clock_follows_the_urgency(self):
        # Monday 2026-03-02, 9 o'clock in Shanghai
        with freeze_time("2026-03-02 01:00:00"):
            dues = {}
            for urgency in ("extra", "urgent", "none"):
                document = self.incoming(urgency=urgency)
                document.action_register_incoming()
                dues[urgency] = document.clock_deadline
        self.assertEqual(
            dues,
            {
                "extra": datetime(2026, 3, 2, 15, 59, 59),
                "urgent": datetime(2026, 3, 5, 15, 59, 59),
                "none": datetime(2026, 3, 16, 15, 59, 59),
            },
        )

    def test_another_urgency_after_the_registration_moves_the_deadline(self):
        with freeze_time("2026-03-02 01:00:00"):
            document = self.incoming()
            document.action_register_incoming()
            document.write({"urgency": "urgent"})
            self.assertEqual(document.clock_deadline, datetime(2026, 3, 5, 15, 59, 59))

    def test_register_numbers_run_without_gap_by_the_year(self):
        numbers = []
        for moment in ("2031-12-31 15:59:00", "2031-12-31 16:01:00", "2032-01-05 01:00:00"):
            with freeze_time(moment):
                document = self.incoming()
                document.action_register_incoming()
                numbers.append(document.register_number)
        self.assertEqual(numbers, ["收文〔2031〕1号", "收文〔2032〕1号", "收文〔2032〕2号"])

    def test_registered_again_after_a_return_keeps_number_and_clock(self):
        document = self.incoming()
        document.action_register_incoming()
        number, due = document.register_number, document.clock_deadline
        document.action_return("draft", "A page is missing")
        document.action_register_incoming()
        self.assertEqual((document.register_number, document.clock_deadline), (number, due))

    def test_bad_input(self):
        with self.assertRaises(AccessError):
            self.env["yst.document"].with_user(self.drafter).create(
                {"direction": "incoming", "name": "One"}
            )
        with self.refused("where it comes from"):
            self.incoming(source_unit=False).action_register_incoming()
        with self.refused("future"):
            self.incoming(
                received_at=fields.Datetime.now() + timedelta(days=1)
            ).action_register_incoming()
        with self.refused("registered, not submitted"):
            self.incoming().action_submit()
        with self.refused("submitted, not received"):
            self.document().with_user(self.registrar).action_register_incoming()
        document = self.incoming()
        document.action_register_incoming()
        document.action_preliminary_ok()
        with self.refused("Write an opinion"):
            document.action_propose(" ")
        with self.refused("Not a leader"):
            document.action_propose("Yes", self.drafter.ids)
        self.leader.active = False
        with self.refused("left"):
            document.action_propose("Yes", self.leader.ids)

    def test_refused_at_the_preliminary_check(self):
        document = self.incoming()
        document.action_register_incoming()
        with self.refused("Say why"):
            document.action_refuse_incoming("")
        document.action_refuse_incoming("Not ours")
        self.assertEqual(document.state, "void")
        self.assertTrue(document.clock_stop)

    def test_several_leaders_instruct_in_parallel(self):
        other = self._user("leader2", self.subdistrict, "yst_base.group_leader")
        document = self.incoming()
        document.action_register_incoming()
        document.action_preliminary_ok()
        document.action_propose("To both", (self.leader | other).ids)
        document.with_user(other).action_instruct("Yes")
        self.assertEqual(document.state, "instruct")
        self.assertFalse(document.with_user(other).is_my_turn)
        with self.refused("not your turn"):
            document.with_user(other).action_instruct("Again")
        with self.assertRaises(AccessError):
            document.with_user(self.drafter).action_instruct("Me too")
        document.with_user(self.leader).action_instruct("No objection")
        self.assertEqual(document.state, "handle")

    def test_without_a_leader_it_goes_to_the_handling(self):
        document = self.incoming()
        document.action_register_incoming()
        document.action_preliminary_ok()
        document.action_propose("To be handled by the desk")
        self.assertEqual(document.state, "handle")
        self.assertTrue(document.is_my_turn)

    def test_deputy_instructs_in_the_name_of_the_leader(self):
        document = self.incoming()
        document.action_register_incoming()
        document.action_preliminary_ok()
        document.action_propose("To the leader", self.leader.ids)
        self.env["yst.delegation"].with_user(self.leader).create(
            {"deputy_id": self.deputy.id, "date_to": fields.Datetime.now() + timedelta(days=1)}
        )
        with self.refused("not your turn"):
            document.with_user(self.leader).action_instruct("Me")
        document.with_user(self.deputy).action_instruct("See to it")
        opinion = document.opinion_ids[-1]
        self.assertEqual(
            (opinion.user_id, opinion.on_behalf_of_id), (self.deputy, self.leader)
        )

    def test_an_instruction_becomes_a_supervision_order(self):
        document = self.incoming()
        document.action_register_incoming()
        document.action_preliminary_ok()
        document.action_propose("To the leader", self.leader.ids)
        due = fields.Datetime.now().replace(microsecond=0) + timedelta(hours=30)
        document.with_user(self.leader).action_instruct(
            "Clear the drains", supervise={"area": self.north.id, "deadline": due}
        )
        order = self.env["yst.order"].search(
            [("source_model", "=", "yst.document"), ("source_id", "=", document.id)]
        )
        self.assertEqual(
            (order.kind, order.state, order.area_id, order.description),
            ("supervision", "dispatched", self.north, "Clear the drains"),
        )
        self.assertLess(abs(order.clock_deadline - due), timedelta(hours=1))
        self.assertEqual(document.order_count, 1)
        with self.refused("passed"):
            document.with_user(self.leader).action_supervise(
                self.north, deadline=datetime(2020, 1, 1), text="Late"
            )
        with self.assertRaises(AccessError):
            document.with_user(self.drafter).action_supervise(self.north, text="Me")
        with self.assertRaises(AccessError):
            document.action_supervise(self.north, level="red", text="Desk")
        red = document.with_user(self.leader).action_supervise(
            self.south, level="red", text="At once"
        )
        self.assertEqual(red.sudo().supervision_level, "red")

    def test_urging_reaches_who_has_it_once_an_hour(self):
        document = self.at_handling()
        document.action_assign(self.drafter)
        self.assertEqual(document.action_urge(), 1)
        self.assertEqual(document.action_urge(), 0)
        told = self.env["mail.notification"].search(
            [("res_partner_id", "=", self.drafter.partner_id.id)]
        ).mail_message_id.filtered(lambda one: one.model == "yst.document")
        self.assertIn("handle it soon", told.sorted("id")[-1].body)
        with self.assertRaises(AccessError):
            document.with_user(self.drafter).action_urge()

    def test_returns_to_each_earlier_step(self):
        for target in ("draft", "preliminary", "propose", "instruct"):
            with self.subTest(target):
                document = self.at_handling()
                document.action_assign(self.drafter)
                document.with_user(self.drafter).action_return(target, "Not ours")
                self.assertEqual(document.state, target)
                if target == "instruct":
                    self.assertEqual(document.waiting_instructor_ids, self.leader)
        document = self.at_handling()
        document.action_answer("Done")
        due = document.clock_deadline
        document.action_return("handle", "The answer is wrong")
        self.assertFalse(document.clock_stop)
        self.assertEqual(document.clock_deadline, due)
        with self.assertRaises(UserError):
            document.action_return("answered", "Forward")

    def test_answered_with_an_outgoing_document(self):
        document = self.at_handling()
        reply = self.document(name="Reply")
        with self.refused("not your turn"):
            document.with_user(self.leader).action_answer(document=reply.id)
        with self.refused("outgoing"):
            document.action_answer(document=self.incoming().id)
        document.action_answer(document=reply.id)
        self.assertEqual(document.answer_document_id, reply)
