import base64
import binascii
import hashlib

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .. import stamp_image


class DocumentStamp(models.AbstractModel):
    """An image that stands for somebody's hand (印模、签名): stored once, under narrow rights.

    Whoever may read the record sees it; the maker of the PDF asks ``_png``. It is not exported.
    """

    _name = "yst.document.stamp"
    _description = "Image of a seal or signature"

    _stamp_square = False

    image = fields.Binary(
        required=True, attachment=True, copy=False, exportable=False,
        help="PNG or JPEG; white ground is taken away.",
    )
    image_sha256 = fields.Char("SHA-256 of the image", readonly=True, copy=False)

    @api.model_create_multi
    def create(self, vals_list):
        """:raise UserError: the image cannot be used"""
        return super().create([self._cleaned(vals) for vals in vals_list])

    def write(self, vals):
        """:raise UserError: the image cannot be used"""
        return super().write(self._cleaned(vals))

    def copy(self, default=None):
        raise UserError(self.env._("Images of seals and signatures are not copied."))

    def export_data(self, fields_to_export):
        """:raise AccessError: the image is asked for"""
        if any(str(name).split("/")[0] == "image" for name in fields_to_export):
            raise AccessError(self.env._("Images of seals and signatures are not exported."))
        return super().export_data(fields_to_export)

    @api.model
    def _cleaned(self, vals):
        vals = {name: value for name, value in vals.items() if name != "image_sha256"}
        if "image" not in vals:
            return vals
        try:
            given = base64.b64decode(vals["image"] or b"", validate=False)
            png = stamp_image.clean(given, self._stamp_square)
        except (binascii.Error, TypeError, ValueError) as error:
            raise UserError(self._image_trouble(str(error))) from error
        return {
            **vals,
            "image": base64.b64encode(png),
            "image_sha256": hashlib.sha256(png).hexdigest(),
        }

    @api.model
    def _image_trouble(self, code):
        words = {
            "size": self.env._("Choose a file of up to 3 MB."),
            "small": self.env._("The image has too few pixels to be printed well."),
            "large": self.env._("The image is larger than 6000 pixels."),
            "square": self.env._("A seal is as wide as high: cut the image at its edge."),
            "empty": self.env._("There is nothing on the image."),
        }
        return words.get(code) or self.env._("The file is no PNG or JPEG image.")

    def _png(self):
        """The image as bytes, for the maker of the PDF; who may is the caller's affair."""
        self.ensure_one()
        stored = self.sudo().with_context(bin_size=False).image
        return base64.b64decode(stored or b"")
