from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain


class Order(models.Model):
    """What the handler does: accept, give back, report, ask for more time."""

    _inherit = "yst.order"

    def action_accept(self):
        """Accept (接收): the user becomes the handler. Late acceptance is written down."""
        self._need_handler()
        orders, now = self.sudo(), fields.Datetime.now()
        orders._need_no_grant(self.env.user)
        orders._transition(
            "accepted", "dispatched", {"accepted_at": now, "user_id": self.env.uid}
        )
        orders.filtered(
            lambda one: one.accept_deadline and one.accept_deadline < now
        ).accept_late = True
        orders._note_photos()
        orders._activities_done()
        orders._announce("accepted")
        return True

    def action_return(self, reason):
        """Give back (退单): the handler says why it is not theirs; the clock stands still until it
        is dispatched again.

        国办函〔2025〕66号: an objection to a dispatch is possible and is answered.
        """
        self._need_handler()
        reason = self._need_text(reason)
        orders, now = self.sudo(), fields.Datetime.now()
        orders._transition(
            "returned",
            ("dispatched", "accepted"),
            {
                "return_reason": reason,
                "returned_at": now,
                "returned_by_id": self.env.uid,
                "extension_asked_amount": 0,
            },
            message=self.env._("Returned: %s", reason),
        )
        orders._clock_pause(self.env._("Returned"), at=now)
        orders._count_up("return_count")
        orders._activities_done()
        orders._announce("returned", to="desk")
        return True

    def action_feedback(self, text):
        """Report what was done (反馈); the clock stands still while it is verified.

        :raises UserError: the category asks for a photo of the spot, and there is none
        """
        text = self._need_text(text)
        orders, now = self.sudo(), fields.Datetime.now()
        if any(order.user_id != self.env.user for order in orders):
            raise AccessError(self.env._("Only its handler gives feedback on an order."))
        photos = orders._photo_counts()
        for order in orders:
            if order.need_photo and photos.get(order.id, 0) <= order.photos_before:
                raise UserError(
                    self.env._("%s: take a photo of the spot first.", order.display_name)
                )
        orders._transition(
            "feedback",
            "accepted",
            {
                "feedback_text": text,
                "feedback_at": now,
                "feedback_user_id": self.env.uid,
                "extension_asked_amount": 0,
            },
            message=self.env._("Feedback: %s", text),
        )
        orders._clock_pause(self.env._("Waits for verification"), at=now)
        orders._announce("feedback", to="desk")
        return True

    def action_ask_extension(self, amount, reason):
        """Ask for more time (申请延期), in the unit of the order's limit."""
        reason = self._need_text(reason)
        orders = self.sudo()
        if any(order.user_id != self.env.user for order in orders):
            raise AccessError(self.env._("Only its handler asks for more time."))
        orders._need_state("accepted")
        orders._check_extension(amount)
        orders.write(
            {
                "extension_asked_amount": amount,
                "extension_asked_reason": reason,
                "extension_asked_by_id": self.env.uid,
            }
        )
        for unit, some in orders._by_clock_unit():
            some._log(self.env._("Asks for more time, %(amount)s %(unit)s: %(reason)s",
                                 amount=amount, unit=unit, reason=reason))
        orders._announce("extension_asked", to="desk")
        return True

    def action_assign(self, user, reason=None):
        """Name the handler (指定处理人) of a running order: by those who may handle it now, or
        who dispatch."""
        user = self._one("res.users", user)
        reason = self._need_text(reason) if reason else ""
        if self - self._may_handle() - self._may_dispatch():
            raise AccessError(self.env._("You may not name the handler of this order."))
        orders = self.sudo()
        orders._need_state("dispatched", "accepted")
        if not user.active or user.share or not user.has_group("yst_base.group_cadre"):
            raise UserError(self.env._("Only a cadre can handle an order."))
        orders._need_no_grant(user)
        for order in orders:
            reached = user._has_jurisdiction(order.area_id)
            if not reached and order.department_id not in user._order_departments():
                raise UserError(
                    self.env._(
                        "%(user)s works neither in the area nor in the department of the order.",
                        user=user.name,
                    )
                )
        orders |= orders._running_supervision().filtered(lambda one: one.state != "returned")
        orders.user_id = user
        orders._log(self.env._("Handler: %s", user.name) + (f" ({reason})" if reason else ""))
        orders._announce("assigned", to="handler")
        return True

    def _possible_handlers(self):
        """Whom :meth:`action_assign` takes as the handler of each of the orders: cadres of the
        area or of those above it, and of the department.

        :return: ``res.users``, empty when there is nobody for all of them
        """
        self.check_access("read")
        users = self.env["res.users"]
        cadres = Domain("share", "=", False) & Domain(
            "all_group_ids", "in", self.env.ref("yst_base.group_cadre").ids
        )
        for order in self.sudo():
            of_order = Domain("jurisdiction_ids", "parent_of", order.area_id.ids)
            if order.department_id:
                members = order.department_id.member_ids.user_id
                of_order |= Domain("id", "in", members.ids)
            cadres &= of_order
        return users.browse(users.sudo().search(cadres).ids) if self else users

    # ------------------------------------------------------------------ helpers
    def _count_up(self, name):
        for order in self:
            order[name] += 1

    def _by_clock_unit(self):
        """Pairs of the unit of the limit, in words, and the orders that have it (sudo)."""
        labels = dict(self._fields["clock_unit"]._description_selection(self.env))
        return [(labels.get(unit, ""), some) for unit, some in self.grouped("clock_unit").items()]

    def _log(self, text):
        """The same line in the chatter of each."""
        self._message_log_batch(bodies=dict.fromkeys(self.ids, text))
