import base64
import binascii

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..rules import EXAMINED_STATES, may_reject, may_upload

#: Photos of one material; a household register has some 16 pages.
MAX_PHOTOS = 20


class ServiceCaseLine(models.Model):
    """One material of an application (申请材料).

    ``photo_ids`` are the photos that count now; ``evidence_ids`` (``yst.evidence.mixin``) are
    all that were ever handed in, so that what a correction replaced can still be seen.
    """

    _name = "yst.service.case.line"
    _description = "Application Material"
    _inherit = ["yst.evidence.mixin"]
    _order = "case_id, sequence, id"
    _evidence_via = "case_id"

    case_id = fields.Many2one(
        "yst.service.case", required=True, readonly=True, index=True, ondelete="cascade"
    )
    material_id = fields.Many2one(
        "yst.service.material", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    sequence = fields.Integer(default=10, readonly=True)
    name = fields.Char("Material name", required=True, readonly=True)
    required = fields.Boolean(default=True, readonly=True)
    state = fields.Selection(
        [
            ("missing", "Not handed in"),
            ("uploaded", "Handed in"),
            ("accepted", "In order"),
            ("rejected", "Faulty"),
        ],
        required=True,
        default="missing",
        readonly=True,
    )
    reason_id = fields.Many2one("yst.service.reason", readonly=True, ondelete="restrict")
    reason_note = fields.Char(readonly=True)
    photo_ids = fields.Many2many(
        "yst.evidence", "yst_service_case_line_photo_rel", "line_id", "evidence_id",
        string="Photos", readonly=True,
    )
    revision = fields.Integer(
        default=0, readonly=True, help="Correction in which it was last handed in; 0 at first."
    )
    correction_number = fields.Integer(
        default=0, readonly=True, help="Correction in which it was last asked for; 0 if never."
    )
    reviewed_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    reviewed_at = fields.Datetime(readonly=True)

    # --- the resident

    def _may_upload(self):
        """Whether a photo may be handed in for this material now."""
        self.ensure_one()
        case = self.case_id
        return may_upload(case.state, self.state, self.correction_number, case.correction_count)

    def _upload(self, data, filename, **meta):
        """Take one photo or document of this material.

        :param bytes data: the file as received
        :param meta: ``taken_at``, ``position`` and such, handed on to ``_evidence_add``
        :return: {"evidence_id": int, "problems": [codes]}; with problems the caller should ask
            for a retake, the photo is kept nevertheless
        :raises UserError: not now, too many, or a file that cannot be taken
        """
        self.ensure_one()
        self.case_id._check_hand()
        line = self.sudo()
        if not line._may_upload():
            raise UserError(self.env._("“%s” cannot be handed in now.", line.name))
        again = line.case_id.state == "correction" and (
            line.revision != line.case_id.correction_count
        )
        if not again and len(line.photo_ids) >= MAX_PHOTOS:
            raise UserError(
                self.env._("“%(name)s” has %(count)s photos already. Remove one first.",
                           name=line.name, count=MAX_PHOTOS)
            )
        evidence = line._evidence_add(data, filename, **meta)
        kept = line.env["yst.evidence"] if again else line.photo_ids
        line.write({
            "photo_ids": [fields.Command.set((kept | evidence).ids)],
            "state": "uploaded",
            "revision": line.case_id.correction_count,
        })
        return {"evidence_id": evidence.id, "problems": list(evidence.problems or [])}

    # --- the clerk

    def action_accept_material(self):
        """The material is in order (材料合格); away from the portal also a paper only seen."""
        self._review("accepted", {"reason_id": False, "reason_note": False})
        return True

    def action_reject_material(self, reason, note=None):
        """The material is faulty (材料不合格), for a coded reason.

        The resident is told of it only with ``action_ask_correction``, of all at once.

        :param reason: ``yst.service.reason`` of kind material, or its id
        """
        reason = self.env["yst.service.reason"].browse(getattr(reason, "id", reason)).exists()
        if not reason or reason.kind != "material":
            raise UserError(self.env._("Choose what is wrong with the material."))
        for line in self:
            if not may_reject(line.revision, line.case_id.correction_count):
                raise UserError(
                    self.env._("“%s” was not objected to the first time. After the one-time "
                               "correction only what was handed in anew can be faulty.", line.name)
                )
        self._review("rejected", {"reason_id": reason.id, "reason_note": note})
        return True

    def _review(self, state, values):
        cases = self.case_id
        cases._check_clerk()
        for case in cases:
            if case.state not in EXAMINED_STATES:
                raise UserError(
                    self.env._("The materials of this application are not under review.")
                )
        if state == "accepted" and any(
            line.state == "missing" and line.case_id.channel == "portal" for line in self
        ):
            raise UserError(self.env._("A material that was not handed in cannot be in order."))
        self.sudo().write({
            **values,
            "state": state,
            "reviewed_by_id": self.env.uid,
            "reviewed_at": fields.Datetime.now(),
        })

    def upload_files(self, files):
        """Take photos at the window, for someone who brings paper.

        :param files: [{"name": str, "data": base64}]
        :return: what to tell the clerk about photos that are hard to read
        """
        self.ensure_one()
        self.case_id._check_clerk()
        problems = []
        for file in files:
            try:
                data = base64.b64decode(file["data"], validate=True)
            except (KeyError, TypeError, ValueError, binascii.Error) as error:
                raise UserError(
                    self.env._("The file did not arrive complete. Try again.")
                ) from error
            problems += self._upload(data, str(file.get("name") or ""))["problems"]
        return sorted(set(problems))

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        if any(line.case_id.state != "draft" for line in self):
            raise UserError(self.env._("The materials of an application cannot be deleted."))
