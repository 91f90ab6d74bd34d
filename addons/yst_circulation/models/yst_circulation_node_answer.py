import base64
import binascii
import math
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.yst_base.file_name import safe_filename

MAX_FILES = 20
MAX_FILE = 30 * 1024 * 1024
MAX_TEXT = 2000


class CirculationNode(models.Model):
    """Answers that are more than words: files (报送材料) and the small table (填表)."""

    _inherit = "yst.circulation.node"

    file_ids = fields.One2many(
        "ir.attachment", "res_id", "Files", domain=[("res_model", "=", "yst.circulation.node")],
        readonly=True,
    )

    answer_summary = fields.Char("Summary of the answer", compute="_compute_answer_summary")

    @api.depends("answer_text", "answer_values")
    def _compute_answer_summary(self):
        """What was answered, in one line."""
        for node in self:
            values = node.answer_values or {}
            parts = [
                f"{field.name}：{values[str(field.id)]}"
                for field in node.item_id.sudo().field_ids
                if values.get(str(field.id)) is not None
            ]
            node.answer_summary = "；".join([node.answer_text or "", *parts]).strip("；")

    def action_return_file(self, files, text=None):
        """Return files.

        :param files: list of dict of ``name`` and ``data`` (base64)
        :param text: a remark
        :raise UserError: none, too many, empty, too large or unreadable ones
        """
        self.ensure_one()
        contents = self._read_files(files)
        self._answer("file", {"answer_text": (text or "").strip() or False})
        attachments = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                [
                    {"name": name, "raw": raw, "res_model": self._name, "res_id": self.id}
                    for name, raw in contents
                ]
            )
        )
        attachments._flag_macros()
        return True

    def _read_files(self, files):
        if not files:
            raise UserError(self.env._("Choose the file that you return."))
        if len(files) > MAX_FILES:
            raise UserError(self.env._("At most %s files at once.", MAX_FILES))
        contents = []
        for file in files:
            name = safe_filename(file.get("name"))
            try:
                raw = base64.b64decode(file.get("data") or "", validate=True)
            except (binascii.Error, ValueError, TypeError):
                raw = b""
            if not raw:
                raise UserError(self.env._("“%s” is empty or did not arrive whole.", name))
            if len(raw) > MAX_FILE:
                raise UserError(
                    self.env._(
                        "“%(name)s” is larger than %(size)s MB.", name=name, size=MAX_FILE >> 20
                    )
                )
            contents.append((name, raw))
        return contents

    def action_fill(self, values):
        """Fill in the table.

        :param dict values: by id of the field, as a text: JSON has no other keys
        :raise UserError: a required field is empty, or a value is not of its kind
        """
        self.ensure_one()
        self._lock_for_actor()
        values = values if isinstance(values, dict) else {}
        answer = {
            str(field.id): self._read_value(field, values.get(str(field.id)))
            for field in self.sudo().item_id.field_ids
        }
        return self._answer("table", {"answer_values": answer})

    def _read_value(self, field, value):
        """A value as it is kept: text, number, or date as YYYY-MM-DD; None for nothing."""
        if value is None or (isinstance(value, str) and not value.strip()):
            if field.required:
                raise UserError(self.env._("Fill in “%s”.", field.name))
            return None
        wrong = UserError(self.env._("“%(field)s”: this cannot be “%(value)s”.",
                                     field=field.name, value=str(value)[:40]))
        if field.type == "number":
            try:
                number = float(value)
            except (TypeError, ValueError):
                raise wrong from None
            if isinstance(value, bool) or not math.isfinite(number):
                raise wrong
            return int(number) if number.is_integer() and abs(number) < 1e15 else number
        if not isinstance(value, str):
            raise wrong
        value = value.strip()
        if field.type == "date":
            try:
                return date.fromisoformat(value).isoformat()
            except ValueError:
                raise wrong from None
        if field.type == "choice" and value not in field._choices():
            raise wrong
        if len(value) > MAX_TEXT:
            raise UserError(self.env._("“%s” is too long.", field.name))
        return value
