from odoo import api, models


class RegisterReport(models.AbstractModel):
    """The register book on paper, for the document desk; each print stands in the audit log."""

    _name = "report.yst_document.register"
    _description = "Register Book on Paper"

    @api.model
    def _get_report_values(self, docids, data=None):
        books = self.env["yst.document.register"].browse(docids).exists()
        books.check_access("read")
        tables = {book.id: book._sheet() for book in books}
        for book in books:
            self.env["yst.audit.log"].sudo()._log(
                "export",
                self.env["yst.document"],
                detail=f"{len(tables[book.id][1])}: {book.display_name} (PDF)",
            )
        return {"doc_ids": docids, "doc_model": books._name, "docs": books, "tables": tables}
