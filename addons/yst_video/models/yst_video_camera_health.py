from odoo import fields, models


class VideoCameraHealth(models.Model):
    """How a camera is doing (在线状态), as its bridge last said.

    One row for each camera, made with it and written in one statement for many cameras; so it
    has no chatter, no log of writers, and nothing is computed from it and stored.
    """

    _name = "yst.video.camera.health"
    _description = "Camera Health"
    _log_access = False
    _rec_name = "camera_id"

    camera_id = fields.Many2one(
        "yst.video.camera", required=True, readonly=True, ondelete="cascade"
    )
    bridge_id = fields.Many2one(
        "yst.video.bridge", readonly=True, ondelete="set null", index="btree_not_null"
    )
    lease_until = fields.Datetime(
        readonly=True, help="Until then the bridge holds the camera; it renews every few seconds."
    )
    online = fields.Boolean(readonly=True)
    since = fields.Datetime("Online or offline since", readonly=True)
    last_frame_at = fields.Datetime("Last picture", readonly=True)
    codec = fields.Char(readonly=True)
    width = fields.Integer(readonly=True)
    height = fields.Integer(readonly=True)
    keyframe_seconds = fields.Float("Seconds between key frames", readonly=True)
    keyframe_kb = fields.Float("Size of a key frame (KB)", readonly=True)
    problem = fields.Char(readonly=True)
    updated_at = fields.Datetime(readonly=True)

    _camera_uniq = models.UniqueIndex("(camera_id)", "A camera has one health record.")
