from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.yst_base.models.yst_state_mixin import state_field

from ..document_rules import number_text, number_year

MANAGER = "yst_document.group_document_manager"
MOST_RESERVED = 100


class DocumentNumber(models.Model):
    """Register of issuing numbers (发文字号登记): every number of a code and year, once.

    A number is given at registration, or reserved beforehand with a reason and given later. A
    number that was given or reserved for nothing is void: it stays used up, and the register says
    why. The series themselves are ``yst.number``'s: without gap or repeat under concurrency.
    """

    _name = "yst.document.number"
    _description = "Issuing Number"
    _inherit = ["yst.state.mixin"]
    _order = "year DESC, code_id, value DESC"

    name = fields.Char("Number", required=True, readonly=True, index="trigram")
    code_id = fields.Many2one(
        "yst.document.code", "Issuing code", required=True, readonly=True, ondelete="restrict"
    )
    year = fields.Integer(required=True, readonly=True, aggregator=False)
    value = fields.Integer("No.", required=True, readonly=True, aggregator=False)
    state = state_field([("reserved", "Reserved"), ("used", "Used"), ("void", "Void")])
    document_id = fields.Many2one("yst.document", readonly=True, ondelete="restrict")
    reason = fields.Char("Reserved for", readonly=True)
    user_id = fields.Many2one(
        "res.users", "Taken by", required=True, readonly=True, ondelete="restrict"
    )
    taken_at = fields.Datetime("Taken", required=True, readonly=True)
    given_at = fields.Datetime("Given to the document", readonly=True)
    void_reason = fields.Char("Why void", readonly=True)
    voided_by_id = fields.Many2one("res.users", "Voided by", readonly=True, ondelete="restrict")
    voided_at = fields.Datetime("Voided", readonly=True)

    title = fields.Char(related="document_id.name")
    main_to = fields.Char(related="document_id.main_to")
    signer_id = fields.Many2one(related="document_id.signer_id", string="Signed by")
    department_id = fields.Many2one(related="document_id.department_id")
    remark = fields.Char(compute="_compute_remark")

    _value_uniq = models.UniqueIndex(
        "(code_id, year, value)", "This number has been given out already."
    )
    _document_uniq = models.UniqueIndex(
        "(document_id) WHERE document_id IS NOT NULL", "The document has a number already."
    )

    @api.depends("reason", "void_reason")
    def _compute_remark(self):
        for number in self:
            parts = (number.reason, number.void_reason)
            number.remark = "; ".join(part for part in parts if part) or False

    # -- CRUD ----------------------------------------------------------------------------------

    @api.ondelete(at_uninstall=False)
    def _unlink_refused(self):
        raise UserError(self.env._("A number that was taken stays in the register."))

    # -- actions -------------------------------------------------------------------------------

    @api.model
    def action_reserve(self, code_id, count, reason):
        """Set numbers of the current year aside (预留号), in a row.

        :param int code_id: of the issuing code
        :return: the ids of the numbers
        :raise AccessError: the user does not keep the numbers
        :raise UserError: no reason, no such code, or a count that is none
        """
        self._check_manager()
        reason = str(reason or "").strip()
        whole = isinstance(count, int) and not isinstance(count, bool)
        if not whole or not 1 <= count <= MOST_RESERVED:
            raise UserError(self.env._("Reserve between 1 and %s numbers.", MOST_RESERVED))
        if not reason:
            raise UserError(self.env._("Say what the numbers are reserved for."))
        code = self.env["yst.document.code"].browse(code_id if type(code_id) is int else 0)
        if not code.exists() or not code.active:
            raise UserError(self.env._("There is no such issuing code."))
        return self._take(code, count, reason=reason).ids

    def action_void(self, reason):
        """Give reserved numbers up (作废): they stay used up, with the reason.

        :raise AccessError: the user does not keep the numbers
        :raise UserError: no reason, or a number is not reserved
        """
        self._check_manager()
        self.check_access("read")
        return self._void(reason, "reserved")

    # -- for documents -------------------------------------------------------------------------

    @api.model
    def _take(self, code, count=1, **values):
        """Take the next numbers of a code in this year, by the office's clock.

        Late in a transaction: others who want one of the code wait until its end.

        :param values: of each, such as its document or the reason for reserving it
        :return: the numbers (sudo)
        """
        now = fields.Datetime.now()
        year = number_year(now)
        taken = self.env["yst.number"]._next_batch(self._series(code), year, count)
        state = {"state": "used", "given_at": now} if values.get("document_id") else {}
        return self.sudo()._with_state_unlocked().create(
            [
                {
                    "name": number_text(code.name, year, value),
                    "code_id": code.id,
                    "year": year,
                    "value": value,
                    "user_id": self.env.uid,
                    "taken_at": now,
                    "state": "reserved",
                    **state,
                    **values,
                }
                for value in taken
            ]
        )

    @api.model
    def _series(self, code):
        """Name of a code's series in ``yst.number``."""
        return f"yst.document.code,{code.id}"

    def _give(self, document):
        """Give this reserved number to a document.

        :raise UserError: it is of another code or year, or not reserved (any more)
        """
        self.ensure_one()
        number = self.sudo()
        now = fields.Datetime.now()
        years = {number_year(now), number_year(document.signed_at or now)}
        if number.code_id != document.code_id or number.year not in years:
            raise UserError(
                self.env._(
                    "%(number)s cannot be given to “%(document)s”: it is a number of another "
                    "code, or of a year in which the document was neither signed nor registered.",
                    number=number.name,
                    document=document.name,
                )
            )
        number._transition(
            "used", "reserved", {"document_id": document.id, "given_at": now}
        )

    def _void(self, reason, allowed_from):
        reason = str(reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why the number is void."))
        return self.sudo()._transition(
            "void",
            allowed_from,
            {
                "void_reason": reason,
                "voided_by_id": self.env.uid,
                "voided_at": fields.Datetime.now(),
            },
        )

    @api.model
    def _check_manager(self):
        if not self.env.user.has_group(MANAGER):
            raise AccessError(
                self.env._("Numbers are reserved and voided by the document manager alone.")
            )
