from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import CirculationCase


@tagged("post_install", "-at_install")
class TestPassOn(CirculationCase):
    """Passing on to one's own people, and the sender's tree."""

    def test_a_liaison_passes_it_on_and_the_sender_sees_the_tree(self):
        second = self._user("second", self.north)
        item = self.sent(self.liaison, self.other, wanted="confirm")
        node = self.node(item, self.liaison)
        people = {one["name"]: one["has"] for one in node.get_pass_on_people()}
        self.assertEqual(people, {"Cadre": False, "Second": False})
        self.assertEqual(node.action_pass_on([self.cadre.id, second.id], "By noon"), 2)
        self.assertEqual(node.action_pass_on([self.cadre.id]), 0, "nobody gets it twice")
        below = self.node(item, self.cadre)
        self.assertEqual((below.parent_id, below.top_id, below.level, below.pass_on_note),
                         (node, node, 1, "By noon"))
        below.action_confirm()
        top = item.get_matrix()
        self.assertEqual(top["total"], 2)
        row = next(row for row in top["rows"] if row["user"] == "Liaison")
        self.assertEqual(row["below"], {"count": 2, "unread": 1, "done": 1, "late": 0})
        self.assertEqual(row["state"], "read")
        rows = item.get_matrix(node.id)["rows"]
        self.assertEqual({row["user"]: row["state"] for row in rows},
                         {"Cadre": "handled", "Second": "unread"})
        self.assertEqual(len(item.get_matrix(node.id, "unread")["rows"]), 1)
        self.assertEqual(item.with_user(self.liaison).get_matrix(node.id)["rows"], rows)
        self.assertEqual(item.node_count, 2, "those it was sent to by the sender")

    def test_others_cannot_look_or_pass_on(self):
        item = self.sent(self.liaison, self.cadre)
        node = self.node(item, self.liaison)
        with self.assertRaises(AccessError):
            item.with_user(self.cadre).get_matrix()
        with self.assertRaises(AccessError):
            item.with_user(self.cadre).get_matrix(node.id)
        with self.assertRaises(AccessError):
            self.node(item, self.cadre).action_pass_on([self.liaison.id])
        with self.assertRaises(UserError):
            node.action_pass_on([self.other.id])
        with self.assertRaises(UserError):
            node.action_pass_on([])
        another = self.sent(self.liaison)
        with self.assertRaises(AccessError):
            another.get_matrix(node.id)

    def test_the_tree_is_one_statement(self):
        group = self.env["yst.circulation.group"].with_user(self.sender).create(
            {
                "name": "Many",
                "user_ids": [
                    Command.link(self._user(f"person{n}", self.north).id) for n in range(12)
                ],
            }
        )
        few = self.sent(self.liaison)
        many = self.sent(audience_ids=[Command.create({"kind": "group", "group_id": group.id})])
        counts = []
        for item in (few, many):
            item.get_matrix()
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            item.get_matrix()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
