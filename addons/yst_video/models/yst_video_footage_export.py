import base64
import binascii

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from odoo.addons.yst_base import limits

from .. import blur
from .yst_video_footage_request import OPERATOR

#: Pictures offered for one request.
MOST_PICTURES = 200


class FootageRequest(models.Model):
    """What is handed out for a footage request: pictures made unrecognisable, clips, papers."""

    _inherit = "yst.video.footage.request"

    file_list = fields.Json(
        compute="_compute_file_list",
        help="Files with name, size, SHA-256: `export` says whether they are handed out.",
    )

    @api.depends("file_ids")
    def _compute_file_list(self):
        evidence = self.env["yst.evidence"].sudo()
        found = evidence.search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)], order="id"
        ).grouped("res_id")
        for request in self:
            exported = request.sudo().file_ids
            request.file_list = [
                {
                    "id": file.id,
                    "name": file.name,
                    "kind": file.kind,
                    "size": file.size,
                    "sha256": file.sha256,
                    "export": file in exported,
                    "by": file.user_id.name,
                    "at": fields.Datetime.to_string(file.create_date),
                }
                for file in found.get(request.id, evidence)
            ]

    # ------------------------------------------------------------------ called by the form
    def footage_pictures(self):
        """Pictures of alerts that fall into what is asked for, for choosing.

        :return: list of dicts with id, camera, at (text), kind, boxes of persons (fractions)
        """
        self.ensure_one()
        self._must_export()
        snapshots = (
            self.env["yst.video.snapshot"]
            .sudo()
            .search(
                [
                    ("camera_id", "in", self.camera_ids.ids),
                    ("taken_at", ">=", self.start),
                    ("taken_at", "<=", self.stop),
                ],
                limit=MOST_PICTURES,
            )
        )
        kinds = dict(self.env["yst.video.alert"]._fields["kind"]._description_selection(self.env))
        return [
            {
                "id": snapshot.id,
                "camera": snapshot.camera_id.name,
                "at": fields.Datetime.to_string(snapshot.taken_at),
                "kind": kinds.get(snapshot.alert_id.kind, ""),
                "boxes": self._person_boxes(snapshot),
            }
            for snapshot in snapshots
        ]

    def footage_export(self, snapshot_id, rectangles=None, clear_boxes=None):
        """A picture with heads made unrecognisable, as a file to hand out.

        :param list rectangles: further regions drawn by the operator, dicts x, y, w, h (fractions)
        :param list clear_boxes: indexes of the person boxes that stay clear: those asked for
        :return: the request's list of files
        :raise UserError: the picture is not among those asked for, or a region is none
        """
        self.ensure_one()
        self._must_export()
        snapshot = self.env["yst.video.snapshot"].sudo().browse(int(snapshot_id)).exists()
        if not self._asked_for(snapshot):
            raise UserError(self.env._("This picture is not among those that are asked for."))
        clear = set(clear_boxes or ())
        boxes = self._person_boxes(snapshot)
        try:
            regions = [
                blur.head_region(box) for index, box in enumerate(boxes) if index not in clear
            ] + [blur.region(box) for box in rectangles or ()]
            data = blur.pixelate(
                self.env["yst.video.picture"]._snapshot_bytes(snapshot) or b"", regions
            )
        except (blur.BlurError, TypeError) as error:
            raise UserError(self._blur_words(getattr(error, "code", "region"))) from error
        self.env["yst.video.view.log"]._look(
            snapshot.camera_id, "export", "footage", self.number, record=snapshot
        )
        snapshot.kept = True
        moment = fields.Datetime.context_timestamp(self, snapshot.taken_at)
        name = f"{self.number}-{snapshot.camera_id.name}-{moment:%Y%m%d-%H%M%S}.jpg"
        evidence = self._evidence_add(data, name, taken_at=snapshot.taken_at)
        self._hand_out_also(evidence)
        return self.file_list

    def footage_add_file(self, data_b64, filename, export=False):
        """Add a paper (letter, authorisation) or, once approved, a clip or picture to hand out.

        :param str data_b64: the file
        :param bool export: it is handed out
        :return: the request's list of files
        :raise UserError: not now, or the file cannot be taken
        """
        self.ensure_one()
        if export:
            self._must_export()
        else:
            self._must(OPERATOR)
            if self.state not in ("draft", "submitted", "approved"):
                raise UserError(self.env._("Nothing is added to this request any more."))
        try:
            data = base64.b64decode(data_b64 or "", validate=True)
        except (binascii.Error, ValueError, TypeError) as error:
            raise UserError(self.env._("The file did not arrive complete.")) from error
        evidence = self._evidence_add(data, filename, kind="video" if export else "scan")
        if export:
            self._hand_out_also(evidence)
        return self.file_list

    # ------------------------------------------------------------------ helpers
    def _must_export(self):
        self._must(OPERATOR)
        if self.state != "approved":
            raise UserError(self.env._("Files are made once the request is approved."))

    def _hand_out_also(self, evidence):
        # sudo: nobody reads this evidence but through its route
        self.sudo()._with_state_unlocked().write({"file_ids": [fields.Command.link(evidence.id)]})

    def _asked_for(self, record):
        """Whether a picture or clip is of the cameras and the time asked for."""
        if not record or record.camera_id not in self.sudo().camera_ids:
            return False
        if record._name == "yst.video.clip":
            return record.started_at <= self.stop and self.start <= record.ended_at
        return self.start <= record.taken_at <= self.stop

    @api.model
    def _person_boxes(self, snapshot):
        """Boxes of the persons in a picture; those that are no boxes are left out."""
        found = []
        for box in snapshot.boxes or ():
            try:
                x, y, width, height = blur.region(box)
            except (blur.BlurError, TypeError):
                continue
            if (box.get("label") or "person") in ("person", "head", "face", "no_mask", "mask"):
                found.append({"x": x, "y": y, "w": width, "h": height})
        return found

    @api.model
    def _blur_words(self, code):
        _ = self.env._
        return {
            "picture": _("The picture is gone or cannot be read."),
            "too_many": _("There are too many rectangles."),
        }.get(code) or _("A rectangle is none. Please draw it again.")

    # ------------------------------------------------------------------ for the paper
    def _paper_lang(self):
        """Papers are in the language of who prints them."""
        return self.env.lang or "zh_CN"

    def _paper_day(self):
        """The day of the last step, in words."""
        self.ensure_one()
        moment = self.returned_at or self.handed_at or self.decided_at or self.submitted_at
        if not moment:
            return False
        return format_date(self.env, limits.to_local(moment).date(), date_format="long")
