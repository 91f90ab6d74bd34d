import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from .. import reference_data
from ..area_data import OrganisationError, area_rows
from ..geojson import GeoJsonError, check_boundary

KINDS = [
    ("subdistrict", "Subdistrict"),
    ("village", "Village"),
    ("community", "Community"),
    ("grid", "Grid"),
    ("building", "Building"),
]

# What each kind may lie in. A building may stand in a village that has no grids yet.
PARENT_KINDS = {
    "subdistrict": (),
    "village": ("subdistrict",),
    "community": ("subdistrict",),
    "grid": ("village", "community"),
    "building": ("grid", "village", "community"),
}

# Statistical area codes have 12 digits (GB/T 2260 and GB/T 10114), grids 3 more
# (GB/T 34300 as used); buildings take the grid's code and a serial of the office's own.
CODE_PATTERNS = {
    "subdistrict": re.compile(r"[0-9]{12}"),
    "village": re.compile(r"[0-9]{12}"),
    "community": re.compile(r"[0-9]{12}"),
    "grid": re.compile(r"[0-9]{15}"),
    "building": re.compile(r"[0-9]{12,15}-?[0-9A-Z]{1,6}"),
}


class Area(models.Model):
    """A piece of the subdistrict (区域): 街道 → 村/社区 → 网格 → 楼栋.

    Areas, not companies, partition the data: see ``yst.area.mixin`` for the record-rule
    pattern. Positions are WGS-84 degrees, areas square kilometres.
    """

    _name = "yst.area"
    _description = "Area"
    _parent_store = True
    _order = "code, id"
    _rec_names_search = ["name", "code"]

    name = fields.Char(required=True, index="trigram")
    code = fields.Char(
        required=True,
        help="Statistical code: 12 digits for subdistricts, villages and communities, "
        "15 for grids.",
    )
    kind = fields.Selection(KINDS, required=True, default="grid", index=True)
    parent_id = fields.Many2one("yst.area", string="Lies in", index=True, ondelete="restrict")
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("yst.area", "parent_id", string="Areas within")
    complete_name = fields.Char(compute="_compute_complete_name", recursive=True, store=True)
    latitude = fields.Float(digits=(9, 6), help="WGS-84, degrees north")
    longitude = fields.Float(digits=(9, 6), help="WGS-84, degrees east")
    boundary = fields.Text(
        help="GeoJSON Polygon or MultiPolygon in WGS-84, longitude before latitude"
    )
    population = fields.Integer()
    area_km2 = fields.Float("Surface (km²)", digits=(12, 3))
    active = fields.Boolean(default=True)

    _code_uniq = models.UniqueIndex("(code)", "Another area already has this code.")
    _population_not_negative = models.Constraint(
        "CHECK (population IS NULL OR population >= 0)", "A population cannot be negative."
    )
    _surface_not_negative = models.Constraint(
        "CHECK (area_km2 IS NULL OR area_km2 >= 0)", "A surface cannot be negative."
    )
    _position_on_earth = models.Constraint(
        "CHECK (abs(coalesce(latitude, 0)) <= 90 AND abs(coalesce(longitude, 0)) <= 180)",
        "A latitude lies between -90 and 90 degrees, a longitude between -180 and 180.",
    )

    @api.depends("name", "parent_id.complete_name", "parent_id.kind")
    def _compute_complete_name(self):
        """From the village or community down: the subdistrict's name says nothing new."""
        for area in self:
            parent = area.parent_id
            if parent and parent.kind != "subdistrict":
                area.complete_name = f"{parent.complete_name} / {area.name}"
            else:
                area.complete_name = area.name

    @api.depends("complete_name")
    def _compute_display_name(self):
        for area in self:
            area.display_name = area.complete_name

    @api.constrains("parent_id")
    def _check_no_cycle(self):
        if self._has_cycle():
            raise ValidationError(self.env._("An area cannot lie in itself."))

    @api.constrains("kind", "parent_id")
    def _check_parent_kind(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for area in self | self.child_ids:
            allowed = PARENT_KINDS[area.kind]
            if not allowed and area.parent_id:
                raise ValidationError(
                    self.env._("%s: a subdistrict is the top of the tree.", area.name)
                )
            if allowed and area.parent_id.kind not in allowed:
                raise ValidationError(
                    self.env._(
                        "%(name)s: this kind (%(kind)s) must lie in one of: %(allowed)s.",
                        name=area.name,
                        kind=labels[area.kind],
                        allowed=", ".join(labels[kind] for kind in allowed),
                    )
                )

    @api.constrains("code", "kind")
    def _check_code(self):
        for area in self:
            if not CODE_PATTERNS[area.kind].fullmatch(area.code or ""):
                raise ValidationError(
                    self.env._(
                        "%(name)s: the code %(code)s is not valid. Subdistricts, villages and "
                        "communities have 12 digits, grids 15.",
                        name=area.name,
                        code=area.code,
                    )
                )

    @api.constrains("boundary")
    def _check_boundary(self):
        for area in self:
            if not area.boundary:
                continue
            try:
                check_boundary(area.boundary)
            except GeoJsonError as error:
                raise ValidationError(
                    self.env._(
                        "The boundary of %(name)s is not valid: %(problem)s",
                        name=area.name,
                        problem=area._boundary_message(error),
                    )
                ) from error

    @api.model_create_multi
    def create(self, vals_list):
        areas = super().create(vals_list)
        self.env.registry.clear_cache()  # jurisdictions hold the areas below
        return areas

    def write(self, vals):
        result = super().write(vals)
        if "parent_id" in vals:
            self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    @api.model
    def _search_display_name(self, operator, value):
        """Find an area by the beginning of its code as well as by name."""
        if operator == "ilike" and value and value.strip().isdigit():
            return Domain("code", "=like", value.strip() + "%")
        return super()._search_display_name(operator, value)

    def _boundary_message(self, error):
        """Say in the user's language what is wrong with a boundary."""
        messages = {
            "json": self.env._("it is not JSON text."),
            "type": self.env._("it must be a GeoJSON Polygon or MultiPolygon."),
            "ring": self.env._("a ring needs at least four points."),
            "closed": self.env._("a ring must end on the point where it began."),
            "position": self.env._("a point must be [longitude, latitude] in degrees (WGS-84)."),
            "size": self.env._("it has too many points; simplify it first."),
        }
        return messages[error.code]

    @api.model
    def _import_organisation(self, data):
        """Bring the area tree in line with an organisation file (组织机构), idempotently.

        What the file says is created or updated by code; areas that it does not mention stay
        as they are. Everything is checked before anything is written.

        :param dict data: content of ``organisation.yaml``
        :return: the subdistrict
        :raise ValidationError: says which entry is wrong and why
        """
        try:
            rows = area_rows(data)
        except OrganisationError as error:
            raise ValidationError(
                self.env._(
                    "The organisation file cannot be used: %(entry)s: %(problem)s",
                    entry=error.entry,
                    problem=self._organisation_message(error),
                )
            ) from error
        areas = self.with_context(active_test=False)
        codes = [row["code"] for row in rows]
        known = {area.code: area for area in areas.search([("code", "in", codes)])}
        with self.env.cr.savepoint():
            for level in ("subdistrict", "area", "grid"):
                batch = []
                for row in rows:
                    if row["level"] != level:
                        continue
                    values = {key: row[key] for key in row if key not in ("level", "parent")}
                    values["parent_id"] = known[row["parent"]].id if row["parent"] else False
                    area = known.get(row["code"])
                    if area:
                        area._update_if_changed(values)
                    else:
                        batch.append(values)
                for area in self.create(batch):
                    known[area.code] = area
        return known[rows[0]["code"]]

    @api.model
    def _load_demo(self):
        """Import the sample organisation."""
        try:
            data = reference_data.load("organisation.yaml")
        except reference_data.ReferenceDataError as error:
            raise UserError(str(error)) from error
        return self._import_organisation(data)

    def _update_if_changed(self, values):
        changed = {}
        for name, value in values.items():
            field = self._fields[name]
            old = field.convert_to_write(self[name], self)
            if field.type == "float":
                digits = field.get_digits(self.env)[1]
                if round(old, digits) == round(value or 0.0, digits):
                    continue
            elif old == value:
                continue
            changed[name] = value
        if changed:
            self.write(changed)

    def _organisation_message(self, error):
        messages = {
            "structure": self.env._("it has not the expected structure."),
            "missing": self.env._("the entry %s is missing.", error.detail),
            "number": self.env._("%s must be a number that is not negative.", error.detail),
            "code": self.env._("the code must have 12 digits (in quotes)."),
            "outside": self.env._("its code does not begin with the subdistrict's."),
            "repeated": self.env._("its code occurs twice."),
            "kind": self.env._("the kind must be village or community."),
            "grids": self.env._("the number of grids must lie between 0 and 999."),
        }
        return messages[error.code]
