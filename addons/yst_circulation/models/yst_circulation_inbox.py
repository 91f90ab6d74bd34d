from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

#: of each folder: what lies in it
FOLDERS = {
    "todo": SQL("node.open AND node.wanted != 'read'"),
    "toread": SQL("node.open AND node.wanted = 'read'"),
    "done": SQL("NOT node.open AND node.wanted != 'read' AND node.state != 'withdrawn'"),
    "read": SQL("NOT node.open AND node.wanted = 'read' AND node.state != 'withdrawn'"),
}
PAGE = 30


class CirculationNode(models.Model):
    """The inbox (待办 待阅 已办 已阅) as its screens read it: each page one statement."""

    _inherit = "yst.circulation.node"

    @api.model
    def get_inbox(self, folder, search="", offset=0, limit=PAGE):
        """A page of the reader's inbox: what is open with the most urgent deadline first, what
        is done with the latest first.

        :param folder: todo, toread, done or read
        :param search: words of the title
        :return: dict of ``counts`` (as ``get_counts``), ``more`` (bool) and ``rows``: list of dict
            of ``id``, ``item``, ``name``, ``kind``, ``wanted``, ``urgency``, ``deadline``,
            ``late``, ``state``, ``item_state``, ``sender``, ``department``, ``sent_at``, ``whose``
            (name, where it is not the reader's own), ``urged``, ``source`` (bool)
        """
        condition = FOLDERS.get(folder)
        if not condition:
            raise UserError(self.env._("There is no such folder."))
        limit, offset = max(1, min(int(limit), 200)), max(0, int(offset))
        opened = folder in ("todo", "toread")
        uid = self.env.uid
        whose = (
            SQL("(node.handler_id = %(uid)s OR node.deputy_id = %(uid)s)", uid=uid)
            if opened
            else SQL("(node.handler_id = %(uid)s OR node.user_id = %(uid)s)", uid=uid)
        )
        words = " ".join(str(search or "").split())[:100]
        title = SQL()
        if words:
            pattern = words.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
            title = SQL("AND item.name ILIKE %s", f"%{pattern}%")
        self.flush_model()
        self.env["yst.circulation.item"].flush_model()
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT node.id, item.id AS item, item.name, item.kind, node.wanted, node.urgency,
                       node.deadline, node.state, item.state AS item_state, item.sent_at,
                       COALESCE(node.open AND node.deadline < %(now)s, FALSE) AS late,
                       person.name AS sender, whose.name AS whose, node.urged_count AS urged,
                       COALESCE(department.name->>%(lang)s, department.name->>'en_US', '')
                           AS department,
                       item.source_id IS NOT NULL AS source
                  FROM yst_circulation_node node
                  JOIN yst_circulation_item item ON item.id = node.item_id
                  JOIN res_users account ON account.id = item.sender_id
                  JOIN res_partner person ON person.id = account.partner_id
                  LEFT JOIN res_users owner ON owner.id = node.user_id AND owner.id != %(uid)s
                  LEFT JOIN res_partner whose ON whose.id = owner.partner_id
                  LEFT JOIN hr_department department ON department.id = item.department_id
                 WHERE %(whose)s AND %(condition)s %(title)s
                 ORDER BY %(order)s LIMIT %(limit)s OFFSET %(offset)s
                """,
                now=fields.Datetime.now(),
                lang=self.env.lang or "en_US",
                uid=uid,
                whose=whose,
                condition=condition,
                title=title,
                order=SQL("node.deadline, node.id DESC") if opened else SQL("node.id DESC"),
                limit=limit + 1,
                offset=offset,
            )
        )
        for row in rows:
            for name in ("deadline", "sent_at"):
                row[name] = fields.Datetime.to_string(row[name]) or False
            row["whose"] = row["whose"] or ""
        return {"counts": self.get_counts(), "more": len(rows) > limit, "rows": rows[:limit]}

    def get_reading(self):
        """The item of one node, for the person who reads it; the first look is written down.

        :return: dict of what the reading screen shows
        :raise UserError: the item was withdrawn before it was read
        """
        self.ensure_one()
        node = self.sudo()
        if node.state == "withdrawn" and self.env.user in (node.user_id | node.handler_id):
            raise UserError(self.env._("The sender has withdrawn this."))
        self.check_access("read")
        mine = self.env.user in (node.handler_id | node.deputy_id)
        if mine and node.state == "unread":
            self.action_open()
        item = node.item_id
        selection = {
            name: dict(self.fields_get([name], ["selection"])[name]["selection"])
            for name in ("wanted", "urgency")
        }
        return {
            "id": node.id,
            "item": item.id,
            "name": item.name,
            "kind": dict(item.fields_get(["kind"], ["selection"])["kind"]["selection"])[item.kind],
            "body": item.body or "",
            "item_state": item.state,
            "end_reason": item.end_reason or "",
            "urgency": node.urgency,
            "urgency_name": selection["urgency"][node.urgency],
            "wanted": node.wanted,
            "wanted_name": selection["wanted"][node.wanted],
            "deadline": fields.Datetime.to_string(node.deadline) or False,
            "late": bool(node.open and node.deadline and node.deadline < fields.Datetime.now()),
            "sender": item.sender_id.name,
            "department": item.department_id.name or "",
            "sent_at": fields.Datetime.to_string(item.sent_at) or False,
            "state": node.state,
            "open": node.open,
            "mine": mine,
            "whose": node.user_id.name if node.user_id != self.env.user else "",
            "replaced_by": node.handler_id.name if node.handler_id != node.user_id else "",
            "acted_by": node.acted_by_id.name or "",
            "read_at": fields.Datetime.to_string(node.read_at) or False,
            "handled_at": fields.Datetime.to_string(node.handled_at) or False,
            "answer_text": node.answer_text or "",
            "answer_values": node.answer_values or {},
            "answer_files": node.file_ids._reading(),
            "returned_reason": node.returned_reason or "",
            "urged": node.urged_count,
            "note": node.pass_on_note or "",
            "passed_on_by": node.passed_on_by_id.name or "",
            "passed_on": len(node.below_ids),
            "may_pass_on": mine and item.state == "sent" and node._may_pass_on(self.env.user),
            "files": item.attachment_ids._reading(),
            "fields": [
                {
                    "id": field.id,
                    "name": field.name,
                    "type": field.type,
                    "required": field.required,
                    "choices": field._choices(),
                }
                for field in item.field_ids
            ],
            "corrects": item.supersedes_id.name or "",
            "corrected_by": self._node_of(item.superseded_by_id),
            "source": item._source_action(),
        }

    def _node_of(self, item):
        """The reader's node of another item: id and title, or False."""
        if not item:
            return False
        node = self.search(
            [("item_id", "=", item.id), "|", ("user_id", "=", self.env.uid),
             ("handler_id", "=", self.env.uid)],
            limit=1,
        )
        return {"id": node.id, "name": item.name} if node else False
