import logging
from collections import defaultdict

import psycopg2

from odoo import api, fields, models
from odoo.fields import Domain

from ..rules import RUNNING_STATES, next_level
from .yst_order_notice import NOTICES_AT_ONCE

_logger = logging.getLogger(__name__)

#: One transaction of the cron takes this many.
BATCH = 200
#: A missed deadline is reported upwards so often: at once, and when each supervision ran out.
STEPS = 3


class Order(models.Model):
    """What happens when time runs out (超时升级): one area up each time, each step once."""

    _inherit = "yst.order"

    @api.model
    def _cron_escalate(self):
        """Every ten minutes: what was not accepted, then what was not handled in time."""
        if self.env["res.lang"]._get_data(code="zh_CN"):
            self = self.with_context(lang="zh_CN")
        orders = self.sudo()
        for domain, step in (
            (self._accept_overdue_domain(), "_escalate_acceptance"),
            (self._overdue_domain(), "_escalate_handling"),
        ):
            late = orders.search(domain, order="id")
            for start in range(0, len(late), BATCH):
                batch = late[start : start + BATCH]
                self._each_apart(batch, step)
                if self.env.context.get("cron_id"):
                    self.env["ir.cron"]._commit_progress(
                        len(batch), remaining=len(late) - start - len(batch)
                    )

    @api.model
    def _accept_overdue_domain(self):
        return (
            Domain("state", "=", "dispatched")
            & Domain("accept_deadline", "<", fields.Datetime.now())
            & Domain("accept_escalated", "=", False)
        )

    @api.model
    def _overdue_domain(self):
        now = fields.Datetime.now()
        return (
            Domain("state", "in", RUNNING_STATES)
            & Domain("clock_deadline", "<", now)
            & Domain("clock_stop", "=", False)
            & Domain("clock_paused_since", "=", False)
            & Domain("overdue_step", "<", STEPS)
            & (Domain("escalate_after", "=", False) | Domain("escalate_after", "<", now))
        )

    @api.model
    def _each_apart(self, orders, step):
        """Take the step with all at once; where that fails, with one after the other, so that
        one order with a fault holds up no other one."""
        try:
            with self.env.cr.savepoint():
                getattr(orders, step)()
            return
        except psycopg2.OperationalError:
            raise  # the database asks for the whole transaction again
        except Exception:
            if len(orders) == 1:
                _logger.exception("Escalation of order %s", orders.id)
                return
        for order in orders:
            self._each_apart(order, step)

    # ------------------------------------------------------------------ the steps
    def _escalate_acceptance(self):
        """Not accepted in time (逾期未接收): once, one area up (sudo)."""
        self._lock_state()
        orders = self.filtered_domain(self._accept_overdue_domain())
        orders.accept_escalated = True
        orders._report_up("accept_overdue")

    def _escalate_handling(self):
        """Not handled in time (逾期未办结): one area up; under supervision, if that is set."""
        self._lock_state()
        orders = self.filtered_domain(self._overdue_domain())
        calendar, now = self.env["yst.calendar.day"], fields.Datetime.now()
        waits = {
            0: calendar._deadline(now, self._setting("yellow_days"), "workday"),
            1: calendar._deadline(now, self._setting("orange_days"), "workday"),
        }
        for order in orders:
            order.escalate_after = waits.get(order.overdue_step, False)
            order.overdue_step += 1
        orders._report_up("overdue")
        if self._auto_supervision():
            orders.filtered(lambda one: one.kind == "task")._supervise_overdue()

    def _supervise_overdue(self):
        """The next level of supervision for each; red is never given automatically."""
        by_level = defaultdict(self.browse)
        for order in self:
            level = next_level(order.supervision_level)
            if level:
                by_level[level] += order
        for level, orders in by_level.items():
            orders._supervise(
                level, self.env._("Not handled within the time limit. Handle it and report."),
                "overdue",
            )

    def _report_up(self, event):
        """To the area above the last one that knows: its duty and its leaders."""
        for order in self:
            place = order.escalated_area_id or order.area_id
            order.escalated_area_id = place.parent_id or place
            order.escalation_level += 1
        shifts = self.env["yst.duty.shift"]
        areas = self.escalated_area_id
        duty = shifts._on_duty(areas)
        leaders = shifts._cadres_of(set(areas.ids), "yst_base.group_leader")
        nobody = self.env["res.users"].sudo()
        users = {
            order: duty[order.escalated_area_id.id]
            | leaders.get(order.escalated_area_id.id, nobody)
            for order in self
        }
        self._message_log_batch(
            bodies={
                order.id: self.env._("%(what)s (reported to %(area)s)",
                                     what=order._notice_text(event),
                                     area=order.escalated_area_id.name)
                for order in self
            }
        )
        self._remind(event, users)
        self._notify_inbox(event, users)
        self._send_bus(
            {order: users[order] | order.user_id | order.dispatcher_id for order in self}
        )

    def _remind(self, event, users):
        """An activity an order for each, but not for who would get a heap of them."""
        by_user = defaultdict(self.browse)
        for order, people in users.items():
            for user in people:
                by_user[user] += order
        kind = self.env.ref("yst_order.activity_escalated")
        model_id = self.env["ir.model"]._get_id(self._name)
        activities = self.env["mail.activity"].sudo()
        activities.with_context(mail_activity_quick_update=True).create(
            [
                {
                    "res_model_id": model_id,
                    "res_id": order.id,
                    "activity_type_id": kind.id,
                    "user_id": user.id,
                    "automated": True,
                    "summary": order._notice_text(event),
                    "date_deadline": self.env["yst.calendar.day"]._today(),
                }
                for user, orders in by_user.items()
                if len(orders) <= NOTICES_AT_ONCE
                for order in orders
            ]
        )
