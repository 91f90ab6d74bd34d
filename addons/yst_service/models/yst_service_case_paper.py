import base64

from odoo import models
from odoo.tools import format_date

from odoo.addons.yst_base import limits, qr


class ServiceCase(models.Model):
    """What the receipt and the notices (回执、通知书) say: whole sentences, so that each language
    can put number, item and day where they belong."""

    _inherit = "yst.service.case"

    def _paper_lang(self):
        """Papers are in the applicant's language."""
        self.ensure_one()
        return self.applicant_id.lang or self.env.lang or "zh_CN"

    def _paper_day(self, moment):
        """A moment as a day of the office's calendar, written out; '' for none."""
        if not moment:
            return ""
        return format_date(self.env, limits.to_local(moment).date(), date_format="long")

    def _paper_qr(self):
        """The QR code that opens this application, as a data URL."""
        self.ensure_one()
        return "data:image/png;base64," + base64.b64encode(qr.make(self._scan_url())).decode()

    def _paper_limit(self):
        """The promised limit in words: "20 working days"."""
        self.ensure_one()
        if self.clock_unit == "workday":
            return self.env._("%s working days", self.clock_limit)
        if self.clock_unit == "day":
            return self.env._("%s days", self.clock_limit)
        return self.env._("%s hours", self.clock_limit)

    def _paper_to(self):
        """The line that says to whom the paper goes."""
        return self.env._("To %s:", self.applicant_id.name)

    def _paper_phones(self):
        """Where to ask and to complain; [] where no number is known."""
        contact = self.version_id._contact()
        if not (contact["phone_advice"] or contact["phone_complaint"]):
            return []
        return [self.env._(
            "For questions: %(advice)s. For complaints: %(complaint)s.",
            advice=contact["phone_advice"] or "–",
            complaint=contact["phone_complaint"] or "–",
        )]

    def _paper_facts(self):
        return {
            "item": self.version_id.name,
            "number": self.number,
            "day": self._paper_day(self.submitted_at),
        }

    def _paper_receipt(self):
        """The receipt (收件回执): (before the list of materials, after it)."""
        _, facts = self.env._, self._paper_facts()
        facts["applicant"] = self.applicant_id.name
        if self.on_behalf:
            facts["principal"] = self.principal_id.name
            first = _("We received on %(day)s what %(applicant)s handed in for “%(item)s” on "
                      "behalf of %(principal)s (No. %(number)s):", **facts)
        else:
            first = _("We received on %(day)s what %(applicant)s handed in for “%(item)s” "
                      "(No. %(number)s):", **facts)
        return [first], [
            _("Within %s working days you will be told, all at once, whether anything must be "
              "corrected. If you are told nothing within this time, your application counts as "
              "accepted from the day of receipt.", self._setting_int("told_days")),
            _("Scan the code to see how your application stands. Please bring this receipt when "
              "you come to the service window."),
        ]

    def _paper_acceptance(self):
        """The notice of acceptance (受理通知书), paragraph by paragraph."""
        _, facts = self.env._, self._paper_facts()
        lines = [
            _("Your application for “%(item)s” (No. %(number)s), handed in on %(day)s, has been "
              "examined. The materials are complete and in the required form. It is accepted as "
              "of %(accepted)s.", accepted=self._paper_day(self.accepted_at), **facts),
        ]
        if self.clock_deadline:
            lines.append(_(
                "It will be handled within %(limit)s of acceptance, by %(deadline)s.",
                limit=self._paper_limit(), deadline=self._paper_day(self.clock_deadline),
            ))
        if self.version_id.online != "full":
            lines.append(_("Please come once with the originals of your papers; make an "
                           "appointment in the portal or by phone."))
        return [*lines, *self._paper_phones()]

    def _paper_refusal(self):
        """The notice of non-acceptance (不予受理通知书): reason, what to do, remedies."""
        _, facts = self.env._, self._paper_facts()
        reason = self.terminate_reason_id
        why = self._reason_texts(reason, self.terminate_note)[self.id]
        lines = [
            _("Your application for “%(item)s” (No. %(number)s), handed in on %(day)s, has been "
              "examined and is not accepted.", **facts),
            _("Reason: %s", why),
        ]
        if reason.remedy:
            lines.append(_("What you can do: %s", reason.remedy))
        # 行政复议法 20: sixty days; 行政诉讼法 46: six months
        lines.append(_(
            "Remedies: if you do not agree with this decision, you may apply for administrative "
            "reconsideration to the people's government above this office within sixty days of "
            "receiving this notice, or bring an action before the people's court within six months."
        ))
        return lines

    def _paper_correction(self):
        """The one-time correction notice (一次性补正告知书): (before, defects, after)."""
        _, facts = self.env._, self._paper_facts()
        correction = self.correction_ids[-1:]
        before = _("Some materials of your application for “%(item)s” (No. %(number)s), handed in "
                   "on %(day)s, must be corrected. These are all the defects; nothing else will "
                   "be asked for later:", **facts)
        after = [
            _("Please hand in only these materials again by %s, in the portal or at the service "
              "window. The time for handling stands still until then. If they do not come by "
              "that day, the application is terminated; you may apply again at any time.",
              self._paper_day(correction.deadline)),
            *self._paper_phones(),
        ]
        return [before], (correction.text or "").splitlines(), after
