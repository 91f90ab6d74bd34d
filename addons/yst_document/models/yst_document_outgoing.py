from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from .yst_document_access import MANAGER, REGISTRAR


class Document(models.Model):
    """The steps of outgoing documents (发文): 拟稿 核稿 会签 签发 复核 登记 印制 核发; the
    approvals among them are in ``yst_document_tier.py``."""

    _inherit = "yst.document"

    def action_submit(self):
        """Hand in the draft (送核): versions and reviews begin.

        :raise UserError: something is missing, or who should approve has left
        """
        for document in self:
            document._begin("draft")
            document._check_can_be_submitted()
            one = document.sudo()
            one._drop_reviews()
            one._transition("check", "draft", {"step_number": one.step_number + 1})
            one._save_version()
            one._make_reviews()._update_review_status()
            one._announce_turn()
        return True

    def _check_can_be_submitted(self):
        """:raise UserError: what is missing"""
        self.ensure_one()
        if self.direction != "outgoing":
            raise UserError(self.env._("An incoming document is registered, not submitted."))
        if self.drafter_id != self.env.user and not self.env.user.has_group(REGISTRAR):
            raise AccessError(self.env._("The drafter hands it in."))
        self._refuse_state_secret({"name": self.name, "body": self.body, "secrecy": self.secrecy})
        if not self.body_text and not self.attachment_ids:
            raise UserError(self.env._("The document has no text."))
        if self._is_upward() and not self.main_to:
            raise UserError(self.env._("Say to whom it goes: %s",
                                       self._fields["main_to"]._description_string(self.env)))

    def action_review_ok(self):
        """Reviewed (复核): form, attachments and procedure are right."""
        self._need_group(REGISTRAR)
        self._begin("review")
        documents = self.sudo()
        for document in documents:
            document._transition(
                "register", "review", {"step_number": document.step_number + 1}
            )
        documents._announce_turn()
        return True

    def action_register(self):
        """Register (登记): the number is allotted."""
        self._need_group(REGISTRAR)
        self._begin("register")
        for document in self.sudo():
            if not document.code_id:
                raise UserError(self.env._("Choose the issuing code first: %s", document.name))
            document._transition("print", "register", {"step_number": document.step_number + 1})
            document._allot_number()
        self.sudo()._announce_turn()
        return True

    def action_print(self):
        """Print (印制): the PDF is laid out and frozen."""
        self._need_group(REGISTRAR)
        self._begin("print")
        for document in self.sudo():
            document._make_pdf()
            document._transition("issue", "print", {"step_number": document.step_number + 1})
        self.sudo()._announce_turn()
        return True

    def action_issue(self, audience=None, **values):
        """Issue (核发): to whom it is sent by circulation.

        :param audience: list of values of ``yst.circulation.audience``; none: on paper alone
        :param values: of the item: wanted, deadline, …
        :raise UserError: as the sending of an item
        """
        self._need_group(REGISTRAR)
        self._begin("issue")
        for document in self:
            document.sudo()._transition(
                "issued",
                "issue",
                {
                    "issued_at": fields.Datetime.now(),
                    "step_number": document.sudo().step_number + 1,
                },
            )
            if audience:
                document.action_circulate(audience, **{"wanted": "confirm", **values})
        self.sudo()._announce_turn()
        return True

    def action_void(self, reason):
        """Void (作废). A number that was allotted stays on record as void.

        :raise UserError: no reason, or it is in the archive
        :raise AccessError: not the user's to void
        """
        reason = self._need_reason(reason)
        self._begin("draft", "check", "countersign", "sign", "review", "register", "print",
                    "issue", "issued", "preliminary", "propose", "instruct", "handle", "answered")
        desk = self.env.user.has_group(REGISTRAR)
        manager = self.env.user.has_group(MANAGER)
        for document in self.sudo():
            approving = document.state in ("draft", "check", "countersign", "sign")
            if document.state in ("issued", "answered"):
                allowed = manager
            else:
                allowed = desk or (approving and document.drafter_id == self.env.user)
            if not (allowed or self.env.su):
                raise AccessError(self.env._("This is not yours to void."))
            step = document.state
            told = document._turn_users()
            document._add_opinion(step, "void", reason)
            document._transition(
                "void", step, {"step_number": document.step_number + 1},
                message=self.env._("Voided: %s", reason),
            )
            if document.clock_start and not document.clock_stop:
                document._clock_stop()
            document._voided(reason)
            self.env["yst.circulation.bus"]._tell((told | document.participant_ids).ids)
        return True

    def _circulation_values(self):
        """What an item made of it takes over."""
        self.ensure_one()
        urgency = {"none": "ordinary"}.get(self.urgency, self.urgency)
        name = f"{self.number} {self.name}" if self.number else self.name
        return {"name": name, "kind": "document", "body": self.body, "urgency": urgency}
