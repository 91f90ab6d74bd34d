from odoo import fields, models

#: So many of an order's alerts are shown with their clips, the newest.
MOST_CLIPS = 4

class YstOrder(models.Model):
    """Orders that a video alert caused."""

    _inherit = "yst.order"

    origin = fields.Selection(
        selection_add=[("alert", "Video alert")], ondelete={"alert": "set default"}
    )

    def _move_sources(self, master):
        """Alerts of merged orders follow them."""
        result = super()._move_sources(master)
        alerts = self.env["yst.video.alert"].sudo().search([("order_id", "in", self.ids)])
        alerts.order_id = master
        return result

    def get_source_clips(self):
        """The clips (录像片段) of the alerts that led to the order, for its form.

        Who reads the order may look at them; each look is written down by their route.

        :return: {"alerts": ids of the order's alerts, "clips": list of dicts as
            ``yst.video.clip._for_screen`` makes them with "caption", newest first}
        """
        self.ensure_one()
        self.check_access("read")
        alerts = self.env["yst.video.alert"].sudo().search([("order_id", "=", self.id)])
        clips = self.env["yst.video.clip"].sudo().search(
            [("alert_id", "in", alerts.ids)], order="started_at desc, id desc", limit=MOST_CLIPS
        )
        return {
            "alerts": alerts.ids,
            "clips": [
                {**clip._for_screen(), "caption": clip.alert_id.display_name} for clip in clips
            ],
        }
