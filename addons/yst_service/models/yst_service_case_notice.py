import logging

from odoo import api, models

_logger = logging.getLogger(__name__)


class ServiceCase(models.Model):
    """Messages to the resident by e-mail and, where switched on, SMS.

    They are queued, say no more than the "one line" and the link, and never hold an identity
    number. The portal shows the same line, so nothing depends on a message that got lost.
    """

    _inherit = "yst.service.case"

    def _notify(self, kind):
        """Queue the message of ``kind`` (a suffix of the mail template's XML id)."""
        template = self.env.ref(f"yst_service.mail_case_{kind}", raise_if_not_found=False)
        if not self or not template:
            return
        cases = self.sudo().filtered(lambda case: case.channel == "portal" or case.number)
        with_mail = cases.filtered(lambda case: case.applicant_id.email)
        if with_mail:
            template.sudo().send_mail_batch(with_mail.ids, force_send=False)
        cases._notify_sms()

    def _notify_sms(self):
        """One short SMS with number and "one line", if the office has switched SMS on."""
        if not self._sms_on():
            return
        sms = []
        for case in self:
            partner = case.applicant_id
            mobile = partner._mobile_clear()
            if not mobile:
                continue
            local = case.with_context(lang=partner.lang or self.env.lang)
            text = local.env._("Your application %(number)s: %(now)s.",
                               number=case.number, now=local.now_text)
            if local.now_expected:
                text += " " + local.now_expected
            sms.append({"number": mobile, "body": text, "partner_id": partner.id})
        self.env["sms.sms"].sudo().create(sms)

    @api.model
    def _sms_on(self):
        return self.env["ir.config_parameter"].sudo().get_param("yst_service.sms") == "True"

    def _notify_clerk(self, text):
        """Tell the clerks in charge inside Odoo; the inbox shows it to all others."""
        for case in self.sudo().filtered("user_id"):
            case.message_notify(
                partner_ids=case.user_id.partner_id.ids,
                body=text,
                subject=case.display_name,
                force_send=False,
            )
