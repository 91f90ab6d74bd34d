from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class VideoJudgeWizard(models.TransientModel):
    """Judging alerts one after the other (研判): true, false with a reason, or later.

    J: true, K: false, L: later; 1 to 9 choose the reason. After each the next alert appears.
    """

    _name = "yst.video.judge.wizard"
    _description = "Judge Alerts"

    alert_id = fields.Many2one("yst.video.alert", required=True, readonly=True, ondelete="cascade")
    only_ids = fields.Json(readonly=True, help="Ids to choose from; empty: all that are waiting.")
    skipped_ids = fields.Json(readonly=True, help="Ids that were put off.")
    remaining = fields.Integer(readonly=True)
    kind = fields.Selection(related="alert_id.kind", related_sudo=False)
    camera_id = fields.Many2one(related="alert_id.camera_id", related_sudo=False)
    area_id = fields.Many2one(related="alert_id.area_id", related_sudo=False)
    started_at = fields.Datetime(related="alert_id.started_at", related_sudo=False)
    episode_state = fields.Selection(related="alert_id.episode_state", related_sudo=False)
    score = fields.Float(related="alert_id.score", related_sudo=False)
    figure = fields.Char(related="alert_id.figure", related_sudo=False)
    judgement = fields.Selection(related="alert_id.judgement", related_sudo=False)
    rule_id = fields.Many2one(related="alert_id.rule_id", related_sudo=False)
    rule_false_rate = fields.Float(related="alert_id.rule_false_rate", related_sudo=False)
    rule_judged = fields.Integer(related="alert_id.rule_judged", related_sudo=False)
    rule_noisy = fields.Boolean(related="alert_id.rule_noisy", related_sudo=False)
    reason_id = fields.Many2one("yst.video.false.reason", "Why it is false")
    note = fields.Char()

    @api.model_create_multi
    def create(self, vals_list):
        """What the dialog tells of an alert is for those who may read it."""
        wizards = super().create(vals_list)
        wizards._check_alerts()
        return wizards

    def write(self, vals):
        """Not another alert than one that the user may read."""
        result = super().write(vals)
        if "alert_id" in vals:
            self._check_alerts()
        return result

    def _check_alerts(self):
        if not self.alert_id.has_access("read"):
            raise AccessError(self.env._("You may judge alerts of your own areas only."))

    # ------------------------------------------------------------------ actions
    def action_true(self):
        """The alert is true; by its rule this makes the order."""
        self.alert_id.action_judge_true()
        return self._next()

    def action_false(self):
        """The alert is false, for the reason chosen.

        :raise UserError: no reason
        """
        self.ensure_one()
        if not self.reason_id:
            raise UserError(self.env._("Choose why it is a false alert."))
        self.alert_id.action_judge_false(self.reason_id, self.note)
        return self._next()

    def action_later(self):
        """Put it off; it stays among those to judge."""
        self.ensure_one()
        self.skipped_ids = [*(self.skipped_ids or []), self.alert_id.id]
        return self._next()

    def action_open_alert(self):
        """Leave the dialog for the alert's own form."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "yst.video.alert",
            "res_id": self.alert_id.id,
            "views": [(False, "form")],
        }

    # ------------------------------------------------------------------ helpers
    @api.model
    def _open(self, only=None, skipped=()):
        """The dialog on the next alert, or word that none is left."""
        alerts = self.env["yst.video.alert"]
        domain = alerts._to_judge()
        if only:
            domain &= fields.Domain("id", "in", only.ids)
        count = alerts.search_count(domain)
        if skipped:
            domain &= fields.Domain("id", "not in", list(skipped))
        # what still goes on comes first: something can be done about it
        alert = alerts.search(domain & fields.Domain("episode_state", "=", "open"), limit=1)
        alert = alert or alerts.search(domain, limit=1)
        if not alert:
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "success",
                    "message": self.env._("No more alerts are waiting here to be judged."),
                    "next": {"type": "ir.actions.act_window_close"},
                },
            }
        wizard = self.create(
            [{
                "alert_id": alert.id,
                "only_ids": only.ids if only else False,
                "skipped_ids": list(skipped),
                "remaining": count,
            }]
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Judge alerts"),
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def _next(self):
        self.ensure_one()
        only = self.env["yst.video.alert"].browse(self.only_ids or [])
        return self._open(only, self.skipped_ids or [])
