from odoo import api, fields, models
from odoo.exceptions import UserError


class ServiceCaseEvent(models.Model):
    """What happened to an application and when (办件过程), for the timeline and the figures.

    Only added to, by the application's own actions; nobody changes or deletes one.
    """

    _name = "yst.service.case.event"
    _description = "Application Event"
    _order = "at, id"
    _rec_name = "kind"

    case_id = fields.Many2one(
        "yst.service.case", required=True, readonly=True, index=True, ondelete="cascade"
    )
    kind = fields.Selection(
        [
            ("received", "Handed in"),
            ("correction_asked", "Correction asked"),
            ("resubmitted", "Correction handed in"),
            ("accepted", "Accepted"),
            ("refused", "Not accepted"),
            ("reviewing", "Review begun"),
            ("appointed", "Appointment made"),
            ("appointment_cancelled", "Appointment cancelled"),
            ("onsite", "Handled on site"),
            ("completed", "Completed"),
            ("terminated", "Terminated"),
            ("reopened", "Reopened"),
            ("clerk_changed", "Clerk changed"),
            ("rated", "Rated"),
            ("followed_up", "Followed up"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    at = fields.Datetime(required=True, readonly=True, index=True)
    user_id = fields.Many2one(
        "res.users", readonly=True, ondelete="restrict", string="Done by"
    )
    area_id = fields.Many2one("yst.area", readonly=True, index=True, ondelete="restrict")
    item_id = fields.Many2one("yst.service.item", readonly=True, index=True, ondelete="restrict")
    note = fields.Text(readonly=True)

    @api.model
    def _append(self, vals_list):
        """Add events. Private, so that it cannot be called from outside."""
        return super().create(vals_list)

    @api.model_create_multi
    def create(self, vals_list):
        raise UserError(self.env._("The timeline is written by the application's actions."))

    def write(self, vals):
        raise UserError(self.env._("The timeline of an application cannot be changed."))

    def unlink(self):
        raise UserError(self.env._("The timeline of an application cannot be changed."))
