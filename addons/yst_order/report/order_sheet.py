from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from odoo.addons.yst_base import limits

PHOTOS = 6


class OrderSheet(models.AbstractModel):
    """The paper of an order; an order that has no number yet has none."""

    _name = "report.yst_order.order_sheet"
    _description = "Order Sheet"

    @api.model
    def _get_report_values(self, docids, data=None):
        orders = self.env["yst.order"].browse(docids)
        wrong = orders.filtered(lambda order: not order.number)
        if wrong:
            raise UserError(self.env._(
                "Not dispatched yet, so there is no paper: %s",
                ", ".join(wrong.mapped("display_name")),
            ))
        return {"doc_ids": docids, "doc_model": orders._name, "docs": orders}


class DutyReportSheet(models.AbstractModel):
    """The paper of a duty report."""

    _name = "report.yst_order.duty_report"
    _description = "Duty Report Paper"

    @api.model
    def _get_report_values(self, docids, data=None):
        reports = self.env["yst.duty.report"].browse(docids)
        return {"doc_ids": docids, "doc_model": reports._name, "docs": reports}


class Order(models.Model):
    """What the paper of an order shows."""

    _inherit = "yst.order"

    def _sheet_day(self):
        """The day of the dispatch as it is written on papers."""
        self.ensure_one()
        if not self.dispatched_at:
            return ""
        day = limits.to_local(self.dispatched_at).date()
        return format_date(self.env, day, date_format="long")

    def _sheet_photos(self):
        """The last photos from the spot."""
        self.ensure_one()
        photos = self.evidence_ids.filtered(lambda one: one.mimetype.startswith("image/"))
        return photos.sorted("id")[-PHOTOS:]
