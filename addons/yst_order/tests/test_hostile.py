import base64
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import get_public_method
from odoo.tests import tagged
from odoo.tools import mute_logger

from .order_common import OrderCase, picture

FORGED = {
    "_yst_state_token": True, "_yst_clock_token": True, "yst_evidence_token": True,
    "default_state": "closed", "default_kind": "supervision", "default_number": "RW2026999999",
    "default_dispatcher_id": 1, "default_verifier_id": 1, "default_clock_start": "2026-01-01",
    "default_clock_deadline": "2099-01-01", "default_master_id": 1, "default_supervised_id": 1,
    "default_source_model": "res.users", "default_source_id": 1, "default_closed_at": "2026-01-01",
    "default_escalation_level": -9, "default_photos_before": -9, "default_extension_count": -9,
}


@tagged("post_install", "-at_install")
class TestHostile(OrderCase):
    """What a user of the platform could try over RPC."""

    def refused(self, step, *arguments, errors=UserError):
        with mute_logger("odoo.models", "odoo.sql_db"), self.assertRaises(errors):
            step(*arguments)

    def test_what_actions_write_is_written_by_nobody_else(self):
        order = self.accepted()
        forgeries = {
            "state": "closed", "number": "RW2026000001", "kind": "supervision",
            "dispatcher_id": self.desk2.id, "dispatched_at": "2026-01-01 00:00:00",
            "accept_deadline": "2099-01-01 00:00:00", "accepted_at": "2026-01-01 00:00:00",
            "accept_late": False, "photos_before": -1, "return_count": 0, "rework_count": 0,
            "feedback_text": "好", "feedback_user_id": self.other.id,
            "feedback_at": "2026-01-01 00:00:00", "verifier_id": self.desk.id,
            "verified_at": "2026-01-01 00:00:00", "closed_at": "2026-01-01 00:00:00",
            "extension_count": -5, "extension_asked_amount": 9, "escalation_level": 0,
            "overdue_step": 9, "escalate_after": "2099-01-01 00:00:00", "accept_escalated": True,
            "master_id": order.id, "supervised_id": order.id, "supervision_level": "red",
            "follow_up_state": "satisfied", "follow_up_note": "好", "source_model": "res.users",
            "source_id": 1, "clock_deadline": "2099-01-01 00:00:00",
            "clock_start": "2026-01-01 00:00:00", "clock_stop": "2026-01-01 00:00:00",
            "clock_paused_since": "2026-01-01 00:00:00", "clock_limit": 999,
            "evidence_ids": [Command.create({"name": "x"})],
            "link_ids": [Command.create({"source_model": "res.users", "source_id": 1})],
            "clock_event_ids": [Command.clear()],
            "supervision_ids": [Command.clear()], "merged_ids": [Command.clear()],
        }
        draft = self.draft()
        for context in ({}, FORGED):
            for user in (self.desk, self.manager, self.cadre):
                for name, value in forgeries.items():
                    with self.subTest(user=user.login, field=name, forged=bool(context)):
                        for record in (order, draft):
                            theirs = self.as_user(user, record).with_context(**context)
                            self.refused(theirs.write, {name: value})
                        self.refused(
                            self.as_user(user).with_context(**context).create,
                            {"name": "x", "area_id": self.north.id, name: value},
                        )

    def test_defaults_of_a_context_forge_nothing(self):
        order = self.as_user(self.desk).with_context(**FORGED).create(
            {"name": "x", "area_id": self.north.id, "category_id": self.dispute.id}
        )
        self.assertEqual((order.state, order.kind), ("draft", "task"))
        for name in FORGED:
            field = name.removeprefix("default_")
            if field in order._fields and field not in ("state", "kind"):
                self.assertFalse(order[field], field)
        order.action_dispatch()
        self.assertEqual(order.dispatcher_id, self.desk)
        self.assertNotEqual(order.number, "RW2026999999")

    def test_a_forged_context_opens_no_transition(self):
        order = self.dispatched()
        theirs = self.as_user(self.cadre, order).with_context(**FORGED)
        theirs.action_accept()
        self.assertEqual((order.state, order.user_id), ("accepted", self.cadre))
        self.assertFalse(order.closed_at)
        self.refused(self.as_user(self.desk, order).with_context(**FORGED).action_verify)

    def test_a_dispatched_order_is_no_longer_written_by_the_desk(self):
        order = self.dispatched()
        for name, value in {
            "name": "x", "description": "x", "area_id": self.south.id, "user_id": self.desk.id,
            "department_id": self.department.id, "urgency": "complex", "place": "x",
            "category_id": self.street.id, "latitude": 1.0, "origin": "leader",
        }.items():
            with self.subTest(name):
                self.refused(order.write, {name: value})

    def test_a_draft_is_not_moved_into_a_foreign_area(self):
        draft = self.as_user(self.other_desk).create(
            {"name": "x", "area_id": self.south.id, "category_id": self.dispute.id}
        )
        self.refused(draft.write, {"area_id": self.north.id}, errors=AccessError)
        self.refused(draft.copy, {"area_id": self.north.id}, errors=AccessError)

    def test_a_copy_is_an_empty_draft(self):
        order = self.reported()
        order.action_verify()
        copy = order.copy()
        self.assertEqual(copy.state, "draft")
        for name in ("number", "user_id", "clock_start", "verifier_id", "feedback_text",
                     "dispatched_at", "evidence_ids", "link_ids"):
            self.assertFalse(copy[name], name)

    def test_links_and_categories_are_not_written_from_outside(self):
        order = self.env["yst.order"]._dispatch_batch([(self.source(), {})])
        for user in (self.desk, self.manager, self.cadre):
            link = self.as_user(user, order.link_ids)
            self.refused(link.write, {"source_id": 1}, errors=AccessError)
            self.refused(link.unlink, errors=AccessError)
            self.refused(
                link.create,
                {"order_id": order.id, "source_model": "res.users", "source_id": 1},
                errors=AccessError,
            )
        self.refused(self.as_user(self.desk, self.dispute).write, {"need_photo": False},
                     errors=AccessError)

    def test_photos_only_by_the_handler_at_work(self):
        order = self.dispatched()
        self.refused(self.as_user(self.cadre, order).order_add_photo, self.photo, "x.jpg")
        self.as_user(self.cadre, order).action_accept()
        for user in (self.colleague, self.desk, self.leader, self.other, self.employee):
            with self.subTest(user.login):
                self.refused(
                    self.as_user(user, order).order_add_photo, self.photo, "x.jpg",
                    errors=AccessError,
                )
        mine = self.as_user(self.cadre, order)
        mine.order_add_photo(self.photo, "x.jpg")
        mine.action_feedback("好了")
        self.refused(mine.order_add_photo, picture(60), "y.jpg")
        self.assertEqual(order.evidence_count, 1)

    def test_what_is_no_photo_is_refused(self):
        mine = self.as_user(self.cadre, self.accepted())
        pdf = base64.b64encode(b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF").decode()
        for data in ("", "@@@", "AAAA", None, 7, ["x"], {"a": 1}, pdf,
                     base64.b64encode(b"<svg onload=alert(1)>").decode()):
            with self.subTest(str(data)[:10]):
                self.refused(mine.order_add_photo, data, "x.jpg")
        self.env["ir.config_parameter"].set_param("yst_order.photo_megabytes", "1")
        self.refused(mine.order_add_photo, "A" * (2 * 1024 * 1024), "x.jpg")
        self.assertFalse(mine.evidence_count)

    def test_odd_names_and_positions_are_harmless(self):
        mine = self.as_user(self.cadre, self.accepted())
        answer = mine.order_add_photo(self.photo, "../../etc/passwd\x00.php", "nan", "x")
        evidence = self.env["yst.evidence"].browse(answer["id"])
        self.assertNotIn("/", evidence.name)
        self.assertFalse(evidence.has_position)

    def test_evidence_of_other_orders_is_closed(self):
        order = self.accepted()
        answer = self.as_user(self.cadre, order).order_add_photo(self.photo, "x.jpg")
        evidence = self.env["yst.evidence"].browse(answer["id"])
        for user in (self.other, self.other_desk, self.employee):
            theirs = self.as_user(user, evidence)
            self.refused(theirs.read, ["name"], errors=AccessError)
            self.assertFalse(theirs.search([("id", "=", evidence.id)]))
        self.assertTrue(self.as_user(self.colleague, evidence).read(["name"]))
        self.refused(self.as_user(self.desk, evidence).write, {"name": "x"})
        self.refused(self.as_user(self.desk, evidence).unlink)
        self.refused(
            self.as_user(self.cadre, self.env["yst.evidence"]).with_context(**FORGED).create,
            {"name": "x", "res_model": "yst.order", "res_id": order.id},
        )

    def test_no_step_from_the_wrong_state(self):
        wrong = {
            "draft": ("action_accept", "action_verify"),
            "dispatched": ("action_dispatch", "action_verify"),
            "accepted": ("action_dispatch", "action_verify"),
            "closed": ("action_dispatch", "action_verify"),
        }
        orders = {
            "draft": self.draft(), "dispatched": self.dispatched(), "accepted": self.accepted(),
            "closed": self.reported(),
        }
        orders["closed"].action_verify()
        for state, actions in wrong.items():
            for action in actions:
                with self.subTest(state=state, action=action):
                    user = self.cadre if action == "action_accept" else self.desk
                    self.refused(getattr(self.as_user(user, orders[state]), action))
                    self.assertEqual(orders[state].state, state)

    def test_arguments_of_odd_kinds(self):
        order = self.accepted()
        mine = self.as_user(self.cadre, order)
        for text in (None, False, 0, [], {}, "", " \n", "长" * 5000):
            self.refused(mine.action_feedback, text)
        for area in (None, False, 0, -1, 10**9, "1", [self.north.id], {}):
            with self.subTest(area=area):
                self.refused(order.action_redispatch, area, None, "x")
        for user in (None, True, 0, 10**9, "admin", self.env.ref("base.public_user").id):
            with self.subTest(user=user):
                self.refused(order.action_assign, user)
        for master in (None, 0, 10**9, "x", order.id):
            self.refused(order.action_merge, master)
        for level in (None, "", "black", 1, []):
            self.refused(order.action_supervise, level, "x")

    def test_markup_in_a_text_stays_text(self):
        order = self.dispatched()
        self.as_user(self.cadre, order).action_return("<img src=x onerror=alert(1)>")
        last = order.message_ids.sorted("id")[-1]
        self.assertNotIn("<img", last.body)

    def test_private_methods_are_out_of_reach(self):
        for name in ("_dispatch_batch", "_dispatch", "_add_source", "_supervise", "_announce",
                     "_cron_escalate", "_clock_stop", "_transition", "_evidence_add",
                     "_photo_counts", "_end_supervision"):
            with self.subTest(name), self.assertRaises(AccessError):
                get_public_method(self.env["yst.order"], name)

    def test_what_the_record_says_is_not_rewritten(self):
        order = self.dispatched()
        self.as_user(self.cadre, order).action_return("不是我们的")
        line = order.message_ids.sorted("id")[-1].with_user(self.cadre).sudo(False)
        self.refused(line.write, {"body": "从未退回"})
        self.refused(line.unlink)

    def test_nobody_writes_into_the_record_in_anothers_name(self):
        order = self.dispatched()
        lines = self.env["mail.message"]
        forged = {"author_id": self.leader.partner_id.id, "email_from": "o.leader@example.com"}
        theirs = self.as_user(self.cadre, order)
        lines += theirs.message_post(body="已核查", message_type="notification", **forged)
        message = {"model": order._name, "res_id": order.id, "body": "已核查", **forged,
                   "date": "2026-01-01 00:00:00"}
        messages = self.env["mail.message"].with_user(self.cadre)
        lines += messages.create(message)
        context = {f"default_{name}": value for name, value in message.items()}
        lines += messages.with_context(**context).create({"body": "已核查"})
        for line in lines.sudo():
            self.assertEqual(line.author_id, self.cadre.partner_id)
            self.assertIn(self.cadre.email, line.email_from)
            self.assertEqual(line.date.date(), fields.Datetime.now().date())

    def test_who_grants_more_time_does_not_become_the_handler(self):
        order = self.accepted(user=self.desk, user_id=self.desk.id)
        theirs = self.as_user(self.desk, order)
        self.refused(theirs.action_extend, 1, "多给一点", errors=AccessError)
        theirs.action_assign(self.cadre.id)
        theirs.action_extend(1, "多给一点")
        self.refused(theirs.action_assign, self.desk.id, errors=AccessError)
        theirs.action_assign(self.colleague.id)  # anybody else may
        waiting = self.dispatched(self.subdistrict)
        self.as_user(self.desk, waiting).action_extend(1, "多给一点")
        self.refused(self.as_user(self.desk, waiting).action_accept, errors=AccessError)
        self.as_user(self.desk2, waiting).action_accept()

    def test_no_order_is_filled_with_photos_or_endless_words(self):
        order = self.accepted()
        theirs = self.as_user(self.cadre, order)
        with patch("odoo.addons.yst_order.models.yst_order_photo.MOST_PHOTOS", 1):
            theirs.order_add_photo(self.photo, "a.jpg")
            self.refused(theirs.order_add_photo, picture(60), "b.jpg")
            theirs.order_add_photo(self.photo, "a.jpg")  # the same one again is no further one
        for words in ("长" * 4001, {"a": 1}, ["x"], 5):
            self.refused(self.as_user(self.desk, order).action_assign, self.colleague.id, words)
        theirs.action_feedback("已处理")
        for words in ("长" * 4001, {"a": 1}, ["x"], 5):
            self.refused(self.as_user(self.desk, order).action_verify, words)
        self.as_user(self.desk, order).action_verify("属实")
