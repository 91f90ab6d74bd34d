import base64
import io
import zipfile

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import CirculationCase


@tagged("post_install", "-at_install")
class TestAnswer(CirculationCase):
    """Files and tables that are returned."""

    def test_a_file_is_returned_and_only_the_sender_reads_it(self):
        item = self.sent(self.cadre, self.liaison, wanted="file")
        node = self.node(item, self.cadre)
        with self.assertRaises(UserError):
            node.action_return_file([])
        with self.assertRaises(UserError):
            node.action_return_file([{"name": "a.txt", "data": "not base64!"}])
        self.assertTrue(node.open)
        data = base64.b64encode(b"water level 3.2 m").decode()
        node.action_return_file([{"name": "../report.txt", "data": data}], "As asked")
        file = node.sudo().file_ids
        self.assertEqual((file.name, file.raw), ("report.txt", b"water level 3.2 m"))
        self.assertEqual(file.with_user(self.sender).read(["raw"])[0]["raw"], file.raw)
        with self.assertRaises(AccessError):
            file.with_user(self.liaison).read(["raw"])
        self.assertFalse(
            self.env["ir.attachment"].with_user(self.liaison).search([("id", "=", file.id)])
        )

    def test_macros_are_kept_and_flagged(self):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
            archive.writestr("word/vbaProject.bin", b"Sub AutoOpen")
        item = self.sent(self.cadre, wanted="file")
        node = self.node(item, self.cadre)
        node.action_return_file(
            [
                {"name": "macro.docm", "data": base64.b64encode(content.getvalue()).decode()},
                {"name": "plain.docx", "data": base64.b64encode(b"PK broken").decode()},
            ]
        )
        files = {file.name: file for file in node.sudo().file_ids}
        self.assertTrue(files["macro.docm"].has_macros)
        self.assertEqual(files["macro.docm"].raw, content.getvalue())
        self.assertFalse(files["plain.docx"].has_macros)

    def test_a_table_is_filled_by_its_fields(self):
        item = self.sent(
            self.cadre,
            wanted="table",
            field_ids=[
                Command.create({"name": "Households", "type": "number"}),
                Command.create({"name": "Until", "type": "date"}),
                Command.create({"name": "Risk", "type": "choice", "options": "High\nLow"}),
                Command.create({"name": "Remark", "type": "text", "required": False}),
            ],
        )
        node = self.node(item, self.cadre)
        households, until, risk, _remark = (str(field.id) for field in item.field_ids)
        good = {households: "12", until: "2026-12-01", risk: "High"}
        for wrong in (
            {households: ""}, {households: "many"}, {households: "nan"}, {households: True},
            {until: "tomorrow"}, {risk: "Middle"}, {risk: 7},
        ):
            with self.subTest(wrong=wrong), self.assertRaises(UserError):
                node.action_fill({**good, **wrong})
        self.assertTrue(node.open)
        node.action_fill({**good, "999999": "ignored"})
        self.assertEqual(
            node.answer_values,
            {households: 12, until: "2026-12-01", risk: "High", str(item.field_ids[3].id): None},
        )
        with self.assertRaises(UserError):
            item.field_ids[0].name = "Other"
