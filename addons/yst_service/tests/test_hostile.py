"""What people try who mean no good: each of these once worked, or nearly did."""

from datetime import timedelta
from unittest.mock import patch

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Datetime
from odoo.tests import HttpCase, tagged

from odoo.addons.yst_base.tests.common import KeyMixin, number

from .. import models as service_models
from ..controllers import portal_apply, portal_common, portal_signup
from .case_common import PASSWORD, CaseCase, CaseWorld
from .portal_common import PortalCase, paper


@tagged("post_install", "-at_install")
class TestHostileStaff(CaseCase):
    """Clerks, managers and administrators by RPC, with any context they like."""

    def test_a_rating_is_not_written_by_the_office(self):
        case = self.completed()
        self.as_resident(case).action_rate(2, "等了很久")
        rating = case.sudo().rating_ids
        self.assertEqual(rating.with_user(self.clerk).rating, 2)
        for user in (self.clerk, self.manager, self.leader):
            with self.subTest(user.login):
                with self.assertRaises(AccessError):
                    rating.with_user(user).write({"rating": 5})
                with self.assertRaises(AccessError):
                    rating.with_user(user).create({
                        "res_model_id": self.env["ir.model"]._get_id(case._name),
                        "res_id": case.id, "rating": 5, "consumed": True,
                    })
                with self.assertRaises(AccessError):
                    case.with_user(user).write(
                        {"rating_ids": [Command.update(rating.id, {"rating": 5})]}
                    )
                with self.assertRaises(AccessError):
                    rating.with_user(user).read(["access_token"])
        with self.assertRaises(UserError):  # nor by the link of the rating feature
            case.sudo().rating_apply(5, token=rating.sudo().access_token)
        with self.assertRaises(UserError):
            rating.sudo().write({"rating": 5})
        self.assertEqual(rating.rating, 2)

    def test_nobody_writes_into_the_record_in_anothers_name(self):
        case = self.completed()
        line = case.with_user(self.clerk).message_post(
            body="已办结", author_id=self.leader.partner_id.id, message_type="notification"
        )
        self.assertEqual(line.sudo().author_id, self.clerk.partner_id)

    def test_ratings_are_read_with_the_application_only(self):
        case = self.completed()
        self.as_resident(case).action_rate(1, "不满意")
        rating = case.sudo().rating_ids
        for user, seen in ((self.clerk, 1), (self.leader, 1), (self.other_clerk, 0),
                           (self.homeless_clerk, 0), (self.employee, 0)):
            with self.subTest(user.login):
                ratings = self.env["rating.rating"].with_user(user)
                self.assertEqual(ratings.search_count([("id", "=", rating.id)]), seen)
                if not seen:
                    with self.assertRaises(AccessError):
                        rating.with_user(user).read(["feedback"])

    def test_nothing_read_only_comes_in_by_a_default_of_the_context(self):
        context = {
            "default_number": "BJ2026999999", "default_completed_at": "2026-01-01 00:00:00",
            "default_terminated_count": 7, "default_result_text": "伪造",
            "default_reopened_count": 2, "default_state": "completed",
        }
        case = self.env["yst.service.case"].with_user(self.clerk).with_context(**context).create({
            "item_id": self.full.id, "applicant_id": self.resident.partner_id.id,
            "area_id": self.north.id,
        })
        self.assertEqual(case.state, "draft")
        for name in ("number", "completed_at", "terminated_count", "result_text",
                     "reopened_count"):
            self.assertFalse(case[name], name)
        context = {"default_record_text": "伪造", "default_visited_at": "2026-01-01 00:00:00",
                   "default_cadre_ids": [self.clerk.id]}
        visit = self.env["yst.service.home.visit"].with_user(self.clerk).with_context(**context)
        visit = visit.create({
            "partner_id": self.resident.partner_id.id, "eligibility": "assigned",
            "area_id": self.north.id, "address": "1号",
        })
        self.assertFalse(visit.record_text or visit.visited_at or visit.cadre_ids)
        slot = self.env["yst.service.slot"].with_user(self.clerk).with_context(default_booked=2)
        start = Datetime.now() + timedelta(days=2)
        slot = slot.create({"area_id": self.north.id, "start": start, "capacity": 2,
                            "end": start + timedelta(hours=1)})
        self.assertEqual((slot.booked, slot.left), (0, 2))

    def test_a_rating_with_forged_defaults_opens_a_plain_follow_up(self):
        case = self.completed()
        mine = self.as_resident(case).with_context(
            default_contacted_at="2026-01-01 00:00:00", default_contact_note="伪造",
            default_state="told",
        )
        mine.action_rate(1, "差")
        follow_up = case.sudo().follow_up_ids
        self.assertEqual(follow_up.state, "open")
        self.assertFalse(follow_up.contacted_at or follow_up.contact_note)

    def test_a_home_visit_does_not_reach_into_another_area(self):
        theirs = self.accepted(self.visit)
        visits = self.env["yst.service.home.visit"].with_user(self.other_clerk)
        values = {
            "partner_id": self.resident.partner_id.id, "eligibility": "assigned",
            "area_id": self.south.id, "address": "1号", "case_id": theirs.id,
        }
        with self.assertRaises(AccessError):
            visits.create(values)
        del values["case_id"]
        with self.assertRaises(AccessError):
            visits.with_context(default_case_id=theirs.id).create(values)
        self.assertEqual(theirs.state, "accepted")
        # nor to somebody else's application, or one's own
        visits = visits.with_user(self.clerk)
        values |= {"area_id": self.north.id, "case_id": theirs.id}
        with self.assertRaises(UserError):
            visits.create({**values, "partner_id": self.neighbour.partner_id.id})
        self.assertTrue(visits.create(values))

    def test_a_home_visit_takes_no_place_of_another_area(self):
        visit = self.env["yst.service.home.visit"].with_user(self.clerk).create({
            "partner_id": self.resident.partner_id.id, "eligibility": "assigned",
            "area_id": self.north.id, "address": "1号",
        })
        slot = self.slot(self.south, kind="home")
        with self.assertRaises(UserError):
            visit.action_confirm(self.clerk | self.cadre, slot)
        self.assertEqual(slot.booked, 0)
        visit.action_confirm(self.clerk | self.cadre, self.slot(self.north, kind="home"))
        self.assertEqual(visit.state, "confirmed")

    def test_what_is_published_is_not_set_by_hand(self):
        item = self.full.with_user(self.manager)
        version = item.current_version_id
        item.action_new_version()
        for vals in ({"current_version_id": item.draft_version_id.id}, {"published": False},
                     {"name": "改名"}, {"popularity": 9999}, {"search_text": "n\tx\tx\tx"}):
            with self.subTest(vals), self.assertRaises(UserError):
                item.write(vals)
        materials = self.env["yst.service.material"].with_user(self.manager)
        for context, vals in (
            ({}, {"version_id": version.id}), ({"default_version_id": version.id}, {})
        ):
            with self.subTest(context), self.assertRaises(UserError):
                materials.with_context(**context).create({"name": "加塞", **vals})

    def test_numbers_do_not_come_in_by_defaults(self):
        partners = self.env["res.partner"].with_user(self.clerk)
        for name in ("identity_masked", "mobile_masked", "identity_index"):
            with self.subTest(name), self.assertRaises(AccessError):
                partners.with_context(**{f"default_{name}": "x"}).create({"name": "某人"})
        person = partners.with_context(
            default_is_resident=True, default_phone="13800138000"
        ).create({"name": "某人"})
        self.assertEqual(person.phone, "138****8000")

    def test_the_record_of_an_application_is_not_rewritten(self):
        case = self.submitted()
        messages = case.message_ids
        self.assertTrue(messages)
        for user in (self.clerk, self.manager):
            with self.assertRaises(AccessError):
                messages.with_user(user).write({"body": "另一种说法"})
            with self.assertRaises(AccessError):
                messages.with_user(user).unlink()

    def test_too_many_files_of_one_day_are_refused(self):
        case = self.draft()
        line = case.line_ids[:1]
        line._upload(self.photo, "1.jpg")
        evidence = service_models.yst_evidence
        with patch.object(evidence, "FILES_A_DAY", 1), self.assertRaises(UserError):
            line._upload(self.photo, "2.jpg")
        with patch.object(evidence, "BYTES_A_DAY", 1000), self.assertRaises(UserError):
            case._upload_consent(self.photo, "3.jpg")
        self.assertEqual(len(line.photo_ids), 1)


