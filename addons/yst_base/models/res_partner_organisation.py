from stdnum.cn import uscc
from stdnum.exceptions import ValidationError as NumberError

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .. import identity


class ResPartner(models.Model):
    """Organisations (单位) have a unified social credit code (统一社会信用代码, GB 32100)."""

    _inherit = "res.partner"

    uscc = fields.Char("Unified social credit code", copy=False)

    _uscc_uniq = models.UniqueIndex(
        "(uscc) WHERE uscc IS NOT NULL", "Another organisation already has this code."
    )

    @api.constrains("uscc")
    def _check_uscc(self):
        for partner in self.filtered("uscc"):
            try:
                uscc.validate(partner.uscc)
            except NumberError as error:
                raise ValidationError(
                    self.env._(
                        "%s is not a unified social credit code: it has 18 characters, the "
                        "last of which checks the others.",
                        partner.uscc,
                    )
                ) from error

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._with_narrow_uscc(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._with_narrow_uscc(vals))

    @staticmethod
    def _with_narrow_uscc(vals):
        if not vals.get("uscc"):
            return vals
        return {**vals, "uscc": identity.normalise(vals["uscc"])}
