from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..rules import OPEN_STATES


class Order(models.Model):
    """Duplicates become one order (合并重复); 国办函〔2025〕66号: duplicates are merged."""

    _inherit = "yst.order"

    def action_merge(self, master):
        """Merge these duplicates into ``master``, which keeps number, clock and handler.

        Their sources move to it as links; they show where they went.

        :param master: an order that is at work or waits for it, or its id
        """
        self._need_dispatcher()
        master = self._one("yst.order", master)
        master.with_env(self.env)._need_dispatcher()
        orders, now = self.sudo(), fields.Datetime.now()
        if master in orders:
            raise UserError(self.env._("An order is not merged into itself."))
        if any(order.kind != master.kind for order in orders) or master.kind != "task":
            raise UserError(self.env._("Only task orders are merged."))
        master._need_state("dispatched", "returned", "accepted", "feedback")
        orders._transition(
            "merged",
            ("draft", "dispatched", "returned", "accepted"),
            {"master_id": master.id, "closed_at": now},
            message=self.env._("Merged into %s", master.display_name),
        )
        orders.filtered("clock_start")._clock_stop(at=now)
        orders._activities_done()
        orders._move_sources(master)
        orders.merged_ids.master_id = master
        orders._move_supervision(master)
        master._log(self.env._("Merged: %s", ", ".join(orders.mapped("display_name"))))
        orders._announce("merged", to="handler")
        return True

    def _move_sources(self, master):
        """All sources become the master's; none twice (sudo)."""
        known = {(link.source_model, link.source_id) for link in master.link_ids}
        twice = self.link_ids.browse()
        for link in self.link_ids:
            key = link.source_model, link.source_id
            if key in known:
                twice += link
            known.add(key)
        (self.link_ids - twice).order_id = master
        twice.unlink()
        first = master.link_ids[:1]
        if first and not master.source_id:
            master.write({"source_model": first.source_model, "source_id": first.source_id})

    def _move_supervision(self, master):
        """Who supervised a duplicate supervises the master now (sudo)."""
        running = self.search(
            [("supervised_id", "in", self.ids), ("state", "in", OPEN_STATES)], order="id"
        )
        if not running:
            return
        levels = set(
            self.search(
                [("supervised_id", "=", master.id), ("state", "in", OPEN_STATES)]
            ).mapped("supervision_level")
        )
        double = running.browse()
        for one in running:
            if one.supervision_level in levels:
                double += one
            levels.add(one.supervision_level)
        (running - double).supervised_id = master
        master._raise_supervision(levels)
        if double:
            at = fields.Datetime.now()
            double._transition(
                "cancelled",
                OPEN_STATES,
                {"closed_at": at, "cancel_reason": self.env._("The order was merged.")},
            )
            double._clock_stop(at=at)
            double._activities_done()

    def action_open_master(self):
        """Show the order that this one was merged into."""
        self.ensure_one()
        self.check_access("read")
        master = self.sudo().master_id
        if not master.with_env(self.env).has_access("read"):
            raise AccessError(self.env._("You may not see that order."))
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": master.id,
            "views": [[False, "form"]],
        }
