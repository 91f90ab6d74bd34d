from odoo import http
from odoo.exceptions import AccessError
from odoo.http import content_disposition, request

from .. import camera_sheet

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class RegistryController(http.Controller):
    """The registry of cameras as a sheet."""

    @http.route("/yst/video/cameras/template.xlsx", type="http", auth="user", readonly=True)
    def template(self):
        """An empty sheet with explanations."""
        self._check_manager()
        return self._file(camera_sheet.template(), "摄像头导入模板.xlsx")

    @http.route("/yst/video/cameras/registry.xlsx", type="http", auth="user")
    def registry(self, ids=""):
        """All cameras, or those chosen, of one's own areas; without accounts."""
        self._check_manager()
        Camera = request.env["yst.video.camera"]
        chosen = [int(part) for part in ids.split(",") if part.isdecimal()]
        cameras = Camera.search([("id", "in", chosen)] if chosen else [])
        data = camera_sheet.write(cameras._sheet_rows())
        request.env["yst.audit.log"].sudo()._log(
            "export", Camera, detail=f"{len(cameras)}: registry.xlsx"
        )
        return self._file(data, "摄像头台账.xlsx")

    def _check_manager(self):
        if not request.env.user.has_group("yst_video.group_video_manager"):
            raise AccessError(request.env._("The registry is exported by video managers."))

    def _file(self, data, name):
        return request.make_response(
            data,
            [
                ("Content-Type", XLSX),
                ("Content-Disposition", content_disposition(name)),
                ("Cache-Control", "no-store"),
            ],
        )
