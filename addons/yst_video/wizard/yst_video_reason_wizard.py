from odoo import api, fields, models
from odoo.exceptions import UserError

#: Action → model that it is taken on.
MODELS = {
    "action_judge_false": "yst.video.alert",
    "action_approve": "yst.video.footage.request",
    "action_refuse": "yst.video.footage.request",
    "action_hand_out": "yst.video.footage.request",
    "action_return": "yst.video.footage.request",
}


class VideoReasonWizard(models.TransientModel):
    """Asks for what an action needs (reason, receiver, how it ended) and then takes it."""

    _name = "yst.video.reason.wizard"
    _description = "Give a Reason"

    action = fields.Selection(
        [
            ("action_judge_false", "False alert"),
            ("action_approve", "Approve"),
            ("action_refuse", "Refuse"),
            ("action_hand_out", "Hand out"),
            ("action_return", "Returned or destroyed"),
        ],
        required=True,
    )
    alert_ids = fields.Many2many("yst.video.alert")
    footage_ids = fields.Many2many("yst.video.footage.request")
    reason_id = fields.Many2one("yst.video.false.reason", "Why it is false")
    note = fields.Char("In words")
    receiver_name = fields.Char("Received by")
    receiver_unit = fields.Char("Unit of the receiver")
    how = fields.Selection(
        [("returned", "Returned"), ("destroyed", "Destroyed"), ("not_left", "Only looked at")],
        "How it ended",
    )

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        target = {
            "yst.video.alert": "alert_ids",
            "yst.video.footage.request": "footage_ids",
        }.get(self.env.context.get("active_model"))
        if target:
            values[target] = [fields.Command.set(self.env.context.get("active_ids") or [])]
        return values

    def action_apply(self):
        """Take the action.

        :raise UserError: something it needs is missing
        """
        self.ensure_one()
        records = (
            self.alert_ids if MODELS[self.action] == "yst.video.alert" else self.footage_ids
        )
        if not records:
            raise UserError(self.env._("Nothing was chosen."))
        if self.action == "action_judge_false":
            if not self.reason_id:
                raise UserError(self.env._("Choose why it is a false alert."))
            records.action_judge_false(self.reason_id, self.note)
        elif self.action == "action_hand_out":
            records.action_hand_out(self.receiver_name, self.receiver_unit)
        elif self.action == "action_return":
            records.action_return(self.how, self.note)
        else:
            getattr(records, self.action)(self.note)
        return {"type": "ir.actions.act_window_close"}
