import re

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.yst_base import identity

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model
    def _yst_mobile_login(self, text):
        """The stored login of an account opened with a mobile number, else False.

        The number itself is kept encrypted on the partner alone; the login carries the
        masked number and a keyed hash of it.
        """
        try:
            mobile = identity.normalise_mobile(text)
        except identity.IdentityError:
            return False
        index = self.env["res.partner"]._vault().index("login", mobile)
        return f"{identity.mask_mobile(mobile)}-{index[:20]}"

    @api.model
    def _get_login_domain(self, login):
        """Log in by e-mail or by mobile number, however the number is written."""
        domain = super()._get_login_domain(login)
        try:
            by_mobile = self._yst_mobile_login(login)
        except UserError:  # the key file is missing: whoever has another login still gets in
            by_mobile = False
        if by_mobile:
            domain |= super()._get_login_domain(by_mobile)
        return domain

    @api.model
    def _signup_create_user(self, values):
        """Opens a resident's account with an e-mail address or a mobile number as login."""
        login = values.get("login") or ""
        stored = self._yst_mobile_login(login)
        if stored:
            values.update(login=stored, email=False)
        elif "partner_id" not in values and not EMAIL.fullmatch(login):
            raise UserError(self.env._("Enter a mobile number with 11 digits or an e-mail."))
        user = super()._signup_create_user(values)
        if user._is_portal():
            user.partner_id.sudo().is_resident = True
            if stored:
                user.partner_id.sudo()._set_mobile(login)
        return user

    @api.model
    def reset_password(self, login):
        """As in the core, but an account without e-mail is told what to do, not who it is."""
        user = self.sudo().search(
            self._get_login_domain(login), order=self._get_login_order(), limit=1
        )
        if user and not user.email:
            raise UserError(
                self.env._(
                    "No e-mail address is known for this account, so the password cannot be"
                    " reset here. Bring your identity document to the service window."
                )
            )
        return super().reset_password(login)

    def write(self, vals):
        """A resident who has given their real name keeps it: cases rest on it."""
        if "name" in vals and not self.env.su and not self.env.user._is_internal():
            for user in self.sudo():
                if user.partner_id.identity_masked and vals["name"] != user.name:
                    raise UserError(
                        self.env._(
                            "The real name has been recorded with the identity document."
                            " To have it corrected, bring the document to the service window."
                        )
                    )
        return super().write(vals)
