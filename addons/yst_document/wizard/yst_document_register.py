from urllib.parse import urlencode

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from odoo.addons.yst_base import workbook
from odoo.addons.yst_base.limits import to_local

from ..models.yst_document_numbering import REGISTRAR
from ..register_books import INCOMING, OUTGOING, local_bounds, register_value


class DocumentRegister(models.TransientModel):
    """The register of a year (发文登记簿, 收文登记簿) as print and spreadsheet.

    The outgoing book goes by the register of numbers: also those reserved and void stand in it.
    """

    _name = "yst.document.register"
    _description = "Register Book"

    direction = fields.Selection(
        [("outgoing", "Outgoing documents"), ("incoming", "Incoming documents")],
        required=True,
        default="outgoing",
    )
    year = fields.Integer(
        required=True, default=lambda self: to_local(fields.Datetime.now()).year
    )
    month = fields.Selection(
        [(str(month), str(month)) for month in range(1, 13)], help="Empty: the whole year."
    )
    code_id = fields.Many2one("yst.document.code", "Issuing code", help="Empty: all of them.")

    @api.constrains("year")
    def _check_year(self):
        if any(not 1949 <= book.year <= 9998 for book in self):
            raise ValidationError(self.env._("Choose a year of four digits."))

    @api.depends("direction", "year", "month", "code_id")
    def _compute_display_name(self):
        for book in self:
            book.display_name = book._title()

    def action_print(self):
        """The book as PDF.

        :raise UserError: nothing was registered then
        """
        self.ensure_one()
        self._check_registrar()
        if not self._entries():
            raise UserError(self.env._("Nothing was registered in this time."))
        return self.env.ref("yst_document.report_register").report_action(self)

    def action_xlsx(self):
        """The book as a spreadsheet."""
        self.ensure_one()
        self._check_registrar()
        query = {"direction": self.direction, "year": self.year, "month": self.month or "",
                 "code": self.code_id.id or ""}
        return {
            "type": "ir.actions.act_url",
            "url": f"/yst/document/register.xlsx?{urlencode(query)}",
            "target": "download",
        }

    # -- what is in the book -------------------------------------------------------------------

    @api.model
    def _check_registrar(self):
        if not self.env.user.has_group(REGISTRAR):
            raise AccessError(self.env._("Registers are kept by the document desk."))

    def _title(self):
        self.ensure_one()
        label = dict(self._fields["direction"]._description_selection(self.env))
        name = (
            self.env._("Register of incoming documents")
            if self.direction == "incoming"
            else self.env._("Register of outgoing documents")
        )
        parts = [name if self.direction in label else "", str(self.year or "")]
        if self.month:
            parts.append(self.env._("month %s", self.month))
        if self.code_id and self.direction == "outgoing":
            parts.append(self.code_id.name)
        return " ".join(part for part in parts if part)

    def _entries(self):
        """Numbers of the outgoing book, documents of the incoming one, in their order."""
        self.ensure_one()
        if self.direction == "outgoing":
            domain = Domain("year", "=", self.year)
            if self.code_id:
                domain &= Domain("code_id", "=", self.code_id.id)
            if self.month:
                begin, end = local_bounds(self.year, int(self.month))
                domain &= Domain("taken_at", ">=", begin) & Domain("taken_at", "<", end)
            return self.env["yst.document.number"].search(domain, order="code_id, value")
        domain = Domain("direction", "=", "incoming")
        domain &= Domain("register_number", "=like", f"%〔{self.year}〕%")
        if self.month:
            begin, end = local_bounds(self.year, int(self.month))
            domain &= Domain("received_at", ">=", begin) & Domain("received_at", "<", end)
        documents = self.env["yst.document"].search(domain, order="id")
        return documents.sorted(lambda one: register_value(one.register_number))

    def _sheet(self):
        """Columns as (heading, width) and rows of texts and days, for print and spreadsheet.

        :raise AccessError: the reader is not of the document desk
        """
        self.ensure_one()
        self._check_registrar()
        names = {
            "serial": self.env._("No."), "day": self.env._("Day"),
            "number": self.env._("Number"), "title": self.env._("Title"),
            "kind": self.env._("Kind"), "secrecy": self.env._("Secrecy"),
            "urgency": self.env._("Urgency"), "drafted": self.env._("Drafted by"),
            "signed": self.env._("Signed by"), "main_to": self.env._("Addressed to"),
            "copy_to": self.env._("Copies to"), "archive": self.env._("Archive"),
            "remark": self.env._("Remark"), "received": self.env._("Received"),
            "source": self.env._("From"), "their_number": self.env._("Their number"),
            "instruction": self.env._("Instruction"), "handled": self.env._("Handled by"),
            "due": self.env._("Due"), "result": self.env._("Result"),
        }
        entries = self._entries()
        if self.direction == "outgoing":
            keys, row = OUTGOING, self._outgoing_row
            entries.document_id.fetch(["name", "main_to", "copy_to"])
        else:
            keys, row = INCOMING, self._incoming_row
        words = self._words(self._instructions(entries))
        columns = [(names[key], width) for key, width in keys]
        rows = []
        for serial, entry in enumerate(entries, 1):
            values = {"serial": serial, **row(entry, words)}
            rows.append([values[key] for key, _width in keys])
        return columns, rows

    def _words(self, instructions):
        """Labels of selections and what else the rows share."""
        documents = self.env["yst.document"]
        labels = documents.fields_get(
            ["kind", "secrecy", "urgency", "retention", "state"], ["selection"]
        )
        words = {name: dict(field["selection"]) for name, field in labels.items()}
        states = self.env["yst.document.number"].fields_get(["state"], ["selection"])
        words["number_state"] = dict(states["state"]["selection"])
        words["instructions"] = instructions
        return words

    def _instructions(self, entries):
        """dict of document id to what the leaders instructed (批示)."""
        if self.direction == "outgoing":
            return {}
        found = {}
        for opinion in self.env["yst.document.opinion"].sudo().search_fetch(
            [("document_id", "in", entries.ids), ("kind", "=", "instruct")],
            ["document_id", "user_id", "text"], order="id",
        ):
            line = f"{opinion.user_id.name}: {opinion.text or self.env._('(seen)')}"
            found.setdefault(opinion.document_id.id, []).append(line)
        return {key: "\n".join(lines) for key, lines in found.items()}

    def _outgoing_row(self, entry, words):
        document = entry.document_id
        remark = entry.void_reason or entry.reason or ""
        if entry.state != "used":
            remark = f"{words['number_state'][entry.state]}: {remark}"
        shared = self._shared(document, words) if document else {}
        return {
            "title": "", "kind": "", "secrecy": "", "urgency": "", "drafted": "", "signed": "",
            "main_to": "", "copy_to": "", "archive": "",
            **shared,
            "day": self._day(entry.given_at or entry.taken_at),
            "number": entry.name,
            "remark": remark,
        }

    def _incoming_row(self, document, words):
        return {
            **self._shared(document, words),
            "number": document.register_number,
            "received": self._day(document.received_at),
            "source": document.source_unit or "",
            "their_number": document.source_number or "",
            "instruction": words["instructions"].get(document.id, ""),
            "handled": document.handler_id.name or "",
            "due": self._day(document.clock_deadline),
            "result": words["state"][document.state],
            "remark": "",
        }

    def _shared(self, document, words):
        people = (document.department_id.name, document.drafter_id.name)
        kept = words["retention"].get(document.retention, "")
        archived = document.state == "archived"
        return {
            "title": document.name,
            "kind": words["kind"].get(document.kind, ""),
            "secrecy": words["secrecy"].get(document.secrecy, ""),
            "urgency": words["urgency"].get(document.urgency, ""),
            "drafted": " ".join(name for name in people if name),
            "signed": document.signer_id.name or "",
            "main_to": document.main_to or "",
            "copy_to": document.copy_to or "",
            "archive": f"{document.archive_year} {kept}" if archived else "",
        }

    def _day(self, moment):
        return to_local(moment).strftime("%Y-%m-%d") if moment else ""

    def _printed_on(self):
        """Today, as it is written on papers."""
        today = to_local(fields.Datetime.now()).date()
        return format_date(self.env, today, date_format="long")

    def _xlsx(self):
        """The book as xlsx; who took it out stands in the audit log.

        :raise AccessError: the reader is not of the document desk
        """
        columns, rows = self._sheet()
        title = self._title()
        self.env["yst.audit.log"].sudo()._log(
            "export", self.env["yst.document"], detail=f"{len(rows)}: {title}"
        )
        return workbook.make(title, columns, rows)
