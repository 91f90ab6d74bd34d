from odoo import api, fields, models

#: Step → model, method and kind of the coded reason.
STEPS = {
    "service_refuse": ("yst.service.case", "action_refuse", "refuse"),
    "service_terminate": ("yst.service.case", "action_terminate", "terminate"),
    "service_reopen": ("yst.service.case", "action_reopen", "reopen"),
    "service_refuse_visit": ("yst.service.home.visit", "action_refuse", "home_visit"),
    "service_exclude": ("yst.service.follow.up", "action_exclude", "exclude"),
}


class ReasonWizard(models.TransientModel):
    """Steps of applications, home visits and follow-ups that need a coded reason."""

    _inherit = "yst.reason.wizard"

    step = fields.Selection(
        selection_add=[
            ("service_refuse", "Do not accept"),
            ("service_terminate", "Terminate"),
            ("service_reopen", "Reopen"),
            ("service_refuse_visit", "Refuse the home visit"),
            ("service_exclude", "Exclude the rating"),
        ],
        ondelete=dict.fromkeys(STEPS, "cascade"),
    )
    service_reason_kind = fields.Char(compute="_compute_service_reason_kind")
    service_reason_id = fields.Many2one(
        "yst.service.reason", "Coded reason", domain="[('kind', '=', service_reason_kind)]"
    )
    remedy = fields.Text(related="service_reason_id.remedy")

    @api.depends("step")
    def _compute_service_reason_kind(self):
        for wizard in self:
            wizard.service_reason_kind = STEPS.get(wizard.step, ("", "", ""))[2]

    @api.model
    def _targets(self):
        own = {step: (model, method) for step, (model, method, _kind) in STEPS.items()}
        return super()._targets() | own

    def _arguments(self):
        if self.step in STEPS:
            return self.service_reason_id, self.note
        return super()._arguments()
