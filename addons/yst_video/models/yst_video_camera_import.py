from odoo import api, models
from odoo.exceptions import AccessError

from .. import camera_sheet, gb28181, stream_address

#: what a line of the sheet says about the camera itself, by field name
CAMERA_FIELDS = (
    "gb_code",
    "name",
    "kind",
    "place",
    "latitude",
    "longitude",
    "heading",
    "view_angle",
    "gateway_path",
    "pixelate",
    "sign_posted",
    "filed_with_police_at",
    "filing_number",
    "note",
)
STREAM_FIELDS = ("main_address", "sub_address", "transport", "username", "password")
QUIET = {"tracking_disable": True, "mail_create_nolog": True, "mail_create_nosubscribe": True}


class VideoCamera(models.Model):
    """The registry as a sheet: everything is checked before anything is written."""

    _inherit = "yst.video.camera"

    @api.model
    def _import_rows(self, rows, activate=True):
        """Create or update cameras by national code; all of them, or none and the problems.

        The number of statements does not grow with the number of lines.

        :param rows: as ``camera_sheet.read`` returns them
        :param activate: take planned cameras with a stream into use
        :return: (created, updated, problems): numbers, and a list of ``camera_sheet.Problem``
        :raise AccessError: the user may not keep the registry
        """
        for model in ("yst.video.camera", "yst.video.stream"):
            for operation in ("create", "write"):
                self.env[model].check_access(operation)
        areas = self._import_areas(rows)
        known = {
            camera.gb_code: camera
            for camera in self.sudo().search([("gb_code", "in", [r["gb_code"] for r in rows])])
        }
        problems = self._import_problems(rows, areas, known)
        if problems:
            return 0, 0, sorted(problems)
        groups = self._import_groups(rows)
        new, values = [], []
        changed = self.browse()
        for row in rows:
            vals = self._import_values(row, areas, groups)
            camera = known.get(row["gb_code"])
            if camera:
                changed |= camera._import_update(vals)
            else:
                new.append(row)
                values.append(vals)
        for row, camera in zip(new, self.with_context(**QUIET).create(values), strict=True):
            known[row["gb_code"]] = camera.sudo()
        changed |= self._import_streams(rows, known)
        if activate:
            self._import_activate(self.browse([known[row["gb_code"]].id for row in rows]))
        created = self.browse([known[row["gb_code"]].id for row in new])
        return len(created), len(changed - created), []

    @api.model
    def _import_areas(self, rows):
        codes = {row["area_code"] for row in rows if row.get("area_code")}
        return {area.code: area for area in self.env["yst.area"].search([("code", "in", [*codes])])}

    @api.model
    def _import_problems(self, rows, areas, known):
        problems, seen = [], {}
        mine = set(self.env.user._jurisdiction_area_ids())
        titles = {column.name: column.title for column in camera_sheet.COLUMNS}
        for row in rows:
            number, code = row["row"], row.get("gb_code")

            def add(name, problem, value="", number=number):
                problems.append(camera_sheet.Problem(number, titles[name], problem, value))

            area = areas.get(row.get("area_code"))
            if row.get("area_code") and not area:
                add("area_code", "area", row["area_code"])
            elif area and area.id not in mine and not self.env.su:
                add("area_code", "jurisdiction", row["area_code"])
            if code:
                try:
                    gb28181.check(code, area.code if area else "")
                except gb28181.CodeError as error:
                    add("gb_code", f"gb_{error.code}", error.detail)
                if code in seen:
                    add("gb_code", "repeated", str(seen[code]))
                seen.setdefault(code, number)
            camera = known.get(code)
            if camera and camera.area_id.id not in mine and not self.env.su:
                add("gb_code", "jurisdiction", code)
            self._import_address_problems(row, camera, add)
        return problems

    @api.model
    def _import_address_problems(self, row, camera, add):
        for name in ("main_address", "sub_address"):
            if not row.get(name):
                continue
            try:
                clean = stream_address.split(row[name]).clean
            except stream_address.AddressError as error:
                add(name, f"address_{error.code}")
                continue
            scheme = stream_address.place(clean)[0]
            if row.get("transport") and (
                row["transport"] not in stream_address.SCHEMES[scheme]
            ):
                add("transport", "transport", camera_sheet.TRANSPORTS[row["transport"]])
        lonely = any(row.get(name) for name in STREAM_FIELDS if name != "main_address")
        if lonely and not row.get("main_address") and not (camera and camera.stream_ids):
            add("main_address", "address_missing")

    @api.model
    def _import_groups(self, rows):
        names = {name for row in rows for name in split_groups(row.get("groups"))}
        if not names:
            return {}
        Group = self.env["yst.video.camera.group"]
        found = {group.name: group for group in Group.search([("name", "in", [*names])])}
        missing = sorted(names - found.keys())
        for group in Group.create([{"name": name} for name in missing]):
            found[group.name] = group
        return found

    @api.model
    def _import_values(self, row, areas, groups):
        vals = {name: row[name] for name in CAMERA_FIELDS if name in row}
        vals = {
            name: (False if value is None else value)
            for name, value in vals.items()
            if value is not None or name not in ("heading", "view_angle")
        }
        vals["area_id"] = areas[row["area_code"]].id
        if "groups" in row:
            vals["group_ids"] = [
                (6, 0, [groups[name].id for name in split_groups(row["groups"])])
            ]
        return vals

    def _import_update(self, vals):
        """Write what differs; answers the camera when something did."""
        changed = {}
        for name, value in vals.items():
            field = self._fields[name]
            if name == "group_ids":
                differs = set(self.group_ids.ids) != set(value[0][2])
            elif field.type == "float":
                differs = round(self[name], 6) != round(value or 0.0, 6)
            else:
                differs = field.convert_to_write(self[name], self) != (value or False)
                if field.type == "integer":
                    differs = self[name] != (value or 0)
            if differs:
                changed[name] = value
        if changed:
            self.with_context(**QUIET).write(changed)
        return self.browse(self.id if changed else ())

    @api.model
    def _import_streams(self, rows, known):
        """Streams of the cameras; answers the cameras whose stream changed."""
        new, changed = [], self.browse()
        cameras = self.sudo().browse([known[row["gb_code"]].id for row in rows])
        streams = {stream.camera_id.id: stream for stream in cameras.stream_ids}
        for row in rows:
            camera = known[row["gb_code"]]
            vals = {name: row[name] for name in STREAM_FIELDS if row.get(name)}
            stream = streams.get(camera.id)
            if not stream and vals:
                new.append({**vals, "camera_id": camera.id})
            elif stream:
                clean = {
                    name: stream_address.split(vals[name]).clean
                    for name in ("main_address", "sub_address")
                    if name in vals
                }
                secret = any(
                    stream_address.split(vals[name])[1:] != (None, None) for name in clean
                ) or "username" in vals or "password" in vals
                differs = {
                    name: value
                    for name, value in vals.items()
                    if name in ("main_address", "sub_address", "transport")
                    and (clean.get(name, value) != stream[name] or secret)
                }
                differs |= {name: vals[name] for name in ("username", "password") if name in vals}
                if differs:
                    stream.write(differs)
                    changed |= self.browse(camera.id)
        self.env["yst.video.stream"].create(new)
        return changed | self.browse([vals["camera_id"] for vals in new])

    @api.model
    def _import_activate(self, cameras):
        ready = cameras.filtered(lambda camera: camera.state == "planned" and camera.has_stream)
        ready.with_context(**QUIET).action_activate()

    def _sheet_rows(self):
        """The cameras as lines of the sheet, without accounts.

        :raise AccessError: the user is no video manager
        """
        if not self.env.user.has_group("yst_video.group_video_manager"):
            raise AccessError(self.env._("The registry is exported by video managers."))
        self.check_access("read")
        rows = []
        for camera in self:
            stream = camera.stream_ids[:1]
            rows.append(
                {
                    **{name: camera[name] for name in CAMERA_FIELDS},
                    "area_code": camera.area_id.code,
                    "groups": "、".join(camera.group_ids.mapped("name")),
                    "main_address": stream.main_address,
                    "sub_address": stream.sub_address,
                    "transport": stream.transport,
                }
            )
        return rows


def split_groups(text):
    """Names of groups in a cell, separated by 、 ， , or ;."""
    for sign in "，,;；":
        text = (text or "").replace(sign, "、")
    return [name for part in text.split("、") if (name := part.strip())]
