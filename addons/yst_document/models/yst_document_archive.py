from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from odoo.addons.yst_base.limits import to_local

from ..archive_rules import RETENTIONS, archive_due, disposal_from
from .yst_document_numbering import REGISTRAR

CLOSED = "archived"
CLOSES_FROM = ("issued", "answered")
#: What is still written to a closed file, by the server alone: who may read it.
STILL_WRITTEN = frozenset({
    "participant_ids", "item_ids", "message_follower_ids", "message_partner_ids",
    "message_main_attachment_id",
})
#: Columns which the database itself keeps from the moment that the file is closed.
KEPT = (
    "state", "direction", "name", "kind", "urgency", "secrecy", "body", "main_to", "copy_to",
    "layout", "code_id", "number", "number_year", "number_value", "drafter_id", "signer_id",
    "signed_at", "issued_at", "source_unit", "source_number", "received_at", "register_number",
    "retention", "archive_year", "archived_at", "archived_by_id", "seal_id", "sealed_at",
)


class Document(models.Model):
    """The archive (归档): closed files cannot change, and are listed by year and retention."""

    _inherit = "yst.document"

    archive_year = fields.Integer(aggregator=False)
    archived_at = fields.Datetime("Archived", readonly=True, copy=False)
    archived_by_id = fields.Many2one(
        "res.users", "Archived by", readonly=True, copy=False, ondelete="restrict"
    )
    archive_due = fields.Date(
        "Archive by", compute="_compute_archive_due", store=True, index=True,
        help="30 June of the year after the one in which it was issued or received.",
    )
    disposal_from = fields.Date(
        "Kept until before", compute="_compute_disposal_from", store=True, index=True,
        help="From this day on the closed file may be assessed for disposal; empty: never.",
    )

    _archive_idx = models.Index("(archive_year, retention) WHERE state = 'archived'")

    def init(self):
        """Let the database itself keep what a closed file says."""
        super().init()
        new, old = (
            SQL(", ").join(SQL("%s.%s", SQL(row), SQL.identifier(name)) for name in KEPT)
            for row in ("NEW", "OLD")
        )
        self.env.cr.execute(
            SQL(
                """
                CREATE OR REPLACE FUNCTION yst_document_closed() RETURNS trigger AS $$
                BEGIN
                    IF TG_OP = 'UPDATE' AND (%(new)s) IS NOT DISTINCT FROM (%(old)s) THEN
                        RETURN NEW;
                    END IF;
                    RAISE EXCEPTION 'yst_document: closed files cannot be changed'
                        USING ERRCODE = 'insufficient_privilege';
                END $$ LANGUAGE plpgsql;
                CREATE OR REPLACE TRIGGER yst_document_closed_update
                    BEFORE UPDATE ON yst_document
                    FOR EACH ROW WHEN (OLD.state = 'archived')
                    EXECUTE FUNCTION yst_document_closed();
                CREATE OR REPLACE TRIGGER yst_document_closed_delete
                    BEFORE DELETE ON yst_document
                    FOR EACH ROW WHEN (OLD.state = 'archived')
                    EXECUTE FUNCTION yst_document_closed();
                """,
                new=new,
                old=old,
            )
        )

    @api.depends("direction", "number_year", "received_at", "issued_at")
    def _compute_archive_due(self):
        for document in self:
            year = document._year_of_file()
            document.archive_due = archive_due(year) if year else False

    @api.depends("state", "archive_year", "retention")
    def _compute_disposal_from(self):
        for document in self:
            closed = document.state == CLOSED and document.archive_year and document.retention
            document.disposal_from = closed and disposal_from(
                document.archive_year, document.retention
            )

    # -- CRUD ----------------------------------------------------------------------------------

    def write(self, vals):
        """:raise UserError: a file is closed"""
        if not (self.env.su and vals.keys() <= STILL_WRITTEN):
            self._refuse_closed()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_closed(self):
        self._refuse_closed()
        if self.sudo().filtered("number_value"):
            raise UserError(self.env._("A document that has a number is voided, not deleted."))

    def message_post(self, **kwargs):
        """:raise UserError: a file is closed"""
        if not self.env.su:
            self._refuse_closed()
        return super().message_post(**kwargs)

    def _refuse_closed(self):
        """:raise UserError: one of these documents has been archived"""
        closed = self.sudo().filtered(lambda document: document.state == CLOSED)
        if closed:
            raise UserError(
                self.env._(
                    "“%s” is in the archive: a closed file cannot be changed.", closed[0].name
                )
            )

    # -- actions -------------------------------------------------------------------------------

    def action_archive(self, retention=None):
        """Close files that are done (归档); the document desk's step.

        :param retention: permanent, 30 or 10 (years); what the document says when not given
        :raise AccessError: the user is not of the document desk
        :raise UserError: not issued or answered yet, no retention, or no year to file it under
        """
        if not self.env.user.has_group(REGISTRAR):
            raise AccessError(self.env._("Documents are archived by the document desk."))
        if retention is not None and retention not in dict(RETENTIONS):
            raise UserError(self.env._("Retention is permanent, 30 years or 10 years."))
        self.check_access("read")
        self._lock_state()
        documents = self.sudo()
        documents.invalidate_recordset()
        wrong = documents.filtered(lambda document: not (retention or document.retention))
        if wrong:
            raise UserError(
                self.env._("Choose how long to keep: %s", ", ".join(wrong.mapped("name")))
            )
        now = fields.Datetime.now()
        for (year, kept), some in documents.grouped(
            lambda document: (document._year_of_file(), retention or document.retention)
        ).items():
            if not year:
                raise UserError(
                    self.env._(
                        "Neither issued nor received, so without a year: %s",
                        ", ".join(some.mapped("name")),
                    )
                )
            some.with_context(skip_validation_check=True)._transition(
                CLOSED,
                CLOSES_FROM,
                {
                    "retention": kept,
                    "archive_year": year,
                    "archived_at": now,
                    "archived_by_id": self.env.uid,
                },
            )
        return True

    def _year_of_file(self):
        """The year that the file belongs to: of its number, else of its issue or receipt."""
        self.ensure_one()
        if self.direction == "incoming":
            moment = self.received_at
        else:
            if self.number_year:
                return self.number_year
            moment = self.issued_at
        return to_local(moment).year if moment else 0
