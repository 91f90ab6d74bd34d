from odoo.exceptions import AccessError, UserError
from odoo.http import Controller, request, route

from ..models.yst_video_view_log import PURPOSES
from . import purpose as given

OPERATOR = "yst_video.group_video_operator"


class VideoWallController(Controller):
    """What the wall and the live view ask. Only for operators; a purpose is asked first."""

    @route("/yst/video/purpose", type="jsonrpc", auth="user")
    def purpose(self, code=None, note=None):
        """Give the purpose, or ask whether one was given.

        :return: {"given": code or None, "note", "choices": [[code, label]]}
        """
        if code:
            try:
                found = given.give(code, note)
            except ValueError as error:
                raise UserError(
                    request.env._("Say in words why you look at the pictures.")
                ) from error
        else:
            found = given.current()
        field = request.env["yst.video.view.log"]._fields["purpose"]
        labels = dict(field._description_selection(request.env))
        return {
            "given": found and found[0],
            "note": found and found[1],
            "choices": [[key, labels[key]] for key, _label in PURPOSES],
        }

    @route("/yst/video/wall/cameras", type="jsonrpc", auth="user", readonly=True)
    def cameras(self):
        """All cameras of the user and the filters; no pictures, so no purpose is needed."""
        self._check()
        return request.env["yst.video.wall"]._cameras()

    @route("/yst/video/wall/tiles", type="jsonrpc", auth="user")
    def tiles(self, ids):
        """State and age of the tiles shown, which counts as looking at them.

        :param list ids: of cameras, at most as many as a wall has tiles
        :return: {"tiles": […]}, or {"purpose": None} when the purpose has to be given first
        """
        self._check()
        purpose = given.current()
        if not purpose:
            return {"purpose": None, "tiles": []}
        cameras, tiles = request.env["yst.video.wall"]._tiles(ids)
        shown = {tile["id"] for tile in tiles if tile["at"]}
        request.env["yst.video.view.log"]._look(
            cameras.filtered(lambda camera: camera.id in shown), "wall", *purpose
        )
        return {"purpose": purpose[0], "tiles": tiles}

    @route("/yst/video/live", type="jsonrpc", auth="user")
    def live(self, camera_id):
        """Where the live picture of a camera is, for the media gateway's player.

        :return: {"purpose": None} when it has to be given first; else {"url", "kind": whep, hls
            or None, "codec" that the camera sends or None, "problem"}
        """
        self._check()
        purpose = given.current()
        if not purpose:
            return {"purpose": None}
        camera = request.env["yst.video.camera"].browse(camera_id).exists()
        camera.check_access("read")
        if not camera:
            raise UserError(request.env._("There is no such camera."))
        state = request.env["yst.video.wall"]._status(camera)[camera.id]["state"]
        if state == "offline":
            problem = request.env._(
                "The camera is offline: there is no live picture. "
                "It comes by itself as soon as the camera is back."
            )
            return self._no_live(purpose, problem)
        if state == "maintenance":
            problem = request.env._("The camera is in maintenance: there is no live picture.")
            return self._no_live(purpose, problem)
        url = camera._live_address()
        if not url:
            manager = request.env.user.has_group("yst_video.group_video_manager")
            return self._no_live(
                purpose,
                request.env._(
                    "There is no media gateway yet. Set its address under Cameras → Video settings."
                )
                if manager
                else request.env._(
                    "There is no media gateway yet. Ask the video manager to set its address."
                ),
            )
        request.env["yst.video.view.log"]._look(camera, "live", *purpose)
        path = url.split("?")[0].lower()
        return {
            "purpose": purpose[0],
            "url": url,
            "kind": "hls" if path.endswith(".m3u8") else "whep",
            "codec": camera.sudo().health_id.codec or None,
            "problem": None,
        }

    def _no_live(self, purpose, problem):
        return {
            "purpose": purpose[0], "url": None, "kind": None, "codec": None, "problem": problem,
        }

    def _check(self):
        if not request.env.user.has_group(OPERATOR):
            raise AccessError(request.env._("The wall is for video operators."))
