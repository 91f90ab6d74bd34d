from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError

from .. import catalogue

FORM_SELECTION = [
    ("original", "Original"),
    ("copy", "Copy"),
    ("original_and_copy", "Original and copy"),
    ("photo", "Photo"),
]
MAX_FORM_BYTES = 10 * 1024 * 1024
_FORM_TYPES = {b"%PDF-": "pdf", b"PK\x03\x04": "docx", b"\xd0\xcf\x11\xe0": "doc"}


class YstServiceMaterial(models.Model):
    """A paper that an item asks for (申请材料). Belongs to one version and is as fixed as it;
    only the sample picture, which explains and demands nothing, may change later."""

    _name = "yst.service.material"
    _description = "Required Material"
    _order = "sequence, id"

    version_id = fields.Many2one(
        "yst.service.item.version", required=True, ondelete="cascade", index=True
    )
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True)
    form = fields.Selection(FORM_SELECTION, required=True, default="original_and_copy")
    copies = fields.Integer(default=1, help="How many; 0: none has to be handed in.")
    required = fields.Boolean(default=True)
    note = fields.Char(help="When it is needed, or what to look out for.")
    template = fields.Boolean(
        string="Blank form", help="Residents can download a blank form for it."
    )
    form_layout = fields.Text(
        help="What the generated blank form asks besides the applicant's data. # opens a "
        "section; “label：answer” is a row; “| column | column | 5” a table with 5 rows; other "
        "lines are paragraphs."
    )
    template_file = fields.Binary(
        string="Own form", help="Handed out instead of the generated one. PDF or Word."
    )
    template_filename = fields.Char()
    sample_image = fields.Image(
        string="Sample picture", max_width=1600, max_height=1600, help="How it should look."
    )
    has_sample_image = fields.Boolean(compute="_compute_has_sample_image")

    _copies_positive = models.Constraint(
        "CHECK (copies BETWEEN 0 AND 99)", "The number of copies is between 0 and 99."
    )

    def _compute_has_sample_image(self):
        found = self._with_attachment("sample_image")
        for material in self:
            material.has_sample_image = material.id in found

    def _with_attachment(self, field):
        """Ids of those that have a file in a field, without loading the files."""
        groups = (
            self.env["ir.attachment"]
            .sudo()
            ._read_group(
                [
                    ("res_model", "=", self._name),
                    ("res_field", "=", field),
                    ("res_id", "in", self.ids),
                ],
                ["res_id"],
            )
        )
        return {res_id for (res_id,) in groups}

    @api.constrains("template_file")
    def _check_template_file(self):
        for material in self.with_context(bin_size=False):
            data = material.template_file
            if not data:
                continue
            raw = catalogue.decode_file(data)
            if len(raw) > MAX_FORM_BYTES:
                raise ValidationError(
                    _("The form for “%(name)s” is larger than 10 MB.", name=material.name)
                )
            if not material._form_type(raw):
                raise ValidationError(
                    _("The form for “%(name)s” is neither PDF nor Word.", name=material.name)
                )

    @api.constrains("template", "form_layout", "template_file")
    def _check_form_layout(self):
        for material in self:
            for section in catalogue.form_sections(material.form_layout):
                if section.grid and not 1 <= len(section.grid[0]) <= 8:
                    raise ValidationError(
                        _(
                            "A table in the form for “%(name)s” has no column or more than 8.",
                            name=material.name,
                        )
                    )

    @api.model
    def _form_type(self, raw):
        """File name extension of a form by its first bytes; None for what is not let in."""
        return next((ext for magic, ext in _FORM_TYPES.items() if raw.startswith(magic)), None)

    @api.model_create_multi
    def create(self, vals_list):
        versions = self.env["yst.service.item.version"].browse(
            {vals["version_id"] for vals in vals_list if vals.get("version_id")}
        )
        versions._check_draft()
        return super().create(vals_list)

    def write(self, vals):
        if set(vals) - {"sample_image"}:
            self.version_id._check_draft()
            if vals.get("version_id"):
                raise UserError(_("A material stays with its version."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_published(self):
        self.version_id._check_draft()

    def _describe(self):
        """One line that says all that counts, for comparing versions."""
        self.ensure_one()
        labels = dict(self._fields["form"]._description_selection(self.env))
        parts = [f"{labels[self.form]} × {self.copies}"]
        parts.append(_("required") if self.required else _("where it applies"))
        if self.note:
            parts.append(self.note)
        if self.template:
            parts.append(_("blank form"))
        return "，".join(parts)
