from odoo import api, models
from odoo.http import request

ELDER_COOKIE = "yst_elder"


class IrHttp(models.AbstractModel):
    """The large-type version (长辈版) of all pages outside the backend."""

    _inherit = "ir.http"

    @api.model
    def _yst_is_elder(self):
        """True when this reader has chosen large type."""
        return bool(request) and request.httprequest.cookies.get(ELDER_COOKIE) == "1"

    @api.model
    def _yst_page_class(self):
        """Class of the ``html`` element."""
        return "yst_page_root yst_elder" if self._yst_is_elder() else "yst_page_root"

    @api.model
    def _yst_name(self):
        """The suite's name in the reader's language, for browser tabs."""
        return self.env._("Yishitong")
