from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import CirculationCase


@tagged("post_install", "-at_install")
class TestSend(CirculationCase):
    """Sending, reading, urging, withdrawing and correcting."""

    def test_everybody_gets_one_node(self):
        group = self.env["yst.circulation.group"].with_user(self.sender).create(
            {"name": "Both", "user_ids": [Command.set((self.cadre | self.liaison).ids)]}
        )
        item = self.item(
            self.cadre,
            audience_ids=[
                Command.create({"kind": "user", "user_id": self.cadre.id}),
                Command.create({"kind": "group", "group_id": group.id}),
                Command.create({"kind": "area", "area_id": self.north.id, "reach": "cadres"}),
                Command.create({"kind": "area", "area_id": self.subdistrict.id, "reach": "below"}),
            ],
        )
        preview = item.action_preview()
        item.action_send()
        people = self.cadre | self.liaison | self.other
        self.assertEqual(item.node_ids.user_id, people)
        self.assertEqual(len(item.node_ids), 3, "the sender is not told what they know")
        self.assertEqual({one["id"] for one in preview["people"]}, set(people.ids))
        self.assertFalse(item.message_partner_ids - self.sender.partner_id)
        node = self.node(item, self.cadre)
        self.assertEqual((node.area_id, node.path, node.top_id.id, node.level),
                         (self.north, f"{node.id}/", node.id, 0))

    def test_statements_do_not_grow_with_the_people(self):
        def statements(count):
            users = self.env["res.users"].with_context(no_reset_password=True).create(
                [
                    {
                        "name": f"Cadre {count}-{n}",
                        "login": f"many-{count}-{n}",
                        "group_ids": [Command.set(self.env.ref("yst_base.group_cadre").ids)],
                    }
                    for n in range(count)
                ]
            )
            group = self.env["yst.circulation.group"].with_user(self.sender).create(
                {"name": str(count), "user_ids": [Command.set(users.ids)]}
            )
            item = self.item(
                audience_ids=[Command.create({"kind": "group", "group_id": group.id})]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            item.action_send()
            self.env.cr.precommit.run()
            self.env.flush_all()
            self.assertEqual(item.node_count, count)
            return self.env.cr.sql_log_count - before

        few, many = statements(3), statements(60)
        self.assertEqual(few, many)

    def test_reading_is_done_by_opening(self):
        item = self.sent(self.cadre, self.liaison)
        node = self.node(item, self.cadre)
        counts = node.get_counts()
        self.assertEqual((counts["todo"], counts["toread"]), (0, 1))
        node.action_open()
        self.assertEqual((node.state, node.open), ("handled", False))
        self.assertTrue(node.read_at)
        self.assertEqual(node.get_counts()["toread"], 0)
        item.invalidate_recordset()
        self.assertEqual((item.node_count, item.unread_count, item.done_count), (2, 1, 1))

    def test_confirming_is_more_than_reading(self):
        item = self.sent(self.cadre, wanted="confirm")
        node = self.node(item, self.cadre)
        node.action_open()
        self.assertEqual((node.state, node.open), ("read", True))
        with self.refused("Something else"):
            node.action_reply("Yes")
        node.action_confirm()
        self.assertEqual((node.state, node.open), ("handled", False))
        with self.refused("already"):
            node.action_confirm()

    def test_an_answer_is_sent_back_and_given_again(self):
        item = self.sent(self.cadre, wanted="reply")
        node = self.node(item, self.cadre)
        node.action_reply("Done")
        with self.assertRaises(AccessError):
            node.with_user(self.liaison).action_send_back("No")
        with self.assertRaises(UserError):
            node.with_user(self.sender).action_send_back(" ")
        node.with_user(self.sender).action_send_back("By whom?")
        self.assertEqual((node.state, node.open), ("returned", True))
        node.action_reply("By me")
        self.assertEqual((node.state, node.answer_text), ("handled", "By me"))

    def test_what_was_withdrawn_unread_is_gone(self):
        item = self.sent(self.cadre, self.liaison, wanted="confirm")
        seen, unseen = self.node(item, self.cadre), self.node(item, self.liaison)
        seen.action_open()
        with self.assertRaises(UserError):
            item.action_withdraw("")
        item.action_withdraw("Wrong date")
        self.assertEqual((seen.state, seen.open), ("read", False))
        self.assertEqual(unseen.sudo().state, "withdrawn")
        found = self.env["yst.circulation.item"].with_user(self.liaison).search([])
        self.assertNotIn(item.id, found.ids)
        self.assertEqual(item.with_user(self.cadre).end_reason, "Wrong date")
        for node in (seen, unseen):
            with self.assertRaises(UserError):
                node.action_confirm()

    def test_a_corrected_version_takes_the_place(self):
        item = self.sent(self.cadre, self.liaison)
        self.node(item, self.cadre).action_open()
        draft = self.env["yst.circulation.item"].with_user(self.sender).browse(
            item.action_supersede()["res_id"]
        )
        self.assertEqual(draft.state, "draft")
        draft.name = "Flood warning, corrected"
        draft.action_send()
        self.assertEqual((item.state, item.superseded_by_id), ("superseded", draft))
        self.assertFalse(any(item.sudo().node_ids.mapped("open")))
        self.assertEqual(draft.node_ids.user_id, self.cadre | self.liaison)

    def test_only_the_late_are_urged_and_not_twice_an_hour(self):
        item = self.sent(
            self.cadre, self.liaison, deadline=fields.Datetime.now() + timedelta(hours=1)
        )
        item.action_urge()
        self.assertFalse(any(item.sudo().node_ids.mapped("urged_count")))
        item.sudo().node_ids.write({"deadline": fields.Datetime.now() - timedelta(minutes=1)})
        self.node(item, self.cadre).action_open()
        for _twice in range(2):
            item.action_urge()
            self.assertEqual(self.node(item, self.liaison).urged_count, 1)
            self.assertEqual(self.node(item, self.cadre).urged_count, 0)
        with self.assertRaises(AccessError):
            item.with_user(self.liaison).action_urge()

    def test_what_cannot_be_sent_is_said(self):
        with self.refused("nobody"):
            self.item().action_send()
        with self.refused("future"):
            self.sent(self.cadre, deadline=fields.Datetime.now() - timedelta(hours=1))
        with self.refused("fields"):
            self.sent(self.cadre, wanted="table")
        empty = self.env["yst.circulation.group"].with_user(self.sender).create({"name": "Nobody"})
        item = self.item(
            self.cadre,
            audience_ids=[
                Command.create({"kind": "user", "user_id": self.cadre.id}),
                Command.create({"kind": "group", "group_id": empty.id}),
                Command.create({"kind": "area", "area_id": self.south.id}),
            ],
        )
        with self.refused("Nobody: nobody is in it"):
            item.action_send()
        self.assertEqual(item.state, "draft")
        item.action_send(accept_problems=True)
        self.assertEqual(item.node_ids.user_id, self.cadre)

    def test_who_has_left_is_named(self):
        item = self.item(self.cadre, self.liaison)
        self.cadre.active = False
        self.assertIn("has left", item.action_preview()["problems"][0])
        item.action_send(accept_problems=True)
        self.assertEqual(item.node_ids.user_id, self.liaison)

    def test_a_cadre_reaches_the_own_area_and_department_only(self):
        item = self.item(self.other, sender=self.cadre)
        with self.refused("Other"):
            item.action_send()
        self.item(self.liaison, sender=self.cadre).action_send()

    def test_what_was_sent_is_not_edited(self):
        item = self.sent(self.cadre)
        with self.refused("not edited"):
            item.name = "Another"
        with self.assertRaises(UserError):
            item.unlink()
        with self.assertRaises(UserError):
            item.write({"state": "draft"})

    def test_nobody_else_finds_it(self):
        item = self.sent(self.cadre)
        stranger = new_test_user(self.env, "stranger", groups="yst_base.group_cadre")
        items = self.env["yst.circulation.item"].with_user(stranger)
        self.assertFalse(items.search([("id", "=", item.id)]))
        self.assertFalse(items.name_search("Flood"))
        with self.assertRaises(AccessError):
            items.browse(item.id).read(["name"])
        with self.assertRaises(AccessError):
            item.node_ids.with_user(stranger).read(["state"])
        with self.assertRaises(AccessError):
            self.node(item, self.cadre).with_user(stranger).action_open()
        with self.assertRaises(AccessError):
            self.node(item, self.cadre).write({"state": "handled"})
