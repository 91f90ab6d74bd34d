from datetime import timedelta
from urllib.parse import quote

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from odoo.addons.yst_base import limits
from odoo.addons.yst_base.models.yst_state_mixin import state_field

from .. import gb28181

KINDS = [
    ("security", "Public order"),
    ("sanitation", "Sanitation"),
    ("petition", "Petitions and stability"),
    ("flood", "Flood warning"),
]
FILING_DAYS = 30
#: written by actions and by the server alone
ACTION_FIELDS = frozenset(
    {
        "health_id",
        "install_token",
        "installed_at",
        "maintenance_reason",
        "maintenance_since",
        "filing_changed_on",
        "filing_due",
        "has_stream",
        "source",
    }
)


class VideoCamera(models.Model):
    """Camera in a public place (摄像头): where it stands, what it sees, what is looked for.

    Positions are WGS-84, headings degrees clockwise from north. Public cameras carry a sign, and
    are filed with the police within 30 days of use and of a change
    (公共安全视频图像信息系统管理条例, 14).
    """

    _name = "yst.video.camera"
    _description = "Camera"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "yst.area.mixin",
        "yst.state.mixin",
        "yst.video.revision.mixin",
    ]
    _order = "area_id, name, id"
    _rec_names_search = ["name", "gb_code"]

    _bridge_fields = frozenset({"name", "gb_code", "pixelate", "state"})

    name = fields.Char(required=True, index="trigram", tracking=True)
    gb_code = fields.Char(
        "National code",
        required=True,
        copy=False,
        tracking=True,
        help="GB/T 28181, 20 digits: area 8, trade 2, type 3, network 1, serial number 6.",
    )
    area_id = fields.Many2one(required=True, tracking=True)
    kind = fields.Selection(KINDS, required=True, default="security", index=True, tracking=True)
    place = fields.Char(help="Where it hangs, in words: crossing, pole, floor.")
    latitude = fields.Float(digits=(9, 6), help="WGS-84, degrees north")
    longitude = fields.Float(digits=(9, 6), help="WGS-84, degrees east")
    has_position = fields.Boolean(compute="_compute_has_position")
    heading = fields.Integer("Looks towards", help="Degrees clockwise from north, 0 to 359.")
    view_angle = fields.Integer(default=90, help="Degrees from the left to the right edge.")
    group_ids = fields.Many2many(
        "yst.video.camera.group", "yst_video_camera_group_rel", "camera_id", "group_id", "Groups"
    )
    state = state_field(
        [
            ("planned", "Planned"),
            ("active", "In use"),
            ("maintenance", "In maintenance"),
            ("retired", "Retired"),
        ]
    )
    note = fields.Text()
    source = fields.Char(readonly=True, copy=False, help="Where the record came from.")

    stream_ids = fields.One2many(
        "yst.video.stream", "camera_id", "Streams", groups="yst_video.group_video_manager"
    )
    stream_id = fields.Many2one(
        "yst.video.stream",
        compute="_compute_stream_id",
        inverse="_inverse_stream_id",
        search="_search_stream_id",
        groups="yst_video.group_video_manager",
    )
    has_stream = fields.Boolean(
        "Stream bound", compute="_compute_has_stream", store=True, compute_sudo=True
    )
    gateway_path = fields.Char(
        groups="yst_video.group_video_manager",
        help="Name of the camera at the media gateway; by default its national code.",
    )
    live_url = fields.Char(
        "Live view", compute="_compute_live_url", groups="yst_video.group_video_operator"
    )
    pixelate = fields.Boolean(
        "Pixelate people", help="The bridge makes people unrecognisable before a picture is kept."
    )

    zone_ids = fields.One2many("yst.video.zone", "camera_id", "Zones")
    rule_ids = fields.One2many(
        "yst.video.rule", "camera_id", "Rules", context={"active_test": False}
    )
    rule_count = fields.Integer("Rules in force", compute="_compute_rule_count")

    maintenance_reason = fields.Char(readonly=True, copy=False, tracking=True)
    maintenance_since = fields.Datetime(readonly=True, copy=False)
    installed_at = fields.Datetime(readonly=True, copy=False)
    install_token = fields.Char(
        readonly=True, copy=False, groups="yst_video.group_video_manager", exportable=False
    )
    sign_posted = fields.Boolean(
        "Sign posted", copy=False, tracking=True, help="Public cameras are made known by a sign."
    )
    filed_with_police_at = fields.Date("Filed with the police on", copy=False, tracking=True)
    filing_number = fields.Char(copy=False, tracking=True)
    filing_changed_on = fields.Date(
        "Moved on", readonly=True, copy=False, help="A change is filed as well."
    )
    filing_due = fields.Date(
        "To be filed by", compute="_compute_filing_due", store=True, index="btree_not_null"
    )

    _gb_code_uniq = models.UniqueIndex("(gb_code)", "Another camera already has this code.")
    _install_token_uniq = models.UniqueIndex(
        "(install_token) WHERE install_token IS NOT NULL", "This card is used already."
    )
    _area_state_idx = models.Index("(area_id, state)")
    _position_on_earth = models.Constraint(
        "CHECK (abs(coalesce(latitude, 0)) <= 90 AND abs(coalesce(longitude, 0)) <= 180)",
        "A latitude lies between -90 and 90 degrees, a longitude between -180 and 180.",
    )
    _heading_in_circle = models.Constraint(
        "CHECK (heading IS NULL OR heading BETWEEN 0 AND 359)",
        "A direction lies between 0 and 359 degrees.",
    )
    _view_angle_in_circle = models.Constraint(
        "CHECK (view_angle IS NULL OR view_angle BETWEEN 1 AND 360)",
        "An angle of view lies between 1 and 360 degrees.",
    )

    # -- computed ------------------------------------------------------------------------------

    @api.depends("latitude", "longitude")
    def _compute_has_position(self):
        for camera in self:
            camera.has_position = bool(camera.latitude or camera.longitude)

    @api.depends("stream_ids")
    def _compute_stream_id(self):
        for camera in self:
            camera.stream_id = camera.stream_ids[:1]

    def _inverse_stream_id(self):
        for camera in self:
            stream = camera.stream_id
            (camera.stream_ids - stream).camera_id = False
            if stream.camera_id != camera:
                stream.camera_id = camera

    @api.model
    def _search_stream_id(self, operator, value):
        self._check_field_access(self._fields["stream_id"], "read")
        return Domain("stream_ids", operator, value)

    @api.depends("stream_ids.camera_id")
    def _compute_has_stream(self):
        bound = self.env["yst.video.stream"]._read_group(
            [("camera_id", "in", self.ids)], ["camera_id"]
        )
        ids = {camera.id for (camera,) in bound}
        for camera in self:
            camera.has_stream = camera.id in ids

    @api.depends("gateway_path", "gb_code")
    def _compute_live_url(self):
        template = self.env["yst.video.settings"]._get()["gateway_url"]
        for camera in self.sudo():
            code = quote(camera.gateway_path or camera.gb_code or "", safe="/")
            camera.live_url = template.replace("{code}", code) if template else False

    @api.depends("rule_ids.active")
    def _compute_rule_count(self):
        counts = dict(
            self.env["yst.video.rule"]._read_group(
                [("camera_id", "in", self.ids)], ["camera_id"], ["__count"]
            )
        )
        for camera in self:
            camera.rule_count = counts.get(camera._origin, 0)

    @api.depends("installed_at", "filed_with_police_at", "filing_changed_on", "state")
    def _compute_filing_due(self):
        """30 days from use, and again from a change; nothing is due once filed."""
        for camera in self:
            begins = camera.filing_changed_on or (
                camera.installed_at and limits.to_local(camera.installed_at).date()
            )
            filed = camera.filed_with_police_at
            done = filed and (not camera.filing_changed_on or filed >= camera.filing_changed_on)
            running = camera.state in ("active", "maintenance")
            camera.filing_due = (
                begins + timedelta(days=FILING_DAYS) if begins and running and not done else False
            )

    # -- checks --------------------------------------------------------------------------------

    @api.constrains("gb_code", "area_id")
    def _check_gb_code(self):
        for camera in self:
            try:
                gb28181.check(camera.gb_code, camera.area_id.code)
            except gb28181.CodeError as error:
                message = f"{camera.name}: {self._gb_code_message(error)}"
                raise ValidationError(message)

    def _gb_code_message(self, error):
        """Say in the user's language what is wrong with a national code."""
        messages = {
            "missing": self.env._("the national code is missing."),
            "digits": self.env._("the national code has digits only."),
            "length": self.env._(
                "the national code has 20 digits (area 8, trade 2, type 3, network 1, serial "
                "number 6); this one has %s.",
                error.detail,
            ),
            "province": self.env._("no province has the code %s.", error.detail),
            "type": self.env._(
                "digits 11 to 13 (%s) are not the type of a camera: 131 camera, 132 network "
                "camera, 111 DVR, 112 video server, 113 encoder, 118 NVR.",
                error.detail,
            ),
            "serial": self.env._("the serial number (last 6 digits) cannot be zero."),
            "area": self.env._(
                "the code begins with %s, which is not the county of its area.", error.detail
            ),
        }
        return messages[error.code]

    # -- CRUD ----------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            self._refuse_action_fields(vals_list)
        cameras = super().create(
            [{**vals, "gb_code": (vals.get("gb_code") or "").strip()} for vals in vals_list]
        )
        rows = self.env["yst.video.camera.health"].sudo().create(
            [{"camera_id": camera.id} for camera in cameras]
        )
        for camera, health in zip(cameras.sudo(), rows, strict=True):
            camera.health_id = health
        return cameras

    def write(self, vals):
        if not self.env.su and not self._state_unlocked():
            self._refuse_action_fields([vals])
        if vals.get("gb_code"):
            vals = {**vals, "gb_code": vals["gb_code"].strip()}
        moved = self._moved_when_filed(vals)
        result = super().write(vals)
        if moved:
            moved.sudo().filing_changed_on = self.env["yst.calendar.day"]._today()
        if vals.get("filed_with_police_at"):
            self.sudo().activity_feedback(["yst_video.activity_filing"])
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_planned_only(self):
        if any(camera.state != "planned" for camera in self):
            raise UserError(
                self.env._("A camera that was in use is retired, not deleted: its record is kept.")
            )

    def _refuse_action_fields(self, vals_list):
        refused = ACTION_FIELDS.intersection(*[set().union(*vals_list)])
        if refused:
            raise AccessError(
                self.env._("These are written by the actions alone: %s", ", ".join(sorted(refused)))
            )

    def _moved_when_filed(self, vals):
        """Filed cameras whose place or direction these values change."""
        names = [n for n in ("area_id", "latitude", "longitude", "heading") if n in vals]
        if not names:
            return self.browse()
        return self.filtered(
            lambda camera: camera.filed_with_police_at
            and any(
                self._fields[name].convert_to_cache(vals[name], camera, validate=False)
                != self._fields[name].convert_to_cache(camera[name], camera, validate=False)
                for name in names
            )
        )

    def _bridge_sees(self):
        return any(camera.state in ("active", "maintenance") for camera in self)
