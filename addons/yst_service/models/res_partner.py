from odoo import api, fields, models


class ResPartner(models.Model):
    """What a resident has applied for."""

    _inherit = "res.partner"

    service_case_count = fields.Integer(
        compute="_compute_service_case_count",
        string="Applications",
        groups="yst_base.group_cadre",
    )

    def _compute_service_case_count(self):
        cases = self.env["yst.service.case"]
        counts = {}
        for name in ("applicant_id", "principal_id"):
            for partner, ids in cases._read_group(
                [(name, "in", self.ids)], [name], ["id:array_agg"]
            ):
                counts.setdefault(partner.id, set()).update(ids)
        for partner in self:
            partner.service_case_count = len(counts.get(partner.id, ()))

    def action_service_cases(self):
        """Open the applications of this resident that the user may see."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("yst_service.action_case_all")
        action["domain"] = ["|", ("applicant_id", "=", self.id), ("principal_id", "=", self.id)]
        action["context"] = {"default_applicant_id": self.id}
        return action

    @api.model
    def _rekey_numbers(self, batch_size=1000):
        """The logins by mobile number hang on the same keys."""
        count = super()._rekey_numbers(batch_size=batch_size)
        self.env["res.users"]._yst_rekey_logins()
        return count
