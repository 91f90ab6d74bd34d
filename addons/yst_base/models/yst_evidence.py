import hashlib
import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Domain

from .. import photo

_logger = logging.getLogger(__name__)

# Compared by identity: a context that comes over RPC is JSON and can never hold this object.
_TOKEN = object()
_TOKEN_KEY = "yst_evidence_token"


def is_trusted(env):
    """True inside the few methods that may create or remove evidence."""
    return env.context.get(_TOKEN_KEY) is _TOKEN


class Evidence(models.Model):
    """One photo, scan, clip or paper (证据材料) with who, when, where and SHA-256.

    Written once through ``yst.evidence.mixin._evidence_add`` and never edited, not even by the
    superuser; removed only by ``_evidence_forget`` of the record that it belongs to, which leaves
    an audit line. It may be read by whoever may read that record, and by nobody else.
    """

    _name = "yst.evidence"
    _description = "Evidence"
    _order = "id desc"

    name = fields.Char(required=True)
    kind = fields.Selection(
        [
            ("photo", "Photo"),
            ("scan", "Scan"),
            ("video", "Video"),
            ("document", "Document (PDF)"),
        ],
        required=True,
        default="photo",
    )
    res_model = fields.Char("Model", required=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", required=True)
    owner_name = fields.Char("Belongs to", compute="_compute_owner_name")
    mimetype = fields.Char("File type", required=True)
    size = fields.Integer("Size (bytes)", aggregator=False)
    width = fields.Integer("Width (px)", aggregator=False)
    height = fields.Integer("Height (px)", aggregator=False)
    sha256 = fields.Char("SHA-256", required=True, index=True)
    source_sha256 = fields.Char(
        "SHA-256 as sent", help="Of the file that was sent, before it was turned and made smaller."
    )
    taken_at = fields.Datetime(help="By the camera's clock; empty when the file does not say.")
    latitude = fields.Float(digits=(10, 7), aggregator=False, help="WGS-84")
    longitude = fields.Float(digits=(10, 7), aggregator=False, help="WGS-84")
    has_position = fields.Boolean()
    user_id = fields.Many2one("res.users", "Sent by", required=True, ondelete="restrict")
    partner_id = fields.Many2one("res.partner", "Person", index=True, ondelete="restrict")
    sharpness = fields.Float(digits=(8, 4), aggregator=False)
    brightness = fields.Float(digits=(8, 1), aggregator=False)
    problems = fields.Json(
        help="Codes of what makes it hard to read: blurred, dark, small. Empty: nothing."
    )
    derived_from_id = fields.Many2one(
        "yst.evidence", "Made from", index="btree_not_null", ondelete="restrict"
    )
    derived_ids = fields.One2many("yst.evidence", "derived_from_id", "Straightened")
    content = fields.Binary("File", attachment=True)
    thumbnail = fields.Binary("Thumbnail", attachment=True)

    _owner_idx = models.Index("(res_model, res_id)")

    # ------------------------------------------------------------------ computes
    @api.depends("res_model", "res_id")
    def _compute_owner_name(self):
        """One query a model, not one a record."""
        for res_model, evidences in self.grouped("res_model").items():
            if res_model not in self.env:
                evidences.owner_name = False
                continue
            owners = self.env[res_model].browse(evidences.mapped("res_id")).exists()
            owners = owners._filtered_access("read")
            names = {owner.id: owner.display_name for owner in owners}
            for evidence in evidences:
                evidence.owner_name = names.get(evidence.res_id, False)

    # ------------------------------------------------------------------ access
    @api.model
    def _evidence_models(self):
        """Names of the models that keep evidence."""
        registry = self.env.registry
        names = registry["yst.evidence.mixin"]._inherit_children
        return sorted(name for name in names if name in registry and not registry[name]._abstract)

    def _check_access(self, operation):
        """Besides rights on evidence itself: the record that it belongs to must be readable."""
        result = super()._check_access(operation)
        if self.env.su or not any(self._ids):
            return result
        forbidden = result[0] if result else self.browse()
        if forbidden == self:
            return result
        rest = (self - forbidden).sudo()
        refused = self.browse()
        for res_model, evidences in rest.grouped("res_model").items():
            allowed = self._readable_owner_ids(res_model, evidences.mapped("res_id"))
            refused += self.browse(evidences.filtered(lambda e: e.res_id not in allowed).ids)  # noqa: B023
        if not refused:
            return result
        return forbidden + refused, lambda: AccessError(
            self.env._("You may see evidence only of the records that you may see.")
        )

    @api.model
    def _readable_owner_ids(self, res_model, res_ids):
        if res_model not in self._evidence_models():
            return set()
        owners = self.env[res_model].browse(set(res_ids)).exists()
        return set(owners._evidence_readable().ids)

    @api.model
    def _search(
        self,
        domain,
        offset=0,
        limit=None,
        order=None,
        *,
        active_test=True,
        bypass_access=False,
    ):
        """Only evidence of readable records: one subquery for each model that keeps evidence."""
        domain = Domain(domain)
        if not self.env.su and not bypass_access:
            domain &= self._owner_domain(domain)
        return super()._search(
            domain, offset, limit, order, active_test=active_test, bypass_access=bypass_access
        )

    @api.model
    def _owner_domain(self, domain):
        wanted = None
        for condition in domain.optimize(self).iter_conditions():
            if condition.field_expr == "res_model" and condition.operator == "in":
                wanted = set(condition.value) | (wanted or set())
        owners = Domain.FALSE
        for name in self._evidence_models():
            if wanted is not None and name not in wanted:
                continue
            query = self.env[name]._evidence_readable_query()
            if query is not None:
                owners |= Domain("res_model", "=", name) & Domain("res_id", "in", query)
        return owners

    # ------------------------------------------------------------------ written once
    @api.model_create_multi
    def create(self, vals_list):
        if not is_trusted(self.env):
            raise UserError(
                self.env._("Evidence is added through the record that it belongs to.")
            )
        return super().create(vals_list)

    def write(self, vals):
        raise UserError(self.env._("Evidence cannot be changed."))

    def unlink(self):
        if not is_trusted(self.env):
            raise UserError(self.env._("Evidence cannot be deleted."))
        return super().unlink()

    def copy(self, default=None):
        raise UserError(self.env._("Evidence cannot be copied."))

    # ------------------------------------------------------------------ actions
    def action_verify(self):
        """Compare the stored files with their SHA-256 and tell the user."""
        self.check_access("read")
        broken = self._verify()
        if broken:
            _logger.error("Evidence does not match its SHA-256: ids %s", broken.ids)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "danger" if broken else "success",
                "sticky": bool(broken),
                "message": self.env._(
                    "Changed or lost since it was handed in: %s", ", ".join(broken.mapped("name"))
                )
                if broken
                else self.env._("Unchanged since it was handed in."),
            },
        }

    def action_open_owner(self):
        """Open the record that the evidence belongs to."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }

    # ------------------------------------------------------------------ for other models
    def _content(self):
        """The file's bytes; access is the caller's affair.

        :raises MissingError: when the file is gone from the store
        """
        self.ensure_one()
        attachment = self._attachment("content")
        data = attachment.raw
        if not data:
            raise MissingError(self.env._("The file of “%s” is missing.", self.name))
        return data

    def _attachment(self, field):
        """The stored file behind ``content`` or ``thumbnail`` (sudo)."""
        self.ensure_one()
        return (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "=", self.id),
                    ("res_field", "=", field),
                ],
                limit=1,
            )
        )

    def _verify(self):
        """Those whose stored file no longer has the SHA-256 that was written down."""
        broken = self.browse()
        for evidence in self:
            data = evidence._attachment("content").raw or b""
            if hashlib.sha256(data).hexdigest() != evidence.sudo().sha256:
                broken += evidence
        return broken

    def _find_paper(self):
        """Corners of the sheet in the photo (see ``photo.find_paper``), or None."""
        self.ensure_one()
        if not self.mimetype.startswith("image/"):
            return None
        return photo.find_paper(self._content())

    def _straighten(self, corners=None):
        """Make the sheet in the photo rectangular, as further evidence beside the original.

        :param corners: as of :meth:`_find_paper`, which is asked when they are not given
        :return: the new evidence, or an empty set when no sheet stands out
        :raises UserError: corners that do not span a sheet
        """
        self.ensure_one()
        corners = corners or self._find_paper()
        if not corners:
            return self.browse()
        try:
            flat = photo.straighten(self._content(), corners)
        except (TypeError, ValueError) as error:
            raise UserError(self.env._("Mark the four corners of the sheet.")) from error
        owner = self.env[self.res_model].browse(self.res_id)
        return owner._evidence_add(
            flat,
            self.name,
            kind="scan",
            taken_at=self.taken_at,
            position=(self.latitude, self.longitude) if self.has_position else None,
            partner=self.partner_id,
            derived_from=self,
        )

    @api.model
    def _store(self, values, data, thumbnail=None):
        """Write evidence with its file and check what arrived in the store.

        :param values: of the record, without the file's facts
        :return: the evidence, in the environment of the caller
        """
        values = {
            **values,
            "size": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "user_id": self.env.uid,
        }
        trusted = self.sudo().with_context(
            **{_TOKEN_KEY: _TOKEN, "image_no_postprocess": True, "tracking_disable": True}
        )
        evidence = trusted.create(values)
        files = [("content", data, values["mimetype"])]
        if thumbnail:
            files.append(("thumbnail", thumbnail, "image/jpeg"))
        attachments = trusted.env["ir.attachment"].create(
            [
                {
                    "name": field,
                    "raw": content,
                    "mimetype": mimetype,
                    "res_model": self._name,
                    "res_id": evidence.id,
                    "res_field": field,
                    "type": "binary",
                }
                for field, content, mimetype in files
            ]
        )
        if attachments[0].file_size != len(data):
            raise UserError(self.env._("The file could not be stored. Please try again."))
        evidence.invalidate_recordset(["content", "thumbnail"])
        return self.browse(evidence.id)

    def _remove(self, reason):
        """Delete evidence for good, with an audit line each. For ``_evidence_forget`` only."""
        if not self:
            return
        everything = found = self.sudo()
        while found := found.search([("derived_from_id", "in", found.ids)]) - everything:
            everything |= found
        log = self.env["yst.audit.log"].sudo()
        for evidence in everything:
            log._log(
                "deletion",
                evidence,
                reason=reason,
                detail=f"{evidence.res_model},{evidence.res_id} sha256={evidence.sha256}",
            )
        everything.with_context(**{_TOKEN_KEY: _TOKEN}).unlink()
