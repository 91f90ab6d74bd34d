from odoo import api, fields, models
from odoo.exceptions import UserError

#: Step → model and method.
STEPS = {
    "video_judge_false": ("yst.video.alert", "action_judge_false"),
    "video_approve": ("yst.video.footage.request", "action_approve"),
    "video_refuse": ("yst.video.footage.request", "action_refuse"),
    "video_hand_out": ("yst.video.footage.request", "action_hand_out"),
    "video_return": ("yst.video.footage.request", "action_return"),
}


class ReasonWizard(models.TransientModel):
    """Steps of alerts and footage requests: why it is false, who receives it, how it ended."""

    _inherit = "yst.reason.wizard"

    step = fields.Selection(
        selection_add=[
            ("video_judge_false", "False alert"),
            ("video_approve", "Approve"),
            ("video_refuse", "Refuse"),
            ("video_hand_out", "Hand out"),
            ("video_return", "Returned or destroyed"),
        ],
        ondelete=dict.fromkeys(STEPS, "cascade"),
    )
    false_reason_id = fields.Many2one("yst.video.false.reason", "Why it is false")
    receiver_name = fields.Char("Received by")
    receiver_unit = fields.Char("Unit of the receiver")
    how = fields.Selection(
        [("returned", "Returned"), ("destroyed", "Destroyed"), ("not_left", "Only looked at")],
        "How it ended",
    )

    @api.model
    def _targets(self):
        return super()._targets() | STEPS

    def _arguments(self):
        """:raises UserError: an alert is judged false without a reason"""
        if self.step == "video_judge_false":
            if not self.false_reason_id:
                raise UserError(self.env._("Choose why it is a false alert."))
            return self.false_reason_id, self.note
        if self.step == "video_hand_out":
            return self.receiver_name, self.receiver_unit
        if self.step == "video_return":
            return self.how, self.note
        return super()._arguments()
