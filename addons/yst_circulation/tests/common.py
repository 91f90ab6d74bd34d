from contextlib import contextmanager

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import TransactionCase, new_test_user


class CirculationCase(TransactionCase):
    """A small office: a subdistrict with two communities, a liaison and cadres in each."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={"lang": "en_US", "tracking_disable": True})
        areas = cls.env["yst.area"]
        cls.subdistrict = areas.create(
            {"name": "Office", "code": "990000001000", "kind": "subdistrict"}
        )
        cls.north, cls.south = areas.create(
            [
                {"name": name, "code": code, "kind": "community", "parent_id": cls.subdistrict.id}
                for name, code in (("North", "990000001001"), ("South", "990000001002"))
            ]
        )
        cls.sender = cls._user(
            "sender", cls.subdistrict, "yst_circulation.group_circulation_sender"
        )
        cls.liaison = cls._user("liaison", cls.north)
        cls.cadre = cls._user("cadre", cls.north)
        cls.other = cls._user("other", cls.south)
        cls.north.liaison_ids = cls.liaison

    @classmethod
    def _user(cls, login, area, groups="yst_base.group_cadre"):
        user = new_test_user(cls.env, login, groups=groups, name=login.capitalize())
        user.jurisdiction_ids = area
        return user

    def item(self, *users, sender=None, **values):
        """A draft to these users."""
        return self.env["yst.circulation.item"].with_user(sender or self.sender).create(
            {
                "name": "Flood warning",
                "audience_ids": [
                    Command.create({"kind": "user", "user_id": user.id}) for user in users
                ],
                **values,
            }
        )

    def sent(self, *users, **values):
        """An item that these users have received."""
        item = self.item(*users, **values)
        item.action_send()
        return item

    def node(self, item, user):
        """The node of an item that is a user's, as the user."""
        node = item.sudo().node_ids.filtered(lambda node: node.user_id == user)
        self.assertEqual(len(node), 1)
        return node.with_user(user)

    @contextmanager
    def refused(self, words):
        """It is refused, in these words, and leaves nothing behind."""
        with self.assertRaises(UserError) as caught:
            yield
        self.assertIn(words, str(caught.exception))
