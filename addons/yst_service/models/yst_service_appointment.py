from odoo import api, fields, models
from odoo.exceptions import UserError


class ServiceAppointment(models.Model):
    """An appointment (预约) of an applicant at the service window."""

    _name = "yst.service.appointment"
    _description = "Appointment"
    _inherit = ["yst.area.mixin", "yst.state.mixin"]
    _order = "start desc, id desc"

    case_id = fields.Many2one(
        "yst.service.case", required=True, readonly=True, index=True, ondelete="cascade"
    )
    slot_id = fields.Many2one(
        "yst.service.slot", required=True, readonly=True, index=True, ondelete="restrict"
    )
    start = fields.Datetime(related="slot_id.start", store=True, index=True)
    end = fields.Datetime(related="slot_id.end", store=True)
    place = fields.Char(related="slot_id.place")
    applicant_id = fields.Many2one(related="case_id.applicant_id", string="Applicant")
    item_id = fields.Many2one(related="case_id.item_id")
    user_id = fields.Many2one(related="case_id.user_id", string="Clerk")
    state = fields.Selection(
        [
            ("booked", "Booked"),
            ("kept", "Kept"),
            ("missed", "Missed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="booked",
        readonly=True,
    )

    _one_booked = models.UniqueIndex(
        "(case_id) WHERE state = 'booked'", "This application has an appointment already."
    )

    @api.depends("case_id.number", "applicant_id.name")
    def _compute_display_name(self):
        for appointment in self:
            appointment.display_name = " ".join(
                filter(None, [appointment.applicant_id.name, appointment.case_id.number])
            )

    def action_missed(self):
        """The applicant did not come: the application goes back to review."""
        self.case_id._check_clerk()
        for appointment in self.sudo():
            if appointment.start > fields.Datetime.now():
                raise UserError(self.env._("The time of this appointment has not come yet."))
            appointment._transition("missed", ("booked",))
            appointment.case_id._move(
                "reviewing", ("appointed",), "appointment_cancelled", {"appointment_id": False},
                notes=self.env._("The applicant did not come."),
                message=self.env._("The applicant did not come."),
            )
        return True

    def _keep(self):
        self.sudo().filtered(lambda one: one.state == "booked")._transition("kept", ("booked",))

    def _cancel(self):
        """Cancel and give the place back to others."""
        for appointment in self.sudo().filtered(lambda one: one.state == "booked"):
            appointment._transition("cancelled", ("booked",))
            if appointment.start > fields.Datetime.now():
                appointment.slot_id._release()
            appointment.case_id.appointment_id = False
