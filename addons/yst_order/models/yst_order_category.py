from odoo import fields, models

from odoo.addons.yst_base.models.yst_clock_state_mixin import CLOCK_UNITS

from ..rules import URGENCIES, Limits


class OrderCategory(models.Model):
    """What an order is about (任务类别): its usual urgency, limits and who answers for it."""

    _name = "yst.order.category"
    _description = "Order Category"
    _order = "sequence, id"

    code = fields.Char(required=True, copy=False)
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    urgency = fields.Selection(URGENCIES, required=True, default="ordinary")
    accept_limit = fields.Integer("Accept within", required=True, default=4)
    accept_unit = fields.Selection(
        CLOCK_UNITS, "Unit of accepting", required=True, default="workhour"
    )
    handle_limit = fields.Integer("Handle within", required=True, default=3)
    handle_unit = fields.Selection(
        CLOCK_UNITS, "Unit of handling", required=True, default="workday"
    )
    need_photo = fields.Boolean(
        "Photo needed", help="Feedback is taken only with a photo from the spot."
    )
    department_id = fields.Many2one(
        "hr.department",
        index="btree_not_null",
        ondelete="set null",
        help="Answers for it by default; empty: the area's own duty.",
    )

    _code_uniq = models.UniqueIndex("(code)", "Another category already has this code.")
    _limits_positive = models.Constraint(
        "CHECK (accept_limit > 0 AND handle_limit > 0)", "A limit must be at least 1."
    )

    def _limits(self):
        """The category's :class:`rules.Limits`."""
        self.ensure_one()
        return Limits(self.accept_limit, self.accept_unit, self.handle_limit, self.handle_unit)
