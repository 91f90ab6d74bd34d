from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL


class CirculationNode(models.Model):
    """What people do with what they received: open, confirm, reply; and the sender's answer."""

    _inherit = "yst.circulation.node"

    def action_open(self):
        """Open (签收): the first time is kept. Where reading is all that is wanted, it is done.

        :raise UserError: the item was withdrawn before
        """
        nodes = self._lock_for_actor()
        for node in nodes.filtered(lambda node: node.state == "unread"):
            now = fields.Datetime.now()
            if node.wanted == "read":
                node._finish({"read_at": now})
            else:
                node.write({"state": "read", "read_at": now, **node._actor()})
        self._tell()
        return True

    def action_confirm(self):
        """Confirm (确认): I know of it and will act on it."""
        return self._answer("confirm", {})

    def action_reply(self, text):
        """Reply (回复) in words.

        :raise UserError: no words
        """
        text = (text or "").strip()
        if not text:
            raise UserError(self.env._("Write what you reply."))
        return self._answer("reply", {"answer_text": text})

    def action_send_back(self, reason):
        """Send an answer back (退回): it has to be given again. The item's sender does that, or
        who passed the item on.

        :raise UserError: no reason, or nothing has been answered
        """
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say what is wrong with the answer."))
        self.check_access("read")
        nodes = self._locked()
        for node in nodes:
            if self.env.user not in (node.item_id.sender_id | node.passed_on_by_id):
                raise AccessError(self.env._("Only who sent the item can send an answer back."))
            if node.state != "handled" or node.wanted == "read":
                raise UserError(self.env._("There is no answer that could be sent back."))
            node._check_in_force()
        nodes.write({"state": "returned", "open": True, "returned_reason": reason})
        self._tell()
        return True

    # -- helpers ---------------------------------------------------------------------------------

    def _answer(self, wanted, values):
        """Give the answer that is wanted; an answer that was given stays as it is."""
        nodes = self._lock_for_actor()
        for node in nodes:
            if node.wanted != wanted:
                raise UserError(self.env._("Something else is wanted here."))
            if not node.open:
                raise UserError(self.env._("This has been done already."))
            node._finish({"read_at": node.read_at or fields.Datetime.now(), **values})
        self._tell()
        return True

    def _finish(self, values):
        self.write(
            {
                "state": "handled",
                "open": False,
                "handled_at": fields.Datetime.now(),
                **self._actor(),
                **values,
            }
        )

    def _actor(self):
        """Who acted, where it is not the person whose node it is."""
        self.ensure_one()
        user = self.env.user
        return {"acted_by_id": user.id if user != self.user_id else False}

    def _lock_for_actor(self):
        """Lock the nodes for whoever has to act on them.

        :return: the nodes (sudo)
        :raise AccessError: they are somebody else's
        :raise UserError: the item was withdrawn, corrected or closed
        """
        nodes = self._locked()
        for node in nodes:
            if self.env.user not in (node.handler_id | node.deputy_id):
                raise AccessError(self.env._("This is somebody else's to do."))
            node._check_in_force()
        return nodes

    def _locked(self):
        """The rows, locked in the order of their ids (sudo). Of two who act at once, one wins;
        the other's request is run again by the server and finds what has become of it."""
        self.flush_recordset()
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM yst_circulation_node WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
                self.ids,
            )
        )
        if len(rows) < len(self):
            raise UserError(self.env._("It is not there any more. Reload the page."))
        self.invalidate_recordset()
        return self.sudo()

    def _check_in_force(self):
        """:raise UserError: nothing is wanted any more"""
        self.ensure_one()
        if self.state == "withdrawn" or self.item_id.state == "withdrawn":
            raise UserError(self.env._("The sender has withdrawn this."))

    def _tell(self):
        """The screens of those who have these nodes."""
        nodes = self.sudo()
        self.env["yst.circulation.bus"]._tell(
            (nodes.user_id | nodes.handler_id | nodes.deputy_id).ids
        )
