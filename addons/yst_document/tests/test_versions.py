from odoo.exceptions import AccessError
from odoo.tests import BaseCase, tagged

from ..version_compare import compare_html, paragraphs
from .common import DocumentCase


@tagged("post_install", "-at_install")
class TestCompare(BaseCase):
    """What changed between two texts, without a database."""

    def test_paragraphs(self):
        self.assertEqual(
            paragraphs("<h2>一、 总则</h2><p>One <b>two</b><br>three</p><ul><li>a</li></ul>tail"),
            ["一、 总则", "One two", "three", "a", "tail"],
        )
        self.assertEqual(paragraphs("<p> </p><p>a\n b</p>"), ["a b"])
        self.assertEqual(paragraphs("<table><tr><td>a</td><td>b</td></tr></table>"), ["a | b"])
        self.assertEqual(paragraphs(False), [])

    def test_changes_are_shown_by_the_character(self):
        changed = compare_html(["各村要加强防汛值班。"], ["各村要切实加强防汛值守。"])
        self.assertEqual(
            changed,
            '<div class="yst_compare"><p class="changed">各村要<ins>切实</ins>加强防汛值'
            "<del>班</del><ins>守</ins>。</p></div>",
        )

    def test_whole_paragraphs(self):
        changed = compare_html(["甲", "乙乙乙乙", "丙"], ["甲", "丙", "丁丁丁丁"])
        self.assertEqual(
            changed,
            '<div class="yst_compare"><p>甲</p><p class="gone"><del>乙乙乙乙</del></p><p>丙</p>'
            '<p class="new"><ins>丁丁丁丁</ins></p></div>',
        )
        self.assertEqual(
            compare_html(["一二三四", "全新的内容"], ["另外一段话", "一二三五"]),
            '<div class="yst_compare"><p class="new"><ins>另外一段话</ins></p>'
            '<p class="changed">一二三<del>四</del><ins>五</ins></p>'
            '<p class="gone"><del>全新的内容</del></p></div>',
        )

    def test_a_text_is_never_markup(self):
        changed = compare_html(["<script>a</script>"], ["<script>b</script>"])
        self.assertNotIn("<script>", changed)


@tagged("post_install", "-at_install")
class TestVersions(DocumentCase):
    """Versions are made at each step that settles a text, and stay."""

    def test_made_when_handed_in_and_at_each_edit(self):
        document = self.document()
        document.write({"body": "<p>Draft.</p>"})
        self.assertFalse(document.version_ids)
        document.action_submit()
        checker = document.with_user(self.checker)
        checker.write({"body": "<p>Checked.</p>"})
        checker.write({"urgency": "urgent"})
        checker.write({"body": "<p>Checked.</p>"})
        checker.write({"name": "Other title"})
        self.env.invalidate_all()
        self.assertEqual(document.version_ids.mapped("number"), [3, 2, 1])
        self.assertEqual(document.version_number, 3)
        self.assertEqual(
            [(one.author_id, str(one.body)) for one in document.version_ids.sorted("number")],
            [
                (self.drafter, "<p>Draft.</p>"),
                (self.checker, "<p>Checked.</p>"),
                (self.checker, "<p>Checked.</p>"),
            ],
        )
        self.assertEqual(len(set(document.version_ids.mapped("sha256"))), 3)

    def test_an_annex_makes_a_version(self):
        document = self.at("check")
        file = self.env["ir.attachment"].with_user(self.checker).create(
            {"name": "map.pdf", "raw": b"%PDF-1.4"}
        )
        document.with_user(self.checker).write({"attachment_ids": [(4, file.id)]})
        old, new = document.version_ids.sorted("number")
        self.assertIn("map.pdf", new.files)
        compared = old.compare(new)
        self.assertIn("map.pdf", compared)

    def test_compared(self):
        document = self.at("check")
        document.with_user(self.checker).write({"body": "<p>One.</p><p>Three.</p>"})
        old, new = document.version_ids.sorted("number")
        self.assertIn("<del>", old.compare(new.id))
        self.assertNotIn("<del>", old.compare(old))
        other = self.at("check", name="Other").version_ids
        with self.refused("same document"):
            old.compare(other)
        with self.assertRaises(AccessError):
            old.with_user(self.stranger).compare(new)
        with self.assertRaises(AccessError):
            old.with_user(self.checker).compare(self.at_other())

    def at_other(self):
        """A version of a document on which the checker does not work."""
        return self.at("check", checker_id=self.first.id).version_ids

    def test_stays(self):
        version = self.at("check").version_ids
        for user in (self.drafter, self.checker, self.registrar, self.manager):
            with self.subTest(user.login), self.assertRaises(AccessError):
                version.with_user(user).check_access("write")
        with self.refused("stays as it is"):
            version.sudo().write({"body": "Other"})
        with self.refused("stays as it is"):
            version.sudo().unlink()
