import base64
import io

from PIL import Image, ImageDraw

from odoo import fields

from .common import DocumentCase


def stamp(size=(300, 300), mode="RGB", kind="PNG"):
    """The picture of a round red stamp on white paper, in base64."""
    image = Image.new("RGB", size, "white")
    edge = min(size) // 10
    ImageDraw.Draw(image).ellipse(
        (edge, edge, size[0] - edge, size[1] - edge), outline=(220, 20, 30), width=12
    )
    file = io.BytesIO()
    image.convert(mode).save(file, kind)
    return base64.b64encode(file.getvalue())


class NumberCase(DocumentCase):
    """Documents brought to a step without the steps before it, a keeper of seals and a seal."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keeper = cls._user(
            "keeper", cls.subdistrict, "yst_document.group_document_seal_keeper"
        )
        cls.other_code = cls.env["yst.document.code"].create(
            {"name": "测党发", "issuer": "测试街道党工委"}
        )
        cls.Number = cls.env["yst.document.number"]

    def signed(self, state="register", count=1, **values):
        """Documents that were signed, at a later step."""
        documents = self.env["yst.document"].sudo().create(
            [
                {
                    "name": f"Notice {number}",
                    "body": "<p>One.</p>",
                    "code_id": self.code.id,
                    "drafter_id": self.drafter.id,
                    **values,
                }
                for number in range(count)
            ]
        )
        documents._with_state_unlocked().write(
            {"state": state, "signed_at": fields.Datetime.now(), "signer_id": self.leader.id}
        )
        return documents

    def numbered(self, state="print", count=1, **values):
        """Documents that were signed and have a number."""
        documents = self.signed(count=count, **values)
        documents._allot_number()
        documents._with_state_unlocked().write({"state": state})
        return documents

    def as_user(self, user, records):
        """Records as the web client of a user has them."""
        return records.with_user(user).sudo(False)
