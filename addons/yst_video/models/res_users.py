from odoo import models
from odoo.exceptions import AccessDenied


class ResUsers(models.Model):
    """Accounts of video bridges: their key opens the bridges' interface, and nothing opens them.

    They are of no user type, neither internal nor portal nor public, and hold one group.
    """

    _inherit = "res.users"

    def _is_video_bridge(self):
        """Whether the account is a bridge's and nothing else."""
        self.ensure_one()
        return set(self._get_group_ids()) == {self.env.ref("yst_video.group_video_bridge").id}

    def _check_credentials(self, credential, env):
        """No password, token or second factor logs a bridge's account in.

        :raise AccessDenied: always for such an account, as for a wrong password
        """
        if self.env.user.sudo().has_group("yst_video.group_video_bridge"):
            raise AccessDenied()
        return super()._check_credentials(credential, env)

    def _retire_bridge_account(self):
        """Without a bridge the account has no key and is closed."""
        bridges = self.env["yst.video.bridge"].sudo().with_context(active_test=False)
        used = bridges.search([("user_id", "in", self.ids)]).user_id
        unused = (self - used).filtered(lambda user: user._is_video_bridge())
        bridges._end_keys(unused)
        unused.sudo().active = False
