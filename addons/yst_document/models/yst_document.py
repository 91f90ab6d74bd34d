from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext

from odoo.addons.yst_base.models.yst_state_mixin import state_field

from ..document_rules import (
    KINDS,
    SECRECIES,
    STATE_SECRETS,
    UPWARD,
    URGENCIES,
    has_secret_mark,
)

STATES = [
    ("draft", "Drafting"),  # 拟稿；收文：待登记
    ("check", "Checking"),  # 核稿
    ("countersign", "Countersigning"),  # 会签
    ("sign", "Signing"),  # 签发
    ("review", "Review"),  # 复核
    ("register", "Numbering"),  # 登记编号
    ("print", "Printing"),  # 印制
    ("issue", "Issuing"),  # 核发
    ("issued", "Issued"),  # 已发
    ("preliminary", "Preliminary check"),  # 收文：初审
    ("propose", "Proposal"),  # 拟办
    ("instruct", "Instruction"),  # 批示
    ("handle", "Handling"),  # 承办
    ("answered", "Answered"),  # 答复
    ("archived", "Archived"),  # 归档
    ("void", "Void"),  # 作废
]
OUTGOING = ["draft", "check", "countersign", "sign", "review", "register", "print", "issue",
            "issued", "archived"]
INCOMING = ["draft", "preliminary", "propose", "instruct", "handle", "answered", "archived"]


class Document(models.Model):
    """An official document (公文), outgoing (发文) or incoming (收文).

    Sources: 党政机关公文处理工作条例 (2012), articles 8, 9, 15 to 37. This network must hold no
    state secret: what is marked as one is refused, and nothing of it is kept.
    """

    _name = "yst.document"
    _description = "Official Document"
    _inherit = [
        "yst.state.mixin",
        "yst.clock.mixin",
        "yst.circulation.mixin",
        "yst.order.source.mixin",
        "tier.validation",
        "mail.thread",
    ]
    _order = "id DESC"
    _state_from = ["check", "countersign", "sign"]
    _state_to = ["review"]
    _cancel_state = "void"

    direction = fields.Selection(
        [("outgoing", "Outgoing"), ("incoming", "Incoming")],
        required=True,
        default="outgoing",
        index=True,
    )
    name = fields.Char("Title", required=True, index="trigram")
    kind = fields.Selection(KINDS, required=True, default="notice")
    urgency = fields.Selection(URGENCIES, required=True, default="none")
    secrecy = fields.Selection(SECRECIES, required=True, default="none")
    state = state_field(STATES)
    body = fields.Html("Text")
    body_text = fields.Text(compute="_compute_body_text", store=True, index="trigram")
    main_to = fields.Char("Addressed to", help="主送机关")
    copy_to = fields.Char("Copies to", help="抄送机关")
    attachment_ids = fields.Many2many(
        "ir.attachment", "yst_document_attachment_rel", "document_id", "attachment_id", "Annexes",
        copy=False,
    )
    layout = fields.Selection(
        [("document", "Document"), ("letter", "Letter"), ("minutes", "Minutes")],
        required=True,
        default="document",
    )
    code_id = fields.Many2one("yst.document.code", "Issuing code", ondelete="restrict")
    number_year = fields.Integer(readonly=True, copy=False)
    number_value = fields.Integer(readonly=True, copy=False)
    number = fields.Char(readonly=True, copy=False, index=True)
    department_id = fields.Many2one(
        "hr.department",
        "Drafted by (department)",
        default=lambda self: self.env.user.sudo().employee_id.department_id,
        ondelete="set null",
    )
    drafter_id = fields.Many2one(
        "res.users", required=True, readonly=True, copy=False, index=True,
        default=lambda self: self.env.user, ondelete="restrict",
    )
    checker_id = fields.Many2one("res.users", "Checked by", ondelete="restrict")
    countersigner_ids = fields.Many2many(
        "res.users", "yst_document_countersigner_rel", "document_id", "user_id", "Countersigned by"
    )
    signer_id = fields.Many2one("res.users", "Signed by", ondelete="restrict")
    signed_at = fields.Datetime("Signed", readonly=True, copy=False)
    issued_at = fields.Datetime("Issued", readonly=True, copy=False)
    # incoming
    source_unit = fields.Char("From", help="来文机关")
    source_number = fields.Char("Their number", help="来文字号")
    received_at = fields.Datetime("Received", copy=False)
    seal_intact = fields.Boolean("Envelope intact", default=True)
    register_number = fields.Char("Register number", readonly=True, copy=False, index=True)
    handler_id = fields.Many2one("res.users", "Handled by", ondelete="restrict")
    # archive
    retention = fields.Selection(
        [("permanent", "Permanent"), ("30", "30 years"), ("10", "10 years")],
        help="保管期限",
    )
    archive_year = fields.Integer(readonly=True, copy=False)
    participant_ids = fields.Many2many(
        "res.users",
        "yst_document_participant_rel",
        "document_id",
        "user_id",
        "Takes part",
        readonly=True,
        copy=False,
        help="Who may read it because they work on it.",
    )

    _number_uniq = models.UniqueIndex(
        "(code_id, number_year, number_value) WHERE number_value > 0",
        "This number has been given out already.",
    )

    @api.depends("body")
    def _compute_body_text(self):
        for document in self:
            document.body_text = html2plaintext(document.body) if document.body else False

    # -- CRUD ----------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """:raise UserError: it is marked as a state secret; nothing of it is kept"""
        for vals in vals_list:
            self._refuse_state_secret(vals)
        return super().create(
            [
                {**vals, "participant_ids": [(4, vals.get("drafter_id") or self.env.uid)]}
                for vals in vals_list
            ]
        )

    def write(self, vals):
        """:raise UserError: it is marked as a state secret; nothing of it is kept"""
        self._refuse_state_secret(vals)
        return super().write(vals)

    @api.model
    def _refuse_state_secret(self, vals):
        marked = vals.get("secrecy") in STATE_SECRETS or any(
            has_secret_mark(str(vals.get(name) or "")) for name in ("name", "body")
        )
        if marked:
            self._refused_uploads(vals)._purge_after_refusal()
            self._raise_state_secret()

    @api.model
    def _raise_state_secret(self):
        raise UserError(self._state_secret_words())

    @api.model
    def _state_secret_words(self):
        """Why it is refused; nothing of the document, since these words go to the log."""
        return self.env._(
            "State secrets must not be on this network (保守国家秘密法): the document is "
            "refused and nothing of it has been kept. Use the classified system."
        )

    def _is_upward(self):
        """Whether it goes to those above: shows who signed it."""
        self.ensure_one()
        return self.kind in UPWARD

    # -- hooks of the other parts ----------------------------------------------------------------

    def _allot_number(self):
        """Give it its number (sudo), at the registration."""

    def _make_pdf(self):
        """Lay it out and freeze it (sudo), at the printing."""

    def _voided(self, reason):
        """It has been voided (sudo): what becomes of its number and its PDF."""
