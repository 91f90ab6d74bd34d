import json

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

from odoo.addons.yst_base import vault

from .. import stream_address

PURPOSE = "camera"
#: stored by _set_credentials alone, whoever asks
PROTECTED = frozenset({"credential_cipher", "credentials_set"})
WRITE_ONLY = ("username", "password")


class BindError(Exception):
    """A QR card that was seen binds nothing: ``code`` is token (unknown or used), stream
    (there is none of this id) or bound (the stream has a camera)."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


class VideoStream(models.Model):
    """Where a camera's video is fetched (视频流). Account and password are shown to nobody.

    User and password are encrypted under the key that lies outside the database; they go to the
    bridge alone, through ``_credentials``. An address pasted with an account in it is stored
    without. A stream without camera waits for a QR card to be held before its lens.
    """

    _name = "yst.video.stream"
    _description = "Video Stream"
    _inherit = ["yst.video.revision.mixin"]
    _order = "main_address, id"
    _rec_name = "main_address"

    _bridge_fields = frozenset(
        {"main_address", "sub_address", "transport", "camera_id", "credential_cipher"}
    )

    main_address = fields.Char(
        "Main stream",
        required=True,
        help="Such as rtsp://host:554/path. An account written into the address is taken out and "
        "kept encrypted.",
    )
    sub_address = fields.Char(
        "Sub stream", help="The smaller picture, which is analysed; without it the main one is."
    )
    transport = fields.Selection(
        [
            ("tcp", "RTSP over TCP"),
            ("udp", "RTSP over UDP"),
            ("http", "HTTP"),
            ("file", "File"),
        ],
        required=True,
        default="tcp",
    )
    username = fields.Char(
        compute="_compute_write_only",
        readonly=False,
        copy=False,
        exportable=False,
        help="Always empty when read.",
    )
    password = fields.Char(
        compute="_compute_write_only",
        readonly=False,
        copy=False,
        exportable=False,
        help="Type it to set or replace it. Always empty when read.",
    )
    credential_cipher = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    credentials_set = fields.Boolean("Account stored", readonly=True, copy=False)
    camera_id = fields.Many2one(
        "yst.video.camera", copy=False, ondelete="set null", index="btree_not_null"
    )
    area_id = fields.Many2one(related="camera_id.area_id", store=True, index=True)
    note = fields.Char()

    _camera_uniq = models.UniqueIndex(
        "(camera_id) WHERE camera_id IS NOT NULL", "This camera has a stream already."
    )

    def _compute_write_only(self):
        self.username = self.password = False

    @api.depends("main_address")
    def _compute_display_name(self):
        for stream in self:
            place = stream_address.place(stream.main_address or "")
            if not stream._origin:
                stream.display_name = self.env._("New stream")
                continue
            stream.display_name = self.env._(
                "Stream %(number)s (%(host)s)", number=stream.id, host=place[1] if place else "-"
            )

    @api.constrains("main_address", "sub_address", "transport")
    def _check_transport(self):
        for stream in self:
            for address in filter(None, (stream.main_address, stream.sub_address)):
                scheme = stream_address.place(address)[0]
                if stream.transport not in stream_address.SCHEMES[scheme]:
                    raise ValidationError(
                        self.env._("An address that begins with %s: is read another way.", scheme)
                    )

    # -- CRUD ----------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self = self._without_forged_defaults()
        plain, accounts = [], []
        for vals in vals_list:
            vals, account = self._take_account(dict(vals))
            if "transport" not in vals and vals.get("main_address"):
                vals["transport"] = stream_address.default_transport(vals["main_address"])
            plain.append(vals)
            accounts.append(account)
        streams = super().create(plain)
        for stream, account in zip(streams, accounts, strict=True):
            stream._set_credentials(account)
        return streams

    def write(self, vals):
        vals, account = self._take_account(dict(vals))
        if "main_address" in vals and "transport" not in vals:
            fitting = stream_address.SCHEMES[stream_address.place(vals["main_address"])[0]]
            if any(stream.transport not in fitting for stream in self):
                vals["transport"] = fitting[0]
        if self.env.context.get("yst_video_binding") is not PROTECTED and "camera_id" in vals:
            self._check_rebinding(vals["camera_id"])
        forget = self.browse()
        if not account and {"main_address", "sub_address"} & vals.keys():
            forget = self.filtered(lambda stream: stream._leads_elsewhere(vals))
        result = super().write(vals)
        if account:
            self._set_credentials(account)
        forget._set_credentials({"username": None, "password": None})
        return result

    def copy_data(self, default=None):
        """A copy has no account: it may be pointed anywhere."""
        return [
            {key: value for key, value in vals.items() if key not in (*PROTECTED, *WRITE_ONLY)}
            for vals in super().copy_data(default=default)
        ]

    def onchange(self, values, field_names, fields_spec):
        """What was typed is not sent back."""
        result = super().onchange(values, field_names, fields_spec)
        for name in (*WRITE_ONLY, *PROTECTED):
            result.get("value", {}).pop(name, None)
        return result

    # -- account and password ------------------------------------------------------------------

    def _credentials(self):
        """Account and password of each stream, for the bridge alone.

        :return: dict of id to {"username", "password"}, both None where none is stored
        :raise UserError: the key is missing or does not fit
        """
        found = {}
        keys = None
        for stream in self.sudo():
            cipher = stream.credential_cipher
            if cipher and keys is None:
                keys = self.env["res.partner"]._vault()
            found[stream.id] = self._opened(keys, cipher)
        return found

    @api.model
    def _opened(self, keys, cipher):
        """Account and password behind a cipher; both None without one."""
        if not cipher:
            return {"username": None, "password": None}
        try:
            return json.loads(keys.decrypt(PURPOSE, cipher))
        except vault.VaultError as error:
            raise UserError(self.env["res.partner"]._vault_message(error)) from error

    def _set_credentials(self, account):
        """Encrypt what is given of account and password; what is not given stays.

        :param dict account: username, password or both; None or "" removes that one
        """
        if not account or not self:
            return
        keys = None
        known = self._credentials() if len(account) < 2 else {}
        for stream in self.sudo():
            both = {**known.get(stream.id, {"username": None, "password": None}), **account}
            both = {name: both[name] or None for name in WRITE_ONLY}
            cipher = False
            if any(both.values()):
                keys = keys or self.env["res.partner"]._vault()
                cipher = keys.encrypt(PURPOSE, json.dumps(both, ensure_ascii=False))
            if cipher or stream.credential_cipher:
                super(VideoStream, stream).write(
                    {"credential_cipher": cipher, "credentials_set": bool(cipher)}
                )

    def _take_account(self, vals):
        """The values without secrets, and the account that was among them."""
        refused = PROTECTED & vals.keys()
        if refused:
            raise AccessError(
                self.env._("Accounts of cameras are not written directly (%s).", ", ".join(refused))
            )
        account = {}
        for name in ("main_address", "sub_address"):
            if not vals.get(name):
                continue
            try:
                address = stream_address.split(vals[name])
            except stream_address.AddressError as error:
                raise ValidationError(self._address_message(error)) from None
            vals[name] = address.clean
            for key in WRITE_ONLY:
                if getattr(address, key):
                    account.setdefault(key, getattr(address, key))
        for key in WRITE_ONLY:
            typed = vals.pop(key, None)
            if typed:
                account[key] = typed
        return vals, account

    def _leads_elsewhere(self, vals):
        """Whether new addresses would send the stored password to another host."""
        names = ("main_address", "sub_address")
        known = {stream_address.place(self[name]) for name in names if self[name]}
        wanted = {stream_address.place(vals[name]) for name in names if vals.get(name)}
        return self.credentials_set and bool(wanted - known)

    def action_forget_credentials(self):
        """Remove account and password."""
        self.check_access("write")
        self._set_credentials({"username": None, "password": None})

    def _address_message(self, error):
        messages = {
            "long": self.env._("The address is too long."),
            "space": self.env._("An address holds no spaces and no line breaks."),
            "scheme": self.env._("An address begins with rtsp://, rtsps://, http:// or https://."),
            "host": self.env._("The address has no host."),
            "port": self.env._(
                "The address cannot be read. Special characters in a password (@ / : #) are "
                "typed in the password's own field."
            ),
        }
        return messages[error.code]

    def _without_forged_defaults(self):
        names = (*PROTECTED, *WRITE_ONLY, "main_address", "sub_address")
        refused = {f"default_{name}" for name in names} & self.env.context.keys()
        if not refused:
            return self
        context = {key: val for key, val in self.env.context.items() if key not in refused}
        return self.with_context(context)  # pylint: disable=context-overridden

    # -- camera --------------------------------------------------------------------------------

    def _check_rebinding(self, camera_id):
        for stream in self:
            if stream.camera_id and camera_id and stream.camera_id.id != camera_id:
                raise UserError(
                    self.env._("This stream has a camera already; take it off that one first.")
                )

    @api.model
    def _bind_token(self, stream_id, token):
        """Bind a stream to the camera whose QR card was held before its lens; one time.

        :return: the camera, planned ones become active
        :raise BindError: see there
        """
        text = token.strip().upper() if isinstance(token, str) else ""
        self.env["yst.video.camera"].flush_model(["install_token", "state"])
        self.flush_model(["camera_id"])
        rows = text and self.env.execute_query(
            SQL(
                """SELECT id FROM yst_video_camera
                    WHERE install_token = %s AND state != 'retired' FOR UPDATE""",
                text,
            )
        )
        if not rows:
            raise BindError("token")
        streams = self.env.execute_query(
            SQL("SELECT camera_id FROM yst_video_stream WHERE id = %s FOR UPDATE", stream_id)
        )
        if not streams:
            raise BindError("stream")
        camera = self.env["yst.video.camera"].sudo().browse(rows[0][0])
        camera.invalidate_recordset(["install_token", "state"])
        if streams[0][0]:
            raise BindError("bound")
        if self.sudo().search_count([("camera_id", "=", camera.id)], limit=1):
            raise BindError("token")
        self.sudo().browse(stream_id).write({"camera_id": camera.id})
        camera._installed()
        return camera

    def _bridge_sees(self):
        return any(not stream.camera_id or stream.camera_id._bridge_sees() for stream in self)
