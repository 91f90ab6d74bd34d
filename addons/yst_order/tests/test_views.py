"""What the screens show, and what they cost."""

import base64
import hashlib
from datetime import timedelta

from freezegun import freeze_time
from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Datetime
from odoo.tests import tagged
from odoo.tests.form import Form
from odoo.tools.safe_eval import safe_eval

from .order_common import TUESDAY, OrderCase


@tagged("post_install", "-at_install")
class TestOrderScreens(OrderCase):
    def may(self, user, order):
        self.env.invalidate_all()
        seen = self.as_user(user, order)._filtered_access("read")
        return set(filter(None, (seen.may_actions or "").split("|")))

    # ------------------------------------------------------------------ buttons
    def test_only_the_buttons_that_work_now(self):
        desk_open = {"redispatch", "supervise", "merge", "cancel", "assign"}
        order = self.draft()
        self.assertEqual(self.may(self.desk, order), {"dispatch", "merge", "cancel"})
        order.action_dispatch()
        self.assertEqual(self.may(self.desk, order), desk_open | {"extend"})
        self.assertEqual(self.may(self.cadre, order), {"accept", "return", "assign"})
        self.as_user(self.cadre, order).action_accept()
        handler = {"return", "photo", "feedback", "ask_extension", "assign"}
        self.assertEqual(self.may(self.cadre, order), handler)
        self.assertEqual(self.may(self.colleague, order), set(), "it has a handler now")
        self.as_user(self.cadre, order).action_ask_extension(1, "等消防")
        self.assertEqual(self.may(self.cadre, order), handler - {"ask_extension"})
        self.assertIn("refuse_extension", self.may(self.desk, order))
        self.as_user(self.cadre, order).action_feedback("已处理")
        self.assertEqual(self.may(self.cadre, order), set())
        self.assertEqual(self.may(self.desk, order), {"verify", "send_back", "supervise"})
        self.assertEqual(self.may(self.leader, order), {"supervise"})
        self.as_user(self.desk, order).action_verify()
        self.assertEqual(self.may(self.desk, order), {"follow_up"})
        self.as_user(self.desk, order).action_follow_up("satisfied", "满意")
        self.assertEqual(self.may(self.desk, order), set())

    def test_each_button_does_what_it_says(self):
        """No button is offered whose action is then refused."""
        calls = {
            "dispatch": lambda one: one.action_dispatch(),
            "accept": lambda one: one.action_accept(),
            "return": lambda one: one.action_return("不属本辖区"),
            "photo": lambda one: one.order_add_photo(self.photo, "a.jpg"),
            "feedback": lambda one: one.action_feedback("已处理"),
            "ask_extension": lambda one: one.action_ask_extension(1, "等待"),
            "assign": lambda one: one.action_assign(self.colleague.id),
            "redispatch": lambda one: one.action_redispatch(self.south.id, None, "改派"),
            "verify": lambda one: one.action_verify(),
            "send_back": lambda one: one.action_send_back("不彻底"),
            "extend": lambda one: one.action_extend(1, "同意"),
            "refuse_extension": lambda one: one.action_refuse_extension("不同意"),
            "merge": lambda one: one.action_merge(self.dispatched().id),
            "cancel": lambda one: one.action_cancel("误报"),
            "supervise": lambda one: one.action_supervise("yellow", "尽快"),
            "follow_up": lambda one: one.action_follow_up("satisfied", "满意"),
        }
        asked = self.accepted()
        self.as_user(self.cadre, asked).action_ask_extension(1, "等待")
        closed = self.reported()
        self.as_user(self.desk, closed).action_verify()
        orders = (
            self.draft(), self.dispatched(), self.accepted(), asked, self.reported(), closed,
        )
        tried = set()
        for order in orders:
            for user in (self.desk, self.cadre, self.colleague, self.leader, self.other):
                for name in self.may(user, order):
                    with self.subTest(state=order.state, user=user.login, button=name):
                        tried.add(name)
                        point = self.env.cr.savepoint(flush=True)
                        calls[name](self.as_user(user, order))
                        point.rollback()
                        point.close(rollback=False)
                        self.env.invalidate_all(flush=False)
        self.assertEqual(tried, calls.keys(), "every button was offered at least once")

    def test_a_leader_is_offered_supervision_in_own_areas_alone(self):
        order = self.dispatched(self.north)
        self.leader.jurisdiction_ids = [Command.set(self.south.ids)]
        order.sudo().user_id = self.leader  # seen, as its handler, in another's area
        self.assertNotIn("supervise", self.may(self.leader, order))

    def test_who_watches_an_area_from_above_does_not_handle_its_orders(self):
        """Neither button nor server: the community has people of its own."""
        above = self._user("o.above", "yst_base.group_cadre", self.subdistrict)
        order = self.dispatched(self.north)
        step = {"accept", "return", "assign"}
        for user in (self.leader, self.desk, above):
            with self.subTest(user.login):
                self.assertFalse(step - {"assign"} & self.may(user, order))
                theirs = self.as_user(user, order)
                with self.assertRaises(AccessError):
                    theirs.action_accept()
                with self.assertRaises(AccessError):
                    theirs.action_return("不属本辖区")
                self.assertNotIn("to_accept", self.todo(user))
        self.assertEqual(order.state, "dispatched")
        for user in (self.cadre, self.colleague):
            self.assertEqual(self.may(user, order), step)
        below = self.dispatched(self.grid)
        self.assertEqual(self.may(self.cadre, below), step, "the grid has nobody of its own")
        self.assertEqual(self.todo(self.cadre), {"to_accept": 2})

    def test_where_nobody_is_nearer_those_above_handle_it(self):
        lonely = self.env["yst.area"].create(
            {"name": "测试西社区", "code": "997999001003", "kind": "community",
             "parent_id": self.subdistrict.id}
        )
        order = self.dispatched(lonely)
        self.assertLess({"accept", "return"}, self.may(self.desk, order))
        self.assertEqual(self.todo(self.leader), {"to_accept": 1})
        self.as_user(self.leader, order).action_accept()
        self.assertEqual(order.user_id, self.leader)

    def test_who_has_the_shift_handles_what_lies_below_it(self):
        now = Datetime.now()
        self.env["yst.duty.shift"].create({
            "area_id": self.grid.id, "start": now - timedelta(hours=1),
            "stop": now + timedelta(hours=7), "user_ids": [Command.set(self.leader.ids)],
        })
        order = self.dispatched(self.grid)
        self.assertLess({"accept", "return"}, self.may(self.leader, order))
        self.assertEqual(self.may(self.cadre, order), set(), "others have the shift of the grid")
        self.assertEqual(self.todo(self.leader), {"to_accept": 1})
        self.as_user(self.leader, order).action_accept()
        self.assertEqual(order.user_id, self.leader)

    # ------------------------------------------------------------------ to do
    def todo(self, user):
        self.env.invalidate_all()
        found = self.env["yst.order"].with_user(user).get_todo()
        return {row["filter"]: row["count"] for row in found["rows"]}

    def test_the_counter_says_what_waits_for_whom(self):
        self.dispatched(count=2)
        self.accepted()
        self.reported()
        self.assertEqual(self.todo(self.cadre), {"to_accept": 2, "to_handle": 1})
        self.assertEqual(self.todo(self.colleague), {"to_accept": 2}, "one is the other's")
        self.assertEqual(self.todo(self.other), {})
        self.assertEqual(self.todo(self.desk), {"to_verify": 1})
        self.assertEqual(self.todo(self.other_desk), {})
        order = self.dispatched()
        self.as_user(self.cadre, order).action_return("不属本辖区")
        self.assertEqual(self.todo(self.desk), {"to_verify": 1, "returned": 1})

    def test_the_counter_and_the_filter_agree(self):
        self.dispatched(count=3)
        self.reported()
        self.dispatched(self.grid)
        for user in (self.desk, self.leader, self.cadre, self.other):
            Order = self.env["yst.order"].with_user(user)
            found = Order.search([("todo", "=", True)])
            self.assertEqual(len(found), Order.get_todo()["total"])
            self.assertEqual(found, found.filtered("todo"))
            rest = Order.search([("todo", "=", False)])
            for order in found.filtered(lambda one: one.state == "dispatched"):
                self.assertIn("accept", self.may(user, order), "what waits can be done")
            self.assertEqual(Order.search([]), found | rest)
            self.assertFalse(found & rest)

    def test_what_is_late_turns_the_counter_red(self):
        with freeze_time(TUESDAY):
            self.dispatched(count=2)
            self.assertFalse(self.env["yst.order"].with_user(self.cadre).get_todo()["urgent"])
        with freeze_time(TUESDAY + timedelta(days=1)):
            self.env.invalidate_all()
            found = self.env["yst.order"].with_user(self.cadre).get_todo()
            self.assertTrue(found["urgent"], "not accepted within four working hours")
            self.assertEqual(found["rows"][-1]["count"], 2)

    def test_strangers_have_an_empty_counter(self):
        self.dispatched()
        self.assertEqual(
            self.env["yst.order"].with_user(self.employee).get_todo(),
            {"total": 0, "urgent": False, "rows": []},
        )

    # ------------------------------------------------------------------ pictures
    def test_the_card_shows_the_source_else_the_spot(self):
        source = self.source()
        [from_source] = self.env["yst.order"]._dispatch_batch([(source, {})])
        bare, shown = self.accepted(), self.accepted()
        answer = self.as_user(self.cadre, shown).order_add_photo(self.photo, "a.jpg")
        orders = self.as_user(self.cadre, from_source + bare + shown)
        self.assertEqual(
            orders.mapped("picture_url"),
            [f"/sample/{source.id}", False, f"/yst/evidence/{answer['id']}/thumb"],
        )
        [picture] = self.as_user(self.cadre, from_source).get_source_pictures()
        self.assertEqual((picture["url"], picture["picture"]), (f"/sample/{source.id}", True))
        [evidence] = self.as_user(self.desk, shown).get_evidence_pictures()
        self.assertEqual(evidence["url"], f"/yst/evidence/{answer['id']}")
        self.assertIn(self.cadre.name, evidence["caption"])

    def test_nobody_gets_pictures_of_what_they_do_not_see(self):
        order = self.accepted()
        for method in ("get_source_pictures", "get_evidence_pictures"):
            with self.assertRaises(AccessError):
                getattr(self.as_user(self.other, order), method)()

    def test_a_photo_sent_twice_is_one_photo(self):
        order = self.accepted()
        phone = self.as_user(self.cadre, order)
        first = phone.order_add_photo(self.photo, "a.jpg", 32.69, 109.03)
        again = phone.order_add_photo(self.photo, "a.jpg", 32.69, 109.03)
        self.assertEqual(first, again)
        self.assertEqual(len(order.evidence_ids), 1)
        self.assertEqual(
            order.evidence_ids.source_sha256,
            hashlib.sha256(base64.b64decode(self.photo)).hexdigest(),
        )
        with self.assertRaises(AccessError):
            self.as_user(self.colleague, order).order_add_photo(self.photo, "a.jpg")
        other = self.accepted()
        self.as_user(self.cadre, other).order_add_photo(self.photo, "a.jpg")
        self.assertEqual(len(other.evidence_ids), 1, "another order has its own")

    def test_the_photo_that_is_missing(self):
        order = self.accepted(category_id=self.street.id)
        phone = self.as_user(self.cadre, order)
        self.assertTrue(phone.photo_missing)
        phone.order_add_photo(self.photo, "a.jpg")
        self.env.invalidate_all()
        self.assertFalse(phone.photo_missing)
        phone.action_feedback("已处理")
        self.as_user(self.desk, order).action_send_back("重拍")
        self.env.invalidate_all()
        self.assertTrue(phone.photo_missing, "a new one is needed after it was sent back")
        self.assertFalse(self.accepted().photo_missing, "the category asks for none")

    def test_a_screen_of_cards_costs_the_same_for_two_and_for_twenty(self):
        fields = ["name", "number", "state", "clock_state", "clock_left", "now_late",
                  "picture_url", "photo_missing", "may_actions", "area_id", "user_id"]

        def cost(orders):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.as_user(self.cadre, orders).read(fields)
            return self.env.cr.sql_log_count - before

        sources = self.source(count=20)
        orders = self.env["yst.order"]._dispatch_batch([(source, {}) for source in sources])
        for order in orders[:5]:
            self.as_user(self.cadre, order).action_accept()
            self.as_user(self.cadre, order).order_add_photo(self.photo, "a.jpg")
        few = orders[4:6]  # one that has its handler and one that has none
        cost(few)
        self.assertEqual(cost(few), cost(orders))

    # ------------------------------------------------------------------ by whom
    def test_what_a_rule_dispatches_names_no_person(self):
        """Neither the server's own user nor the account of a program is called the dispatcher."""
        by_hand = self.dispatched()
        self.assertEqual(by_hand.dispatched_by, self.desk.name)
        self.assertFalse(self.draft().dispatched_by)
        values = {"name": "自动", "area_id": self.north.id, "category_id": self.dispute.id}
        for user in (self.env.ref("base.user_root"), self.employee):
            made = self.env["yst.order"].with_user(user).sudo()._dispatch_batch([(None, values)])
            seen = self.as_user(self.cadre, made)
            self.assertFalse(seen.dispatcher_id)
            self.assertEqual(seen.dispatched_by, "Automatically by the system")

    # ------------------------------------------------------------------ figures
    def test_in_time_late_and_still_open(self):
        with freeze_time(TUESDAY):
            orders = self.reported(count=1) + self.reported() + self.reported()
            cancelled = self.dispatched()
            cancelled.action_cancel("误报")
            self.as_user(self.desk, orders[0]).action_verify()
        with freeze_time(TUESDAY + timedelta(days=30)):
            self.as_user(self.desk, orders[1]).action_send_back("不彻底")
        with freeze_time(TUESDAY + timedelta(days=60)):
            self.as_user(self.cadre, orders[1]).action_feedback("已处理")
            self.as_user(self.desk, orders[1]).action_verify()
            self.assertEqual(
                (orders + cancelled).mapped("on_time"), ["yes", "no", "open", False]
            )

    # ------------------------------------------------------------------ questions before actions
    def wizard(self, name, orders, user, context=None, **values):
        self.env.invalidate_all()
        model = "yst.reason.wizard" if name == "reason" else f"yst.order.{name}.wizard"
        view = "yst_order.view_order_reason_wizard" if name == "reason" else None
        Wizard = self.env[model].with_user(user).with_context(
            active_model="yst.order", active_ids=orders.ids, active_id=orders[:1].id,
            **(context or {}),
        )
        form = Form(Wizard, view)
        for key, value in values.items():
            setattr(form, key, value)
        return form.save().action_apply()

    def test_the_questions_take_their_actions(self):
        order = self.dispatched()
        give_back = {"default_step": "order_return"}
        self.wizard("reason", order, self.cadre, give_back, note="不属本辖区")
        self.assertEqual((order.state, order.return_reason), ("returned", "不属本辖区"))
        self.wizard("redispatch", order, self.desk, area_id=self.south, reason="改派")
        self.assertEqual((order.state, order.area_id), ("dispatched", self.south))
        self.wizard("assign", order, self.desk, user_id=self.other)
        self.assertEqual(order.user_id, self.other)
        self.as_user(self.other, order).action_accept()
        ask = {"default_action": "action_ask_extension"}
        self.wizard("extend", order, self.other, ask, amount=2, reason="等待配合")
        self.assertEqual(order.extension_asked_amount, 2)
        self.assertIn("2 working days: 等待配合", order.message_ids[0].body)
        before = order.clock_deadline
        self.wizard("extend", order, self.desk, {"default_action": "action_extend"})
        self.assertGreater(order.clock_deadline, before, "granted as it was asked for")
        self.assertIn("2 working days: 等待配合", order.message_ids[0].body)
        self.wizard("supervise", order, self.desk, text="今日内办结")
        self.assertEqual(order.supervision_level, "yellow")
        self.wizard("feedback", order, self.other, text="已处理")
        send_back = {"default_step": "order_send_back"}
        self.wizard("reason", order, self.desk, send_back, note="不彻底")
        self.assertEqual((order.state, order.rework_count), ("accepted", 1))
        self.wizard("feedback", order, self.other, text="已彻底处理")
        self.as_user(self.desk, order).action_verify()
        self.wizard("follow.up", order, self.desk, result="satisfied", note="居民满意")
        self.assertEqual(order.follow_up_state, "satisfied")
        doubles = self.dispatched(count=3)
        self.wizard("merge", doubles, self.desk)
        self.assertEqual(doubles.mapped("state"), ["dispatched", "merged", "merged"])
        self.wizard("reason", doubles[0], self.desk, {"default_step": "order_cancel"},
                    note="误报")
        self.assertEqual(doubles[0].state, "cancelled")

    def test_the_questions_open_no_door(self):
        order = self.accepted()
        with self.assertRaises(AccessError):
            self.wizard("reason", order, self.other, {"default_step": "order_cancel"},
                        note="误报")
        with self.assertRaises(AccessError):
            self.wizard("reason", order, self.cadre, {"default_step": "order_cancel"},
                        note="误报")
        with self.assertRaises(AccessError):
            self.wizard("redispatch", order, self.cadre, area_id=self.south, reason="改派")
        with self.assertRaises(AccessError):
            self.as_user(self.desk, order).action_supervise("red", "立即")
        wizard = self.env["yst.reason.wizard"].with_user(self.cadre)
        with self.assertRaises(ValueError):
            wizard.create({"step": "unlink", "note": "x", "chosen": order.ids})
        for chosen in ([], None, ["1"], {"id": order.id}, True):
            with self.subTest(chosen=chosen), self.assertRaises(UserError):
                wizard.create({"step": "order_return", "note": "x", "res_model": "yst.order",
                               "chosen": chosen}).action_apply()
        with self.assertRaises(UserError):  # chosen elsewhere, the ids are not those of orders
            wizard.with_context(active_model="yst.area", active_ids=order.ids).create(
                {"step": "order_return", "note": "x"}
            ).action_apply()
        self.assertEqual(order.state, "accepted")

    def test_each_question_says_what_it_is_about(self):
        """No dialog is called just "Reason" or "Confirm"."""
        view = self.env["yst.order"].with_user(self.desk).get_view(
            self.env.ref("yst_order.view_order_form").id, "form"
        )
        titles = {}
        for button in etree.fromstring(view["arch"]).iter("button"):
            if button.get("type") == "action":
                action = self.env["ir.actions.act_window"].browse(int(button.get("name")))
                titles[action.id] = action.name
        self.assertGreaterEqual(len(titles), 10)
        self.assertEqual(len(set(titles.values())), len(titles), titles)
        report = self.env["yst.duty.report"].with_user(self.desk).get_view(view_type="form")
        for button in etree.fromstring(report["arch"]).iter("button"):
            if button.get("confirm"):
                self.assertTrue(button.get("confirm-title"))

    def test_red_is_offered_to_leaders_alone(self):
        wizard = self.env["yst.order.supervise.wizard"]
        for user, levels in ((self.desk, ["yellow", "orange"]),
                             (self.leader, ["yellow", "orange", "red"])):
            offered = wizard.with_user(user).fields_get(["level"])["level"]["selection"]
            self.assertEqual([level for level, _label in offered], levels)
        order = self.dispatched()
        asked = wizard.with_user(self.desk).create(
            {"level": "red", "text": "立即", "order_ids": order.ids}
        )
        with self.assertRaises(AccessError):
            asked.action_apply()
        self.wizard("supervise", order, self.leader, level="red", text="立即")
        self.assertEqual(order.supervision_level, "red")

    # ------------------------------------------------------------------ views
    def test_every_model_has_its_views(self):
        wanted = {
            "yst.order": "list form search kanban calendar pivot graph activity",
            "yst.order.category": "list form search kanban",
            "yst.duty.shift": "list form search kanban calendar",
            "yst.duty.report": "list form search kanban",
        }
        for model, kinds in wanted.items():
            for kind in kinds.split():
                with self.subTest(model=model, kind=kind):
                    self.assertTrue(self.env["ir.ui.view"].search(
                        [("model", "=", model), ("type", "=", kind), ("inherit_id", "=", False)]
                    ))

    def test_every_filter_can_be_used(self):
        self.dispatched()
        arch = self.env["yst.order"].with_user(self.desk).get_view(
            self.env.ref("yst_order.view_order_search").id, "search"
        )["arch"]
        orders = self.env["yst.order"].with_user(self.desk)
        for node in etree.fromstring(arch).iter("filter"):
            with self.subTest(filter=node.get("name")):
                if node.get("domain"):
                    domain = safe_eval(node.get("domain"), {"uid": self.desk.id})
                    orders.search(domain)
                elif "group_by" in (node.get("context") or ""):
                    by = node.get("context").split("'group_by': '")[1].split("'")[0]
                    orders.formatted_read_group([], [by], ["__count"])

    def test_the_roster_begins_with_who_is_on_duty_now(self):
        now = Datetime.now()
        shifts = self.env["yst.duty.shift"].create([
            {"area_id": self.north.id, "start": now + timedelta(hours=hours),
             "stop": now + timedelta(hours=hours + 8), "user_ids": [Command.set(self.cadre.ids)]}
            for hours in (-72, -1, 24, 240)
        ]).with_user(self.cadre)
        action = self.env.ref("yst_order.action_duty_shift")
        asked = safe_eval(action.context)
        search = etree.fromstring(shifts.get_view(view_type="search")["arch"])
        domain = [("id", "in", shifts.ids)]
        for node in search.iter("filter"):
            if asked.get(f"search_default_{node.get('name')}"):
                domain += safe_eval(node.get("domain"), {"uid": self.cadre.id})
        for kind in ("list", "kanban"):
            arch = etree.fromstring(shifts.get_view(view_type=kind)["arch"])
            found = shifts.search(domain, order=arch.get("default_order"))
            self.assertEqual(found, shifts[1:], kind)

    def test_menus_lead_only_where_one_may_go(self):
        menus = {
            self.cadre: {"menu_order_todo", "menu_order_all", "menu_duty_shift"},
            self.desk: {"menu_order_desk", "menu_duty_report"},
            self.manager: {"menu_order_desk", "menu_order_category"},
            self.leader: {"menu_order_desk", "menu_order_supervision", "menu_figures"},
        }
        hidden = {
            self.cadre: {"menu_order_desk", "menu_order_category"},
            self.desk: {"menu_order_category"},
            self.employee: {"menu_root"},
        }
        for user, wanted in [*menus.items(), *hidden.items()]:
            visible = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
            for name in wanted:
                with self.subTest(user=user.login, menu=name):
                    seen = self.env.ref(f"yst_order.{name}").id in visible
                    self.assertEqual(seen, name in menus.get(user, ()))
