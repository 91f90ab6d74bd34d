from odoo import models
from odoo.fields import Domain


class ResUsers(models.Model):
    """Which circulated items and nodes a user sees."""

    _inherit = "res.users"

    def _circulation_addressed(self, path=""):
        """Domain of the nodes by which an item has reached the user: own ones, and those which
        they do for others. A node that was withdrawn unread reaches nobody.

        :param str path: many2one to ``yst.circulation.node`` with a dot at the end
        """
        self.ensure_one()
        mine = Domain.OR(
            Domain(f"{path}{name}", "=", self.id) for name in ("user_id", "handler_id", "deputy_id")
        )
        return mine & Domain(f"{path}state", "!=", "withdrawn")

    def _circulation_item_domain(self, path=""):
        """What the user sees of circulated items, for record rules: what they send, and what has
        reached them.

        :param str path: many2one to ``yst.circulation.item`` with a dot at the end, where it is
            another model's
        """
        own = Domain(f"{path}sender_id", "=", self.id)
        return own | Domain(f"{path}node_ids", "any!", self._circulation_addressed())

    def _circulation_node_domain(self):
        """What the user sees of nodes: those by which an item reached them, all of an item that
        they sent, and those of the people to whom they passed an item on."""
        self.ensure_one()
        return (
            self._circulation_addressed()
            | Domain("item_id.sender_id", "=", self.id)
            | Domain("passed_on_by_id", "=", self.id)
        )
