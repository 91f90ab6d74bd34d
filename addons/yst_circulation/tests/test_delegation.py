from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import CirculationCase


@tagged("post_install", "-at_install")
class TestDelegation(CirculationCase):
    """Deputies: what they get, whose it is, and that it comes back."""

    def away(self, user=None, deputy=None, **values):
        now = fields.Datetime.now()
        user = user or self.cadre
        return self.env["yst.delegation"].with_user(user).create(
            {
                "user_id": user.id,
                "deputy_id": (deputy or self.liaison).id,
                "date_from": now,
                "date_to": now + timedelta(days=2),
                **values,
            }
        )

    def test_replaced_open_and_new_items_go_to_the_deputy_and_come_back(self):
        before = self.sent(self.cadre, wanted="confirm")
        done = self.sent(self.cadre)
        self.node(done, self.cadre).action_open()
        delegation = self.away()
        self.assertEqual(delegation.state, "active")
        after = self.sent(self.cadre, wanted="confirm")
        for item in (before, after):
            node = self.node(item, self.cadre)
            self.assertEqual((node.handler_id, node.user_id), (self.liaison, self.cadre))
            with self.assertRaises(AccessError):
                node.action_confirm()
        self.assertEqual(self.node(done, self.cadre).handler_id, self.cadre)
        self.node(before, self.cadre).with_user(self.liaison).action_confirm()
        self.assertEqual(self.node(before, self.cadre).acted_by_id, self.liaison)
        delegation.action_end()
        self.assertEqual(self.node(after, self.cadre).handler_id, self.cadre)
        self.assertEqual(self.node(before, self.cadre).handler_id, self.liaison)
        with self.assertRaises(AccessError):
            self.node(after, self.cadre).with_user(self.liaison).action_confirm()

    def test_acting_in_the_name_leaves_it_to_both(self):
        item = self.sent(self.cadre, wanted="confirm")
        self.away(mode="act")
        node = self.node(item, self.cadre)
        self.assertEqual((node.handler_id, node.deputy_id), (self.cadre, self.liaison))
        self.assertEqual(node.with_user(self.liaison).get_counts()["todo"], 1)
        node.with_user(self.liaison).action_confirm()
        self.assertEqual((node.state, node.acted_by_id), ("handled", self.liaison))
        with self.assertRaises(UserError):
            node.action_confirm()

    def test_only_what_it_is_for(self):
        self.away(scope="collaboration")
        notice = self.sent(self.cadre)
        other = self.sent(self.cadre, kind="collaboration")
        self.assertEqual(self.node(notice, self.cadre).handler_id, self.cadre)
        self.assertEqual(self.node(other, self.cadre).handler_id, self.liaison)

    def test_begins_and_ends_by_itself(self):
        now = fields.Datetime.now()
        delegation = self.away(date_from=now + timedelta(hours=1))
        item = self.sent(self.cadre)
        self.assertEqual(delegation.state, "planned")
        triggers = self.env["ir.cron.trigger"].search(
            [("cron_id", "=", self.env.ref("yst_circulation.cron_delegation").id)]
        )
        self.assertIn(delegation.date_from, triggers.mapped("call_at"))
        self.assertIn(delegation.date_to, triggers.mapped("call_at"))
        cron = self.env["yst.delegation"].sudo()
        for step, state, handler in (
            (timedelta(hours=2), "active", self.liaison),
            (timedelta(days=3), "ended", self.cadre),
        ):
            with self.subTest(state):
                moment = now + step
                self.patch(fields.Datetime, "now", lambda moment=moment: moment)
                cron._cron_switch()
                self.assertEqual(delegation.state, state)
                self.assertEqual(self.node(item, self.cadre).handler_id, handler)

    def test_a_deputy_who_leaves_gives_everything_back(self):
        item = self.sent(self.cadre)
        delegation = self.away()
        self.liaison.active = False
        self.assertEqual(delegation.state, "ended")
        self.assertEqual(self.node(item, self.cadre).handler_id, self.cadre)
        note = self.env["mail.message"].sudo().search(
            [("model", "=", "yst.delegation"), ("res_id", "=", delegation.id),
             ("partner_ids", "in", self.cadre.partner_id.ids)]
        )
        self.assertIn("has left", note.body)

    def test_a_deleted_deputy_gives_everything_back(self):
        extra = self._user("extra", self.north)
        item = self.sent(self.cadre)
        delegation = self.away(deputy=extra)
        self.assertEqual(self.node(item, self.cadre).handler_id, extra)
        extra.sudo().unlink()
        self.assertEqual((delegation.state, delegation.deputy_id.id), ("ended", False))
        self.assertEqual(self.node(item, self.cadre).handler_id, self.cadre)

    def test_what_cannot_be(self):
        now = fields.Datetime.now()
        for values in (
            {"deputy": self.cadre},
            {"date_to": now - timedelta(hours=1)},
            {"date_from": now - timedelta(days=3), "date_to": now - timedelta(days=2)},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.away(**values)
        self.away()
        with self.refused("already"):
            self.away(deputy=self.other)
        with self.refused("away at that time"):
            self.away(user=self.other, deputy=self.cadre)
        with self.refused("is the deputy of"):
            self.away(user=self.liaison, deputy=self.other)
        with self.assertRaises(AccessError):
            self.env["yst.delegation"].with_user(self.other).create(
                {"user_id": self.sender.id, "deputy_id": self.other.id,
                 "date_to": now + timedelta(days=1)}
            )
