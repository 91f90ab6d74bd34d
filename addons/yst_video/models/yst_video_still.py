from odoo import fields, models


class YstVideoStill(models.Model):
    """The latest picture of a camera (最新画面), for the wall; replaced again and again.

    Nobody reads the picture through the ORM: it leaves by the route that records who looked.
    """

    _name = "yst.video.still"
    _description = "Latest picture of a camera"
    _rec_name = "camera_id"

    camera_id = fields.Many2one(
        "yst.video.camera", required=True, readonly=True, ondelete="cascade"
    )
    taken_at = fields.Datetime(readonly=True)
    image = fields.Binary(attachment=False, readonly=True, groups=fields.NO_ACCESS)
    size = fields.Integer(readonly=True, help="Bytes.")
    wanted_until = fields.Datetime(
        readonly=True, help="Somebody looks at this camera: the bridge sends pictures until then."
    )

    _camera_uniq = models.UniqueIndex("(camera_id)")
    _wanted_idx = models.Index("(wanted_until) WHERE wanted_until IS NOT NULL")
