from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.yst_base import limits

from ..rules import Limits, limits_for, next_level, supervision_limits
from .order_common import TUESDAY, OrderCase, picture


@tagged("post_install", "-at_install")
class TestFlow(OrderCase):
    """A task order from the desk to its verification."""

    def test_from_dispatch_to_verification(self):
        order = self.draft(category_id=self.street.id, place="北门街口")
        self.assertEqual(order.state, "draft")
        self.assertFalse(order.number)
        order.action_dispatch()
        self.assertEqual(order.state, "dispatched")
        year = limits.to_local(order.dispatched_at).year
        self.assertRegex(order.number, rf"^RW{year}\d{{6}}$")
        self.assertEqual(order.dispatcher_id, self.desk)
        mine = self.as_user(self.cadre, order)
        mine.action_accept()
        self.assertEqual((order.state, order.user_id), ("accepted", self.cadre))
        with self.assertRaises(UserError):
            mine.action_feedback("清理完毕")
        answer = mine.order_add_photo(self.photo, "现场.jpg", 32.69, 109.03)
        self.assertFalse(answer["problems"])
        mine.action_feedback("清理完毕")
        self.assertEqual((order.state, order.clock_state), ("feedback", "paused"))
        order.action_verify("照片清楚")
        self.assertEqual((order.state, order.verifier_id), ("closed", self.desk))
        self.assertEqual(order.clock_state, "met")

    def test_each_step_leaves_one_line(self):
        order = self.draft()
        seen = len(order.message_ids)
        for step in (
            order.action_dispatch,
            lambda: self.as_user(self.cadre, order).action_accept(),
            lambda: self.as_user(self.cadre, order).action_feedback("好了"),
            lambda: order.action_send_back("还有垃圾"),
            lambda: self.as_user(self.cadre, order).action_feedback("这次好了"),
            order.action_verify,
        ):
            step()
            self.assertEqual(len(order.message_ids), seen + 1)
            seen += 1

    def test_handler_does_not_verify(self):
        order = self.accepted(user=self.desk2, user_id=self.desk2.id)
        self.as_user(self.desk2, order).action_feedback("自己处理")
        with self.assertRaises(AccessError):
            self.as_user(self.desk2, order).action_verify()
        with self.assertRaises(AccessError):
            self.as_user(self.desk2, order).action_send_back("x")
        self.assertFalse(self.as_user(self.desk2, order).may_verify)
        self.assertTrue(self.as_user(self.desk, order).may_verify)
        self.as_user(self.desk, order).action_verify()

    def test_who_gave_feedback_does_not_verify_after_a_change_of_handler(self):
        order = self.accepted(user=self.desk2, user_id=self.desk2.id)
        self.as_user(self.desk2, order).action_feedback("自己处理")
        order.action_send_back("不清楚")
        order.action_assign(self.cadre.id)
        self.assertEqual(order.feedback_user_id, self.desk2)
        self.as_user(self.cadre, order).action_feedback("再次处理")
        with self.assertRaises(AccessError):
            self.as_user(self.cadre, order).action_verify()
        self.as_user(self.desk2, order).action_verify()

    def test_a_new_photo_is_needed_after_it_was_sent_back(self):
        order = self.accepted(category_id=self.street.id)
        mine = self.as_user(self.cadre, order)
        mine.order_add_photo(self.photo, "a.jpg")
        mine.action_feedback("清理了")
        order.action_send_back("没清干净")
        self.assertEqual(order.rework_count, 1)
        with self.assertRaises(UserError):
            mine.action_feedback("清理了")
        mine.order_add_photo(self.photo, "a.jpg")  # the same one, sent twice
        with self.assertRaises(UserError):
            mine.action_feedback("清理了")
        mine.order_add_photo(picture(60), "b.jpg")
        mine.action_feedback("清理了")
        self.assertEqual(order.evidence_count, 2)

    def test_returned_with_a_reason_and_dispatched_elsewhere(self):
        order = self.dispatched()
        mine = self.as_user(self.cadre, order)
        for nothing in ("", "   ", None, False, 3):
            with self.assertRaises(UserError):
                mine.action_return(nothing)
        mine.action_return("不在本社区范围")
        self.assertEqual((order.state, order.return_count), ("returned", 1))
        self.assertEqual(order.returned_by_id, self.cadre)
        self.assertEqual(order.clock_state, "paused")
        with self.assertRaises(UserError):
            mine.action_accept()
        order.action_redispatch(self.south.id, None, "属南社区")
        self.assertEqual((order.state, order.area_id), ("dispatched", self.south))
        self.assertEqual(order.clock_run, 2)
        self.assertFalse(mine.has_access("read"), "the former area no longer sees it")
        self.as_user(self.other, order).action_accept()

    def test_dispatched_again_to_a_department_and_a_person(self):
        order = self.dispatched()
        order.action_redispatch(self.north, self.department, "请城管办处理", self.officer)
        self.assertEqual((order.department_id, order.user_id), (self.department, self.officer))
        with self.assertRaises(AccessError):
            self.as_user(self.cadre, order).action_accept()
        self.as_user(self.officer, order).action_accept()
        self.assertEqual(order.state, "accepted")

    def test_only_own_areas_are_dispatched_to(self):
        order = self.dispatched(self.south)
        theirs = self.as_user(self.other_desk, order)
        with self.assertRaises(AccessError):
            theirs.action_redispatch(self.north.id, None, "推给别人")
        with self.assertRaises(AccessError):
            self.as_user(self.other_desk).create(
                {"name": "x", "area_id": self.north.id, "category_id": self.dispute.id}
            )

    def test_second_press_is_told_what_happened(self):
        order = self.dispatched()
        self.as_user(self.cadre, order).action_accept()
        with self.assertRaises(AccessError):
            self.as_user(self.colleague, order).action_accept()
        with self.assertRaises(UserError):
            self.as_user(self.cadre, order).action_accept()

    def test_a_named_handler_alone_accepts(self):
        order = self.dispatched(user_id=self.colleague.id)
        with self.assertRaises(AccessError):
            self.as_user(self.cadre, order).action_accept()
        self.as_user(self.colleague, order).action_accept()

    def test_handler_is_named_among_those_who_can(self):
        order = self.dispatched()
        self.as_user(self.cadre, order).action_assign(self.colleague)
        self.assertEqual(order.user_id, self.colleague)
        for user in (self.other, self.employee):
            with self.assertRaises(UserError):
                order.action_assign(user)
        with self.assertRaises(AccessError):
            self.as_user(self.other, order).action_assign(self.other)

    def test_only_those_whom_the_order_takes_are_offered_as_handlers(self):
        order = self.dispatched()
        everybody = self.env["res.users"].search([("share", "=", False)])
        for department in (False, self.department):
            order.sudo().department_id = department
            offered = self.as_user(self.desk, order)._possible_handlers()
            self.assertLessEqual(
                {self.cadre, self.colleague, self.desk, self.leader}, set(offered)
            )
            self.assertFalse({self.other, self.employee, self.homeless} & set(offered))
            self.assertEqual(self.officer in offered, bool(department))
            for user in everybody:
                if user in offered:
                    self.as_user(self.desk, order).action_assign(user)
                else:
                    with self.assertRaises(UserError):
                        self.as_user(self.desk, order).action_assign(user)
        wizard = self.as_user(self.desk).env["yst.order.assign.wizard"].new(
            {"order_ids": order.ids}
        )
        self.assertEqual(wizard.candidate_ids.ids, offered.ids)

    def test_verified_without_a_note_says_no_more(self):
        order = self.dispatched()
        self.as_user(self.cadre, order).action_accept()
        self.as_user(self.cadre, order).action_feedback("已处理")
        self.as_user(self.desk, order).action_verify()
        self.assertIn("Verified and closed<", str(order.message_ids[0].body) + "<")

    def test_an_order_needs_area_and_category(self):
        with self.assertRaises(UserError):
            self.as_user(self.desk).with_context(default_area_id=False).create(
                {"name": "x", "area_id": False}
            )
        order = self.as_user(self.desk).create({"name": "x", "area_id": self.north.id})
        with self.assertRaises(UserError):
            order.action_dispatch()

    def test_my_orders_are_found(self):
        order = self.accepted()
        unnamed = self.dispatched()
        for user, mine in ((self.cadre, True), (self.colleague, False)):
            orders = self.as_user(user)
            self.assertEqual(self.as_user(user, order).is_mine, mine)
            self.assertEqual(order in orders.search([("is_mine", "=", True)]), mine)
            self.assertEqual(order in orders.search([("is_mine", "=", False)]), not mine)
            self.assertIn(unnamed, orders.search([("is_mine", "=", False)]))

    def test_cancelled_with_a_reason(self):
        order = self.accepted()
        with self.assertRaises(UserError):
            order.action_cancel("")
        order.action_cancel("误报")
        self.assertEqual(order.state, "cancelled")
        self.assertFalse(order.clock_left)
        closed = self.reported()
        closed.action_verify()
        with self.assertRaises(UserError):
            closed.action_cancel("x")

    def test_follow_up_after_closing_by_another(self):
        order = self.accepted(user=self.desk2, user_id=self.desk2.id)
        self.as_user(self.desk2, order).action_feedback("处理了")
        with self.assertRaises(UserError):
            order.action_follow_up("satisfied", "很好")
        order.action_verify()
        with self.assertRaises(AccessError):
            self.as_user(self.desk2, order).action_follow_up("satisfied", "很好")
        with self.assertRaises(UserError):
            order.action_follow_up("wonderful", "很好")
        order.action_follow_up("dissatisfied", "又堆起来了")
        self.assertEqual(order.follow_up_state, "dissatisfied")
        self.assertEqual(order.follow_up_user_id, self.desk)

    def test_only_drafts_are_edited_and_deleted(self):
        order = self.draft()
        order.name = "改名"
        order.action_dispatch()
        with self.assertRaises(UserError):
            order.name = "再改"
        with self.assertRaises(UserError):
            order.unlink()
        self.draft().unlink()

    def test_category_gives_urgency_and_department(self):
        self.street.department_id = self.department
        order = self.draft(category_id=self.street.id)
        self.assertEqual(order.department_id, self.department)
        self.assertEqual(self.draft(category_id=self.crowd.id).urgency, "urgent")
        order.action_dispatch()
        order.invalidate_recordset()
        self.street.department_id = False
        self.street.urgency = "complex"
        self.assertEqual((order.department_id, order.urgency), (self.department, "ordinary"))

    def test_watermarked_evidence_says_who_when_where(self):
        with freeze_time(TUESDAY):
            order = self.accepted()
            order.sudo().place = "北门街口"
            answer = self.as_user(self.cadre, order).order_add_photo(
                self.photo, "x.jpg", "32.69", 109.03
            )
            lines = order.sudo().with_user(self.cadre)._photo_lines(None, (32.69, 109.03))
        evidence = self.env["yst.evidence"].browse(answer["id"])
        self.assertEqual((evidence.res_model, evidence.res_id), ("yst.order", order.id))
        self.assertEqual(evidence.user_id, self.cadre)
        self.assertAlmostEqual(evidence.latitude, 32.69)
        self.assertNotEqual(evidence.sha256, evidence.source_sha256)
        self.assertEqual(
            lines, ["2026-11-24 10:00:00", "测试北社区 北门街口 32.69000, 109.03000", "o.cadre"]
        )

    def test_an_old_photo_is_told_from_a_new_one(self):
        with freeze_time(TUESDAY):
            order = self.accepted()
        mine = self.as_user(self.cadre, order)
        old = mine.order_add_photo(picture(taken="2026:11:20 08:00:00"), "旧.jpg")
        self.assertEqual(len(old["problems"]), 1)
        new = mine.order_add_photo(picture(taken="2026:11:24 10:30:00"), "新.jpg")
        self.assertFalse(new["problems"])
        evidence = self.env["yst.evidence"].browse(new["id"])
        lines = order.sudo().with_user(self.cadre)._photo_lines(evidence.taken_at, None)
        self.assertEqual(lines[:2], ["2026-11-24 10:30:00", "测试北社区"])

    def test_only_a_cadre_is_named_as_handler(self):
        portal = self._user("o.portal3", "base.group_portal")
        for user in (portal, self.employee):
            with self.assertRaises(UserError):
                self.draft(user_id=user.id)
            with self.assertRaises(UserError):
                self.draft().user_id = user

    def test_display_name_and_search_by_number(self):
        order = self.dispatched()
        self.assertEqual(order.display_name, f"{order.number} 测试任务0")
        found = self.as_user(self.desk).name_search(order.number)
        self.assertEqual(found[0][0], order.id)

    def test_notices_reach_whom_they_concern(self):
        order = self.dispatched()
        self.assertEqual(len(self.inbox(self.cadre)), 1)
        self.assertEqual(len(self.inbox(self.colleague)), 1)
        self.assertFalse(self.inbox(self.other))
        self.assertIn(order.number, self.inbox(self.cadre)[0])
        self.as_user(self.cadre, order).action_accept()
        self.as_user(self.cadre, order).action_feedback("好了")
        self.assertEqual(len(self.inbox(self.desk)), 1)
        self.as_user(self.desk2, order).action_verify()
        self.assertEqual(len(self.inbox(self.cadre)), 2)

    def test_the_bus_tells_open_screens(self):
        source = self.source()
        self.env["yst.order"].with_user(self.desk)._dispatch_batch([(source, {})])
        sent = self.bus()
        self.assertEqual(
            {channel[-1] for channel, _payload in sent},
            set((self.cadre | self.colleague | self.desk).partner_id.ids),
        )
        order = source.order_ids
        self.assertEqual(sent[0][1], {
            "id": order.id, "number": order.number, "name": order.name, "state": "dispatched",
            "urgency": "urgent", "area": "测试北社区", "kind": "task",
            "picture": f"/sample/{source.id}", "by": self.desk.id,
        })


