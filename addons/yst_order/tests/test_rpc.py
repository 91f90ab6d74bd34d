from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .order_common import PASSWORD, OrderCase

QUIET = ("odoo.http", "odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model",
         "odoo.models")


@tagged("post_install", "-at_install")
class TestRpc(OrderCase, HttpCase):
    """The same rules through the routes that the web client and the phone use."""

    def call(self, user, method, *arguments, model="yst.order", **named):
        """(result, name of the error) of one call of a logged-in user."""
        self.authenticate(user.login, PASSWORD)
        with mute_logger(*QUIET):
            answer = self.url_open(
                f"/web/dataset/call_kw/{model}/{method}",
                json={
                    "jsonrpc": "2.0", "method": "call", "id": 1,
                    "params": {"model": model, "method": method, "args": arguments,
                               "kwargs": named},
                },
            ).json()
        self.env.invalidate_all()
        error = answer.get("error", {}).get("data", {}).get("name", "")
        return answer.get("result"), error.rpartition(".")[2]

    def test_the_handlers_phone_from_acceptance_to_feedback(self):
        order = self.dispatched(category_id=self.street.id)
        self.assertEqual(self.call(self.cadre, "action_accept", order.ids), (True, ""))
        _answer, error = self.call(self.cadre, "action_feedback", order.ids, "清理了")
        self.assertEqual(error, "UserError", "no photo yet")
        answer, _error = self.call(
            self.cadre, "order_add_photo", order.ids, self.photo, "现场.jpg", 32.69, 109.03
        )
        self.assertEqual(answer["problems"], [])
        for user, status in ((self.cadre, 200), (self.desk, 200), (self.other, 404),
                             (self.employee, 404)):
            self.authenticate(user.login, PASSWORD)
            photo = self.url_open(f"/yst/evidence/{answer['id']}", allow_redirects=False)
            self.assertEqual(photo.status_code, status, user.login)
        self.assertEqual(
            self.call(self.cadre, "action_feedback", order.ids, "清理了"), (True, "")
        )
        self.assertEqual(self.call(self.cadre, "action_verify", order.ids)[1], "AccessError")
        self.assertEqual(self.call(self.desk, "action_verify", order.ids), (True, ""))
        self.assertEqual(order.state, "closed")

    def test_another_community_gets_nothing(self):
        order = self.accepted()
        for method, arguments in (
            ("read", (order.ids, ["name"])), ("web_read", (order.ids, {"name": {}})),
            ("action_return", (order.ids, "x")), ("write", (order.ids, {"name": "x"})),
            ("unlink", (order.ids,)), ("message_post", (order.ids,)),
            ("order_pictures", (order.ids,)), ("order_add_photo", (order.ids, "x", "x")),
        ):
            with self.subTest(method):
                result, error = self.call(self.other, method, *arguments)
                self.assertFalse(result)
                self.assertEqual(error, "AccessError")
        self.assertEqual(
            self.call(self.other, "search_count", [["id", "=", order.id]]), (0, "")
        )
        self.assertEqual(self.call(self.other, "name_search", order.name), ([], ""))
        links = self.call(self.other, "search_read", [["res_id", "=", order.id],
                                                      ["model", "=", "yst.order"]],
                          ["body"], model="mail.message")
        self.assertEqual(links, ([], ""))

    def test_forgeries_and_private_methods(self):
        order = self.dispatched()
        for user in (self.desk, self.cadre):
            for values in ({"state": "closed"}, {"clock_deadline": "2099-01-01 00:00:00"},
                           {"number": "RW2026000001"}, {"verifier_id": self.desk2.id}):
                with self.subTest(user=user.login, **values):
                    _result, error = self.call(user, "write", order.ids, values)
                    self.assertIn(error, ("UserError", "AccessError"))
        context = {"_yst_state_token": True, "default_state": "closed", "default_kind": "task"}
        made, error = self.call(
            self.desk, "create", {"name": "x", "area_id": self.north.id}, context=context
        )
        self.assertEqual((self.env["yst.order"].browse(made).state, error), ("draft", ""))
        for method in ("_dispatch_batch", "_transition", "_supervise", "_clock_stop"):
            self.assertTrue(self.call(self.desk, method, order.ids)[1], method)
        self.assertEqual(order.state, "dispatched")

    def test_supervision_orders_are_answered_as_ids(self):
        order = self.accepted()
        self.assertEqual(
            self.call(self.desk, "action_supervise", order.ids, "red", "x")[1], "AccessError"
        )
        made, _error = self.call(self.leader, "action_supervise", order.ids, "red", "立即办理")
        self.assertEqual(made, order.supervision_ids.ids)

    def test_who_dispatches_begins_at_the_desk_unless_told_otherwise(self):
        def home(user):
            self.authenticate(user.login, PASSWORD)
            answer = self.url_open(
                "/web/session/get_session_info",
                json={"jsonrpc": "2.0", "method": "call", "id": 1, "params": {}},
            ).json()
            return answer["result"]["home_action_id"]

        desk = self.env.ref("yst_order.action_order_desk")
        self.assertEqual(home(self.desk), desk.id)
        self.assertEqual(home(self.manager), desk.id)
        self.assertFalse(home(self.cadre))
        own = self.env.ref("yst_order.action_order_todo")
        self.desk.action_id = own.id
        self.assertEqual(home(self.desk), own.id)
