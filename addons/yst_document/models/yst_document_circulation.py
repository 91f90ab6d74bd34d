from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .yst_document_access import REGISTRAR

#: where a document may be sent to others; from ``issue`` on the way to being issued
SENT_IN = ("issue", "propose", "instruct", "handle", "answered", "issued")


class Document(models.Model):
    """Sending a document to people (核发、传阅), with the screens of circulation: whom it would
    reach is looked at before it goes."""

    _inherit = "yst.document"

    item_count = fields.Integer(
        "Times circulated", compute="_compute_item_count", help="Those that the reader may see."
    )

    @api.depends_context("uid")
    def _compute_item_count(self):
        counts = dict(
            self.env["yst.circulation.item"]._read_group(
                [("source_model", "=", self._name), ("source_id", "in", self.ids),
                 ("state", "!=", "draft")],
                ["source_id"],
                ["__count"],
            )
        )
        for document in self:
            document.item_count = counts.get(document.id, 0)

    def action_circulation(self):
        """Open the dialog in which one says whom it goes to; what was begun there is kept.

        :raise AccessError: the user may not issue or circulate it now
        """
        self.ensure_one()
        self.check_access("read")
        self._check_may_circulate()
        items = self.env["yst.circulation.item"]
        mine = [("source_model", "=", self._name), ("source_id", "=", self.id),
                ("sender_id", "=", self.env.uid), ("state", "=", "draft")]
        item = items.search(mine, limit=1)
        if not item:
            wanted = "confirm" if self.state == "issue" else "read"
            item = items.create({**self._circulation_values(), "wanted": wanted})
            item.sudo().write({"source_model": self._name, "source_id": self.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Issue") if self.state == "issue" else self.env._("Circulate"),
            "res_model": item._name,
            "res_id": item.id,
            "views": [(self.env.ref("yst_document.view_item_issue").id, "form")],
            "target": "new",
        }

    def action_items(self):
        """How it was circulated, and who has opened it."""
        self.ensure_one()
        domain = [("source_model", "=", self._name), ("source_id", "=", self.id),
                  ("state", "!=", "draft")]
        items = self.env["yst.circulation.item"].search(domain)
        one = {"view_mode": "form", "res_id": items.id} if len(items) == 1 else {}
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Circulation"),
            "res_model": items._name,
            "view_mode": "list,form",
            "domain": domain,
            "context": {"create": False},
            **one,
        }

    def action_orders(self):
        """The supervision orders that were made of its instructions."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Supervision orders"),
            "res_model": "yst.order",
            "view_mode": "list,form",
            "domain": [("id", "in", self.order_ids.ids)],
            "context": {"create": False},
        }

    def _check_may_circulate(self):
        """:raise AccessError: neither of the document desk, nor the handler or an instructor"""
        self.ensure_one()
        known = self.sudo()
        if known.state not in SENT_IN:
            raise UserError(self.env._("It cannot be sent to others in this step."))
        desk = self.env.su or self.env.user.has_group(REGISTRAR)
        working = known.handler_id & self._principals() or self.env.user in known.instructor_ids
        if not desk and (known.state == "issue" or not working):
            raise AccessError(
                self.env._("The document desk, the leaders or the handler circulate it.")
            )


class CirculationItem(models.Model):
    """An item that circulates a document."""

    _inherit = "yst.circulation.item"

    def action_send(self, accept_problems=False):
        """Sending a document that waits for it issues it (核发)."""
        for item in self.sudo():
            if item.source_model == "yst.document" and item.source_id and item.state == "draft":
                document = self.env["yst.document"].browse(item.source_id).exists()
                document.check_access("read")
                document._check_may_circulate()
                if document.sudo().state == "issue":
                    document.action_issue()
        return super().action_send(accept_problems)

    def _source_action(self):
        """A document is read at the desk: made for the phone too."""
        action = super()._source_action()
        if action and action["res_model"] == "yst.document":
            return {
                "type": "ir.actions.client",
                "tag": "yst_document.desk",
                "name": self.env._("Document"),
                "params": {"folder": "done", "document": action["res_id"]},
            }
        return action
