from odoo.tests import tagged

from .common import DocumentCase


@tagged("post_install", "-at_install")
class TestQueries(DocumentCase):
    """What lists and steps cost does not grow with the number of documents."""

    SPECIFICATION = {
        "name": {},
        "state": {},
        "is_my_turn": {},
        "can_review": {},
        "validation_status": {},
        "reviewer_ids": {"fields": {"display_name": {}}},
        "review_ids": {"fields": {"status": {}, "person_id": {"fields": {"display_name": {}}}}},
        "opinion_ids": {"fields": {"text": {}}},
        "drafter_id": {"fields": {"display_name": {}}},
        "clock_state": {},
        "version_number": {},
    }

    def cost(self, call):
        """How many statements a call takes, with empty caches."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        call()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def signing(self, count):
        documents = self.env["yst.document"]
        for number in range(count):
            documents |= self.at(
                "sign", name=f"Document {number}", countersigner_ids=[(6, 0, self.first.ids)]
            )
        return documents

    def test_lists_cost_the_same_for_twenty_as_for_two(self):
        documents = self.signing(20)
        for user in (self.leader, self.registrar):
            mine = self.env["yst.document"].with_user(user)

            def read(few, mine=mine):
                found = mine.web_search_read([("id", "in", few.ids)], self.SPECIFICATION)
                self.assertEqual(found["length"], len(few))

            read(documents)
            read(documents[:2])
            with self.subTest(user.login):
                two = self.cost(lambda: read(documents[:2]))
                twenty = self.cost(lambda: read(documents))
                self.assertLessEqual(twenty, two)
                self.assertLess(twenty, 40)

    def test_the_search_for_ones_turn_and_the_counter_cost_the_same(self):
        mine = self.env["yst.document"].with_user(self.leader)
        users = self.env["res.users"].with_user(self.leader)

        def search(count):
            self.assertEqual(len(mine.search([("is_my_turn", "=", True)])), count)
            self.assertEqual(users.review_user_count()[0]["pending_count"], count)

        self.signing(2)
        search(2)
        two = self.cost(lambda: search(2))
        self.signing(18)
        search(20)
        self.assertLessEqual(self.cost(lambda: search(20)), two)

    def test_an_approval_costs_the_same_among_many(self):
        documents = self.signing(3)
        first = self.cost(lambda: documents[0].with_user(self.leader).action_approve("Yes"))
        self.signing(10)
        later = self.cost(lambda: documents[1].with_user(self.leader).action_approve("Yes"))
        self.assertLessEqual(later, first)
        self.assertLess(first, 150)
