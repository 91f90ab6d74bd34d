from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ..rules import LEVEL_RANK, OPEN_STATES


class Order(models.Model):
    """Supervision orders (督办单): yellow 2 working days, orange 1, red 12 hours [use]."""

    _inherit = "yst.order"

    def action_supervise(self, level, text):
        """Put running orders under supervision; red is the leaders' alone.

        :param level: yellow, orange or red
        :param text: what is demanded
        :return: the supervision orders
        """
        text = self._need_text(text)
        if level not in ("yellow", "orange", "red"):
            raise UserError(self.env._("Choose a level of supervision."))
        leader = self.env.user.has_group("yst_base.group_leader")
        self.check_access("read")
        if not leader:
            self._need_dispatcher()
            if level == "red" and not self.env.su:
                raise AccessError(self.env._("A red supervision order is a leader's to give."))
        elif not self.env.su:
            areas = set(self.env.user._jurisdiction_area_ids())
            if any(order.area_id.id not in areas for order in self.sudo()):
                raise AccessError(self.env._("You supervise in your own areas only."))
        orders = self.sudo()
        orders._need_state("dispatched", "returned", "accepted", "feedback")
        made = orders._supervise(level, text, "leader" if leader else "manual")
        return made.with_env(self.env)

    def _supervise(self, level, text, origin):
        """Make the supervision orders of a level (sudo), in the order of the orders."""
        if any(order.kind == "supervision" for order in self):
            raise UserError(self.env._("A supervision order is not supervised itself."))
        running = self.search(
            [
                ("supervised_id", "in", self.ids),
                ("supervision_level", "=", level),
                ("state", "in", OPEN_STATES),
            ]
        )
        if running:
            raise UserError(
                self.env._("%s is under supervision of this level already.",
                           running[0].supervised_id.display_name)
            )
        made = self._dispatch_batch([(None, order._supervision_values(level, text, origin))
                                     for order in self])
        self._raise_supervision([level])
        labels = dict(self._fields["supervision_level"]._description_selection(self.env))
        self._message_log_batch(
            bodies={
                order.id: self.env._("Supervision order %(number)s (%(level)s): %(text)s",
                                     number=one.number, level=labels[level], text=text)
                for order, one in zip(self, made, strict=True)
            }
        )
        return made

    def _supervision_values(self, level, text, origin):
        self.ensure_one()
        return {
            "kind": "supervision",
            "supervised_id": self.id,
            "supervision_level": level,
            "name": self.env._("Supervision: %s", self.name),
            "description": text,
            "category_id": self.category_id.id,
            "urgency": "urgent",
            "area_id": self.area_id.id,
            "department_id": self.department_id.id,
            "user_id": self.user_id.id,
            "origin": origin,
            "place": self.place,
            "latitude": self.latitude,
            "longitude": self.longitude,
        }

    def _raise_supervision(self, levels):
        """A task order shows the highest level that it has been under (sudo)."""
        for order in self:
            order.supervision_level = max(
                [order.supervision_level, *levels], key=LEVEL_RANK.__getitem__
            )

    def _running_supervision(self):
        """The supervision orders of these orders whose handlers still have to act (sudo)."""
        return self.search(
            [
                ("supervised_id", "in", self.ids),
                ("state", "in", ("dispatched", "returned", "accepted")),
            ],
            order="id",
        )

    def _end_supervision(self, state, at):
        """What is done or cancelled need not be supervised any more (sudo)."""
        running = self.search(
            [("supervised_id", "in", self.ids), ("state", "in", OPEN_STATES)], order="id"
        )
        if not running:
            return
        running._transition(
            state,
            OPEN_STATES,
            {"closed_at": at},
            message=self.env._("Ended together with the order that it supervised."),
        )
        running.filtered("clock_start")._clock_stop(at=at)
        running._activities_done()
        running._announce(state, to="handler")

    @api.model
    def _auto_supervision(self):
        """Whether a missed deadline leads to a supervision order by itself (setting)."""
        parameter = self.env["ir.config_parameter"].sudo()
        return parameter.get_param("yst_order.auto_supervision") == "True"
