import base64
import binascii
import io

from PIL import Image, UnidentifiedImageError

from odoo import api, fields, models
from odoo.exceptions import UserError

from .yst_document import STATES

KINDS = [
    ("approve", "Agreed"),
    ("reject", "Not agreed"),
    ("return", "Returned"),
    ("propose", "Proposal"),
    ("instruct", "Instruction"),
    ("answer", "Answer"),
    ("void", "Void"),
]
MAX_DRAWING = 1_000_000  # bytes
MAX_SIDE = 3000  # pixels


class DocumentOpinion(models.Model):
    """An opinion (意见) on a document: written, or drawn by hand. Append-only."""

    _name = "yst.document.opinion"
    _description = "Opinion on a Document"
    _order = "id"
    _rec_name = "text"

    document_id = fields.Many2one(
        "yst.document", required=True, readonly=True, index=True, ondelete="cascade"
    )
    step = fields.Selection(STATES, required=True, readonly=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users", "Given by", required=True, readonly=True, ondelete="restrict"
    )
    on_behalf_of_id = fields.Many2one(
        "res.users", "In the name of", readonly=True, ondelete="restrict", help="代"
    )
    text = fields.Text("Opinion", readonly=True)
    image = fields.Binary("Written by hand", attachment=True, readonly=True)
    version_number = fields.Integer("On version", readonly=True)
    at = fields.Datetime("On", required=True, readonly=True)

    def write(self, vals):
        """:raise UserError: an opinion stays as it was given"""
        raise UserError(self.env._("An opinion stays as it was given."))

    @api.ondelete(at_uninstall=False)
    def _unlink_refused(self):
        raise UserError(self.env._("An opinion stays as it was given."))


class Document(models.Model):
    """Its opinions."""

    _inherit = "yst.document"

    opinion_ids = fields.One2many(
        "yst.document.opinion", "document_id", "Opinions", readonly=True, copy=False
    )

    def _add_opinion(self, step, kind, text=None, image=None, whose=None):
        """Write an opinion of the user (sudo).

        :param whose: in whose name, where it is not the user's own
        :raise UserError: the drawing is not a PNG, or too large
        """
        self.ensure_one()
        text = text.strip() if isinstance(text, str) else ""
        if text:
            self._refuse_state_secret({"name": text})
        behalf = whose and whose.id != self.env.uid
        return self.env["yst.document.opinion"].sudo().create(
            {
                "document_id": self.id,
                "step": step,
                "kind": kind,
                "user_id": self.env.uid,
                "on_behalf_of_id": whose.id if behalf else False,
                "text": text or False,
                "image": self._drawing(image) if image else False,
                "version_number": self.version_number,
                "at": fields.Datetime.now(),
            }
        )

    @api.model
    def _drawing(self, image):
        """A drawing as it is stored: PNG, redrawn so that nothing else is in the file."""
        refused = self.env._("The handwriting could not be read. Write it again.")
        if isinstance(image, str):
            image = image.rpartition("base64,")[2].encode()
        if not isinstance(image, bytes) or len(image) > MAX_DRAWING * 4 // 3 + 4:
            raise UserError(refused)
        try:
            with Image.open(io.BytesIO(base64.b64decode(image, validate=True))) as picture:
                if picture.format != "PNG" or max(picture.size) > MAX_SIDE:
                    raise UserError(refused)
                redrawn = io.BytesIO()
                picture.convert("RGBA").save(redrawn, "PNG")
        except (binascii.Error, UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
            raise UserError(refused) from error
        return base64.b64encode(redrawn.getvalue())
