import base64
import binascii

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError

from ..secret_file import is_marked

DOCUMENT = "yst.document"
#: a scan of 500 pages at 200 dpi, in grey, is some 60 MB
MAX_FILE = 100 * 2**20  # bytes
CHANGED = frozenset({
    "raw", "datas", "db_datas", "store_fname", "checksum", "name", "mimetype", "type", "url",
    "res_model", "res_id", "res_field", "public",
})


class IrAttachment(models.Model):
    """Files of documents: a state secret is refused before it is stored, and what was approved
    is not exchanged."""

    _inherit = "ir.attachment"

    @api.model_create_multi
    def create(self, vals_list):
        """:raise UserError: the mark of a state secret; too large; the document is not edited"""
        ours = [vals for vals in vals_list if vals.get("res_model") == DOCUMENT]
        for vals in ours:
            self._refuse_marked(vals.get("name"), self._given_bytes(vals))
        self._check_documents_editable({vals.get("res_id") for vals in ours})
        files = super().create(vals_list)
        files.filtered(lambda file: file.res_model == DOCUMENT and not file.res_field).sudo()\
            ._flag_macros()
        return files

    def write(self, vals):
        """:raise UserError: as when it is created"""
        if CHANGED & vals.keys():
            self._check_documents_editable(self._document_ids() | (
                {vals.get("res_id")} if vals.get("res_model") == DOCUMENT else set()
            ))
            coming = vals.get("res_model") == DOCUMENT
            ours = self.sudo().filtered(lambda file: coming or file.res_model == DOCUMENT)
            data = self._given_bytes(vals)
            for file in ours:
                ours._refuse_marked(
                    vals.get("name", file.name), data or (file.raw if coming else b"")
                )
        return super().write(vals)

    def unlink(self):
        """:raise UserError: the document is not edited any more"""
        self._check_documents_editable(self._document_ids())
        return super().unlink()

    # -- helpers -------------------------------------------------------------------------------

    @api.model
    def _given_bytes(self, vals):
        """The content among values for a file."""
        if data := vals.get("raw"):
            return data.encode() if isinstance(data, str) else bytes(data)
        data = vals.get("datas") or vals.get("db_datas") or b""
        try:
            return base64.b64decode(data)
        except (binascii.Error, ValueError, TypeError):
            return b""

    def _refuse_marked(self, name, data):
        """Refuse a file with the mark of a state secret; what of it had been uploaded before is
        taken away.

        :raise UserError: it bears the mark, or is too large
        """
        if len(data or b"") > MAX_FILE:
            raise UserError(
                self.env._("The file is larger than %s MB: divide it.", MAX_FILE // 2**20)
            )
        if is_marked(name, data):
            self._purge_after_refusal()
            self.env[DOCUMENT]._raise_state_secret()

    def _check_documents_editable(self, ids):
        """Users change the annexes of a document as long as its text can be changed."""
        if self.env.su or not (ids := {one for one in ids if one}):
            return
        documents = self.env[DOCUMENT].browse(ids).exists()
        documents.check_access("write")
        if documents:
            documents._check_editable({"attachment_ids"})

    def _document_ids(self):
        """Ids of the documents of which these are annexes."""
        return {file.res_id for file in self.sudo().exists() if file.res_model == DOCUMENT}

    def _purge_after_refusal(self):
        """Once the refused transaction has been rolled back: delete these uploads of the user,
        which nothing uses yet, from the database and the disk."""
        ids = [
            file.id
            for file in self.sudo().exists()
            if file.create_uid == self.env.user and not file.res_id
        ]
        if not ids:
            return
        registry = self.env.registry

        @self.env.cr.postrollback.add
        def purge():
            with registry.cursor() as cr:
                files = api.Environment(cr, SUPERUSER_ID, {})["ir.attachment"].browse(ids)
                files.exists().filtered(lambda file: not file.res_id).unlink()
            with registry.cursor() as cr:
                api.Environment(cr, SUPERUSER_ID, {})["ir.attachment"]._gc_file_store()
