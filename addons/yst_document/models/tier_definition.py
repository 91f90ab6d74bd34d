from odoo import api, fields, models
from odoo.exceptions import ValidationError


class TierDefinition(models.Model):
    """Who approves documents (审批流程): for each step the persons of a field, a person, or any of
    a group; for certain kinds, urgencies and departments through the definition's domain."""

    _inherit = "tier.definition"

    document_step = fields.Selection(
        [("check", "Checking"), ("countersign", "Countersigning"), ("sign", "Signing")],
        "Step of a document",
    )

    @api.model
    def _get_tier_validation_model_names(self):
        return [*super()._get_tier_validation_model_names(), "yst.document"]

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._in_sequence(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._in_sequence(vals))

    @api.model
    def _in_sequence(self, vals):
        """Steps of a document come one after the other."""
        return {**vals, "approve_sequence": True} if vals.get("document_step") else vals

    @api.constrains("model_id", "document_step", "has_comment", "approve_sequence_bypass")
    def _check_document_step(self):
        for definition in self:
            if (definition.model == "yst.document") != bool(definition.document_step):
                raise ValidationError(
                    self.env._("Say at which step of a document it is approved.")
                )
