from odoo import fields, models
from odoo.exceptions import UserError


class DocumentSignature(models.Model):
    """The image of a user's signature (签名章): seen by the user and the keepers of seals."""

    _name = "yst.document.signature"
    _description = "Signature Image"
    _inherit = ["yst.document.stamp"]
    _rec_name = "user_id"

    user_id = fields.Many2one(
        "res.users", "Whose", required=True, default=lambda self: self.env.user,
        ondelete="cascade",
    )

    _user_uniq = models.UniqueIndex("(user_id)", "This user's signature has been entered already.")

    def write(self, vals):
        """:raise UserError: it would become somebody else's"""
        if "user_id" in vals and any(one.user_id.id != vals["user_id"] for one in self.sudo()):
            raise UserError(self.env._("A signature stays its owner's."))
        return super().write(vals)


class ResUsers(models.Model):
    """A user's signature, for the maker of the PDF."""

    _inherit = "res.users"

    def _signature_png(self):
        """The image of the signature as bytes, or None; who may is the caller's affair."""
        self.ensure_one()
        found = self.env["yst.document.signature"].sudo().search([("user_id", "=", self.id)])
        return found._png() if found else None
