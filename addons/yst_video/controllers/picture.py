from odoo import fields
from odoo.http import Controller, content_disposition, request, route

from . import purpose as given

POLICY = "sandbox; default-src 'none'"


class VideoPicture(Controller):
    """Pictures of cameras, for those who may see them; each look is written down first.

    What does not exist and what may not be seen get the same answer.
    """

    @route(
        "/yst/video/snapshot/<int:snapshot_id>",
        type="http",
        auth="user",
        methods=["GET"],
        sitemap=False,
    )
    def snapshot(self, snapshot_id, size=None, footage=None, **_kwargs):
        """A picture of an alert.

        :param size: width of a small one, see ``yst.video.picture``
        :param footage: id of the approved footage request for which it is looked at
        """
        pictures = request.env["yst.video.picture"]
        number = int(footage) if footage and footage.isdecimal() and len(footage) < 10 else None
        snapshot, why, note = pictures._snapshot(snapshot_id, number)
        data = snapshot and pictures._snapshot_bytes(snapshot)
        if not data:
            raise request.not_found()
        request.env["yst.video.view.log"]._look(
            snapshot.camera_id, "snapshot", why, note, record=snapshot
        )
        return self._answer(data, size)

    @route(
        "/yst/video/still/<int:camera_id>",
        type="http",
        auth="user",
        methods=["GET"],
        sitemap=False,
    )
    def still(self, camera_id, size=None, purpose=None, wall=None, **_kwargs):
        """The camera's latest picture; the header ``X-Age`` holds its age in seconds.

        :param purpose: why, for pages that know (``maintenance``, ``order``, …); otherwise the
            purpose given in this session counts. Without any the answer is 403.
        :param wall: asked for by a tile of the wall
        """
        camera = request.env["yst.video.camera"].browse(camera_id).exists()
        camera = camera and camera._filtered_access("read")
        data, taken_at = request.env["yst.video.picture"]._still(camera) if camera else (None, None)
        if not data:
            raise request.not_found()
        code, note = (purpose, None) if purpose in given.CODES - {"other"} else (
            given.current() or (None, None)
        )
        if not code:
            return request.make_response("purpose", status=403)
        request.env["yst.video.view.log"]._look(camera, "wall" if wall else "still", code, note)
        response = self._answer(data, size)
        response.headers["X-Age"] = str(
            max(0, round((fields.Datetime.now() - taken_at).total_seconds()))
        )
        return response

    @route(
        "/yst/video/footage/<int:evidence_id>",
        type="http",
        auth="user",
        methods=["GET"],
        sitemap=False,
    )
    def footage(self, evidence_id, **_kwargs):
        """A file of a footage request, as a download. The only way to it: see the model."""
        evidence = request.env["yst.evidence"].sudo().browse(evidence_id).exists()
        if not evidence or evidence.res_model != "yst.video.footage.request":
            raise request.not_found()
        owner = request.env["yst.video.footage.request"].browse(evidence.res_id)
        if not owner._filtered_access("read"):
            raise request.not_found()
        if evidence in owner.sudo().file_ids:
            request.env["yst.video.view.log"]._look(
                owner.sudo().camera_ids, "footage", "footage", owner.number, record=evidence
            )
        data = evidence._content()
        return request.make_response(
            data,
            headers={
                "Content-Type": evidence.mimetype,
                "Content-Disposition": content_disposition(evidence.name),
                "Cache-Control": "private, no-store",
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": POLICY,
                "Cross-Origin-Resource-Policy": "same-origin",
            },
        )

    def _answer(self, data, size):
        pictures = request.env["yst.video.picture"]
        etag = pictures._etag(data, size)
        headers = {
            "Content-Type": "image/jpeg",
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": POLICY,
            "Cross-Origin-Resource-Policy": "same-origin",
            "ETag": f'"{etag}"',
        }
        asked = request.httprequest.if_none_match
        if asked.contains(etag):
            return request.make_response("", headers=headers, status=304)
        return request.make_response(pictures._made_small(data, size), headers=headers)
