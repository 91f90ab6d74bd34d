import datetime
import itertools

from odoo.tests import BaseCase, tagged

from .. import gb9704
from ..gb9704_title import MOST, title_lines, width
from . import paper_ruler
from .papers import ISSUER, SENTENCE, paper, seal_png

BLOCK_TOP, BLOCK_BOTTOM = 37, 262
CHARACTER, LINE = 156 / 28, 225 / 22
SIZE_3 = 16 * 25.4 / 72
RED = (0.902, 0, 0.071)


def left_of(number):
    """The block's left edge on page ``number``: the binding is left on odd pages."""
    return 28 if number % 2 else 26


@tagged("post_install", "-at_install")
class TestLayout(BaseCase):
    """The PDF itself is measured, in millimetres (GB/T 9704-2012)."""

    def measure(self, *args, **values):
        return paper_ruler.measure(gb9704.render(paper(*args, **values)))

    def near(self, value, wanted, tolerance=0.15, msg=None):
        self.assertLessEqual(abs(value - wanted), tolerance, f"{msg or ''} {value} ≠ {wanted}")

    # -- the page --------------------------------------------------------------------------------

    def test_text_keeps_to_the_block_on_odd_and_even_pages(self):
        sheets = self.measure(paragraphs=12)
        self.assertGreaterEqual(len(sheets), 3)
        for number, sheet in enumerate(sheets, 1):
            self.near(sheet.width, 210)
            self.near(sheet.height, 297)
            left = left_of(number)
            body = [line for line in sheet.lines if line.size > 15]
            for line in body:
                self.assertGreaterEqual(line.ink_left, left, line.text)
                self.assertLessEqual(line.ink_right, left + 156.01, line.text)
                self.assertGreaterEqual(line.ink_top, BLOCK_TOP, line.text)
                self.assertLessEqual(line.ink_bottom, BLOCK_BOTTOM, line.text)
            self.near(min(line.left for line in body), left, 0.01)

    def test_22_lines_of_28_characters(self):
        sheet = self.measure(paragraphs=14)[1]
        bases = sheet.body()
        self.assertEqual(len(bases), 22)
        for upper, lower in itertools.pairwise(bases):
            self.near(lower - upper, LINE, 0.03)
        # the first line stands in the first 22nd of the block, the last in the last
        self.assertLess(bases[0], BLOCK_TOP + LINE)
        self.assertGreater(bases[-1], BLOCK_BOTTOM - LINE)
        full = [line for line in sheet.lines if len(line.text) == 28]
        self.assertGreaterEqual(len(full), 5)
        for line in full:
            self.near(line.pitch, CHARACTER, 0.01)
            self.near(line.right, 26 + 156, 0.2)

    def test_line_left_short_by_a_closing_sign_is_spread(self):
        text = "汉" * 26 + "，" + "字" * 28 + "。"
        sheet = self.measure(body=[text, text], main_to="")[0]
        # the comma must not begin the next line: it takes the last character along
        short = [line for line in sheet.lines if line.text == "汉" * 25]
        self.assertEqual(len(short), 2)
        for line in short:
            self.near(line.right, 184, 0.2)
            self.assertGreater(line.pitch, CHARACTER)

    def test_other_faces_do_not_raise_their_line(self):
        mixed = "（一）加强巡查。对低洼地段、河道、地质灾害点每日巡查不少于二次。ABC 123"
        bases = self.measure(body=[mixed] * 30)[1].body()
        self.assertEqual(len(bases), 22)
        for upper, lower in itertools.pairwise(bases):
            self.near(lower - upper, LINE, 0.03)

    def test_fonts_are_embedded(self):
        for form in ("document", "letter", "minutes"):
            found = paper_ruler.fonts(gb9704.render(paper(form)))
            self.assertGreaterEqual(len(found), 3)
            self.assertTrue(all(found.values()), found)

    def test_page_numbers(self):
        for number, sheet in enumerate(self.measure(paragraphs=12), 1):
            line = sheet.line("— ")
            self.assertEqual(line.text, f"— {number} —")
            self.near(line.size, 14, 0.05)
            # the dashes, 7 mm below the block: the middle of the line's ink
            self.near((line.ink_top + line.ink_bottom) / 2, BLOCK_BOTTOM + 7, 0.5)
            if number % 2:
                self.near(line.right, 28 + 156 - 14 * 25.4 / 72)
            else:
                self.near(line.left, 26 + 14 * 25.4 / 72)

    # -- the head --------------------------------------------------------------------------------

    def test_head_of_a_document(self):
        sheet = self.measure(copy_number="000012", secrecy="内部", urgency="特急")[0]
        mark = sheet.line(ISSUER + "文件")
        self.near(mark.ink_top, BLOCK_TOP + 35)
        self.assertEqual(mark.colour, RED)
        self.near((mark.left + mark.right) / 2, 28 + 78)
        self.assertLessEqual(mark.ink_bottom - mark.ink_top, 22)
        number = sheet.line("新办发〔2026〕12号")
        self.near((number.left + number.right) / 2, 28 + 78)
        self.near(number.size, 16, 0.05)
        # two empty lines between them
        gap = number.ink_top - mark.ink_bottom
        self.near(gap, 2 * LINE + (LINE - SIZE_3) / 2, 1)
        rule = sheet.rules[0]
        self.near(rule.top - number.ink_bottom, 4, 0.3)
        self.near(rule.left, 28)
        self.near(rule.width, 156)
        self.assertEqual(rule.colour, RED)
        title = sheet.line("新城街道办事处关于")
        self.near(title.size, 22, 0.05)
        self.near(title.ink_top - rule.bottom, 2 * LINE + (LINE * 1.15 - 22 * 25.4 / 72) / 2, 1)
        main_to = sheet.line("各村（社区）：")
        self.near(main_to.left, 28, 0.01)
        last_title = max(line.ink_bottom for line in sheet.lines if abs(line.size - 22) < 0.1)
        leading = (LINE * 1.15 - 22 * 25.4 / 72) / 2
        self.near(main_to.ink_top - last_title, leading + LINE + (LINE - SIZE_3) / 2, 0.6)
        corner = [sheet.line(text) for text in ("000012", "内部", "特急")]
        for place, line in enumerate(corner):
            self.near(line.left, 28, 0.01)
            self.near(line.base, corner[0].base + place * LINE, 0.05)
            self.assertEqual(line.colour[0], 0)
        self.assertLess(corner[0].base, BLOCK_TOP + LINE)

    def test_upward_document_shows_who_signs(self):
        sheet = self.measure(signers=["张某", "李某", "王某"])[0]
        number, rule = sheet.line("新办发"), sheet.rules[0]
        self.near(number.left, 28 + CHARACTER)
        signers = [sheet.line("张某"), sheet.line("王某")]
        self.assertEqual(signers[0].text, "张某　李某")
        self.near(signers[0].left, signers[1].left, 0.05)
        self.near(signers[1].base, number.base, 0.8)
        self.near(rule.top - number.ink_bottom, 4, 0.5)
        label = sheet.line("签发人：")
        self.assertLess(label.right, signers[0].left + 0.1)
        alone = self.measure(signers=["张某"])[0]
        self.near(alone.line("张某").right, 28 + 156 - CHARACTER, 0.2)
        self.assertNotEqual(alone.line("张某").font, alone.line("签发人").font)

    def test_joint_offices_share_the_mark(self):
        offices = ["新城街道社区教育学校", "某派出所"]
        sheet = self.measure(joint=offices)[0]
        marks = [line for line in sheet.lines if line.colour == RED]
        names = [line for line in marks if line.text != "文件"]
        self.assertEqual([line.text for line in names], [ISSUER, *offices])
        self.near(names[0].ink_top, BLOCK_TOP + 35, 0.3)
        for line in names:
            self.near(line.ink_left, names[1].ink_left, 0.6)
            self.near(line.ink_right, names[1].ink_right, 0.6)
        suffix = next(line for line in marks if line.text == "文件")
        self.assertGreater(suffix.left, max(line.ink_right for line in names))
        self.near((suffix.ink_top + suffix.ink_bottom) / 2,
                  (names[0].ink_top + names[-1].ink_bottom) / 2, 1)

    def test_mark_of_a_long_name_stays_in_the_block(self):
        mark = "某某省某某市某某区人民政府新城街道办事处党政综合办公室文件"
        line = self.measure(mark=mark)[0].line(mark)
        self.assertGreaterEqual(line.ink_left, 28)
        self.assertLessEqual(line.ink_right, 184)
        self.near(line.ink_top, BLOCK_TOP + 35)

    # -- the end ---------------------------------------------------------------------------------

    def test_seal_stands_over_name_and_date(self):
        sheets = self.measure(paragraphs=1, attachments=["名单"])
        sheet, left = sheets[-1], left_of(len(sheets))
        seal = sheet.pictures[-1]
        self.near(seal.width, 42)
        self.near(seal.height, 42)
        name, date = sheet.line(ISSUER), sheet.line("2026年7月9日")
        axis = seal.left + 21
        self.near((name.left + name.right) / 2, axis, 0.2)
        self.near((date.left + date.right) / 2, axis, 0.2)
        self.near(left + 156 - date.right, 4 * CHARACTER, 0.2)
        self.near(date.base - name.base, LINE, 0.03)
        # name and date somewhat below the seal's middle, inside it
        middle = (name.ink_top + date.ink_bottom) / 2
        self.assertGreater(middle, seal.top + 21)
        self.assertLess(date.ink_bottom, seal.bottom)
        # its top within one line of the text
        above = sheet.line("附件：名单")
        self.assertGreater(seal.top, above.ink_bottom)
        self.assertLess(seal.top - above.ink_bottom, LINE)

    def test_seal_stays_in_the_block_wherever_the_text_ends(self):
        for count in range(1, 24):
            with self.subTest(lines=count):
                sheets = self.measure(body=["正文" * 5] * count, note="此件公开发布")
                holder = next(sheet for sheet in sheets if sheet.pictures)
                self.assertLessEqual(holder.pictures[-1].bottom, BLOCK_BOTTOM + 0.1)
                self.assertGreaterEqual(holder.pictures[-1].top, BLOCK_TOP)
                self.assertTrue(holder.has("正文"), "the signature page has no body text")
                note = holder.line("（此件公开发布）")
                self.near(note.base - holder.line("2026年7月9日").base, LINE, 0.05)
                self.near(note.left, left_of(sheets.index(holder) + 1) + 2 * CHARACTER, 0.1)

    def test_joint_seals_do_not_touch(self):
        offices = ["某派出所", "某中心学校", "某卫生院"]
        sheets = self.measure(paragraphs=1, joint=offices, seals=[seal_png()] * 4)
        sheet = sheets[-1]
        left = left_of(len(sheets))
        self.assertEqual(len(sheet.pictures), 4)
        for number, seal in enumerate(sheet.pictures):
            self.assertGreaterEqual(seal.left, left)
            self.assertLessEqual(seal.right, left + 156)
            for other in sheet.pictures[number + 1 :]:
                distance = ((seal.left - other.left) ** 2 + (seal.top - other.top) ** 2) ** 0.5
                self.assertGreater(distance, 42.5)
        for office, seal in zip([ISSUER, *offices], sheet.pictures, strict=True):
            name = sheet.line(office)
            self.near((name.left + name.right) / 2, seal.left + 21, 0.3)
        self.near(left + 156 - sheet.line("2026年7月9日").right, 4 * CHARACTER, 0.3)

    def test_unsealed_name_and_date(self):
        long_name = self.measure(sealed=False, paragraphs=1, issuer=ISSUER + "党政综合办公室")
        sheet, left = long_name[-1], left_of(len(long_name))
        name, date = sheet.line(ISSUER), sheet.line("2026年7月9日")
        self.near(left + 156 - name.right, 2 * CHARACTER, 0.2)
        self.near(date.left - name.left, 2 * CHARACTER, 0.2)
        short_name = self.measure(sealed=False, paragraphs=1, issuer="办事处")
        sheet, left = short_name[-1], left_of(len(short_name))
        name, date = sheet.line("办事处"), sheet.line("2026年7月9日")
        self.near(left + 156 - date.right, 2 * CHARACTER, 0.2)
        self.near(date.left - name.left, 2 * CHARACTER, 0.2)

    def test_attachments_hang_under_each_other(self):
        names = ["汛期值班安排表", "地质灾害隐患点" * 5]
        sheets = self.measure(paragraphs=1, attachments=names)
        sheet, left = sheets[-1], left_of(len(sheets))
        first, second = sheet.line("附件：1."), sheet.line("2. ")
        self.near(first.left, left + 2 * CHARACTER, 0.1)
        self.near(second.left, left + 5 * CHARACTER, 0.1)
        follows = sheet.lines[sheet.lines.index(second) + 1]
        self.assertGreater(follows.left, second.left + CHARACTER / 2)
        body = sheet.lines[sheet.lines.index(first) - 1]
        self.near(first.base - body.base, 2 * LINE, 0.05, "one empty line above")

    def test_imprint_at_the_foot_of_the_last_even_page(self):
        for count in (1, 2, 4, 7, 9):
            with self.subTest(paragraphs=count):
                sheets = self.measure(
                    paragraphs=count, copy_to="区委办公室，区政府办公室",
                    printer="新城街道党政综合办公室", printed=datetime.date(2026, 7, 10),
                )
                self.assertEqual(len(sheets) % 2, 0)
                sheet = sheets[-1]
                upper, middle, lower = sorted(sheet.rules, key=lambda rule: rule.top)
                for rule, weight in ((upper, 0.35), (middle, 0.25), (lower, 0.35)):
                    self.near(rule.height, weight, 0.01)
                    self.near(rule.left, 26)
                    self.near(rule.width, 156)
                self.near(lower.bottom, BLOCK_BOTTOM, 0.05)
                copies, printed = sheet.line("抄送：区委"), sheet.line("2026年7月10日印发")
                self.near(copies.left, 26 + 14 * 25.4 / 72, 0.05)
                self.near(printed.right, 26 + 156 - 14 * 25.4 / 72, 0.05)
                self.near(copies.size, 14, 0.05)
                self.assertTrue(copies.text.endswith("。"))
                others = [line for line in sheet.lines if line.size > 15]
                if others:
                    self.assertLess(max(line.ink_bottom for line in others), upper.top)
                self.assertEqual(sheet.has("— "), bool(others))
                for blank in sheets:
                    if not blank.body():
                        self.assertFalse(blank.has("— "), "blank pages bear no number")

    # -- the other forms -------------------------------------------------------------------------

    def test_letter(self):
        sheets = self.measure(
            "letter", paragraphs=6, urgency="特急", copy_to="区委办公室", printer="不印",
        )
        sheet = sheets[0]
        mark = next(line for line in sheet.lines if line.text == ISSUER)
        self.near(mark.ink_top, 30)
        self.assertEqual(mark.colour, RED)
        rules = sorted((one for one in sheet.rules if one.width > 160), key=lambda one: one.top)
        for rule in rules:
            self.near(rule.width, 170)
            self.near(rule.left, 20)
            self.assertEqual(rule.colour, RED)
        thick, thin, last_thin, last_thick = rules
        self.assertGreater(thick.height, thin.height)
        self.assertGreater(last_thick.height, last_thin.height)
        self.near(thick.top - mark.ink_bottom, 4)
        self.near(297 - last_thick.bottom, 20)
        number, urgency = sheet.line("新办发"), sheet.line("特急")
        self.near(number.right, 184, 0.2)
        self.near(urgency.left, 28, 0.01)
        self.near(urgency.ink_top - thin.bottom, 7 / 8 * SIZE_3, 0.7)
        self.assertFalse(sheet.has("— "), "the first page bears no number")
        self.assertEqual(sheets[1].line("— ").text, "— 2 —")
        last = sheets[-1]
        copies = last.line("抄送：")
        self.near(copies.base, BLOCK_BOTTOM - LINE / 2, 3)
        self.assertFalse([rule for rule in last.rules if rule.top > 240 and rule.width < 160])
        self.assertFalse(any(one.has("不印") for one in sheets))

    def test_minutes(self):
        names = "甲、乙、丙、" * 14
        sheets = self.measure(
            "minutes", paragraphs=1, present=[("出席", names), ("请假", "丁"), ("列席", "戊")],
        )
        sheet, last = sheets[0], sheets[-1]
        self.near(sheet.line(ISSUER + "会议纪要").ink_top, BLOCK_TOP + 35)
        labels = [last.line(text) for text in ("出席", "请假", "列席")]
        everything = [line for one in sheets for line in one.lines]
        body = next(line for line in everything if line.text.startswith(SENTENCE[:6]))
        for label in labels:
            self.near(label.left, left_of(len(sheets)) + 2 * CHARACTER, 0.1)
            self.assertNotEqual(label.font, body.font)
            self.assertIn("Sans", label.font)
        lines = [line for line in last.lines if "甲、" in line.text or "乙、" in line.text]
        self.assertGreaterEqual(len(lines), 3)
        # what follows stands under the first name
        self.near(lines[1].left, labels[0].right + CHARACTER, 0.5)
        self.assertGreater(everything.index(labels[0]), everything.index(body))
        self.assertFalse(last.has("2026年7月9日"))

    # -- more or less text -----------------------------------------------------------------------

    def test_one_page(self):
        self.assertEqual(len(self.measure(body=["请知悉。"])), 1)

    def test_fifty_pages(self):
        sheets = self.measure(body=[SENTENCE * 4] * 154, printer=ISSUER)
        self.assertGreaterEqual(len(sheets), 48)
        self.assertLessEqual(len(sheets), 52)
        for sheet in sheets[1:-3]:
            self.assertEqual(len(sheet.body()), 22)

    def test_too_much_text_is_refused(self):
        with self.assertRaises(gb9704.TooLong):
            gb9704.render(paper(body=["字" * 1000] * 401))

    def test_no_title_is_too_long(self):
        sheets = self.measure(title="关于进一步做好防汛救灾工作的通知" * 12)
        for line in sheets[0].lines:
            self.assertLessEqual(line.ink_right, 184.01)

    def test_sample_is_marked_on_every_page(self):
        sheets = self.measure(paragraphs=8, watermark="样稿")
        self.assertGreater(len(sheets), 1)
        for sheet in sheets:
            self.assertTrue(any(line.text == "样稿" for line in sheet.lines))

    def test_titles_are_broken_into_one_shape(self):
        for title in (
            "新城街道办事处关于进一步做好二〇二六年汛期防灾减灾救灾各项工作的通知",
            "关于转发《某某市人民政府办公室关于切实做好岁末年初安全生产和消防工作的通知》的通知",
            "新城街道办事处关于表彰2025年度先进集体和先进个人的决定",
            *("汉" * count for count in range(1, 90)),
        ):
            with self.subTest(title=title):
                lines = title_lines(title)
                self.assertEqual("".join(lines), title)
                widths = [width(line) for line in lines]
                self.assertLessEqual(max(widths), MOST)
                shrinking = False
                for before, after in itertools.pairwise(widths):
                    self.assertFalse(shrinking and after > before, f"an hourglass: {lines}")
                    shrinking = shrinking or after < before
                for line in lines[1:]:
                    self.assertNotIn(line[0], "的》）、，")
        whole = title_lines("新城街道办事处关于表彰2025年度先进集体和先进个人的决定")
        self.assertTrue(any("2025年度" in line for line in whole), whole)
