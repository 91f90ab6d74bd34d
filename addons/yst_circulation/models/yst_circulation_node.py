from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .yst_circulation_item import URGENCIES, WANTED

STATES = [
    ("unread", "Unread"),
    ("read", "Read"),
    ("handled", "Done"),
    ("returned", "Sent back"),
    ("withdrawn", "Withdrawn"),
]


class CirculationNode(models.Model):
    """One person's duty in an item that was sent to many (办理节点).

    Written by statements of thousands of rows, hence without a thread and without tracking, and
    with what the inbox sorts by on the row itself. Nobody has the right to write one: everything
    goes through the actions, which check whose turn it is.
    """

    _name = "yst.circulation.node"
    _description = "Node of a Circulated Item"
    _order = "deadline, id DESC"
    _log_access = False

    item_id = fields.Many2one(
        "yst.circulation.item", required=True, readonly=True, ondelete="cascade"
    )
    create_date = fields.Datetime("Received", readonly=True)
    user_id = fields.Many2one(
        "res.users", "Whose", required=True, readonly=True, ondelete="restrict"
    )
    handler_id = fields.Many2one(
        "res.users",
        "Who has it to do",
        required=True,
        readonly=True,
        ondelete="restrict",
        help="The person themselves, or who replaces them for the time being.",
    )
    deputy_id = fields.Many2one(
        "res.users",
        "May act in the name",
        readonly=True,
        ondelete="restrict",
    )
    delegation_id = fields.Many2one(
        "yst.delegation", "Because of the absence", readonly=True, ondelete="set null"
    )
    acted_by_id = fields.Many2one("res.users", "Done by", readonly=True, ondelete="restrict")
    handed_from_id = fields.Many2one(
        "res.users", "Handed over by", readonly=True, ondelete="restrict"
    )
    passed_on_by_id = fields.Many2one(
        "res.users", "Passed on by", readonly=True, ondelete="restrict"
    )
    parent_id = fields.Many2one("yst.circulation.node", "Above", readonly=True, ondelete="cascade")
    path = fields.Char(readonly=True, help="Ids from the first level down, as 12/57/.")
    top_id = fields.Many2one("yst.circulation.node", readonly=True, ondelete="cascade")
    level = fields.Integer(readonly=True)
    area_id = fields.Many2one("yst.area", readonly=True, ondelete="set null")
    department_id = fields.Many2one("hr.department", readonly=True, ondelete="set null")
    wanted = fields.Selection(WANTED, required=True, readonly=True)
    urgency = fields.Selection(URGENCIES, required=True, readonly=True)
    deadline = fields.Datetime("To be done by", readonly=True)
    state = fields.Selection(STATES, required=True, readonly=True, default="unread")
    open = fields.Boolean(readonly=True, help="There is still something to do.")
    read_at = fields.Datetime("Opened", readonly=True)
    handled_at = fields.Datetime("Done on", readonly=True)
    answer_text = fields.Text("Answer", readonly=True)
    answer_values = fields.Json("Table", readonly=True)
    returned_reason = fields.Char("Why it was sent back", readonly=True)
    urged_at = fields.Datetime("Last urged", readonly=True)
    urged_count = fields.Integer("Urged", readonly=True)

    _item_user_uniq = models.UniqueIndex(
        "(item_id, user_id)", "Everybody has one node of an item."
    )
    _inbox_idx = models.Index("(handler_id, deadline, id DESC) WHERE open")
    _deputy_idx = models.Index("(deputy_id) WHERE deputy_id IS NOT NULL")
    _handler_idx = models.Index("(handler_id, id DESC)")
    _user_idx = models.Index("(user_id, id DESC)")
    _parent_idx = models.Index("(parent_id) WHERE parent_id IS NOT NULL")
    _passed_idx = models.Index("(passed_on_by_id) WHERE passed_on_by_id IS NOT NULL")
    _delegation_idx = models.Index("(delegation_id) WHERE delegation_id IS NOT NULL")
    _top_idx = models.Index("(top_id)")

    @api.depends("item_id", "user_id")
    def _compute_display_name(self):
        for node in self:
            node.display_name = f"{node.item_id.sudo().name} · {node.user_id.sudo().name}"

    @api.ondelete(at_uninstall=False)
    def _unlink_refused(self):
        raise UserError(self.env._("A node stays: it shows what somebody received."))

    @api.model
    def get_counts(self):
        """What the user has to do (待办), to read (待阅) and of both what is late, as a dict of
        ``todo``, ``toread`` and ``late``; with what they do for others."""
        self.flush_model()
        ((todo, toread, late),) = self.env.execute_query(
            SQL(
                """
                SELECT count(*) FILTER (WHERE wanted != 'read'),
                       count(*) FILTER (WHERE wanted = 'read'),
                       count(*) FILTER (WHERE deadline < %(now)s)
                  FROM yst_circulation_node
                 WHERE open AND (handler_id = %(uid)s OR deputy_id = %(uid)s)
                """,
                uid=self.env.uid,
                now=fields.Datetime.now(),
            )
        )
        return {"todo": todo, "toread": toread, "late": late}
