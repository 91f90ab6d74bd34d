from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.http import request

from .. import append_only

DETAIL_LENGTH = 2000


class AuditLog(models.Model):
    """The audit log (审计日志): logins, rights changes, sensitive reads, exports.

    Written once: no right, no superuser and no SQL statement of the application changes or
    removes a line; a trigger of the database refuses it. GB/T 22239-2019 asks for at least
    six months; lines are kept without limit.
    """

    _name = "yst.audit.log"
    _description = "Audit log"
    _order = "id desc"
    _rec_name = "action"

    user_id = fields.Many2one(
        "res.users", "Who", required=True, readonly=True, index=True, ondelete="restrict"
    )
    action = fields.Selection(
        [
            ("login", "Login"),
            ("login_failed", "Login refused"),
            ("identity_read", "Numbers read in the clear"),
            ("identity_change", "Identity number replaced"),
            ("rights_change", "Rights changed"),
            ("account_change", "Account changed"),
            ("export", "Export"),
            ("deletion", "Deletion"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    model = fields.Char(readonly=True)
    subject = fields.Char("About", compute="_compute_subject")
    res_id = fields.Many2oneReference("Record", model_field="model", readonly=True)
    detail = fields.Text(readonly=True)
    reason = fields.Char(readonly=True)
    ip = fields.Char("Address", readonly=True)

    _record_idx = models.Index("(model, res_id)")
    _date_idx = models.Index("(create_date)")

    @api.depends("model")
    @api.depends_context("lang")
    def _compute_subject(self):
        """What kind of record it is about, in words."""
        for line in self:
            known = line.model and self.env["ir.model"]._get(line.model)
            line.subject = known.name if known else line.model

    def init(self):
        """Let the database itself refuse changes."""
        append_only.refuse_changes(self.env.cr, self._table, "lines of the audit log")

    @api.model_create_multi
    def create(self, vals_list):
        """Who and from where is taken from the session, whatever the caller says."""
        address = request.httprequest.remote_addr if request else False
        who = self.env.uid or self.env.ref("base.public_user").id  # nobody has logged in yet
        for vals in vals_list:
            vals.update(user_id=who, ip=address)
        return super().create(vals_list)

    def write(self, vals):
        raise UserError(self.env._("Lines of the audit log cannot be changed."))

    def unlink(self):
        raise UserError(self.env._("Lines of the audit log cannot be removed."))

    def copy(self, default=None):
        raise UserError(self.env._("Lines of the audit log cannot be copied."))

    def action_open_record(self):
        """Open what the line is about, as far as the reader may see it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.model,
            "res_id": self.res_id,
            "views": [[False, "form"]],
        }

    @api.model
    def _log(self, action, records=None, reason=None, detail=None):
        """Write one line for each record (one without record if there are none).

        Call it as ``env['yst.audit.log'].sudo()._log(…)``: nobody may create lines directly.
        """
        line = {
            "action": action,
            "reason": reason or False,
            "detail": (detail or "")[:DETAIL_LENGTH] or False,
        }
        if records is None:
            return self.create([line])
        targets = records.ids or [False]
        return self.create(
            [{**line, "model": records._name, "res_id": res_id} for res_id in targets]
        )
