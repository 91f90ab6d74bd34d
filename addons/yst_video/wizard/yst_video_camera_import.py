import base64

from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import camera_sheet

MAX_SIZE = 10 * 1024 * 1024
SHOWN = 200


class VideoCameraImport(models.TransientModel):
    """Brings the registry in line with a sheet (批量导入) that a person uploads.

    The file may hold passwords: it is taken out of the wizard as soon as it was read.
    """

    _name = "yst.video.camera.import"
    _description = "Import of Cameras"

    file = fields.Binary("Sheet (xlsx)", attachment=False)
    filename = fields.Char()
    activate = fields.Boolean("Take cameras with a stream into use", default=True)
    problem_count = fields.Integer(readonly=True)
    problems = fields.Text(readonly=True)

    def action_import(self):
        """Import the file, or list every problem by line and import nothing.

        :raise UserError: the file is missing, too large, or no such sheet
        """
        self.ensure_one()
        self.check_access("write")
        data = base64.b64decode(self.file or b"")
        if not data:
            raise UserError(self.env._("Choose a file that is not empty first."))
        self.write({"file": False, "problems": False, "problem_count": 0})
        if len(data) > MAX_SIZE:
            return self._stay([self.env._("The file is larger than 10 MB.")])
        try:
            rows, problems = camera_sheet.read(data)
        except camera_sheet.SheetError as error:
            return self._stay([self._sheet_message(error)])
        Camera = self.env["yst.video.camera"]
        if problems:
            areas = Camera._import_areas(rows)
            known = {
                camera.gb_code: camera
                for camera in Camera.sudo().search(
                    [("gb_code", "in", [row["gb_code"] for row in rows if row.get("gb_code")])]
                )
            }
            problems = sorted({*problems, *Camera._import_problems(rows, areas, known)})
        else:
            created, updated, problems = Camera._import_rows(rows, self.activate)
        if problems:
            return self._stay([self._problem_message(problem) for problem in problems])
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(lines)s lines: %(new)s cameras are new, %(changed)s were changed.",
                    lines=len(rows),
                    new=created,
                    changed=updated,
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_template(self):
        """An empty sheet with headings and explanations."""
        return {
            "type": "ir.actions.act_url",
            "url": "/yst/video/cameras/template.xlsx",
            "target": "download",
        }

    def _stay(self, messages):
        shown = messages[:SHOWN]
        if len(messages) > SHOWN:
            shown.append(self.env._("… and %s more.", len(messages) - SHOWN))
        self.write({"problem_count": len(messages), "problems": "\n".join(shown)})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import cameras"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
        }

    @api.model
    def _sheet_message(self, error):
        return {
            "file": self.env._("The file is not readable as xlsx."),
            "empty": self.env._("The sheet holds no cameras."),
            "columns": self.env._("These columns are missing: %s", error.detail),
            "headings": self.env._(
                "These headings are unknown or occur twice: %s. Use the template.", error.detail
            ),
            "rows": self.env._("The sheet has more than %s lines.", error.detail),
        }[error.code]

    @api.model
    def _problem_message(self, problem):
        text = self._problem_text(problem.code, problem.value)
        return self.env._(
            "Line %(row)s, %(column)s: %(problem)s",
            row=problem.row,
            column=problem.column,
            problem=text,
        )

    @api.model
    def _problem_text(self, code, value):
        if code.startswith("gb_"):
            return self.env["yst.video.camera"]._gb_code_message(
                camera_sheet_error(code.removeprefix("gb_"), value)
            )
        messages = {
            "missing": self.env._("is missing."),
            "number": self.env._("“%s” is no number.", value),
            "range": self.env._("“%s” lies outside the possible range.", value),
            "choice": self.env._("“%s” is none of the possible values.", value),
            "yes": self.env._("“%s” is neither 是 nor 否.", value),
            "date": self.env._("“%s” is no date such as 2026-03-01.", value),
            "long": self.env._("the text is too long."),
            "number_code": self.env._(
                "the code is a number in the sheet, which loses digits: format the column as text."
            ),
            "area": self.env._("no area has the code %s.", value),
            "jurisdiction": self.env._("%s lies outside your jurisdiction.", value),
            "repeated": self.env._("the same code stands in line %s.", value),
            "transport": self.env._("%s does not fit the address.", value),
            "address_missing": self.env._(
                "is missing, though something else about the stream is given."
            ),
        }
        if code in messages:
            return messages[code]
        return self.env["yst.video.stream"]._address_message(
            camera_sheet_error(code.removeprefix("address_"), value)
        )


def camera_sheet_error(code, detail):
    """A problem in the form in which the models explain their own errors."""
    return camera_sheet.SheetError(code, detail)
