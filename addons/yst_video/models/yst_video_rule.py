from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .. import rule_defaults

KINDS = [
    ("crowd", "Crowd"),
    ("no_mask", "No mask"),
    ("intrusion", "Intrusion"),
    ("loitering", "Loitering"),
    ("obstruction", "Obstruction (goods, stalls, litter)"),
    ("water_level", "Water level"),
    ("tamper", "Covered or moved"),
    ("offline", "Offline"),
]
MAX_PARAMS = 30


class VideoRule(models.Model):
    """What is looked for on a camera (告警规则), when, and what follows.

    Times are seconds, scores 0 to 1. A rule without zones looks at the whole picture, one
    without hours always applies. How often it was wrong: ``yst_video_rule_rate``.
    """

    _name = "yst.video.rule"
    _description = "Alert Rule"
    _inherit = ["yst.video.revision.mixin"]
    _order = "camera_id, kind, id"

    _bridge_fields = frozenset(
        {
            "camera_id",
            "kind",
            "active",
            "zone_ids",
            "threshold",
            "duration",
            "cooldown",
            "min_score",
            "params",
        }
    )

    camera_id = fields.Many2one(
        "yst.video.camera", required=True, index=True, ondelete="cascade"
    )
    area_id = fields.Many2one(related="camera_id.area_id", store=True, index=True)
    kind = fields.Selection(KINDS, required=True, default="crowd", index=True)
    active = fields.Boolean(default=True)
    zone_ids = fields.Many2many(
        "yst.video.zone",
        "yst_video_rule_zone_rel",
        "rule_id",
        "zone_id",
        "Zones",
        domain="[('camera_id', '=', camera_id)]",
        help="Without a zone the whole picture is looked at.",
    )
    threshold = fields.Float(
        compute="_compute_defaults",
        store=True,
        readonly=False,
        precompute=True,
        digits=(8, 2),
        help="Persons; for water level metres; for obstruction percent of the picture.",
    )
    duration = fields.Integer(
        "Lasts (s)",
        compute="_compute_defaults",
        store=True,
        readonly=False,
        precompute=True,
        help="Seconds for which it has to hold before it is reported.",
    )
    cooldown = fields.Integer(
        "Then quiet for (s)",
        compute="_compute_defaults",
        store=True,
        readonly=False,
        precompute=True,
        help="Seconds after the end of an alert before the next may begin.",
    )
    min_score = fields.Float(
        "Least score",
        compute="_compute_defaults",
        store=True,
        readonly=False,
        precompute=True,
        digits=(4, 2),
    )
    params = fields.Json("Further parameters", copy=True)
    params_text = fields.Text(
        "Parameters by line",
        compute="_compute_params_text",
        inverse="_inverse_params_text",
        help="One in a line: name = number.",
    )
    kind_help = fields.Html("What it looks for", compute="_compute_kind_help")
    window_ids = fields.One2many("yst.video.rule.window", "rule_id", "Hours", copy=True)
    dispatch = fields.Selection(
        [
            ("none", "No order"),
            ("confirm", "Order once confirmed"),
            ("at_once", "Order at once"),
        ],
        "Task order",
        required=True,
        default="confirm",
    )
    category_id = fields.Many2one(
        "yst.order.category",
        "Category of the order",
        compute="_compute_defaults",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
    )
    urgency = fields.Selection(
        [("urgent", "Urgent"), ("ordinary", "Ordinary"), ("complex", "Complex")],
        compute="_compute_defaults",
        store=True,
        readonly=False,
        precompute=True,
    )

    _times_not_negative = models.Constraint(
        "CHECK (threshold >= 0 AND duration >= 0 AND cooldown >= 0)",
        "Thresholds and times cannot be negative.",
    )
    _times_within_a_day = models.Constraint(
        "CHECK (duration <= 86400 AND cooldown <= 86400)", "A day (86,400 s) is the longest time."
    )
    _score_is_a_share = models.Constraint(
        "CHECK (min_score >= 0 AND min_score <= 1)", "A score lies between 0 and 1."
    )

    @api.depends("kind")
    def _compute_defaults(self):
        """What the kind wants, until somebody says otherwise."""
        for kind, rules in self.filtered("kind").grouped("kind").items():
            defaults = self._defaults_for(kind)
            for rule in rules:
                rule.update(defaults)

    @api.model
    def _defaults_for(self, kind):
        """Starting values of a kind by field name."""
        found = rule_defaults.defaults_for(kind)
        return {
            "threshold": found.threshold,
            "duration": found.duration,
            "cooldown": found.cooldown,
            "min_score": found.min_score,
            "urgency": found.urgency,
            "category_id": self._default_category(kind),
        }

    @api.model
    def _default_category(self, kind):
        """The category of orders from a kind, found by its code, as the office may rename it;
        where it is not used any more, the one for all else."""
        wanted = rule_defaults.defaults_for(kind).category
        found = self.env["yst.order.category"].sudo().search([("code", "in", [wanted, "other"])])
        found = found.filtered(lambda category: category.code == wanted) or found
        return found.with_env(self.env)

    @api.depends("params")
    def _compute_params_text(self):
        for rule in self:
            rule.params_text = "\n".join(
                f"{name} = {number:g}" for name, number in sorted((rule.params or {}).items())
            )

    def _inverse_params_text(self):
        for rule in self:
            try:
                rule.params = rule_defaults.read_params(rule.params_text or "")
            except ValueError as error:
                raise ValidationError(
                    self.env._("“%s” is no parameter: write name = number.", error)
                )

    @api.depends("kind")
    @api.depends_context("lang")
    def _compute_kind_help(self):
        for rule in self:
            rule.kind_help = rule._kind_help()

    @api.depends("kind", "zone_ids.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for rule in self:
            zones = "、".join(rule.zone_ids.mapped("name"))
            label = labels.get(rule.kind, "")
            rule.display_name = f"{label}（{zones}）" if zones else label

    @api.constrains("zone_ids", "camera_id")
    def _check_zones(self):
        for rule in self:
            if rule.zone_ids.camera_id - rule.camera_id:
                raise ValidationError(
                    self.env._("The zones of a rule are those of its own camera.")
                )

    @api.constrains("kind", "zone_ids", "active")
    def _check_zone_shapes(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for rule in self.filtered("active"):
            wanted = rule_defaults.defaults_for(rule.kind).zones
            if not wanted:
                continue
            if not any(zone.shape in wanted for zone in rule.zone_ids):
                raise ValidationError(
                    self.env._(
                        "“%(kind)s” needs a zone: draw %(shape)s on the camera's picture and "
                        "choose it here.",
                        kind=labels[rule.kind],
                        shape=self.env._("a gauge line")
                        if "gauge" in wanted
                        else self.env._("an area"),
                    )
                )

    @api.constrains("params")
    def _check_params(self):
        for rule in self:
            params = rule.params or {}
            if not isinstance(params, dict) or len(params) > MAX_PARAMS or not all(
                isinstance(key, str)
                and isinstance(value, (int, float))
                and not isinstance(value, bool)
                for key, value in params.items()
            ):
                raise ValidationError(
                    self.env._("Further parameters are names with a number each.")
                )

    def action_open_alerts(self):
        """The alerts that the rule caused."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("yst_video.action_alert")
        return {**action, "domain": [("rule_id", "=", self.id)], "context": {}}

    def action_switch_on(self):
        """Let the rules apply."""
        self.write({"active": True})

    def action_switch_off(self):
        """Let the rules rest."""
        self.write({"active": False})

    def _bridge_sees(self):
        return self.camera_id._bridge_sees()
