from odoo import fields, models

ALIVE_SECONDS = 30  # the lease's length: a bridge silent for longer has lost its cameras
GONE_SECONDS = 60  # after this nothing is known about the cameras of a silent bridge


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
