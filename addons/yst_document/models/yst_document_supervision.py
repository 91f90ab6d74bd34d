import math

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from .yst_document_access import LEADER, REGISTRAR


class Document(models.Model):
    """An instruction (批示) that becomes a supervision order (督办单), with its own clock."""

    _inherit = "yst.document"

    def action_supervise(
        self, area, department=None, deadline=None, level="yellow", text=None, user=None
    ):
        """Make an instruction a supervision order (督办单), which has its own clock.

        :param area: yst.area or id, in the user's jurisdiction
        :param deadline: naive UTC; by default as its level says
        :param level: yellow, orange or red; red is a leader's
        :return: the order
        """
        self.ensure_one()
        self._begin("instruct", "handle", "answered")
        document = self.sudo()
        leader = self.env.user.has_group(LEADER) and bool(
            document.instructor_ids & self._principals()
        )
        if not (leader or self.env.su or self.env.user.has_group(REGISTRAR)):
            raise AccessError(self.env._("A leader who instructs, or the document desk, "
                                         "supervises."))
        if level not in ("yellow", "orange", "red"):
            raise UserError(self.env._("Choose a level of supervision."))
        if level == "red" and not (leader or self.env.su):
            raise AccessError(self.env._("A red supervision order is a leader's to give."))
        text = self._need_text(text or document._last_instruction())
        area = self.env["yst.area"].sudo().browse(getattr(area, "id", area) or []).exists()
        if not area:
            raise UserError(self.env._("Say where it is to be done."))
        if not self.env.su and not self.env.user._has_jurisdiction(area):
            raise AccessError(self.env._("You supervise in your own areas only."))
        now = fields.Datetime.now()
        due = fields.Datetime.to_datetime(deadline) if deadline else None
        if due and due <= now:
            raise UserError(
                self.env._("The deadline has passed already. Choose a time in the future.")
            )
        values = {
            "kind": "supervision",
            "supervision_level": level,
            "description": text,
            "area_id": area.id,
            "department_id": getattr(department, "id", department) or False,
            "user_id": getattr(user, "id", user) or False,
            "urgency": "urgent",
            "origin": "leader" if leader else "manual",
        }
        order = self.env["yst.order"].sudo()._dispatch_batch([(document, values)])
        if due:
            hours = max(1, math.ceil((due - now).total_seconds() / 3600))
            order._clock_restart(hours, "hour", at=now, reason=self.env._("As instructed"))
        document._message_log(
            body=self.env._("Supervision order %(number)s: %(text)s", number=order.number,
                            text=text)
        )
        return order.with_env(self.env)

    def _last_instruction(self):
        instructions = self.opinion_ids.filtered(lambda one: one.kind == "instruct" and one.text)
        return instructions.sorted("id")[-1:].text

    def _order_values(self):
        """What a supervision order takes over."""
        self.ensure_one()
        return {**super()._order_values(), "name": self.name}

    def _order_event(self, order, event):
        """The document's record says what becomes of its supervision order."""
        super()._order_event(order, event)
        words = {
            "feedback": self.env._("Supervision order %s: reported back", order.number),
            "closed": self.env._("Supervision order %s: closed", order.number),
            "cancelled": self.env._("Supervision order %s: cancelled", order.number),
        }.get(event)
        if words:
            self._message_log_batch(bodies=dict.fromkeys(self.ids, words))
