from odoo import models


class ResUsers(models.Model):
    """Which orders a user sees."""

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
