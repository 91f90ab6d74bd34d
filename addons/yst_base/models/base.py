from odoo import models


class Base(models.AbstractModel):
    """Exports of any model leave a line in the audit log."""

    _inherit = "base"

    def export_data(self, fields_to_export):
        result = super().export_data(fields_to_export)
        if not self.env.su:
            names = ", ".join(map(str, fields_to_export))
            self.env["yst.audit.log"].sudo()._log(
                "export", self.browse(), detail=f"{len(self)}: {names}"
            )
        return result
