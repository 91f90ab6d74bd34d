from datetime import timezone

from odoo import api, fields, models

#: Tiles of one question: as many as the largest wall shows.
MAX_TILES = 36
#: A picture older than this many intervals is not shown as the present.
STALE_INTERVALS = 3
#: States of a camera that belong on the wall.
ON_WALL = ("active", "maintenance")


def tile_state(camera_state, online, watched, age, interval):
    """How a tile stands: live, or why its picture must not be taken for the present.

    :param online: what the bridge said last
    :param watched: a bridge has the camera at present; otherwise nobody knows
    :param age: of the latest picture in seconds, None when there is none
    :param interval: seconds after which the bridge sends a picture at the latest
    :return: live, stale, none, offline, unknown or maintenance
    """
    if camera_state == "maintenance":
        return "maintenance"
    if not watched:
        return "unknown"
    if not online:
        return "offline"
    if age is None:
        return "none"
    return "live" if age <= STALE_INTERVALS * interval else "stale"


def milliseconds(moment):
    """A naive UTC moment as JavaScript counts time; None stays None."""
    return int(moment.replace(tzinfo=timezone.utc).timestamp() * 1000) if moment else None


class VideoWall(models.AbstractModel):
    """What the wall (视频墙) asks the server."""

    _name = "yst.video.wall"
    _description = "Video wall"

    @api.model
    def _interval(self):
        """Seconds between two pictures of a camera that nobody watches."""
        return self.env["yst.video.settings"]._get()["still_interval"]

    @api.model
    def _cameras(self):
        """All cameras the user may see, without pictures, and what they can be filtered by."""
        cameras = self.env["yst.video.camera"].search([("state", "in", ON_WALL)], order="name, id")
        status = self._status(cameras)
        kinds = cameras._fields["kind"]._description_selection(self.env)
        areas = cameras.area_id.sorted("code")
        return {
            "interval": self._interval(),
            "cameras": [
                {
                    "id": camera.id,
                    "name": camera.name,
                    "area": camera.area_id.id,
                    "kind": camera.kind,
                    "groups": camera.group_ids.ids,
                    **status[camera.id],
                }
                for camera in cameras
            ],
            "areas": [[area.id, area.name] for area in areas],
            "kinds": [list(kind) for kind in kinds],
            "groups": [[group.id, group.name] for group in cameras.group_ids.sorted("name")],
        }

    @api.model
    def _tiles(self, camera_ids):
        """State and age of the tiles shown; asks the bridge for their pictures.

        :param list camera_ids: those beyond `MAX_TILES`, or not to be seen, are left out
        :return: (readable cameras, list of dicts with id, state, at, age)
        """
        wanted = [each for each in list(camera_ids or ())[:MAX_TILES] if type(each) is int]
        cameras = self.env["yst.video.camera"].search(
            [("id", "in", wanted), ("state", "in", ON_WALL)]
        )
        self.env["yst.video.still"].sudo()._want(cameras.sudo())
        status = self._status(cameras)
        return cameras, [{"id": camera.id, **status[camera.id]} for camera in cameras]

    @api.model
    def _status(self, cameras):
        """{camera id: state, at (ms), age (s), seen (ms of the last frame)}; two statements."""
        now = fields.Datetime.now()
        interval = self._interval()
        stills = {
            still.camera_id.id: still.taken_at
            for still in self.env["yst.video.still"]
            .sudo()
            .search_fetch([("camera_id", "in", cameras.ids)], ["camera_id", "taken_at"])
        }
        healths = {
            health.camera_id.id: health
            for health in self.env["yst.video.camera.health"]
            .sudo()
            .search_fetch(
                [("camera_id", "in", cameras.ids)],
                ["camera_id", "online", "lease_until", "last_frame_at"],
            )
        }
        found = {}
        for camera in cameras:
            health = healths.get(camera.id)
            taken_at = stills.get(camera.id)
            age = (now - taken_at).total_seconds() if taken_at else None
            watched = bool(health and health.lease_until and health.lease_until >= now)
            found[camera.id] = {
                "state": tile_state(
                    camera.state, bool(health and health.online), watched, age, interval
                ),
                "at": milliseconds(taken_at),
                "age": age,
                "seen": milliseconds(health.last_frame_at) if health else None,
            }
        return found
