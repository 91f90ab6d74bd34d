from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import CirculationCase


@tagged("post_install", "-at_install")
class TestInbox(CirculationCase):
    """The four folders, and what the reading screen shows."""

    def names(self, folder, user=None, **kwargs):
        nodes = self.env["yst.circulation.node"].with_user(user or self.cadre)
        return [row["name"] for row in nodes.get_inbox(folder, **kwargs)["rows"]]

    def test_each_folder_holds_its_own_with_the_late_first(self):
        now = fields.Datetime.now()
        self.sent(self.cadre, name="no deadline", wanted="confirm")
        self.sent(self.cadre, name="later", wanted="reply", deadline=now + timedelta(days=2))
        late = self.sent(self.cadre, name="late", wanted="reply",
                         deadline=now + timedelta(days=1))
        late.sudo().node_ids.deadline = now - timedelta(minutes=5)
        self.sent(self.cadre, name="notice")
        self.assertEqual(self.names("todo"), ["late", "later", "no deadline"])
        self.assertEqual(self.names("toread"), ["notice"])
        self.node(late, self.cadre).action_reply("Yes")
        self.assertEqual(self.names("todo"), ["later", "no deadline"])
        self.assertEqual(self.names("done"), ["late"])
        counts = self.env["yst.circulation.node"].with_user(self.cadre).get_counts()
        self.assertEqual(counts, {"todo": 2, "toread": 1, "late": 0})
        with self.assertRaises(UserError):
            self.names("nowhere")

    def test_pages_and_words(self):
        for number in range(5):
            self.sent(self.cadre, name=f"Notice {number} 100%")
        nodes = self.env["yst.circulation.node"].with_user(self.cadre)
        first = nodes.get_inbox("toread", limit=2)
        self.assertTrue(first["more"])
        last = nodes.get_inbox("toread", limit=2, offset=4)
        self.assertFalse(last["more"])
        self.assertEqual([row["name"] for row in last["rows"]], ["Notice 0 100%"])
        self.assertEqual(self.names("toread", search="Notice 3"), ["Notice 3 100%"])
        self.assertEqual(len(self.names("toread", search="100%")), 5)
        self.assertFalse(self.names("toread", search="1_0"), "a sign is itself, no wildcard")

    def test_nobody_gets_anothers(self):
        self.sent(self.cadre, wanted="confirm")
        for folder in ("todo", "toread", "done", "read"):
            self.assertFalse(self.names(folder, self.other))

    def test_a_page_is_the_same_number_of_statements_whatever_lies_in_it(self):
        nodes = self.env["yst.circulation.node"].with_user(self.cadre)
        counts = []
        for number in (1, 12):
            for _one in range(number):
                self.sent(self.cadre)
            self.env.flush_all()
            nodes.get_inbox("toread")
            before = self.env.cr.sql_log_count
            nodes.get_inbox("toread")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
        self.assertLessEqual(counts[0], 2)

    def test_reading_writes_the_first_look_down(self):
        item = self.sent(self.cadre, body="<p>Bring boats</p>")
        node = self.node(item, self.cadre)
        shown = node.get_reading()
        self.assertEqual((shown["name"], shown["state"], shown["open"]),
                         ("Flood warning", "handled", False))
        self.assertIn("Bring boats", shown["body"])
        with self.assertRaises(AccessError):
            node.with_user(self.other).get_reading()
        # the sender looks at a node without reading in its person's name
        other = self.sent(self.liaison)
        self.node(other, self.liaison).with_user(self.sender).get_reading()
        self.assertEqual(self.node(other, self.liaison).state, "unread")
