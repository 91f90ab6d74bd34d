from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..deadlines import workdays_after
from ..rules import BAD_RATING


class ServiceFollowUp(models.Model):
    """The follow-up of a bad rating (差评回访).

    国办发〔2019〕51号 and local rules: contact within 1 working day, solved within 15, told back,
    every one followed up. A rating given by mistake can be excluded, with the reason kept.
    The clock runs to the contact first, then to the solution; both count from the rating.
    """

    _name = "yst.service.follow.up"
    _description = "Follow-up of a Bad Rating"
    _inherit = [
        "mail.thread", "mail.activity.mixin", "yst.area.mixin", "yst.state.mixin",
        "yst.clock.mixin",
    ]
    _order = "clock_deadline, id"
    _rec_name = "case_id"

    rating_id = fields.Many2one("rating.rating", readonly=True, ondelete="restrict", index=True)
    case_id = fields.Many2one(
        "yst.service.case", required=True, readonly=True, index=True, ondelete="restrict",
        string="Application",
    )
    item_id = fields.Many2one(related="case_id.item_id", store=True)
    partner_id = fields.Many2one("res.partner", readonly=True, string="Rated by")
    level = fields.Selection(
        [("1", "Very dissatisfied"), ("2", "Dissatisfied")], readonly=True, required=True
    )
    feedback = fields.Text(readonly=True, string="What the resident wrote")
    user_id = fields.Many2one("res.users", string="In charge", index="btree_not_null")
    state = fields.Selection(
        [
            ("open", "To contact"),
            ("contacted", "To solve"),
            ("solved", "To tell back"),
            ("told", "Done"),
            ("excluded", "Excluded"),
        ],
        required=True,
        default="open",
        readonly=True,
        index=True,
    )
    rated_at = fields.Datetime(required=True, readonly=True)
    contact_deadline = fields.Datetime(required=True, readonly=True, string="Contact by")
    solve_deadline = fields.Datetime(required=True, readonly=True, string="Solve by")
    contacted_at = fields.Datetime(readonly=True)
    contact_note = fields.Text(readonly=True, string="What the resident said")
    contact_in_time = fields.Boolean(compute="_compute_in_time", store=True)
    solved_at = fields.Datetime(readonly=True)
    solve_note = fields.Text(readonly=True, string="What was done")
    solved_in_time = fields.Boolean(compute="_compute_in_time", store=True)
    told_at = fields.Datetime(readonly=True)
    told_note = fields.Text(readonly=True, string="Answer of the resident")
    exclude_reason_id = fields.Many2one("yst.service.reason", readonly=True, ondelete="restrict")
    exclude_note = fields.Text(readonly=True)

    _rating_uniq = models.UniqueIndex("(rating_id)", "This rating is followed up already.")

    @api.depends("contacted_at", "contact_deadline", "solved_at", "solve_deadline")
    def _compute_in_time(self):
        for one in self:
            one.contact_in_time = bool(
                one.contacted_at and one.contacted_at <= one.contact_deadline
            )
            one.solved_in_time = bool(one.solved_at and one.solved_at <= one.solve_deadline)

    def write(self, vals):
        if not self.env.su and set(vals) - {"user_id", "activity_ids", "message_follower_ids"}:
            raise AccessError(self.env._("A follow-up moves by its actions."))
        return super().write(vals)

    @api.model
    def _open_for(self, rating, case):
        """Open the follow-up of a bad rating; nothing for a good one."""
        if rating.rating > BAD_RATING:
            return self.browse()
        now = fields.Datetime.now()
        setting = case._setting_int
        follow_up = self.sudo().create({
            "rating_id": rating.id,
            "case_id": case.id,
            "area_id": case.area_id.id,
            "partner_id": rating.partner_id.id,
            "level": str(int(rating.rating)),
            "feedback": rating.feedback,
            "rated_at": now,
            "contact_deadline": workdays_after(self.env, now, setting("contact_days")),
            "solve_deadline": workdays_after(self.env, now, setting("solve_days")),
        })
        follow_up._clock_start(setting("contact_days"), "workday", at=now)
        case._notify_clerk(self.env._("A bad rating has come in and must be followed up."))
        return follow_up

    def action_contact(self, note):
        """The resident has been contacted (已联系); now it is to be solved."""
        self._check_note(note)
        now = fields.Datetime.now()
        self._step("contacted", ("open",), {"contacted_at": now, "contact_note": note})
        follow_ups = self.sudo()
        follow_ups._clock_stop(at=now)
        days = self.env["yst.service.case"]._setting_int("solve_days")
        for rated_at, group in follow_ups.grouped("rated_at").items():
            group._clock_restart(days, "workday", at=rated_at)
        return True

    def action_solve(self, note):
        """It has been put right (已整改); now the resident is told."""
        self._check_note(note)
        now = fields.Datetime.now()
        self._step("solved", ("contacted",), {"solved_at": now, "solve_note": note})
        self.sudo()._clock_stop(at=now)
        return True

    def action_tell(self, note):
        """The resident has been told (已反馈): the follow-up ends."""
        self._check_note(note)
        self._step("told", ("solved",), {"told_at": fields.Datetime.now(), "told_note": note})
        self.sudo().case_id._event_add("followed_up")
        return True

    def action_exclude(self, reason, note):
        """The rating was a misjudgement (误评剔除); only the service manager says so."""
        if not self.env.user.has_group("yst_service.group_service_manager"):
            raise AccessError(self.env._("Only the service manager excludes a rating."))
        self._check_note(note)
        reason = self.case_id._reason(reason, "exclude")
        self._step("excluded", ("open", "contacted", "solved"),
                   {"exclude_reason_id": reason.id, "exclude_note": note})
        self.sudo()._clock_stop()
        return True

    def _step(self, to, allowed_from, values):
        self.check_access("write")
        for one in self.sudo():
            if one.partner_id == self.env.user.partner_id:
                raise AccessError(self.env._("Leave your own rating to a colleague."))
        self.sudo()._transition(to, allowed_from, values=values)

    def _check_note(self, note):
        if not (note or "").strip():
            raise UserError(self.env._("Write down what was said or done."))
