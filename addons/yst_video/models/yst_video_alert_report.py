from odoo import fields, models, tools

from .yst_video_alert import KINDS


class VideoAlertReport(models.Model):
    """The figures of the alerts (告警统计), one row each, for pivot and graph."""

    _name = "yst.video.alert.report"
    _description = "Alert Figures"
    _auto = False
    _rec_name = "alert_id"
    _order = "started_at desc"
    # what must be in the database before the view is read
    _depends = {
        "yst.video.alert": [
            "area_id", "camera_id", "rule_id", "kind", "judgement", "judge_reason_id",
            "judged_by", "judged_at", "started_at", "ordered_at", "order_id",
        ],
    }

    alert_id = fields.Many2one("yst.video.alert", readonly=True, string="Alert")
    area_id = fields.Many2one("yst.area", readonly=True, string="Area")
    camera_id = fields.Many2one("yst.video.camera", readonly=True, string="Camera")
    rule_id = fields.Many2one("yst.video.rule", readonly=True, string="Rule")
    kind = fields.Selection(KINDS, readonly=True)
    judge_reason_id = fields.Many2one(
        "yst.video.false.reason", readonly=True, string="Reason for a false alert"
    )
    judged_by = fields.Many2one("res.users", readonly=True)
    started_at = fields.Datetime(readonly=True, string="Started")
    alerts = fields.Integer(readonly=True)
    pending = fields.Integer(readonly=True, string="To judge")
    true_count = fields.Integer(readonly=True, string="True")
    false_count = fields.Integer(readonly=True, string="False alerts")
    false_rate = fields.Float(
        readonly=True,
        aggregator="avg",
        digits=(5, 1),
        string="False rate (%)",
        help="Of those that were judged.",
    )
    orders = fields.Integer(readonly=True, string="With an order")
    order_seconds = fields.Float(
        readonly=True,
        aggregator="avg",
        digits=(12, 1),
        string="Seconds from alert to order",
    )
    judge_seconds = fields.Float(
        readonly=True,
        aggregator="avg",
        digits=(12, 1),
        string="Seconds from alert to judgement",
    )

    @property
    def _table_query(self):
        return tools.SQL(
            """
            SELECT a.id, a.id AS alert_id, a.area_id, a.camera_id, a.rule_id, a.kind,
                   a.judge_reason_id, a.judged_by, a.started_at,
                   1 AS alerts,
                   (a.judgement = 'pending')::int AS pending,
                   (a.judgement = 'true')::int AS true_count,
                   (a.judgement = 'false')::int AS false_count,
                   CASE a.judgement WHEN 'false' THEN 100.0 WHEN 'true' THEN 0.0 END AS false_rate,
                   (a.order_id IS NOT NULL)::int AS orders,
                   EXTRACT(EPOCH FROM a.ordered_at - a.started_at) AS order_seconds,
                   EXTRACT(EPOCH FROM a.judged_at - a.started_at) AS judge_seconds
              FROM yst_video_alert a
            """
        )
