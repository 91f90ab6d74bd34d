from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from odoo.addons.yst_base.models.yst_state_mixin import state_field

from ..rules import LEVELS, SETTINGS, STATES, URGENCIES

#: What a dispatcher may set while the order is a draft; all else moves by actions.
DRAFT_FIELDS = {
    "name", "description", "category_id", "urgency", "area_id", "department_id", "user_id",
    "origin", "place", "latitude", "longitude",
}
#: Written by the mail and activity features on the user's behalf.
THREAD_FIELDS = {"activity_ids", "message_follower_ids", "message_ids"}


class Order(models.Model):
    """A task order (任务单) or supervision order (督办单).

    One place's duty to do one thing by a deadline, whatever caused it. The state moves only by
    the named actions, each of which leaves one line in the chatter. The handling clock
    (``yst.clock.mixin``) starts at the dispatch, stands still while the order is returned or
    waits for its verification, and stops when it is closed.

    Who may do what is in ``yst_order_access.py``, what the handler does in
    ``yst_order_step.py``, what the desk answers in ``yst_order_verify.py``, dispatching in
    ``yst_order_dispatch.py``, escalation in ``yst_order_deadline.py``, supervision in
    ``yst_order_supervision.py``, merging in ``yst_order_merge.py``, photos in
    ``yst_order_photo.py``, who is told in ``yst_order_notice.py``.
    """

    _name = "yst.order"
    _description = "Task Order"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "yst.area.mixin",
        "yst.state.mixin",
        "yst.clock.mixin",
        "yst.evidence.mixin",
    ]
    _order = "clock_deadline, id desc"
    _rec_names_search = ["number", "name"]
    _mail_post_access = "read"

    number = fields.Char(
        readonly=True, copy=False, index="trigram", help="Allotted when it is dispatched."
    )
    kind = fields.Selection(
        [("task", "Task order"), ("supervision", "Supervision order")],
        required=True,
        readonly=True,
        default="task",
        index=True,
        copy=False,
    )
    name = fields.Char("Title", required=True, index="trigram")
    description = fields.Text("What is to be done")
    category_id = fields.Many2one("yst.order.category", index=True, ondelete="restrict")
    urgency = fields.Selection(
        URGENCIES,
        compute="_compute_urgency",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="By default the category's; decides the time limits.",
    )
    department_id = fields.Many2one(
        "hr.department",
        compute="_compute_department_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Answers for it instead of the area's own duty.",
    )
    user_id = fields.Many2one(
        "res.users",
        "Handler",
        index="btree_not_null",
        copy=False,
        ondelete="restrict",
        domain=[("share", "=", False)],
        help="Who handles it; by default whoever accepts it.",
    )
    dispatcher_id = fields.Many2one(
        "res.users", "Dispatched by", readonly=True, copy=False, ondelete="restrict"
    )
    origin = fields.Selection(
        [
            ("manual", "Found on duty"),
            ("leader", "Leader's instruction"),
            ("overdue", "Deadline missed"),
        ],
        required=True,
        default="manual",
    )
    source_model = fields.Char(readonly=True, copy=False)
    source_id = fields.Many2oneReference(
        "Source", model_field="source_model", readonly=True, copy=False
    )
    source_name = fields.Char(
        "Name of the source",
        compute="_compute_source_name",
        help="Empty when the reader may not see the source.",
    )
    link_ids = fields.One2many("yst.order.link", "order_id", "Sources", readonly=True)
    link_count = fields.Integer("Number of sources", compute="_compute_link_count")
    place = fields.Char(help="Where exactly")
    latitude = fields.Float(digits=(10, 7), aggregator=False, help="WGS-84")
    longitude = fields.Float(digits=(10, 7), aggregator=False, help="WGS-84")
    has_position = fields.Boolean(compute="_compute_has_position", store=True)
    state = state_field(STATES, group_expand="_group_expand_state")

    # dispatch and acceptance
    dispatched_at = fields.Datetime(readonly=True, copy=False, index=True)
    accept_deadline = fields.Datetime("Accept by", readonly=True, copy=False)
    accepted_at = fields.Datetime(readonly=True, copy=False)
    accept_late = fields.Boolean("Accepted late", readonly=True, copy=False)
    photos_before = fields.Integer(
        readonly=True,
        copy=False,
        aggregator=False,
        help="Photos that were there when the work began; feedback needs one more.",
    )
    return_reason = fields.Text(readonly=True, copy=False)
    returned_at = fields.Datetime(readonly=True, copy=False)
    returned_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    return_count = fields.Integer("Times returned", readonly=True, copy=False, aggregator="sum")

    # feedback and verification
    feedback_at = fields.Datetime(readonly=True, copy=False)
    feedback_text = fields.Text("Feedback", readonly=True, copy=False)
    feedback_user_id = fields.Many2one(
        "res.users", "Feedback by", readonly=True, copy=False, ondelete="restrict"
    )
    verifier_id = fields.Many2one(
        "res.users", "Verified by", readonly=True, copy=False, ondelete="restrict"
    )
    verified_at = fields.Datetime(readonly=True, copy=False)
    verify_note = fields.Text(readonly=True, copy=False)
    send_back_reason = fields.Text("Why it was sent back", readonly=True, copy=False)
    rework_count = fields.Integer("Times sent back", readonly=True, copy=False, aggregator="sum")
    closed_at = fields.Datetime(readonly=True, copy=False)
    cancel_reason = fields.Text(readonly=True, copy=False)

    # more time
    extension_asked_amount = fields.Integer(
        "Extension asked", readonly=True, copy=False, aggregator=False
    )
    extension_asked_reason = fields.Text("Why more time is needed", readonly=True, copy=False)
    extension_asked_by_id = fields.Many2one(
        "res.users", readonly=True, copy=False, ondelete="restrict"
    )
    extension_count = fields.Integer("Extensions granted", readonly=True, copy=False)

    # escalation
    escalation_level = fields.Integer(
        readonly=True, copy=False, aggregator="max", help="How often it was reported upwards."
    )
    escalated_area_id = fields.Many2one(
        "yst.area", "Reported to", readonly=True, copy=False, ondelete="restrict"
    )
    accept_escalated = fields.Boolean(
        readonly=True, copy=False, help="That it was not accepted in time has been reported."
    )
    overdue_step = fields.Integer(
        readonly=True,
        copy=False,
        aggregator=False,
        help="How many steps were taken since the deadline passed.",
    )
    escalate_after = fields.Datetime(readonly=True, copy=False, help="The next step is due then.")

    # merging
    master_id = fields.Many2one(
        "yst.order",
        "Merged into",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    merged_ids = fields.One2many("yst.order", "master_id", "Merged orders", readonly=True)
    merged_count = fields.Integer(compute="_compute_related_counts")

    # supervision
    supervised_id = fields.Many2one(
        "yst.order",
        "Supervised order",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    supervision_ids = fields.One2many(
        "yst.order", "supervised_id", "Supervision orders", readonly=True
    )
    supervision_count = fields.Integer(compute="_compute_related_counts")
    supervision_level = fields.Selection(
        LEVELS,
        "Supervision",
        readonly=True,
        copy=False,
        help="Of a supervision order its level; of a task order the highest that it is under.",
    )

    # follow-up visit (回访)
    follow_up_state = fields.Selection(
        [
            ("satisfied", "Satisfied"),
            ("partly", "Partly satisfied"),
            ("dissatisfied", "Dissatisfied"),
            ("unreachable", "Not reached"),
        ],
        "Follow-up",
        readonly=True,
        copy=False,
    )
    follow_up_at = fields.Datetime(readonly=True, copy=False)
    follow_up_note = fields.Text(readonly=True, copy=False)
    follow_up_user_id = fields.Many2one(
        "res.users", "Followed up by", readonly=True, copy=False, ondelete="restrict"
    )

    need_photo = fields.Boolean(related="category_id.need_photo")

    _number_uniq = models.UniqueIndex(
        "(number) WHERE number IS NOT NULL", "This order number exists already."
    )
    _position_on_earth = models.Constraint(
        "CHECK (abs(coalesce(latitude, 0)) <= 90 AND abs(coalesce(longitude, 0)) <= 180)",
        "A latitude lies between -90 and 90 degrees, a longitude between -180 and 180.",
    )
    _area_state_idx = models.Index("(area_id, state, clock_deadline)")
    _to_accept_idx = models.Index("(accept_deadline) WHERE state = 'dispatched'")
    _source_idx = models.Index("(source_model, source_id) WHERE source_id IS NOT NULL")

    # ------------------------------------------------------------------ computes
    @api.depends("number", "name")
    def _compute_display_name(self):
        for order in self:
            order.display_name = " ".join(filter(None, (order.number, order.name)))

    @api.depends("category_id")
    def _compute_urgency(self):
        for order in self:
            if order.state in (False, "draft"):
                order.urgency = order.category_id.urgency or order.urgency or "ordinary"

    @api.depends("category_id")
    def _compute_department_id(self):
        for order in self:
            if order.state in (False, "draft"):
                order.department_id = order.category_id.department_id or order.department_id

    @api.depends("latitude", "longitude")
    def _compute_has_position(self):
        for order in self:
            order.has_position = bool(order.latitude or order.longitude)

    @api.depends("source_model", "source_id")
    @api.depends_context("uid")
    def _compute_source_name(self):
        self.env["yst.order.link"]._source_names(self)

    @api.depends("link_ids")
    def _compute_link_count(self):
        links = self.env["yst.order.link"].sudo()
        counts = dict(links._read_group([("order_id", "in", self.ids)], ["order_id"], ["__count"]))
        for order in self:
            order.link_count = counts.get(order._origin, 0)

    @api.depends("merged_ids", "supervision_ids")
    def _compute_related_counts(self):
        for name, count in (("master_id", "merged_count"), ("supervised_id", "supervision_count")):
            counts = dict(
                self.sudo()._read_group([(name, "in", self.ids)], [name], ["__count"])
            )
            for order in self:
                order[count] = counts.get(order._origin.sudo(), 0)

    @api.depends("state")
    @api.depends_context("lang")
    def _compute_clock_left(self):
        """Of what ended without being handled nobody says that it was done in time."""
        super()._compute_clock_left()
        self.filtered(lambda one: one.state in ("cancelled", "merged")).clock_left = False

    @api.constrains("user_id")
    def _check_handler(self):
        for user in self.sudo().user_id:
            if user.share or not user.has_group("yst_base.group_cadre"):
                raise ValidationError(self.env._("Only a cadre can handle an order."))

    # ------------------------------------------------------------------ CRUD
    @api.model
    def default_get(self, fields_list):
        defaults = super().default_get(fields_list)
        areas = self.env.user.jurisdiction_ids
        if "area_id" in fields_list and not defaults.get("area_id") and len(areas) == 1:
            defaults["area_id"] = areas.id
        return defaults

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for vals in vals_list:
                self._check_allowed_fields(vals)
        if any(not vals.get("area_id", True) for vals in vals_list):
            raise UserError(self.env._("Say in which area it is."))
        unfollowed = self.with_context(mail_create_nosubscribe=True, mail_create_nolog=True)
        orders = super(Order, unfollowed).create(vals_list)
        if any(not order.area_id for order in orders):
            raise UserError(self.env._("Say in which area it is."))
        return orders.with_env(self.env)

    def write(self, vals):
        if not self.env.su:
            self._check_allowed_fields(vals)
            if vals.keys() & DRAFT_FIELDS and any(order.state != "draft" for order in self):
                raise UserError(
                    self.env._("An order that has been dispatched is changed by its actions.")
                )
        result = super().write(vals)
        if "area_id" in vals:
            self.check_access("write")  # nor is it moved to where the user may not write
        return result

    def unlink(self):
        if any(order.state != "draft" for order in self):
            raise UserError(
                self.env._("An order that has been dispatched cannot be deleted. Cancel it.")
            )
        return super().unlink()

    # ------------------------------------------------------------------ helpers
    @api.model
    def _group_expand_state(self, values, domain):
        """Columns in the order of the procedure, only those that hold something."""
        return [state for state, _label in STATES if state in values]

    @api.model
    def _check_allowed_fields(self, vals):
        """Refuse what an action alone may change; ``vals`` come from a person or a program."""
        # the state is yst.state.mixin's to refuse
        extra = vals.keys() - DRAFT_FIELDS - THREAD_FIELDS - {"state"}
        if extra:
            labels = ", ".join(
                self._fields[name]._description_string(self.env)
                for name in sorted(extra)
                if name in self._fields
            )
            raise AccessError(self.env._("This can be changed only by its action: %s", labels))

    @api.model
    def _setting(self, name):
        """A whole-number setting of the office, e.g. ``yellow_days``."""
        value = self.env["ir.config_parameter"].sudo().get_param(f"yst_order.{name}")
        return int(value) if value and value.isdigit() else SETTINGS[name]
