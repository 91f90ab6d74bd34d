from odoo import models

WANTED = "yst_feed"


class IrWebsocket(models.AbstractModel):
    """Who has the work feed open hears of new posts, of those that they see and of no others."""

    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """A browser asks for ``yst_feed``; which channels that are, the server says."""
        wanted = WANTED in channels
        channels = [
            one for one in channels if not (isinstance(one, str) and one.startswith(WANTED))
        ]
        channels = super()._build_bus_channel_list(channels)
        if wanted and self.env.user.has_group("yst_base.group_cadre"):
            channels.extend(self.env.user._feed_channels())
        return channels
