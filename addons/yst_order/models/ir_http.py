from odoo import models

DISPATCHER = "yst_order.group_order_dispatcher"


class IrHttp(models.AbstractModel):
    """Where the duty desk's people begin."""

    _inherit = "ir.http"

    def session_info(self):
        """Who dispatches orders begins at the duty desk (值班台), unless a start page of their
        own is set in their account."""
        info = super().session_info()
        user = self.env.user
        if user and not info.get("home_action_id") and user.has_group(DISPATCHER):
            info["home_action_id"] = self.env.ref("yst_order.action_order_desk").id
        return info
