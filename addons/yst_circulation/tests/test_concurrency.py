from contextlib import contextmanager

from psycopg2.errors import SerializationFailure

from odoo import Command, api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, new_test_user, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestConcurrency(BaseCase):
    """The sender withdraws while a recipient opens, in two connections as two servers have them:
    one wins, the other is told. What they need is committed first and put away at the end."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        with self._env() as env:
            users = [
                new_test_user(env, f"at-once-{name}-{env.cr.now().timestamp()}", group)
                for name, group in (
                    ("sender", "yst_circulation.group_circulation_sender"),
                    ("reader", "yst_base.group_cadre"),
                )
            ]
            self.sender_id, self.reader_id = (user.id for user in users)
            item = env["yst.circulation.item"].with_user(self.sender_id).create({
                "name": "At once", "wanted": "confirm",
                "audience_ids": [Command.create({"kind": "user", "user_id": self.reader_id})],
            })
            item.action_send()
            self.item_id, self.node_id = item.id, item.sudo().node_ids.id
        self.addCleanup(self._clean)

    def _clean(self):
        with self._env() as env:
            for table, column in (("yst_circulation_node", "item_id"),
                                  ("yst_circulation_audience", "item_id"),
                                  ("yst_circulation_item", "id")):
                env.cr.execute(f"DELETE FROM {table} WHERE {column} = %s", [self.item_id])
            env["res.users"].browse([self.sender_id, self.reader_id]).active = False

    @contextmanager
    def _env(self, uid=api.SUPERUSER_ID):
        with self.registry.cursor() as cr:
            yield api.Environment(cr, uid, {})

    def withdraw(self, env):
        env["yst.circulation.item"].browse(self.item_id).action_withdraw("Wrong")

    def open(self, env):
        env["yst.circulation.node"].browse(self.node_id).get_reading()

    @mute_logger("odoo.sql_db")
    def at_once(self, first, second):
        """The second's snapshot is older than what the first commits: it fails and the server
        runs it again, as it does with every request."""
        with self._env(second[0]) as late:
            late.cr.execute("SELECT 1")
            with self._env(first[0]) as env:
                first[1](env)
            with self.assertRaises(SerializationFailure):
                second[1](late)
            late.cr.rollback()
        with self._env(second[0]) as again:
            second[1](again)

    def test_withdrawn_first_the_reader_is_told(self):
        with self.assertRaises(UserError) as told:
            self.at_once((self.sender_id, self.withdraw), (self.reader_id, self.open))
        self.assertIn("withdrawn", str(told.exception))
        with self._env() as env:
            node = env["yst.circulation.node"].browse(self.node_id)
            self.assertEqual((node.state, node.open, node.read_at), ("withdrawn", False, False))

    def test_read_first_it_stays_and_shows_the_withdrawal(self):
        self.at_once((self.reader_id, self.open), (self.sender_id, self.withdraw))
        with self._env(self.reader_id) as env:
            reading = env["yst.circulation.node"].browse(self.node_id).get_reading()
            self.assertEqual(
                (reading["state"], reading["open"], reading["item_state"], reading["end_reason"]),
                ("read", False, "withdrawn", "Wrong"),
            )
