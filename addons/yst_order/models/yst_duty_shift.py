from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import ValidationError

LONGEST_DAYS = 31


class DutyShift(models.Model):
    """Who is on duty (值班), when and for which area or department."""

    _name = "yst.duty.shift"
    _description = "Duty Shift"
    _inherit = ["yst.area.mixin"]
    _order = "start desc, id desc"

    department_id = fields.Many2one(
        "hr.department",
        index="btree_not_null",
        ondelete="restrict",
        help="For the duty of a department; else give the area.",
    )
    start = fields.Datetime(required=True)
    stop = fields.Datetime(required=True)
    user_ids = fields.Many2many(
        "res.users",
        "yst_duty_shift_user_rel",
        "shift_id",
        "user_id",
        string="On duty",
        required=True,
        domain=[("share", "=", False)],
    )
    phone = fields.Char("Duty phone")
    note = fields.Text()

    _stop_after_start = models.Constraint("CHECK (stop > start)", "A shift ends after it begins.")
    _somewhere = models.Constraint(
        "CHECK ((area_id IS NULL) <> (department_id IS NULL))",
        "A shift is for an area or for a department.",
    )
    _area_time_idx = models.Index("(area_id, start, stop)")

    @api.depends("area_id", "department_id", "start")
    @api.depends_context("tz")
    def _compute_display_name(self):
        for shift in self:
            where = shift.area_id.sudo().name or shift.department_id.sudo().name or ""
            start = shift.start and fields.Datetime.context_timestamp(shift, shift.start)
            shift.display_name = f"{where} {start:%Y-%m-%d %H:%M}" if start else where

    @api.constrains("start", "stop")
    def _check_length(self):
        for shift in self:
            if (shift.stop - shift.start).days >= LONGEST_DAYS:
                raise ValidationError(
                    self.env._("A shift lasts at most %s days.", LONGEST_DAYS)
                )

    @api.constrains("user_ids")
    def _check_users(self):
        for shift in self:
            if not shift.user_ids:
                raise ValidationError(self.env._("Say who is on duty."))
            if any(user.share for user in shift.sudo().user_ids):
                raise ValidationError(self.env._("Only staff can be on duty."))

    def write(self, vals):
        result = super().write(vals)
        if {"area_id", "department_id"} & vals.keys():
            self.check_access("write")  # nor is it moved to where the user may not write
        return result

    # ------------------------------------------------------------------ who is on duty
    @api.model
    def _on_duty(self, areas, at=None):
        """Who is on duty for each area: its own shift, else the cadres whose jurisdiction names
        exactly the area, else the same of the nearest area above that has either.

        The number of queries does not depend on how many areas are asked for.

        :param at: naive UTC; now by default
        :return: dict of area id to ``res.users`` (sudo), empty where nobody answers
        """
        return self._on_duty_both(areas, at)[0]

    @api.model
    def _on_duty_both(self, areas, at=None):
        """As :meth:`_on_duty`, and beside it all who have a shift now for the area or for one
        above it: those who watch the desk.

        :return: two dicts of area id to ``res.users`` (sudo)
        """
        chains = self._area_chains(areas)
        shifts = self._shifts_of({one for chain in chains.values() for one in chain}, at)
        cadres = self._cadres_of({one for chain in chains.values() for one in chain} - set(shifts))
        answering = {**cadres, **shifts}
        nobody = self.env["res.users"].sudo()
        nearest, desk = {}, {}
        for area_id, chain in chains.items():
            nearest[area_id] = next((answering[one] for one in chain if one in answering), nobody)
            desk[area_id] = nobody.union(*(shifts[one] for one in chain if one in shifts))
        return nearest, desk

    @api.model
    def _on_duty_departments(self, departments, at=None):
        """Who is on duty for each department: its shift, else all its people with an account.

        :return: dict of department id to ``res.users`` (sudo)
        """
        if not departments:
            return {}
        result = {one: self.env["res.users"].sudo() for one in departments.ids}
        for shift in self._covering([("department_id", "in", departments.ids)], at):
            result[shift.department_id.id] |= shift.user_ids.filtered("active")
        rest = [one for one, users in result.items() if not users]
        if rest:
            employees = self.env["hr.employee"].sudo()
            employees = employees.search_fetch(
                [("department_id", "in", rest), ("user_id", "!=", False)],
                ["department_id", "user_id"],
            )
            for employee in employees:
                result[employee.department_id.id] |= employee.user_id.filtered("active")
        return result

    @api.model
    def _dispatchers(self, areas):
        """The dispatchers whose jurisdiction names the area, or the nearest above that has any.

        :return: dict of area id to ``res.users`` (sudo)
        """
        chains = self._area_chains(areas)
        found = self._cadres_of(
            {one for chain in chains.values() for one in chain},
            "yst_order.group_order_dispatcher",
        )
        nobody = self.env["res.users"].sudo()
        return {
            area_id: next((found[one] for one in chain if one in found), nobody)
            for area_id, chain in chains.items()
        }

    @api.model
    def _area_chains(self, areas):
        """dict of area id to the ids of itself and of the areas above it, nearest first"""
        return {
            area.id: [int(part) for part in reversed(area.parent_path.split("/")[:-1])]
            for area in areas.sudo()
        }

    @api.model
    def _covering(self, domain, at):
        at = at or fields.Datetime.now()
        return self.sudo().search_fetch(
            [*domain, ("start", "<=", at), ("stop", ">", at)],
            ["area_id", "department_id", "user_ids"],
        )

    @api.model
    def _shifts_of(self, area_ids, at):
        """dict of area id to the users of its shifts at that moment; areas without are missing"""
        result = defaultdict(self.env["res.users"].sudo)
        for shift in self._covering([("area_id", "in", list(area_ids))], at):
            users = shift.user_ids.filtered("active")
            if users:
                result[shift.area_id.id] |= users
        return dict(result)

    @api.model
    def _cadres_of(self, area_ids, group="yst_base.group_cadre"):
        """dict of area id to the staff of a group whose jurisdiction names exactly that area"""
        if not area_ids:
            return {}
        users = self.env["res.users"].sudo().search_fetch(
            [
                ("jurisdiction_ids", "in", list(area_ids)),
                ("all_group_ids", "in", self.env.ref(group).ids),
                ("share", "=", False),
            ],
            ["jurisdiction_ids"],
        )
        result = defaultdict(self.env["res.users"].sudo)
        for user in users:
            for area_id in user.jurisdiction_ids.ids:
                if area_id in area_ids:
                    result[area_id] |= user
        return dict(result)
