import base64
import logging
import re
from urllib.parse import parse_qsl, unquote, urlsplit

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError
from odoo.tools import file_open
from odoo.tools.image import image_process
from odoo.tools.mimetypes import guess_mimetype

from odoo.addons.base.models.report_paperformat import PAPER_SIZES

from .. import pdf_engine, qr

_logger = logging.getLogger(__name__)

# Formats with "CSS margins" leave these to the style sheet (report.scss); mm
CSS_MARGIN = 11
MAX_FILE = 30 * 1024 * 1024
_STATIC = re.compile(
    r"/(?P<path>\w+/static/[^?#]+\.(?P<kind>css|png|jpe?g|gif|svg|webp|woff2?|ttf))"
)
_MIMETYPES = {
    "css": "text/css",
    "svg": "image/svg+xml",
    "jpg": "image/jpeg",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "ttf": "font/ttf",
}
_IMAGE = re.compile(
    r"/web/(?:image|content)/"
    r"(?:(?P<id>\d+)|(?P<model>[a-z0-9_.]+)/(?P<res_id>\d+)/(?P<field>\w+)"
    r"|(?P<xmlid>[a-z0-9_]+\.[\w.]+)(?:/(?P<xfield>[a-z]\w*))?)"
    r"(?:-\w+)?(?:/(?P<width>\d+)x(?P<height>\d+))?(?:/[^/]*)?"
)


