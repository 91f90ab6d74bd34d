from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..deadlines import workdays_after
from ..rules import ENDED_STATES, EXAMINED_STATES, HANDLED_STATES, OPEN_STATES, needs_visit


class ServiceCase(models.Model):
    """What the clerk does with an application."""

    _inherit = "yst.service.case"

    may_actions = fields.Char(compute="_compute_may_actions")

    @api.depends_context("uid")
    @api.depends("state", "user_id", "line_ids.state", "version_id.online", "channel")
    def _compute_may_actions(self):
        """What this user may do now, as "|accept|refuse|": the form shows these buttons."""
        for case in self:
            case.may_actions = f"|{'|'.join(case._actions_now())}|"

    def _actions_now(self):
        self.ensure_one()
        if not self._origin or not self._origin.has_access("write"):
            return []
        states = [line.state for line in self.line_ids]
        lacking = any(line.required and line.state == "missing" for line in self.line_ids)
        examined = self.state in EXAMINED_STATES
        handled = self.state in HANDLED_STATES
        visit = needs_visit(self.version_id.online)
        allowed = {
            "submit": self.state == "draft",
            "take": self.state in OPEN_STATES and self.user_id != self.env.user,
            "accept_all": examined and "uploaded" in states,
            "ask_correction": examined and "rejected" in states and "uploaded" not in states,
            "accept": examined and not lacking and not {"rejected", "uploaded"} & set(states),
            "refuse": examined,
            "resubmit": self.state == "correction",
            "start_review": self.state == "accepted",
            "appoint": handled and self.state != "onsite" and visit,
            "unappoint": self.state == "appointed",
            "start_onsite": handled and self.state != "onsite" and visit,
            "complete": self.state == "onsite" or (handled and not visit),
            "terminate": self.state in OPEN_STATES,
            "reopen": self.state in ENDED_STATES,
        }
        return [name for name, may in allowed.items() if may]

    def _check_clerk(self):
        """:raises AccessError: unless the user may change these, and none is their own matter"""
        if self.env.uid == api.SUPERUSER_ID:
            return
        if self.env.user.share:
            raise AccessError(self.env._("Only staff may do this."))
        self.sudo(False).check_access("write")
        partner = self.env.user.partner_id
        for case in self.sudo():
            if partner in (case.applicant_id, case.principal_id):
                raise AccessError(self.env._("Leave your own application to a colleague."))

    # --- review

    def action_take(self):
        """Take over (领办): I am the clerk from now on."""
        self._check_clerk()
        self.sudo().write({"user_id": self.env.uid})
        return True

    def action_accept_all_materials(self):
        """All materials handed in and not yet looked at are in order."""
        self._check_clerk()
        self.line_ids.filtered(lambda line: line.state == "uploaded").action_accept_material()
        return True

    def action_ask_correction(self):
        """One-time correction (一次性补正): all faulty materials in one notice, clock paused.

        :raises UserError: nothing is faulty, or something has not been looked at yet
        """
        self._check_clerk()
        self._lock()
        now = fields.Datetime.now()
        vals_list, texts = [], {}
        deadline = workdays_after(self.env, now, self._setting_int("correction_days"))
        for case in self.sudo():
            rejected = case._check_reviewed().filtered(lambda line: line.state == "rejected")
            if not rejected:
                raise UserError(self.env._("Nothing is faulty. Accept the application instead."))
            texts[case.id] = case._correction_text(rejected)
            vals_list.append({
                "case_id": case.id,
                "number": case.correction_count + 1,
                "asked_at": now,
                "asked_by_id": self.env.uid,
                "deadline": deadline,
                "text": texts[case.id],
            })
            rejected.write({"correction_number": case.correction_count + 1})
        cases = self.sudo()
        cases._move("correction", EXAMINED_STATES, "correction_asked", notes=texts,
                    message=self.env._("Correction asked."), at=now)
        self.env["yst.service.correction"].sudo().create(vals_list)
        for case in cases:
            case.correction_count += 1
        cases._clock_pause(self.env._("One-time correction"), at=now)
        cases._notify("correction")
        return True

    def _check_reviewed(self):
        """Every material handed in must have been looked at: all defects are told at once."""
        self.ensure_one()
        open_lines = self.line_ids.filtered(lambda line: line.state == "uploaded")
        if open_lines:
            raise UserError(self.env._(
                "Look at every material first, so that all defects are told at once. "
                "Not yet looked at: %s", ", ".join(open_lines.mapped("name")),
            ))
        return self.line_ids

    def _correction_text(self, lines):
        """The defects of one application, in the applicant's language."""
        self = self.with_context(lang=self._paper_lang())
        lines = lines.with_env(self.env)
        rows = []
        for count, line in enumerate(lines, 1):
            reason = line.reason_id
            text = self.env._(
                "%(number)s. %(material)s: %(reason)s",
                number=count, material=line.name, reason=reason.name,
            )
            if line.reason_note:
                text += self.env._(" (%s)", line.reason_note)
            if reason.remedy:
                text += f" → {reason.remedy}"
            rows.append(text)
        return "\n".join(rows)

    def action_accept(self):
        """Accept (受理): the promised limit of the item counts from now on.

        :raises UserError: a material is faulty or has not been looked at
        """
        self._check_clerk()
        self._lock()
        for case in self.sudo():
            lines = case._check_reviewed()
            if any(line.state == "rejected" for line in lines):
                raise UserError(
                    self.env._("A material is faulty: ask for a correction, or refuse.")
                )
            missing = lines.filtered(lambda line: line.required and line.state == "missing")
            if missing:
                raise UserError(self.env._("Still missing: %s", ", ".join(missing.mapped("name"))))
        self._accept(fields.Datetime.now(), self.env._("Accepted."))
        return True

    def _accept(self, at, message, note=None):
        """Accepted as of ``at``; the promised limit counts from there."""
        cases = self.sudo()
        cases._move("accepted", EXAMINED_STATES, "accepted", {"accepted_at": at},
                    notes=note, message=message)
        cases._clock_stop()
        for version, group in cases.grouped("version_id").items():
            group._clock_restart(
                version.promised_limit or version.legal_limit or 20, version.limit_unit, at=at
            )
        cases._notify("accepted")

    def action_refuse(self, reason, note=None):
        """Do not accept (不予受理), in writing, with a coded reason and the remedies."""
        self._check_clerk()
        reason = self._reason(reason, "refuse")
        self._end_without_result(reason, note, to="refused", allowed_from=EXAMINED_STATES,
                                 message=self.env._("Not accepted: %s", reason.name))
        return True

    # --- handling

    def action_start_review(self):
        """Begin the review (审查) of an accepted application."""
        self._check_clerk()
        self.sudo()._move("reviewing", ("accepted",), "reviewing",
                          message=self.env._("Review begun."))
        return True

    def action_appoint(self, slot):
        """Make an appointment (预约) for the applicant; again: another time."""
        self.ensure_one()
        self._check_clerk()
        return self.sudo()._appoint(slot)

    def action_unappoint(self):
        """Cancel the appointment."""
        self.ensure_one()
        self._check_clerk()
        return self.sudo()._unappoint()

    def action_start_onsite(self):
        """The applicant is here, or we are at their home (现场办理)."""
        self._check_clerk()
        for case in self.sudo():
            if not needs_visit(case.version_id.online):
                raise UserError(self.env._("This item needs no visit."))
        self._onsite()
        return True

    def _onsite(self):
        cases = self.sudo()
        cases._move("onsite", ("accepted", "reviewing", "appointed"), "onsite",
                    message=self.env._("Handled on site."))
        cases.appointment_id._keep()

    def action_complete(self, result_text=None, files=()):
        """Complete (办结) with the result; the clock is met or missed.

        :param files: [(name, bytes)] result papers for the applicant
        """
        self._check_clerk()
        for case in self.sudo():
            if needs_visit(case.version_id.online) and case.state != "onsite":
                raise UserError(self.env._(
                    "This item is completed on site: the originals have not been checked yet."
                ))
        cases = self.sudo()
        now = fields.Datetime.now()
        cases._move("completed", HANDLED_STATES, "completed",
                    {"completed_at": now, "result_text": result_text or False},
                    notes=result_text, message=self.env._("Completed."), at=now)
        for case in cases if files else ():
            papers = [case._evidence_add(data, name, kind="scan") for name, data in files]
            case.result_evidence_ids = [fields.Command.set([paper.id for paper in papers])]
        cases._clock_stop(at=now)
        cases._activities_done()
        cases._notify("completed")
        return True

    # --- ends and new beginnings

    def action_terminate(self, reason, note=None):
        """Terminate (终止) with a coded reason."""
        self._check_clerk()
        reason = self._reason(reason, "terminate")
        self._end_without_result(reason, note,
                                 message=self.env._("Terminated: %s", reason.name))
        return True

    def _end_without_result(self, reason, note=None, *, to="terminated",
                            allowed_from=OPEN_STATES, message=None):
        cases = self.sudo()
        now = fields.Datetime.now()
        texts = self._reason_texts(reason, note)
        cases._move(to, allowed_from, to, {
            "terminated_at": now,
            "terminate_reason_id": reason.id,
            "terminate_note": note or False,
        }, notes=texts, message=message, at=now)
        for count, group in cases.grouped("terminated_count").items():
            group.terminated_count = count + 1
        cases.appointment_id._cancel()
        cases._clock_stop(at=now)
        cases._activities_done()
        cases._notify("refused" if to == "refused" else "terminated")

    def action_reopen(self, reason, note=None):
        """Take up again (重新办理) what has ended: the number stays, it counts once as received."""
        self._check_clerk()
        reason = self._reason(reason, "reopen")
        texts = self._reason_texts(reason, note)
        message = self.env._("Reopened: %s", reason.name)
        ended = ENDED_STATES
        cases = self.sudo()
        was_accepted = cases.filtered("accepted_at")
        blank = dict.fromkeys(("completed_at", "terminated_at", "terminate_reason_id",
                               "terminate_note", "appointment_id"), False)
        for group, state in ((was_accepted, "reviewing"), (cases - was_accepted, "submitted")):
            if group:
                group._move(state, ended, "reopened", blank, notes=texts, message=message)
        for count, group in cases.grouped("reopened_count").items():
            group.reopened_count = count + 1
        for version, group in was_accepted.grouped("version_id").items():
            group._clock_restart(
                version.promised_limit or version.legal_limit or 20, version.limit_unit
            )
        (cases - was_accepted)._clock_restart(self._setting_int("told_days"), "workday")
        cases._notify("reopened")
        return True

    def _reason_texts(self, reason, note=None):
        """A reason in one line, by application, in the applicant's language, whoever writes it
        (a clerk, a program, the hourly run)."""
        return {
            case.id: case.with_context(lang=case._paper_lang())._reason_text(reason, note)
            for case in self.sudo()
        }

    def _reason_text(self, reason, note=None):
        """A reason in one line, with what was added to it, in the language of ``self``."""
        told = reason.with_context(lang=self.env.lang)
        if not note:
            return told.name
        return self.env._("%(reason)s: %(note)s", reason=told.name, note=note)

    def _reason(self, reason, kind):
        """The reason record for a record or id. :raises UserError: none, or of another kind"""
        reason = self.env["yst.service.reason"].sudo().browse(
            getattr(reason, "id", reason)
        ).exists()
        if not reason or reason.kind != kind:
            raise UserError(self.env._("Choose a reason."))
        return reason

    def _open_corrections(self):
        return self.correction_ids.filtered(
            lambda one: not one.resubmitted_at and one.number == one.case_id.correction_count
        )
