from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL


class CirculationHandover(models.TransientModel):
    """Leaving a post (离岗移交): everything that is still open goes to the successor at once."""

    _name = "yst.circulation.handover"
    _description = "Hand Over Open Items"

    user_id = fields.Many2one(
        "res.users",
        "Who leaves",
        required=True,
        default=lambda self: self.env.user,
        context={"active_test": False},
    )
    successor_id = fields.Many2one("res.users", required=True, domain=[("share", "=", False)])
    open_count = fields.Integer("Open items", compute="_compute_open_count")

    @api.depends("user_id")
    def _compute_open_count(self):
        for wizard in self:
            wizard.open_count = (
                self.env["yst.circulation.node"]
                .sudo()
                .search_count([("handler_id", "=", wizard.user_id.id), ("open", "=", True)])
                if wizard._may()
                else 0
            )

    def _may(self):
        return self.user_id == self.env.user or self.env.user.has_group(
            "yst_circulation.group_circulation_manager"
        )

    def action_hand_over(self):
        """Hand over all open items, in one statement.

        :raise AccessError: another's, without being a circulation manager
        :raise UserError: the successor has left or is the same person
        """
        self.ensure_one()
        if not self._may():
            raise AccessError(self.env._("Only circulation managers hand over for others."))
        leaver, successor = self.user_id, self.successor_id
        if successor == leaver:
            raise UserError(self.env._("Choose somebody else."))
        cadre = successor.has_group("yst_base.group_cadre")
        if not successor.active or successor.share or not cadre:
            raise UserError(self.env._("%s cannot receive items any more.", successor.name))
        nodes = self.env["yst.circulation.node"]
        nodes.flush_model()
        rows = self.env.execute_query(
            SQL(
                "UPDATE yst_circulation_node SET handler_id = %s, handed_from_id = %s,"
                " deputy_id = NULL, delegation_id = NULL WHERE open AND handler_id = %s"
                " RETURNING id",
                successor.id,
                leaver.id,
                leaver.id,
            )
        )
        nodes.invalidate_model()
        self.env["yst.circulation.bus"]._tell((leaver | successor).ids)
        self.env["yst.audit.log"].sudo()._log(
            "account_change", leaver, detail=f"{len(rows)} → {successor.login}"
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(count)s open items now lie with %(name)s.",
                    count=len(rows),
                    name=successor.name,
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
