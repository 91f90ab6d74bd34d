from odoo import api, fields, models


class ServiceNoteWizard(models.TransientModel):
    """Asks what was said or done at a step of a follow-up."""

    _name = "yst.service.note.wizard"
    _description = "Step of a Follow-up"

    follow_up_id = fields.Many2one("yst.service.follow.up", required=True)
    step = fields.Selection(
        [
            ("action_contact", "What the resident said"),
            ("action_solve", "What was done"),
            ("action_tell", "Answer of the resident"),
        ],
        required=True,
    )
    note = fields.Text(required=True)

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        values["follow_up_id"] = self.env.context.get("active_id")
        return values

    def action_apply(self):
        """Take the step."""
        self.ensure_one()
        getattr(self.follow_up_id, self.step)(self.note)
        return {"type": "ir.actions.act_window_close"}
