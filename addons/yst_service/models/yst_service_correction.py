from odoo import api, fields, models
from odoo.exceptions import UserError


class ServiceCorrection(models.Model):
    """A one-time correction notice (一次性补正告知): all defects at once.

    A second one can only be about what was handed in anew for the first.
    Deadline: 15 working days (setting ``yst_service.correction_days``).
    """

    _name = "yst.service.correction"
    _description = "Correction Notice"
    _order = "case_id, number"
    _rec_name = "number"

    case_id = fields.Many2one(
        "yst.service.case", required=True, readonly=True, index=True, ondelete="cascade"
    )
    number = fields.Integer(required=True, readonly=True, help="Counts within the application.")
    asked_at = fields.Datetime(required=True, readonly=True)
    asked_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    deadline = fields.Datetime(required=True, readonly=True)
    text = fields.Text(required=True, readonly=True)
    resubmitted_at = fields.Datetime(readonly=True)

    _number_uniq = models.UniqueIndex(
        "(case_id, number)", "This correction has been asked already."
    )
    _waiting_idx = models.Index("(deadline) WHERE resubmitted_at IS NULL")

    @api.depends("number", "case_id.number")
    def _compute_display_name(self):
        for correction in self:
            correction.display_name = self.env._(
                "Correction %(count)s of %(number)s",
                count=correction.number,
                number=correction.case_id.number,
            )

    def unlink(self):
        raise UserError(self.env._("A correction notice cannot be deleted."))
