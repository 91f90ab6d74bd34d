from odoo import api, fields, models

from .yst_video_settings import NUMBERS, TEXTS


class ResConfigSettings(models.TransientModel):
    """Settings of the video part (视频设置): gateway, retention, correlation, map."""

    _inherit = "res.config.settings"

    yst_video_gateway_url = fields.Char(
        "Live view address",
        config_parameter=TEXTS["gateway_url"],
        help="Address of the media gateway, with {code} where the camera's code or path goes, "
        "such as https://video.example.com/{code}/index.m3u8",
    )
    yst_video_retention_days = fields.Integer(
        "Pictures are kept for (days)",
        config_parameter=NUMBERS["retention_days"][0],
        default=NUMBERS["retention_days"][1],
    )
    yst_video_still_interval = fields.Integer(
        "A still every (seconds)",
        config_parameter=NUMBERS["still_interval"][0],
        default=NUMBERS["still_interval"][1],
    )
    yst_video_correlation_minutes = fields.Integer(
        "Alerts of the same kind within (minutes)",
        config_parameter=NUMBERS["correlation_minutes"][0],
        default=NUMBERS["correlation_minutes"][1],
    )
    yst_video_correlation_metres = fields.Integer(
        "and within (metres)",
        config_parameter=NUMBERS["correlation_metres"][0],
        default=NUMBERS["correlation_metres"][1],
    )
    yst_video_noisy_min_judged = fields.Integer(
        "A rule is watched from (judged alerts)",
        config_parameter=NUMBERS["noisy_min_judged"][0],
        default=NUMBERS["noisy_min_judged"][1],
    )
    yst_video_noisy_percent = fields.Integer(
        "and is too often wrong above (% false)",
        config_parameter=NUMBERS["noisy_percent"][0],
        default=NUMBERS["noisy_percent"][1],
    )
    yst_video_tile_url = fields.Char(
        "Map tiles",
        config_parameter=TEXTS["tile_url"],
        help="Address of a tile server with {z}, {x} and {y}. Without one, areas and cameras "
        "stand on a plain ground and no page asks another host.",
    )
    yst_video_tile_copyright = fields.Char(
        "Source of the map", config_parameter=TEXTS["tile_copyright"]
    )
    yst_video_tile_datum = fields.Selection(
        [
            ("wgs84", "WGS-84 or CGCS2000 (Tianditu)"),
            ("gcj02", "GCJ-02 (AMap, Tencent)"),
        ],
        "Coordinates of the tiles",
        config_parameter=TEXTS["tile_datum"],
        default="wgs84",
    )

    @api.constrains(*(f"yst_video_{name}" for name in (*NUMBERS, "gateway_url", "tile_url")))
    def _check_yst_video(self):
        for settings in self:
            values = {name: settings[f"yst_video_{name}"] for name in (*TEXTS, *NUMBERS)}
            labels = {
                name: self._fields[f"yst_video_{name}"]._description_string(self.env)
                for name in values
            }
            self.env["yst.video.settings"]._check(values, labels)

    @api.model
    def get_values(self):
        """The map's address is “False” until it is set."""
        values = super().get_values()
        settings = self.env["yst.video.settings"]._get()
        return {
            **values,
            **{f"yst_video_{name}": settings[name] or False for name in (*TEXTS, *NUMBERS)},
        }

    def set_values(self):
        """The bridges are told retention and still interval: a change is a new revision."""
        before = self.env["yst.video.settings"]._get()
        super().set_values()
        self.env["yst.video.settings"]._tell_bridges(before)
