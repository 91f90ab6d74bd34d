from odoo import models
from odoo.exceptions import AccessDenied

from .. import identity


class ResUsers(models.Model):
    """Logins, good and bad, are written to the audit log."""

    _inherit = "res.users"

    def _update_last_login(self):
        super()._update_last_login()
        self.env["yst.audit.log"].sudo()._log("login", self)

    def _login(self, credential, user_agent_env):
        try:
            return super()._login(credential, user_agent_env)
        except AccessDenied as error:
            if error.args == AccessDenied().args:  # not again while the source is locked out
                self._log_refused_login(identity.mask_login(str(credential.get("login") or "")))
            raise

    def _log_refused_login(self, login):
        # the caller's transaction is about to be rolled back
        with self.env.registry.cursor() as cr:
            self.with_env(self.env(cr=cr)).env["yst.audit.log"].sudo()._log(
                "login_failed", detail=login
            )
