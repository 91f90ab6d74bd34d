import base64
import binascii
import io
import re

from PIL import Image

from odoo import api, fields, models

from odoo.addons.yst_base import photo
from odoo.addons.yst_base.limits import to_local

from ..gb9704 import Paper
from ..gb9704_body import blocks, paragraphs

#: fields of the paper that are content: edited only while the text may be edited
PAPER_FIELDS = frozenset({
    "joint_issuers", "bears_seal", "remark", "attendees", "excused", "observers", "supersedes_id",
})
MAX_PICTURE = 10 * 1024 * 1024
PICTURE_SIDE = 1800
_WEB_IMAGE = re.compile(r"/web/(?:image|content)/(\d{1,9})(?:-\w+)?(?:/[^?]*)?(?:\?.*)?")
_TOKEN = re.compile(r"[?&]access_token=([\w-]+)")
# on paper they stand in Chinese, whatever language the reader has
_URGENCY = {"urgent": "加急", "extra": "特急"}
_SECRECY = {"internal": "内部"}


class DocumentCode(models.Model):
    """Who prints the documents of a code."""

    _inherit = "yst.document.code"

    printer = fields.Char(
        "Printed by", help="As it stands in the imprint (印发机关); empty: the issuing body."
    )


class Document(models.Model):
    """What a document says on paper (公文用纸), as the layout of GB/T 9704 wants it."""

    _inherit = "yst.document"

    joint_issuers = fields.Text(
        "Issued jointly with", help="联合发文机关 besides the host, one a line, in their order."
    )
    bears_seal = fields.Boolean(
        "Bears a seal", default=True, help="加盖印章: leaves the seal's place over name and date."
    )
    remark = fields.Char("Note", help="附注, in brackets below the date: 此件公开发布")
    attendees = fields.Text("Present", help="出席: minutes only")
    excused = fields.Text("Excused", help="请假: minutes only")
    observers = fields.Text("In attendance", help="列席: minutes only")

    def write(self, vals):
        """:raise UserError: the text is not edited in this state, or not by this user"""
        if PAPER_FIELDS & vals.keys() and not self.env.su and self:
            self.check_access("write")
            self._check_editable({"body"})
        return super().write(vals)

    def _paper(self) -> Paper:
        """This document as the layout engine takes it."""
        self.ensure_one()
        code = self.code_id
        issuer = code.issuer or self.env.company.name
        day = self.signed_at and to_local(self.signed_at).date()
        minutes = self.layout == "minutes"
        joint = [] if minutes else paragraphs(self.joint_issuers)[:12]
        return Paper(
            title=" ".join(self.name.split()),
            body=blocks(self.body, self._picture_source()),
            issuer=issuer,
            mark=self._mark(issuer),
            number=self.number or (code and f"{code.name}〔{self._paper_year()}〕　号") or "",
            date=day or None,
            form=self.layout,
            joint=joint,
            main_to="" if minutes else (self.main_to or "").strip(),
            secrecy=_SECRECY.get(self.secrecy, ""),
            urgency=_URGENCY.get(self.urgency, ""),
            signers=[self.signer_id.name] if self._is_upward() and self.signer_id else [],
            attachments=[self._without_ending(file.name) for file in self.attachment_ids],
            note=(self.remark or "").strip(),
            copy_to=(self.copy_to or "").strip(),
            printer=code.printer or issuer,
            printed=to_local(fields.Datetime.now()).date(),
            sealed=self.bears_seal and not minutes,
            seals=[self._seal_png()] if self.seal_id else [],
            present=self._present() if minutes else [],
        )

    def _mark(self, issuer):
        """发文机关标志 by form and kind."""
        if self.layout == "letter":
            return issuer
        if self.layout == "minutes":
            return issuer if issuer.endswith("纪要") else f"{issuer}会议纪要"
        return f"{issuer}令" if self.kind == "order" else f"{issuer}文件"

    def _paper_year(self):
        return to_local(fields.Datetime.now()).year

    def _present(self):
        lists = (("出席", self.attendees), ("请假", self.excused), ("列席", self.observers))
        return [(label, "、".join(paragraphs(names))) for label, names in lists if names]

    @staticmethod
    def _without_ending(name):
        stem, dot, ending = (name or "").rpartition(".")
        return stem if dot and stem and len(ending) <= 5 and ending.isascii() else name or ""

    # -- pictures in the text --------------------------------------------------------------------

    def _picture_source(self):
        """Function(src) → (data address, width, height) or None; nothing is fetched from a host,
        and of the files of this server only those of this document and of its drafter."""

        def source(src):
            data = self._picture_data(src)
            if not data:
                return None
            try:
                jpeg = photo.normalise(data, max_side=PICTURE_SIDE)
            except photo.PhotoError:
                return None
            with Image.open(io.BytesIO(jpeg)) as image:
                wide, high = image.size
            return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode(), wide, high

        return source

    def _picture_data(self, src):
        if src[:11].lower() == "data:image/" and len(src) <= MAX_PICTURE * 4 // 3 + 100:
            _head, comma, body = src.partition(";base64,")
            try:
                return base64.b64decode(body, validate=True) if comma else None
            except (binascii.Error, ValueError):
                return None
        match = _WEB_IMAGE.fullmatch(src)
        if not match:
            return None
        file = self.env["ir.attachment"].sudo().browse(int(match[1])).exists()
        if not file or file.type != "binary" or (file.file_size or 0) > MAX_PICTURE:
            return None
        return file.raw if self._may_print(file, _TOKEN.search(src)) else None

    @api.model
    def _may_print(self, file, token):
        """Whoever prints may read more than the drafter: theirs alone gets on the paper."""
        own = file.res_model == self._name and file.res_id and file.res_id == self.id
        drafted = file.create_uid == self.drafter_id and file.res_model in (
            False, self._name, "ir.ui.view"
        ) and not file.res_field and not file.res_id
        known = token and file.access_token and token[1] == file.access_token
        return bool(own or drafted or known or file in self.attachment_ids)
