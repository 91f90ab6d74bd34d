from odoo import api, fields, models

from ..rules import needs_visit


class ServiceCase(models.Model):
    """The one line that the resident always sees: what happens now, who has it, by when, and
    whether something is expected of them."""

    _inherit = "yst.service.case"

    now_text = fields.Char(compute="_compute_now", string="Now")
    now_holder = fields.Char(compute="_compute_now", string="In the hands of")
    now_deadline = fields.Datetime(compute="_compute_now", string="By")
    now_expected = fields.Char(
        compute="_compute_now",
        string="Expected of the applicant",
        help="Empty: the applicant need not do anything.",
    )

    @api.depends(
        "state", "channel", "clock_deadline", "user_id", "area_id", "appointment_id.slot_id.start",
        "correction_ids.deadline", "line_ids.state", "terminate_reason_id", "version_id.online",
        "rating_ids.consumed", "result_text",
    )
    @api.depends_context("lang", "uid")
    def _compute_now(self):
        for case in self:
            text, holder, deadline, expected = case.sudo()._now()
            case.now_text = text
            case.now_holder = holder
            case.now_deadline = deadline
            case.now_expected = expected

    def _now(self):
        """(what happens, who has it, by when, what is expected of the applicant)"""
        self.ensure_one()
        _ = self.env._
        clerk = self.user_id.name or _("Service window of %s", self.area_id.name or _("the office"))
        applicant = _("You") if self.env.user.share else _("The applicant")
        due = self.clock_deadline
        match self.state:
            case "draft" if self.channel not in (False, "portal"):
                return _("Not handed in yet"), clerk, False, ""
            case "draft":
                return (_("Not handed in yet"), applicant, False,
                        _("Finish the form and hand it in."))
            case "submitted":
                return _("The materials are being looked at"), clerk, due, ""
            case "correction":
                names = self.line_ids.filtered(
                    lambda line: line.correction_number == self.correction_count
                    and line.state == "rejected"
                ).mapped("name")
                # not [-1:]: a slice would be read by itself, one query for each application
                asked = self.correction_ids.filtered(
                    lambda one: one.number == self.correction_count
                )
                return (_("Materials must be corrected"), applicant, asked.deadline,
                        _("Hand in again: %s", _(", ").join(names)) if names
                        else _("Hand in the correction."))
            case "resubmitted":
                return _("The corrected materials are being looked at"), clerk, due, ""
            case "accepted" | "reviewing":
                text = (_("Accepted, waiting to be handled") if self.state == "accepted"
                        else _("Under review"))
                expected = ""
                if needs_visit(self.version_id.online) and not self.home_visit_ids.filtered(
                    lambda visit: visit.state in ("requested", "confirmed")
                ):
                    expected = _("Make an appointment and bring the originals.")
                return text, clerk, due, expected
            case "appointed":
                slot = self.appointment_id.slot_id
                return (_("Appointment made: %s", slot.place or slot.area_id.name or ""), clerk,
                        slot.start, _("Come at the time of your appointment with the originals."))
            case "onsite":
                return _("Being handled on site"), clerk, due, ""
            case "completed":
                rated = self.rating_ids.filtered("consumed")
                return (_("Completed: %s", self.result_text) if self.result_text
                        else _("Completed"), clerk, False,
                        "" if rated else _("Tell us how satisfied you are."))
            case "refused":
                return (_("Not accepted: %s", self.terminate_reason_id.name), clerk, False,
                        self.terminate_reason_id.remedy or "")
            case _:
                return (_("Terminated: %s", self.terminate_reason_id.name), clerk, False,
                        self.terminate_reason_id.remedy or "")
