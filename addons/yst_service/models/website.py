from odoo import api, models

CONTACT = ("place", "hours", "phone_advice", "phone_complaint")
NAME = "一事通便民服务"
"""Name of a site that still has Odoo's own; the office gives it its own in the settings."""


class Website(models.Model):
    _inherit = "website"

    @api.model
    def _yst_contact(self):
        """Place, hours and phones of the office from the settings; '' where unknown."""
        params = self.env["ir.config_parameter"].sudo()
        return {name: params.get_param(f"yst_service.{name}") or "" for name in CONTACT}

    @api.model
    def _yst_prepare(self):
        """At installation: name the site, and take away the sample page with its sample address.

        What the office has already named or edited stays."""
        self.search([("name", "=", "My Website")]).name = NAME
        pages = self.env["website.page"].search([("url", "=", "/contactus")])
        untouched = pages.filtered(lambda page: page.write_uid.id == api.SUPERUSER_ID)
        untouched.is_published = False
        self.env["website.menu"].search([("page_id", "in", untouched.ids)]).unlink()
        self.env["website.menu"].search(
            [("url", "=", "/contactus"), ("write_uid", "=", api.SUPERUSER_ID)]
        ).unlink()
