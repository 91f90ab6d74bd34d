"""Opening an account (注册): with a mobile number or an e-mail address."""

import re

from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.auth_signup.controllers.main import AuthSignupHome

ATTEMPTS_AN_HOUR = 30


class ResidentSignup(AuthSignupHome):
    def _prepare_signup_values(self, qcontext):
        """Checks what a resident typed; the message names the entry that is wrong."""
        values = super()._prepare_signup_values(qcontext)
        env = request.env
        if not qcontext.get("token"):
            self._check_signup_rate()
            values["name"] = " ".join((values.get("name") or "").split())
            values["login"] = (values.get("login") or "").strip()
            if not 1 <= len(values["name"]) <= 50:
                raise UserError(env._("Enter your name, at most 50 characters."))
            users = env["res.users"].sudo().with_context(active_test=False)
            if users.search_count(users._get_login_domain(values["login"]), limit=1):
                raise UserError(
                    env._("There is already an account with this number or e-mail: log in.")
                )
        self._check_password_rule(values.get("password") or "")
        return values

    def _check_password_rule(self, password):
        parameter = request.env["ir.config_parameter"].sudo().get_param
        shortest = int(parameter("yst_service.resident_password_length") or 8)
        mixed = re.search(r"[^\W\d_]", password) and re.search(r"\d", password)
        if len(password) < shortest or not mixed:
            raise UserError(
                request.env._(
                    "The password needs at least %s characters, with letters and digits.",
                    shortest,
                )
            )

    def _check_signup_rate(self):
        attempts = request.env["yst.portal.attempt"]
        source = request.httprequest.remote_addr or "?"
        if attempts._too_many("signup", source, ATTEMPTS_AN_HOUR):
            raise UserError(
                request.env._("Too many attempts from this network. Try again in an hour.")
            )
        attempts._record("signup", source)

