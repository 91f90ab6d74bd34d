from odoo import api, fields, models
from odoo.fields import Domain

from .. import search_text

#: what a document is found by
SEARCHED = (
    "name", "body_text", "number", "register_number", "source_unit", "source_number", "main_to",
)


class Document(models.Model):
    """Search by any words in title and text (全文检索), through one trigram index."""

    _inherit = "yst.document"
    _rec_names_search = ["name", "number", "register_number", "source_number"]

    body_text = fields.Text(prefetch=False, index=False)
    search_text = fields.Text(
        compute="_compute_search_text", store=True, prefetch=False, exportable=False, copy=False
    )
    words = fields.Char(
        "Words", compute="_compute_words", search="_search_words", exportable=False,
        help="Any words of title, text, numbers and offices; all of them must be found.",
    )

    def init(self):
        """The trigram index, on the text itself: accents are folded already, and Odoo's own would
        be on ``unaccent`` of it."""
        super().init()
        if self.env.registry.has_trigram:
            self.env.cr.execute(
                "CREATE INDEX IF NOT EXISTS yst_document_search_text_idx"
                " ON yst_document USING gin (search_text gin_trgm_ops)"
            )

    @api.depends(*SEARCHED)
    def _compute_search_text(self):
        for document in self:
            parts = (document[name] for name in SEARCHED)
            document.search_text = search_text.doubled("\n".join(part for part in parts if part))

    def _compute_words(self):
        self.words = False

    @api.model
    def _search_words(self, operator, value):
        if operator in ("in", "not in") and not isinstance(value, str):
            found = Domain.OR(self._words_domain(one) for one in value if isinstance(one, str))
            return found if operator == "in" else ~found
        if operator not in ("ilike", "like", "=", "not ilike", "not like", "!="):
            return NotImplemented
        found = self._words_domain(value if isinstance(value, str) else "")
        return ~found if operator.startswith(("not", "!")) else found

    @api.model
    def _words_domain(self, query):
        found = [
            Domain("search_text", "like", search_text.pattern(word))
            for word in search_text.words(query)
        ]
        return Domain.AND(found) if found else Domain.FALSE
