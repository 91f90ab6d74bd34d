from odoo import api, fields, models
from odoo.exceptions import UserError


class ReasonWizard(models.TransientModel):
    """Asks why a step is taken (理由), and takes it: one dialog for all modules.

    A module adds its steps to ``step``, says in ``_targets`` which model and method each stands
    for, and has a form of its own (``mode`` primary) where words alone are not enough;
    ``_arguments`` hands the method what it needs. Who may take the step, from which state and
    with what, that method checks by itself.
    """

    _name = "yst.reason.wizard"
    _description = "Reason"

    step = fields.Selection([], required=True)
    res_model = fields.Char("Model", help="Of what was chosen.")
    chosen = fields.Json(help="The ids of what was chosen.")
    chosen_count = fields.Integer("Number chosen", compute="_compute_chosen_count")
    note = fields.Text("Reason")

    @api.depends("chosen")
    def _compute_chosen_count(self):
        for wizard in self:
            wizard.chosen_count = len(wizard._chosen_ids())

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        context = self.env.context
        if context.get("active_model"):
            ids = context.get("active_ids") or [context.get("active_id")]
            given = {"res_model": context["active_model"], "chosen": [one for one in ids if one]}
            values.update({name: given[name] for name in given if name in fields_list})
        return values

    def action_apply(self):
        """Take the step.

        :raises UserError: nothing was chosen that the step could be taken on
        """
        self.ensure_one()
        model, method = self._targets()[self.step]
        ids = self._chosen_ids()
        if not ids or self.res_model != model:
            raise UserError(self.env._("Nothing was chosen."))
        getattr(self.env[model].browse(ids), method)(*self._arguments())
        return {"type": "ir.actions.act_window_close"}

    # ------------------------------------------------------------------ for other modules
    @api.model
    def _targets(self):
        """Of each step the model and its method, as dict."""
        return {}

    def _arguments(self):
        """What the method of the step is given."""
        return (self.note,)

    # ------------------------------------------------------------------ helpers
    def _chosen_ids(self):
        ids = self.chosen if isinstance(self.chosen, list) else []
        return [one for one in ids if isinstance(one, int) and not isinstance(one, bool)]
