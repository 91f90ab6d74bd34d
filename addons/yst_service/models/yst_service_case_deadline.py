import logging

import psycopg2

from odoo import api, fields, models

from ..rules import EXAMINED_STATES, TODO_STATES

_logger = logging.getLogger(__name__)

#: One run of a cron takes this many; what is left it takes up at once in another transaction.
BATCH = 200


class ServiceCase(models.Model):
    """What happens to an application when time runs out."""

    _inherit = "yst.service.case"

    @api.depends("state")
    @api.depends_context("lang")
    def _compute_clock_left(self):
        """Of what ended without a result nobody says that it was done in time."""
        super()._compute_clock_left()
        self.filtered(lambda case: case.state in ("refused", "terminated")).clock_left = False

    @api.model
    def _cron_deadlines(self):
        """Hourly: silence is acceptance, corrections that did not come, overdue applications."""
        self._lapse_corrections()
        self._accept_by_silence()
        self._remind_overdue()

    @api.model
    def _lapse_corrections(self):
        """No correction within its time (逾期未补正): terminated."""
        lapsed = self.env["yst.service.correction"].sudo().search([
            ("case_id.state", "=", "correction"),
            ("resubmitted_at", "=", False),
            ("deadline", "<", fields.Datetime.now()),
        ])
        reason = self.env.ref("yst_service.reason_no_correction")
        for batch in self._batches(lapsed.case_id.sorted("id")):
            self._each_apart(
                batch.filtered(lambda case: case.state == "correction"),
                lambda cases: cases._end_without_result(
                    reason, allowed_from=("correction",),
                    message=self.env._("The correction did not come within the time given."),
                ),
            )
        return len(lapsed)

    @api.model
    def _accept_by_silence(self):
        """Not told within five working days: accepted from the day of receipt (逾期不告知视为受理).

        行政许可法 32; the promised limit counts from the receipt of what was handed in last.
        """
        silent = self.sudo().search([
            ("state", "in", EXAMINED_STATES),
            ("clock_deadline", "<", fields.Datetime.now()),
        ], order="id")
        message = self.env._("Accepted because the applicant was not told anything in time.")
        for batch in self._batches(silent):
            by_receipt = {}
            for case in batch:
                by_receipt.setdefault(case._received_at(), self.browse())
                by_receipt[case._received_at()] |= case
            notes = {
                case.id: case.with_context(lang=case._paper_lang()).env._(
                    "Accepted because the applicant was not told anything in time."
                )
                for case in batch
            }
            for received, cases in by_receipt.items():
                self._each_apart(
                    cases.sudo(),
                    lambda some, at=received, notes=notes: some._accept(
                        at, message, note={case.id: notes[case.id] for case in some}
                    ),
                )
        return len(silent)

    @api.model
    def _each_apart(self, cases, step):
        """Take ``step`` with all ``cases`` at once; where that fails, with one after the other, so
        that an application with a fault holds up no other one."""
        try:
            with self.env.cr.savepoint():
                step(cases)
            return
        except psycopg2.OperationalError:
            raise  # the database asks for the whole transaction again
        except Exception:
            if len(cases) == 1:
                _logger.exception("Deadline of application %s", cases.id)
                return
        for case in cases:
            self._each_apart(case, step)

    def _received_at(self):
        """When the materials that count now arrived, or when it was taken up again."""
        self.ensure_one()
        back = [one.resubmitted_at for one in self.correction_ids if one.resubmitted_at]
        return max([self.clock_start, *back])

    @api.model
    def _remind_overdue(self):
        """One activity for the clerk of an overdue application, never a second one."""
        overdue = self.sudo().search([
            ("state", "in", TODO_STATES),
            ("clock_deadline", "<", fields.Datetime.now()),
            ("user_id", "!=", False),
        ], order="id")
        kind = self.env.ref("yst_service.activity_overdue")
        told = self.env["mail.activity"].sudo().search([
            ("res_model", "=", self._name), ("res_id", "in", overdue.ids),
            ("activity_type_id", "=", kind.id),
        ]).mapped("res_id")
        for case in overdue.filtered(lambda one: one.id not in set(told)):
            case.activity_schedule(
                "yst_service.activity_overdue", user_id=case.user_id.id,
                summary=self.env._("Overdue since %s", fields.Date.to_string(case.clock_deadline)),
            )
        return len(overdue)

    def _activities_done(self):
        """An ended application reminds nobody any more."""
        self.activity_unlink(["yst_service.activity_overdue"])

    @api.model
    def _batches(self, cases):
        """Parts of ``cases``; in a cron each is committed before the next one."""
        for start in range(0, len(cases), BATCH):
            batch = cases[start : start + BATCH]
            yield batch
            if self.env.context.get("cron_id"):
                self.env["ir.cron"]._commit_progress(len(batch))
