import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.yst_base import identity

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class ResUsers(models.Model):
    """Accounts of residents: opened and entered with a mobile number or an e-mail address.

    A number is nowhere in the clear: the login of such an account carries the masked number
    and a keyed hash, through which it is found.
    """

    _inherit = "res.users"

    login_cipher = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)

    @api.model
    def _yst_mobile_login(self, text):
        """The stored login for a mobile number, False for anything else."""
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

    def _login(self, credential, user_agent_env):
        """Neither the server's log nor the audit log gets to see a mobile number."""
        login = credential.get("login") or ""
        try:
            stored = self._yst_mobile_login(login)
        except UserError:
            stored = False
        if stored and not self.sudo().search_count([("login", "=", login)], limit=1):
            credential = {**credential, "login": stored}
        return super()._login(credential, user_agent_env)

    @api.model
    def _signup_create_user(self, values):
        """Opens a resident's account with an e-mail address or a mobile number as login."""
        login = values.get("login") or ""
        stored = self._yst_mobile_login(login)
        if stored:
            cipher = self._yst_login_cipher(login)
            values.update(login=stored, login_cipher=cipher, email=False)
        elif "partner_id" not in values and not EMAIL.fullmatch(login):
            raise UserError(self.env._("Enter a mobile number with 11 digits or an e-mail."))
        user = super()._signup_create_user(values)
        if user._is_portal():
            user.partner_id.sudo().is_resident = True
            if stored:
                user.partner_id.sudo()._set_mobile(login)
        return user

    @api.model
    def _yst_login_cipher(self, mobile):
        number = identity.normalise_mobile(mobile)
        return self.env["res.partner"]._vault().encrypt("login", number)

    def _yst_follow_mobile(self, mobile):
        """Who logs in with a mobile number logs in with the new one from now on.

        :return: whether the login has changed (sessions end with it)
        :raise ValidationError: another account has the number
        """
        self.ensure_one()
        user = self.sudo()
        if not user.login_cipher:
            return False
        login = self._yst_mobile_login(mobile)
        if login == user.login:
            return False
        if user.with_context(active_test=False).search_count([("login", "=", login)], limit=1):
            raise ValidationError(self.env._("There is already an account with this number."))
        user.write({"login": login, "login_cipher": self._yst_login_cipher(mobile)})
        return True

    @api.model
    def _yst_rekey_logins(self):
        """Logins by mobile number under the newest keys (密钥轮换)."""
        keys = self.env["res.partner"]._vault()
        users = self.sudo().with_context(active_test=False)
        for user in users.search([("login_cipher", "!=", False)]):
            number = self.env["res.partner"]._decrypted("login", user.login_cipher)
            user.write({
                "login": self._yst_mobile_login(number),
                "login_cipher": keys.encrypt("login", number),
            })

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
