import re

from odoo import models
from odoo.http import request

from ..api_error import ApiError

BEARER = re.compile(r"bearer\s+(\S+)\s*", re.IGNORECASE)


class IrHttp(models.AbstractModel):
    """The bridges' interface is opened by a bridge's key and by nothing else."""

    _inherit = "ir.http"

    @classmethod
    def _auth_method_yst_video(cls):
        """``auth="yst_video"``: the account of the bearer key; a session counts for nothing.

        :raise ApiError: 401 without a bridge's key, 429 after too many wrong ones
        """
        request.session.can_save = False
        keys = request.env["res.users.apikeys"]
        match = BEARER.fullmatch(request.httprequest.headers.get("Authorization", ""))
        user_id = keys._bridge_user(match[1]) if match else None
        if user_id:
            request.update_env(user=user_id)
            if request.env.user._is_video_bridge():  # and nothing else besides
                return
            cls._auth_method_none()
        wait = match and keys._bridge_wrong_key(request.httprequest.remote_addr)
        if wait:
            raise ApiError(
                429, "too_many", "too many wrong keys", [("Retry-After", str(wait))]
            )
        raise ApiError(
            401,
            "unauthorized",
            "a key of a video bridge is needed",
            [("WWW-Authenticate", 'Bearer realm="yst_video"')],
        )
