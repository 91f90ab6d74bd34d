from collections import defaultdict

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.yst_base import limits, numbering

from ..rules import SETTINGS, Limits, limits_for, supervision_limits

PREFIXES = {"task": "RW", "supervision": "DB"}


class Order(models.Model):
    """Dispatching (派发): by hand, in bulk, and for other modules."""

    _inherit = "yst.order"

    # ------------------------------------------------------------------ actions
    def action_dispatch(self):
        """Dispatch (派发) drafts: number, time limits, and whoever is on duty is told."""
        self._need_dispatcher()
        orders = self.sudo()
        orders._dispatch()
        orders._announce("dispatched", to="duty")
        return True

    def action_redispatch(self, area, department=None, reason=None, user=None):
        """Dispatch again (改派), also elsewhere; the time limits begin anew.

        :param area: yst.area or its id, in the user's jurisdiction
        :param department: hr.department or its id; none: the area's own duty
        :param user: the handler, if one is named
        """
        self._need_dispatcher()
        reason = self._need_text(reason)
        area = self._one("yst.area", area)
        if not self.env.su and not self.env.user._has_jurisdiction(area):
            raise AccessError(self.env._("You dispatch in your own areas only."))
        department = self._one("hr.department", department) if department else None
        orders = self.sudo()
        orders._dispatch(
            ("returned", "dispatched", "accepted"),
            {
                "area_id": area.id,
                "department_id": department.id if department else False,
                "user_id": False,
                "accepted_at": False,
                "accept_late": False,
                "accept_escalated": False,
                "overdue_step": 0,
                "escalate_after": False,
                "escalation_level": 0,
                "escalated_area_id": False,
                "extension_asked_amount": 0,
                "extension_count": 0,
            },
            message=self.env._("Dispatched to %(place)s: %(reason)s",
                               place=(department or area).display_name, reason=reason),
        )
        if user:
            orders.action_assign(user)
        orders._activities_done()
        orders._announce("dispatched", to="duty")
        supervision = orders._running_supervision()
        if supervision:  # goes where its order goes
            supervision.with_env(self.env).action_redispatch(area, department, reason, user)
        return True

    # ------------------------------------------------------------------ for other modules
    @api.model
    def _dispatch_batch(self, items):
        """Make and dispatch an order for each item: a fixed number of statements per batch.

        :param items: list of (source record or None, values); the values complete and overrule
            what the source's ``_order_values`` says
        :return: the orders in the order given, dispatched, in the caller's environment
        """
        items = list(items)
        if not items:
            return self.browse()
        vals_list = []
        for source, values in items:
            vals = {**source.sudo()._order_values(), **values} if source else dict(values)
            if source:
                vals.update(source_model=source._name, source_id=source.id)
            vals_list.append(vals)
        orders = self.sudo().create(vals_list)
        self.env["yst.order.link"].sudo().create(
            [
                {"order_id": order.id, "source_model": order.source_model,
                 "source_id": order.source_id}
                for order in orders
                if order.source_model
            ]
        )
        orders._dispatch()
        orders._announce("dispatched", to="duty")
        return orders.with_env(self.env)

    def _add_source(self, source):
        """Join further causes to the one order; what is joined already stays so.

        :param source: records of ``yst.order.source.mixin``
        """
        self.ensure_one()
        order, links = self.sudo(), self.env["yst.order.link"].sudo()
        known = links.search(
            [
                ("order_id", "=", order.id),
                ("source_model", "=", source._name),
                ("source_id", "in", source.ids),
            ]
        ).mapped("source_id")
        links.create(
            [
                {"order_id": order.id, "source_model": source._name, "source_id": record.id}
                for record in source
                if record.id not in known
            ]
        )
        if not order.source_id and source:
            order.write({"source_model": source._name, "source_id": source[0].id})

    # ------------------------------------------------------------------ the step itself
    def _dispatch(self, allowed_from="draft", values=None, message=None, at=None):
        """Set state, limits, clock and number of the orders (sudo).

        :param at: naive UTC, when it is dispatched; now by default
        """
        now = at or fields.Datetime.now()
        lacking = self.filtered(lambda one: one.kind == "task" and not one.category_id)
        if lacking:
            raise UserError(
                self.env._("%s: choose a category; it decides the time limits.",
                           lacking[0].display_name)
            )
        self._transition(
            "dispatched",
            allowed_from,
            {"dispatched_at": now, "dispatcher_id": self._dispatching().id, **(values or {})},
            message=message,
        )
        settings = {name: self._setting(name) for name in SETTINGS}
        calendar = self.env["yst.calendar.day"]
        by_limits = defaultdict(self.browse)
        for order in self:
            by_limits[order._limits(settings)] += order
        for limit, orders in by_limits.items():
            orders.accept_deadline = calendar._deadline(
                now, limit.accept_limit, limit.accept_unit
            )
            fresh = orders.filtered(lambda one: not one.clock_start)
            fresh._clock_start(limit.handle_limit, limit.handle_unit, at=now)
            (orders - fresh)._clock_restart(limit.handle_limit, limit.handle_unit, at=now)
        self._allot_numbers(now)

    @api.model
    def _dispatching(self):
        """The person who dispatches; none where a rule does, be it by the server's own user or
        by that of a program which reports to it."""
        user = self.env.user
        if user.id == SUPERUSER_ID or not user.has_group("yst_base.group_cadre"):
            return user.browse()
        return user

    def _limits(self, settings) -> Limits:
        self.ensure_one()
        if self.kind == "supervision":
            return supervision_limits(self.supervision_level, settings)
        category = self.category_id
        return limits_for(self.urgency, category.urgency, category._limits())

    def _allot_numbers(self, at):
        """RW or DB, year and six digits. Late, because others wait for the series until commit."""
        year = limits.to_local(at).year
        for kind, orders in self.filtered(lambda one: not one.number).grouped("kind").items():
            series = self.env["yst.number"].sudo()
            numbers = series._next_batch(PREFIXES[kind], year, len(orders))
            for order, number in zip(orders, numbers, strict=True):
                order.number = numbering.format_case(PREFIXES[kind], year, number)