@tagged("post_install", "-at_install")
class TestSource(OrderCase):
    """Orders that something else has caused."""

    def test_batch_keeps_the_order_and_takes_over_values(self):
        sources = self.source(count=3)
        orders = self.env["yst.order"]._dispatch_batch([
            (sources[2], {"name": "另有名字"}),
            (None, {"name": "无来源", "area_id": self.south.id, "category_id": self.dispute.id}),
            (sources[0], {}),
        ])
        self.assertEqual(orders.mapped("name"), ["另有名字", "无来源", "测试告警0"])
        self.assertEqual(orders.mapped("state"), ["dispatched"] * 3)
        self.assertEqual(len(set(orders.mapped("number"))), 3)
        self.assertEqual(orders[0].source_id, sources[2].id)
        self.assertEqual(sources[2].order_ids, orders[0])
        self.assertEqual(sources.mapped("order_count"), [1, 0, 1])
        self.assertEqual(self.Source.search([("order_ids", "in", orders[2].ids)]), sources[0])
        self.assertFalse(self.env["yst.order"]._dispatch_batch([]))

    def test_sources_hear_what_becomes_of_the_order(self):
        source = self.source()
        order = self.env["yst.order"].with_user(self.desk)._dispatch_batch([(source, {})])
        mine = self.as_user(self.cadre, order)
        mine.action_return("不是我们的")
        self.as_user(self.desk, order).action_redispatch(self.north.id, None, "是你们的")
        mine.action_accept()
        mine.action_feedback("好了")
        self.as_user(self.desk, order).action_verify()
        self.assertEqual(
            source.heard, "dispatched returned dispatched accepted feedback closed"
        )

    def test_a_program_without_rights_dispatches_for_its_records(self):
        """As the bridge's account does: it may do nothing but call its API."""
        source = self.source()
        orders = self.env["yst.order"].with_user(self.employee).sudo(False)
        self.assertFalse(source.order_ids)
        order = orders._dispatch_batch([(source.with_user(self.employee), {})])
        self.assertFalse(order.env.su)
        self.assertFalse(order.has_access("read"))
        self.assertEqual(source.order_ids, self.as_user(self.desk, order))
        self.assertFalse(order.sudo().dispatcher_id, "a program is nobody who dispatches")
        self.assertEqual(len(self.inbox(self.cadre)), 1)

    def test_further_sources_join_once(self):
        sources = self.source(count=3)
        order = self.env["yst.order"]._dispatch_batch([(sources[0], {})])
        order._add_source(sources)
        order._add_source(sources[1])
        self.assertEqual(order.link_count, 3)
        self.assertEqual(len(self.env["yst.order"].search([("link_ids", "!=", False)])
                             .filtered(lambda one: one == order)), 1)

    def test_source_is_named_only_to_who_may_read_it(self):
        source = self.source(self.south, name="秘密来源")
        order = self.env["yst.order"]._dispatch_batch([(source, {"area_id": self.north.id})])
        self.assertEqual(self.as_user(self.desk, order).source_name, "秘密来源0")
        mine = self.as_user(self.cadre, order)
        self.assertFalse(mine.source_name)
        self.assertFalse(mine.link_ids.source_name)
        self.assertFalse(mine.with_context(source_name="x").read(["source_name"])[0]["source_name"])
        with self.assertRaises(AccessError):
            mine.action_open_source()
        self.assertEqual(self.as_user(self.desk, order).action_open_source()["res_id"], source.id)
        source.unlink()
        self.assertFalse(self.as_user(self.desk, order).source_name)

    def test_handler_sees_the_pictures_of_the_source(self):
        source = self.source(self.south)
        order = self.env["yst.order"]._dispatch_batch([(source, {"area_id": self.north.id})])
        pictures = self.as_user(self.cadre, order).order_pictures()
        self.assertEqual(pictures[0]["url"], f"/sample/{source.id}")
        with self.assertRaises(AccessError):
            self.as_user(self.other, order).order_pictures()


