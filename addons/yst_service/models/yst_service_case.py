from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

#: What staff may set while they write an application down at the window or on the phone.
DRAFT_FIELDS = {
    "item_id", "applicant_id", "on_behalf", "principal_id", "principal_relation",
    "consent_text", "channel", "area_id", "user_id", "note",
}
#: What staff may change in an application that has been handed in; all else moves by actions.
OPEN_FIELDS = {"user_id"}
#: Written by the mail and activity features on the user's behalf.
THREAD_FIELDS = {"activity_ids", "message_follower_ids", "message_ids", "rating_ids"}


class ServiceCase(models.Model):
    """An application for a service item (办件).

    The state moves only by the named actions (``action_submit``, ``action_accept``, …); each
    leaves one line in the chatter and one ``yst.service.case.event``. The clock
    (``yst.clock.mixin``) first runs the five working days within which the resident must be
    told, then, from acceptance, the promised limit of the item's version.

    What the resident does is in ``yst_service_case_resident.py``, the clerk's review in
    ``yst_service_case_review.py``, deadlines in ``yst_service_case_deadline.py``, messages in
    ``yst_service_case_notice.py``, the resident's one line in ``yst_service_case_now.py``.
    """

    _name = "yst.service.case"
    _description = "Application"
    _inherit = [
        "portal.mixin",
        "rating.mixin",
        "mail.thread",
        "mail.activity.mixin",
        "yst.area.mixin",
        "yst.state.mixin",
        "yst.clock.mixin",
        "yst.evidence.mixin",
    ]
    _rec_name = "number"
    _order = "clock_deadline, id"
    _mail_post_access = "read"

    number = fields.Char(readonly=True, copy=False, help="Allotted when handed in.")
    item_id = fields.Many2one("yst.service.item", required=True, ondelete="restrict", index=True)
    version_id = fields.Many2one(
        "yst.service.item.version",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        help="The version of the guide under which the application was begun.",
    )
    category_id = fields.Many2one(
        related="item_id.category_id", store=True, index=True, string="Category"
    )
    online = fields.Selection(related="version_id.online", string="Online depth")
    applicant_id = fields.Many2one(
        "res.partner",
        required=True,
        ondelete="restrict",
        index=True,
        help="The person who acts.",
    )
    on_behalf = fields.Boolean("For another person")
    principal_id = fields.Many2one(
        "res.partner",
        ondelete="restrict",
        index=True,
        string="For",
        help="The person whose matter it is.",
    )
    principal_name = fields.Char("Name of that person")
    principal_relation = fields.Char("Relation to that person")
    consent_text = fields.Text(help="What the person represented has agreed to.")
    consent_at = fields.Datetime(compute="_compute_consent_at", store=True)
    consent_evidence_id = fields.Many2one(
        "yst.evidence", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    channel = fields.Selection(
        [
            ("portal", "In the portal"),
            ("window", "Service window"),
            ("home", "At home"),
            ("phone", "Phone"),
        ],
        required=True,
        default="window",
    )
    user_id = fields.Many2one("res.users", string="Clerk", index="btree_not_null", copy=False)
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("submitted", "Submitted"),
            ("correction", "Correction asked"),
            ("resubmitted", "Corrected"),
            ("accepted", "Accepted"),
            ("refused", "Not accepted"),
            ("reviewing", "Under review"),
            ("appointed", "Appointment made"),
            ("onsite", "Handled on site"),
            ("completed", "Completed"),
            ("terminated", "Terminated"),
        ],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        group_expand="_group_expand_state",
    )
    submitted_at = fields.Datetime(readonly=True, copy=False)
    accepted_at = fields.Datetime(readonly=True, copy=False)
    completed_at = fields.Datetime(readonly=True, copy=False)
    terminated_at = fields.Datetime(readonly=True, copy=False)
    terminated_count = fields.Integer(
        "Times ended without result",
        default=0,
        readonly=True,
        copy=False,
        help="How often it was terminated or not accepted; stays when it is reopened.",
    )
    reopened_count = fields.Integer("Times reopened", default=0, readonly=True, copy=False)
    terminate_reason_id = fields.Many2one(
        "yst.service.reason", readonly=True, copy=False, ondelete="restrict", string="Reason"
    )
    terminate_note = fields.Text("Explanation", readonly=True, copy=False)
    result_text = fields.Text("Result", readonly=True, copy=False)
    result_evidence_ids = fields.Many2many(
        "yst.evidence", "yst_service_case_result_rel", "case_id", "evidence_id",
        string="Result papers", readonly=True, copy=False,
    )
    note = fields.Text("Remarks of the applicant")
    draft_step = fields.Integer(
        default=0, readonly=True, copy=False, help="Step the applicant has reached."
    )
    line_ids = fields.One2many(
        "yst.service.case.line", "case_id", string="Materials", readonly=True
    )
    correction_ids = fields.One2many(
        "yst.service.correction", "case_id", string="Corrections", readonly=True
    )
    correction_count = fields.Integer(
        "Corrections asked", default=0, readonly=True, copy=False
    )
    event_ids = fields.One2many(
        "yst.service.case.event", "case_id", string="Timeline", readonly=True
    )
    appointment_ids = fields.One2many(
        "yst.service.appointment", "case_id", string="Appointments", readonly=True
    )
    appointment_id = fields.Many2one(
        "yst.service.appointment", readonly=True, copy=False, ondelete="set null",
        index="btree_not_null", help="The appointment that stands now.",
    )
    appointment_slot_id = fields.Many2one(
        related="appointment_id.slot_id", string="Appointment time"
    )
    home_visit_ids = fields.One2many("yst.service.home.visit", "case_id", string="Home visits")
    follow_up_ids = fields.One2many("yst.service.follow.up", "case_id", string="Follow-ups")

    _number_uniq = models.UniqueIndex(
        "(number) WHERE number IS NOT NULL", "This application number exists already."
    )
    _one_draft = models.UniqueIndex(
        "(applicant_id, item_id) WHERE state = 'draft' AND channel = 'portal'",
        "There is a draft for this item already.",
    )
    _inbox_idx = models.Index(
        "(clock_deadline, id) WHERE state IN ('submitted', 'correction', 'resubmitted', "
        "'accepted', 'reviewing', 'appointed', 'onsite')"
    )
    _area_state_idx = models.Index("(area_id, state, clock_deadline)")

    # --- computes

    @api.depends("number", "item_id")
    def _compute_display_name(self):
        for case in self:
            case.display_name = case.number or self.env._(
                "Draft: %s", case.item_id.display_name or ""
            )

    def _compute_access_url(self):
        for case in self:
            case.access_url = f"/my/cases/{case.id}"

    @api.depends("consent_text")
    def _compute_consent_at(self):
        now = fields.Datetime.now()
        for case in self:
            case.consent_at = now if case.consent_text else False

    # --- constraints

    @api.constrains("item_id", "version_id")
    def _check_version(self):
        for case in self:
            if case.version_id.item_id != case.item_id:
                raise ValidationError(
                    self.env._("This version of the guide belongs to another item.")
                )

    @api.constrains("on_behalf", "principal_id", "applicant_id")
    def _check_principal(self):
        for case in self:
            if case.on_behalf and case.principal_id == case.applicant_id:
                raise ValidationError(
                    self.env._("Who applies for another person cannot be that person.")
                )

    # --- CRUD

    @api.model
    def default_get(self, fields_list):
        defaults = super().default_get(fields_list)
        areas = self.env.user.jurisdiction_ids
        if "area_id" in fields_list and not defaults.get("area_id") and len(areas) == 1:
            defaults["area_id"] = areas.id
        return defaults

    @api.model_create_multi
    def create(self, vals_list):
        items = self.env["yst.service.item"].browse([vals.get("item_id") for vals in vals_list])
        for vals, item in zip(vals_list, items, strict=True):
            if not self.env.su:
                self._check_allowed_fields(vals, DRAFT_FIELDS)
                if vals.get("channel", "window") == "portal":
                    raise AccessError(self.env._("Only the resident can apply online."))
            version = item.sudo().current_version_id
            if not version and not vals.get("version_id"):
                raise UserError(self.env._("The guide of this item has not been published."))
            vals.setdefault("version_id", version.id)
            if not vals.get("on_behalf"):
                vals["principal_id"] = vals.get("applicant_id")
        unfollowed = self.with_context(mail_create_nosubscribe=True)
        cases = super(ServiceCase, unfollowed).create(vals_list)
        cases._lines_create()
        return cases.with_env(self.env)

    def write(self, vals):
        if not self.env.su:
            draft = all(case.state == "draft" and case.channel != "portal" for case in self)
            self._check_allowed_fields(vals, DRAFT_FIELDS if draft else OPEN_FIELDS)
            if draft and vals.get("channel") == "portal":
                raise AccessError(self.env._("Only the resident can apply online."))
            if "item_id" in vals and any(case.item_id.id != vals["item_id"] for case in self):
                raise UserError(
                    self.env._("The item of an application stays. Begin another application.")
                )
            vals = self._with_principal(vals)
        former = {case.id: case.user_id for case in self} if "user_id" in vals else {}
        result = super().write(vals)
        changed = self.filtered(lambda case: case.id in former
                                and case.user_id != former[case.id] and case.number)
        changed._event_add("clerk_changed", {case.id: case.user_id.name or "" for case in changed})
        return result

    def unlink(self):
        if any(case.state != "draft" for case in self):
            raise UserError(
                self.env._("An application that has been handed in cannot be deleted. "
                           "Terminate it with a reason.")
            )
        self.check_access("unlink")
        reason = self.env._("Draft thrown away")
        drafts = self.sudo()
        drafts.line_ids._evidence_forget(reason)
        drafts.line_ids.unlink()
        drafts.consent_evidence_id = False
        drafts._evidence_forget(reason)
        return super().unlink()

    def copy(self, default=None):
        raise UserError(self.env._("An application cannot be copied. Begin another one."))

    # --- helpers

    @api.model
    def _group_expand_state(self, values, domain):
        """Columns in the order of the procedure, only those that hold something."""
        return [state for state, _label in self._fields["state"].selection if state in values]

    @api.model
    def _labels(self, name):
        """The options of a Selection field in the user's language."""
        return self._fields[name]._description_selection(self.env)

    @api.model
    def _check_allowed_fields(self, vals, allowed):
        """Refuse what an action alone may change; ``vals`` come from a person or a program."""
        extra = {name for name in vals if name not in allowed and name not in THREAD_FIELDS}
        if extra:
            labels = ", ".join(
                self._fields[name].get_description(self.env)["string"]
                for name in sorted(extra) if name in self._fields
            )
            raise AccessError(self.env._("This can be changed only by its action: %s", labels))

    def _with_principal(self, vals):
        """The person it is for follows the applicant unless it is for another."""
        if "on_behalf" in vals and not vals["on_behalf"]:
            applicant = vals.get("applicant_id") or self[:1].applicant_id.id
            return {**vals, "principal_id": applicant}
        if "applicant_id" in vals and not any(self.mapped("on_behalf")):
            return {**vals, "principal_id": vals["applicant_id"]}
        return vals
