from odoo import fields, models


class Delegation(models.Model):
    """Deputies approve, instruct and handle documents too (代理审批)."""

    _inherit = "yst.delegation"

    scope = fields.Selection(
        selection_add=[("document", "Official documents")], ondelete={"document": "cascade"}
    )

    def _started(self):
        super()._started()
        self._documents_changed()

    def _ended(self):
        super()._ended()
        self._documents_changed()

    def _documents_changed(self):
        """Who may act on the documents that wait for who is away (sudo)."""
        for one in self.filtered(lambda one: one.scope in ("all", "document")):
            reviews = self.env["tier.review"].search(
                [
                    ("model", "=", "yst.document"),
                    ("status", "in", ("waiting", "pending")),
                    "|",
                    ("person_id", "=", one.user_id.id),
                    ("reviewer_group_id.user_ids", "in", one.user_id.id),
                ]
            )
            reviews._refresh_reviewers()
            pending = reviews.filtered(lambda review: review.status == "pending")
            documents = self.env["yst.document"]
            waiting = documents.browse(pending.mapped("res_id")) | documents.search(
                [
                    "|",
                    "&", ("state", "=", "instruct"),
                    ("waiting_instructor_ids", "=", one.user_id.id),
                    "&", ("state", "=", "handle"), ("handler_id", "=", one.user_id.id),
                ]
            )
            if one.state == "active":
                waiting._add_participants(one.user_id | one.deputy_id)
            else:
                waiting._drop_deputy(one.deputy_id)
