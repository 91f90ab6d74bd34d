from odoo import api, fields, models


class ServiceCompleteWizard(models.TransientModel):
    """The result of an application, in words and as papers."""

    _name = "yst.service.complete.wizard"
    _description = "Complete the Application"

    case_ids = fields.Many2many("yst.service.case", required=True)
    result_text = fields.Text("Result", help="The applicant reads this.")
    attachment_ids = fields.Many2many("ir.attachment", string="Result papers")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        cases = self.env["yst.service.case"].browse(self.env.context.get("active_ids") or [])
        values["case_ids"] = [fields.Command.set(cases.ids)]
        if len(cases) == 1:
            values.setdefault("result_text", cases.version_id.result)
        return values

    def action_apply(self):
        """Complete with the result; the uploaded papers become evidence, the uploads go."""
        self.ensure_one()
        files = [(file.name, file.raw) for file in self.attachment_ids]
        self.case_ids.action_complete(self.result_text, files)
        self.attachment_ids.unlink()
        return {"type": "ir.actions.act_window_close"}
