import urllib.parse

from odoo import http
from odoo.fields import Domain
from odoo.http import content_disposition, request
from odoo.tools import str2bool

from odoo.addons.website.controllers.main import Website
from odoo.addons.yst_base import qr

from .. import catalogue, search
from ..rules import OPEN_STATES
from .portal_case import own_cases

PAGE_SIZE = 30
SUGGESTIONS = 8
# A day; what changes gets a new address (version, material).
CACHE = "private, max-age=86400"


class ServiceHome(Website):
    @http.route()
    def index(self, **kw):
        """The residents' start page, unless the office has set another home page."""
        other = request.website._get_cached("homepage_url")
        if other and other != "/":
            return super().index(**kw)
        items = request.env["yst.service.item"]
        values = {
            "categories": self._categories(),
            "life_events": request.env["yst.life.event"].sudo().search([]),
            "popular": items._popular(8),
            "cases": self._open_cases(),
            "main_object": request.website,
        }
        return request.render("yst_service.home", values)

    @staticmethod
    def _categories():
        return request.env["yst.service.category"].sudo().search([])

    @staticmethod
    def _open_cases():
        """The reader's own applications that are not over yet, at most three."""
        cases = request.env["yst.service.case"].sudo()
        if request.env.user._is_public():
            return cases
        open_now = Domain("state", "in", ("draft", *OPEN_STATES))
        return cases.search(own_cases() & open_now, order="id DESC", limit=3)


