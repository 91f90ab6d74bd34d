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
        # a subquery: the check of a rule reads what its domain names as the server, and the
        # item's nodes would lie in the reader's cache
        nodes = self.env["yst.circulation.node"].sudo()._search(self._circulation_addressed())
        return own | Domain(path.rstrip(".") or "id", "in", nodes.subselect("item_id"))

    def _circulation_node_domain(self):
        """What the user sees of nodes: those by which an item reached them, all of an item that
        they sent, and those of the people to whom they passed an item on."""
        self.ensure_one()
        return (
            self._circulation_addressed()
            | Domain("item_id.sender_id", "=", self.id)
            | Domain("passed_on_by_id", "=", self.id)
        )

    def _circulated_domain(self, model):
        """Records of a model that were circulated to the user, for record rules.

        :param str model: one that inherits ``yst.circulation.mixin``
        """
        items = self.env["yst.circulation.item"].sudo()
        reached = items._search(
            Domain("source_model", "=", model)
            & Domain("node_ids", "any!", self._circulation_addressed())
        )
        return Domain("id", "in", reached.subselect("source_id"))

    def write(self, vals):
        """Whoever leaves is nobody's deputy any more."""
        result = super().write(vals)
        if vals.get("active") is False:
            self._leave_deputyships()
        return result

    def unlink(self):
        self._leave_deputyships()
        return super().unlink()

    def _leave_deputyships(self):
        """End the delegations of which these users are the deputies, and tell who is away."""
        delegations = self.env["yst.delegation"].sudo()
        held = delegations.search(
            [("deputy_id", "in", self.ids), ("state", "in", ("planned", "active"))]
        )
        for one in held:
            words = self.env._(
                "%(deputy)s has left and is not your deputy any more. What is open has come back "
                "to you: name another deputy.",
                deputy=one.deputy_id.name,
            )
            if one.state == "active":
                one._end(words)
            else:
                one._transition("cancelled", "planned", message=words)
            one.message_notify(
                partner_ids=one.user_id.partner_id.ids,
                subject=one.display_name,
                body=words,
            )
