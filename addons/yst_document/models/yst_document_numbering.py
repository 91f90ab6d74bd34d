from odoo import fields, models
from odoo.exceptions import UserError

REGISTRAR = "yst_document.group_document_registrar"


class Document(models.Model):
    """Outgoing documents get their issuing number (发文字号)."""

    _inherit = "yst.document"

    number_year = fields.Integer(aggregator=False)
    number_value = fields.Integer(aggregator=False)
    number_ids = fields.One2many(
        "yst.document.number", "document_id", "Entry in the register of numbers", readonly=True,
        groups=REGISTRAR,
    )
    reserved_number_id = fields.Many2one(
        "yst.document.number",
        "Reserved number to give",
        domain="[('state', '=', 'reserved'), ('code_id', '=', code_id)]",
        copy=False,
        ondelete="set null",
        groups=REGISTRAR,
        help="Without one, the next number of the code is given.",
    )

    def _allot_number(self):
        """Give each document its number: the reserved one chosen for it, or the next of its code
        in this year by the office's clock. For ``action_register``, which checks who and when;
        as late in the transaction as can be.

        :raise UserError: not signed, no code, incoming, or numbered already
        """
        registry = self.env["yst.document.number"]
        self._lock_state()
        for document in self.sudo():
            document._check_numberable()
            number = document.reserved_number_id
            if number:
                number.with_env(self.env)._give(document)
            else:
                number = registry._take(document.code_id, document_id=document.id)
            document.with_context(skip_validation_check=True).write(
                {
                    "number": number.name,
                    "number_year": number.year,
                    "number_value": number.value,
                    "reserved_number_id": False,
                }
            )
        return True

    def _check_numberable(self):
        self.ensure_one()
        if self.direction != "outgoing":
            raise UserError(
                self.env._("“%s” came in: only outgoing documents are numbered.", self.name)
            )
        if self.number_value:
            raise UserError(
                self.env._(
                    "“%(name)s” has a number already: %(number)s.",
                    name=self.name,
                    number=self.number,
                )
            )
        if not self.signed_at:
            raise UserError(self.env._("“%s” has not been signed.", self.name))
        if not self.code_id:
            raise UserError(self.env._("Choose the issuing code of “%s”.", self.name))

    def _voided(self, reason):
        """The number of a document that is voided stays used up."""
        super()._voided(reason)
        self._void_number(reason)

    def _void_number(self, reason):
        """The numbers of documents that are void: used up, with the reason in the register.

        :raise UserError: no reason
        """
        numbers = self.sudo().number_ids.filtered(lambda one: one.state == "used")
        return numbers.with_env(self.env)._void(reason, "used")
