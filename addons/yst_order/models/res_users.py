from odoo import models
from odoo.fields import Domain


class ResUsers(models.Model):
    """Which orders a user sees, and of which the user's is the duty."""

    _inherit = "res.users"

    def _order_departments(self):
        """The user's own departments (sudo)."""
        self.ensure_one()
        employees = self.env["hr.employee"].sudo()
        return employees.search([("user_id", "=", self.id)]).department_id

    def _order_domain(self, path=""):
        """What the user sees of orders, for record rules: own areas and below, what their own
        department answers for, and what they handle themselves.

        The department is asked of the database each time: the rule is cached, people move.

        :param str path: many2one to ``yst.order`` with a dot at the end, where it is another
            model's
        """
        self.ensure_one()
        return [
            "|",
            "|",
            *self._jurisdiction_domain(f"{path}area_id"),
            (f"{path}user_id", "=", self.id),
            (f"{path}department_id.member_ids.user_id", "=", self.id),
        ]

    def _order_duty(self):
        """For which areas the user answers now, where neither handler nor department is named:
        the jurisdictions and shifts, and what lies below them but for the parts that have people
        of their own. As :meth:`yst.duty.shift._on_duty` finds who is told, but that colleagues
        of whoever has the shift may step in.

        The number of queries does not depend on how many areas there are.

        :return: list of (``parent_path`` of an own area, set of paths below it that others
            answer for)
        """
        self.ensure_one()
        shifts = self.env["yst.duty.shift"].sudo()
        on_shift = shifts._covering([("user_ids", "in", self.ids)], None).area_id
        own = (self.sudo().jurisdiction_ids | on_shift).with_context(active_test=False)
        if not own:
            return []
        below = own.search([("id", "child_of", own.ids), ("id", "not in", own.ids)])
        answered = {*shifts._shifts_of(below.ids, None), *shifts._cadres_of(set(below.ids))}
        others = [area.parent_path for area in below if area.id in answered]
        return [
            (path, {one for one in others if one.startswith(path)})
            for path in own.mapped("parent_path")
        ]

    def _order_duty_domain(self):
        """The same as a domain of orders."""

        def own_id(path):
            return int(path.rstrip("/").rpartition("/")[2])

        domain = Domain.FALSE
        for path, others in self._order_duty():
            term = Domain("area_id", "child_of", own_id(path))
            if others:
                term &= ~Domain("area_id", "child_of", [own_id(one) for one in others])
            domain |= term
        return domain
