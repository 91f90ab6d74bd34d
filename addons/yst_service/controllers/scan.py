from odoo import http
from odoo.exceptions import AccessError
from odoo.http import request


class ScanController(http.Controller):
    """The address in the QR code of a receipt: opens the application for who may see it."""

    @http.route("/yst/case/<string:number>", type="http", auth="user", website=True, sitemap=False)
    def case_by_number(self, number):
        """Staff go to the form, the applicant to their page; all others are told the same."""
        case = request.env["yst.service.case"].sudo().search(
            [("number", "=", number.upper())], limit=1
        )
        if case and request.env.user._is_internal():
            if case.sudo(False).has_access("read"):
                return request.redirect(f"/odoo/cases/{case.id}")
        elif case:
            try:
                case._check_owner()
                return request.redirect(case.access_url)
            except AccessError:
                case = case.browse()
        return request.render("yst_service.scan_not_found", {"number": number[:30]}, status=404)
