import math

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.yst_base import reference_data

from .. import gb28181

SOURCE = "sample"
SERVER = "rtsp://127.0.0.1:8554/"
TRADES = {"security": "01", "sanitation": "09", "petition": "03", "flood": "08"}
KINDS = {
    "治安": "security",
    "环境卫生": "sanitation",
    "信访维稳": "petition",
    "防汛预警": "flood",
}
PLACES = {
    "security": ("路口", "小区东门", "巷口", "广场", "商业街", "公交站", "学校门口", "停车场"),
    "sanitation": ("垃圾收集点", "农贸市场", "背街小巷", "早餐点", "垃圾中转站", "公厕旁"),
    "petition": ("便民服务站", "群众接待点", "办事大厅门口"),
    "flood": ("河堤", "桥下", "低洼路段", "排水口", "水尺"),
}
GROUPS = {
    "路口": "camera_group_crossings",
    "学校门口": "camera_group_school",
    "商业街": "camera_group_market",
    "农贸市场": "camera_group_market",
    "早餐点": "camera_group_market",
}
# what the sample clips show: the place, the lawn beside it, a corner of the place, the gauge
PLACE = [
    [0.4297, 0.3125], [0.7292, 0.1968], [0.8984, 0.2431],
    [0.9831, 0.4398], [0.9831, 0.8333], [0.7292, 0.706],
]
LAWN = [
    [0.0, 0.3519], [0.1953, 0.3704], [0.4297, 0.4977], [0.5599, 0.6667],
    [0.7292, 0.7986], [0.7292, 0.9977], [0.0, 0.9977],
]
CORNER = [
    [0.7487, 0.2199], [0.9115, 0.2431], [0.9948, 0.4398], [0.9948, 0.7407], [0.7812, 0.6597],
]
GAUGE = [[0.5156, 0.9167], [0.5156, 0.1111]]
METRES = {"gauge_low": 0.0, "gauge_high": 4.0}
#: A clip begins again every half a minute; the same scene is reported every half an hour.
COOLDOWN = 1800
#: keep, release: so that an episode ends in the short pause before the clip begins again
AT_ONCE = {
    "dispatch": "at_once",
    "threshold": 8,
    "duration": 6,
    "params": {"keep": 0.9, "release": 4},
}
ON_PLACE = ("广场", "polygon", PLACE, {})
#: clip of the sample server → kind of camera, and its rules: (kind, zone, values)
CLIPS = {
    "crowd": ("security", [("crowd", ON_PLACE, AT_ONCE), ("tamper", None, {})]),
    "street": ("security", [("crowd", ON_PLACE, AT_ONCE), ("offline", None, {})]),
    "intrusion": (
        "security",
        [("intrusion", ("绿地", "polygon", LAWN, {}), {"dispatch": "at_once"})],
    ),
    "loitering": (
        "security",
        [
            (
                "loitering",
                ("拐角", "polygon", CORNER, {}),
                {"duration": 14, "params": {"release": 4}},
            )
        ],
    ),
    "obstruction": (
        "sanitation",
        [("obstruction", ON_PLACE, {"duration": 10, "params": {"learn": 5}})],
    ),
    "water": (
        "flood",
        [
            (
                "water_level",
                ("水尺", "gauge", GAUGE, METRES),
                {
                    "threshold": 2.5,
                    "duration": 4,
                    "dispatch": "at_once",
                    "params": {"release": 8},
                },
            )
        ],
    ),
    "tamper": ("security", [("tamper", None, {"duration": 4})]),
    "mask": ("petition", [("no_mask", None, {"duration": 3})]),
    "quiet": ("security", [("crowd", ON_PLACE, AT_ONCE), ("offline", None, {})]),
    # nobody serves this one: what a camera looks like that does not answer
    "unplugged": ("security", [("offline", None, {"duration": 30})]),
}
#: clip → why its camera is in maintenance
MAINTENANCE = {"repair": "更换镜头（示例）"}
CLIPS["repair"] = CLIPS["quiet"]
SERVED = {"repair": "quiet"}
#: area → clips, in the order in which its cameras of that kind get them
BOUND = {
    "610902001001": (
        "crowd", "intrusion", "obstruction", "water", "mask", "tamper", "unplugged",
    ),
    "610902001002": (
        "street", "loitering", "quiet", "crowd", "obstruction", "water", "repair",
    ),
}


