from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from odoo.addons.yst_base import identity, limits
from odoo.addons.yst_base.models.yst_state_mixin import state_field

NUMBER_CODE = "yst.video.footage.request"
APPROVER = "yst_video.group_footage_approver"
OPERATOR = "yst_video.group_video_operator"

STATES = [
    ("draft", "Draft"),
    ("submitted", "To approve"),
    ("approved", "Approved"),
    ("refused", "Refused"),
    ("handed_out", "Handed out"),
    ("returned", "Returned or destroyed"),
]
#: What is asked for is fixed when the request is submitted.
ENTERED = (
    "kind", "way", "unit", "applicant_name", "relation", "document_kind", "document_number",
    "letter_ref", "reason", "content", "camera_ids", "start", "stop",
)  # fmt: skip


def format_number(year, value):
    """The number of a request (调阅编号): DY, year, at least four digits.

    >>> format_number(2026, 7)
    'DY20260007'
    """
    return f"DY{year}{value:04d}"


class FootageRequest(models.Model):
    """Somebody asks to see, copy or be given recordings of public cameras (调阅申请).

    Regulation on public security video systems (公共安全视频图像信息系统管理条例): whoever looks
    up, copies or hands out is registered with reason, content, unit and name (16); the person
    concerned, relatives and guardians may look, with the consent of the office that runs the
    system, to protect life, health or property, and may not pass it on (21). The consent is the
    approval, given by somebody else than who registered the request.
    """

    _name = "yst.video.footage.request"
    _description = "Footage Request"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "yst.area.mixin",
        "yst.state.mixin",
        "yst.evidence.mixin",
    ]
    _order = "id desc"
    _rec_name = "number"
    _rec_names_search = ["number", "applicant_name", "unit"]

    number = fields.Char(readonly=True, copy=False)
    state = state_field(STATES)
    area_id = fields.Many2one(
        compute="_compute_area_id",
        store=True,
        readonly=True,
        help="The smallest area that all cameras lie in; decides who may see the request.",
    )
    kind = fields.Selection(
        [
            ("police", "Police and other authorities"),
            ("relative", "Person concerned, relative or guardian"),
            ("office", "This office"),
            ("other", "Other"),
        ],
        "Who asks",
        required=True,
        default="police",
    )
    way = fields.Selection(
        [("view", "To look at"), ("copy", "To be given a copy")],
        "What for",
        required=True,
        default="view",
    )
    unit = fields.Char(help="The applicant's unit.")
    applicant_name = fields.Char("Applicant", required=True)
    relation = fields.Char("Relation to the person concerned")
    document_kind = fields.Selection(
        [
            ("resident_id", "Identity card"),
            ("police", "Police officer's card"),
            ("other", "Other document"),
        ],
        "Document shown",
        required=True,
        default="police",
    )
    document_number = fields.Char(
        "Number of the document",
        compute="_compute_document_number",
        inverse="_inverse_document_number",
        help="Only the masked number is kept.",
    )
    document_masked = fields.Char(
        "Number of the document (masked)", readonly=True, copy=False
    )
    letter_ref = fields.Char("Letter no.", help="Of the letter by which the authority asks.")
    reason = fields.Text(required=True)
    content = fields.Text("What is asked for", required=True)
    camera_ids = fields.Many2many("yst.video.camera", string="Cameras", required=True)
    start = fields.Datetime("From", required=True)
    stop = fields.Datetime("To", required=True)
    registrar_id = fields.Many2one(
        "res.users",
        "Registered by",
        readonly=True,
        copy=False,
        default=lambda self: self.env.uid,
        ondelete="restrict",
    )
    submitted_at = fields.Datetime(readonly=True, copy=False)
    approver_id = fields.Many2one(
        "res.users", "Decided by", readonly=True, copy=False, ondelete="restrict"
    )
    decided_at = fields.Datetime(readonly=True, copy=False)
    decision_note = fields.Text("Decision in words", readonly=True, copy=False)
    file_ids = fields.Many2many(
        "yst.evidence", string="Files to hand out", readonly=True, copy=False
    )
    handed_at = fields.Datetime("Handed out at", readonly=True, copy=False)
    handed_by_id = fields.Many2one(
        "res.users", "Handed out by", readonly=True, copy=False, ondelete="restrict"
    )
    receiver_name = fields.Char("Received by", readonly=True, copy=False)
    receiver_unit = fields.Char("Unit of the receiver", readonly=True, copy=False)
    returned_at = fields.Datetime("Returned or destroyed at", readonly=True, copy=False)
    returned_how = fields.Selection(
        [("returned", "Returned"), ("destroyed", "Destroyed"), ("not_left", "Only looked at")],
        "How it ended",
        readonly=True,
        copy=False,
    )
    returned_note = fields.Char("Note on the end", readonly=True, copy=False)

    _number_uniq = models.UniqueIndex("(number) WHERE number IS NOT NULL")
    _order_of_time = models.Constraint("CHECK (start < stop)", "“From” lies before “To”.")

    # ------------------------------------------------------------------ computes
    @api.depends("camera_ids.area_id")
    def _compute_area_id(self):
        for request in self:
            paths = [
                [int(part) for part in camera.area_id.parent_path.strip("/").split("/")]
                for camera in request.camera_ids.sudo()
                if camera.area_id.parent_path
            ]
            common = False
            for level in zip(*paths, strict=False):
                if len(set(level)) > 1:
                    break
                common = level[0]
            request.area_id = common

    @api.depends("document_masked")
    def _compute_document_number(self):
        for request in self:
            request.document_number = request.document_masked

    def _inverse_document_number(self):
        for request in self:
            number = request.document_number
            if number == request.document_masked:
                continue
            if number and request.document_kind == "resident_id":
                try:
                    identity.check_resident_id(number)
                except identity.IdentityError:
                    raise ValidationError(
                        self.env._("This is no valid identity number. Please compare it again.")
                    )
            request.sudo().document_masked = identity.mask_id(number) if number else False

    @api.depends("number", "applicant_name")
    def _compute_display_name(self):
        for request in self:
            request.display_name = request.number or self.env._("New footage request")

    # ------------------------------------------------------------------ constraints
    @api.constrains("kind", "way", "unit", "relation", "letter_ref")
    def _check_kind(self):
        for request in self:
            if request.kind == "relative" and request.way != "view":
                raise ValidationError(
                    self.env._(
                        "Persons concerned, relatives and guardians may look at recordings with"
                        " the office's consent, but are given no copy (article 21)."
                    )
                )
            if request.kind == "relative" and not (request.relation or "").strip():
                raise ValidationError(
                    self.env._("Write how the applicant is related to the person concerned.")
                )
            if request.kind == "police" and not (request.unit or "").strip():
                raise ValidationError(self.env._("Write the unit that asks."))

    @api.constrains("camera_ids")
    def _check_cameras(self):
        """Recordings are asked for of cameras that the registrar may see."""
        self.sudo().camera_ids.with_env(self.env).check_access("read")

    # ------------------------------------------------------------------ CRUD
    @api.model_create_multi
    def create(self, vals_list):
        """Register requests; who registers is taken from the session.

        :raise UserError: values that only the actions write
        """
        for vals in vals_list:
            self._refuse_readonly(vals)
        requests = super().create([{**vals, "registrar_id": self.env.uid} for vals in vals_list])
        requests.invalidate_recordset(["document_number"])  # the whole number is forgotten
        return requests

    def write(self, vals):
        """Write what is asked for, while it is a draft.

        :raise UserError: it has been submitted
        """
        if not self._state_unlocked():
            self._refuse_readonly(vals)
            if vals.keys() & set(ENTERED):
                self._must(OPERATOR)
                if any(each.state != "draft" for each in self):
                    raise UserError(
                        self.env._(
                            "What was asked for is not changed any more once it is submitted."
                        )
                    )
        result = super().write(vals)
        self.invalidate_recordset(["document_number"])
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_draft_only(self):
        if any(request.state != "draft" for request in self):
            raise UserError(self.env._("A request with a number stays in the register."))

    def _refuse_readonly(self, vals):
        if self.env.su or self._state_unlocked():
            return
        names = {
            name for name in vals
            if name in self._fields
            and self._fields[name].readonly
            and self._fields[name].store
            and name != self._state_field
        }
        if names:
            raise UserError(self.env._("This is written by the actions of the form, not edited."))

    # ------------------------------------------------------------------ actions
    def action_submit(self):
        """Draft → to approve: the request gets its number and can no longer be changed."""
        self._must(OPERATOR)
        for request in self:
            if not request.document_masked and request.kind != "office":
                raise UserError(self.env._("Note the number of the document that was shown."))
            if request.kind == "police" and not request.letter_ref:
                raise UserError(self.env._("Note the number of the letter that asks for it."))
        self._transition("submitted", "draft", {"submitted_at": fields.Datetime.now()})
        for request in self.filtered(lambda each: not each.number):
            year = limits.to_local(request.submitted_at).year
            value = self.env["yst.number"].sudo()._next(NUMBER_CODE, year)
            request._with_state_unlocked().write({"number": format_number(year, value)})
        self._notify_approvers()
        return True

    def action_withdraw(self):
        """To approve → draft, by who registered it."""
        self._must(OPERATOR)
        if any(request.registrar_id != self.env.user for request in self):
            raise AccessError(self.env._("Only who registered a request takes it back."))
        self._transition("draft", "submitted", {"submitted_at": False})
        self.sudo().activity_unlink(["mail.mail_activity_data_todo"])
        return True

    def action_approve(self, note=None):
        """To approve → approved: the office's consent, by somebody else than the registrar."""
        return self._decide("approved", note)

    def action_refuse(self, note):
        """To approve → refused, with the reason.

        :raise UserError: no reason is given
        """
        if not (note or "").strip():
            raise UserError(self.env._("Say why it is refused."))
        return self._decide("refused", note)

    def action_hand_out(self, receiver_name, receiver_unit=None):
        """Approved → handed out: to whom, by whom, which files with which SHA-256.

        :raise UserError: no receiver, or a copy without files, or a file was changed
        """
        self._must(OPERATOR)
        if not (receiver_name or "").strip():
            raise UserError(self.env._("Write who receives it."))
        for request in self:
            files = request.sudo().file_ids
            if request.way == "copy" and not files:
                raise UserError(self.env._("Add the files that are handed out first."))
            if files._verify():
                raise UserError(
                    self.env._("A file no longer has the SHA-256 that was written down.")
                )
        return self._transition(
            "handed_out",
            "approved",
            {
                "handed_at": fields.Datetime.now(),
                "handed_by_id": self.env.uid,
                "receiver_name": receiver_name.strip(),
                "receiver_unit": (receiver_unit or "").strip() or False,
            },
        )

    def action_return(self, how, note=None):
        """Handed out → returned, destroyed, or only looked at: the request is over.

        :raise UserError: no such end
        """
        self._must(OPERATOR)
        if how not in dict(self._fields["returned_how"].selection):
            raise UserError(self.env._("Say how it ended: returned, destroyed or only looked at."))
        if how == "not_left" and any(request.way == "copy" for request in self):
            raise UserError(self.env._("A copy was given: it is returned or destroyed."))
        return self._transition(
            "returned",
            "handed_out",
            {
                "returned_at": fields.Datetime.now(),
                "returned_how": how,
                "returned_note": (note or "").strip() or False,
            },
        )

    def action_print(self):
        """The register sheet as PDF (调阅登记表)."""
        return self.env.ref("yst_video.report_footage_register").report_action(self)

    # ------------------------------------------------------------------ helpers
    def _decide(self, state, note):
        self._must(APPROVER)
        if any(request.registrar_id == self.env.user for request in self):
            raise AccessError(
                self.env._("A request is decided by somebody else than who registered it.")
            )
        self._transition(
            state,
            "submitted",
            {
                "approver_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
                "decision_note": (note or "").strip() or False,
            },
        )
        self.sudo().activity_unlink(["mail.mail_activity_data_todo"])
        return True

    def _must(self, group):
        self.check_access("write")
        if not self.env.user.has_group(group):
            raise AccessError(self.env._("You may not take this step."))

    def _notify_approvers(self):
        """A to-do for every approver whose jurisdiction holds the request, but the registrar."""
        approvers = self.env.ref(APPROVER).sudo().all_user_ids.filtered("active")
        for request in self:
            for user in approvers - request.registrar_id:
                if request.sudo().area_id.id in user._jurisdiction_area_ids():
                    request.sudo().activity_schedule(
                        "mail.mail_activity_data_todo",
                        summary=self.env._("Footage request to decide"),
                        user_id=user.id,
                    )

    # evidence leaves only through the route that writes down who looked
    def _evidence_readable(self):
        return self.browse()

    @api.model
    def _evidence_readable_query(self):
        return None
