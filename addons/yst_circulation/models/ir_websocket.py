from odoo import api, models

WANTED = "yst_feed"


class IrWebsocket(models.AbstractModel):
    """Who has the work feed open hears of new posts, of those that they see and of no others."""

    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        return super()._build_bus_channel_list(self._feed_asked(channels))

    @api.model
    def _feed_asked(self, channels):
        """What a browser asked for, with the feed's channels as the server knows them: it asks
        for ``yst_feed`` and cannot choose which those are."""
        wanted = WANTED in channels and self.env.user.has_group("yst_base.group_cadre")
        others = [
            one for one in channels if not (isinstance(one, str) and one.startswith(WANTED))
        ]
        return others + (self.env.user._feed_channels() if wanted else [])
