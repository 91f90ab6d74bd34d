from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.yst_base.models.yst_state_mixin import state_field

MODES = [("act", "Acts in the name of"), ("replace", "Replaces")]
STATES = [
    ("planned", "Planned"),
    ("active", "Active"),
    ("ended", "Ended"),
    ("cancelled", "Cancelled"),
]
SCOPES = [
    ("all", "Everything"),
    ("notice", "Notices"),
    ("collaboration", "Collaboration items"),
]


class Delegation(models.Model):
    """Somebody does another's work for a time (代理): beside them, in their name (授权), or in
    their place (替换).

    It begins and ends by itself. While it is active the other's open items, and those that
    arrive, show whose they are and go to the deputy; what is still open at the end goes back.
    """

    _name = "yst.delegation"
    _description = "Delegation"
    _inherit = ["yst.state.mixin", "mail.thread"]
    _order = "date_from DESC, id DESC"

    user_id = fields.Many2one(
        "res.users",
        string="Who is away",
        required=True,
        index=True,
        default=lambda self: self.env.user,
        ondelete="cascade",
    )
    deputy_id = fields.Many2one(
        "res.users",
        string="Deputy",
        index=True,
        domain=[("share", "=", False)],
        ondelete="set null",
    )
    date_from = fields.Datetime("From", required=True, default=fields.Datetime.now)
    date_to = fields.Datetime("Until", required=True)
    mode = fields.Selection(
        MODES,
        required=True,
        default="replace",
        help="In the name of: both can act. Replaces: the deputy alone acts.",
    )
    scope = fields.Selection(SCOPES, "Applies to", required=True, default="all")
    state = state_field(STATES)
    reason = fields.Char()

    _active_idx = models.Index("(user_id) WHERE state = 'active'")

    @api.depends("user_id", "deputy_id")
    def _compute_display_name(self):
        for one in self:
            one.display_name = f"{one.user_id.name} → {one.deputy_id.name or ''}"

    @api.constrains("user_id", "deputy_id", "date_from", "date_to", "scope")
    def _check_period(self):
        for one in self:
            if one.state not in ("planned", "active"):
                continue
            if not one.deputy_id:
                raise ValidationError(self.env._("Say who the deputy is."))
            if one.deputy_id == one.user_id:
                raise ValidationError(self.env._("Nobody is their own deputy."))
            if one.deputy_id.share or not one.deputy_id.active:
                raise ValidationError(self.env._("%s has left.", one.deputy_id.name))
            if one.date_to <= one.date_from:
                raise ValidationError(self.env._("It has to end after it begins."))
            one._check_overlap()

    def _check_overlap(self):
        """One deputy at a time for each thing, and no chain of deputies."""
        self.ensure_one()
        same_time = (
            Domain("id", "!=", self.id)
            & Domain("state", "in", ("planned", "active"))
            & Domain("date_from", "<", self.date_to)
            & Domain("date_to", ">", self.date_from)
        )
        if self.scope != "all":
            same_time &= Domain("scope", "in", ("all", self.scope))
        others = self.sudo()
        if other := others.search(same_time & Domain("user_id", "=", self.user_id.id), limit=1):
            raise ValidationError(
                self.env._("%s is the deputy at that time already.", other.deputy_id.name)
            )
        if others.search_count(same_time & Domain("user_id", "=", self.deputy_id.id), limit=1):
            raise ValidationError(
                self.env._("%s is away at that time too.", self.deputy_id.name)
            )
        if other := others.search(same_time & Domain("deputy_id", "=", self.user_id.id), limit=1):
            raise ValidationError(
                self.env._(
                    "At that time %(user)s is the deputy of %(other)s: find another deputy there "
                    "first.",
                    user=self.user_id.name,
                    other=other.user_id.name,
                )
            )

    # -- CRUD ----------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """:raise UserError: it would be over already"""
        delegations = super().create(vals_list)
        now = fields.Datetime.now()
        if any(one.date_to <= now for one in delegations):
            raise ValidationError(self.env._("That time is over already."))
        delegations._schedule()
        return delegations

    def write(self, vals):
        """:raise UserError: what has begun keeps its persons and kind; it can be ended"""
        settled = {"user_id", "deputy_id", "mode", "scope", "date_from"} & vals.keys()
        if settled and any(one.state != "planned" for one in self):
            raise UserError(
                self.env._("It has begun: only its end can be changed. End it to change more.")
            )
        if "date_to" in vals and any(one.state in ("ended", "cancelled") for one in self):
            raise UserError(self.env._("It is over."))
        result = super().write(vals)
        self.check_access("write")  # as it is now: nobody says who does another's work
        if {"date_from", "date_to"} & vals.keys():
            self._schedule()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_planned_only(self):
        if any(one.state in ("active", "ended") for one in self):
            raise UserError(self.env._("What was in force stays on record: end it instead."))

    # -- actions -------------------------------------------------------------------------------

    def action_cancel(self):
        """Give up what has not begun."""
        self._transition("cancelled", "planned")
        return True

    def action_end(self):
        """End (提前结束) now; what is still open goes back."""
        self._check_own()
        self.sudo()._end(self.env._("Ended early by %s", self.env.user.name))
        return True

    def _check_own(self):
        """:raise AccessError: neither who is away, nor the deputy, nor a manager"""
        self.check_access("read")
        manager = self.env.user.has_group("yst_circulation.group_circulation_manager")
        if not manager and any(self.env.user not in one.user_id | one.deputy_id for one in self):
            raise AccessError(self.env._("This is not yours to end."))

    # -- beginning and end -----------------------------------------------------------------------

    def _schedule(self):
        """Begin what is due now; be called again when the rest begins and ends."""
        now = fields.Datetime.now()
        self.filtered(lambda one: one.state == "planned" and one.date_from <= now).sudo()._start()
        times = {time for one in self for time in (one.date_from, one.date_to) if time > now}
        if times:
            self.env.ref("yst_circulation.cron_delegation").sudo()._trigger(at=list(times))

    @api.model
    def _cron_switch(self):
        """Begin and end what is due."""
        now = fields.Datetime.now()
        self.search(
            [("state", "=", "active"), "|", ("date_to", "<=", now), ("deputy_id", "=", False)]
        )._end()
        due = self.search([("state", "=", "planned"), ("date_from", "<=", now)])
        over = due.filtered(lambda one: one.date_to <= now)
        over._transition("cancelled", "planned")
        (due - over)._start()

    def _start(self):
        """Let the open items go to the deputies, one statement for each absence."""
        for one in self:
            one._transition("active", "planned")
            scope = SQL() if one.scope == "all" else SQL("AND item.kind = %s", one.scope)
            moved = (
                SQL("handler_id = %s", one.deputy_id.id)
                if one.mode == "replace"
                else SQL("deputy_id = %s", one.deputy_id.id)
            )
            one._move(
                SQL(
                    "UPDATE yst_circulation_node node SET %s, delegation_id = %s"
                    " FROM yst_circulation_item item WHERE item.id = node.item_id"
                    " AND node.open AND node.handler_id = %s AND node.delegation_id IS NULL %s",
                    moved,
                    one.id,
                    one.user_id.id,
                    scope,
                )
            )
            one._started()

    def _end(self, message=None):
        """Give back what is still open; what was done stays where it was done."""
        for one in self:
            one._transition("ended", "active", {"date_to": min(one.date_to, fields.Datetime.now())},
                            message=message)
            one._move(
                SQL(
                    "UPDATE yst_circulation_node SET handler_id = %s, deputy_id = NULL,"
                    " delegation_id = NULL WHERE delegation_id = %s AND open",
                    one.user_id.id,
                    one.id,
                )
            )
            one._ended()

    def _move(self, statement):
        self.ensure_one()
        self.env["yst.circulation.node"].flush_model()
        self.env.cr.execute(statement)
        self.env["yst.circulation.node"].invalidate_model()
        self.env["yst.circulation.bus"]._tell((self.user_id | self.deputy_id).ids)

    def _started(self):
        """For other addons: an absence has begun (sudo)."""

    def _ended(self):
        """For other addons: an absence has ended (sudo)."""

    # -- who stands in ---------------------------------------------------------------------------

    @api.model
    def _deputies_query(self, kind):
        """SQL of those who are away from items of a kind: id, user_id, deputy_id, mode."""
        self.flush_model()
        return SQL(
            "SELECT DISTINCT ON (user_id) id, user_id, deputy_id, mode FROM yst_delegation"
            " WHERE state = 'active' AND deputy_id IS NOT NULL AND scope IN ('all', %s)"
            " ORDER BY user_id, id DESC",
            kind,
        )

    @api.model
    def _deputies(self, users, kind):
        """Who stands in for these users now, as dict of user id to (mode, deputy id)."""
        rows = self.env.execute_query(
            SQL(
                "SELECT user_id, mode, deputy_id FROM (%s) away WHERE user_id = ANY(%s)",
                self._deputies_query(kind),
                users.ids,
            )
        )
        return {user: (mode, deputy) for user, mode, deputy in rows}
