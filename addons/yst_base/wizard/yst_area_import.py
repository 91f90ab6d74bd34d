import base64

import yaml

from odoo import fields, models
from odoo.exceptions import UserError

MAX_SIZE = 1024 * 1024  # bytes; a subdistrict of 500 villages needs some 100 KB


class AreaImport(models.TransientModel):
    """Brings the areas in line with an organisation file (组织机构文件) that a person uploads."""

    _name = "yst.area.import"
    _description = "Import of Areas"

    file = fields.Binary("Organisation file", attachment=False)
    filename = fields.Char()

    def action_import(self):
        """Import the file and say what came of it.

        :raise UserError: the file is missing, too large or no YAML
        :raise ValidationError: says which entry is wrong and why
        """
        self.ensure_one()
        areas = self.env["yst.area"].with_context(active_test=False)
        areas.check_access("create")
        before = areas.search_count([])
        top = areas._import_organisation(self._content())
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(name)s is up to date: %(new)s areas are new, %(all)s in all.",
                    name=top.name,
                    new=areas.search_count([]) - before,
                    all=areas.search_count([("id", "child_of", top.id)]),
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _content(self):
        data = base64.b64decode(self.file or b"")
        if not data:
            raise UserError(self.env._("Choose a file that is not empty first."))
        if len(data) > MAX_SIZE:
            raise UserError(self.env._("The file is larger than 1 MB."))
        try:
            return yaml.safe_load(data.decode("utf-8-sig"))
        except (UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as error:
            raise UserError(
                self.env._("The file is not readable as YAML in UTF-8: %s", error)
            ) from error