class ServiceGuide(http.Controller):
    """The public catalogue (办事指南): no login needed."""

    @http.route(
        ["/services", "/services/page/<int:page>"],
        type="http",
        auth="public",
        website=True,
        sitemap=True,
        readonly=True,
        list_as_website_content="Services",
    )
    def services(self, q="", category="", event="", page=1, **kw):
        items = request.env["yst.service.item"]
        categories = request.env["yst.service.category"].sudo().search([])
        events = request.env["yst.life.event"].sudo().search([])
        query = q.strip()[: search.MAX_QUERY]
        chosen = categories.filtered(lambda one: one.code == category)
        happened = events.filtered(lambda one: str(one.id) == event)
        found = items._search_public(query, category=chosen, life_event=happened)
        asked = {"q": query, "category": chosen.code, "event": happened.id}
        pager = request.website.pager(
            url="/services",
            total=len(found),
            page=page,
            step=PAGE_SIZE,
            url_args={key: value for key, value in asked.items() if value},
        )
        values = {
            "query": query,
            "categories": categories,
            "life_events": events,
            "category": chosen,
            "life_event": happened,
            "total": len(found),
            "items": found[pager["offset"] : pager["offset"] + PAGE_SIZE],
            "pager": pager,
            "popular": items._popular(6) if not found else items.sudo(),
            "list_url": lambda **change: self._list_url({**asked, **change}),
        }
        return request.render("yst_service.service_list", values)

    @staticmethod
    def _list_url(asked):
        args = urllib.parse.urlencode({key: value for key, value in asked.items() if value})
        return f"/services?{args}" if args else "/services"

    @http.route("/services/suggest", type="jsonrpc", auth="public", website=True, readonly=True)
    def suggest(self, q=""):
        """What the search box shows while the resident types."""
        if not isinstance(q, str):
            return []
        found = request.env["yst.service.item"]._search_public(q, limit=SUGGESTIONS)
        return [
            {"name": item.name, "url": item._public_url(), "category": item.category_id.name}
            for item in found
        ]

    def _sitemap_items(env, rule, qs):  # noqa: N805 (Odoo calls it as a function)
        for item in env["yst.service.item"].sudo().search([("published", "=", True)]):
            url = item._public_url()
            if not qs or qs.lower() in url.lower():
                yield {"loc": url}

    @http.route(
        "/services/<string:code>",
        type="http",
        auth="public",
        website=True,
        sitemap=_sitemap_items,
        readonly=True,
    )
    def guide(self, code, **kw):
        item = self._item(code)
        if not item:
            return self._unknown(code)
        if code != item.code:
            return request.redirect(item._public_url(), code=301)
        return request.render("yst_service.guide", self._values(item, item.current_version_id))

    @http.route(
        "/services/<string:code>/version/<int:number>",
        type="http",
        auth="public",
        website=True,
        sitemap=False,
        readonly=True,
    )
    def guide_version(self, code, number, **kw):
        """An earlier version of a guide, as applications made under it refer to it."""
        version = self._version(code, number)
        if not version:
            return self._unknown(code)
        return request.render("yst_service.guide", self._values(version.item_id, version))

    @http.route(
        "/services/<string:code>/print",
        type="http",
        auth="public",
        website=True,
        sitemap=False,
        readonly=True,
    )
    def guide_print(self, code, version="", **kw):
        """The guide on A4 paper, without the site around it."""
        item = self._item(code)
        if version.isdecimal():
            edition = self._version(code, int(version))
        else:
            edition = item and item.current_version_id
        if not edition:
            return self._unknown(code)
        return request.render(
            "yst_service.guide_print", self._values(edition.item_id, edition)
        )

    @http.route(
        "/services/<string:code>/qr.png",
        type="http",
        auth="public",
        website=True,
        sitemap=False,
        readonly=True,
    )
    def guide_qr(self, code, **kw):
        """The guide's address as a QR code, to go on with it on the phone."""
        item = self._item(code)
        if not item:
            raise request.not_found()
        image = qr.make(self._absolute_url(item))
        headers = [("Content-Type", "image/png"), ("Cache-Control", CACHE)]
        return request.make_response(image, headers)

    @http.route(
        "/services/<string:code>/form/<int:material_id>",
        type="http",
        auth="public",
        website=True,
        sitemap=False,
    )
    def blank_form(self, code, material_id, **kw):
        """The blank form for a material: the office's own file, else the generated PDF."""
        material = self._material(code, material_id)
        if not material or not material.template:
            raise request.not_found()
        name, data, mimetype = material._blank_form()
        return self._file(data, mimetype, name)

    @http.route(
        "/services/<string:code>/sample/<int:material_id>",
        type="http",
        auth="public",
        website=True,
        sitemap=False,
        readonly=True,
    )
    def sample_image(self, code, material_id, **kw):
        """The picture that shows how a material should look."""
        material = self._material(code, material_id)
        if not material or not material.sample_image:
            raise request.not_found()
        stream = request.env["ir.binary"]._get_image_stream_from(material, "sample_image")
        response = stream.get_response(content_security_policy="default-src 'none'")
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    # Helpers

    @staticmethod
    def _item(code):
        """The published item of a code, whatever its case; sudo, or empty."""
        items = request.env["yst.service.item"].sudo()
        return items.search([("code", "=", code.upper()), ("published", "=", True)], limit=1)

    @staticmethod
    def _version(code, number):
        """A version that is or was published; sudo, or empty."""
        versions = request.env["yst.service.item.version"].sudo()
        return versions.search(
            [
                ("item_id.code", "=", code.upper()),
                ("item_id.active", "in", (True, False)),
                ("number", "=", number),
                ("state", "!=", "draft"),
            ],
            limit=1,
        )

    @staticmethod
    def _material(code, material_id):
        """A material of the item's published or an earlier version, for managers also of the
        draft; sudo, or empty."""
        material = request.env["yst.service.material"].sudo().browse(material_id).exists()
        version = material.version_id
        manager = request.env.user.has_group("yst_service.group_service_manager")
        hidden = version.state == "draft" and not manager
        return material.browse() if hidden or version.code != code.upper() else material

    def _values(self, item, version):
        return {
            "item": item,
            "version": version,
            "contact": version._contact(),
            "lines": catalogue.lines,
            "is_current": version == item.current_version_id,
            "guide_url": self._absolute_url(item),
            "main_object": item,
        }

    @staticmethod
    def _absolute_url(item):
        return request.website.get_base_url().rstrip("/") + item._public_url()

    @staticmethod
    def _unknown(code):
        """A page that helps on when there is no such item."""
        items = request.env["yst.service.item"]
        values = {"code": code[:20], "popular": items._popular(6)}
        return request.render("yst_service.guide_unknown", values, status=404)

    @staticmethod
    def _file(data, mimetype, name):
        inline = mimetype == "application/pdf" and str2bool(
            request.params.get("inline", "0"), default=False
        )
        kind = "inline" if inline else "attachment"
        headers = [
            ("Content-Type", mimetype),
            ("Content-Length", str(len(data))),
            ("Content-Disposition", content_disposition(name, kind)),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", CACHE),
        ]
        return request.make_response(data, headers)
