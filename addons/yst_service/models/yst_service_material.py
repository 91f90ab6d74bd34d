import base64
import hashlib

from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.yst_base import qr

from .. import catalogue

FORM_SELECTION = [
    ("original", "Original"),
    ("copy", "Copy"),
    ("original_and_copy", "Original and copy"),
    ("photo", "Photo"),
]
MAX_FORM_BYTES = 10 * 1024 * 1024
_FORM_TYPES = {b"%PDF-": "pdf", b"PK\x03\x04": "docx", b"\xd0\xcf\x11\xe0": "doc"}
_MEDIA_TYPES = {
    "pdf": "application/pdf",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
FORM_EDITION = "1"
"""Counted up when the template of the generated form changes, so that kept ones are dropped."""


class YstServiceMaterial(models.Model):
    """A paper that an item asks for (申请材料). Belongs to one version and is as fixed as it;
    only the sample picture, which explains and demands nothing, may change later."""

    _name = "yst.service.material"
    _description = "Required Material"
    _order = "sequence, id"

    version_id = fields.Many2one(
        "yst.service.item.version", required=True, ondelete="cascade", index=True
    )
    version_state = fields.Selection(related="version_id.state")
    sequence = fields.Integer(default=10)
    name = fields.Char("Material name", required=True)
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
            raw = base64.b64decode(data)
            if len(raw) > MAX_FORM_BYTES:
                raise ValidationError(
                    _("The form for “%(name)s” is larger than 10 MB.", name=material.name)
                )
            if not material._form_type(raw):
                raise ValidationError(
                    _("The form for “%(name)s” is neither PDF nor Word.", name=material.name)
                )

    @api.constrains("form_layout")
    def _check_form_layout(self):
        for material in self:
            blocks = [
                block
                for section in catalogue.form_sections(material.form_layout)
                for block in section.blocks
            ]
            if any(block[0] == "grid" and not 1 <= len(block[1]) <= 8 for block in blocks):
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
        materials = super().create(vals_list)
        # afterwards: the version may have come from the context as well
        materials.version_id._check_draft()
        return materials

    def write(self, vals):
        if set(vals) - {"sample_image"}:
            self.version_id._check_draft()
            if vals.get("version_id"):
                raise UserError(_("A material stays with its version."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_published(self):
        self.version_id._check_draft()

    def action_preview_form(self):
        """Open the blank form as residents get it."""
        self.ensure_one()
        url = f"/services/{self.version_id.code}/form/{self.id}?inline=1"
        return {"type": "ir.actions.act_url", "url": url, "target": "new"}

    def _blank_form(self):
        """The blank form that residents download.

        :return: file name, bytes, media type
        """
        self.ensure_one()
        if self.template_file:
            raw = base64.b64decode(self.with_context(bin_size=False).template_file)
            kind = self._form_type(raw)
            return f"{self._form_name()}.{kind}", raw, _MEDIA_TYPES[kind]
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        data, _kind = report.sudo()._render_qweb_pdf("yst_service.report_blank_form", self.ids)
        return f"{self._form_name()}.pdf", data, "application/pdf"

    def _form_name(self):
        return f"{self.version_id.code}-{self.name}"

    def _form_sections(self):
        """What the generated form asks besides the applicant's data; see `catalogue`."""
        return catalogue.form_sections(self.form_layout)

    def _form_cache_name(self):
        """Name under which a generated form is kept: another content gives another name."""
        self.ensure_one()
        content = [
            self.name,
            self.version_id.name,
            self.form_layout or "",
            self._office_name(),
            self._guide_url(),
            self.env.lang or "",
            FORM_EDITION,
        ]
        digest = hashlib.sha256("\n".join(content).encode()).hexdigest()
        return f"form-{self.id}-{digest[:16]}.pdf"

    def _office_name(self):
        """Who hands the form out: the name of the site that residents know."""
        return self.env["website"].get_current_website().name

    def _form_qr(self):
        """QR code of the guide's address as a data URL."""
        image = base64.b64encode(qr.make(self._guide_url(), box=4, border=2))
        return f"data:image/png;base64,{image.decode()}"

    def _guide_url(self):
        """Absolute address of the guide, for the QR code on the form."""
        return self.get_base_url() + self.version_id.item_id._public_url()

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
