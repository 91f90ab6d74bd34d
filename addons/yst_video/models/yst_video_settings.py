from odoo import api, models
from odoo.exceptions import AccessError, ValidationError

#: name: (key of the parameter, default, least, most); numbers only. The form has their words.
NUMBERS = {
    "retention_days": ("yst_video.retention_days", 30, 30, 3650),
    "still_interval": ("yst_video.still_interval", 300, 10, 86400),
    "clip_seconds": ("yst_video.clip_seconds", 10, 0, 60),
    "correlation_minutes": ("yst_video.correlation_minutes", 10, 0, 1440),
    "correlation_metres": ("yst_video.correlation_metres", 150, 0, 5000),
    "noisy_min_judged": ("yst_video.noisy_min_judged", 10, 1, 1000),
    "noisy_percent": ("yst_video.noisy_percent", 40, 1, 100),
}
TEXTS = {
    "gateway_url": "yst_video.gateway_url",
    "tile_datum": "yst_video.tile_datum",
    "tile_url": "leaflet.tile_url",
    "tile_copyright": "yst_video.tile_copyright",
}


class VideoSettings(models.AbstractModel):
    """Settings of the video part (视频设置), with their limits applied.

    Recordings of public cameras are kept for at least 30 days (公共安全视频图像信息系统管理条例,
    17), so a shorter retention cannot be set.
    """

    _name = "yst.video.settings"
    _description = "Settings of the Video Part"

    @api.model
    def _get(self):
        """All settings by name: numbers as int within their limits, texts ("" when unset)."""
        parameters = self.env["ir.config_parameter"].sudo()
        values = {}
        for name, (key, default, least, most) in NUMBERS.items():
            try:
                number = int(parameters.get_param(key, default))
            except ValueError:
                number = default
            values[name] = min(max(number, least), most)
        for name, key in TEXTS.items():
            text = parameters.get_param(key) or ""
            values[name] = "" if text == "False" else text.strip()
        if values["tile_datum"] not in ("wgs84", "gcj02"):
            values["tile_datum"] = "wgs84"
        return values

    @api.model
    def video_settings(self):
        """The settings, for those who keep the cameras, and for the administrator.

        :raise AccessError: the user is neither
        """
        user = self.env.user
        if not any(map(user.has_group, ("yst_video.group_video_manager", "base.group_system"))):
            raise AccessError(self.env._("The settings are shown to video managers."))
        return self._get()

    @api.model
    def _check(self, values, labels):
        """What may be set.

        :param dict values: settings by name
        :param dict labels: what each is called on the screen
        :raise ValidationError: a number beyond its limits, or an address that is none
        """
        for name, (_key, _default, least, most) in NUMBERS.items():
            if name in values and not least <= values[name] <= most:
                raise ValidationError(
                    self.env._(
                        "“%(setting)s” must lie between %(least)s and %(most)s.",
                        setting=labels[name],
                        least=least,
                        most=most,
                    )
                )
        for name in ("gateway_url", "tile_url"):
            address = values.get(name)
            if address and not address.startswith(("http://", "https://", "/")):
                raise ValidationError(
                    self.env._("An address begins with http:// or https://: %s", address)
                )

    @api.model
    def _set(self, values):
        """Store settings that were checked; what the bridges are told becomes a new revision."""
        before = self._get()
        parameters = self.env["ir.config_parameter"].sudo()
        for name, value in values.items():
            key = NUMBERS[name][0] if name in NUMBERS else TEXTS[name]
            # a number that is 0 is set too
            parameters.set_param(key, str(value) if name in NUMBERS else value or False)
        self._tell_bridges(before)

    @api.model
    def _tell_bridges(self, before):
        after = self._get()
        told = ("retention_days", "still_interval", "clip_seconds")
        if any(before[name] != after[name] for name in told):
            self.env["yst.video.revision"].sudo()._bump()
