from odoo import fields, models
from odoo.exceptions import UserError


class DocumentCode(models.Model):
    """An issuing code (机关代字) such as 新办发; its numbers run by the year, without a gap."""

    _name = "yst.document.code"
    _description = "Issuing Code"
    _order = "sequence, name"

    name = fields.Char("Code", required=True)
    sequence = fields.Integer(default=10)
    issuer = fields.Char(
        "Issuing body", required=True, help="As it stands at the head of its documents."
    )
    department_id = fields.Many2one("hr.department", ondelete="set null")
    active = fields.Boolean(default=True)

    _name_uniq = models.UniqueIndex("(name)", "There is such a code already.")

    def write(self, vals):
        """:raise UserError: another name for a code under which numbers were taken"""
        if "name" in vals:
            renamed = self.filtered(lambda code: code.name != vals["name"])
            numbers = self.env["yst.document.number"].sudo()
            if numbers.search_count([("code_id", "in", renamed.ids)], limit=1):
                raise UserError(
                    self.env._("A code under which numbers were taken keeps its name. Archive it "
                               "and enter the new one beside it.")
                )
        return super().write(vals)
