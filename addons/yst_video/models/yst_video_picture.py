import base64
import binascii
import hashlib
import io

from PIL import Image

from odoo import api, models

#: Widths in pixels that a picture is made small to: few, so that nobody makes the server work.
SIZES = {"160", "320", "480", "640"}


class VideoPicture(models.AbstractModel):
    """The pictures of cameras (画面) and who may see them. Every look goes through here."""

    _name = "yst.video.picture"
    _description = "Pictures of cameras"

    @api.model
    def _snapshot(self, snapshot_id, footage_id=None):
        """(snapshot as superuser, purpose, note) if the user may see it, else (empty, None, None).

        Whoever may read the alert may see its pictures; so may those who have the order in hand
        that the alert led to, wherever their own area lies. Somebody who chooses pictures for an
        approved footage request looks at those it asks for on its account, not on the alert's.

        :param footage_id: id of the footage request that the picture is looked at for
        """
        return self._of_alert(self.env["yst.video.snapshot"], snapshot_id, footage_id)

    @api.model
    def _clip(self, clip_id, footage_id=None):
        """As `_snapshot`, for a clip."""
        return self._of_alert(self.env["yst.video.clip"], clip_id, footage_id)

    @api.model
    def _of_alert(self, model, record_id, footage_id):
        record = model.sudo().browse(record_id).exists()
        alert = record.alert_id
        if not record:
            return record, None, None
        request = self.env["yst.video.footage.request"].browse(footage_id or ()).exists()
        if (
            request
            and request.has_access("read")
            and request.state == "approved"
            and request._asked_for(record)
        ):
            purpose, note = "footage", request.number
        else:
            purpose, note = "alert", None
        if alert.with_env(self.env)._filtered_access("read"):
            return record, purpose, note
        if alert.order_id.with_env(self.env)._filtered_access("read"):
            return record, "order", None
        return record.browse(), None, None

    @api.model
    def _snapshot_bytes(self, snapshot):
        """The picture's bytes, None when they are gone; access is the caller's affair."""
        attachment = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", snapshot._name),
                    ("res_id", "=", snapshot.id),
                    ("res_field", "=", "image"),
                ],
                limit=1,
            )
        )
        return attachment.raw or None

    @api.model
    def _still(self, camera):
        """(bytes, taken_at) of the camera's latest picture, (None, None) when there is none.

        Access is the caller's affair.
        """
        still = self.env["yst.video.still"].sudo().search([("camera_id", "=", camera.id)])
        data = still.with_context(bin_size=False).image
        try:
            return (base64.b64decode(data), still.taken_at) if data else (None, None)
        except (binascii.Error, ValueError):
            return None, None

    @api.model
    def _made_small(self, jpeg, size):
        """The picture at most ``size`` pixels wide, itself when it is no wider or unreadable.

        :param size: one of `SIZES` as text, anything else leaves the picture as it is
        """
        if size not in SIZES:
            return jpeg
        try:
            with Image.open(io.BytesIO(jpeg)) as image:
                width = int(size)
                if image.format != "JPEG" or image.width <= width:
                    return jpeg
                height = max(1, round(image.height * width / image.width))
                image.draft("RGB", (width, height))  # decoded at a fraction of its size already
                small = image.convert("RGB").resize((width, height), Image.Resampling.BILINEAR)
        except (OSError, ValueError, Image.DecompressionBombError):
            return jpeg
        stream = io.BytesIO()
        small.save(stream, "JPEG", quality=80)
        return stream.getvalue()

    @api.model
    def _etag(self, data, size):
        return f"{hashlib.sha256(data).hexdigest()}-{size if size in SIZES else 'full'}"
