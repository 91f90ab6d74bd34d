from odoo import http
from odoo.exceptions import AccessError
from odoo.http import content_disposition, request


class RegisterController(http.Controller):
    """Register books as spreadsheets."""

    @http.route("/yst/document/register.xlsx", type="http", auth="user", readonly=False)
    def register(self, direction="outgoing", year="", month="", code="", **_others):
        """A year's book for the document desk; 404 for everybody else and for what is no book."""
        numbers = {}
        for name, text in (("year", year), ("month", month), ("code", code)):
            if text and not (text.isascii() and text.isdigit() and len(text) < 10):
                raise request.not_found()
            numbers[name] = int(text or 0)
        right = direction in ("outgoing", "incoming") and 1949 <= numbers["year"] <= 9998
        if not right or numbers["month"] > 12:
            raise request.not_found()
        book = request.env["yst.document.register"]
        try:
            book._check_registrar()
            codes = request.env["yst.document.code"].with_context(active_test=False)
            book = book.create(
                {
                    "direction": direction,
                    "year": numbers["year"],
                    "month": str(numbers["month"]) if numbers["month"] else False,
                    "code_id": codes.search([("id", "=", numbers["code"])]).id,
                }
            )
            content = book._xlsx()
        except AccessError:
            raise request.not_found() from None
        return request.make_response(
            content,
            [
                (
                    "Content-Type",
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                ),
                ("Content-Disposition", content_disposition(f"{book.display_name}.xlsx")),
                ("Cache-Control", "no-store"),
            ],
        )
