import hashlib
import json

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..version_compare import compare_html, paragraphs
from .yst_document_access import CONTENT


class DocumentVersion(models.Model):
    """A version (版本) of a document's text: as it was handed in, and after each edit while it
    was being checked. Append-only."""

    _name = "yst.document.version"
    _description = "Version of a Document"
    _order = "document_id, number DESC"
    _rec_name = "number"

    document_id = fields.Many2one(
        "yst.document", required=True, readonly=True, ondelete="cascade"
    )
    number = fields.Integer("Version", required=True, readonly=True)
    author_id = fields.Many2one(
        "res.users", "Edited by", required=True, readonly=True, ondelete="restrict"
    )
    at = fields.Datetime("On", required=True, readonly=True)
    name = fields.Char("Title", readonly=True)
    body = fields.Html("Text", readonly=True)
    files = fields.Text("Annexes", readonly=True)
    sha256 = fields.Char("SHA-256", readonly=True)

    _document_number_uniq = models.UniqueIndex(
        "(document_id, number)", "There is such a version already."
    )

    @api.depends("number", "at")
    def _compute_display_name(self):
        for version in self:
            version.display_name = self.env._("Version %s", version.number)

    def write(self, vals):
        """:raise UserError: a version stays as it is"""
        raise UserError(self.env._("A version stays as it is."))

    @api.ondelete(at_uninstall=False)
    def _unlink_refused(self):
        raise UserError(self.env._("A version stays as it is."))

    def compare(self, other):
        """What changed from this version to another (版本比对), as HTML: whole paragraphs, with
        characters struck out (``del``) and added (``ins``).

        :param other: version or id, of the same document
        """
        self.ensure_one()
        other = self.browse(getattr(other, "id", other)).exists()
        (self | other).check_access("read")
        if not other or other.document_id != self.document_id:
            raise UserError(self.env._("Compare two versions of the same document."))
        return compare_html(self._lines(), other._lines())

    def _lines(self):
        return [self.name or "", *paragraphs(self.body), *(self.files or "").splitlines()]


class Document(models.Model):
    """Its versions."""

    _inherit = "yst.document"

    version_ids = fields.One2many(
        "yst.document.version", "document_id", "Versions", readonly=True, copy=False
    )
    version_number = fields.Integer("Version", readonly=True, copy=False)

    def write(self, vals):
        """While it is being checked, each edit of the content makes a version."""
        result = super().write(vals)
        if CONTENT & vals.keys():
            for document in self.filtered(lambda one: one.state == "check"):
                document.sudo()._save_version()
        return result

    def _save_version(self):
        """Keep the text as it is now (sudo), unless it is that of the last version."""
        self.ensure_one()
        files = "\n".join(
            f"{file.name} ({(file.checksum or '')[:8]})" for file in self.attachment_ids
        )
        kept = json.dumps([self.name, str(self.body or ""), files], ensure_ascii=False)
        sha256 = hashlib.sha256(kept.encode()).hexdigest()
        versions = self.env["yst.document.version"].sudo()
        last = versions.search([("document_id", "=", self.id)], limit=1)
        if last.sha256 == sha256:
            return last
        self.version_number = last.number + 1
        return versions.create(
            {
                "document_id": self.id,
                "number": self.version_number,
                "author_id": self.env.uid,
                "at": fields.Datetime.now(),
                "name": self.name,
                "body": self.body,
                "files": files,
                "sha256": sha256,
            }
        )
