from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..rules import TEXT_LENGTH


class Order(models.Model):
    """What the handler does: accept, give back, report; and what the verifier answers."""

    _inherit = "yst.order"

    # ------------------------------------------------------------------ the handler
    def action_accept(self):
        """Accept (接收): the user becomes the handler. Late acceptance is written down."""
        self._need_handler()
        orders, now = self.sudo(), fields.Datetime.now()
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
        orders._announce("returned", to="dispatcher_id")
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
        orders._announce("feedback", to="dispatcher_id")
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
        orders._log(self.env._("Asks for %(amount)s more: %(reason)s", amount=amount,
                               reason=reason))
        orders._announce("extension_asked", to="dispatcher_id")
        return True

    def action_assign(self, user, reason=None):
        """Name the handler (指定处理人) of a running order: by those who may handle it now, or
        who dispatch."""
        user = self._one("res.users", user)
        if self - self._may_handle() - self._may_dispatch():
            raise AccessError(self.env._("You may not name the handler of this order."))
        orders = self.sudo()
        orders._need_state("dispatched", "accepted")
        if not user.active or user.share or not user.has_group("yst_base.group_cadre"):
            raise UserError(self.env._("Only a cadre can handle an order."))
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
        orders._announce("assigned", to="user_id")
        return True

    # ------------------------------------------------------------------ the verifier
    def action_verify(self, note=None):
        """Verify (核查): done as reported; the order is closed (办结) and its clock stopped.

        :raises AccessError: by whoever handled it or reported on it
        """
        self._need_verifier()
        orders, now = self.sudo(), fields.Datetime.now()
        orders._transition(
            "closed",
            "feedback",
            {
                "verifier_id": self.env.uid,
                "verified_at": now,
                "closed_at": now,
                "verify_note": note or False,
            },
            message=self.env._("Verified and closed: %s", note or ""),
        )
        orders._clock_stop(at=now)
        orders._activities_done()
        orders._end_supervision("closed", now)
        orders._announce("closed", to="user_id")
        return True

    def action_send_back(self, reason):
        """Send back to be done again (返工): the clock runs on."""
        self._need_verifier()
        reason = self._need_text(reason)
        orders, now = self.sudo(), fields.Datetime.now()
        orders._transition(
            "accepted",
            "feedback",
            {"send_back_reason": reason},
            message=self.env._("Sent back: %s", reason),
        )
        orders._clock_resume(at=now)
        orders._count_up("rework_count")
        orders._note_photos()
        orders._announce("sent_back", to="user_id")
        return True

    def action_extend(self, amount, reason):
        """Grant more time (延期); never by who asked for it or handles the order."""
        self._need_dispatcher()
        reason = self._need_text(reason)
        orders = self.sudo()
        for order in orders:
            if self.env.user in (order.user_id | order.extension_asked_by_id):
                raise AccessError(self.env._("Nobody grants more time to themselves."))
        orders._need_state("dispatched", "accepted")
        orders._check_extension(amount)
        orders._clock_extend(amount, reason)
        orders._count_up("extension_count")
        orders.extension_asked_amount = 0
        orders._log(self.env._("Granted %(amount)s more: %(reason)s", amount=amount,
                               reason=reason))
        orders._announce("extended", to="user_id")
        return True

    def action_refuse_extension(self, reason):
        """Refuse the time that was asked for (不同意延期)."""
        self._need_dispatcher()
        reason = self._need_text(reason)
        orders = self.sudo()
        orders._need_state("accepted")
        if any(not order.extension_asked_amount for order in orders):
            raise UserError(self.env._("Nobody has asked for more time."))
        orders.extension_asked_amount = 0
        orders._log(self.env._("No more time: %s", reason))
        orders._announce("extension_refused", to="user_id")
        return True

    def action_cancel(self, reason):
        """Cancel (撤销) what needs no handling any more."""
        self._need_dispatcher()
        reason = self._need_text(reason)
        orders, now = self.sudo(), fields.Datetime.now()
        orders._transition(
            "cancelled",
            ("draft", "dispatched", "returned", "accepted"),
            {"cancel_reason": reason, "closed_at": now},
            message=self.env._("Cancelled: %s", reason),
        )
        orders.filtered("clock_start")._clock_stop(at=now)
        orders._activities_done()
        orders._end_supervision("cancelled", now)
        orders._announce("cancelled", to="user_id")
        return True

    def action_follow_up(self, result, note):
        """Ask afterwards whether it helped (回访); not by who handled it.

        :param result: satisfied, partly, dissatisfied or unreachable
        """
        self._need_verifier()
        note = self._need_text(note)
        if result not in dict(self._fields["follow_up_state"].selection):
            raise UserError(self.env._("Say how satisfied they are."))
        orders = self.sudo()
        orders._need_state("closed")
        orders.write(
            {
                "follow_up_state": result,
                "follow_up_at": fields.Datetime.now(),
                "follow_up_note": note,
                "follow_up_user_id": self.env.uid,
            }
        )
        labels = dict(self._fields["follow_up_state"]._description_selection(self.env))
        orders._log(
            self.env._("Follow-up: %(result)s. %(note)s", result=labels[result], note=note)
        )
        return True

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

    # ------------------------------------------------------------------ helpers
    def _count_up(self, name):
        for order in self:
            order[name] += 1

    def _log(self, text):
        """The same line in the chatter of each."""
        self._message_log_batch(bodies=dict.fromkeys(self.ids, text))
