from odoo import fields, models
from odoo.exceptions import AccessError, UserError


class YstVideoAlert(models.Model):
    """Judging alerts (研判): true, or false and why."""

    _inherit = "yst.video.alert"

    # -- CRUD ----------------------------------------------------------------------------------

    def write(self, vals):
        if not self.env.su and not self._state_unlocked():
            raise AccessError(
                self.env._("An alert is the record of what was seen; it is judged, not edited.")
            )
        return super().write(vals)

    # -- actions -------------------------------------------------------------------------------

    def action_judge_true(self):
        """The alerts are true; those whose rule says so become task orders.

        :raise UserError: one has been judged already
        """
        self._need_operator()
        self._judge("true", {"judge_reason_id": False, "judge_note": False})
        wanted = self.sudo().filtered(
            lambda alert: not alert.order_id and alert.rule_id.dispatch in ("confirm", "at_once")
        )
        wanted.order_due = True
        wanted._try_orders(by=self.env.uid)
        return True

    def action_judge_false(self, reason=None, note=None):
        """The alerts are false.

        :param reason: ``yst.video.false.reason`` or its id
        :param str note: what else there is to say
        :raise UserError: no reason, or one has been judged already
        """
        self._need_operator()
        reason = self._false_reason(reason)
        note = (note or "").strip() if isinstance(note, str | bool | None) else None
        if note is None or len(note) > 500:
            raise UserError(self.env._("The note has at most 500 characters."))
        self._judge("false", {"judge_reason_id": reason.id, "judge_note": note or False})
        alerts = self.sudo()
        alerts.filtered("order_due").order_due = False
        label = reason.sudo().name + (f"：{note}" if note else "")
        for order in alerts.order_id.filtered(lambda one: one.state not in ("closed", "cancelled")):
            names = ", ".join((alerts & self._alerts_of(order)).mapped("display_name"))
            order._message_log(
                body=self.env._(
                    "The alert %(alert)s was judged false (%(reason)s).", alert=names, reason=label
                )
            )
        return True

    def action_reopen_judgement(self):
        """Judge again; what was said before is forgotten, an order that was made stays."""
        self._need_operator()
        self._transition(
            "pending",
            ("true", "false"),
            {
                "judge_reason_id": False,
                "judge_note": False,
                "judged_by": False,
                "judged_at": False,
            },
        )
        self.sudo().filtered(lambda alert: alert.order_due and not alert.order_id).order_due = False
        return True

    # -- helpers -------------------------------------------------------------------------------

    def _need_operator(self):
        """Only operators judge, and in their own areas.

        :raise AccessError: the user is none, or it is not their area
        """
        if not self.env.su and not self.env.user.has_group("yst_video.group_video_operator"):
            raise AccessError(self.env._("Alerts are judged by video operators."))
        self.check_access("write")

    def _judge(self, judgement, values):
        self._transition(
            judgement,
            "pending",
            {**values, "judged_by": self.env.uid, "judged_at": fields.Datetime.now()},
        )

    def _false_reason(self, reason):
        reasons = self.env["yst.video.false.reason"]
        if isinstance(reason, models.BaseModel):
            found = reason if reason._name == reasons._name else reasons
        else:
            found = reasons.browse(reason if type(reason) is int else []).exists()
        if len(found) != 1:
            raise UserError(self.env._("Choose why it is a false alert."))
        return found

    def _alerts_of(self, order):
        return self.sudo().search([("order_id", "=", order.id)])
