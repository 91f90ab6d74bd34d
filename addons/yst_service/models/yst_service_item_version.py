from markupsafe import Markup

from odoo import SUPERUSER_ID, _, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from .. import catalogue

KIND_SELECTION = [
    ("licence", "Administrative licence"),
    ("benefit", "Administrative benefit"),
    ("confirmation", "Administrative confirmation"),
    ("reward", "Administrative reward"),
    ("other", "Other administrative power"),
    ("public", "Public service"),
]
UNIT_SELECTION = [
    ("workday", "working days"),
    ("day", "days"),
    ("workhour", "working hours"),
    ("hour", "hours"),
]
ONLINE_SELECTION = [
    ("guide", "Guidance only"),
    ("prereview", "Reviewed online, then one visit"),
    ("full", "Fully online"),
]
# Copied into a new version and compared between versions; materials come beside it.
CONTENT = (
    "name name_en kind audience conditions steps legal_limit promised_limit limit_unit"
    " legal_basis fee result place hours phone_advice phone_complaint online visits home_visit"
).split()


class YstServiceItemVersion(models.Model):
    """One edition of an item's guide (办事指南版本), after GB/T 36114. Once published it is
    never changed: applications keep the version that they were made under."""

    _name = "yst.service.item.version"
    _description = "Service Guide Version"
    _inherit = ["mail.thread", "yst.state.mixin"]
    _order = "number DESC, id DESC"

    item_id = fields.Many2one(
        "yst.service.item", required=True, ondelete="cascade", index=True, readonly=True
    )
    code = fields.Char(related="item_id.code")
    category_id = fields.Many2one(related="item_id.category_id")
    number = fields.Integer(string="Version", readonly=True, copy=False, aggregator=None)
    state = fields.Selection(
        [("draft", "Draft"), ("published", "Published"), ("retired", "Retired")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    published_at = fields.Datetime(readonly=True, copy=False)
    published_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    retired_at = fields.Datetime(readonly=True, copy=False)
    sample = fields.Boolean(
        string="Sample data",
        readonly=True,
        copy=False,
        help="Came with the product; the office has not yet checked it against local rules.",
    )
    change_note = fields.Char(copy=False, help="Why this version was made.")

    name = fields.Char("Service name", required=True)
    name_en = fields.Char(string="English name")
    kind = fields.Selection(KIND_SELECTION)
    audience = fields.Text(help="Who can apply.")
    conditions = fields.Text(help="One on each line.")
    steps = fields.Text(help="One on each line.")
    legal_limit = fields.Integer(
        aggregator=None, help="What the law allows, in the unit beside it."
    )
    promised_limit = fields.Integer(
        aggregator=None, help="What the office promises, in the same unit."
    )
    limit_unit = fields.Selection(UNIT_SELECTION, required=True, default="workday")
    legal_basis = fields.Text(help="One on each line.")
    fee = fields.Char()
    result = fields.Text(help="What the applicant gets.")
    place = fields.Char(help="Empty: the office's, from the settings.")
    hours = fields.Char(help="Empty: the office's, from the settings.")
    phone_advice = fields.Char(help="Empty: the office's, from the settings.")
    phone_complaint = fields.Char(help="Empty: the office's, from the settings.")
    online = fields.Selection(
        ONLINE_SELECTION, string="Online depth", required=True, default="prereview"
    )
    visits = fields.Integer(
        default=1, aggregator=None, help="Trips that the applicant makes; 0: all online."
    )
    home_visit = fields.Boolean(help="Can be handled at the applicant's home.")
    material_ids = fields.One2many("yst.service.material", "version_id", string="Materials")
    case_count = fields.Integer(compute="_compute_case_count", string="Applications")
    changes_html = fields.Html(compute="_compute_changes_html", string="Changes")

    _number_uniq = models.UniqueIndex("(item_id, number)")
    _one_published = models.UniqueIndex(
        "(item_id) WHERE state = 'published'",
        "An item has one published version at most.",
    )
    _one_draft = models.UniqueIndex(
        "(item_id) WHERE state = 'draft'",
        "There is already a draft version of this item. Go on with that one.",
    )
    _limits = models.Constraint(
        "CHECK (legal_limit >= 0 AND promised_limit >= 0"
        " AND (legal_limit = 0 OR promised_limit <= legal_limit))",
        "The promised limit cannot be longer than the legal limit.",
    )
    _visits_positive = models.Constraint(
        "CHECK (visits BETWEEN 0 AND 99)", "The number of visits is between 0 and 99."
    )

    @api.depends("code", "name", "number")
    def _compute_display_name(self):
        for version in self:
            version.display_name = f"{version.code} {version.name} v{version.number}"

    def _compute_case_count(self):
        counts = dict(
            self.env["yst.service.case"]
            .sudo()
            ._read_group([("version_id", "in", self.ids)], ["version_id"], ["__count"])
        )
        for version in self:
            version.case_count = counts.get(version.sudo(), 0)

    @api.depends("number", "item_id.version_ids", "material_ids", *CONTENT)
    def _compute_changes_html(self):
        for version in self:
            version.changes_html = version._changes_table(version._former())

    @api.model_create_multi
    def create(self, vals_list):
        numbers = {}
        for vals in vals_list:
            item_id = vals.get("item_id")
            if item_id not in numbers:
                [[last]] = self.sudo()._read_group([("item_id", "=", item_id)], [], ["number:max"])
                numbers[item_id] = last or 0
            numbers[item_id] += 1
            vals["number"] = numbers[item_id]
        return super().create(vals_list)

    def write(self, vals):
        # A write with a state comes from a transition only: the state mixin sees to it.
        # Materials guard themselves: their sample pictures may still change.
        free = {key for key in vals if key.startswith(("message_", "activity_", "rating_"))}
        if "state" not in vals and set(vals) - free - {"material_ids"}:
            self._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_published(self):
        self._check_draft()

    def _check_draft(self):
        """:raises UserError: if one of them was published"""
        fixed = self.filtered(lambda version: version.state != "draft")
        if fixed:
            raise UserError(
                _(
                    "“%(version)s” was published and can no longer be changed. Make a new "
                    "version of the item instead.",
                    version=fixed[:1].display_name,
                )
            )

    # Actions

    def action_publish(self):
        """Publish the draft; the version published so far retires."""
        for version in self:
            lacking = version._lacking()
            if lacking:
                raise ValidationError(
                    _(
                        "“%(version)s” cannot be published yet. Still missing: %(fields)s.",
                        version=version.display_name,
                        fields="、".join(lacking),
                    )
                )
        self._publish()
        return True

    def action_mark_reviewed(self):
        """The office has checked the sample data of this version against local rules."""
        self.check_access("write")
        for version in self.filtered("sample"):
            # The mark says where the content came from; the content itself stays untouched.
            super(YstServiceItemVersion, version).write({"sample": False})
            version.message_post(body=_("Checked against local rules."))
        return True

    def action_retire(self):
        """Take the item off the public pages without a successor."""
        self._transition(
            "retired", ("published",), {"retired_at": fields.Datetime.now()}, _("Taken offline.")
        )
        return True

    def action_new_version(self):
        """Copy this item's published version into a new draft."""
        self.ensure_one()
        return self.item_id.action_new_version()

    def action_view_cases(self):
        """List the applications made for it."""
        self.ensure_one()
        return self.env["yst.service.case"]._action_list([("version_id", "=", self.id)])

    def action_view_guide(self):
        """Open this version of the public guide."""
        self.ensure_one()
        url = f"{self.item_id._public_url()}/version/{self.number}"
        return {"type": "ir.actions.act_url", "url": url, "target": "new"}

    # Helpers

    def _publish(self):
        """Publish drafts, retiring what their items had; no check of completeness."""
        now = fields.Datetime.now()
        former = self.item_id.version_ids.filtered(lambda version: version.state == "published")
        if former:
            former._transition("retired", ("published",), {"retired_at": now}, _("Superseded."))
            former.flush_recordset(["state"])
        # Nobody published what came with the product.
        by = False if self.env.uid == SUPERUSER_ID else self.env.uid
        values = {"published_at": now, "published_by_id": by}
        self._transition("published", ("draft",), values, _("Published."))

    def _lacking(self):
        """Labels of what a guide needs before the public may see it."""
        self.ensure_one()
        needed = ["audience", "steps", "legal_limit", "promised_limit", "fee", "result"]
        return [
            self._fields[name]._description_string(self.env) for name in needed if not self[name]
        ]

    @api.model
    def _draft_of(self, item):
        """A new draft with the content of the item's last version."""
        last = item.current_version_id or item.version_ids[:1]
        values = last.copy_data()[0] if last else {"name": item.name}
        materials = [material.copy_data()[0] for material in last.material_ids]
        for material in materials:
            material.pop("version_id")
        values.update(item_id=item.id, material_ids=[Command.create(one) for one in materials])
        return self.create(values)

    def _form_action(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [[False, "form"]],
        }

    def _former(self):
        """The version before this one."""
        self.ensure_one()
        older = self.item_id.version_ids.filtered(lambda other: other.number < self.number)
        return older.sorted("number")[-1:]

    def _content(self):
        """Label → text of all that the guide says."""
        content = {}
        for name in CONTENT:
            field = self._fields[name]
            label = field._description_string(self.env)
            value = self[name]
            if field.type == "selection":
                value = dict(field._description_selection(self.env)).get(value, "")
            elif field.type == "boolean":
                value = _("Yes") if value else _("No")
            content[label] = str(value or "") if field.type != "integer" else str(value)
        for material in self.material_ids:
            label = _("Material: %(name)s", name=material.name)
            content[label] = material._describe()
        return content

    def _changes_table(self, former):
        if not former:
            return Markup("<p>%s</p>") % _("This is the first version.")
        found = catalogue.changes(former._content(), self._content())
        if not found:
            return Markup("<p>%s</p>") % _("Nothing has changed since version %s.", former.number)
        rows = Markup("").join(
            Markup("<tr><th>%s</th><td>%s</td><td>%s</td></tr>")
            % (change.label, _as_lines(change.before), _as_lines(change.after))
            for change in found
        )
        head = Markup("<tr><th>%s</th><th>%s</th><th>%s</th></tr>") % (
            _("What"),
            _("Version %s", former.number),
            _("Version %s", self.number),
        )
        return Markup('<table class="table table-sm">%s%s</table>') % (head, rows)

    def _is_online(self):
        """Whether an application can be made in the portal."""
        return self.online in ("prereview", "full")

    def _contact(self):
        """Place, hours and phones, the office's where the version has none; '' if unknown."""
        self.ensure_one()
        office = self.env["website"]._yst_contact()
        return {name: self[name] or default for name, default in office.items()}


def _as_lines(text):
    return Markup("<br/>").join(text.splitlines())
