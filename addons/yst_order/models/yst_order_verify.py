from odoo import fields, models
from odoo.exceptions import AccessError, UserError


class Order(models.Model):
    """What the desk answers: verified, sent back, more time, cancelled, followed up."""

    _inherit = "yst.order"

    def action_verify(self, note=None):
        """Verify (核查): done as reported; the order is closed (办结) and its clock stopped.

        :raises AccessError: by whoever handled it or reported on it
        """
        self._need_verifier()
        note = self._need_text(note) if note else False
        orders, now = self.sudo(), fields.Datetime.now()
        orders._transition(
            "closed",
            "feedback",
            {
                "verifier_id": self.env.uid,
                "verified_at": now,
                "closed_at": now,
                "verify_note": note,
            },
            message=self.env._("Verified and closed: %s", note)
            if note
            else self.env._("Verified and closed"),
        )
        orders._clock_stop(at=now)
        orders._activities_done()
        orders._end_supervision("closed", now)
        orders._announce("closed", to="handler")
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
        orders._announce("sent_back", to="handler")
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
        for unit, some in orders._by_clock_unit():
            some._log(self.env._("More time granted, %(amount)s %(unit)s: %(reason)s",
                                 amount=amount, unit=unit, reason=reason))
        orders._announce("extended", to="handler")
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
        orders._announce("extension_refused", to="handler")
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
        orders._announce("cancelled", to="handler")
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
