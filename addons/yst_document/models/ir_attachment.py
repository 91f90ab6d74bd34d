from odoo import api, models
from odoo.tools import SQL

#: What makes a file another file; the rest is housekeeping.
CONTENT = frozenset({
    "raw", "datas", "db_datas", "store_fname", "checksum", "name", "mimetype", "type", "url",
    "res_model", "res_id", "res_field", "public", "description",
})


class IrAttachment(models.Model):
    """Files of a closed document (归档) stay as they are, and no further one is added."""

    _inherit = "ir.attachment"

    @api.model_create_multi
    def create(self, vals_list):
        """:raise UserError: for a document in the archive"""
        self._refuse_closed_owners({
            (vals["res_model"], vals["res_id"])
            for vals in vals_list
            if vals.get("res_model") and vals.get("res_id")
        })
        return super().create(vals_list)

    def write(self, vals):
        """:raise UserError: of, or for, a document in the archive"""
        if CONTENT & vals.keys():
            self._refuse_closed()
            if "res_model" in vals or "res_id" in vals:
                self._refuse_closed_owners({
                    (vals.get("res_model", file.res_model), vals.get("res_id", file.res_id))
                    for file in self.sudo()
                })
        return super().write(vals)

    def unlink(self):
        """:raise UserError: of a document in the archive"""
        self._refuse_closed()
        return super().unlink()

    def _refuse_closed(self):
        files = self.sudo().exists()
        self._refuse_closed_owners({(file.res_model, file.res_id) for file in files})
        if files:
            rows = self.env.execute_query(SQL(
                "SELECT DISTINCT document_id FROM yst_document_attachment_rel"
                " WHERE attachment_id IN %s", files._ids,
            ))
            self.env["yst.document"].browse(row[0] for row in rows)._refuse_closed()

    @api.model
    def _refuse_closed_owners(self, owners):
        ids = [res_id for model, res_id in owners if model == "yst.document" and res_id]
        documents = self.env["yst.document"].browse(ids)
        for model, name in self._document_parts().items():
            part_ids = [res_id for owner, res_id in owners if owner == model and res_id]
            if part_ids:
                documents |= self.env[model].sudo().browse(part_ids).exists()[name]
        documents.exists()._refuse_closed()

    @api.model
    def _document_parts(self):
        """Of the models that are part of a document, the field which says of which."""
        names = ("yst.document.opinion", "yst.document.version")
        return {name: "document_id" for name in names if name in self.env}
