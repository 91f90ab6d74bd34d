from odoo import api, models


class DutyShift(models.Model):
    """How a shift is called in the roster."""

    _inherit = "yst.duty.shift"

    @api.depends("user_ids.name")
    @api.depends_context("shift_people")
    def _compute_display_name(self):
        """In the roster the people matter: where it is says the colour, when says the day."""
        super()._compute_display_name()
        if self.env.context.get("shift_people"):
            for shift in self:
                people = "、".join(shift.sudo().user_ids.mapped("name"))
                where = shift.area_id.sudo().name or shift.department_id.sudo().name or ""
                shift.display_name = f"{people} · {where}" if people else where
