from odoo import api, fields, models


class OrderSuperviseWizard(models.TransientModel):
    """Asks for the level and the words of a supervision order (督办)."""

    _name = "yst.order.supervise.wizard"
    _inherit = ["yst.order.wizard.mixin"]
    _description = "Supervise"

    level = fields.Selection("_levels", required=True, default="yellow")
    text = fields.Text("What is demanded", required=True)

    @api.model
    def _levels(self):
        """The levels that the user may give: red is the leaders' alone."""
        levels = self.env["yst.order"]._fields["supervision_level"]._description_selection(self.env)
        if self.env.su or self.env.user.has_group("yst_base.group_leader"):
            return levels
        return [(level, label) for level, label in levels if level != "red"]

    def action_apply(self):
        """Issue the supervision orders and show them."""
        self.ensure_one()
        made = self.order_ids.action_supervise(self.level, self.text)
        if isinstance(made, dict):
            return made
        return {"type": "ir.actions.act_window_close"}
