from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .. import geometry


class VideoZone(models.Model):
    """Part of a camera's picture (区域) that rules look at: polygon, line or gauge line (水尺).

    Points are fractions of width and height from the upper left corner. A gauge line has two
    points, and the reading in metres at each of them.
    """

    _name = "yst.video.zone"
    _description = "Zone in a Camera's Picture"
    _inherit = ["yst.video.revision.mixin"]
    _order = "camera_id, sequence, id"

    _bridge_fields = frozenset(
        {"camera_id", "name", "shape", "points", "gauge_low", "gauge_high"}
    )

    _tuning_fields = frozenset({"shape", "points", "gauge_low", "gauge_high"})

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    camera_id = fields.Many2one(
        "yst.video.camera", required=True, index=True, ondelete="cascade"
    )
    area_id = fields.Many2one(related="camera_id.area_id", store=True, index=True)
    shape = fields.Selection(
        [("polygon", "Area"), ("line", "Line"), ("gauge", "Gauge line")],
        required=True,
        default="polygon",
    )
    points = fields.Json()
    gauge_low = fields.Float("Reading at the first point (m)", digits=(8, 2))
    gauge_high = fields.Float("Reading at the second point (m)", digits=(8, 2))
    rule_ids = fields.Many2many(
        "yst.video.rule", "yst_video_rule_zone_rel", "zone_id", "rule_id", "Rules"
    )

    @api.constrains("shape", "points")
    def _check_points(self):
        for zone in self:
            try:
                geometry.check(zone.shape, zone.points)
            except geometry.ShapeError as error:
                message = f"{zone.name}: {self._points_message(error)}"
                raise ValidationError(message)

    @api.constrains("shape", "gauge_low", "gauge_high")
    def _check_gauge(self):
        for zone in self:
            if zone.shape == "gauge" and abs(zone.gauge_high - zone.gauge_low) < 0.01:
                raise ValidationError(
                    self.env._(
                        "%s: a gauge line needs two different readings, at its first and at its "
                        "second point.",
                        zone.name,
                    )
                )

    @api.constrains("camera_id", "rule_ids")
    def _check_rules_of_camera(self):
        self.rule_ids._check_zones()

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._rounded(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._rounded(vals))

    def _note_tuned(self):
        self.rule_ids._note_tuned()

    def _rounded(self, vals):
        """The values with points to four places; what makes no points is left to the check."""
        try:
            points = [[round(float(x), 4), round(float(y), 4)] for x, y in vals["points"]]
        except (KeyError, TypeError, ValueError):
            return vals
        return {**vals, "points": points}

    def _bridge_sees(self):
        return self.camera_id._bridge_sees()

    def _points_message(self, error):
        messages = {
            "shape": self.env._("choose what it is first."),
            "points": self.env._("its points are missing or are no points."),
            "number": self.env._(
                "an area needs at least 3 points, a line 2, a gauge line exactly 2; "
                "none may have more than %s.",
                geometry.MAX_POINTS,
            ),
            "outside": self.env._("a point lies outside the picture."),
            "small": self.env._("it is too small to see anything in."),
            "crossing": self.env._("its sides cross each other."),
        }
        return messages[error.code]
