from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import CirculationCase


@tagged("post_install", "-at_install")
class TestHandover(CirculationCase):
    """Who leaves a post hands over what is open, and nothing of what is done."""

    def hand_over(self, user, leaver, successor):
        wizard = self.env["yst.circulation.handover"].with_user(user).create(
            {"user_id": leaver.id, "successor_id": successor.id}
        )
        return wizard.action_hand_over()

    def test_all_open_items_go_to_the_successor(self):
        items = [self.sent(self.cadre, wanted="confirm") for _one in range(3)]
        done = self.sent(self.cadre)
        self.node(done, self.cadre).action_open()
        self.hand_over(self.cadre, self.cadre, self.liaison)
        for item in items:
            node = self.node(item, self.cadre)
            self.assertEqual((node.handler_id, node.handed_from_id), (self.liaison, self.cadre))
            node.with_user(self.liaison).action_confirm()
        self.assertEqual(self.node(done, self.cadre).handler_id, self.cadre)

    def test_others_only_by_a_manager_and_to_somebody_who_is_there(self):
        item = self.sent(self.cadre)
        with self.assertRaises(AccessError):
            self.hand_over(self.other, self.cadre, self.other)
        with self.assertRaises(UserError):
            self.hand_over(self.cadre, self.cadre, self.cadre)
        portal = self._user("portal", self.north, "base.group_portal")
        with self.assertRaises(UserError):
            self.hand_over(self.cadre, self.cadre, portal)
        self.assertEqual(self.node(item, self.cadre).handler_id, self.cadre)
        manager = self._user(
            "manager", self.subdistrict, "yst_circulation.group_circulation_manager"
        )
        self.cadre.active = False
        self.hand_over(manager, self.cadre, self.other)
        self.assertEqual(self.node(item, self.cadre).handler_id, self.other)
