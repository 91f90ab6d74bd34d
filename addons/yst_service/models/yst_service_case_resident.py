from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..rules import OPEN_STATES, whole


class ServiceCase(models.Model):
    """What the resident does with an application.

    Controllers call these with ``sudo()``; each checks again who acts: ``_check_owner`` (the
    applicant or the one it is for) or ``_check_hand`` (the applicant, or a clerk who writes it
    down for them). The one who acts is always ``self.env.user``, sudo or not.
    """

    _inherit = "yst.service.case"

    # --- who acts

    def _check_owner(self, partner=None):
        """:raises AccessError: unless it is ``partner``'s (default: the user's) application"""
        partner = partner or self.env.user.partner_id
        for case in self.sudo():
            if not partner or partner not in (case.applicant_id, case.principal_id):
                raise AccessError(self.env._("This is not your application."))

    def _check_hand(self):
        """:raises AccessError: unless the user applied, or is staff who may change it"""
        partner = self.env.user.partner_id
        if all(case.applicant_id == partner for case in self.sudo()):
            return
        if self.env.user.share:
            raise AccessError(self.env._("This is not your application."))
        self.sudo(self.env.uid == api.SUPERUSER_ID).check_access("write")

    # --- handing in

    def _submit_problems(self):
        """What still keeps the application from being handed in, as messages; [] if nothing."""
        self.ensure_one()
        case = self.sudo()
        found = []
        if case.channel == "portal" and not case.applicant_id.identity_masked:
            found.append(self.env._("Enter your real name and identity number first."))
        if not case.area_id:
            found.append(self.env._("Choose your village or community."))
        if case.on_behalf:
            if not case.principal_id:
                found.append(self.env._("Enter the name and identity number of the person "
                                        "for whom you apply."))
            if not case.consent_text and not case.consent_evidence_id:
                found.append(self.env._("Confirm that the person agrees that you apply for them."))
        missing = case.line_ids.filtered(
            lambda line: case.channel == "portal" and line.required and line.state == "missing"
        )
        found += [self.env._("Still missing: %s", line.name) for line in missing]
        return found

    def _lock(self):
        """Lock the rows in the order of their ids and read them afresh.

        A second request that waited here is run again by Odoo and then sees the first one's work.
        """
        if self:
            self.flush_recordset()
            self.env.cr.execute(
                "SELECT id FROM yst_service_case WHERE id IN %s ORDER BY id FOR UPDATE",
                [tuple(self.ids)],
            )
            self.invalidate_recordset(["state", "number"])

    def action_submit(self):
        """Hand in (提交): draft → submitted. The number is allotted, the clock starts.

        Handing in twice (double tap, back button) answers the same number.

        :return: the number of the first
        :raises UserError: names all that is missing
        """
        self._check_hand()
        self._lock()
        drafts = self.sudo().filtered(lambda case: case.state == "draft")
        for case in drafts:
            problems = case._submit_problems()
            if problems:
                raise UserError("\n".join(problems))
        if drafts:
            now = fields.Datetime.now()
            drafts._allot_numbers(now)
            drafts._move("submitted", ("draft",), "received", {"submitted_at": now},
                         message=self.env._("Handed in."), at=now)
            drafts._clock_start(drafts._setting_int("told_days"), "workday", at=now)
            drafts._notify("received")
        return self.sudo()[:1].number

    def action_resubmit(self):
        """Hand in the correction: correction → resubmitted. The clock goes on.

        Twice is once. :raises UserError: a material asked for has not been handed in anew
        """
        self._check_hand()
        self._lock()
        cases = self.sudo().filtered(lambda case: case.state != "resubmitted")
        for case in cases:
            lacking = case.line_ids.filtered(
                lambda line, case=case: line.correction_number == case.correction_count
                and line.state == "rejected"
            )
            if lacking:
                raise UserError("\n".join(
                    self.env._("Still to be handed in again: %s", line.name) for line in lacking
                ))
        if cases:
            now = fields.Datetime.now()
            cases._move("resubmitted", ("correction",), "resubmitted",
                        message=self.env._("Correction handed in."), at=now)
            cases._open_corrections().write({"resubmitted_at": now})
            cases._clock_resume(at=now)
            cases._notify_clerk(self.env._("The correction has been handed in."))
        return True

    def action_withdraw(self, reason=None):
        """Withdraw (撤回): an application in progress is terminated, a draft is thrown away."""
        self._check_owner()
        drafts = self.sudo().filtered(lambda case: case.state == "draft")
        opened = self.sudo() - drafts
        if any(case.state not in OPEN_STATES for case in opened):
            raise UserError(self.env._("The application has ended already."))
        if opened:
            opened._end_without_result(
                self.env.ref("yst_service.reason_withdrawn"), reason,
                message=self.env._("Withdrawn by the applicant."),
            )
        drafts.unlink()
        return True

    # --- appointment and rating

    def _book(self, slot):
        """Book a visit to the hall (预约), or move it to another time.

        :raises UserError: full, past, or not for this application
        """
        self.ensure_one()
        self._check_owner()
        return self.sudo()._appoint(slot)

    def _cancel_booking(self):
        """Cancel the appointment; the application goes back to review."""
        self.ensure_one()
        self._check_owner()
        return self.sudo()._unappoint()

    def action_rate(self, value, text=None):
        """Rate the handling (好差评) once, from 1 (非常不满意) to 5 (非常满意).

        One or two opens a follow-up (差评回访).
        """
        self.ensure_one()
        self._check_owner()
        value = whole(value)
        if not 1 <= value <= 5:
            raise UserError(self.env._("Choose one of the five levels."))
        self._lock()
        case = self.sudo()
        if case.state != "completed":
            raise UserError(self.env._("An application can be rated once it is completed."))
        if case.rating_ids.filtered("consumed"):
            raise UserError(self.env._("You have rated this application already. Thank you."))
        rating = case.env["rating.rating"].create({
            "res_model_id": case.env["ir.model"]._get_id(case._name),
            "res_id": case.id,
            "partner_id": self.env.user.partner_id.id,
            "rated_partner_id": case.user_id.partner_id.id,
        })
        rating.flush_recordset()  # the case's last value is computed by SQL
        rating.write({
            "rating": value,
            "feedback": str(text or "").strip()[:1000] or False,
            "consumed": True,
        })
        case._event_add("rated")
        case.env["yst.service.follow.up"]._open_for(rating, case)
        return True
