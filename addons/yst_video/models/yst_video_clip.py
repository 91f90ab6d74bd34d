from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .. import mp4
from ..api_error import ApiError, unprocessable
from .yst_video_wall import milliseconds

CODECS = [("h264", "H.264"), ("h265", "H.265")]


class YstVideoClip(models.Model):
    """The seconds around the opening of an alert, as the camera sent them (录像片段).

    One an alert, without sound, written by the bridges' interface alone. Nobody reads the film
    through the ORM: it leaves by the route that records who looked.
    """

    _name = "yst.video.clip"
    _description = "Clip of an alert"
    _order = "started_at, id"
    _rec_name = "started_at"

    alert_id = fields.Many2one(
        "yst.video.alert", required=True, readonly=True, ondelete="cascade"  # see _once
    )
    camera_id = fields.Many2one(
        "yst.video.camera", required=True, readonly=True, index=True, ondelete="restrict"
    )
    started_at = fields.Datetime(required=True, readonly=True, index=True)
    ended_at = fields.Datetime(required=True, readonly=True)
    seconds = fields.Float("Length (s)", required=True, readonly=True, digits=(6, 1))
    codec = fields.Selection(CODECS, required=True, readonly=True)
    width = fields.Integer(readonly=True)
    height = fields.Integer(readonly=True)
    size = fields.Integer(required=True, readonly=True, help="Bytes.")
    sha256 = fields.Char("SHA-256", required=True, readonly=True)
    video = fields.Binary(attachment=True, readonly=True, groups=fields.NO_ACCESS)
    kept = fields.Boolean(
        readonly=True, help="Evidence of a case: not deleted when the retention period ends."
    )

    _once = models.UniqueIndex("(alert_id)")

    @api.model
    def _take(self, uid, upload, started_at, seconds, codec):
        """Store the clip of an alert.

        :param str uid: the alert's
        :param upload: ``clip_upload.Upload``, of which the SHA-256 was compared already
        :param started_at: of the first picture, naive UTC
        :param float seconds: as the bridge says
        :param str codec: as the bridge says
        :return: whether it is new; False when this very clip is there already
        :raise ApiError: 404 no such alert, 409 it has another clip, 422 not a clip that may be kept
        """
        alert = self.env["yst.video.alert"]._of_identity(uid)
        if not alert:
            raise ApiError(404, "not_found", "no such alert")
        if alert.camera_id.pixelate:
            raise ApiError(
                422, "pixelated", "people on this camera are made unrecognisable before storing"
            )
        known = self.search([("alert_id", "=", alert.id)])
        if known:
            return self._known(known.sha256, upload)
        try:
            movie = mp4.read(upload.file)
        except mp4.Mp4Error as error:
            raise unprocessable(f"body: {error}") from None
        if movie.codec != codec:
            raise unprocessable("X-Clip-Codec: not the codec of the clip")
        now = fields.Datetime.now()
        stored = self.env.execute_query(
            SQL(
                """INSERT INTO yst_video_clip
                          (alert_id, camera_id, started_at, ended_at, seconds, codec, width,
                           height, size, sha256, create_uid, create_date, write_uid, write_date)
                   VALUES (%(alert)s, %(camera)s, %(start)s, %(end)s, %(seconds)s, %(codec)s,
                           %(width)s, %(height)s, %(size)s, %(sha256)s, %(uid)s, %(now)s, %(uid)s,
                           %(now)s)
              ON CONFLICT (alert_id) DO NOTHING
                RETURNING id""",
                alert=alert.id,
                camera=alert.camera_id.id,
                start=started_at,
                end=started_at + timedelta(seconds=seconds),
                seconds=seconds,
                codec=codec,
                width=movie.width,
                height=movie.height,
                size=upload.size,
                sha256=upload.sha256,
                uid=self.env.uid,
                now=now,
            )
        )
        if not stored:
            known = self.search([("alert_id", "=", alert.id)])
            return self._known(known.sha256, upload)
        self._attach(stored[0][0], upload)
        self.invalidate_model()
        alert.invalidate_recordset(["clip_ids"])
        # an open form shows the clip at once
        alert._announce(
            [
                {
                    "id": alert.id,
                    "uid": alert.uid,
                    "camera_id": alert.camera_id.id,
                    "kind": alert.kind,
                    "episode_state": alert.episode_state,
                    "last_at": alert.last_at,
                }
            ]
        )
        return True

    @api.model
    def _known(self, sha256, upload):
        if sha256 != upload.sha256:
            raise ApiError(409, "other_clip", "the alert has another clip already")
        return False

    @api.model
    def _attach(self, clip_id, upload):
        """Keep the film as the attachment of ``video``; a file is copied, not read.

        :raise OSError: the disk is full or fails
        """
        attachments = self.env["ir.attachment"].sudo()
        values = {
            "name": "video",
            "res_model": self._name,
            "res_field": "video",
            "res_id": clip_id,
            "type": "binary",
            "mimetype": "video/mp4",
        }
        if attachments._storage() != "file":
            attachments.create({**values, "raw": upload.read()})
            return
        # the clean-up of files that nothing refers to waits until the attachment is there
        self.env.cr.execute("LOCK TABLE ir_attachment IN ROW EXCLUSIVE MODE")
        name = f"{upload.sha1[:2]}/{upload.sha1}"
        upload.place(attachments._filestore(), name)
        values |= {
            "file_size": upload.size,
            "checksum": upload.sha1,
            "store_fname": name,
            "company_id": self.env.company.id,
            "create_uid": self.env.uid,
            "create_date": self.env.cr.now(),
            "write_uid": self.env.uid,
            "write_date": self.env.cr.now(),
        }
        self.env.cr.execute(
            SQL(
                "INSERT INTO ir_attachment (%s) VALUES (%s)",
                SQL(", ").join(map(SQL.identifier, values)),
                SQL(", ").join(SQL("%s", value) for value in values.values()),
            )
        )
        attachments.invalidate_model()

    def _for_screen(self):
        """What a screen has to know to offer the clip; the film comes by its own route."""
        self.ensure_one()
        return {
            "id": self.id,
            "at": milliseconds(self.started_at),
            "seconds": self.seconds,
            "size": self.size,
            "width": self.width,
            "height": self.height,
            "codec": self.codec,
        }

    def _film(self):
        """The attachment that holds the film; empty when it is gone. Access is the caller's."""
        self.ensure_one()
        return (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "=", self.id),
                    ("res_field", "=", "video"),
                ],
                limit=1,
            )
        )
