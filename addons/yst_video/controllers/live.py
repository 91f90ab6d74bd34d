import json

from werkzeug.exceptions import BadRequest

from odoo.http import Controller, request, route

MAX_BODY = 10_000


class VideoLiveController(Controller):
    """What the media gateway asks before it lets somebody see a live picture."""

    @route(
        "/yst/video/live/check",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        readonly=True,
        save_session=False,
    )
    def check(self):
        """Whether a viewer may read a path of the gateway.

        Takes the JSON that MediaMTX sends to its ``authHTTPAddress`` (action, path, query) and
        answers 204, or 403.
        """
        http = request.httprequest
        if (http.content_length or 0) > MAX_BODY:
            raise BadRequest()
        try:
            asked = json.loads(http.get_data(cache=False)[:MAX_BODY])
            action, path, query = (str(asked.get(key) or "") for key in ("action", "path", "query"))
        except (ValueError, AttributeError, RecursionError) as error:
            raise BadRequest() from error
        allowed = action == "read" and request.env["yst.video.camera"].sudo()._live_viewer(
            path, query
        )
        return request.make_response("", status=204 if allowed else 403)
