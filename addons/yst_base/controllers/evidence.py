import hmac

from odoo.http import Controller, request, route

# Never let a browser make a page, a script or a plugin out of what somebody uploaded.
POLICY = "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"


class EvidenceController(Controller):
    """Serves evidence to whoever may read the record that it belongs to."""

    @route(
        ["/yst/evidence/<int:evidence_id>", "/yst/evidence/<int:evidence_id>/<string:part>"],
        type="http",
        auth="public",
        methods=["GET"],
        readonly=True,
        sitemap=False,
    )
    def evidence(self, evidence_id, part=None, access_token=None, download=None, **_kwargs):
        """The file, or its thumbnail under ``/thumb``.

        What does not exist and what may not be seen get the same answer.
        """
        evidence = request.env["yst.evidence"].sudo().browse(evidence_id).exists()
        if part not in (None, "thumb") or not evidence or not self._may(evidence, access_token):
            raise request.not_found()
        field = "content"
        if part == "thumb":
            if not evidence.mimetype.startswith("image/"):
                raise request.not_found()
            field = "thumbnail"
        stream = request.env["ir.binary"].sudo()._get_stream_from(
            evidence, field, filename=evidence.name, mimetype=self._mimetype(evidence, part)
        )
        stream.etag = f"{evidence.sha256}-{field}"
        stream.public = False
        # A PDF is downloaded: under the sandbox no browser would show it, and the backend has
        # its own viewer. A page that asks for its thumbnail again need not be sent it again.
        as_attachment = bool(download) or evidence.kind == "document"
        response = stream.get_response(
            as_attachment=as_attachment,
            immutable=False,
            content_security_policy=POLICY,
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response

    def _mimetype(self, evidence, part):
        return "image/jpeg" if part == "thumb" else evidence.mimetype

    def _may(self, evidence, access_token):
        if evidence.res_model not in evidence._evidence_models():
            return False
        owner = request.env[evidence.res_model].browse(evidence.res_id)
        if not owner.sudo().exists():
            return False
        token = owner.sudo()._evidence_token()
        if access_token and token and hmac.compare_digest(access_token.encode(), token.encode()):
            return True
        return bool(owner._evidence_readable())
