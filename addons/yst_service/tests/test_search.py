from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from .. import search

# What a resident types → the item that has to be among the first three.
QUERIES = [
    # names and parts of names
    ("失业登记", "SB-09"),
    ("残疾人证", "MZ-05"),
    ("家庭医生", "WJ-12"),
    ("公共租赁住房", "JZ-10"),
    ("SB-03", "SB-03"),
    ("wj12", "WJ-12"),
    # residents' own words
    ("低保", "JZ-01"),
    ("五保户", "JZ-04"),
    ("合疗", "SB-06"),
    ("准生证", "WJ-01"),
    ("老年证", "MZ-02"),
    ("打针本", "WJ-13"),
    ("轮椅", "MZ-17"),
    ("丧葬费", "SB-05"),
    ("领结婚证", "MZ-16"),
    ("廉租房", "JZ-10"),
    ("4050", "SB-07"),
    # whole sentences, punctuation, full width
    ("我想给孩子上医保", "SB-06"),
    ("社保卡丢了怎么办？", "SB-14"),
    ("请问残疾证在哪里办理", "MZ-05"),
    ("家里出事了，没钱吃饭", "JZ-07"),
    ("Ｓ Ｂ － ０ ９", "SB-09"),
    # pinyin
    ("dibao", "JZ-01"),
    ("laonianzheng", "MZ-02"),
    ("gongzufang", "JZ-10"),
    ("SHIYE dengji", "SB-09"),
    ("jiatingyisheng", "WJ-12"),
    # initials
    ("db", "JZ-01"),
    ("gzf", "JZ-10"),
    ("lnz", "MZ-02"),
    ("cjz", "MZ-05"),
    ("sydj", "SB-09"),
    # life events
    ("生孩子", "WJ-01"),
    ("退休", "SB-02"),
    ("失业", "SB-09"),
    ("没工作", "SB-09"),
    ("开店", "SB-12"),
    ("退伍", "MZ-13"),
    ("结婚", "MZ-16"),
    # slips: a wrong character of the same sound, another character, the keyboard
    ("低宝", "JZ-01"),
    ("养老保先参保", "SB-01"),
    ("残及人证", "MZ-05"),
    ("高龄补帖", "MZ-01"),
    ("公组房", "JZ-10"),
    ("医疗就助", "JZ-08"),
    ("gongzufagn", "JZ-10"),
    ("shiyedenji", "SB-09"),
    ("laonianzhegn", "MZ-02"),
    ("jiatingyishneg", "WJ-12"),
    ("canjirenfuzhuqiju", "MZ-17"),
    # English
    ("unemployment", "SB-09"),
]
NOTHING = ["", "   ", "！？", "zzzzzz", "火星签证", "%", "_", "\\", "'; DROP TABLE--"]


@tagged("post_install", "-at_install")
class TestSearchRules(TransactionCase):
    """Pure functions of `search`."""

    def test_normalising(self):
        for text, normal in (
            ("低保", "低保"),
            (" 低 保！", "低保"),
            ("ＡＢ－１", "ab1"),
            ("4050社保", "4050社保"),
            (None, ""),
            ("%_\\", ""),
        ):
            with self.subTest(text):
                self.assertEqual(search.normalise(text), normal)

    def test_pinyin_and_initials(self):
        for text, pinyin, initials in (
            ("低保", "dibao", "db"),
            ("重度残疾", "zhongducanji", "zdcj"),
            ("重新登记", "chongxindengji", "cxdj"),
            ("60岁领养老钱", "60suilingyanglaoqian", "60slylq"),
            ("sb01", "sb01", "sb01"),
            ("绿卡", "lvka", "lk"),
        ):
            with self.subTest(text):
                one = search.term(search.NAME, text)
                self.assertEqual((one.pinyin, one.initials), (pinyin, initials))

    def test_a_query_loses_its_filler_words_unless_nothing_is_left(self):
        self.assertEqual(search.parse_query("请问老年证怎么办理？").core, "老年证")
        self.assertEqual(search.parse_query("怎么办").core, "怎么办")
        self.assertIsNone(search.parse_query(" ？ "))
        self.assertEqual(len(search.parse_query("老" * 500).text), search.MAX_QUERY)

    def test_the_index_is_read_as_it_was_written(self):
        terms = [search.term(search.NAME, "低保"), None, search.term(search.EVENT, "失业\t\n")]
        self.assertEqual(
            search.parse_index(search.index_text(terms)),
            (("n", "低保", "dibao", "db"), ("e", "失业", "shiye", "sy")),
        )
        self.assertEqual(search.parse_index(""), ())

    def test_better_fits_score_higher(self):
        query = search.parse_query("低保")
        texts = ["低保", "低保户", "办低保", "困难低保边缘家庭", "抵抱", "高龄补贴"]
        scores = [search.score(query, search.term(search.NAME, text)) for text in texts]
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertEqual(len(set(scores)), len(scores))
        self.assertLess(scores[-1], search.THRESHOLD)

    def test_two_slips_leave_a_part_of_a_long_word_whole(self):
        for word, parts in (
            ("dibao", []),
            ("zufang", ["zuf", "ang"]),
            ("gongzufang", ["gong", "zufa"]),
            ("laonianzheng", ["laon", "ianz", "heng"]),
        ):
            with self.subTest(word):
                patterns = search.like_patterns(search.parse_query(word))
                self.assertEqual(set(patterns), {f"%{one}%" for one in (word, *parts)})

    def test_patterns_carry_a_trigram(self):
        for text in ("低保", "养老保险", "dibao", "db", "gzf", "我想给孩子上医保"):
            for pattern in search.like_patterns(search.parse_query(text)):
                with self.subTest(text=text, pattern=pattern):
                    # a tab is a word beginning, which makes trigrams of its own
                    self.assertTrue("\t" in pattern or len(pattern.strip("%")) >= 3)


