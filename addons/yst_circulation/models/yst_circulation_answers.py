from odoo import fields, models

from odoo.addons.yst_base import workbook


class CirculationItem(models.Model):
    """The answers of everybody in one sheet."""

    _inherit = "yst.circulation.item"

    def action_export_answers(self):
        """The action that downloads the answers as xlsx."""
        self.ensure_one()
        self._check_sender()
        return {
            "type": "ir.actions.act_url",
            "url": f"/yst/circulation/{self.id}/answers.xlsx",
            "target": "download",
        }

    def _answers_xlsx(self):
        """The answers as xlsx, one line for each person, also of those who have not answered.

        :raise AccessError: the reader has not sent it
        """
        self.ensure_one()
        self._check_sender()
        _ = self.env._
        columns = [
            (_("Name"), 14), (_("Area"), 18), (_("Department"), 18), (_("State"), 10),
            (_("Opened"), 17), (_("Done on"), 17), (_("Done by"), 14),
        ]
        table = self.field_ids
        columns += [(field.name, 18) for field in table]
        if self.wanted in ("reply", "file"):
            columns.append((_("Answer"), 50))
        if self.wanted == "file":
            columns.append((_("Files"), 40))
        nodes = self.env["yst.circulation.node"].sudo()
        nodes = nodes.search(
            [("item_id", "=", self.id), ("state", "!=", "withdrawn")], order="path"
        )
        states = dict(nodes.fields_get(["state"], ["selection"])["state"]["selection"])
        self.env["yst.audit.log"].sudo()._log("export", self, detail=f"{len(nodes)}: answers")
        return workbook.make(
            self.name, columns, (self._answer_row(node, table, states) for node in nodes)
        )

    def _answer_row(self, node, table, states):
        local = [
            fields.Datetime.context_timestamp(self, moment).replace(tzinfo=None) if moment else None
            for moment in (node.read_at, node.handled_at)
        ]
        values = node.answer_values or {}
        row = [
            node.user_id.name, node.area_id.name, node.department_id.name, states[node.state],
            *local, (node.acted_by_id or node.user_id).name if node.handled_at else None,
        ]
        row += [values.get(str(field.id)) for field in table]
        if self.wanted in ("reply", "file"):
            row.append(node.answer_text)
        if self.wanted == "file":
            row.append("\n".join(node.file_ids.mapped("name")))
        return row
