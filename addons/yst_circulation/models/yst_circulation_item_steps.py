from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from .yst_circulation_item import COUNTS

#: Nobody is urged about one thing more often.
URGE_EVERY = timedelta(hours=1)


class CirculationItem(models.Model):
    """After the sending: urging, withdrawing, correcting, closing; each one statement."""

    _inherit = "yst.circulation.item"

    def action_urge(self, late_only=True):
        """Urge (催办) everybody who is late, or all who have it still to do. Nobody is urged
        about one item more than once an hour.

        :return: a notification that says how many were urged
        :raise UserError: the item is not out
        """
        self._check_sender()
        if any(item.state != "sent" for item in self):
            raise UserError(self.env._("Only what is out can be urged."))
        now = fields.Datetime.now()
        late_only = late_only and not self.env.context.get("everybody")
        late = SQL("AND deadline < %s", now) if late_only else SQL()
        self.env["yst.circulation.node"].flush_model()
        rows = self.env.execute_query(
            SQL(
                "UPDATE yst_circulation_node SET urged_at = %(now)s, urged_count = urged_count + 1"
                " WHERE item_id = ANY(%(items)s) AND open %(late)s"
                " AND (urged_at IS NULL OR urged_at < %(before)s)"
                " RETURNING item_id, handler_id, deputy_id",
                now=now,
                items=self.ids,
                late=late,
                before=now - URGE_EVERY,
            )
        )
        self._nodes_changed(rows)
        for item in self:
            count = sum(row[0] == item.id for row in rows)
            if count:
                item._message_log(body=self.env._("%s people were urged.", count))
        if rows:
            message = self.env._("%s people were urged.", len(rows))
        else:
            message = self.env._("Nobody was urged: all were within the last hour.")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success" if rows else "info", "message": message},
        }

    def action_withdraw(self, reason):
        """Withdraw (撤回): who has not opened it never sees it again; who has, is shown that.

        :raise UserError: no reason, or the item is not out
        """
        self._check_sender()
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why it is withdrawn."))
        self._transition(
            "withdrawn",
            "sent",
            {"end_reason": reason},
            message=self.env._("Withdrawn: %s", reason),
        )
        self._end_nodes(SQL("CASE WHEN state = 'unread' THEN 'withdrawn' ELSE state END"))
        return True

    def action_close(self):
        """Close (办结): what is still open is not waited for any more."""
        self._check_sender()
        self._transition("closed", "sent")
        self._end_nodes(SQL("state"))
        return True

    def action_supersede(self):
        """Start a corrected version (替换): a draft with the same content and audience. When it
        is sent, it takes this one's place.

        :return: the action that opens the draft
        """
        self.ensure_one()
        self._check_sender()
        if self.state != "sent":
            raise UserError(self.env._("Only what is out can be corrected."))
        draft = self.search([("supersedes_id", "=", self.id), ("state", "=", "draft")], limit=1)
        if not draft:
            draft = self.copy({"name": self.name})
            draft.sudo().supersedes_id = self
            for file in self.attachment_ids:
                draft.sudo().attachment_ids += file.sudo().copy(
                    {"res_model": draft._name, "res_id": draft.id}
                )
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": draft.id,
            "views": [(False, "form")],
        }

    def _supersede_former(self):
        """What this one corrects is no longer in force."""
        for item in self.filtered("supersedes_id"):
            former = item.supersedes_id.sudo()
            former._transition(
                "superseded",
                "sent",
                {"superseded_by_id": item.id},
                message=self.env._("Corrected by “%s”.", item.name),
            )
            former._end_nodes(SQL("CASE WHEN state = 'unread' THEN 'withdrawn' ELSE state END"))

    # -- helpers ---------------------------------------------------------------------------------

    def _check_sender(self):
        """:raise AccessError: only who sent an item urges, withdraws, corrects and closes it"""
        self.check_access("read")
        if not self.env.su and any(item.sender_id != self.env.user for item in self):
            raise AccessError(self.env._("Only the sender can do that."))

    def _end_nodes(self, state):
        """Nothing of the items is open any more; their nodes get a state (SQL)."""
        self.flush_recordset()
        self.env["yst.circulation.node"].flush_model()
        rows = self.env.execute_query(
            SQL(
                "UPDATE yst_circulation_node SET open = FALSE, state = %s"
                " WHERE item_id = ANY(%s) AND open RETURNING item_id, handler_id, deputy_id",
                state,
                self.ids,
            )
        )
        self._nodes_changed(rows)

    def _nodes_changed(self, rows):
        """Forget what is cached of nodes, and tell who has them.

        :param rows: tuples of item, handler and deputy
        """
        self.env["yst.circulation.node"].invalidate_model()
        self.invalidate_recordset(["node_ids", *COUNTS])
        self.env["yst.circulation.bus"]._tell(
            {one for _item, *users in rows for one in users if one}
        )