@tagged("post_install", "-at_install")
class TestSearch(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.items = cls.env["yst.service.item"]

    def test_residents_find_what_they_mean(self):
        missed = []
        for query, code in QUERIES:
            first = self.items._search_public(query, limit=3).mapped("code")
            if code not in first:
                missed.append(f"{query}: {code} not in {first}")
        self.assertFalse(missed, "\n".join(missed))
        self.assertGreaterEqual(len(QUERIES), 30)

    def test_the_commonest_word_leads_to_the_application_itself(self):
        for query in ("低保", "办低保", "我要申请低保", "dibao"):
            with self.subTest(query=query):
                found = self.env["yst.service.item"]._search_public(query, limit=1)
                self.assertEqual(found.code, "JZ-01")

    def test_nonsense_finds_nothing_and_breaks_nothing(self):
        for query in NOTHING[2:]:
            with self.subTest(query):
                self.assertFalse(self.items._search_public(query))
        everything = self.items.search([("published", "=", True)])
        for query in NOTHING[:2]:
            self.assertEqual(self.items._search_public(query), everything)

    def test_filters_keep_to_category_and_life_event(self):
        category = self.env.ref("yst_service.category_mz")
        event = self.env.ref("yst_service.life_event_old_age")
        found = self.items._search_public("补贴", category=category)
        self.assertTrue(found)
        self.assertEqual(found.category_id, category)
        found = self.items._search_public("补贴", category=category, life_event=event)
        self.assertTrue(found)
        self.assertTrue(all(event in item.life_event_ids for item in found))
        self.assertEqual(
            self.items._search_public("", life_event=event),
            self.items.search([("life_event_ids", "in", event.ids)]),
        )

    def test_what_is_not_public_is_not_found(self):
        item = self.items.search([("code", "=", "MZ-17")])
        self.assertEqual(self.items._search_public("轮椅")[:1], item)
        item.active = False
        self.assertFalse(self.items._search_public("轮椅"))

    def test_a_new_word_of_an_item_or_event_is_found_at_once(self):
        item = self.items.search([("code", "=", "MZ-17")])
        item.synonyms += "\n电动三轮"
        self.assertEqual(self.items._search_public("电动三轮"), item)
        self.assertEqual(self.items._search_public("ddsl"), item)
        event = self.env.ref("yst_service.life_event_veteran")
        event.synonyms += "\n卸甲归田"
        self.assertIn(event, self.items._search_public("卸甲归田").life_event_ids)

    def test_searching_is_one_query_however_many_items(self):
        def count(query):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.items._search_public(query)
            return self.cr.sql_log_count - before

        queries = ("低保", "dibao", "db", "养老保险", "我想给孩子上医保", "")
        few = [count(query) for query in queries]
        self.assertEqual(set(few), {1})
        self._grow()
        self.assertEqual([count(query) for query in queries], few)

    def test_the_trigram_index_serves_every_kind_of_query(self):
        self.assertTrue(self.env.registry.has_trigram, "the set-up creates pg_trgm")
        self._grow()
        self.cr.execute("SET LOCAL enable_seqscan = off")
        self.cr.execute("ANALYZE yst_service_item")
        for query in ("低保", "养老保险", "dibao", "gzf", "gongzufagn", "我想给孩子上医保"):
            asked = search.parse_query(query)
            sql = self.items._candidates_sql(asked, None, None)
            rows = self.env.execute_query(SQL("EXPLAIN %s", sql))
            plan = "\n".join(row[0] for row in rows)
            with self.subTest(query):
                self.assertIn("yst_service_item_search_text_trgm", plan)
                self.assertNotIn("Seq Scan", plan)

    def _grow(self):
        """Ten times as many items: 630 in all."""
        published = self.items.search([("published", "=", True)])
        categories = self.env["yst.service.category"].search([])
        values = [
            {
                "code": f"{categories[n % 4].code}-{n + 100}",
                "category_id": categories[n % 4].id,
                "synonyms": f"另一件事{n}\n第{n}种叫法",
                "version_ids": [
                    (0, 0, {"name": f"{published[n % len(published)].name}（第{n}项）"})
                ],
            }
            for n in range(567)
        ]
        grown = self.items.with_context(tracking_disable=True).create(values)
        grown.version_ids._publish()
        self.env.flush_all()
