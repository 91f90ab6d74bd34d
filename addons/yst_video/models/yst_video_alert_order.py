import logging
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from odoo.addons.yst_base import limits
from odoo.addons.yst_order.rules import ENDED_STATES

from .. import correlation

_logger = logging.getLogger(__name__)

CRON_BATCH = 200
#: What is still seen so long after its order was closed was not put right: somebody has to go
#: again. Reports that were under way when the order was closed are no reason.
STILL_THERE = timedelta(minutes=10)


class YstVideoAlert(models.Model):
    """Alerts become task orders: neighbouring cameras, same kind, same minutes → one order."""

    _inherit = "yst.video.alert"

    # -- actions -------------------------------------------------------------------------------

    def action_dispatch_order(self):
        """Make a task order from these alerts now, whatever their rule says.

        :return: action that shows the orders
        :raise UserError: one is judged false, has an order, or the order cannot be made
        """
        self._need_operator()
        alerts = self.sudo()
        for alert in alerts:
            if alert.judgement == "false":
                raise UserError(
                    self.env._("“%s” was judged false: no order is made.", alert.display_name)
                )
            if alert.order_id and alert.order_id.state not in ENDED_STATES:
                raise UserError(
                    self.env._(
                        "“%(alert)s” has an order already: %(order)s.",
                        alert=alert.display_name,
                        order=alert.order_id.display_name,
                    )
                )
        alerts._make_orders(by=self.env.uid)
        orders = alerts.order_id
        action = {
            "type": "ir.actions.act_window",
            "res_model": "yst.order",
            "name": self.env._("Task orders"),
        }
        if len(orders) == 1:
            return {**action, "res_id": orders.id, "views": [(False, "form")]}
        return {
            **action,
            "domain": [("id", "in", orders.ids)],
            "views": [(False, "list"), (False, "form")],
        }

    # -- hooks of the orders ---------------------------------------------------------------------

    def _order_values(self):
        """What an order made from the alert takes over: the camera's place, the rule's level."""
        self.ensure_one()
        alert = self._in_office_language()
        camera, rule = alert.camera_id, alert.rule_id
        label = dict(alert._fields["kind"]._description_selection(alert.env)).get(alert.kind, "")
        category = rule.category_id or rule._default_category(alert.kind)
        return {
            "name": f"{label}：{camera.name}"[:200],
            "description": alert._order_description(label),
            "origin": "alert",
            "category_id": category.id,
            "area_id": alert.area_id.id,
            "place": camera.place or camera.name,
            "latitude": camera.latitude,
            "longitude": camera.longitude,
            **({"urgency": rule.urgency} if rule.urgency else {}),
        }

    def _order_description(self, label):
        lines = [
            self.env._(
                "%(time)s, camera “%(camera)s” (%(code)s): %(kind)s.",
                time=f"{limits.to_local(self.started_at):%Y-%m-%d %H:%M:%S}",
                camera=self.camera_id.name,
                code=self.camera_id.gb_code,
                kind=label,
            )
        ]
        if self.has_reading:
            lines.append(self.env._("Reading: %.2f m.", self.reading))
        elif self.count:
            lines.append(self.env._("Number seen: %s.", self.count))
        if self.order_id.state == "closed":
            lines.append(
                self.env._("It is still seen after order %s was closed.", self.order_id.number)
            )
        return "\n".join(lines)

    def _order_pictures(self, limit=4):
        """The newest pictures; the addresses check who may see them and write it down."""
        self.ensure_one()
        return self._order_pictures_of_each(limit)[self.id]

    def _order_pictures_of_each(self, limit=4):
        """The newest pictures of each alert, in one query for all of them."""
        pictures = {alert.id: [] for alert in self}
        snapshots = self.env["yst.video.snapshot"].sudo().search_fetch(
            [("alert_id", "in", self.ids)],
            ["taken_at", "alert_id"],
            order="taken_at desc, id desc",
        )
        for snapshot in snapshots:
            of_alert = pictures[snapshot.alert_id.id]
            if len(of_alert) < limit:
                of_alert.append(
                    {
                        "url": f"/yst/video/snapshot/{snapshot.id}",
                        "at": f"{snapshot.taken_at.isoformat(timespec='seconds')}Z",
                        "caption": snapshot.alert_id.display_name,
                    }
                )
        return pictures

    # -- making orders ---------------------------------------------------------------------------

    def _make_orders_at_once(self):
        """Make the orders that the rules want at once; what fails is repeated later."""
        self.filtered("order_due")._try_orders()

    @api.model
    def _order_what_goes_on(self, alerts):
        """Make a new order of alerts that are still reported 10 minutes after theirs was closed.

        Once for each closing: while the new order is worked on, nothing follows. An order that
        was cancelled is not made again. One statement when there are none.

        :param list alerts: ids of those that were just reported as going on
        """
        if not alerts:
            return
        rows = self.env.execute_query(
            SQL(
                """UPDATE yst_video_alert a SET order_due = TRUE
                     FROM yst_order o, yst_video_rule r
                    WHERE a.id = ANY(%s) AND a.episode_state = 'open'
                      AND o.id = a.order_id AND o.state = 'closed'
                      AND a.last_at >= o.closed_at + %s
                      AND r.id = a.rule_id
                      AND (r.dispatch = 'at_once' AND a.judgement != 'false'
                           OR r.dispatch = 'confirm' AND a.judgement = 'true')
                RETURNING a.id""",
                alerts,
                STILL_THERE,
            )
        )
        due = self.browse(row[0] for row in rows)
        due.invalidate_recordset(["order_due"])
        due._try_orders()

    def _try_orders(self, by=SUPERUSER_ID):
        """Make orders behind a savepoint: whatever goes wrong, the alerts stay.

        :param int by: the user who dispatches
        :return: whether they were made
        """
        if not self:
            return True
        try:
            with self.env.cr.savepoint():
                self._make_orders(by)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise  # the whole request is run again
        except Exception as error:
            _logger.warning("No orders for the alerts %s", self.ids, exc_info=True)
            self._note_failure(error)
            return False
        return True

    def _note_failure(self, error):
        """Keep why there is no order; the first time, try again as soon as this is committed."""
        if not all(self.mapped("order_attempts")):
            self.env.ref("yst_video.cron_make_orders")._trigger()
        self.env.cr.execute(
            SQL(
                """UPDATE yst_video_alert
                      SET order_attempts = COALESCE(order_attempts, 0) + 1, order_problem = %s
                    WHERE id = ANY(%s)""",
                str(error)[:500].replace("\x00", ""),
                self.ids,
            )
        )
        self.invalidate_recordset(["order_attempts", "order_problem"])

    def _make_orders(self, by=SUPERUSER_ID):
        """Join the alerts to orders that are there, and make orders for the rest.

        A fixed number of statements per batch.

        :param int by: the user who dispatches
        """
        alerts = self._in_office_language().with_user(by).sudo()
        self.env["yst.video.correlation"]._take_turn(alerts.mapped("kind"))
        settings = self.env["yst.video.settings"]._get()
        minutes, metres = settings["correlation_minutes"], settings["correlation_metres"]
        known = alerts._orders_at_work() if minutes else {}
        joined, groups = correlation.sort_out(
            [spot for spot in alerts._spots() if spot.id not in known],
            alerts._ordered_spots(minutes),
            metres,
            minutes,
        )
        joined.update(known)
        firsts = alerts.browse(group[0] for group in groups)
        orders = alerts.env["yst.order"]._dispatch_batch(
            [(alert, {}) for alert in firsts]
        )
        for order, group in zip(orders, groups, strict=True):
            joined.update((alert, order.id) for alert in group)
        alerts._join(joined, leaders=set(firsts.ids))

    def _orders_at_work(self):
        """{alert id: id of the newest order that is worked on because of the same camera and kind}.

        However long ago it was given: what comes again meanwhile is the same duty.
        """
        self.env["yst.order"].flush_model(["state"])
        return dict(
            self.env.execute_query(
                SQL(
                    """SELECT DISTINCT ON (a.id) a.id, o.id
                         FROM yst_video_alert a
                         JOIN yst_video_alert before
                           ON before.camera_id = a.camera_id AND before.kind = a.kind
                         JOIN yst_order o ON o.id = before.order_id AND o.state NOT IN %s
                        WHERE a.id = ANY(%s) AND before.id != a.id
                     ORDER BY a.id, o.id DESC""",
                    ENDED_STATES,
                    self.ids,
                )
            )
        )

    def _spots(self):
        rows = self.env.execute_query(
            SQL(
                """SELECT a.id, a.kind, a.camera_id, a.started_at, c.latitude, c.longitude
                     FROM yst_video_alert a JOIN yst_video_camera c ON c.id = a.camera_id
                    WHERE a.id = ANY(%s)""",
                self.ids,
            )
        )
        return [correlation.Spot(*row[:4], float(row[4] or 0), float(row[5] or 0)) for row in rows]

    def _ordered_spots(self, minutes):
        """Alerts of the same kinds and minutes whose order is worked on; one statement."""
        self.env["yst.order"].flush_model(["state"])
        rows = self.env.execute_query(
            SQL(
                """SELECT a.id, a.kind, a.camera_id, a.started_at, c.latitude, c.longitude,
                          a.order_id
                     FROM yst_video_alert a
                     JOIN yst_video_camera c ON c.id = a.camera_id
                     JOIN yst_order o ON o.id = a.order_id AND o.state NOT IN %(ended)s
                    WHERE a.kind IN (SELECT kind FROM yst_video_alert WHERE id = ANY(%(ids)s))
                      AND NOT a.id = ANY(%(ids)s)
                      AND a.started_at BETWEEN
                          (SELECT MIN(started_at) FROM yst_video_alert WHERE id = ANY(%(ids)s))
                              - %(window)s
                      AND (SELECT MAX(started_at) FROM yst_video_alert WHERE id = ANY(%(ids)s))
                              + %(window)s""",
                ids=self.ids,
                ended=ENDED_STATES,
                window=timedelta(minutes=minutes),
            )
        )
        return [
            correlation.Spot(*row[:4], float(row[4] or 0), float(row[5] or 0), row[6])
            for row in rows
        ]

    def _join(self, orders, leaders):
        """Note each alert's order, and make those that are no order's first cause its sources.

        :param dict orders: {alert id: order id}
        :param set leaders: alerts that an order was made from
        """
        links = self.env["yst.order.link"].sudo()
        followers = [alert for alert in orders if alert not in leaders]
        known = {
            (link.order_id.id, link.source_id)
            for link in links.search_fetch(
                [("source_model", "=", self._name), ("source_id", "in", followers)],
                ["order_id", "source_id"],
            )
        }
        links.create(
            [
                {"order_id": orders[alert], "source_model": self._name, "source_id": alert}
                for alert in followers
                if (orders[alert], alert) not in known
            ]
        )
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """UPDATE yst_video_alert a
                      SET order_id = given.order_id, order_due = FALSE,
                          ordered_at = COALESCE(a.ordered_at, %(now)s),
                          order_problem = NULL, write_date = %(now)s
                     FROM unnest(%(alerts)s::int[], %(orders)s::int[]) AS given(alert, order_id)
                    WHERE a.id = given.alert""",
                now=fields.Datetime.now(),
                alerts=list(orders),
                orders=list(orders.values()),
            )
        )
        self.invalidate_model()

    @api.model
    def _cron_make_orders(self):
        """Make the orders that failed before: together, and where that fails one by one.

        Those that have failed most often come last, and are never given up: they wait until
        whatever is wrong has been mended, or the alert is judged false.
        """
        domain = [("order_due", "=", True)]
        alerts = self.sudo().search(domain, order="order_attempts, id", limit=CRON_BATCH)
        if alerts._try_orders():
            self.env["ir.cron"]._commit_progress(len(alerts), remaining=self.search_count(domain))
            return
        for alert in alerts:
            alert._try_orders()
            self.env["ir.cron"]._commit_progress(1)
