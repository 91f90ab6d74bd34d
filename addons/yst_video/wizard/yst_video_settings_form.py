from odoo import api, fields, models

from ..models.yst_video_settings import NUMBERS, TEXTS


class VideoSettingsForm(models.TransientModel):
    """The video settings (视频设置), for the video manager and for the administrator.

    The only form of them: the general settings, which need an administrator, lead to it.
    """

    _name = "yst.video.settings.form"
    _description = "Video settings"

    gateway_url = fields.Char(
        "Live view address",
        help="Address of the media gateway, with {code} where the camera's code or path goes, "
        "such as https://video.example.com/{code}/index.m3u8",
    )
    retention_days = fields.Integer("Pictures are kept for (days)")
    still_interval = fields.Integer("A still every (seconds)")
    clip_seconds = fields.Integer(
        "Clip of an alert (seconds)",
        help="How long the bridge goes on recording when an alert opens; 0 for no clips.",
    )
    correlation_minutes = fields.Integer("Alerts of the same kind within (minutes)")
    correlation_metres = fields.Integer("and within (metres)")
    noisy_min_judged = fields.Integer("A rule is watched from (judged alerts)")
    noisy_percent = fields.Integer("and is too often wrong above (% false)")
    tile_url = fields.Char(
        "Map tiles",
        help="Address of a tile server with {z}, {x} and {y}. Without one, areas and cameras "
        "stand on a plain ground and no page asks another host.",
    )
    tile_copyright = fields.Char("Source of the map")
    tile_datum = fields.Selection(
        [
            ("wgs84", "WGS-84 or CGCS2000 (Tianditu)"),
            ("gcj02", "GCJ-02 (AMap, Tencent)"),
        ],
        "Coordinates of the tiles",
    )

    @api.model
    def default_get(self, fields):
        """What is set now."""
        settings = self.env["yst.video.settings"].video_settings()
        found = {name: value for name, value in settings.items() if name in fields}
        return {**super().default_get(fields), **found}

    @api.constrains(*NUMBERS, "gateway_url", "tile_url")
    def _check_settings(self):
        for form in self:
            self.env["yst.video.settings"]._check(form._given(), form._labels())

    def action_apply(self):
        """Store what was entered.

        :raise AccessError: the user is neither video manager nor administrator
        """
        self.ensure_one()
        before = self.env["yst.video.settings"].video_settings()  # checks the right
        given = self._given()
        self.env["yst.video.settings"]._check(given, self._labels())
        self.env["yst.video.settings"]._set(
            {name: value for name, value in given.items() if value != before[name]}
        )
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _given(self):
        return {
            **{name: self[name] for name in NUMBERS},
            **{name: (self[name] or "").strip() for name in TEXTS},
        }

    def _labels(self):
        return {name: self._fields[name]._description_string(self.env) for name in NUMBERS}
