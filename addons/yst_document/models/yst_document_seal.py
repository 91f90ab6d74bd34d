from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .yst_document_number import MANAGER

KEEPER = "yst_document.group_document_seal_keeper"


class DocumentSeal(models.Model):
    """A seal (印章) whose image its keepers alone see.

    Once it has been applied its image stays: a new image is a new seal.
    """

    _name = "yst.document.seal"
    _description = "Seal"
    _inherit = ["yst.document.stamp"]
    _order = "sequence, name"

    _stamp_square = True

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    image = fields.Binary(groups=KEEPER)
    code_ids = fields.Many2many(
        "yst.document.code", string="Issuing codes", help="It seals only these; empty: all."
    )
    keeper_ids = fields.Many2many(
        "res.users", string="Keepers", help="Only these apply it; empty: every keeper of seals."
    )
    log_ids = fields.One2many("yst.document.seal.log", "seal_id", "Uses", readonly=True)
    use_count = fields.Integer("Number of uses", compute="_compute_use_count")

    _name_uniq = models.UniqueIndex("(name)", "There is such a seal already.")

    @api.depends("log_ids")
    def _compute_use_count(self):
        counts = dict(
            self.env["yst.document.seal.log"].sudo()._read_group(
                [("seal_id", "in", self.ids)], ["seal_id"], ["__count"]
            )
        )
        for seal in self:
            seal.use_count = counts.get(seal, 0)

    def write(self, vals):
        """:raise AccessError: others keep it
        :raise UserError: it has been used, and another image or name would stand for it"""
        self._check_keeper()
        if {"image", "name"} & vals.keys() and self._used():
            raise UserError(
                self.env._(
                    "The seal has been applied to documents: its name and image stay. Archive it "
                    "and enter the new one beside it."
                )
            )
        return super().write(vals)

    def _check_keeper(self):
        """:raise AccessError: a seal is kept by others; the document manager says by whom"""
        if self.env.su or self.env.user.has_group(MANAGER):
            return
        for seal in self.sudo().with_context(active_test=False):
            if seal.keeper_ids and self.env.user not in seal.keeper_ids:
                raise AccessError(self.env._("“%s” is kept by somebody else.", seal.name))

    @api.ondelete(at_uninstall=False)
    def _unlink_unused(self):
        self._check_keeper()
        if self._used():
            raise UserError(self.env._("A seal that was used is archived, not deleted."))

    def _used(self):
        logs = self.env["yst.document.seal.log"].sudo()
        return bool(logs.search_count([("seal_id", "in", self.ids)], limit=1))

    def action_open_log(self):
        """The uses of the seal."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Uses of the seal"),
            "res_model": "yst.document.seal.log",
            "view_mode": "list,form",
            "domain": [("seal_id", "=", self.id)],
        }
