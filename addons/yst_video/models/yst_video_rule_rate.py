from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

RATE_DAYS = 30
"""How far back judged alerts are counted at most: what a rule did in another season is past."""


class VideoRule(models.Model):
    """How often a rule was wrong (误报率): of the alerts since its detection values last changed.

    What counts as changed is what decides what it finds: kind, threshold, duration, score, further
    parameters, its zones and their shape, its hours.
    """

    _inherit = "yst.video.rule"

    _tuning_fields = frozenset(
        {"camera_id", "kind", "zone_ids", "threshold", "duration", "min_score", "params"}
    )

    tuned_at = fields.Datetime(
        "Values last changed",
        readonly=True,
        copy=False,
        help="Threshold, duration, score, parameters, zones or hours.",
    )
    alert_count = fields.Integer("Alerts", compute="_compute_stats", compute_sudo=True)
    stats_since = fields.Datetime(
        "Counted since",
        compute="_compute_stats",
        compute_sudo=True,
        help="Since the rule's values last changed, and for 30 days at most.",
    )
    judged_count = fields.Integer("Judged", compute="_compute_stats", compute_sudo=True)
    false_count = fields.Integer("False", compute="_compute_stats", compute_sudo=True)
    false_rate = fields.Float("False (%)", compute="_compute_stats", compute_sudo=True)
    noisy = fields.Boolean(
        "Too often wrong", compute="_compute_stats", search="_search_noisy", compute_sudo=True
    )

    @api.model_create_multi
    def create(self, vals_list):
        now = fields.Datetime.now()
        return super().create([{**vals, "tuned_at": now} for vals in vals_list])

    def write(self, vals):
        # the moment is noted, not entered
        return super().write({name: value for name, value in vals.items() if name != "tuned_at"})

    def _note_tuned(self):
        """These rules find something else from now on."""
        rules = self.sudo()
        super(VideoRule, rules).write({"tuned_at": fields.Datetime.now()})

    def _compute_stats(self):
        """Counted from the alerts in one query, whoever may see them."""
        counts = self._judged(SQL("r.id = ANY(%s)", self.ids), all_alerts=True)
        settings = self.env["yst.video.settings"]._get()
        earliest = self._counted_from()
        for rule in self:
            total, true, false = counts.get(rule.id, (0, 0, 0))
            judged = true + false
            rule.alert_count = total
            rule.stats_since = max(rule.tuned_at or earliest, earliest)
            rule.judged_count = judged
            rule.false_count = false
            rule.false_rate = 100 * false / judged if judged else 0.0
            rule.noisy = is_noisy(judged, false, settings)

    @api.model
    def _search_noisy(self, operator, value):
        if operator not in ("in", "="):
            return NotImplemented
        wanted = {bool(item) for item in value} if operator == "in" else {bool(value)}
        settings = self.env["yst.video.settings"]._get()
        noisy = [
            rule
            for rule, (_total, true, false) in self._judged(SQL("TRUE")).items()
            if is_noisy(true + false, false, settings)
        ]
        domain = Domain.FALSE
        if True in wanted:
            domain |= Domain("id", "in", noisy)
        if False in wanted:
            domain |= Domain("id", "not in", noisy)
        return domain

    @api.model
    def _judged(self, condition, all_alerts=False):
        """{rule id: (alerts, judged true, judged false)}; the latter two of those that count.

        :param SQL condition: which rules
        :param bool all_alerts: count those too that lie further back, or are not judged
        """
        self.flush_model(["tuned_at"])
        self.env["yst.video.alert"].flush_model(["rule_id", "judgement", "started_at"])
        since = SQL("a.started_at >= GREATEST(r.tuned_at, %s)", self._counted_from())
        judged = SQL("%s AND a.judgement IN ('true', 'false')", since)
        rows = self.env.execute_query(
            SQL(
                """SELECT r.id, COUNT(*),
                          COUNT(*) FILTER (WHERE a.judgement = 'true' AND %(since)s),
                          COUNT(*) FILTER (WHERE a.judgement = 'false' AND %(since)s)
                     FROM yst_video_alert a JOIN yst_video_rule r ON r.id = a.rule_id
                    WHERE %(condition)s AND %(judged)s
                 GROUP BY r.id""",
                since=since,
                condition=condition,
                judged=SQL("TRUE") if all_alerts else judged,
            )
        )
        return {rule: tuple(counts) for rule, *counts in rows}

    @api.model
    def _counted_from(self):
        return fields.Datetime.now() - timedelta(days=RATE_DAYS)


def is_noisy(judged, false, settings):
    """Whether a rule is wrong too often: enough judged, and more than the share false."""
    return judged >= settings["noisy_min_judged"] and (
        100 * false > settings["noisy_percent"] * judged
    )
