from urllib.parse import urlsplit

from odoo.http import Controller, request, route

from ..models.ir_http import ELDER_COOKIE

YEAR = 365 * 24 * 3600


class ElderController(Controller):
    """Switches to large type (长辈版) and back; works without a login and without scripts."""

    @route(
        ["/yst/elder/<any(on,off):choice>"],
        type="http",
        auth="public",
        methods=["GET"],
        readonly=True,
        sitemap=False,
    )
    def elder(self, choice, **_kwargs):
        """Remember the choice for a year and go back to the page it was made on."""
        response = request.redirect(self._back(), code=303)
        if choice == "on":
            response.set_cookie(
                ELDER_COOKIE, "1", max_age=YEAR, path="/", samesite="Lax", cookie_type="required"
            )
        else:
            response.set_cookie(ELDER_COOKIE, "", max_age=0, path="/", cookie_type="required")
        response.headers["Cache-Control"] = "no-store"
        return response

    def _back(self):
        """The page on this site that the reader came from, or the start page."""
        came_from = urlsplit(request.httprequest.referrer or "")
        own_host = came_from.netloc == request.httprequest.host
        if not own_host or came_from.path.startswith("/yst/elder"):
            return "/"
        return came_from.path + (f"?{came_from.query}" if came_from.query else "")
