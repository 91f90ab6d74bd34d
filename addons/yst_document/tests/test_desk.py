from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import DocumentCase


@tagged("post_install", "-at_install")
class TestDesk(DocumentCase):
    """The desk: what waits for whom, what one reads there, and what the form offers."""

    def desk(self, user, folder, **options):
        return self.env["yst.document"].with_user(user).get_desk(folder, **options)

    def names(self, user, folder, **options):
        return [row["id"] for row in self.desk(user, folder, **options)["rows"]]

    def test_each_finds_what_waits_for_them_alone(self):
        document = self.at("sign")
        self.assertEqual(self.names(self.leader, "approve"), document.ids)
        self.assertEqual(self.desk(self.leader, "approve")["counts"]["approve"], 1)
        for user in (self.checker, self.drafter, self.stranger):
            self.assertEqual(self.names(user, "approve"), [])
        self.assertEqual(self.names(self.checker, "done"), document.ids)
        self.assertEqual(self.names(self.leader, "approve", search="flood"), document.ids)
        self.assertEqual(self.names(self.leader, "approve", search="nothing"), [])
        with self.assertRaises(UserError):
            self.desk(self.leader, "anything")

    def test_the_reading_shows_former_opinions_and_the_way(self):
        document = self.at("sign").with_user(self.leader)
        reading = document.get_reading()
        self.assertEqual([one["user"] for one in reading["opinions"]], ["Checker"])
        self.assertEqual(
            [one["code"] for one in reading["steps"] if one["place"] == "now"], ["sign"]
        )
        self.assertNotIn("countersign", [one["code"] for one in reading["steps"]])
        self.assertIn("approve", reading["may"])
        self.assertEqual(
            [code for code, _name in reading["return_states"]], ["draft", "check"]
        )

    def test_a_stranger_reads_nothing(self):
        document = self.at("sign").with_user(self.stranger)
        for method in (document.get_reading, document.get_step, document.action_circulation):
            with self.assertRaises(AccessError):
                method()

    def test_recipients_read_it_without_the_opinions(self):
        document = self.at("register")
        desk = document.with_user(self.registrar)
        desk.action_register()
        desk.action_print()
        desk.action_issue([{"kind": "user", "user_id": self.other.id}])
        reading = document.with_user(self.other).get_reading()
        self.assertEqual(reading["opinions"], [])
        self.assertEqual(reading["version_count"], 0)
        self.assertEqual(reading["may"], [])

    def test_sending_the_item_issues_the_document(self):
        document = self.at("register").with_user(self.registrar)
        document.action_register()
        document.action_print()
        with self.assertRaises(AccessError):
            document.with_user(self.drafter).action_circulation()
        action = document.action_circulation()
        self.assertEqual(document.action_circulation()["res_id"], action["res_id"], "kept")
        item = self.env["yst.circulation.item"].with_user(self.registrar).browse(action["res_id"])
        with self.assertRaises(UserError):
            item.action_send()
        document.invalidate_recordset()
        item.audience_ids = [(0, 0, {"kind": "user", "user_id": self.other.id})]
        item.action_send()
        self.assertEqual(document.state, "issued")
        self.assertEqual(document.item_count, 1)

    def test_the_form_offers_only_what_may_be_done_now(self):
        document = self.document()

        def may(user):
            known = document.with_user(user)
            known.invalidate_recordset()
            return set(known.may_actions.strip("|").split("|")) - {""}

        self.assertEqual(may(self.drafter), {"submit", "void"})
        document.with_user(self.drafter).action_submit()
        self.assertEqual(may(self.drafter), {"void"})
        self.assertEqual(may(self.checker), {"approve", "return"})
        self.step(document)
        self.assertEqual(may(self.checker), set())
        self.assertEqual(may(self.leader), {"approve", "return"})
        self.step(document)
        self.assertEqual(may(self.registrar), {"review_ok", "return", "void"})

    def test_a_returned_draft_says_why(self):
        document = self.at("check")
        document.with_user(self.checker).action_return("draft", "Too long")
        self.assertIn("Too long", document.with_user(self.drafter).returned_reason)
        document.with_user(self.drafter).action_submit()
        self.step(document)
        document.invalidate_recordset()
        self.assertFalse(document.with_user(self.drafter).returned_reason)

    def test_the_step_dialog_takes_the_step(self):
        document = self.incoming().with_user(self.registrar)
        document.action_register_incoming()
        document.action_preliminary_ok()
        steps = self.env["yst.document.step"].with_user(self.registrar)
        steps.create(
            {"step": "propose", "document_id": document.id, "text": "To the leader",
             "instructor_ids": [(6, 0, self.leader.ids)]}
        ).action_apply()
        self.assertEqual(document.state, "instruct")
        self.assertEqual(self.names(self.leader, "instruct"), document.ids)
        document.with_user(self.leader).action_instruct("Handle it")
        steps.create(
            {"step": "assign", "document_id": document.id, "handler_id": self.drafter.id}
        ).action_apply()
        self.assertEqual(document.handler_id, self.drafter)
        with self.assertRaises(UserError):
            steps.with_user(self.stranger).create(
                {"step": "void", "document_id": document.id, "text": "No"}
            ).action_apply()

    def test_the_desk_asks_as_much_for_many_as_for_one(self):
        def cost(user):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.desk(user, "approve")
            return self.env.cr.sql_log_count - before

        self.at("sign")
        cost(self.leader)
        one = cost(self.leader)
        for _number in range(9):
            self.at("sign")
        cost(self.leader)
        self.assertLessEqual(cost(self.leader), one)
