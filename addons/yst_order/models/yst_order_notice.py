from collections import defaultdict

from odoo import SUPERUSER_ID, fields, models
from odoo.exceptions import UserError

#: What other modules are told of.
SOURCE_EVENTS = {
    "dispatched", "accepted", "returned", "feedback", "closed", "cancelled", "merged",
}
#: More at once are told in one message, so that nobody drowns.
NOTICES_AT_ONCE = 10
ACTIVITIES = ["yst_order.activity_escalated"]


class Order(models.Model):
    """Who is told: open screens through the bus, people through their inbox, sources by a hook.

    Everything is sent for a whole batch at once; the bus speaks after the commit.
    """

    _inherit = "yst.order"

    def _announce(self, event, to=None):
        """Tell of a step that all orders (sudo) have taken.

        :param event: dispatched, accepted, … as in the texts below
        :param to: whose inbox gets it: "duty" (who is to act), "desk" (who dispatched it) or
            "handler"; by default nobody's
        """
        if not self:
            return
        if event in SOURCE_EVENTS:
            for order, sources in self._sources():
                sources._order_event(order, event)
        duty, watching = self._duty()
        desk = self._desk(watching)
        if to:
            people = {
                "duty": lambda order: duty[order.id] | order.user_id,
                "desk": lambda order: desk[order.id],
                "handler": lambda order: order.user_id,
            }[to]
            self._notify_inbox(event, {order: people(order) for order in self})
        self._send_bus(
            {
                order: duty[order.id] | watching[order.id] | desk[order.id] | order.user_id
                for order in self
            }
        )

    def _desk(self, watching):
        """Who answers for the dispatch of each order: whoever dispatched it; where a program did,
        the dispatchers on duty, and where there are none, those of the area or the nearest above.

        :param watching: dict of order id to those who have a shift
        :return: dict of order id to ``res.users`` (sudo)
        """
        group = "yst_order.group_order_dispatcher"
        desk = {
            order.id: order.dispatcher_id.filtered(
                lambda user: user.active and user.id != SUPERUSER_ID and user.has_group(group)
            )
            or watching[order.id].filtered(lambda user: user.has_group(group))
            for order in self
        }
        rest = self.filtered(lambda order: not desk[order.id])
        if rest:
            dispatchers = self.env["yst.duty.shift"]._dispatchers(rest.area_id)
            desk.update({order.id: dispatchers[order.area_id.id] for order in rest})
        return desk

    def _duty(self):
        """Who is on duty for each order, and who watches the desk above: two dicts by id."""
        shifts = self.env["yst.duty.shift"]
        nearest, chain = shifts._on_duty_both(self.area_id)
        departments = shifts._on_duty_departments(self.department_id)
        duty = {
            order.id: departments[order.department_id.id]
            if order.department_id
            else nearest[order.area_id.id]
            for order in self
        }
        return duty, {order.id: chain[order.area_id.id] for order in self}

    def _sources(self):
        """Pairs of order and its sources of one model (sudo); deleted ones are left out."""
        by_model = defaultdict(lambda: defaultdict(list))
        for link in self.link_ids:
            if link.source_model in self.env:
                by_model[link.source_model][link.order_id].append(link.source_id)
        pairs = []
        for model, orders in by_model.items():
            every = self.env[model].sudo().browse({one for ids in orders.values() for one in ids})
            every = every.exists()
            alive = set(every.ids)
            for order, ids in orders.items():
                sources = every.browse([one for one in ids if one in alive])
                pairs.append((order, sources.with_prefetch(every._ids)))
        return [(order, sources) for order, sources in pairs if sources]

    # ------------------------------------------------------------------ the bus
    def _send_bus(self, users):
        """``yst_order.changed`` to the open screens of the users of each order."""
        pictures = self._source_pictures(1)
        for order in self:
            payload = {
                "id": order.id,
                "number": order.number or False,
                "name": order.name,
                "state": order.state,
                "urgency": order.urgency,
                "area": order.area_id.name,
                "kind": order.kind,
                "by": self.env.uid,  # whose own screens need no notice
                "picture": pictures[order.id][0]["url"] if pictures[order.id] else False,
            }
            users[order].partner_id._bus_send("yst_order.changed", payload)

    # ------------------------------------------------------------------ the inbox
    def _notify_inbox(self, event, users):
        """Tell the users of each order, but not who did it, in their inboxes and languages.

        Who would get more than a few at once gets a single message that counts them. The number
        of statements depends on the languages, not on orders or users.

        :param users: dict of order to res.users
        """
        by_user = defaultdict(self.browse)
        for order in self:
            for user in users[order] - self.env.user:
                by_user[user] += order
        people = defaultdict(self.env["res.users"].sudo)  # of (orders, language): one message
        for user, orders in by_user.items():
            if len(orders) > NOTICES_AT_ONCE:
                people[orders, user.lang] |= user
                continue
            for order in orders:
                people[order, user.lang] |= user
        self.env["mail.notification"].sudo().create(
            [
                {
                    "mail_message_id": message.id,
                    "author_id": message.author_id.id,
                    "res_partner_id": partner.id,
                    "notification_type": "inbox",
                    "notification_status": "sent",
                }
                for lang in {lang for _orders, lang in people}
                for orders, message in self._notice_messages(
                    event, [orders for orders, one in people if one == lang], lang
                )
                for partner in people[orders, lang].partner_id
            ]
        )

    def _notice_messages(self, event, groups, lang):
        """Pairs of orders and the message about them, for a list of sets of orders.

        A message stands with the first of its orders. Those of different orders are written in
        one go, so a second go is needed only where two begin with the same order.
        """
        groups, pairs = list(groups), []
        while groups:
            now, later = {}, []
            for orders in groups:
                if orders[0] in now:
                    later.append(orders)
                else:
                    now[orders[0]] = orders
            anchors = self.browse([one.id for one in now])
            anchors = anchors.with_context(lang=lang or self.env.lang)
            texts = {one.id: one._notice_text(event) for one in anchors}
            for anchor in anchors:
                more = len(now[anchor]) - 1
                if more:
                    texts[anchor.id] = anchor.env._(
                        "%(first)s And %(count)s more orders.",
                        first=texts[anchor.id],
                        count=more,
                    )
            messages = anchors._message_log_batch(texts, message_type="user_notification")
            pairs += zip(now.values(), messages, strict=True)
            groups = later
        return pairs

    def _notice_text(self, event):
        """What the inbox says, in the language of the environment."""
        self.ensure_one()
        _ = self.env._
        what = self.display_name
        texts = {
            "dispatched": _("New order, to be accepted by %(until)s: %(order)s",
                            until=self._local_time(self.accept_deadline), order=what),
            "assigned": _("You are the handler of: %s", what),
            "returned": _("Returned by the handler: %s", what),
            "feedback": _("Feedback has come, to be verified: %s", what),
            "extension_asked": _("More time is asked for: %s", what),
            "extended": _("More time granted, until %(until)s: %(order)s",
                          until=self._local_time(self.clock_deadline), order=what),
            "extension_refused": _("No more time granted: %s", what),
            "sent_back": _("Sent back, to be done again: %s", what),
            "closed": _("Verified and closed: %s", what),
            "cancelled": _("Cancelled: %s", what),
            "merged": _("Merged into another order: %s", what),
            "accept_overdue": _("Not accepted in time: %s", what),
            "overdue": _("Not handled in time: %s", what),
        }
        return texts[event]

    def _local_time(self, moment):
        zone = self.env.user.tz or "Asia/Shanghai"
        if not moment:
            return ""
        local = fields.Datetime.context_timestamp(self.with_context(tz=zone), moment)
        return f"{local:%Y-%m-%d %H:%M}"

    # ------------------------------------------------------------------ opening
    def action_open_source(self):
        """Open what the order came from, as far as the user may see it."""
        self.ensure_one()
        self.check_access("read")
        order = self.sudo()
        model = order.source_model
        if not model or model not in self.env or not order.source_id:
            raise UserError(self.env._("This order has no source."))
        source = self.env[model].browse(order.source_id).exists()
        source.check_access("read")
        if not source:
            raise UserError(self.env._("The record has been deleted in the meantime."))
        return {
            "type": "ir.actions.act_window",
            "res_model": model,
            "res_id": source.id,
            "views": [[False, "form"]],
        }

    def _activities_done(self):
        """What was reported upwards is settled by the step (sudo)."""
        self.activity_unlink(ACTIVITIES)
