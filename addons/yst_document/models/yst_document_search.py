from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .. import search_text

#: what a document is found by
SEARCHED = (
    "name", "body_text", "number", "register_number", "source_unit", "source_number", "main_to",
)
#: how common a word is, is asked of so many documents; fewer than the least tell nothing
SAMPLE, LEAST = 200, 50
#: beyond this share the index costs more than it saves
COMMON = 0.3


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
        found = [self._word_domain(word) for word in search_text.words(query)]
        return Domain.AND(found) if found else Domain.FALSE

    @api.model
    def _word_domain(self, word):
        """Through the index, unless the word stands in so many documents (通知, 工作) that the
        first page and its count are sooner read from the documents in their order. PostgreSQL
        keeps no statistics of long texts and would not know."""
        if not self._is_common(word):
            return Domain("search_text", "like", search_text.pattern(word))
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "strpos(COALESCE(%s, ''), %s) > 0",
                model._field_to_sql(alias, "search_text", query),
                word,
            ),
            predicate=lambda document: word in (document.search_text or ""),
        )

    @api.model
    def _is_common(self, word):
        """Whether a word stands in 3 of 10 documents, by a sample over the whole range of ids."""
        self.env["yst.document"].flush_model(["search_text"])
        [(asked, found)] = self.env.execute_query(
            SQL(
                """
                SELECT count(*), count(*) FILTER (WHERE strpos(search_text, %(word)s) > 0)
                  FROM yst_document WHERE id IN (
                    SELECT (low + (high - low)::bigint * n / %(sample)s)::int
                      FROM generate_series(0, %(sample)s) AS n,
                           (SELECT min(id) AS low, max(id) AS high FROM yst_document) AS whole
                  )
                """,
                word=word,
                sample=SAMPLE,
            )
        )
        return asked >= LEAST and found >= asked * COMMON