class IrActionsReport(models.Model):
    """Every qweb-pdf report is laid out by WeasyPrint, inside this process.

    Pictures and style sheets come from the database and the addons' static folders under the
    reader's own rights; no HTTP request is made and no other host is asked.
    """

    _inherit = "ir.actions.report"

    @api.model
    def get_wkhtmltopdf_state(self):
        """The engine is a library: once the server runs, it is there."""
        return "ok"

    @api.model
    def _run_wkhtmltopdf(
        self,
        bodies,
        report_ref=False,
        header=None,
        footer=None,
        landscape=False,
        specific_paperformat_args=None,
        set_viewport_size=False,
    ):
        report = self._get_report(report_ref) if report_ref else self
        try:
            return pdf_engine.render(
                list(bodies),
                self._pdf_page(report.get_paperformat(), landscape, specific_paperformat_args),
                self._pdf_fetch,
                base_url=self._get_report_url(),
                header=header,
                footer=footer,
                lang=self.env.lang or "zh_CN",
            )
        except UserError:
            raise
        except Exception as error:
            _logger.exception("PDF of %s failed", report.report_name or "a report")
            raise UserError(
                self.env._("The document could not be made into a PDF: %s", error)
            ) from error

    @api.model
    def _pdf_page(self, paperformat, landscape=False, overrides=None):
        """Paper and margins (mm) of a report.paperformat and of what the report itself says."""
        overrides = overrides or {}
        sizes = {size["key"]: (size["width"], size["height"]) for size in PAPER_SIZES[:-1]}
        width, height = sizes.get(paperformat.format, sizes["A4"])
        if paperformat.format == "custom" and paperformat.page_width and paperformat.page_height:
            width, height = paperformat.page_width, paperformat.page_height
        wide = landscape or overrides.get("data-report-landscape")
        if wide or paperformat.orientation == "Landscape":
            width, height = max(width, height), min(width, height)

        def margin(key, value):
            return float(overrides.get(f"data-report-{key}", value))

        top = margin("margin-top", paperformat.margin_top)
        spacing = margin("header-spacing", paperformat.header_spacing)
        inner = CSS_MARGIN if paperformat.css_margins else 0
        return pdf_engine.Page(
            width=width,
            height=height,
            top=top,
            bottom=margin("margin-bottom", paperformat.margin_bottom),
            left=paperformat.margin_left + inner,
            right=paperformat.margin_right + inner,
            head=max(0.0, top - spacing) + inner,
        )

    @api.model
    def barcode(self, barcode_type, value, **kwargs):
        """QR codes by the suite's own maker; the other kinds as before."""
        if barcode_type != "QR" or kwargs.get("mask"):
            return super().barcode(barcode_type, value, **kwargs)
        width, height = int(kwargs.get("width", 200)), int(kwargs.get("height", 200))
        if not 0 < width * height <= 1_200_000:
            raise ValueError("Barcode too large")
        border = int(kwargs.get("barBorder", 4))
        if str(kwargs.get("quiet", "1")) in ("0", "False"):
            border = 0
        return qr.make(value, border=border, size=min(width, height))

    # ------------------------------------------------------------------ what a page refers to
    @api.model
    def _pdf_fetch(self, url):
        """(bytes, mimetype) of an address of this server, without asking it over HTTP.

        :raises pdf_engine.Refused: not ours, not known, or not for this user
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.netloc not in self._pdf_own_hosts():
            raise pdf_engine.Refused(f"not of this server: {url[:200]}")
        path = unquote(parts.path)
        if ".." in path.split("/") or "\\" in path or "\0" in path:
            raise pdf_engine.Refused(f"path: {url[:200]}")
        query = dict(parse_qsl(parts.query))
        for resolve in (
            self._pdf_fetch_bundle,
            self._pdf_fetch_static,
            self._pdf_fetch_evidence,
            self._pdf_fetch_barcode,
            self._pdf_fetch_logo,
            self._pdf_fetch_field,
        ):
            found = resolve(path, query)
            if found:
                content, mimetype = found
                if len(content) > MAX_FILE:
                    raise pdf_engine.Refused(f"too large: {url[:200]}")
                return content, mimetype or guess_mimetype(content)
        raise pdf_engine.Refused(f"unknown: {url[:200]}")

    def _pdf_own_hosts(self):
        parameters = self.env["ir.config_parameter"].sudo()
        urls = (self._get_report_url(), parameters.get_param("web.base.url"))
        return {urlsplit(url).netloc for url in urls if url}

    def _pdf_fetch_bundle(self, path, query):
        match = re.fullmatch(r"/web/assets/(?:\w+/)*?(?P<name>[\w.]+\.css)", path)
        if not match:
            return None
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("url", "=", path),
                    ("public", "=", True),
                    ("res_model", "=", "ir.ui.view"),
                    ("res_id", "=", 0),
                    ("create_uid", "=", SUPERUSER_ID),
                ],
                limit=1,
            )
        )
        if not attachment:
            debug = "/debug/" in path
            bundle, rtl, kind, autoprefix = self.env["ir.asset"]._parse_bundle_name(
                match["name"], debug
            )
            made = self.env["ir.qweb"]._get_asset_bundle(
                bundle, css=kind == "css", js=False, rtl=rtl, autoprefix=autoprefix
            )
            attachment = made.css() if kind == "css" and made.stylesheets else attachment
        return (attachment.sudo().raw, "text/css") if attachment else None

    def _pdf_fetch_static(self, path, query):
        match = _STATIC.fullmatch(path)
        if not match:
            return None
        try:
            with file_open(match["path"], "rb") as file:
                return file.read(), _MIMETYPES.get(match["kind"])
        except (OSError, ValueError) as error:
            raise pdf_engine.Refused(str(error)) from error

    def _pdf_fetch_evidence(self, path, query):
        match = re.fullmatch(r"/yst/evidence/(\d+)(/thumb)?", path)
        if not match:
            return None
        evidence = self.env["yst.evidence"].browse(int(match[1])).exists()
        evidence.check_access("read")
        if not evidence.mimetype.startswith("image/"):
            return None
        field = "thumbnail" if match[2] else "content"
        return evidence._attachment(field).raw, "image/jpeg"

    def _pdf_fetch_barcode(self, path, query):
        match = re.fullmatch(r"/report/barcode(?:/(\w+)/(.+))?/?", path)
        if not match:
            return None
        kind = match[1] or query.pop("barcode_type", None)
        value = match[2] or query.pop("value", "")
        known = ("width", "height", "humanreadable", "quiet", "mask", "barBorder", "barLevel")
        options = {key: query[key] for key in known if key in query}
        return self.barcode(kind, value, **options), "image/png"

    def _pdf_fetch_logo(self, path, query):
        if path not in ("/logo", "/logo.png", "/web/binary/company_logo"):
            return None
        logo = self.env.company.sudo().logo_web
        if logo:
            return base64.b64decode(logo), None
        with file_open("web/static/img/nologo.png", "rb") as file:
            return file.read(), "image/png"

    def _pdf_fetch_field(self, path, query):
        """``/web/image`` and ``/web/content`` in the forms that reports use."""
        match = _IMAGE.fullmatch(path)
        if match:
            names = match.groupdict()
            if names["xmlid"]:
                source = {"xmlid": names["xmlid"]}
            elif names["model"]:
                source = {"res_model": names["model"], "res_id": int(names["res_id"])}
            else:
                source = {"res_id": int(names["id"])}
            field = names["field"] or names["xfield"] or "raw"
            width, height = int(names["width"] or 0), int(names["height"] or 0)
        elif path in ("/web/image", "/web/content") and query.get("id", "").isdigit():
            source = {
                "res_model": query.get("model", "ir.attachment"),
                "res_id": int(query["id"]),
            }
            field = query.get("field", "raw")
            width, height = (int(query.get(k) or 0) for k in ("width", "height"))
        else:
            return None
        # the same checks as of the server's own routes, which need an HTTP request
        record = self.env["ir.binary"]._find_record(
            **source, access_token=query.get("access_token"), field=field
        )
        content = self._pdf_read(record, field)
        if width or height:
            content = image_process(content, size=(min(width, 4000), min(height, 4000)))
        return content, None

    @api.model
    def _pdf_read(self, record, name):
        """Content of a binary field, for those who may read it."""
        if record._name == "ir.attachment" and name in ("raw", "datas"):
            content = record.raw if record.type == "binary" else b""
        else:
            field = record._fields.get(name)
            if field is None or field.type != "binary":
                raise pdf_engine.Refused(f"no file in {name}")
            record._check_field_access(field, "read")
            content = base64.b64decode(record.with_context(bin_size=False)[name] or b"")
        if not content:
            raise pdf_engine.Refused("empty, or on another host")
        return content
