from odoo import api, models
from odoo.exceptions import UserError

from .yst_document import INCOMING, OUTGOING
from .yst_document_access import MANAGER, REGISTRAR
from .yst_document_tier import STEPS

#: up to here an outgoing document has no number
BEFORE_NUMBER = ["check", "countersign", "sign", "review", "register"]
RETURN_FROM = BEFORE_NUMBER + ["preliminary", "propose", "instruct", "handle", "answered"]


class Document(models.Model):
    """Returning (退回) to any earlier step, with the reason."""

    _inherit = "yst.document"

    def get_return_targets(self):
        """The earlier steps to which the user may return it, as list of (state, label)."""
        self.ensure_one()
        self.check_access("read")
        if not self._may_return():
            return []
        label = dict(self._fields["state"]._description_selection(self.env))
        return [(state, label[state]) for state in self.sudo()._earlier_states()]

    def action_return(self, to_state, reason):
        """Return (退回) to an earlier step.

        :param to_state: one of ``get_return_targets``
        :raise UserError: no reason, not an earlier step, not the user's turn, or it has a number
        """
        self.ensure_one()
        reason = self._need_reason(reason)
        self._begin(*RETURN_FROM)
        document = self.sudo()
        if not self._may_return():
            self._refuse_turn()
        if to_state not in document._earlier_states():
            raise UserError(self.env._("It can be returned to an earlier step only."))
        whose = self._my_reviews().person_id[:1] if document.state in STEPS else None
        document._add_opinion(document.state, "return", reason, whose=whose)
        if to_state in STEPS or (to_state == "draft" and document.direction == "outgoing"):
            document._drop_reviews("check" if to_state == "draft" else to_state)
        document._go(to_state, document.state, reason)
        return True

    def _earlier_states(self):
        self.ensure_one()
        order = OUTGOING if self.direction == "outgoing" else INCOMING
        earlier = order[: order.index(self.state)] if self.state in order else []
        if not self.countersigner_ids:
            earlier = [one for one in earlier if one != "countersign"]
        if not self.instructor_ids:
            earlier = [one for one in earlier if one != "instruct"]
        return earlier

    def _may_return(self):
        self.ensure_one()
        document = self.sudo()
        if document.state not in RETURN_FROM or document.number:
            return False
        if document.state in STEPS:
            # a manager frees what waits for somebody who has left
            return bool(self._my_reviews()) or self.env.user.has_group(MANAGER)
        if self.env.su or self.env.user.has_group(REGISTRAR):
            return True
        return self.is_my_turn

    def _go(self, to_state, allowed_from, reason):
        """Bring it back (sudo) to an earlier step and make what that step needs."""
        self.ensure_one()
        label = dict(self._fields["state"]._description_selection(self.env))
        before = self.state
        values = {"step_number": self.step_number + 1, **self._returned_values(to_state)}
        self._transition(
            to_state,
            allowed_from,
            values,
            message=self.env._(
                "Returned, %(before)s → %(after)s: %(reason)s",
                before=label[before], after=label[to_state], reason=reason,
            ),
        )
        if to_state in STEPS:
            made = self._make_reviews(STEPS[STEPS.index(to_state):])
            made._update_review_status()
        self._announce_turn()

    def _returned_values(self, to_state):
        """What is written along with a return."""
        if self.direction == "outgoing":
            return {"signed_at": False} if to_state in ("draft", *STEPS) else {}
        return self._incoming_returned_values(to_state)

    @api.model
    def _need_reason(self, reason):
        """:raise UserError: there is none"""
        reason = (reason or "").strip() if isinstance(reason, str) else ""
        if not reason:
            raise UserError(self.env._("Say why."))
        return reason
