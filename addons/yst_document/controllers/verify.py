import threading

from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.http import content_disposition, request

from .. import scan
from ..rate import Rate

# a village shares one address; decoding costs more than looking up
look_rate = Rate(60, 60)
scan_rate = Rate(10, 60)
_decoding = threading.BoundedSemaphore(2)
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


class DocumentVerify(http.Controller):
    """Public: whether a paper that bears our code is genuine and in force (公文验证)."""

    @http.route(
        ["/yst/document/verify", "/yst/document/verify/<string:token>"],
        type="http", auth="public", website=True, sitemap=False, methods=["GET"], readonly=True,
    )
    def verify(self, token="", **kw):
        """The page of a token, and the form that takes a scan."""
        if not self._allowed(look_rate):
            return self._page({"problem": "often"}, 429)
        if not token:
            return self._page({})
        document = request.env["yst.document"]._by_verify_token(token)
        if not document:
            return self._page({"problem": "unknown"}, 404)
        return self._page({"facts": document._public_facts()})

    @http.route(
        "/yst/document/verify/scan",
        type="http", auth="public", website=True, sitemap=False, methods=["POST"],
    )
    def scan(self, paper=None, **kw):
        """A photo, a scan or the PDF itself: its code is read, the file is not kept."""
        if not self._allowed(scan_rate) or not _decoding.acquire(timeout=5):
            return self._page({"problem": "often"}, 429)
        try:
            return self._scanned(paper)
        finally:
            _decoding.release()

    def _scanned(self, paper):
        documents = request.env["yst.document"]
        data = paper.read(scan.MAX_BYTES + 1) if hasattr(paper, "read") else b""
        document = documents._by_pdf(data) if data else documents
        if document:
            return self._page({"facts": document._public_facts(), "same_file": True})
        try:
            texts = scan.codes(data)
        except scan.ScanError as error:
            return self._page({"problem": error.code}, 400)
        tokens = [token for text in texts if (token := documents._token_in(text))]
        for token in tokens[:5]:
            document = documents._by_verify_token(token)
            if document:
                # an issued PDF that is not the frozen one, byte for byte, has been changed
                changed = data[:5] == b"%PDF-" and not document._public_facts()["internal"]
                return self._page({"facts": document._public_facts(), "compare": changed})
        problem = "unknown" if tokens else "foreign" if texts else "no_code"
        return self._page({"problem": problem}, 404)

    @http.route("/yst/document/<int:document_id>/paper.pdf", type="http", auth="user")
    def paper(self, document_id, **kw):
        """The PDF for those who may read the document: a sample until it is printed."""
        try:
            document = request.env["yst.document"].browse(document_id)
            document.check_access("read")
            if not document.exists():
                raise request.not_found()
        except (AccessError, MissingError) as error:
            raise request.not_found() from error
        if document.issued_pdf_id:
            pdf = document.issued_pdf_id.sudo().raw
        else:
            pdf = document._sample_pdf()
        name = f"{(document.number or document.name)[:100]}.pdf"
        return request.make_response(pdf, [
            ("Content-Type", "application/pdf"),
            ("Content-Length", str(len(pdf))),
            ("Content-Disposition", content_disposition(name, "inline")),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "private, no-store"),
        ])

    @staticmethod
    def _allowed(rate):
        return rate.allows(request.httprequest.remote_addr or "")

    @staticmethod
    def _page(values, status=200):
        values = {"facts": None, "problem": None, "same_file": False, "compare": False, **values}
        response = request.render("yst_document.verify", values, status=status)
        response.headers.update(_HEADERS)
        return response
