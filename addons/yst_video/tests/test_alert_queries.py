from odoo.tests import tagged
from odoo.tools import SQL

from .api_common import VideoCase, snapshot
from .api_common import jpeg as picture


@tagged("post_install", "-at_install")
class TestAlertQueries(VideoCase):
    """A batch costs the same number of statements whatever its size."""

    def cost(self, action):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        action()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def batch(self, count, **more):
        return [
            self.report(snapshots=[snapshot(picture(number))], **more) for number in range(count)
        ]

    def test_new_alerts_with_pictures(self):
        self.ingest(*self.batch(2))  # what is looked up once
        one = self.cost(lambda: self.ingest(*self.batch(1)))
        many = self.cost(lambda: self.ingest(*self.batch(100)))
        self.assertEqual(one, many)
        self.assertLessEqual(many, 20)

    def test_updates_and_repeats(self):
        items = self.batch(100)
        self.ingest(*items)
        self.assertLessEqual(self.cost(lambda: self.ingest(*items)), 6)
        later = [{**item, "sequence": 2, "event": "close", "snapshots": []} for item in items]
        one = self.cost(lambda: self.ingest(later[0]))
        self.assertEqual(self.cost(lambda: self.ingest(*later[1:])), one)

    def test_bad_items_cost_nothing(self):
        bad = [self.report(score=7) for _number in range(100)]
        self.assertLessEqual(self.cost(lambda: self.ingest(*bad)), 5)

    def test_orders_of_one_happening(self):
        self.rule.dispatch = "at_once"
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("yst_video.correlation_minutes", 0)
        self.ingest(*self.batch(2))
        self.env["yst.order"].search([("origin", "=", "alert")]).action_cancel("x")
        one = self.cost(lambda: self.ingest(*self.batch(1)))
        self.env["yst.order"].search(
            [("origin", "=", "alert"), ("state", "=", "dispatched")]
        ).action_cancel("x")
        many = self.cost(lambda: self.ingest(*self.batch(50)))
        self.assertLessEqual(many, one + 3)

    def test_orders_of_many_happenings(self):
        """Each alert its own order: the statements do not grow with the alerts."""
        counts = []
        for count in (3, 30):
            cameras = self._cameras(self.north, count, 33.0 + count / 100, step=0.01)
            rules = self._rule(cameras, dispatch="at_once")
            items = [self.report(camera=camera, rule=rule)
                     for camera, rule in zip(cameras, rules, strict=True)]
            counts.append(self.cost(lambda items=items: self.ingest(*items)))
            orders = {self.alert(item["uid"]).order_id for item in items}
            self.assertEqual(len(orders), count)
        self.assertLessEqual(counts[1], counts[0] + 3)

    def test_what_is_asked_for_often_has_an_index(self):
        """That the condition is written so that the database knows it for the index's own."""
        Alert = self.env["yst.video.alert"]
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        for domain, index in (
            ([("order_due", "=", True)], "order_due_idx"),
            ([("order_problem", "!=", False), ("order_id", "=", False)], "order_problem_idx"),
            ([("judgement", "=", "pending")], "pending_idx"),
            ([("rule_id", "!=", False), ("judgement", "=", "false")], "rule_idx"),
        ):
            with self.subTest(index=index):
                query = Alert._search(domain, order="id" if index == "order_due_idx" else None)
                rows = self.env.execute_query(SQL("EXPLAIN %s", query.select("COUNT(*)")
                                                  if index == "rule_idx" else query.select()))
                self.assertIn(f"yst_video_alert_{index}", "\n".join(row[0] for row in rows))

    def test_stills(self):
        cameras = self._cameras(self.north, 100)
        data = snapshot()
        items = [{"camera": camera.id, "at": data["at"], "jpeg": data["jpeg"]}
                 for camera in cameras]
        put = self.env["yst.video.still"]._put_stills
        self.assertEqual(self.cost(lambda: put(items)), 1)
        self.assertEqual(self.cost(lambda: put(items[:1])), 1)
