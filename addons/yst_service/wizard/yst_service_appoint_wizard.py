from odoo import api, fields, models


class ServiceAppointWizard(models.TransientModel):
    """Choose a time for the applicant's visit."""

    _name = "yst.service.appoint.wizard"
    _description = "Make an Appointment"

    case_id = fields.Many2one("yst.service.case", required=True)
    available_ids = fields.Many2many("yst.service.slot", compute="_compute_available_ids")
    slot_id = fields.Many2one(
        "yst.service.slot", required=True, domain="[('id', 'in', available_ids)]", string="Time"
    )

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        values["case_id"] = self.env.context.get("active_id")
        return values

    @api.depends("case_id")
    def _compute_available_ids(self):
        for wizard in self:
            wizard.available_ids = wizard.case_id._slots_open() if wizard.case_id else False

    def action_apply(self):
        """Book the time."""
        self.ensure_one()
        self.case_id.action_appoint(self.slot_id)
        return {"type": "ir.actions.act_window_close"}
