import hashlib
import logging
import secrets
from dataclasses import fields as parts_of

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.yst_base import qr

from .. import gb9704

_logger = logging.getLogger(__name__)
VERIFY_PATH = "/yst/document/verify/"
SAMPLE = "样稿"


class Document(models.Model):
    """The PDF of a document: a sample until it is printed (印制), then frozen with its hash."""

    _inherit = "yst.document"

    issued_pdf_id = fields.Many2one(
        "ir.attachment", "PDF", readonly=True, copy=False, ondelete="restrict",
        index="btree_not_null",
    )
    issued_sha256 = fields.Char("SHA-256 of the PDF", readonly=True, copy=False, index=True)
    issued_source_sha256 = fields.Char(readonly=True, copy=False)
    verify_token = fields.Char(readonly=True, copy=False, groups="base.group_no_one")

    _verify_token_uniq = models.UniqueIndex("(verify_token) WHERE verify_token IS NOT NULL")

    def action_preview_pdf(self):
        """Open the PDF: with 样稿 across it until it is printed."""
        self.ensure_one()
        self.check_access("read")
        return {"type": "ir.actions.act_url", "url": self._pdf_url(), "target": "new"}

    def _pdf_url(self):
        """Address of the PDF for those who may read the document."""
        self.ensure_one()
        return f"/yst/document/{self.id}/paper.pdf"

    def _make_pdf(self):
        """Lay it out and freeze it (sudo), unless it is frozen as it stands.

        :raise UserError: it cannot be laid out, or bears no number
        """
        self.ensure_one()
        if not self.number:
            raise UserError(self.env._("Only a numbered document is printed."))
        paper = self._paper()
        source = self._paper_sha256(paper)
        if self.issued_pdf_id and self.issued_source_sha256 == source:
            return self.issued_pdf_id
        if self.state != "print":
            raise UserError(self.env._("A document is printed before it is issued, and once."))
        token = self.sudo().verify_token or secrets.token_urlsafe(24)
        paper.qr = qr.make(self._verify_url(token), border=2)
        pdf = self._render(paper)
        # from here on it is readable as the document is, and cannot be changed
        attachment = self.env["ir.attachment"].sudo().create({
            "name": f"{self.number} {self.name}"[:200].replace("/", "_") + ".pdf",
            "raw": pdf,
            "mimetype": "application/pdf",
            "res_model": self._name,
            "res_id": self.id,
        })
        self.sudo().with_context(skip_validation_check=True).write({
            "issued_pdf_id": attachment.id,
            "issued_sha256": hashlib.sha256(pdf).hexdigest(),
            "issued_source_sha256": source,
            "verify_token": token,
        })
        return attachment

    def _pdf(self) -> bytes:
        """The frozen PDF; at printing it is made, or made anew when a seal has come to it.

        :raise UserError: there is none, and this is not the time for it
        """
        self.ensure_one()
        if self.state == "print":
            self._make_pdf()
        if not self.issued_pdf_id:
            raise UserError(self.env._("“%s” has not been printed yet.", self.name))
        return self.issued_pdf_id.sudo().raw

    def _sample_pdf(self) -> bytes:
        """What it will look like, with 样稿 across each page and without code."""
        self.ensure_one()
        paper = self.sudo()._paper()
        paper.watermark = SAMPLE
        paper.seals = []
        return self._render(paper)

    def _render(self, paper):
        try:
            return gb9704.render(paper)
        except gb9704.TooLong as error:
            raise UserError(
                self.env._("The text is too long to be laid out: %s characters.", error)
            ) from error
        except Exception as error:
            _logger.exception("PDF of document %s failed", self.id)
            raise UserError(
                self.env._("The document could not be made into a PDF: %s", error)
            ) from error

    @staticmethod
    def _paper_sha256(paper):
        """What was laid out, apart from the day of printing."""
        digest = hashlib.sha256()
        for part in parts_of(paper):
            if part.name not in ("printed", "qr", "watermark"):
                digest.update(f"{part.name}={getattr(paper, part.name)!r}\n".encode())
        return digest.hexdigest()

    def _verify_url(self, token):
        return self.get_base_url() + VERIFY_PATH + token
