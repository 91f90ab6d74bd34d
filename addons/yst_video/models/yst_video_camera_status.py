from odoo import api, fields, models
from odoo.fields import Domain


class VideoCamera(models.Model):
    """How cameras are doing: connection, latest picture, alerts, rules that are too often wrong.

    Nothing of it is stored with the camera: it changes every few seconds.
    """

    _inherit = "yst.video.camera"

    health_id = fields.Many2one(
        "yst.video.camera.health",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        bypass_search_access=True,
    )
    online = fields.Boolean(
        compute="_compute_online", search="_search_online", compute_sudo=True
    )
    last_frame_at = fields.Datetime("Last picture", related="health_id.last_frame_at")
    problem = fields.Char(compute="_compute_problem", compute_sudo=True)
    status = fields.Selection(
        [
            ("online", "Online"),
            ("offline", "Offline"),
            ("maintenance", "In maintenance"),
            ("planned", "Planned"),
            ("retired", "Retired"),
        ],
        compute="_compute_status",
        compute_sudo=True,
    )
    still_at = fields.Datetime("Latest still", compute="_compute_still_at")
    open_alert_count = fields.Integer("Alerts to judge", compute="_compute_alert_counts")
    alert_count = fields.Integer("Alerts", compute="_compute_alert_counts")
    health_since = fields.Datetime("Since", related="health_id.since")
    health_codec = fields.Char("Codec", related="health_id.codec")
    health_size = fields.Char("Picture", compute="_compute_health_words", compute_sudo=True)
    health_keyframe = fields.Char("Key frames", compute="_compute_health_words", compute_sudo=True)
    health_bridge = fields.Char(
        "Bridge",
        related="health_id.bridge_id.name",
        groups="yst_video.group_video_operator",
    )
    noisy_rule_count = fields.Integer(
        "Rules too often wrong", compute="_compute_noisy_rule_count"
    )

    @api.depends("health_id.problem", "state")
    @api.depends_context("lang")
    def _compute_problem(self):
        """What the bridge says is wrong, in words; what it says anew is shown as it is."""
        words = {
            "connecting": self.env._("connecting"),
            "restarting": self.env._("the bridge is restarting"),
            "unreachable": self.env._("cannot be reached"),
            "timeout": self.env._("does not answer"),
            "auth": self.env._("account or password is refused"),
            "not found": self.env._("no such address on the camera"),
            "busy": self.env._("refuses further viewers"),
            "closed": self.env._("closed the connection"),
            "silent": self.env._("sends nothing"),
            "no key frame": self.env._("sends no key frames"),
            "no video": self.env._("sends no video"),
            "codec": self.env._("sends a format that cannot be read"),
            "undecodable": self.env._("pictures cannot be decoded"),
            "garbage": self.env._("sends garbage"),
            "protocol": self.env._("does not keep to RTSP"),
            "redirected": self.env._("redirects elsewhere"),
            "transport": self.env._("refuses this way of transport"),
            "address": self.env._("the address cannot be used"),
        }
        for camera in self:
            problem = camera.health_id.problem
            shown = problem and camera.state in ("active", "maintenance")
            camera.problem = words.get(problem, problem) if shown else False

    @api.depends("health_id")
    def _compute_health_words(self):
        for camera in self:
            health = camera.health_id
            camera.health_size = health.width and f"{health.width} × {health.height}"
            camera.health_keyframe = health.keyframe_seconds and self.env._(
                "every %(seconds)s s, %(size)s KB",
                seconds=f"{health.keyframe_seconds:.1f}",
                size=f"{health.keyframe_kb:.0f}",
            )

    @api.depends("health_id.online", "health_id.lease_until")
    def _compute_online(self):
        """Online only while a bridge holds it: what a dead bridge said last does not count."""
        now = fields.Datetime.now()
        for camera in self:
            health = camera.health_id
            held = health.lease_until and health.lease_until >= now
            camera.online = bool(held and health.online)

    @api.model
    def _search_online(self, operator, value):
        if operator not in ("in", "="):
            return NotImplemented
        wanted = set(value) if operator == "in" else {value}
        if len({bool(item) for item in wanted}) != 1:
            return Domain.TRUE if wanted else Domain.FALSE
        online = Domain("health_id.online", "=", True) & Domain(
            "health_id.lease_until", ">=", fields.Datetime.now()
        )
        return online if True in wanted else ~online

    @api.depends("state", "online")
    def _compute_status(self):
        for camera in self:
            active = camera.state == "active"
            camera.status = (
                ("online" if camera.online else "offline") if active else camera.state
            )

    def _compute_still_at(self):
        taken = dict(
            self.env["yst.video.still"]
            .sudo()
            ._read_group([("camera_id", "in", self.ids)], ["camera_id"], ["taken_at:max"])
        )
        for camera in self:
            camera.still_at = taken.get(camera._origin, False)

    def _compute_alert_counts(self):
        rows = self.env["yst.video.alert"]._read_group(
            [("camera_id", "in", self.ids)], ["camera_id", "judgement"], ["__count"]
        )
        total, waiting = {}, {}
        for camera, judgement, count in rows:
            total[camera.id] = total.get(camera.id, 0) + count
            if judgement == "pending":
                waiting[camera.id] = count
        for camera in self:
            camera.alert_count = total.get(camera.id, 0)
            camera.open_alert_count = waiting.get(camera.id, 0)

    def _compute_noisy_rule_count(self):
        rules = self.with_context(active_test=True).mapped("rule_ids")
        noisy = rules.filtered("noisy").grouped("camera_id")
        for camera in self:
            camera.noisy_rule_count = len(noisy.get(camera._origin, ()))
