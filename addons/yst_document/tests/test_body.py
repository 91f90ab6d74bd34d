import base64
import io

from PIL import Image

from odoo.tests import BaseCase, tagged

from .. import gb9704
from ..gb9704_body import MAX_COLUMNS, MAX_PICTURES, Block, blocks
from . import paper_ruler
from .papers import paper


def png(width=200, height=100):
    file = io.BytesIO()
    Image.new("RGB", (width, height), "navy").save(file, "PNG")
    return file.getvalue()


def given(src, size=(200, 100)):
    address = "data:image/png;base64," + base64.b64encode(png(*size)).decode()
    return (address, *size) if src == "known" else None


@tagged("post_install", "-at_install")
class TestBody(BaseCase):
    """What the editor holds becomes what the standard knows, and nothing else."""

    def test_paragraphs_lose_their_own_indents(self):
        found = blocks("<p>　　第一段。</p><p>&nbsp;</p><div>第二段<br>第三段</div>第四段")
        self.assertEqual(found, ["第一段。", "第二段", "第三段", "第四段"])

    def test_headings_and_alignment(self):
        found = blocks(
            "<h2>总则</h2><h3>目的</h3><p style='text-align: center'>居中</p>"
            "<p style='text-align:right'>居右</p>"
        )
        self.assertEqual(
            [(one.kind, one.markup) for one in found],
            [("h1", "总则"), ("h2", "目的"), ("centre", "居中"), ("flush", "居右")],
        )

    def test_lists_are_numbered_in_the_text(self):
        found = blocks(
            "<ol><li>甲<ol><li>子</li><li>丑</li></ol></li><li><p>乙</p></li></ol>"
            "<ul><li>丙</li></ul>"
        )
        self.assertEqual(found, ["1. 甲", "（1）子", "（2）丑", "2. 乙", "——丙"])

    def test_emphasis_ends_with_its_paragraph(self):
        found = blocks("<p>一<b>二<br>三</b>四</p><p>五</p>")
        self.assertEqual(
            [one.markup if isinstance(one, Block) else one for one in found],
            ["一<b>二</b>", "<b>三</b>四", "五"],
        )

    def test_nothing_of_the_editor_reaches_the_paper(self):
        hostile = (
            "<style>@page { size: 5000mm 5000mm }</style><script>alert(1)</script>"
            "<p class='x' style='position:fixed;background:url(http://192.0.2.1/a)'>甲"
            "<a href='file:///etc/passwd'>乙</a><svg><image href='http://192.0.2.1/b'/></svg>"
            "<img src='http://192.0.2.1/c' onerror='x'><img src='file:///etc/passwd'>"
            "<object data='http://192.0.2.1/d'></object></p>"
            "<p>&lt;style&gt;@page{size:1mm}&lt;/style&gt;</p>"
            "<table style='width:9000mm'><tr><td colspan='9999' onclick='x'>丙</td></tr></table>"
        )
        found = blocks(hostile, given)
        made = "".join(one.markup if isinstance(one, Block) else one for one in found)
        for word in ("http", "file:", "url(", "onclick", "9999", "9000", "class"):
            self.assertNotIn(word, made)
        for sheet in paper_ruler.measure(gb9704.render(paper(body=found))):
            self.assertAlmostEqual(sheet.width, 210, 1)
            self.assertAlmostEqual(sheet.height, 297, 1)

    def test_title_and_offices_are_text(self):
        hostile = '</h1><style>@page{size:900mm}</style><img src="http://192.0.2.1/x">'
        pdf = gb9704.render(paper(title=hostile, issuer=hostile, copy_to=hostile, note=hostile))
        for sheet in paper_ruler.measure(pdf):
            self.assertAlmostEqual(sheet.width, 210, 1)
            self.assertLessEqual(len(sheet.pictures), 1)  # the seal

    def test_table_keeps_to_the_block(self):
        rows = "".join(f"<tr><td>{n}</td><td>某某社区</td><td>值班</td></tr>" for n in range(60))
        head = "<thead><tr><th>序号</th><th>单位</th><th>事项</th></tr></thead>"
        table = f"<table>{head}{rows}</table>"
        sheets = paper_ruler.measure(gb9704.render(paper(body=blocks(table + "<p>完。</p>"))))
        self.assertGreater(len(sheets), 2)
        for number, sheet in enumerate(sheets, 1):
            left = 28 if number % 2 else 26
            self.assertTrue(sheet.has("序号") or not sheet.has("某某社区"), "the head is repeated")
            for line in sheet.lines:
                if line.text in ("序号", "某某社区", "值班"):
                    self.assertGreaterEqual(line.ink_left, left)
                    self.assertLessEqual(line.ink_right, left + 156)
                    self.assertLessEqual(line.ink_bottom, 262)

    def test_endless_table_is_cut(self):
        found = blocks(f"<table><tr>{'<td>x</td>' * 500}</tr></table>")
        self.assertEqual(found[0].markup.count("<td>"), MAX_COLUMNS)

    def test_picture_takes_whole_lines(self):
        found = blocks("<p>上文</p><p><img src='known'></p><p>下文</p>", given)
        self.assertEqual([one if isinstance(one, str) else one.kind for one in found],
                         ["上文", "picture", "下文"])
        sheet = paper_ruler.measure(gb9704.render(paper(body=found, sealed=False, main_to="")))[0]
        picture = sheet.pictures[0]
        self.assertAlmostEqual(picture.width / picture.height, 2, 1)
        above, below = sheet.line("上文"), sheet.line("下文")
        lines = (below.base - above.base) / (225 / 22)
        self.assertAlmostEqual(lines, round(lines), 1)
        self.assertGreater(picture.top, above.ink_bottom)
        self.assertLess(picture.bottom, below.ink_top)

    def test_large_pictures_are_made_to_fit_and_unknown_ones_left_out(self):
        def wide(src):
            return given("known", (4000, 3000)) if src == "known" else None

        found = blocks("<p>文</p><img src='known'><img src='other'>", wide)
        self.assertEqual(len(found), 2)
        sheets = paper_ruler.measure(gb9704.render(paper(body=found, seals=[])))
        picture = next(sheet.pictures[0] for sheet in sheets if sheet.pictures)
        self.assertLessEqual(picture.width, 156.01)
        self.assertLessEqual(picture.bottom, 262)

    def test_number_of_pictures_is_bounded(self):
        asked = []
        blocks("<img src='a'>" * (MAX_PICTURES + 50), asked.append)
        self.assertEqual(len(asked), MAX_PICTURES)

    def test_deep_nesting_does_no_harm(self):
        self.assertEqual(len(blocks("<div>" * 150 + "底" + "</div>" * 150)), 1)
        blocks("<div>" * 5000 + "底" + "</div>" * 5000)
        blocks("<table><tr><td>" * 300 + "底")
        blocks("<ol><li>" * 300 + "底")

    def test_control_signs_are_left_out(self):
        self.assertEqual(blocks("<p>甲&#1;&#8;乙\x0b</p>"), ["甲乙"])
