from odoo import fields, models


class YstVideoSnapshot(models.Model):
    """A picture that shows what an alert is about (告警抓图).

    Nobody reads the picture through the ORM: it leaves by the route that records who looked.
    """

    _name = "yst.video.snapshot"
    _description = "Picture of an alert"
    _order = "taken_at, id"
    _rec_name = "taken_at"

    alert_id = fields.Many2one(
        "yst.video.alert", required=True, readonly=True, index=True, ondelete="cascade"
    )
    camera_id = fields.Many2one(
        "yst.video.camera", required=True, readonly=True, index=True, ondelete="restrict"
    )
    sequence = fields.Integer(readonly=True, help="Of the report that it came with.")
    taken_at = fields.Datetime(required=True, readonly=True, index=True)
    sha256 = fields.Char("SHA-256", required=True, readonly=True)
    width = fields.Integer(readonly=True)
    height = fields.Integer(readonly=True)
    size = fields.Integer(readonly=True, help="Bytes.")
    image = fields.Binary(attachment=True, readonly=True, groups=fields.NO_ACCESS)
    kept = fields.Boolean(
        readonly=True, help="Evidence of a case: not deleted when the retention period ends."
    )

    _once = models.UniqueIndex("(alert_id, taken_at, sha256)")
