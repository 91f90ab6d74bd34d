from odoo import fields, models


class VideoAlert(models.Model):
    """The clip of an alert."""

    _inherit = "yst.video.alert"

    clip_ids = fields.One2many("yst.video.clip", "alert_id", "Clips", readonly=True)
    has_clip = fields.Boolean("With a clip", compute="_compute_has_clip")

    def _compute_has_clip(self):
        """One statement however many alerts; the film's access is its route's affair."""
        found = self.env["yst.video.clip"].sudo().search_fetch(
            [("alert_id", "in", self.ids)], ["alert_id"]
        )
        with_clip = set(found.alert_id.ids)
        for alert in self:
            alert.has_clip = alert.id in with_clip

    def desk_pictures(self):
        """Adds ``clip``: id, at in ms, seconds, size, width, height, codec; None without one."""
        found = super().desk_pictures()
        clip = self.env["yst.video.clip"].sudo().search([("alert_id", "=", self.id)])
        found["clip"] = clip._for_screen() if clip else None
        return found
