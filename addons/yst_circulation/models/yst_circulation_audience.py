from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import ValidationError

KINDS = [
    ("area", "Area"),
    ("department", "Department"),
    ("role", "Role"),
    ("party", "Party organisation"),
    ("group", "Saved group"),
    ("user", "Person"),
]
REACHES = [
    ("liaison", "Its liaisons"),
    ("below_liaison", "Liaisons of all areas in it"),
    ("cadres", "All its cadres"),
    ("below", "All cadres there and below"),
]
#: the field that each kind is about
SUBJECT = {
    "area": "area_id",
    "department": "department_id",
    "role": "role_id",
    "party": "party_id",
    "group": "group_id",
    "user": "user_id",
}


class CirculationAudience(models.Model):
    """One line of whom an item goes to (收件范围): an area, a department, a role, a party
    organisation with those below it, a saved group or a person. Lines say whom one means;
    who that is gets settled once, when the item is sent.

    A further kind needs its selection, its field in ``SUBJECT`` and a ``_people_of_<kind>``.
    """

    _name = "yst.circulation.audience"
    _description = "Audience of a Circulated Item"
    _order = "item_id, sequence, id"

    item_id = fields.Many2one(
        "yst.circulation.item", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    kind = fields.Selection(KINDS, required=True, default="user")
    area_id = fields.Many2one("yst.area", ondelete="restrict")
    reach = fields.Selection(REACHES, default="liaison")
    department_id = fields.Many2one("hr.department", ondelete="restrict")
    role_id = fields.Many2one("res.users.role", ondelete="restrict")
    party_id = fields.Many2one(
        "yst.party.organisation", "Party organisation", ondelete="restrict"
    )
    group_id = fields.Many2one("yst.circulation.group", ondelete="restrict")
    user_id = fields.Many2one("res.users", domain=[("share", "=", False)], ondelete="restrict")

    @api.depends(*SUBJECT.values(), "kind", "reach")
    def _compute_display_name(self):
        reach = dict(self._fields["reach"]._description_selection(self.env))
        for line in self:
            subject = line[SUBJECT[line.kind]].sudo().display_name or ""
            if line.kind == "area":
                subject = f"{subject} · {reach.get(line.reach, '')}"
            line.display_name = subject

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """Roles are offered to those who may look at them: who sends to the whole office."""
        found = super().fields_get(allfields, attributes)
        kinds = found.get("kind", {})
        if "selection" in kinds and not self.env["res.users.role"].has_access("read"):
            kinds["selection"] = [one for one in kinds["selection"] if one[0] != "role"]
        return found

    @api.constrains("kind", *SUBJECT.values())
    def _check_subject(self):
        for line in self:
            if not line[SUBJECT[line.kind]]:
                raise ValidationError(self.env._("Say whom the line is about."))

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_item()
        return lines

    def write(self, vals):
        self._check_item()
        result = super().write(vals)
        self._check_item()
        return result

    def unlink(self):
        self._check_item()
        return super().unlink()

    def _check_item(self):
        """:raise AccessError: another's item, a group or role that is not the sender's to see
        :raise UserError: the item has been sent
        """
        self.item_id.check_access("write")
        if self.env.su:
            return
        for subjects in (self.group_id, self.role_id):
            if subjects:
                subjects.check_access("read")
        self.item_id._check_draft()

    # -- whom it means ---------------------------------------------------------------------------

    def _resolve(self):
        """Who is meant, each person once; the number of statements depends on the kinds alone.

        :return: (dict of ``yst.circulation.item`` to ids of active internal users in the order
            of the lines, dict of item to list of (line, code) of what is wrong: ``empty`` nobody
            is in it, ``left`` somebody in it has left)
        """
        lines = self.sudo()
        people, problems = defaultdict(dict), defaultdict(list)
        found = {}
        for kind, same in lines.grouped("kind").items():
            found.update(getattr(same, f"_people_of_{kind}")())
        everybody = {one for ids in found.values() for one in ids}
        here = set(
            self.env["res.users"]
            .sudo()
            .search([("id", "in", list(everybody)), ("share", "=", False)])
            .ids
        )
        for line in lines:
            named = found.get(line.id, [])
            reached = [one for one in named if one in here]
            if len(reached) < len(named) and line.kind in ("user", "group"):
                problems[line.item_id].append((line, "left"))
            elif not reached:
                problems[line.item_id].append((line, "empty"))
            people[line.item_id].update(dict.fromkeys(reached))
        return {item: list(ids) for item, ids in people.items()}, problems

    def _people_of_user(self):
        return {line.id: line.user_id.ids for line in self}

    def _people_of_group(self):
        lines = self.with_context(active_test=False)
        return {line.id: line.group_id.user_ids.ids for line in lines}

    def _people_of_department(self):
        departments = self.env["hr.department"].sudo()
        below = departments.search([("id", "child_of", self.department_id.ids)])
        members = defaultdict(list)
        for department, users in self.env["hr.employee"].sudo()._read_group(
            [("department_id", "in", below.ids), ("user_id", "!=", False)],
            ["department_id"],
            ["user_id:array_agg"],
        ):
            for above in department.parent_path.split("/"):
                if above:
                    members[int(above)].extend(users)
        return {line.id: members[line.department_id.id] for line in self}

    def _people_of_role(self):
        today = fields.Date.context_today(self)
        members = defaultdict(list)
        for role, users in self.env["res.users.role.line"].sudo()._read_group(
            [
                ("role_id", "in", self.role_id.ids),
                "|", ("date_from", "=", False), ("date_from", "<=", today),
                "|", ("date_to", "=", False), ("date_to", ">=", today),
            ],
            ["role_id"],
            ["user_id:array_agg"],
        ):
            members[role.id] = users
        return {line.id: members[line.role_id.id] for line in self}

    def _people_of_party(self):
        organisations = self.env["yst.party.organisation"].sudo()
        below = organisations.search([("id", "child_of", self.party_id.ids)])
        members = defaultdict(list)
        for one in below.with_context(active_test=False):
            for above in one.parent_path.split("/"):
                if above:
                    members[int(above)].extend(one.user_ids.ids)
        return {line.id: members[line.party_id.id] for line in self}

    def _people_of_area(self):
        named = self.filtered(lambda line: line.reach in ("liaison", "below_liaison"))
        return named._liaisons() | (self - named)._cadres()

    def _liaisons(self):
        """Liaisons of the lines' areas, or of the areas in them."""
        areas = self.env["yst.area"].sudo()
        wide = self.filtered(lambda line: line.reach == "below_liaison")
        inside = areas.search([("id", "child_of", wide.area_id.ids)]) - wide.area_id
        found = defaultdict(list)
        for area in inside.with_context(active_test=False):
            for one in area.parent_path.split("/")[:-2]:
                found[int(one)].extend(area.liaison_ids.ids)
        answer = {line.id: found[line.area_id.id] for line in wide}
        for line in (self - wide).with_context(active_test=False):
            answer[line.id] = line.area_id.liaison_ids.ids
        return answer

    def _without_liaison(self):
        """The villages and communities in the line's area that nobody receives for."""
        self.ensure_one()
        places = self.env["yst.area"].sudo().search(
            [
                ("id", "child_of", self.area_id.ids),
                ("kind", "in", ("village", "community")),
                ("id", "!=", self.area_id.id),
            ]
        )
        return places.filtered(lambda place: not place.liaison_ids)

    def _cadres(self):
        """Cadres of the lines' areas, or of those and all below."""
        below, above = self.env["yst.area"].sudo(), {}
        if wide := self.filtered(lambda line: line.reach == "below").area_id:
            below = below.search([("id", "child_of", wide.ids)])
            above = {area.id: area.parent_path.split("/") for area in below}
        at, within = defaultdict(list), defaultdict(list)
        cadres = self.env.ref("yst_base.group_cadre")
        for area, users in self.env["res.users"].sudo()._read_group(
            [("jurisdiction_ids", "in", (below | self.area_id).ids),
             ("all_group_ids", "in", cadres.ids)],
            ["jurisdiction_ids"],
            ["id:array_agg"],
        ):
            at[area.id] = users
            for one in above.get(area.id, ()):
                if one:
                    within[int(one)].extend(users)
        return {
            line.id: (within if line.reach == "below" else at)[line.area_id.id] for line in self
        }
