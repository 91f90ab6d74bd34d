from odoo import api, fields, models
from odoo.exceptions import AccessError

DOCUMENT = "yst.document"


class TierReview(models.Model):
    """Reviews of documents: one for each person and step, written by the document's actions
    alone; a deputy (代理) stands beside the person or in their place."""

    _inherit = "tier.review"

    document_step = fields.Selection(
        [("check", "Checking"), ("countersign", "Countersigning"), ("sign", "Signing")],
        readonly=True,
    )
    person_id = fields.Many2one(
        "res.users", "Whose", readonly=True, index="btree_not_null", ondelete="restrict"
    )

    @api.model
    def _get_reviewer_fields(self):
        return [*super()._get_reviewer_fields(), "person_id"]

    def _get_reviewers(self):
        if self.model != DOCUMENT:
            return super()._get_reviewers()
        people = self.person_id or self.reviewer_group_id.user_ids
        deputies = self.env["yst.delegation"].sudo()._deputies(people, "document")
        replaced = {user for user, (mode, _deputy) in deputies.items() if mode == "replace"}
        stand_in = people.browse(deputy for _mode, deputy in deputies.values())
        return people.filtered(lambda one: one.id not in replaced) | stand_in

    def _refresh_reviewers(self):
        """Who may decide has changed: an absence has begun or ended (sudo)."""
        if self:
            self.env.add_to_compute(self._fields["reviewer_ids"], self)
            self._recompute_recordset(["reviewer_ids"])

    # -- CRUD ----------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("model") == DOCUMENT or vals.get("document_step") for vals in vals_list):
            self._refuse_by_hand()
        return super().create(vals_list)

    def write(self, vals):
        if vals.get("model") == DOCUMENT or self._of_documents():
            self._refuse_by_hand()
        return super().write(vals)

    def unlink(self):
        if self._of_documents():
            self._refuse_by_hand()
        return super().unlink()

    def _of_documents(self):
        return DOCUMENT in self.sudo().mapped("model")

    def _refuse_by_hand(self):
        if not self.env.su:
            raise AccessError(self.env._("Documents are approved by their own buttons."))
