from odoo import api, models

from .. import stream_address

CAMERA_STATES = ("active", "maintenance")


class VideoCamera(models.Model):
    """What the bridges are told about cameras, in a constant number of statements."""

    _inherit = "yst.video.camera"

    @api.model
    def _bridge_config(self):
        """The configuration as the bridges' interface sends it.

        It holds the accounts of the cameras in the clear: for the bridges alone. Cameras in
        maintenance come without rules, planned and retired ones do not come at all; streams
        without camera are told so that a QR card can be seen in them.

        :return: dict; see ``video_bridge/openapi.yaml``
        :raise UserError: the key of the accounts is missing or does not fit
        """
        self = self.sudo().with_context(prefetch_fields=False, active_test=True, lang=None)
        settings = self.env["yst.video.settings"]._get()
        streams = self.env["yst.video.stream"].search_fetch(
            [],
            ["main_address", "sub_address", "transport", "credential_cipher", "camera_id"],
            order="id",
        )
        cameras = self.search_fetch(
            [("state", "in", CAMERA_STATES)],
            ["name", "gb_code", "state", "pixelate"],
            order="id",
        )
        zones = self._bridge_zones()
        rules = self._bridge_rules()
        sources = self._bridge_streams(streams)
        by_camera = {stream.camera_id.id: stream.id for stream in streams if stream.camera_id}
        listed = []
        for camera in cameras:
            stream_id = by_camera.get(camera.id)
            if not stream_id:
                continue
            watched = camera.state == "active"
            listed.append(
                {
                    "id": camera.id,
                    "code": camera.gb_code,
                    "name": camera.name,
                    **sources[stream_id],
                    "pixelate": camera.pixelate,
                    "state": camera.state,
                    "zones": zones.get(camera.id, []),
                    "rules": rules.get(camera.id, []) if watched else [],
                }
            )
        return {
            "revision": self.env["yst.video.revision"]._current(),
            "timezone": "Asia/Shanghai",
            "retention_days": settings["retention_days"],
            "still_interval": settings["still_interval"],
            "clip_seconds": settings["clip_seconds"],
            "cameras": listed,
            "unbound": [sources[stream.id] for stream in streams if not stream.camera_id],
        }

    @api.model
    def _bridge_streams(self, streams):
        """Address and account of each stream by id."""
        keys = None
        if any(stream.credential_cipher for stream in streams):
            keys = self.env["res.partner"]._vault()
        found = {}
        for stream in streams:
            account = streams._opened(keys, stream.credential_cipher)
            found[stream.id] = {
                "stream": stream.id,
                "main": stream_address.fill(stream.main_address, **account),
                "sub": stream_address.fill(stream.sub_address, **account)
                if stream.sub_address
                else None,
                **account,
                "transport": stream.transport,
            }
        return found

    @api.model
    def _bridge_zones(self):
        found = {}
        zones = self.env["yst.video.zone"].search_fetch(
            [("camera_id.state", "in", CAMERA_STATES)],
            ["camera_id", "name", "shape", "points", "gauge_low", "gauge_high"],
            order="id",
        )
        for zone in zones:
            gauge = [zone.gauge_low, zone.gauge_high] if zone.shape == "gauge" else None
            found.setdefault(zone.camera_id.id, []).append(
                {
                    "id": zone.id,
                    "name": zone.name,
                    "shape": zone.shape,
                    "points": zone.points,
                    "gauge": gauge,
                }
            )
        return found

    @api.model
    def _bridge_rules(self):
        watched = [("camera_id.state", "=", "active")]
        rules = self.env["yst.video.rule"].search_fetch(
            watched,
            [
                "camera_id",
                "kind",
                "zone_ids",
                "threshold",
                "duration",
                "cooldown",
                "min_score",
                "params",
            ],
            order="id",
        )
        windows = {}
        for window in self.env["yst.video.rule.window"].search_fetch(
            [("rule_id.active", "=", True), ("rule_id.camera_id.state", "=", "active")],
            order="id",
        ):
            windows.setdefault(window.rule_id.id, []).append(window._bridge_window())
        found = {}
        for rule in rules:
            found.setdefault(rule.camera_id.id, []).append(
                {
                    "id": rule.id,
                    "kind": rule.kind,
                    "zones": sorted(rule.zone_ids.ids),
                    "threshold": rule.threshold,
                    "duration": rule.duration,
                    "cooldown": rule.cooldown,
                    "min_score": rule.min_score,
                    "params": rule.params or {},
                    "windows": windows.get(rule.id, []),
                }
            )
        return found
