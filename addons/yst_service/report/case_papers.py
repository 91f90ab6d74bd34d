from odoo import api, models
from odoo.exceptions import UserError


class PaperMixin(models.AbstractModel):
    """A paper is made only for applications that it is about."""

    _name = "yst.service.paper"
    _description = "Application Paper"

    def _is_due(self, case):
        """Whether there is something for this paper to say."""
        return bool(case.number)

    @api.model
    def _get_report_values(self, docids, data=None):
        cases = self.env["yst.service.case"].browse(docids)
        wrong = cases.filtered(lambda case: not self._is_due(case))
        if wrong:
            raise UserError(self.env._(
                "There is no such paper for: %s", ", ".join(wrong.mapped("display_name"))
            ))
        return {"doc_ids": docids, "doc_model": cases._name, "docs": cases}


class PaperReceipt(models.AbstractModel):
    _name = "report.yst_service.paper_receipt"
    _inherit = "yst.service.paper"
    _description = "Receipt"


class PaperAcceptance(models.AbstractModel):
    _name = "report.yst_service.paper_acceptance"
    _inherit = "yst.service.paper"
    _description = "Notice of Acceptance"

    def _is_due(self, case):
        return bool(case.accepted_at)


class PaperRefusal(models.AbstractModel):
    _name = "report.yst_service.paper_refusal"
    _inherit = "yst.service.paper"
    _description = "Notice of Non-acceptance"

    def _is_due(self, case):
        return case.state == "refused"


class PaperCorrection(models.AbstractModel):
    _name = "report.yst_service.paper_correction"
    _inherit = "yst.service.paper"
    _description = "One-time Correction Notice"

    def _is_due(self, case):
        return bool(case.correction_ids)
