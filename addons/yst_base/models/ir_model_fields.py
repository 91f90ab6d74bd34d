from odoo import api, models

#: Selections of the clock; each model that inherits it gets a copy of their labels.
CLOCK_SELECTIONS = ("clock_state", "clock_unit")
CLOCK_MODEL = "yst.clock.state.mixin"


class IrModelFields(models.Model):
    """The clock's labels speak the reader's language in every model with a clock.

    Odoo files the copies under the addon of the mixin, so that no addon's translation file holds
    them; the mixin's own labels are translated, and are the same words.
    """

    _inherit = "ir.model.fields"

    @api.model
    def get_field_selection(self, model_name, field_name):
        if field_name in CLOCK_SELECTIONS and model_name in self.pool.descendants(
            [CLOCK_MODEL], "_inherit"
        ):
            model_name = CLOCK_MODEL
        return super().get_field_selection(model_name, field_name)
