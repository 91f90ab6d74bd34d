import tempfile

from odoo import fields, models
from odoo.exceptions import UserError

from .. import film_blur
from ..blur import BlurError

#: Clips offered for one request.
MOST_CLIPS = 100


class FootageRequest(models.Model):
    """Clips of alerts that are handed out: with everything unrecognisable but what is asked for."""

    _inherit = "yst.video.footage.request"

    # ------------------------------------------------------------------ called by the form
    def footage_clips(self):
        """Clips of alerts that fall into what is asked for, for choosing.

        :return: list of dicts with id, camera, at (text), kind, seconds, size, width, height, codec
        """
        self.ensure_one()
        self._must_export()
        clips = (
            self.env["yst.video.clip"]
            .sudo()
            .search(
                [
                    ("camera_id", "in", self.camera_ids.ids),
                    ("ended_at", ">=", self.start),
                    ("started_at", "<=", self.stop),
                ],
                limit=MOST_CLIPS,
            )
        )
        kinds = dict(self.env["yst.video.alert"]._fields["kind"]._description_selection(self.env))
        return [
            {
                "id": clip.id,
                "camera": clip.camera_id.name,
                "at": fields.Datetime.to_string(clip.started_at),
                "kind": kinds.get(clip.alert_id.kind, ""),
                "seconds": clip.seconds,
                "size": clip.size,
                "width": clip.width,
                "height": clip.height,
                "codec": clip.codec,
            }
            for clip in clips
        ]

    def footage_export_clip(self, clip_id, rectangles):
        """A clip with everything outside of some rectangles unrecognisable, as a file to hand out.

        :param list rectangles: what stays clear, dicts x, y, w, h (fractions)
        :return: the request's list of files
        :raise UserError: the clip is not among those asked for, or a rectangle is none
        """
        self.ensure_one()
        self._must_export()
        clip = self.env["yst.video.clip"].sudo().browse(int(clip_id)).exists()
        if not self._asked_for(clip):
            raise UserError(self.env._("This clip is not among those that are asked for."))
        try:
            data = self._clip_unrecognisable(clip, list(rectangles or ()))
        except (BlurError, TypeError, OSError) as error:
            raise UserError(self._clip_words(getattr(error, "code", "region"))) from error
        self.env["yst.video.view.log"]._look(
            clip.camera_id, "clip_export", "footage", self.number, record=clip
        )
        clip.kept = True
        moment = fields.Datetime.context_timestamp(self, clip.started_at)
        name = f"{self.number}-{clip.camera_id.name}-{moment:%Y%m%d-%H%M%S}.webm"
        evidence = self._evidence_add(data, name, kind="video", taken_at=clip.started_at)
        self._hand_out_also(evidence)
        return self.file_list

    # ------------------------------------------------------------------ helpers
    def _clip_unrecognisable(self, clip, rectangles):
        film = clip._film()
        if film.store_fname:
            return film_blur.unrecognisable(film._full_path(film.store_fname), rectangles)
        with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
            file.write(film.raw or b"")
            file.flush()
            return film_blur.unrecognisable(file.name, rectangles)

    def _clip_words(self, code):
        _ = self.env._
        return {
            "film": _("The clip is gone or cannot be read."),
            "none": _("Draw a rectangle around what is asked for: all else becomes blocks."),
            "too_much": _("At most half of the picture may stay clear."),
            "too_many": _("There are too many rectangles."),
            "too_long": _(
                "The clip is too long to be worked on here. Export it at the recorder and add it"
                " as a file."
            ),
        }.get(code) or _("A rectangle is none. Please draw it again.")
