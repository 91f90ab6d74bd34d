from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.yst_base import append_only


class DocumentSealLog(models.Model):
    """One use of a seal (用印登记): which, on what, by whom, when. Written once; the database
    refuses every change."""

    _name = "yst.document.seal.log"
    _description = "Use of a Seal"
    _order = "id DESC"
    _rec_name = "number"

    seal_id = fields.Many2one(
        "yst.document.seal", required=True, readonly=True, index=True, ondelete="restrict"
    )
    seal_sha256 = fields.Char("SHA-256 of the seal's image", required=True, readonly=True)
    document_id = fields.Many2one(
        "yst.document", required=True, readonly=True, index=True, ondelete="restrict"
    )
    number = fields.Char(required=True, readonly=True, index="trigram")
    title = fields.Char(required=True, readonly=True, index="trigram")
    signer_id = fields.Many2one("res.users", "Signed by", readonly=True, ondelete="restrict")
    signed_at = fields.Datetime("Signed", readonly=True)
    pdf_sha256 = fields.Char("SHA-256 of the PDF", required=True, readonly=True, index=True)
    user_id = fields.Many2one(
        "res.users", "Sealed by", required=True, readonly=True, ondelete="restrict"
    )
    ip = fields.Char("Address", readonly=True)
    create_date = fields.Datetime("Sealed")

    def init(self):
        """Let the database itself refuse changes."""
        append_only.refuse_changes(self.env.cr, self._table, "lines of the log of seals")

    @api.model_create_multi
    def create(self, vals_list):
        """Who and from where is taken from the session, whatever the caller says."""
        address = request.httprequest.remote_addr if request else False
        return super().create(
            [{**vals, "user_id": self.env.uid, "ip": address} for vals in vals_list]
        )

    def write(self, vals):
        raise UserError(self.env._("Lines of the log of seals cannot be changed."))

    def unlink(self):
        raise UserError(self.env._("Lines of the log of seals cannot be removed."))

    def copy(self, default=None):
        raise UserError(self.env._("Lines of the log of seals cannot be copied."))
