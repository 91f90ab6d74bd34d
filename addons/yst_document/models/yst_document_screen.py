from odoo import api, fields, models

from .yst_document import INCOMING, OUTGOING, STATES
from .yst_document_access import GUARDED, LEADER, MANAGER, REGISTRAR
from .yst_document_seal import KEEPER
from .yst_document_tier import STEPS

#: the steps of incoming documents, as they are called there
INCOMING_STATES = [
    ("draft", "Receipt"),  # 签收
    *[(code, name) for code, name in STATES if code in INCOMING and code != "draft"],
    ("void", "Void"),
]
#: of each state the steps which the document desk takes from there
DESK_STEPS = {
    "review": ["review_ok"],
    "register": ["register"],
    "print": ["print"],
    "issue": ["issue"],
    "issued": ["circulate", "archive"],
    "preliminary": ["preliminary_ok", "refuse_incoming"],
    "propose": ["propose"],
    "instruct": ["circulate"],
    "handle": ["assign", "circulate"],
    "answered": ["circulate", "archive"],
}


class Document(models.Model):
    """What the screens show of a document besides its own fields."""

    _inherit = "yst.document"

    incoming_state = fields.Selection(
        INCOMING_STATES, "Step", compute="_compute_incoming_state",
        help="The state, by the names of incoming documents.",
    )
    state_name = fields.Char("Step (name)", compute="_compute_incoming_state")
    may_actions = fields.Char(
        compute="_compute_may_actions",
        help="The steps that the reader may take now, as |submit|return|.",
    )
    may_edit = fields.Char(
        compute="_compute_may_edit",
        help="The fields that the reader may edit now, as |name|body|.",
    )

    returned_reason = fields.Char(
        compute="_compute_returned_reason", help="Why it was returned, until it goes on again."
    )

    @api.depends("step_number")
    @api.depends_context("uid")
    def _compute_returned_reason(self):
        opinions = self._origin._readable_opinions()
        for document in self:
            found = opinions.get(document._origin)
            document.returned_reason = document._desk_returned(found) if found else False

    @api.depends("state", "direction")
    @api.depends_context("lang")
    def _compute_incoming_state(self):
        names, names_in = (
            dict(self._fields[name]._description_selection(self.env))
            for name in ("state", "incoming_state")
        )
        for document in self:
            comes_in = document.direction == "incoming" and document.state in names_in
            document.incoming_state = document.state if comes_in else False
            document.state_name = (names_in if comes_in else names).get(document.state, "")

    @api.depends("state", "direction", "step_number", "handler_id", "seal_id")
    @api.depends_context("uid")
    def _compute_may_actions(self):
        for document in self:
            actions = document._screen_actions() if document._origin else []
            document.may_actions = f"|{'|'.join(actions)}|"

    @api.depends("state", "direction", "step_number")
    @api.depends_context("uid")
    def _compute_may_edit(self):
        desk = self.env.user.has_group(REGISTRAR)
        for document in self:
            new = not document._origin
            names = GUARDED if new else document._origin._editable(document.state, desk)
            document.may_edit = f"|{'|'.join(sorted(names))}|"

    def _screen_actions(self):
        """Names of the steps that the user may take now; the steps themselves check again."""
        self.ensure_one()
        document, user = self._origin, self.env.user
        known = document.sudo()
        state = known.state
        desk = user.has_group(REGISTRAR)
        actions = list(DESK_STEPS.get(state, [])) if desk else []
        if state == "draft" and known.direction == "outgoing":
            actions += ["submit"] if desk or known.drafter_id == user else []
        elif state == "draft" and desk:
            actions.append("register_incoming")
        elif state in STEPS and document._my_reviews():
            actions.append("approve")
        elif state == "instruct" and document.is_my_turn:
            actions.append("instruct")
        if state == "print" and not known.seal_id and user.has_group(KEEPER):
            actions.append("seal")
        actions += document._screen_handling_actions(desk)
        if state != "draft" and document._may_return() and known._earlier_states():
            actions.append("return")
        return actions + (["void"] if document._screen_may_void(desk) else [])

    def _screen_handling_actions(self, desk):
        """Steps of those who handle an incoming document and of the leaders who instruct."""
        known, user = self.sudo(), self.env.user
        leads = user in known.instructor_ids
        handles = bool(known.handler_id & self._principals())
        actions = []
        if not desk and (leads or handles) and known.state in ("instruct", "handle", "answered"):
            actions.append("circulate")
        if known.state == "handle":
            actions += ["assign"] if not desk and (leads or handles) else []
            actions += ["answer"] if desk or handles else []
        if known.state in ("instruct", "handle", "answered"):
            leader = user.has_group(LEADER) and known.instructor_ids & self._principals()
            actions += ["supervise"] if desk or leader else []
        if desk and known.state in (*STEPS, "instruct", "handle"):
            actions.append("urge")
        return actions

    def _screen_may_void(self, desk):
        state = self.sudo().state
        if state in ("archived", "void"):
            return False
        if state in ("issued", "answered"):
            return self.env.user.has_group(MANAGER)
        own = self.sudo().drafter_id == self.env.user
        return desk or (own and state in ("draft", *STEPS))

    def _screen_path(self):
        """The steps of its path: list of dict of code, name, place (past, now or ahead)."""
        self.ensure_one()
        incoming = self.direction == "incoming"
        path = list(INCOMING if incoming else OUTGOING)
        if not incoming and not self.sudo().countersigner_ids and self.state != "countersign":
            path.remove("countersign")
        names = dict(
            self._fields["incoming_state" if incoming else "state"]._description_selection(
                self.env
            )
        )
        at = path.index(self.state) if self.state in path else len(path)
        return [
            {
                "code": code,
                "name": names[code],
                "place": "now" if number == at else "past" if number < at else "ahead",
            }
            for number, code in enumerate(path)
        ]
