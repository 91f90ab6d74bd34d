from odoo import api, fields, models


class VideoCameraGroup(models.Model):
    """Group of cameras (摄像头分组) that are looked at together, such as all river crossings."""

    _name = "yst.video.camera.group"
    _description = "Camera Group"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    color = fields.Integer()
    note = fields.Char(string="What for")
    camera_ids = fields.Many2many(
        "yst.video.camera", "yst_video_camera_group_rel", "group_id", "camera_id", "Cameras"
    )
    camera_count = fields.Integer("Number of cameras", compute="_compute_camera_count")

    _name_uniq = models.UniqueIndex("(name)", "There is a group of this name already.")

    @api.depends("camera_ids")
    def _compute_camera_count(self):
        counts = dict(
            self.env["yst.video.camera"]._read_group(
                [("group_ids", "in", self.ids)], ["group_ids"], ["__count"]
            )
        )
        for group in self:
            group.camera_count = counts.get(group, 0)

    def action_open_cameras(self):
        """The cameras of the group."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("yst_video.action_camera")
        return {**action, "domain": [("group_ids", "in", self.ids)], "context": {}}
