from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.http import content_disposition, request


class AnswersController(http.Controller):
    """The answers to an item as a spreadsheet."""

    @http.route(
        "/yst/circulation/<int:item_id>/answers.xlsx", type="http", auth="user", readonly=False
    )
    def answers(self, item_id):
        """The answers to an own item; 404 for everything else."""
        item = request.env["yst.circulation.item"].browse(item_id)
        try:
            content = item._answers_xlsx()
        except (AccessError, MissingError):
            raise request.not_found() from None
        return request.make_response(
            content,
            [
                (
                    "Content-Type",
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                ),
                ("Content-Disposition", content_disposition(f"{item.name}.xlsx")),
                ("Cache-Control", "no-store"),
            ],
        )
