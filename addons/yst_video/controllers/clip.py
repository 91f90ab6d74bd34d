from werkzeug.exceptions import RequestedRangeNotSatisfiable

from odoo.http import Controller, request, route

from .picture import POLICY


class VideoClip(Controller):
    """The clips of alerts, for those who may see their pictures; each look is written down."""

    @route(
        "/yst/video/clip/<int:clip_id>",
        type="http",
        auth="user",
        methods=["GET"],
        sitemap=False,
    )
    def clip(self, clip_id, download=None, footage=None, **_kwargs):
        """The clip of an alert, in parts as the browser asks for them (``Range``).

        What does not exist and what may not be seen get the same answer.

        :param download: as a file instead of for playing, which is written down as such
        :param footage: id of the approved footage request for which it is looked at
        """
        number = int(footage) if footage and footage.isdecimal() and len(footage) < 10 else None
        clip, why, note = request.env["yst.video.picture"]._clip(clip_id, number)
        film = clip and clip._film()
        if not film:
            raise request.not_found()
        request.env["yst.video.view.log"]._look(
            clip.camera_id, "clip_copy" if download else "clip", why, note, record=clip
        )
        stream = film._to_http_stream()
        stream.download_name = f"clip-{clip.id}.mp4"
        stream.last_modified = None  # the ETag says enough
        try:
            response = stream.get_response(
                as_attachment=bool(download), content_security_policy=POLICY
            )
        except RequestedRangeNotSatisfiable:
            return request.make_response(
                "", headers={"Content-Range": f"bytes */{clip.size}"}, status=416
            )
        response.headers["Accept-Ranges"] = "bytes"
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response
