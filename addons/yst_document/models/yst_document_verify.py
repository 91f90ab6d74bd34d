import hashlib
import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

_TOKEN = re.compile(r"[\w-]{20,64}")
_IN_ADDRESS = re.compile(r"/yst/document/verify/([\w-]{20,64})(?:[/?#].*)?$")


class Document(models.Model):
    """What the public learns of an issued document from its code (公文验证)."""

    _inherit = "yst.document"

    supersedes_id = fields.Many2one(
        "yst.document", "Supersedes", copy=False, ondelete="restrict", index="btree_not_null",
        help="废止: once this one is issued, that one is not in force any more.",
    )
    superseded_by_ids = fields.One2many("yst.document", "supersedes_id", "Superseded by")

    @api.constrains("supersedes_id")
    def _check_supersedes(self):
        for document in self:
            old = document.supersedes_id
            if not old:
                continue
            old.check_access("read")
            if old.direction != "outgoing" or not old.number or old == document:
                raise ValidationError(
                    self.env._("Only a numbered document of ours can be superseded.")
                )

    @api.model
    def _by_verify_token(self, token):
        """The document (sudo) of a token, or none."""
        documents = self.sudo()
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            return documents.browse()
        return documents.search([("verify_token", "=", token)], limit=1)

    @api.model
    def _by_pdf(self, data):
        """The document (sudo) whose frozen PDF this is, byte for byte, or none."""
        digest = hashlib.sha256(data).hexdigest()
        return self.sudo().search(
            [("issued_sha256", "=", digest), ("verify_token", "!=", False)], limit=1
        )

    @api.model
    def _token_in(self, text):
        """The token in a code of ours, or None for a foreign code.

        The host is not asked: the office may have moved since, and the token cannot be guessed.
        """
        found = _IN_ADDRESS.search(text or "")
        return found[1] if found else None

    def _validity(self):
        """in_force, superseded, void or pending; what else is in the archive is in force."""
        self.ensure_one()
        if self.state == "void":
            return "void"
        if self.state not in ("issued", "archived"):
            return "pending"
        issued = self.superseded_by_ids.filtered(lambda one: one.state in ("issued", "archived"))
        return "superseded" if issued else "in_force"

    def _public_facts(self):
        """All that the public page shows (sudo): of internal documents number and validity."""
        self.ensure_one()
        facts = {
            "number": self.number,
            "validity": self._validity(),
            "archived": self.state == "archived",
            "internal": self.secrecy != "none",
        }
        if facts["internal"] or facts["validity"] == "pending":
            return facts
        return {
            **facts,
            "title": self.name,
            "issuer": self.code_id.issuer,
            "date": self.signed_at and fields.Date.to_string(
                fields.Datetime.context_timestamp(
                    self.with_context(tz="Asia/Shanghai"), self.signed_at
                )
            ),
            "sha256": self.issued_sha256,
        }
