from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

CASE = "yst.service.case"
#: What the resident has said; the rest (a reply of the office) may change.
SAID = frozenset({"rating", "feedback", "consumed", "res_id", "res_model_id", "partner_id"})


class Rating(models.Model):
    """The resident's rating of an application (好差评): read with the application, written by
    nobody but the resident, once."""

    _inherit = "rating.rating"

    access_token = fields.Char(groups="base.group_system")

    @api.model_create_multi
    def create(self, vals_list):
        ratings = super().create(vals_list)
        ratings._check_of_resident()
        return ratings

    def write(self, vals):
        self._check_of_resident()
        if SAID & vals.keys() and any(r.res_model == CASE and r.consumed for r in self.sudo()):
            raise UserError(self.env._("An application is rated once; the rating stays."))
        return super().write(vals)

    def _check_of_resident(self):
        if not self.env.su and any(rating.res_model == CASE for rating in self.sudo()):
            raise AccessError(self.env._("A rating is the resident's own word."))

    # -- access follows the application ---------------------------------------------------------

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if not any(self._ids) or result or self.env.su:
            return result
        forbidden = self - self.browse(self._search([("id", "in", self.ids)]))
        if forbidden:
            return forbidden, lambda: self.env["ir.rule"]._make_access_error(operation, forbidden)
        return None

    @api.model
    def _search(self, domain, *args, bypass_access=False, **kwargs):
        if not (self.env.su or bypass_access):
            readable = Domain("res_model", "!=", CASE)
            cases = self.env[CASE]
            if cases.has_access("read"):
                readable |= Domain("res_id", "in", cases._search([]))
            domain = Domain(domain) & readable
        return super()._search(domain, *args, bypass_access=bypass_access, **kwargs)
