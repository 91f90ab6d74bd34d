import base64

from odoo import models
from odoo.tools import format_date

from odoo.addons.yst_base import limits, qr


class ServiceCase(models.Model):
    """What the receipt and the notices (回执、通知书) need beside the fields."""

    _inherit = "yst.service.case"

    def _paper_lang(self):
        """Papers are in the applicant's language."""
        self.ensure_one()
        return self.applicant_id.lang or self.env.lang or "zh_CN"

    def _paper_day(self, moment):
        """A moment as a day of the office's calendar, written out; '' for none."""
        if not moment:
            return ""
        return format_date(self.env, limits.to_local(moment).date(), date_format="long")

    def _paper_qr(self):
        """The QR code that opens this application, as a data URL."""
        self.ensure_one()
        return "data:image/png;base64," + base64.b64encode(qr.make(self._scan_url())).decode()

    def _paper_limit(self):
        """The promised limit in words: "20 working days"."""
        self.ensure_one()
        units = dict(self._fields["clock_unit"]._description_selection(self.env))
        return f"{self.clock_limit} {units.get(self.clock_unit, '')}".strip()
