from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from odoo.addons.yst_base.models.yst_state_mixin import state_field

KINDS = [("notice", "Notice"), ("collaboration", "Collaboration item")]
URGENCIES = [("ordinary", "Ordinary"), ("urgent", "Urgent"), ("extra", "Extra urgent")]
WANTED = [
    ("read", "Read and note"),
    ("confirm", "Confirm"),
    ("reply", "Reply"),
    ("file", "Return a file"),
    ("table", "Fill in a table"),
]
STATES = [
    ("draft", "Draft"),
    ("sent", "Sent"),
    ("withdrawn", "Withdrawn"),
    ("superseded", "Superseded"),
    ("closed", "Closed"),
]
#: what the server alone says of an item: who sends it, and of which record it speaks
SERVER_FIELDS = frozenset(
    {
        "sender_id", "department_id", "sent_at", "end_reason", "supersedes_id",
        "superseded_by_id", "source_model", "source_id", "node_ids", "answer_ids",
    }
)
#: in the order in which the database counts them
COUNTS = ["node_count", "unread_count", "open_count", "late_count", "done_count"]


class CirculationItem(models.Model):
    """A notice (通知) or collaboration item (协同事项): one thing sent to many people, each of
    whom has to do what is wanted of them.

    Being sent something makes nobody a follower. What was sent is not edited: it is withdrawn,
    or superseded by a corrected version.
    """

    _name = "yst.circulation.item"
    _description = "Circulated Item"
    _inherit = ["mail.thread", "yst.state.mixin"]
    _order = "id DESC"

    name = fields.Char("Title", required=True, index="trigram")
    kind = fields.Selection(KINDS, required=True, default="notice", index=True)
    body = fields.Html("Text")
    urgency = fields.Selection(URGENCIES, required=True, default="ordinary")
    wanted = fields.Selection(
        WANTED,
        string="Wanted of each",
        required=True,
        default="read",
        help="What everybody who receives it has to do.",
    )
    field_ids = fields.One2many("yst.circulation.field", "item_id", "Table", copy=True)
    deadline = fields.Datetime("To be done by", copy=False)
    attachment_ids = fields.Many2many(
        "ir.attachment",
        "yst_circulation_item_attachment_rel",
        "item_id",
        "attachment_id",
        string="Files",
        copy=False,
    )
    audience_ids = fields.One2many("yst.circulation.audience", "item_id", "Goes to", copy=True)
    state = state_field(STATES)
    sender_id = fields.Many2one(
        "res.users",
        required=True,
        readonly=True,
        index=True,
        copy=False,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    department_id = fields.Many2one(
        "hr.department",
        readonly=True,
        copy=False,
        default=lambda self: self.env.user.sudo().employee_id.department_id,
        ondelete="set null",
    )
    sent_at = fields.Datetime("Sent", readonly=True, copy=False)
    end_reason = fields.Char("Why it was withdrawn", readonly=True, copy=False)
    supersedes_id = fields.Many2one(
        "yst.circulation.item", "Corrects", readonly=True, copy=False, index="btree_not_null"
    )
    superseded_by_id = fields.Many2one(
        "yst.circulation.item", "Corrected by", readonly=True, copy=False
    )
    source_model = fields.Char(readonly=True, copy=False)
    source_id = fields.Many2oneReference(
        model_field="source_model", readonly=True, copy=False, index="btree_not_null"
    )
    node_ids = fields.One2many("yst.circulation.node", "item_id", "Nodes", copy=False)
    answer_ids = fields.One2many(
        "yst.circulation.node",
        "item_id",
        "Answers",
        domain=[("state", "in", ("handled", "returned"))],
        copy=False,
    )
    node_count = fields.Integer("Recipients", compute="_compute_counts")
    unread_count = fields.Integer("Unread", compute="_compute_counts")
    open_count = fields.Integer("Open", compute="_compute_counts")
    late_count = fields.Integer("Late", compute="_compute_counts")
    done_count = fields.Integer("Done", compute="_compute_counts")

    _sender_idx = models.Index("(sender_id, id DESC)")

    def _compute_counts(self):
        """Of those to whom the item was sent itself, not of those to whom they passed it on."""
        counted = {}
        if ids := [one for one in self.ids if one]:
            self.env["yst.circulation.node"].flush_model()
            counted = {
                row[0]: row[1:]
                for row in self.env.execute_query(
                    SQL(
                        "SELECT item_id, count(*), count(*) FILTER (WHERE state = 'unread'),"
                        " count(*) FILTER (WHERE open),"
                        " count(*) FILTER (WHERE open AND deadline < %s),"
                        " count(*) FILTER (WHERE state = 'handled')"
                        " FROM yst_circulation_node"
                        " WHERE item_id = ANY(%s) AND level = 0 AND state != 'withdrawn'"
                        " GROUP BY item_id",
                        fields.Datetime.now(),
                        ids,
                    )
                )
            }
        for item in self:
            item.update(dict(zip(COUNTS, counted.get(item.id, (0,) * len(COUNTS)), strict=True)))

    # -- CRUD ----------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """:raise AccessError: the values say who sends it or of which record it speaks"""
        for vals in vals_list:
            self._check_server_fields(vals)
        items = super().create(vals_list)
        items._own_attachments()
        return items

    def write(self, vals):
        """:raise UserError: what was sent is not edited
        :raise AccessError: a field that the server alone writes
        """
        self.check_access("write")
        self._check_server_fields(vals)
        if self._content_fields() & vals.keys():
            self._check_draft()
        result = super().write(vals)
        if "attachment_ids" in vals:
            self._own_attachments()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        if any(item.state != "draft" for item in self):
            raise UserError(self.env._("What was sent is not deleted: withdraw it instead."))

    def _content_fields(self):
        """The fields that stay as they are from the sending on."""
        return {
            "name", "kind", "body", "urgency", "wanted", "field_ids", "deadline",
            "attachment_ids", "audience_ids",
        }

    def _check_server_fields(self, vals):
        """:raise AccessError: an own name excepted, they are not given from outside"""
        given = {name for name in SERVER_FIELDS & vals.keys() if vals[name]}
        if vals.get("sender_id") == self.env.uid and not self.ids:
            given.discard("sender_id")
        if given and not self.env.su and not self._state_unlocked():
            raise AccessError(self.env._("That is written by the server alone."))

    def _check_draft(self):
        if any(item.state != "draft" for item in self):
            raise UserError(
                self.env._(
                    "The item has been sent and is not edited any more. "
                    "Withdraw it, or send a corrected version."
                )
            )

    def _own_attachments(self):
        """The files belong to the item: who may read it may read them, and nobody else."""
        for item in self:
            files = item.attachment_ids.filtered(
                lambda file, item=item: (file.res_model, file.res_id) != (item._name, item.id)
            )
            if not files:
                continue
            if any(
                file.create_uid != self.env.user or file.res_id or file.res_field
                for file in files.sudo()
            ):
                raise UserError(self.env._("Only files that you have just uploaded can be sent."))
            files.sudo().write({"res_model": item._name, "res_id": item.id, "public": False})