@tagged("post_install", "-at_install")
class TestRules(OrderCase):
    """The rules without a database."""

    def test_limits_follow_the_urgency_where_it_differs(self):
        usual = Limits(1, "hour", 9, "workday")
        self.assertEqual(limits_for("ordinary", "ordinary", usual), usual)
        self.assertEqual(limits_for("urgent", "ordinary", usual), (1, "hour", 2, "hour"))
        self.assertEqual(limits_for("complex", "ordinary", usual)[2:], (10, "workday"))

    def test_what_is_urgent_does_not_wait_for_the_morning(self):
        for code in ("crowd", "fire", "flood"):
            limits = self.env.ref(f"yst_order.category_{code}")._limits()
            self.assertEqual(limits, (1, "hour", 2, "hour"), code)
        night = datetime(2026, 11, 27, 15, 0)  # Friday 23:00 local
        order = self.draft(category_id=self.crowd.id).sudo()
        order._dispatch(at=night)
        self.assertEqual(order.accept_deadline, night + timedelta(hours=1))
        self.assertEqual(order.clock_deadline, night + timedelta(hours=2))

    def test_levels_of_supervision(self):
        settings = {"yellow_days": 2, "orange_days": 1, "red_hours": 12}
        self.assertEqual(supervision_limits("yellow", settings)[2:], (2, "workday"))
        self.assertEqual(supervision_limits("orange", settings)[2:], (1, "workday"))
        self.assertEqual(supervision_limits("red", settings)[2:], (12, "hour"))
        self.assertEqual([next_level(x) for x in (False, "yellow", "orange", "red")],
                         ["yellow", "orange", None, None])
