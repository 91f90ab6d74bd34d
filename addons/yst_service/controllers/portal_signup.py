"""Opening an account (注册): with a mobile number or an e-mail address."""

import re

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.auth_signup.controllers.main import AuthSignupHome

ATTEMPTS_AN_HOUR = 30


class ResidentSignup(AuthSignupHome):
    @http.route()
    def web_auth_reset_password(self, *args, **kw):
        """As in the core, but nobody finds out by it who has an account."""
        asked = request.httprequest.method == "POST" and not kw.get("token")
        if asked:
            attempts, source = request.env["yst.portal.attempt"], self._source()
            if attempts._too_many("reset", source, ATTEMPTS_AN_HOUR):
                kw["error"] = request.params["error"] = self._too_many_message()
            attempts._record("reset", source)
        response = super().web_auth_reset_password(*args, **kw)
        qcontext = getattr(response, "qcontext", {})
        if asked and "error" not in kw and not qcontext.get("token"):
            qcontext.pop("error", None)
            qcontext["message"] = request.env._(
                "If this account has an e-mail address, a link to a new password is on its way"
                " there. If nothing comes, bring your identity document to the service window."
            )
        return response

    def _prepare_signup_values(self, qcontext):
        """Checks what a resident typed; the message names the entry that is wrong."""
        values = super()._prepare_signup_values(qcontext)
        env = request.env
        if not qcontext.get("token"):
            self._check_signup_rate()
            for key in ("name", "login"):
                values[key] = "".join(c for c in values.get(key) or "" if c.isprintable())
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
        source = self._source()
        if attempts._too_many("signup", source, ATTEMPTS_AN_HOUR):
            raise UserError(self._too_many_message())
        attempts._record("signup", source)

    @staticmethod
    def _source():
        return request.httprequest.remote_addr or "?"

    @staticmethod
    def _too_many_message():
        return request.env._("Too many attempts from this network. Try again in an hour.")

