from odoo import api, fields, models

from odoo.addons.yst_base import limits, numbering

from ..rules import OPEN_STATES, SETTINGS


class ServiceCase(models.Model):
    """What every step of an application is made of: number, materials, state, event."""

    _inherit = "yst.service.case"

    def _lines_create(self):
        """One line a material of the version: a fixed number of statements for any number."""
        self.env["yst.service.case.line"].sudo().create([
            {
                "case_id": case.id,
                "material_id": material.id,
                "name": material.name,
                "required": material.required,
                "sequence": material.sequence,
            }
            for case in self.sudo()
            for material in case.version_id.material_ids
        ])

    def _event_add(self, kind, notes=None, at=None):
        """Add one event of ``kind`` per application.

        :param notes: dict of id to text, or one text for all
        :param at: when (default now)
        """
        if not self:
            return self.env["yst.service.case.event"]
        by_id = notes if isinstance(notes, dict) else dict.fromkeys(self.ids, notes)
        now = at or fields.Datetime.now()
        return self.env["yst.service.case.event"].sudo()._append([
            {
                "case_id": case.id,
                "kind": kind,
                "at": now,
                "user_id": self.env.uid,
                "area_id": case.area_id.id,
                "item_id": case.item_id.id,
                "note": by_id.get(case.id) or False,
            }
            for case in self.sudo()
        ])

    def _move(self, to, allowed_from, kind, values=None, notes=None, message=None, at=None):
        """Change the state of all and leave the event; the one way in which states change."""
        self.sudo()._transition(to, allowed_from, values=values, message=message)
        self._event_add(kind, notes, at=at)

    def _allot_numbers(self, at):
        """Give each its number: BJ + year + six digits, without a gap or a repeat."""
        year = limits.to_local(at).year
        numbers = self.env["yst.number"].sudo()._next_batch("BJ", year, len(self))
        for case, number in zip(self.sudo(), numbers, strict=True):
            case.number = numbering.format_case("BJ", year, number)

    @api.model
    def _setting_int(self, name):
        """A whole-number setting of the office, e.g. ``correction_days``."""
        value = self.env["ir.config_parameter"].sudo().get_param(f"yst_service.{name}")
        return int(value) if value and value.isdigit() else SETTINGS[name]

    def _is_open(self):
        self.ensure_one()
        return self.state in OPEN_STATES
