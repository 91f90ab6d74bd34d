from odoo import api, models
from odoo.exceptions import UserError


class Document(models.Model):
    """Its annexes belong to it: who may read the document may read them, and nobody else. Nothing
    of a state secret is kept (保密审查)."""

    _inherit = "yst.document"

    @api.model_create_multi
    def create(self, vals_list):
        documents = super().create(vals_list)
        documents._own_files()
        return documents

    def write(self, vals):
        result = super().write(vals)
        if "attachment_ids" in vals:
            self._own_files()
        return result

    def _own_files(self):
        """Take over the files that were uploaded for a document.

        :raise UserError: a file is another's, or bears the mark of a state secret
        """
        for document in self:
            files = document.attachment_ids.sudo().filtered(
                lambda file, own=document: (file.res_model, file.res_id) != (own._name, own.id)
            )
            if not files:
                continue
            if not self.env.su and any(
                file.create_uid != self.env.user or file.res_id or file.res_field
                for file in files
            ):
                raise UserError(
                    self.env._("Only files that you have just uploaded can be added.")
                )
            files.write({"res_model": document._name, "res_id": document.id, "public": False})
            files._flag_macros()

    @api.model
    def _refused_uploads(self, vals):
        """The uploaded files among the values of a document that is refused."""
        ids = set()
        for command in vals.get("attachment_ids") or []:
            if isinstance(command, int):
                ids.add(command)
            elif command[0] == 6:
                ids.update(command[2])
            elif command[0] == 4:
                ids.add(command[1])
        return self.env["ir.attachment"].browse(ids)
