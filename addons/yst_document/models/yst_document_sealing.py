import hashlib

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from .yst_document_seal import KEEPER

#: when a document may be sealed
SEALED_IN = ("print",)


class Document(models.Model):
    """A seal is applied (用印): a step of its own, with a log that nobody changes."""

    _inherit = "yst.document"

    seal_id = fields.Many2one(
        "yst.document.seal", "Seal applied", readonly=True, copy=False, ondelete="restrict"
    )
    sealed_at = fields.Datetime("Sealed", readonly=True, copy=False)
    sealed_by_id = fields.Many2one(
        "res.users", "Sealed by", readonly=True, copy=False, ondelete="restrict"
    )
    seal_log_ids = fields.One2many(
        "yst.document.seal.log", "document_id", "Uses of seals", readonly=True
    )

    def action_apply_seal(self, seal):
        """Apply a seal to this document.

        :param seal: its id, or the record
        :raise AccessError: the user is no keeper of the seal, or may not read the document
        :raise UserError: not signed, not numbered, not at this step, or sealed already
        """
        self.ensure_one()
        seal = self._seal_for_user(seal)
        self.check_access("read")
        state = self.sudo()._lock_state().get(self.id)
        self.invalidate_recordset()
        document = self.sudo()
        document._check_sealable(state)
        codes = seal.sudo().with_context(active_test=False).code_ids
        if codes and document.code_id not in codes:
            raise UserError(
                self.env._(
                    "The seal “%(seal)s” is not for documents of %(code)s.",
                    seal=seal.name,
                    code=document.code_id.name,
                )
            )
        document.with_context(skip_validation_check=True).write(
            {
                "seal_id": seal.id,
                "sealed_at": fields.Datetime.now(),
                "sealed_by_id": self.env.uid,
            }
        )
        pdf = document._pdf()
        self.env["yst.document.seal.log"].sudo().create(
            {
                "seal_id": seal.id,
                "seal_sha256": seal.sudo().image_sha256,
                "document_id": self.id,
                "number": document.number,
                "title": document.name,
                "signer_id": document.signer_id.id,
                "signed_at": document.signed_at,
                "pdf_sha256": hashlib.sha256(pdf).hexdigest(),
            }
        )
        document._message_log(body=self.env._("Seal applied: %s", seal.name))
        return True

    def _seal_for_user(self, seal):
        if not self.env.user.has_group(KEEPER):
            raise AccessError(self.env._("Seals are applied by their keeper alone."))
        seals = self.env["yst.document.seal"]
        seal = seals.browse(seal) if type(seal) is int else seal
        if not isinstance(seal, type(seals)) or len(seal) != 1:
            raise UserError(self.env._("Choose a seal."))
        seal = seal.with_env(self.env).exists()
        if not seal or not seal.active:
            raise UserError(self.env._("This seal is not in use (any more)."))
        seal.check_access("read")
        named = seal.sudo().with_context(active_test=False).keeper_ids
        if named and self.env.user not in named:
            raise AccessError(self.env._("“%s” is kept by somebody else.", seal.name))
        return seal

    def _check_sealable(self, state):
        if not self.signed_at or not self.number_value:
            raise UserError(
                self.env._("Only a document that is signed and numbered is sealed.")
            )
        if state not in SEALED_IN:
            raise UserError(self.env._("A document is sealed when it is printed."))
        if self.seal_id:
            raise UserError(
                self.env._("“%(name)s” bears a seal already: %(seal)s.",
                           name=self.name, seal=self.seal_id.name)
            )

    def _seal_png(self):
        """Image of the seal applied, or None, for the maker of the PDF."""
        self.ensure_one()
        seal = self.sudo().seal_id
        return seal._png() if seal else None
