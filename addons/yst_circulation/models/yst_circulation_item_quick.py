from odoo import api, fields, models
from odoo.fields import Command, Domain

from .yst_circulation_audience import SUBJECT


class CirculationItem(models.Model):
    """Whom an item is for, said with one click each (快速选择收件人). The fields are kept nowhere:
    each choice becomes a line of the audience, and the field is empty again."""

    _inherit = "yst.circulation.item"

    quick = fields.Selection("_quick_choices", "Quick choice", store=False)
    quick_user_id = fields.Many2one(
        "res.users", "A person", store=False, domain=lambda self: self._quick_people()
    )
    quick_department_id = fields.Many2one("hr.department", "A department", store=False)
    quick_group_id = fields.Many2one("yst.circulation.group", "A saved group", store=False)

    @api.model
    def _quick_people(self):
        cadres = self.env.ref("yst_base.group_cadre").ids
        return [("share", "=", False), ("all_group_ids", "in", cadres), ("id", "!=", self.env.uid)]

    @api.model
    def _quick_choices(self):
        """What the sender can mean with one click: the areas are their own."""
        _ = self.env._
        choices = []
        if self._quick_areas().child_ids:
            choices += [("liaisons", _("Liaisons of all villages and communities"))]
            choices += [("below", _("All cadres of the area and below"))]
        if self.env.user.sudo().jurisdiction_ids:
            choices += [("cadres", _("Cadres of my own area"))]
        if self.env.user.sudo().employee_id.department_id:
            choices += [("department", _("My department"))]
        return choices

    @api.model
    def _quick_areas(self):
        """The topmost areas of the user; all subdistricts for who sends to the whole office."""
        areas = self.env.user.sudo().jurisdiction_ids
        if self.env.user.has_group("yst_circulation.group_circulation_sender"):
            areas |= areas.search([("kind", "=", "subdistrict")])
        inside = areas.search(Domain("id", "child_of", areas.ids)) - areas if areas else areas
        return areas.filtered(lambda area: area.kind in ("subdistrict", "village", "community")
                              and area not in inside)

    @api.onchange("quick")
    def _onchange_quick(self):
        lines = []
        if self.quick in ("liaisons", "below"):
            reach = {"liaisons": "below_liaison"}.get(self.quick, self.quick)
            lines = [{"kind": "area", "area_id": area.id, "reach": reach}
                     for area in self._quick_areas()]
        elif self.quick == "cadres":
            lines = [{"kind": "area", "area_id": area.id, "reach": "cadres"}
                     for area in self.env.user.sudo().jurisdiction_ids]
        elif self.quick == "department":
            department = self.env.user.sudo().employee_id.department_id
            lines = [{"kind": "department", "department_id": department.id}]
        self.quick = False
        self._add_lines(lines)

    @api.onchange("quick_user_id")
    def _onchange_quick_user_id(self):
        self._add_quick("user", "quick_user_id")

    @api.onchange("quick_department_id")
    def _onchange_quick_department_id(self):
        self._add_quick("department", "quick_department_id")

    @api.onchange("quick_group_id")
    def _onchange_quick_group_id(self):
        self._add_quick("group", "quick_group_id")

    def _add_quick(self, kind, name):
        if self[name]:
            self._add_lines([{"kind": kind, f"{kind}_id": self[name].id}])
            self[name] = False

    def _add_lines(self, lines):
        """Lines that are not there yet."""
        self.ensure_one()
        have = {
            (one.kind, one[SUBJECT[one.kind]]._origin.id, one.kind == "area" and one.reach)
            for one in self.audience_ids
        }
        for line in lines:
            if (line["kind"], line[SUBJECT[line["kind"]]], line.get("reach", False)) not in have:
                self.audience_ids = [Command.create(line)]
