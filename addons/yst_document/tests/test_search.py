from unittest.mock import patch

from odoo.tests import BaseCase, tagged
from odoo.tools import SQL

from ..models import yst_document_search
from ..search_text import doubled, folded, pattern, words
from .number_common import NumberCase


@tagged("post_install", "-at_install")
class TestSearchText(BaseCase):
    """How texts and words are folded."""

    def test_widths_cases_and_blanks_are_equal(self):
        self.assertEqual(folded("防汛\u3000ＡＢＣ\n\n１２"), "防汛 abc 12")
        self.assertEqual(folded(None), "")

    def test_a_word_is_found_where_the_text_holds_it(self):
        text = doubled("关于做好2026年防汛抗旱工作的通知 aab")
        for word in ("防汛", "关于", "汛抗", "2026", "通知", "知", "aab", "aa", "ＡＡ"):
            with self.subTest(word):
                self.assertIn(words(word)[0], text)
        for word in ("抗汛", "防旱", "20266", "aba", "aaa", "bb"):
            with self.subTest(word):
                self.assertNotIn(words(word)[0], text)

    def test_a_word_of_two_is_long_enough_for_a_trigram(self):
        self.assertEqual(words("防汛 工作"), ["防防汛汛", "工工作作"])
        self.assertEqual(pattern("a%_\\"), "a\\%\\_\\\\")


@tagged("post_install", "-at_install")
class TestSearch(NumberCase):
    """Documents are found by any words, through the index."""

    def found(self, query, user=None):
        documents = self.as_user(user or self.registrar, self.env["yst.document"])
        return documents.search([("words", "ilike", query)])

    def test_words_of_title_and_text_and_numbers(self):
        one = self.signed(
            name="关于做好防汛抗旱工作的通知", body="<p>各村要落实<b>值班</b>制度</p>"
        )
        two = self.signed(
            name="关于森林防火的通知", body="<p>100%落实</p>", main_to="各村民委员会"
        )
        one._allot_number()
        for query, expected in (
            ("防汛", one), ("值班", one), ("森林", two), ("通知", one | two), ("落实", one | two),
            ("值班 防汛", one), ("值班 森林", one.browse()), ("测办发", one), ("100%", two),
            ("100_", one.browse()), ("村民委", two), ("〔", one), ("没有的词", one.browse()),
            ("", one | two), ("%", two),
        ):
            with self.subTest(query):
                self.assertEqual(self.found(query) & (one | two), expected)
        one.body = "<p>已改写</p>"
        self.assertFalse(self.found("值班") & one)
        outside = self.env["yst.document"].search([("words", "not ilike", "防汛")])
        self.assertNotIn(one, outside)
        self.assertIn(two, outside)

    def test_only_what_one_may_read_is_found(self):
        document = self.signed(name="独有标题甲乙丙丁")
        self.assertEqual(self.found("甲乙丙", self.drafter), document)
        self.assertFalse(self.found("甲乙丙", self.stranger))
        self.assertFalse(
            self.as_user(self.stranger, self.env["yst.document"]).name_search("甲乙丙")
        )
        names = self.as_user(self.registrar, self.env["yst.document"]).name_search("甲乙丙")
        self.assertEqual([one for one, _name in names], document.ids)

    def test_the_index_serves_words_of_two_characters(self):
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        for user in (self.registrar, self.drafter):
            documents = self.as_user(user, self.env["yst.document"])
            query = documents._search([("words", "ilike", "防汛 值班")])
            rows = self.env.execute_query(SQL("EXPLAIN (COSTS OFF) %s", query.select()))
            plan = "\n".join(row[0] for row in rows)
            with self.subTest(user.login):
                self.assertIn("yst_document_search_text_idx", plan)
                self.assertIn("防防汛汛", plan.split("Index Cond:")[1])

    def test_common_words_are_read_in_order_and_found_alike(self):
        documents = self.signed(count=80, body="<p>落实工作责任</p>")
        documents[:3].body = "<p>工作与森林防火</p>"
        self.env.flush_all()
        mine = [("id", "in", documents.ids)]
        model = self.as_user(self.registrar, self.env["yst.document"])

        def plan(query):
            found = model._search(mine + [("words", "ilike", query)])
            rows = self.env.execute_query(SQL("EXPLAIN (COSTS OFF) %s", found.select()))
            return "\n".join(row[0] for row in rows)

        with patch.object(yst_document_search, "SAMPLE", 1_000_000):
            self.assertIn("strpos", plan("工作"))
            self.assertNotIn("strpos", plan("森林"))
            for query in ("工作", "工作 森林", "责任", "森林"):
                common = model.search(mine + [("words", "ilike", query)])
                others = model.search(mine + [("words", "not ilike", query)])
                with patch.object(yst_document_search, "COMMON", 2):
                    self.assertNotIn("strpos", plan(query))
                    rare = model.search(mine + [("words", "ilike", query)])
                with self.subTest(query):
                    self.assertEqual(common, rare)
                    self.assertTrue(common)
                    self.assertEqual(common | others, model.search(mine))

    def test_a_list_does_not_carry_the_texts(self):
        document = self.signed()
        self.env.invalidate_all()
        with self.assertQueryCount(1):
            document.name  # noqa: B018
        cached = self.env.cache.get_fields(document)
        self.assertFalse({"search_text", "body_text"} & {field.name for field in cached})
