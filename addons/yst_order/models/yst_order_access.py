from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..rules import TEXT_LENGTH


class Order(models.Model):
    """Who may do what with an order, and what a step needs; asked by every action first."""

    _inherit = "yst.order"

    # what the reader may do now, for the buttons
    may_handle = fields.Boolean(compute="_compute_may")
    may_dispatch = fields.Boolean(compute="_compute_may")
    may_verify = fields.Boolean(compute="_compute_may")
    is_mine = fields.Boolean(compute="_compute_may", search="_search_is_mine")

    @api.depends("state", "user_id", "area_id", "department_id", "feedback_user_id")
    @api.depends_context("uid")
    def _compute_may(self):
        handling, dispatching = self._may_handle(), self._may_dispatch()
        for order in self:
            order.may_handle = order in handling
            order.may_dispatch = order in dispatching
            order.may_verify = order in dispatching and not order._is_party()
            order.is_mine = order.user_id == self.env.user

    @api.model
    def _search_is_mine(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("user_id", "=" if True in value else "!=", self.env.uid)]

    # ------------------------------------------------------------------ who may
    def _may_handle(self):
        """Those of the orders that the user may accept, return and give feedback on.

        The named handler alone, where one is named; else the department's people, and where no
        department is named, those who answer for the area: not who only watches it from above.
        """
        user = self.env.user
        orders = self.sudo()
        mine = orders.filtered(lambda one: one.user_id == user)
        unnamed = orders.filtered(lambda one: not one.user_id)
        if unnamed and user.has_group("yst_base.group_cadre"):
            duty, departments = user._order_duty(), user._order_departments()

            def answers(area):
                path = area.parent_path or ""
                return any(
                    path.startswith(own) and not path.startswith(tuple(others))
                    for own, others in duty
                )

            mine |= unnamed.filtered(
                lambda one: one.department_id in departments
                if one.department_id
                else answers(one.area_id)
            )
        return self.browse(mine.ids)

    def _may_dispatch(self):
        """Those of the orders that the user may dispatch, verify, extend, merge and cancel."""
        return self if self.env.su else self._filtered_access("write")

    def _is_party(self):
        """Whether the user has handled the order: such people do not verify it."""
        self.ensure_one()
        order = self.sudo()
        return self.env.user in (order.user_id | order.feedback_user_id)

    # ------------------------------------------------------------------ checks
    def _need_handler(self):
        """:raises AccessError: the user may not handle one of the orders"""
        self.check_access("read")
        if self - self._may_handle():
            raise AccessError(
                self.env._("This order is another's: only its handler can take this step.")
            )

    def _need_dispatcher(self):
        """:raises AccessError: the user dispatches none, or not in the orders' areas"""
        if not self.env.su:
            self.check_access("write")

    def _need_verifier(self):
        """:raises AccessError: the user is no dispatcher of the area, or has handled it"""
        self._need_dispatcher()
        if any(order._is_party() for order in self):
            raise AccessError(
                self.env._("An order is verified by someone else than who handled it.")
            )

    def _need_no_grant(self, user):
        """Nobody grants more time and then is the handler who has it (sudo).

        :raises AccessError: the user has extended one of the orders since it was dispatched
        """
        extended = self.filtered("extension_count")
        if extended and self.env["yst.clock.event"].search_count(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", extended.ids),
                ("kind", "=", "extend"),
                ("user_id", "=", user.id),
            ],
            limit=1,
        ):
            raise AccessError(self.env._("Nobody grants more time to themselves."))

    def _need_state(self, *states):
        """Lock the orders for a step that leaves the state as it is.

        :raises UserError: one is in another state
        """
        found = self._lock_state()
        if any(found.get(order.id) not in states for order in self):
            raise UserError(
                self.env._("This step is not possible now. Reload the page to see what happened.")
            )

    def _need_text(self, text):
        """The text, stripped.

        :raises UserError: empty, no text, or too long
        """
        text = text.strip() if isinstance(text, str) else ""
        if not text:
            raise UserError(self.env._("Say it in words."))
        if len(text) > TEXT_LENGTH:
            raise UserError(self.env._("The text is too long."))
        return text

    def _check_extension(self, amount):
        """:raises UserError: more often or by more than is allowed"""
        if isinstance(amount, bool) or not isinstance(amount, int) or amount < 1:
            raise UserError(self.env._("Say by how much the time limit is extended."))
        allowed = self._setting("extensions")
        for order in self:
            if order.kind == "supervision":
                raise UserError(self.env._("The time of a supervision order is not extended."))
            if order.extension_count >= allowed:
                raise UserError(
                    self.env._("%s has been extended as often as is allowed.", order.display_name)
                )
            if amount > order.clock_limit:
                raise UserError(
                    self.env._("An extension is not longer than the time limit itself.")
                )

    def _one(self, model, record):
        """The record (sudo) for an id, as it comes over RPC, or a record.

        :raises UserError: there is none
        """
        if isinstance(record, int) and not isinstance(record, bool):
            record = self.env[model].browse(record)
        if getattr(record, "_name", None) != model or not record.sudo().exists():
            raise UserError(self.env._("The record has been deleted in the meantime."))
        record.ensure_one()
        return record.sudo()
