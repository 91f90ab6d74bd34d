from odoo import fields, models


class VideoMaintenanceWizard(models.TransientModel):
    """Asks why cameras are taken out of watching (维护原因)."""

    _name = "yst.video.maintenance"
    _description = "Start of Maintenance"

    camera_ids = fields.Many2many("yst.video.camera", string="Cameras")
    reason = fields.Char(required=True)

    def action_start(self):
        """Start the maintenance of the cameras."""
        self.ensure_one()
        self.camera_ids.action_start_maintenance(self.reason)
        return {"type": "ir.actions.act_window_close"}
