from odoo import api, models


class WebsitePage(models.Model):
    """Pages kept ready by the server exist in ordinary and in large type."""

    _inherit = "website.page"

    @api.model
    def _get_cache_key(self, request):
        return (*super()._get_cache_key(request), self.env["ir.http"]._yst_is_elder())
