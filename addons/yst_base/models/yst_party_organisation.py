from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .. import reference_data

#: from the top down; one lies below one of an earlier kind (党章；支部工作条例)
KINDS = [
    ("working_committee", "Party working committee"),
    ("committee", "Party committee"),
    ("general_branch", "General party branch"),
    ("branch", "Party branch"),
    ("group", "Party group"),
]
#: as the organisation file calls them
LEVELS = dict(
    zip(
        ("党工委", "党委", "党总支", "党支部", "党小组"),
        (kind for kind, _name in KINDS),
        strict=True,
    )
)


class PartyOrganisation(models.Model):
    """A party organisation (党组织): 党工委 → 党委 → 党总支 → 党支部 → 党小组."""

    _name = "yst.party.organisation"
    _description = "Party Organisation"
    _parent_store = True
    _order = "code, id"
    _rec_names_search = ["name", "code"]

    name = fields.Char(required=True, index="trigram")
    code = fields.Char(required=True)
    kind = fields.Selection(KINDS, required=True, default="branch")
    parent_id = fields.Many2one(
        "yst.party.organisation", string="Higher organisation", index=True, ondelete="restrict"
    )
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("yst.party.organisation", "parent_id", string="Below it")
    area_id = fields.Many2one("yst.area", ondelete="restrict")
    user_ids = fields.Many2many(
        "res.users",
        "yst_party_organisation_user_rel",
        "organisation_id",
        "user_id",
        string="Accounts",
        domain=[("share", "=", False)],
        groups="yst_base.group_organisation_manager",
        help="Members who work with the platform and receive what is sent to the organisation.",
    )
    active = fields.Boolean(default=True)

    _code_uniq = models.UniqueIndex("(code)", "Another party organisation has this code.")

    @api.constrains("parent_id", "kind")
    def _check_place(self):
        """:raise ValidationError: a cycle, or a kind below one that cannot have it"""
        if self._has_cycle():
            raise ValidationError(self.env._("A party organisation cannot lie below itself."))
        ranks = [kind for kind, _name in KINDS]
        for one in self | self.child_ids:
            above = one.parent_id
            if above and ranks.index(above.kind) >= ranks.index(one.kind):
                labels = dict(self._fields["kind"]._description_selection(self.env))
                raise ValidationError(
                    self.env._(
                        "%(name)s: below %(above)s there is no %(kind)s.",
                        name=one.name,
                        above=above.name,
                        kind=labels[one.kind],
                    )
                )

    @api.model
    def _load_demo(self):
        """The party organisations of the sample organisation."""
        try:
            data = reference_data.load("organisation.yaml")
        except reference_data.ReferenceDataError as error:
            raise UserError(str(error)) from error
        return self._import_organisation(data)

    @api.model
    def _import_organisation(self, data):
        """Bring in the party organisations of an organisation file, idempotently.

        :param dict data: ``party_organisations``: a list of dicts code, name_zh, level, parent
            (code, listed before), area (code)
        :return: the organisations
        """
        entries = data.get("party_organisations") or []
        areas = {area.code: area.id for area in self.env["yst.area"].search([])}
        known = {one.code: one for one in self.with_context(active_test=False).search([])}
        found = self.browse()
        for entry in entries:
            values = {
                "code": entry["code"],
                "name": entry["name_zh"],
                "kind": LEVELS[entry["level"]],
                "parent_id": known[entry["parent"]].id if entry.get("parent") else False,
                "area_id": areas.get(entry.get("area"), False),
            }
            if one := known.get(entry["code"]):
                one.write(values)
            else:
                one = known[entry["code"]] = self.create(values)
            found |= one
        return found
