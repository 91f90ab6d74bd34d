from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class YstClockEvent(models.Model):
    """What happened to a clock (时限记录): started, paused, resumed, extended, stopped …

    Written by the clock alone, never changed; whoever may read the record may read its events.
    """

    _name = "yst.clock.event"
    _description = "Clock Event"
    _order = "at, id"
    _rec_name = "kind"

    res_model = fields.Char(string="Record's model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Record", model_field="res_model", required=True, readonly=True
    )
    run = fields.Integer(readonly=True, help="How many times the clock had been started.")
    kind = fields.Selection(
        [
            ("start", "Started"),
            ("pause", "Paused"),
            ("resume", "Resumed"),
            ("extend", "Extended"),
            ("stop", "Stopped"),
            ("restart", "Started anew"),
            ("calendar", "Calendar changed"),
        ],
        required=True,
        readonly=True,
    )
    at = fields.Datetime(string="Time", required=True, readonly=True)
    amount = fields.Integer(readonly=True, help="The limit or the extension, in the clock's unit.")
    deadline = fields.Datetime(string="Deadline after it", readonly=True)
    reason = fields.Char(readonly=True)
    user_id = fields.Many2one(
        "res.users", readonly=True, default=lambda self: self.env.uid, ondelete="restrict"
    )

    _record_idx = models.Index("(res_model, res_id, run)")

    def write(self, vals):
        """Refused: what happened stays as it was written."""
        raise UserError(self.env._("What happened to a clock is not changed afterwards."))

    # -- access follows the record --------------------------------------------------------------

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if not self or result or self.env.su:
            return result
        forbidden = self - self.browse(self._search([("id", "in", self.ids)]))
        if forbidden:
            return forbidden, lambda: self.env["ir.rule"]._make_access_error(operation, forbidden)
        return None

    @api.model
    def _search(self, domain, *args, bypass_access=False, **kwargs):
        if not (self.env.su or bypass_access):
            domain = Domain(domain) & self._readable_domain()
        return super()._search(domain, *args, bypass_access=bypass_access, **kwargs)

    @api.model
    def _readable_domain(self) -> Domain:
        """The events of records which the user may read, as one subquery a model."""
        clocks = (self.env[name] for name in self.env["yst.clock.mixin"]._clock_models())
        return Domain.OR(
            Domain("res_model", "=", model._name)
            & Domain("res_id", "in", model.with_context(active_test=False)._search([]))
            for model in clocks
            if model.has_access("read")
        )