class VideoCamera(models.Model):
    """Sample cameras (示例摄像头), as many as the sample organisation has of each kind."""

    _inherit = "yst.video.camera"

    @api.model
    def _load_demo(self):
        """Create the sample cameras once.

        :raise UserError: the organisation file cannot be read
        """
        try:
            data = reference_data.load("organisation.yaml")
        except reference_data.ReferenceDataError as error:
            raise UserError(str(error)) from error
        return self._load_sample(data)

    @api.model
    def _load_sample(self, data):
        """Create the cameras of an organisation file; those of the sample server are in use.

        Positions, codes and directions follow from the file alone. What is there already stays.

        :param dict data: content of ``organisation.yaml``
        :return: the new cameras
        """
        if self.sudo().search_count([("source", "=", SOURCE)], limit=1):
            return self.browse()
        rows = sample_rows(data)
        codes = {row["area_code"] for row in rows}
        areas = {
            area.code: area.id for area in self.env["yst.area"].search([("code", "in", [*codes])])
        }
        groups = {
            place: group.id
            for place, name in GROUPS.items()
            if (group := self.env.ref(f"yst_video.{name}", raise_if_not_found=False))
        }
        river = self.env.ref("yst_video.camera_group_river", raise_if_not_found=False)
        values = []
        for row in rows:
            place = row.pop("group_place")
            area_id = areas.get(row.pop("area_code"))
            if not area_id:
                continue
            chosen = [groups[place]] if place in groups else []
            if river and row["kind"] == "flood":
                chosen.append(river.id)
            values.append({**row, "area_id": area_id, "group_ids": [(6, 0, chosen)]})
        cameras = self.sudo().with_context(
            tracking_disable=True, mail_create_nolog=True, mail_create_nosubscribe=True
        ).create(values)
        cameras._sample_streams()
        return cameras

    def _sample_streams(self):
        """Bind the first cameras of two communities to the clips of the sample server."""
        waiting = {}
        for camera in self:
            waiting.setdefault((camera.area_id.code, camera.kind), []).append(camera)
        pairs = []
        for code, clips in BOUND.items():
            for clip in clips:
                cameras = waiting.get((code, CLIPS[clip][0]))
                if cameras:
                    pairs.append((cameras.pop(0), clip))
        self.env["yst.video.stream"].create(
            [
                {
                    "main_address": SERVER + SERVED.get(clip, clip),
                    "camera_id": camera.id,
                    "transport": "tcp",
                    "note": "示例视频服务器",
                }
                for camera, clip in pairs
            ]
        )
        zones = self.env["yst.video.zone"].create(
            [
                {
                    "camera_id": camera.id,
                    "name": zone[0],
                    "shape": zone[1],
                    "points": zone[2],
                    **zone[3],
                }
                for camera, clip in pairs
                for _kind, zone, _values in CLIPS[clip][1]
                if zone
            ]
        )
        drawn = {(zone.camera_id.id, zone.name): zone.id for zone in zones}
        self.env["yst.video.rule"].create(
            [
                {
                    "camera_id": camera.id,
                    "kind": kind,
                    "zone_ids": [(6, 0, [drawn[camera.id, zone[0]]] if zone else [])],
                    "cooldown": COOLDOWN,
                    **values,
                }
                for camera, clip in pairs
                for kind, zone, values in CLIPS[clip][1]
            ]
        )
        chinese = self.env["res.lang"]._get_data(code="zh_CN")
        if chinese:  # sample data come before the translations
            own = self.env["ir.module.module"].search([("name", "=", "yst_video")])
            own._update_translations("zh_CN")
        cameras = self.browse([camera.id for camera, _clip in pairs]).with_context(
            tracking_disable=True, lang="zh_CN" if chinese else self.env.lang
        )
        today = self.env["yst.calendar.day"]._today()
        cameras.write({"sign_posted": True, "filed_with_police_at": today})
        cameras._transition("active", "planned", {"installed_at": fields.Datetime.now()})
        for camera, clip in pairs:
            if clip in MAINTENANCE:
                cameras.browse(camera.id).action_start_maintenance(MAINTENANCE[clip])


def sample_rows(data):
    """Values of the sample cameras of an organisation file, in a fixed order.

    >>> from odoo.addons.yst_base import reference_data
    >>> len(sample_rows(reference_data.load("organisation.yaml")))
    632
    """
    box = data["subdistrict"]["bbox"]
    serial, rows = 0, []
    for area in data["areas"]:
        count = sum(area["cameras_by_kind"].values())
        position = 0
        for label, number in area["cameras_by_kind"].items():
            kind = KINDS[label]
            for index in range(number):
                serial += 1
                place = PLACES[kind][index % len(PLACES[kind])]
                round_ = index // len(PLACES[kind]) + 1
                latitude, longitude = spread(area, position, count, box)
                position += 1
                rows.append(
                    {
                        "gb_code": gb28181.build("61090200", TRADES[kind], "132", "6", serial),
                        "name": f"{area['name_zh']}{place}{round_}号",
                        "area_code": area["code"],
                        "kind": kind,
                        "place": f"{area['name_zh']}{place}",
                        "latitude": latitude,
                        "longitude": longitude,
                        "heading": serial * 67 % 360,
                        "view_angle": (70, 90, 110)[serial % 3],
                        "source": SOURCE,
                        "group_place": place,
                    }
                )
    return rows


def spread(area, position, count, box):
    """Latitude and longitude of one of ``count`` cameras, evenly around the area's centre."""
    # a sunflower's seeds: equal surface for each
    reach = math.sqrt(area["area_km2"] / math.pi) * 0.85  # km
    radius = reach * math.sqrt((position + 0.5) / count)
    angle = position * math.pi * (3 - math.sqrt(5))
    latitude = area["lat"] + radius * math.cos(angle) / 110.9
    longitude = area["lon"] + radius * math.sin(angle) / (
        111.3 * math.cos(math.radians(area["lat"]))
    )
    return (
        round(min(max(latitude, box["south"]), box["north"]), 6),
        round(min(max(longitude, box["west"]), box["east"]), 6),
    )
