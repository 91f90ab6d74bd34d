from odoo import api, fields, models

#: Action → kind of reason.
KINDS = {
    "action_refuse": "refuse",
    "action_terminate": "terminate",
    "action_reopen": "reopen",
    "action_refuse_visit": "home_visit",
    "action_exclude": "exclude",
}


class ServiceReasonWizard(models.TransientModel):
    """Asks for the coded reason of an action and then takes it."""

    _name = "yst.service.reason.wizard"
    _description = "Give a Reason"

    action = fields.Selection(
        [
            ("action_refuse", "Do not accept"),
            ("action_terminate", "Terminate"),
            ("action_reopen", "Reopen"),
            ("action_refuse_visit", "Refuse the home visit"),
            ("action_exclude", "Exclude the rating"),
        ],
        required=True,
    )
    kind = fields.Char(compute="_compute_kind")
    case_ids = fields.Many2many("yst.service.case")
    visit_ids = fields.Many2many("yst.service.home.visit")
    follow_up_ids = fields.Many2many("yst.service.follow.up")
    reason_id = fields.Many2one("yst.service.reason", required=True, domain="[('kind', '=', kind)]")
    remedy = fields.Text(related="reason_id.remedy")
    note = fields.Text("Explanation to the resident")

    @api.depends("action")
    def _compute_kind(self):
        for wizard in self:
            wizard.kind = KINDS.get(wizard.action, "")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        target = {
            "yst.service.case": "case_ids",
            "yst.service.home.visit": "visit_ids",
            "yst.service.follow.up": "follow_up_ids",
        }.get(self.env.context.get("active_model"))
        if target:
            values[target] = [fields.Command.set(self.env.context.get("active_ids") or [])]
        return values

    def action_apply(self):
        """Take the action with the reason given."""
        self.ensure_one()
        records = self.case_ids or self.visit_ids or self.follow_up_ids
        name = "action_refuse" if self.action == "action_refuse_visit" else self.action
        getattr(records, name)(self.reason_id, self.note)
        return {"type": "ir.actions.act_window_close"}
