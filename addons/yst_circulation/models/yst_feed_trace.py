from odoo import fields, models

from odoo.addons.yst_base import append_only


class FeedTrace(models.Model):
    """What moderators did (管理痕迹): who hid, restored or pinned what, when and why.

    Written once; the author of what was moderated reads it.
    """

    _name = "yst.feed.trace"
    _description = "Moderation of the Work Feed"
    _order = "id DESC"
    _rec_name = "action"

    post_id = fields.Many2one(
        "yst.feed.post", required=True, readonly=True, index=True, ondelete="restrict"
    )
    comment_id = fields.Many2one(
        "yst.feed.comment", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    action = fields.Selection(
        [
            ("hide", "Hidden"),
            ("restore", "Shown again"),
            ("pin", "Pinned"),
            ("unpin", "Not pinned any more"),
        ],
        required=True,
        readonly=True,
    )
    reason = fields.Text(readonly=True)
    user_id = fields.Many2one("res.users", "By", required=True, readonly=True, ondelete="restrict")

    def init(self):
        """Let the database itself refuse changes."""
        append_only.refuse_changes(self.env.cr, self._table, "The trace of moderation")

    def _write_down(self, records, action, reason=False):
        """One line for each post, or each comment, that was moderated by the user."""
        comments = records._name == "yst.feed.comment"
        self.sudo().create(
            [
                {
                    "post_id": record.post_id.id if comments else record.id,
                    "comment_id": record.id if comments else False,
                    "action": action,
                    "reason": reason,
                    "user_id": self.env.uid,
                }
                for record in records.sudo()
            ]
        )

    def _shown(self):
        """The lines as screens show them (sudo)."""
        names = dict(self._fields["action"]._description_selection(self.env))
        return [
            {
                "id": line.id,
                "action": line.action,
                "name": names[line.action],
                "reason": line.reason or "",
                "by": line.user_id.name,
                "at": fields.Datetime.to_string(line.create_date),
            }
            for line in self.sudo()
        ]