@tagged("post_install", "-at_install")
class TestHostileMessages(KeyMixin, CaseWorld, HttpCase):
    """The general routes for messages are no side entrance for residents."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, no_reset_password=True))
        cls._make_world()

    def test_neither_files_nor_messages_come_in_beside_the_page(self):
        case = self.submitted()
        files = self.env["ir.attachment"].search_count([])
        self.authenticate(self.resident.login, PASSWORD)
        response = self.url_open(
            "/mail/attachment/upload",
            data={"csrf_token": http.Request.csrf_token(self), "thread_id": case.id,
                  "thread_model": case._name},
            files={"ufile": ("evil.html", b"<script>alert(1)</script>", "text/html")},
        )
        self.assertEqual(response.status_code, 404)
        self.assertEqual(self.env["ir.attachment"].search_count([]), files)
        told = self.env["mail.message"].search_count([])
        answer = self.make_jsonrpc_request_error("/mail/message/post", {
            "thread_model": case._name, "thread_id": case.id,
            "post_data": {"body": "x", "message_type": "comment"},
        })
        self.assertIn("NotFound", answer)
        with self.assertRaises(AccessError):
            self.env["mail.message"].with_user(self.resident).create({
                "model": case._name, "res_id": case.id, "body": "x", "message_type": "comment",
            })
        with self.assertRaises(AccessError):
            case.with_user(self.resident).message_post(body="x")
        self.assertEqual(self.env["mail.message"].search_count([]), told)

    def make_jsonrpc_request_error(self, route, params):
        response = self.url_open(
            route, json={"jsonrpc": "2.0", "method": "call", "params": params}
        ).json()
        return response["error"]["data"]["name"]


@tagged("post_install", "-at_install")
class TestHostileResident(PortalCase):
    """Residents and passers-by who want to find out about others."""

    def test_a_lost_password_does_not_tell_who_has_an_account(self):
        self.authenticate(None, None)
        self.one.sudo().email = False
        texts = set()
        for login in (self.one.login, self.two.login, "nobody@example.com", "13900000000"):
            page = self.post("/web/reset_password", {"login": login}, headers={}).text
            found = [line.strip() for line in page.splitlines() if "alert" in line]
            texts.add("".join(found).replace(login, ""))
            self.assertIn("service window", page)
        self.assertEqual(len(texts), 1, texts)

    def test_lost_passwords_are_asked_for_at_a_limited_rate(self):
        self.authenticate(None, None)
        with patch.object(portal_signup, "ATTEMPTS_AN_HOUR", 1):
            for _count in range(2):
                page = self.post("/web/reset_password", {"login": "x"}, headers={}).text
        self.assertIn("Too many attempts", page)

    def test_characters_that_no_address_holds_are_not_found(self):
        self.login_as(self.one)
        for path in ("/services/SB%00", "/yst/case/BJ%00", "/my/apply/%00", "/my/cases/1/%00.pdf"):
            with self.subTest(path):
                self.assertEqual(self.get(path).status_code, 404)

    def test_numbers_cannot_be_tried_out_one_after_the_other(self):
        """Also those that are not registered count, or the others would be known by it."""
        case = self.draft()
        with patch.object(portal_apply, "WRONG_NUMBERS_AN_HOUR", 3):
            for count in range(3):
                answer = self.answer(self.post(f"/my/apply/{case.id}/save", {
                    "step": "who", "on_behalf": "1", "principal_name": "某某",
                    "principal_identity": number(order=f"{301 + count}"),
                }))
                self.assertFalse(answer["errors"])
            # typing the same one again is no further try
            answer = self.answer(self.post(f"/my/apply/{case.id}/save", {
                "step": "who", "on_behalf": "1", "principal_name": "某某",
                "principal_identity": number(order="401"),
            }))
        self.assertIn("principal_identity", answer["errors"])

    def test_the_home_of_another_is_not_shown_to_who_names_them(self):
        other = self.two.partner_id
        other.write({"street": "望江社区秘密路9号", "disability_grade": "1",
                     "area_id": self.south.id})
        case = self.draft(item=self.visit_item)
        case._draft_save({
            "on_behalf": True, "principal_name": other.name,
            "principal_identity": number(order="124"), "consent": True,
        })
        self.assertEqual(case.principal_id, other)
        case.area_id = False
        page = self.get(f"/my/home-visits/new?case={case.id}").text
        self.assertNotIn("秘密路", page)
        grade = page.index('value="disability"')
        shown = page[grade:page.index("value=\"ill\"")]
        other.disability_grade = "0"
        page = self.get(f"/my/home-visits/new?case={case.id}").text
        grade = page.index('value="disability"')
        self.assertEqual(page[grade:page.index("value=\"ill\"")], shown)

    def test_few_files_of_one_reader_are_looked_at_at_a_time(self):
        case = self.draft()
        path = f"/my/apply/{case.id}/upload"
        files = {"file": ("1.jpg", paper(), "image/jpeg")}
        data = {"line": case.line_ids[0].id}
        with patch.dict(portal_common._files_now, {self.one.id: portal_common.FILES_AT_A_TIME}):
            self.assertIn("in a moment", self.refused(self.post(path, data, files))["message"])
        self.assertFalse(case.line_ids.photo_ids)
        self.answer(self.post(path, data, files))
        self.assertEqual(len(case.line_ids.photo_ids), 1)
        self.assertNotIn(self.one.id, portal_common._files_now)

    def test_home_visits_have_a_limit(self):
        visits = self.env["yst.service.home.visit"].with_user(self.one)
        values = {"eligibility": "ill", "address": "1号", "area_id": self.north.id}
        proofs = [(paper(), "证明.jpg")]
        for _count in range(5):
            visits._request_for(self.one.partner_id, values, proofs)
        with self.assertRaises(UserError):
            visits._request_for(self.one.partner_id, values, proofs)
