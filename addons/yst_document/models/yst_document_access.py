from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.yst_base.models.yst_clock_mixin import CLOCK_FIELDS

REGISTRAR = "yst_document.group_document_registrar"
MANAGER = "yst_document.group_document_manager"
LEADER = "yst_base.group_leader"
#: what the document says (内容); a version keeps it
CONTENT = {
    "name", "body", "kind", "urgency", "secrecy", "main_to", "copy_to", "attachment_ids",
    "layout", "code_id",
}
#: who approves
PEOPLE = {"checker_id", "countersigner_ids", "signer_id"}
#: what is entered when it is received
RECEIPT = {"source_unit", "source_number", "received_at", "seal_intact"}
GUARDED = CONTENT | PEOPLE | RECEIPT | {"direction", "department_id", "handler_id", "retention"}
#: what the document desk may still put right after the signing: nothing of what was signed
FORMAL = {"layout", "code_id", "copy_to", "retention"}


class Document(models.Model):
    """Who may write what, when; and who takes part (参与人)."""

    _inherit = "yst.document"

    step_number = fields.Integer(
        "Steps taken", readonly=True, copy=False,
        help="Grows with every step, also where the state stays: so of two people at the same "
        "second the second finds the row changed.",
    )
    is_my_turn = fields.Boolean("My turn", compute="_compute_is_my_turn",
                                search="_search_is_my_turn")

    # -- CRUD ----------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """:raise UserError: values that only the steps write
        :raise AccessError: incoming documents are entered by the document desk"""
        if not self.env.su:
            for vals in vals_list:
                own = vals.get("drafter_id") in (None, self.env.uid)
                if not own or self._readonly_names(vals) - {"drafter_id"}:
                    self._refuse_readonly()
        documents = super().create(vals_list)
        if any(document.direction == "incoming" for document in documents):
            documents._need_group(REGISTRAR)
        return documents

    def write(self, vals):
        """:raise UserError: the document is not edited in this state, or not by this user"""
        if not self.env.su and not self._state_unlocked():
            if self._readonly_names(vals):
                self._refuse_readonly()
            names = GUARDED & vals.keys()
            if names and self:
                self.check_access("write")
                self._check_editable(names)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_own_drafts(self):
        for document in self:
            own = document.drafter_id == self.env.user or self.env.user.has_group(REGISTRAR)
            if document.state != "draft" or document.step_number or not (own or self.env.su):
                raise UserError(
                    self.env._("Only a draft that nobody has received yet is deleted by its "
                               "drafter. Void the document instead.")
                )

    def copy_data(self, default=None):
        """A copy is drafted by whoever makes it."""
        return [
            {**vals, "drafter_id": self.env.uid} for vals in super().copy_data(default=default)
        ]

    @api.model
    def _readonly_names(self, vals):
        """Of these values the names that only the steps write."""
        return {
            name
            for name in vals
            if (field := self._fields.get(name))
            and field.readonly
            and field.store
            and name not in CLOCK_FIELDS
            and name != self._state_field
        }

    def _refuse_readonly(self):
        raise UserError(self.env._("This is written by the steps of the form, not by editing it."))

    def _check_editable(self, names):
        """:raise UserError: these fields are not edited in this state, or not by this user"""
        states = self._lock_state()
        desk = self.env.user.has_group(REGISTRAR)
        for document in self:
            state = states.get(document.id)
            if names <= document._editable(state, desk):
                continue
            if state in ("check", "countersign", "sign"):
                raise UserError(
                    self.env._("“%s” is being approved: only who checks it edits it, when it is "
                               "their turn. It can be returned.", document.name)
                )
            raise UserError(
                self.env._("“%s” is not edited any more in this state, or not by you.",
                           document.name)
            )

    def _editable(self, state, desk):
        """The guarded fields that the user may edit now.

        :param desk: whether they are of the document desk
        """
        self.ensure_one()
        if state == "draft":
            return GUARDED if desk or self.drafter_id == self.env.user else set()
        if state == "check" and self._my_reviews():
            return CONTENT | PEOPLE
        if self.direction == "incoming" and state in ("preliminary", "propose") and desk:
            return CONTENT | RECEIPT | {"retention"}
        if state in ("review", "register") and desk:
            return FORMAL
        if state not in ("archived", "void") and desk:
            return {"retention"}
        return set()

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        """The record of how a document came about is for those who work on it, not for those to
        whom it was circulated."""
        found = super()._mail_get_operation_for_mail_message_operation(message_operation)
        return dict.fromkeys(found, "write") if message_operation == "read" else found

    def _tier_validation_check_write_allowed(self, vals):
        """Who may edit while it is being approved is checked above, and by no switch in a
        context."""

    # -- whose turn ----------------------------------------------------------------------------

    @api.depends_context("uid")
    @api.depends("state", "review_ids.status", "review_ids.reviewer_ids", "handler_id",
                 "waiting_instructor_ids")
    def _compute_is_my_turn(self):
        mine = self.sudo().search(fields.Domain("id", "in", self.ids) & self._my_turn_domain())
        for document in self:
            document.is_my_turn = document.id in mine._ids

    def _search_is_my_turn(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = self._my_turn_domain()
        if set(value) == {True}:
            return domain
        return ~domain if set(value) == {False} else fields.Domain.TRUE

    @api.model
    def _my_turn_domain(self):
        """Where the user has to do something now, for themselves or as a deputy."""
        people = self._principals().ids
        approvals = fields.Domain("state", "in", ("check", "countersign", "sign")) & fields.Domain(
            "id", "in", self._my_reviews_query()
        )
        domain = (
            approvals
            | fields.Domain([("state", "=", "draft"), ("drafter_id", "=", self.env.uid)])
            | fields.Domain([("state", "=", "instruct"), ("waiting_instructor_ids", "in", people)])
            | fields.Domain([("state", "=", "handle"), ("handler_id", "in", people)])
        )
        if self.env.user.has_group(REGISTRAR):
            domain |= fields.Domain(
                "state", "in",
                ("review", "register", "print", "issue", "preliminary", "propose"),
            )
            domain |= fields.Domain([("state", "=", "handle"), ("handler_id", "=", False)])
        return domain

    @api.model
    def _principals(self):
        """Those for whom the user acts now: themselves, unless somebody replaces them, and whose
        deputy they are."""
        active = self.env["yst.delegation"].sudo().search(
            [
                ("state", "=", "active"),
                ("scope", "in", ("all", "document")),
                "|", ("deputy_id", "=", self.env.uid), ("user_id", "=", self.env.uid),
            ]
        )
        people = active.filtered(lambda one: one.deputy_id == self.env.user).user_id
        replaced = active.filtered(
            lambda one: one.user_id == self.env.user and one.mode == "replace" and one.deputy_id
        )
        return people if replaced else people | self.env.user

    @api.model
    def _with_deputies(self, users):
        """These users together with their deputies."""
        deputies = self.env["yst.delegation"].sudo()._deputies(users, "document")
        return users | users.browse(deputy for _mode, deputy in deputies.values())

    def _need_group(self, group):
        """:raise AccessError: the user is not in the group"""
        if not self.env.su and not self.env.user.has_group(group):
            raise AccessError(
                self.env._("This step is taken by: %s", self.env.ref(group).sudo().display_name)
            )

    def _lock_state(self):
        return super()._lock_state() if self else {}

    def _begin(self, *states):
        """Lock the documents for a step.

        :raise UserError: one is not in one of these states
        """
        self.check_access("read")
        found = self._lock_state()
        label = dict(self._fields["state"]._description_selection(self.env))
        for document in self:
            if found.get(document.id) not in states:
                raise UserError(
                    self.env._(
                        "“%(name)s” is now “%(state)s”: this step is not possible (any more). "
                        "Reload the page to see what has happened.",
                        name=document.sudo().name,
                        state=label.get(found.get(document.id), ""),
                    )
                )

    def _touch(self):
        """Count a step that leaves the state as it is (sudo)."""
        for document in self:
            document.step_number += 1

    # -- who takes part ------------------------------------------------------------------------

    def _add_participants(self, users):
        """Let these users and their deputies read the documents and work on them."""
        users = self._with_deputies(users)
        for document in self.sudo():
            document.participant_ids |= users

    def _drop_deputy(self, deputy):
        """An absence is over (sudo): who was only a deputy and did nothing sees it no more."""
        for document in self:
            own = (
                document.drafter_id | document.opinion_ids.user_id | document.instructor_ids
                | document.handler_id | document.review_ids.done_by
                | document.review_ids.filtered(lambda one: one.status == "pending").reviewer_ids
            )
            if deputy not in own:
                document.participant_ids -= deputy

    def _turn_users(self):
        """Who has to act now, deputies included; of the document desk all."""
        self.ensure_one()
        document = self.sudo()
        if document.state in ("check", "countersign", "sign"):
            return document.review_ids.filtered(lambda one: one.status == "pending").reviewer_ids
        if document.state == "instruct":
            return document._with_deputies(document.waiting_instructor_ids)
        if document.state == "handle" and document.handler_id:
            return document._with_deputies(document.handler_id)
        if document.state == "draft":
            return document.drafter_id
        if document.state in ("issued", "answered", "archived", "void"):
            return document.handler_id.browse()
        return self.env.ref(REGISTRAR).sudo().all_user_ids

    def _turn_persons(self):
        """Whose turn it is by their post, also where another stands in for them (sudo)."""
        self.ensure_one()
        pending = self.review_ids.filtered(lambda one: one.status == "pending")
        return pending.person_id | self.waiting_instructor_ids | self.handler_id

    def _announce_turn(self):
        """Let in whoever has to act now, and tell them."""
        desk = self.env.ref(REGISTRAR).sudo().all_user_ids
        told = set()
        for document in self.sudo():
            users = document._turn_users()
            told.update(users.ids)
            told.update(document.participant_ids.ids)
            people = users - self.env.user
            if users == desk:
                continue
            document._add_participants(users | document._turn_persons())
            if people:
                label = dict(document._fields["state"]._description_selection(self.env))
                document.message_notify(
                    partner_ids=people.partner_id.ids,
                    subject=document.name,
                    body=self.env._("It is your turn: %s", label[document.state]),
                )
        self.env["yst.circulation.bus"]._tell(told)
