from odoo import api, fields, models


class ServiceVisitWizard(models.TransientModel):
    """Plan a home visit, or record it."""

    _name = "yst.service.visit.wizard"
    _description = "Home Visit"

    visit_id = fields.Many2one("yst.service.home.visit", required=True)
    step = fields.Selection([("confirm", "Plan"), ("visited", "Record")], required=True)
    available_ids = fields.Many2many("yst.service.slot", compute="_compute_available_ids")
    slot_id = fields.Many2one(
        "yst.service.slot", domain="[('id', 'in', available_ids)]", string="Time on the roster"
    )
    start = fields.Datetime("Or begins")
    end = fields.Datetime("and ends")
    cadre_ids = fields.Many2many(
        "res.users",
        string="Cadres",
        domain=lambda self: [("all_group_ids", "in", self.env.ref("yst_base.group_cadre").ids)],
    )
    record_text = fields.Text("Record of the visit")
    attachment_ids = fields.Many2many("ir.attachment", string="Photos")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        values["visit_id"] = self.env.context.get("active_id")
        return values

    @api.depends("visit_id")
    def _compute_available_ids(self):
        slots = self.env["yst.service.slot"]
        for wizard in self:
            wizard.available_ids = slots._open_for(wizard.visit_id.sudo().area_id, "home")

    def action_apply(self):
        """Confirm the visit, or record what was done."""
        self.ensure_one()
        if self.step == "confirm":
            self.visit_id.action_confirm(self.cadre_ids, self.slot_id, self.start, self.end)
        else:
            photos = [(photo.name, photo.raw) for photo in self.attachment_ids]
            self.visit_id.action_visited(self.record_text, photos)
            self.attachment_ids.unlink()
        return {"type": "ir.actions.act_window_close"}
