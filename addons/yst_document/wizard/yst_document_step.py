from odoo import api, fields, models
from odoo.exceptions import UserError

from ..archive_rules import RETENTIONS
from ..models.yst_document_access import LEADER

STEPS = [
    ("void", "Void"),
    ("refuse_incoming", "Refuse"),
    ("propose", "Proposal"),
    ("assign", "Assign"),
    ("answer", "Answer"),
    ("supervise", "Supervision order"),
    ("seal", "Apply a seal"),
    ("archive", "Archive"),
]


class DocumentStep(models.TransientModel):
    """Asks what a step of a document needs to know, and takes it. Who may take it, and from
    which state, the step checks by itself."""

    _name = "yst.document.step"
    _description = "Step of a Document"

    step = fields.Selection(STEPS, required=True)
    document_id = fields.Many2one("yst.document", required=True, ondelete="cascade")
    text = fields.Text("Words")
    instructor_ids = fields.Many2many(
        "res.users", "yst_document_step_instructor_rel", string="To be instructed by",
        domain=lambda self: [("all_group_ids", "in", self.env.ref(LEADER).ids)],
        help="Without a leader it goes straight to the handling.",
    )
    handler_id = fields.Many2one(
        "res.users", "Handled by",
        domain=lambda self: [
            ("all_group_ids", "in", self.env.ref("yst_base.group_cadre").ids),
            ("share", "=", False),
        ],
    )
    department_id = fields.Many2one("hr.department", "Department")
    answer_id = fields.Many2one(
        "yst.document", "Answered with",
        domain=[("direction", "=", "outgoing"), ("state", "!=", "void")],
    )
    area_id = fields.Many2one("yst.area", "Where")
    level = fields.Selection(
        [("yellow", "Yellow"), ("orange", "Orange"), ("red", "Red")], default="yellow"
    )
    deadline = fields.Datetime("To be done by", help="Empty: as the level says.")
    seal_id = fields.Many2one("yst.document.seal", "Seal")
    retention = fields.Selection(RETENTIONS, "Kept for")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        context = self.env.context
        if context.get("active_model") == "yst.document" and "document_id" in fields_list:
            values["document_id"] = context.get("active_id")
        document = self.env["yst.document"].browse(values.get("document_id") or []).exists()
        if "retention" in fields_list and document and document.has_access("read"):
            values["retention"] = document.retention
        return values

    def action_apply(self):
        """Take the step.

        :raise UserError: as the step itself
        """
        self.ensure_one()
        getattr(self, f"_apply_{self.step}")(self.document_id)
        return {"type": "ir.actions.act_window_close"}

    def _apply_void(self, document):
        document.action_void(self.text)

    def _apply_refuse_incoming(self, document):
        document.action_refuse_incoming(self.text)

    def _apply_propose(self, document):
        document.action_propose(self.text, self.instructor_ids.ids)

    def _apply_assign(self, document):
        if not self.handler_id and not self.department_id:
            raise UserError(self.env._("Say who handles it."))
        document.action_assign(self.handler_id.id, self.department_id.id, self.text)

    def _apply_answer(self, document):
        document.action_answer(self.text, self.answer_id.id)

    def _apply_supervise(self, document):
        document.action_supervise(
            self.area_id.id, self.department_id.id, self.deadline, self.level, self.text,
            self.handler_id.id,
        )

    def _apply_seal(self, document):
        document.action_apply_seal(self.seal_id.id)

    def _apply_archive(self, document):
        document.action_archive(self.retention)
