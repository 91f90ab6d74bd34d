from odoo import api, models

#: fields of a camera that the map shows
SHOWN = (
    "name",
    "kind",
    "latitude",
    "longitude",
    "heading",
    "view_angle",
    "status",
    "last_frame_at",
    "place",
)


class VideoCamera(models.Model):
    """What the map of cameras (摄像头地图) shows, in a constant number of statements."""

    _inherit = "yst.video.camera"

    @api.model
    def map_data(self):
        """Cameras of one's own areas with a position, the areas, and the ground they stand on.

        :return: dict with ``cameras``, ``areas`` (WGS-84) and ``ground`` (tile server, if any)
        """
        cameras = self.search(
            [
                ("state", "!=", "retired"),
                "|",
                ("latitude", "!=", 0),
                ("longitude", "!=", 0),
            ],
            order="id",
        )
        areas = self.env["yst.area"].search_fetch(
            [
                ("kind", "in", ("subdistrict", "village", "community")),
                ("id", "in", list(self.env.user._jurisdiction_area_ids())),
            ],
            ["name", "kind", "latitude", "longitude", "boundary"],
            order="code",
        )
        return {
            "cameras": cameras._map_cameras(),
            "areas": [
                {
                    "id": area.id,
                    "name": area.name,
                    "kind": area.kind,
                    "latitude": area.latitude,
                    "longitude": area.longitude,
                    "boundary": area.boundary or False,
                }
                for area in areas
            ],
            "ground": self._map_ground(),
        }

    @api.model
    def map_states(self):
        """State of each camera by id, for the map that is open already."""
        cameras = self.search([("state", "!=", "retired")])
        return {camera.id: camera.status for camera in cameras}

    def _map_cameras(self):
        areas = self.mapped("area_id")
        names = {area.id: area.display_name for area in areas}
        rows = self.read(SHOWN)
        for row, camera in zip(rows, self, strict=True):
            row["area"] = names[camera.area_id.id]
        return rows

    @api.model
    def _map_ground(self):
        settings = self.env["yst.video.settings"]._get()
        return {
            "url": settings["tile_url"],
            "copyright": settings["tile_copyright"] if settings["tile_url"] else "",
            "datum": settings["tile_datum"],
        }

    @api.model
    def map_ground(self):
        """Tile server and datum, for small maps."""
        self.check_access("read")
        return self._map_ground()
