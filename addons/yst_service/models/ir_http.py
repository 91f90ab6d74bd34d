import urllib.parse

from werkzeug.exceptions import HTTPException

from odoo import models
from odoo.http import request


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _match(cls, path_info):
        """No address holds a NUL character, which the database cannot even compare."""
        if "\0" in path_info:
            response = request.make_response("404 Not Found", status=404)
            raise HTTPException(response=response)
        return super()._match(path_info)

    @classmethod
    def _auth_method_yst_resident(cls):
        """Whoever is logged in; the others are told so in the form they asked in.

        A script gets a structured 401, so that it can keep what was typed and offer the
        way to the login page; a browser is sent to the login page and comes back to the
        page it was on (never to the address of a POST, which would answer nothing).
        """
        if request.env.uid not in [None, *cls._get_public_users()]:
            return
        cls._auth_method_public()
        request.update_context(lang=cls._yst_language())
        back = cls._yst_page_of_request()
        login = "/web/login?" + urllib.parse.urlencode({"redirect": back})
        if cls._yst_wants_json():
            response = request.make_json_response(
                {
                    "error": {
                        "code": "session_expired",
                        "message": request.env._(
                            "You have been logged out. What you typed is kept on this device:"
                            " log in again and go on where you stopped."
                        ),
                        "field": None,
                        "login_url": login,
                    }
                },
                status=401,
            )
        else:
            response = request.redirect(login)
        response.headers["Cache-Control"] = "no-store"
        raise HTTPException(response=response)

    @classmethod
    def _get_translation_frontend_modules_name(cls):
        """The scripts of the resident's pages speak the reader's language."""
        return super()._get_translation_frontend_modules_name() + ["yst_service"]

    @classmethod
    def _yst_wants_json(cls):
        """Whether the request was made by a script of ours."""
        return "application/json" in request.httprequest.headers.get("Accept", "")

    @classmethod
    def _yst_page_of_request(cls):
        """The page the reader was on, as a path on this host."""
        asked = request.httprequest
        if asked.method in ("GET", "HEAD"):
            return asked.full_path.rstrip("?")
        came_from = urllib.parse.urlsplit(asked.headers.get("Referer", ""))
        if came_from.netloc == asked.host and came_from.path.startswith("/my"):
            return came_from.path + (f"?{came_from.query}" if came_from.query else "")
        return "/my"

    @classmethod
    def _yst_language(cls):
        """The language of a page that is no website page (our JSON answers)."""
        installed = [code for code, _name in request.env["res.lang"].get_installed()]
        asked = request.cookies.get("frontend_lang", "")
        if asked in installed:
            return asked
        return request.env.context.get("lang") or request.env.user.lang or "en_US"
