import base64
import binascii
import hashlib
from datetime import timezone

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .. import photo


class EvidenceMixin(models.AbstractModel):
    """For models that keep evidence (证据材料): photos, scans, clips, papers.

    Contract for those who inherit:

    - whoever may read the record may read its evidence. A model that has no rights of its own,
      because it is part of another record, sets ``_evidence_via`` to the Many2one to that record;
    - ``_evidence_token`` answers the token of ``portal.mixin`` that also opens the evidence;
    - evidence is removed by ``_evidence_forget`` only, which the model calls from its own rule of
      retention (a draft thrown away, a period run out), never from a button by itself.
    """

    _name = "yst.evidence.mixin"
    _description = "Evidence Mixin"

    _evidence_via = None

    evidence_ids = fields.One2many("yst.evidence", "res_id", "Evidence", readonly=True)
    evidence_count = fields.Integer("Pieces of evidence", compute="_compute_evidence_count")

    def _compute_evidence_count(self):
        counts = dict(
            self.env["yst.evidence"]
            .sudo()
            ._read_group(
                [("res_model", "=", self._name), ("res_id", "in", self.ids)],
                ["res_id"],
                ["__count"],
            )
        )
        for record in self:
            record.evidence_count = counts.get(record.id, 0)

    def unlink(self):
        """Evidence does not go with its record unnoticed."""
        if self.ids and self.env["yst.evidence"].sudo().search_count(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)], limit=1
        ):
            raise UserError(
                self.env._("This record cannot be deleted: evidence was handed in for it.")
            )
        return super().unlink()

    # ------------------------------------------------------------------ adding
    def _evidence_add(
        self,
        data,
        filename,
        *,
        kind="photo",
        taken_at=None,
        position=None,
        watermark=None,
        partner=None,
        derived_from=None,
    ):
        """Take a file as evidence of this record. The caller has checked who may.

        A picture becomes an upright JPEG of at most 2400 pixels without metadata; time and place
        are read out of it first. A PDF is kept as it is, so is a clip.

        :param bytes data: the file as it was received
        :param filename: as claimed by the sender; anything
        :param kind: photo or scan for pictures; video lets clips in; a PDF is a document always
        :param taken_at: naive UTC or aware datetime; default: what the camera wrote
        :param position: (latitude, longitude) in WGS-84; default: what the camera wrote
        :param watermark: True for time, place and person, or lines of text, or a function of
            (taken_at, position) that answers the lines
        :param partner: whose evidence; default: the user's own partner
        :return: yst.evidence; its ``problems`` name what the sender should be asked to mend
        :raises UserError: the file cannot be taken, in words for the sender
        """
        self.ensure_one()
        Evidence = self.env["yst.evidence"]
        try:
            report, kept = photo.receive(data, filename, video=kind == "video")
            thumbnail = photo.thumbnail(kept) if report.kind == "photo" else None
        except photo.PhotoError as error:
            raise UserError(self._evidence_refusal(error)) from error
        taken_at = self._evidence_utc(taken_at or report.taken_at)
        position = self._evidence_position(position or report.position)
        partner = partner or self.env.user.partner_id
        if watermark and report.kind == "photo":
            kept, thumbnail = self._evidence_mark(kept, watermark, taken_at, position, partner)
        mimetype = "image/jpeg" if report.kind == "photo" else report.mimetype
        values = {
            "res_model": self._name,
            "res_id": self.id,
            "name": photo.safe_filename(filename, mimetype, self.env._("file")),
            "kind": kind if report.kind == "photo" and kind in ("photo", "scan") else report.kind,
            "mimetype": mimetype,
            "width": report.width,
            "height": report.height,
            "sharpness": report.blur,
            "brightness": report.brightness,
            "problems": list(report.problems) or False,
            "source_sha256": hashlib.sha256(data).hexdigest(),
            "taken_at": taken_at,
            "has_position": bool(position),
            "latitude": position[0] if position else 0.0,
            "longitude": position[1] if position else 0.0,
            "partner_id": partner.id,
            "derived_from_id": derived_from.id if derived_from else False,
        }
        evidence = Evidence._store(values, kept, thumbnail)
        self.invalidate_recordset(["evidence_ids", "evidence_count"])
        return evidence

    def _evidence_forget(self, reason, evidence=None):
        """Remove evidence of these records for good, as the owner's rule of retention says.

        :param reason: goes into the audit log
        :param evidence: only these; default: all of it
        """
        domain = Domain("res_model", "=", self._name) & Domain("res_id", "in", self.ids)
        if evidence is not None:
            domain &= Domain("id", "in", evidence.ids)
        self.env["yst.evidence"].sudo().search(domain)._remove(reason)
        self.invalidate_recordset(["evidence_ids", "evidence_count"])

    # ------------------------------------------------------------------ access
    def _evidence_readable(self):
        """Those of these records whose evidence the user may read."""
        if not self._evidence_via:
            return self._filtered_access("read")
        sudo = self.sudo()
        parents = sudo[self._evidence_via].with_env(self.env)._filtered_access("read")
        return self.browse(sudo.filtered_domain([(self._evidence_via, "in", parents.ids)]).ids)

    @api.model
    def _evidence_readable_query(self):
        """Subquery of all records whose evidence the user may read, None when there are none."""
        via = self._evidence_via
        guard = self.env[self._fields[via].comodel_name] if via else self
        if not guard.has_access("read"):
            return None
        guard = guard.with_context(active_test=False)
        if not via:
            return guard._search(Domain.TRUE)
        return self.sudo().with_context(active_test=False)._search(
            Domain(via, "in", guard._search(Domain.TRUE))
        )

    def _evidence_token(self):
        """The token that opens this record's evidence without a login, if there is one."""
        self.ensure_one()
        owner = self[self._evidence_via] if self._evidence_via else self
        return owner.access_token if "access_token" in owner._fields else False

    # ------------------------------------------------------------------ helpers
    @api.model
    def _evidence_decode(self, data_b64, megabytes):
        """The bytes of a photo that a browser sent as base64.

        :param megabytes: it may not be larger
        :raises UserError: larger than that, or cut off on its way
        """
        most = megabytes * 1024 * 1024 * 4 // 3
        if not isinstance(data_b64, (str, bytes)) or len(data_b64) > most:
            raise UserError(self.env._("The photo is larger than %s MB.", megabytes))
        try:
            return base64.b64decode(data_b64, validate=True)
        except (binascii.Error, ValueError) as error:
            raise UserError(
                self.env._("The photo did not arrive complete. Please send it again.")
            ) from error

    def _evidence_refusal(self, error):
        """What to tell the sender of a file that cannot be taken."""
        _ = self.env._
        words = {
            "empty": _("The file is empty. Please choose it again."),
            "too_large": _("The file is larger than 25 MB. Please send a smaller one."),
            "not_an_image": _(
                "This is not a photo. Photos (JPG, PNG, HEIC, WebP) and PDF files can be taken."
            ),
            "bomb": _("The picture is too large to be opened. Please take the photo again."),
            "pages": _("The PDF has more than 30 pages. Please send only the pages asked for."),
            "unreadable": _(
                "The file is damaged or did not arrive complete. Please send it again."
            ),
            "encrypted": _("The PDF is locked with a password. Please send it without."),
            "active_content": _(
                "The PDF holds programs or attached files. Please send a photo of the page instead."
            ),
            "no_font": _("The server has no Chinese font. Please tell the administrator."),
        }
        return words.get(error.code) or words["unreadable"]

    def _evidence_problem_words(self, problems):
        """Soft problems in words, for the sender to take the photo again."""
        _ = self.env._
        words = {
            "blurred": _("The photo is blurred. Hold the phone still and take it again."),
            "dark": _("The photo is too dark. Take it again with more light."),
            "small": _("The photo is too small to be read. Take it again from closer by."),
        }
        return [words[code] for code in problems or [] if code in words]

    @api.model
    def _evidence_utc(self, moment):
        if moment and moment.tzinfo:
            moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
        return moment and moment.replace(microsecond=0)

    @api.model
    def _evidence_position(self, position):
        """(latitude, longitude) as floats within the globe, or None."""
        try:
            latitude, longitude = (float(part) for part in position)
        except (TypeError, ValueError):
            return None
        if -90 <= latitude <= 90 and -180 <= longitude <= 180:  # NaN fails as well
            return latitude, longitude
        return None

    def _evidence_mark(self, picture, watermark, taken_at, position, partner):
        """(picture, thumbnail) with lines of text along the lower edge."""
        if watermark is True:
            moment = fields.Datetime.context_timestamp(self, taken_at or fields.Datetime.now())
            place = f"{position[0]:.5f}, {position[1]:.5f}" if position else ""
            watermark = [f"{moment:%Y-%m-%d %H:%M:%S}", place, partner.sudo().name or ""]
        elif callable(watermark):
            watermark = watermark(taken_at, position)
        elif isinstance(watermark, str):
            watermark = watermark.splitlines()
        try:
            picture = photo.watermark(picture, watermark)
        except photo.PhotoError as error:
            raise UserError(self._evidence_refusal(error)) from error
        return picture, photo.thumbnail(picture)
