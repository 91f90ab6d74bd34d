from odoo import fields, models

from .. import office_file


class IrAttachment(models.Model):
    """Files with macros are kept as they are and said to be such; nothing here runs them."""

    _inherit = "ir.attachment"

    has_macros = fields.Boolean("Holds macros", readonly=True, copy=True)

    def _flag_macros(self):
        """Look whether files hold macros (宏) and remember it."""
        for file in self:
            if file.type == "binary" and office_file.has_macros(file.raw or b""):
                file.has_macros = True

    def _reading(self):
        """What a screen shows of files (sudo), as list of dict."""
        return [
            {
                "id": file.id,
                "name": file.name,
                "mimetype": file.mimetype or "",
                "size": file.file_size,
                "macros": file.has_macros,
            }
            for file in self
        ]
