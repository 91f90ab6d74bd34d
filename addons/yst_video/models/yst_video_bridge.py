import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from ..api_error import ApiError
from .res_users_apikeys import SCOPE

ALIVE_SECONDS = 30  # the lease's length: a bridge silent for longer has lost its cameras
GONE_SECONDS = 60  # after this nothing is known about the cameras of a silent bridge
MAX_OF_ACCOUNT = 64  # bridges that may report with one key


class YstVideoBridge(models.Model):
    """A video bridge (视频网桥): a process that reads cameras and reports what it sees."""

    _name = "yst.video.bridge"
    _description = "Video bridge"
    _order = "name, id"

    name = fields.Char(required=True)
    uid = fields.Char(
        "Identity",
        readonly=True,
        copy=False,
        help="The bridge's own identity, kept when it restarts; comes with its first report.",
    )
    active = fields.Boolean(default=True)
    user_id = fields.Many2one(
        "res.users",
        string="Account",
        readonly=True,
        copy=False,
        index=True,
        ondelete="restrict",
        help="The account that the bridge's key belongs to. It opens nothing but the bridge's "
        "interface.",
    )
    key_hint = fields.Char(
        "Key", readonly=True, copy=False, help="The first characters of the key in use."
    )
    key_made_at = fields.Datetime("Key made at", readonly=True, copy=False)
    state = fields.Selection(
        [("new", "Not seen yet"), ("alive", "Running"), ("gone", "Silent"), ("off", "Off")],
        compute="_compute_state",
    )
    camera_count = fields.Integer("Cameras held", compute="_compute_camera_count")
    version = fields.Char(readonly=True, copy=False)
    host = fields.Char("Address", readonly=True, copy=False)
    last_seen = fields.Datetime("Last report", readonly=True, copy=False)
    started_at = fields.Datetime("Running since", readonly=True, copy=False)
    capacity = fields.Integer(
        readonly=True, copy=False, help="How many cameras it takes at most; 0: no limit."
    )
    problem = fields.Char(readonly=True, copy=False)
    spool_alerts = fields.Integer(
        "Alerts waiting", readonly=True, copy=False, help="Not delivered yet."
    )
    spool_oldest = fields.Datetime("Oldest waiting since", readonly=True, copy=False)
    dropped_pictures = fields.Integer(
        "Pictures dropped",
        readonly=True,
        copy=False,
        help="Given up by the bridge because its disk was full.",
    )

    _uid_uniq = models.UniqueIndex("(uid) WHERE uid IS NOT NULL")

    # -- computed ------------------------------------------------------------------------------

    @api.depends("last_seen", "active")
    def _compute_state(self):
        alive = fields.Datetime.now() - timedelta(seconds=ALIVE_SECONDS)
        for bridge in self:
            if not bridge.active:
                bridge.state = "off"
            elif not bridge.last_seen:
                bridge.state = "new"
            else:
                bridge.state = "alive" if bridge.last_seen >= alive else "gone"

    def _compute_camera_count(self):
        counts = dict(
            self.env["yst.video.camera.health"]
            .sudo()
            ._read_group(
                [
                    ("bridge_id", "in", self.ids),
                    ("lease_until", ">=", fields.Datetime.now()),
                ],
                ["bridge_id"],
                ["__count"],
            )
        )
        for bridge in self:
            bridge.camera_count = counts.get(bridge._origin.sudo(), 0)

    # -- CRUD ----------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self._need_whole()
        for vals in vals_list:
            self._check_own_fields(vals)
        return super(YstVideoBridge, self._without_forged_defaults()).create(vals_list)

    def write(self, vals):
        self._need_whole()
        self._check_own_fields(vals)
        result = super().write(vals)
        if "active" in vals and not vals["active"]:
            self._let_go()
        return result

    def unlink(self):
        self._need_whole()
        self._let_go()
        accounts = self.sudo().user_id
        result = super().unlink()
        accounts._retire_bridge_account()
        return result

    def _check_own_fields(self, vals):
        """What the server notes about a bridge nobody types in."""
        if not self.env.su and vals.keys() - {"name", "active"}:
            raise AccessError(
                self.env._("Of a bridge only its name is given; the rest it reports itself.")
            )

    def _need_whole(self):
        """A bridge reads all cameras and its key opens their accounts: it is kept by managers
        whose jurisdiction holds all of them.

        :raise AccessError: the user's holds only some
        """
        if self.env.su:
            return
        areas = list(self.env.user._jurisdiction_area_ids())
        if self.env["yst.video.camera"].sudo().search_count(
            [("area_id", "not in", areas), ("state", "!=", "retired")], limit=1
        ):
            raise AccessError(
                self.env._("Bridges are kept by who keeps all cameras, not those of some areas.")
            )

    def _without_forged_defaults(self):
        allowed = {"default_name", "default_active"}
        context = {
            key: value
            for key, value in self.env.context.items()
            if not key.startswith("default_") or key in allowed
        }
        return self.with_context(context)  # pylint: disable=context-overridden

    # -- actions -------------------------------------------------------------------------------

    def action_new_key(self):
        """Make a new key for the bridge's account and show it once; the old one ends now.

        :raise UserError: the bridge is switched off
        """
        self.ensure_one()
        self.check_access("write")
        self._need_whole()
        if not self.active:
            raise UserError(self.env._("The bridge is switched off."))
        account = self.sudo().user_id or self._new_account()
        self._end_keys(account)
        key = (
            self.env["res.users.apikeys"]
            .with_user(account)
            .sudo()
            ._generate(SCOPE, self.name[:100], None)
        )
        siblings = self.sudo().search([("user_id", "=", account.id)]) | self.sudo()
        siblings.write(
            {"user_id": account.id, "key_hint": key[:4], "key_made_at": fields.Datetime.now()}
        )
        self.env["yst.audit.log"].sudo()._log("rights_change", self, detail=f"key {key[:4]}…")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Key of the bridge"),
            "res_model": "yst.video.bridge.key",
            "views": [(self.env.ref("yst_video.yst_video_bridge_key_form").id, "form")],
            "target": "new",
            "context": {"default_key": key, "default_name": self.name},
        }

    def action_end_key(self):
        """The key stops working now (a stolen machine, a bridge taken out of service)."""
        self.check_access("write")
        self._need_whole()
        account = self.sudo().user_id
        if not account:
            raise UserError(self.env._("There is no key."))
        self._end_keys(account)
        self.sudo().search([("user_id", "in", account.ids)]).write(
            {"key_hint": False, "key_made_at": False}
        )
        self.env["yst.audit.log"].sudo()._log("rights_change", self, detail="key ended")
        return True

    def action_cameras(self):
        """The cameras that the bridge holds."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Cameras of %s", self.name),
            "res_model": "yst.video.camera",
            "view_mode": "list,form",
            "domain": [
                ("health_id.bridge_id", "=", self.id),
                ("health_id.lease_until", ">=", fields.Datetime.now()),
            ],
        }

    # -- accounts ------------------------------------------------------------------------------

    def _new_account(self):
        """An account of no user type and one group; it has no password and takes none."""
        users = self.env["res.users"].sudo().with_context(no_reset_password=True)
        return users.create(
            {
                "name": self.env._("Video bridge %s", self.name),
                "login": f"yst-video-bridge-{secrets.token_hex(8)}",
                "group_ids": [Command.set(self.env.ref("yst_video.group_video_bridge").ids)],
                "role_line_ids": [],
                "notification_type": "email",
            }
        )

    @api.model
    def _end_keys(self, accounts):
        self.env["res.users.apikeys"].sudo().search([("user_id", "in", accounts.ids)]).unlink()

    # -- what the interface asks ---------------------------------------------------------------

    @api.model
    def _of(self, uid, account_id, name=None):
        """The bridge with an identity, which belongs to the account; made at its first report.

        A record whose bridge has not reported yet is taken for it; further bridges that use the
        same key get records of their own.

        :raise ApiError: 403 for another account's identity, a bridge switched off, too many
        """
        known = self.with_context(active_test=False)
        bridge = known.search([("uid", "=", uid)])
        if not bridge:
            own = known.search([("user_id", "=", account_id)], order="id")
            bridge = own.filtered(lambda one: not one.uid and one.active)[:1]
            if bridge:
                bridge.uid = uid
            elif len(own) >= MAX_OF_ACCOUNT:
                raise ApiError(403, "too_many_bridges", "too many bridges report with this key")
            else:
                bridge = self.create(
                    {
                        "name": name or uid[:8],
                        "uid": uid,
                        "user_id": account_id,
                        "key_hint": own[:1].key_hint,
                        "key_made_at": own[:1].key_made_at,
                    }
                )
        if bridge.user_id.id != account_id:
            raise ApiError(403, "other_account", "this identity belongs to another account")
        if not bridge.active:
            raise ApiError(403, "switched_off", "this bridge is switched off")
        return bridge
