from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.http import request
from odoo.tools.misc import hash_sign, verify_hash_signed

SCOPE = "yst_video.live"
#: A ticket opens the picture for so long; who goes on looking is let in before it ends.
TICKET = timedelta(minutes=30)
MAX_TICKET = 500


def _own_host():
    """The name by which the browser reached this server, without the port."""
    host = urlsplit(f"//{request.httprequest.host}").hostname if request else None
    host = host or "localhost"
    return f"[{host}]" if ":" in host else host


class VideoCamera(models.Model):
    """Who may see the live picture (实时画面): the media gateway asks, ticket in hand.

    The gateway carries the picture, the server decides. A viewer's address holds a ticket that
    names user and camera and is signed with the database's secret; the gateway shows it to
    ``/yst/video/live/check`` whenever somebody wants to read.
    """

    _inherit = "yst.video.camera"

    @api.constrains("gateway_path", "gb_code")
    def _check_gateway_path(self):
        """One path, one camera: a ticket for a camera's live picture opens no other's."""
        paths = {}
        for camera in self.sudo():
            paths.setdefault(camera._live_path(), camera)
        others = self.sudo().with_context(active_test=False).search_fetch(
            ["|", ("gateway_path", "in", list(paths)), ("gb_code", "in", list(paths))],
            ["gateway_path", "gb_code"],
        )
        for other in others:
            for path in {other.gateway_path, other.gb_code} & paths.keys():
                if paths[path] != other:
                    raise ValidationError(
                        self.env._("Another camera already has this path at the gateway: %s", path)
                    )

    def _live_path(self):
        """The camera's path at the gateway."""
        self.ensure_one()
        return self.gateway_path or self.gb_code or ""

    def _live_address(self):
        """Address of the live picture with the user's ticket, False without a gateway.

        ``{host}`` in the setting is the name of this server as the browser knows it: a gateway
        beside the server is found from this machine and from a phone. The caller has asked for
        the purpose and writes down who looks.
        """
        self.ensure_one()
        address = self.sudo().live_url
        if not address:
            return False
        if "{host}" in address:
            address = address.replace("{host}", _own_host())
        ticket = hash_sign(
            self.sudo().env, SCOPE, [self.id, self.env.uid], expiration=TICKET
        )
        join = "&" if "?" in address else "?"
        return f"{address}{join}{urlencode({'ticket': ticket})}"

    @api.model
    def _live_viewer(self, path, query):
        """Who may read a path of the gateway with a query: the user, or an empty recordset.

        The user has to be an operator still, and to see the camera still.

        :param str path: as the gateway names it
        :param str query: what followed the question mark of the viewer's address
        """
        nobody = self.env["res.users"]
        ticket = (parse_qs(query or "").get("ticket") or [""])[0]
        if not ticket or len(ticket) > MAX_TICKET:
            return nobody
        try:
            camera_id, user_id = verify_hash_signed(self.sudo().env, SCOPE, ticket) or (0, 0)
        except (ValueError, TypeError, IndexError):
            return nobody
        user = nobody.sudo().browse(user_id).exists() if user_id else nobody
        if not user.active or not user.has_group("yst_video.group_video_operator"):
            return nobody
        camera = self.with_user(user).search([("id", "=", camera_id), ("state", "=", "active")])
        if not camera or camera.sudo()._live_path() != (path or "").strip("/"):
            return nobody
        return user
