"""The path of an application through the pages of the resident."""

import json
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.base.models import res_users as core_users
from odoo.addons.yst_base import qr, vault

from .portal_common import PASSWORD, PortalCase, number, paper, pdf


@tagged("post_install", "-at_install")
class TestPortalApply(PortalCase):
    def test_whole_path_ends_with_a_receipt(self):
        case = self.filled()
        check = self.get(f"/my/apply/{case.id}/check")
        self.assertEqual(check.status_code, 200)
        self.assertIn("测试身份证", check.text)
        answer = self.answer(self.post(f"/my/apply/{case.id}/check", {"declared": "1"}))
        self.assertEqual(answer["next"], f"/my/cases/{case.id}/receipt")
        case.invalidate_recordset()
        self.assertEqual(case.state, "submitted")
        receipt = self.get(answer["next"])
        self.assertIn(case.number, receipt.text)
        self.assertEqual(self.get(f"/my/cases/{case.id}/qr.png").headers["Content-Type"],
                         "image/png")

    def test_clerk_can_scan_the_receipts_code(self):
        case = self.handed_in()
        png = self.get(f"/my/cases/{case.id}/qr.png").content
        [text] = qr.read(png)
        self.assertTrue(text.endswith(f"/yst/case/{case.number}"), text)

    def test_receipt_as_pdf(self):
        case = self.handed_in()
        response = self.get(f"/my/cases/{case.id}/receipt.pdf")
        self.assertEqual(response.status_code, 200)
        self.assertTrue(response.content.startswith(b"%PDF-"))
        self.assertIn(case.number, response.headers["Content-Disposition"])
        self.assertEqual(self.get(f"/my/cases/{case.id}/refusal.pdf").status_code, 404)
        self.assertEqual(self.get(f"/my/cases/{case.id}/anything.pdf").status_code, 404)

    def test_draft_is_found_again_where_it_was_left(self):
        case = self.draft()
        self.answer(self.post(f"/my/apply/{case.id}/who", {"on_behalf": "0"}))
        response = self.get(f"/my/apply/{self.item.code}")
        self.assertTrue(response.headers["Location"].endswith(f"/my/apply/{case.id}/details"))

    def test_entries_are_saved_as_typed(self):
        case = self.draft()
        answer = self.answer(self.post(
            f"/my/apply/{case.id}/save", {
                "step": "details", "note": "楼上没有电梯", "address": "示例路1号",
            }
        ))
        self.assertRegex(answer["saved_at"], r"^\d\d:\d\d$")
        self.assertEqual(answer["errors"], {})
        page = self.get(f"/my/apply/{case.id}/details").text
        self.assertIn("楼上没有电梯", page)
        self.assertIn("示例路1号", page)
        self.assertEqual(case.state, "draft")

    def test_step_tells_what_is_missing_and_keeps_the_rest(self):
        case = self.draft()
        case.area_id = False
        response = self.post(
            f"/my/apply/{case.id}/details", {"area_id": "", "note": "请电话联系"}
        )
        self.refused(response, "invalid", "area_id")
        case.invalidate_recordset()
        self.assertEqual(case.note, "请电话联系")

    def test_forms_work_without_scripts(self):
        case = self.draft()
        case.area_id = False
        step = f"/my/apply/{case.id}/details"
        wrong = self.post(step, {"area_id": "0", "note": "备注"}, headers={})
        self.assertEqual(wrong.status_code, 200)
        self.assertIn('data-for="area_id"', wrong.text)
        self.assertIn("Choose your village or community.", wrong.text)
        self.assertIn("备注", wrong.text)
        right = self.post(
            f"/my/apply/{case.id}/details", {"area_id": str(self.north.id)}, headers={}
        )
        self.assertEqual(right.status_code, 303)
        line = case.line_ids[0]
        sent = self.post(
            f"/my/apply/{case.id}/upload", {"line": str(line.id)},
            {"file": ("a.jpg", paper(), "image/jpeg")}, headers={},
        )
        self.assertEqual(sent.status_code, 303)
        line.invalidate_recordset()
        self.assertEqual(len(line.photo_ids), 1)

    def test_for_another_person_with_recorded_consent(self):
        case = self.draft()
        mother = {
            "on_behalf": "1", "principal_name": "居民母亲（示例）", "principal_relation": "母亲",
            "principal_identity_kind": "resident_id", "principal_identity": number(order="222"),
        }
        error = self.refused(self.post(f"/my/apply/{case.id}/who", mother), field="consent")
        self.assertIn("agrees", error["message"])
        self.answer(self.post(f"/my/apply/{case.id}/who", mother | {"consent": "1"}))
        case.invalidate_recordset()
        self.assertTrue(case.on_behalf)
        self.assertTrue(case.consent_at)
        self.assertIn("居民母亲（示例）", case.consent_text)
        self.assertEqual(case.principal_id.identity_masked[-1:], mother["principal_identity"][-1:])
        page = self.get(f"/my/apply/{case.id}/who").text
        self.assertIn(case.principal_id.identity_masked, page)
        self.assertNotIn(mother["principal_identity"], page)
        signed = self.post(
            f"/my/apply/{case.id}/upload", {"line": "consent"},
            {"file": ("consent.jpg", paper(), "image/jpeg")},
        )
        self.answer(signed)
        case.invalidate_recordset()
        self.assertTrue(case.consent_evidence_id)

    def test_photo_can_be_taken_back_and_pdf_be_handed_in(self):
        case = self.draft()
        line = case.line_ids[0]
        self.assertTrue(self.answer(self.upload(case, line, paper()))["complete"])
        self.answer(self.upload(case, line, pdf(2), "pages.pdf"))
        line.invalidate_recordset()
        self.assertEqual(set(line.photo_ids.mapped("kind")), {"photo", "document"})
        first = line.photo_ids.filtered(lambda one: one.kind == "photo")
        gone = self.post(
            f"/my/apply/{case.id}/remove", {"line": str(line.id), "evidence": str(first.id)}
        )
        self.answer(gone)
        line.invalidate_recordset()
        self.assertEqual(line.photo_ids.mapped("kind"), ["document"])

    def test_photo_sent_again_after_a_lost_answer_counts_once(self):
        case = self.draft()
        line = case.line_ids[0]
        for _try in range(2):
            self.answer(self.upload(case, line, paper()))
        line.invalidate_recordset()
        self.assertEqual(len(line.photo_ids), 1)

    def test_unreadable_photo_is_pointed_out_at_once(self):
        case = self.draft()
        answer = self.answer(self.upload(case, case.line_ids[0], paper((300, 400))))
        self.assertIn("too small to be read", answer["html"])

    def test_declaration_is_asked_for(self):
        case = self.filled()
        self.refused(self.post(f"/my/apply/{case.id}/check", {}), field="declared")
        case.invalidate_recordset()
        self.assertEqual(case.state, "draft")

    def test_nothing_is_handed_in_with_a_material_missing(self):
        case = self.draft()
        error = self.refused(self.post(f"/my/apply/{case.id}/check", {"declared": "1"}))
        self.assertIn("测试身份证", error["message"])
        self.assertIn("测试户口簿", error["message"])

    def test_draft_can_be_thrown_away(self):
        case = self.draft()
        self.answer(self.upload(case, case.line_ids[0], paper()))
        self.answer(self.post(f"/my/apply/{case.id}/discard"))
        self.assertFalse(case.exists())

    def test_item_that_is_only_explained_cannot_be_applied_for(self):
        item = self._item("903", "测试只看指南", "guide")
        self.login_as(self.one)
        response = self.get(f"/my/apply/{item.code}")
        self.assertTrue(response.headers["Location"].endswith(f"/services/{item.code}"))
        self.assertEqual(self.get("/my/apply/ZZ-999").status_code, 404)


@tagged("post_install", "-at_install")
class TestPortalCasePages(PortalCase):
    def test_correction_takes_only_what_was_faulty(self):
        case = self.handed_in()
        bad, good = case.line_ids[0], case.line_ids[1]
        self.as_clerk(bad).action_reject_material(self.reason, "四角不全")
        self.as_clerk(good).action_accept_material()
        self.as_clerk(case).action_ask_correction()
        page = self.get(f"/my/cases/{case.id}")
        self.assertIn(f"/my/cases/{case.id}/correct", page.text)
        self.assertIn("四角不全", page.text)
        asked = self.get(f"/my/cases/{case.id}/correct").text
        self.assertIn(f'id="line_{bad.id}"', asked)
        self.assertNotIn(f'id="line_{good.id}"', asked)
        self.refused(self.post(f"/my/cases/{case.id}/resubmit"))
        self.refused(self.upload(case, good, paper((1300, 1600))))
        self.answer(self.upload(case, bad, paper((1310, 1600))))
        for _tap in range(2):
            self.answer(self.post(f"/my/cases/{case.id}/resubmit"))
        case.invalidate_recordset()
        self.assertEqual(case.state, "resubmitted")

    def test_appointment_is_booked_moved_and_cancelled(self):
        case = self.handed_in(item=self.visit_item)
        lines = case.line_ids.filtered("photo_ids")
        self.as_clerk(lines).action_accept_material()
        self.as_clerk(case).action_accept()
        first, second = self.slot(), self.slot(days=4)
        self.assertIn(f'value="{first.id}"', self.get(f"/my/cases/{case.id}/slots").text)
        self.answer(self.post(f"/my/cases/{case.id}/book", {"slot": str(first.id)}))
        self.answer(self.post(f"/my/cases/{case.id}/book", {"slot": str(second.id)}))
        case.invalidate_recordset()
        self.assertEqual(case.appointment_id.slot_id, second)
        self.env.invalidate_all()
        self.assertEqual((first.booked, second.booked), (0, 1))
        self.answer(self.post(f"/my/cases/{case.id}/unbook"))
        self.env.invalidate_all()
        self.assertEqual((case.state, second.booked), ("reviewing", 0))
        self.refused(self.post(f"/my/cases/{case.id}/book", {"slot": "x"}))
        home = self.slot("home")
        self.refused(self.post(f"/my/cases/{case.id}/book", {"slot": str(home.id)}))

    def test_completed_application_is_rated_once(self):
        case = self.handed_in()
        self.as_clerk(case.line_ids.filtered("photo_ids")).action_accept_material()
        self.as_clerk(case).action_accept()
        self.as_clerk(case).action_complete("已发放")
        self.assertIn('name="level"', self.get(f"/my/cases/{case.id}").text)
        self.refused(self.post(f"/my/cases/{case.id}/rate", {"level": "9"}))
        self.answer(self.post(f"/my/cases/{case.id}/rate", {"level": "1", "text": "等得太久"}))
        self.refused(self.post(f"/my/cases/{case.id}/rate", {"level": "5"}))
        case.invalidate_recordset()
        self.assertEqual(case.rating_ids.mapped("rating"), [1.0])
        self.assertEqual(len(case.follow_up_ids), 1)

    def test_withdrawn_twice_ends_once(self):
        case = self.handed_in()
        for _tap in range(2):
            self.answer(self.post(f"/my/cases/{case.id}/withdraw", {"reason": "不再需要"}))
        case.invalidate_recordset()
        self.assertEqual(case.state, "terminated")
        self.assertEqual(case.terminated_count, 1)

    def test_messages_are_text_alone(self):
        case = self.handed_in()
        self.refused(self.post(f"/my/cases/{case.id}/message", {"text": "  "}))
        self.answer(self.post(
            f"/my/cases/{case.id}/message", {"text": "<img src=x onerror=alert(1)>几号能办？"}
        ))
        self.as_clerk(case).message_post(body="内部备注", subtype_xmlid="mail.mt_note")
        self.as_clerk(case).message_post(body="请周三来", subtype_xmlid="mail.mt_comment",
                                         message_type="comment")
        page = self.get(f"/my/cases/{case.id}").text
        self.assertIn("几号能办？", page)
        self.assertIn("请周三来", page)
        self.assertNotIn("内部备注", page)
        self.assertNotIn("<img src=x", page)

    def test_list_shows_the_one_line_and_filters(self):
        draft = self.draft(item=self.visit_item)
        case = self.handed_in()
        everything = self.get("/my/cases").text
        for one in (draft, case):
            self.assertIn(f'href="/my/cases/{one.id}"', everything)
            self.assertIn(one.now_text, everything)
        needs = self.get("/my/cases?show=needs").text
        self.assertIn(f'href="/my/cases/{draft.id}"', needs)
        self.assertNotIn(f'href="/my/cases/{case.id}"', needs)
        running = self.get("/my/cases?show=running").text
        self.assertNotIn(f'href="/my/cases/{draft.id}"', running)
        self.assertIn(f'href="/my/cases/{case.id}"', running)
        self.assertNotIn(f'href="/my/cases/{case.id}"', self.get("/my/cases?show=finished").text)

    def test_queries_of_the_list_do_not_grow(self):
        """20 applications cost as many queries as one."""
        Case = self.env["yst.service.case"]

        def make(count):
            Case.create([
                {"applicant_id": self.one.partner_id.id, "item_id": self.item.id,
                 "area_id": self.north.id, "channel": "window"}
                for _n in range(count)
            ])._allot_numbers(self.env.cr.now())

        make(1)
        self.login_as(self.one)
        self.get("/my/cases")
        start = self.env.cr.sql_log_count
        self.get("/my/cases")
        one = self.env.cr.sql_log_count - start
        make(19)
        self.get("/my/cases")
        start = self.env.cr.sql_log_count
        self.get("/my/cases")
        self.assertLessEqual(self.env.cr.sql_log_count - start, one + 2)

    def test_home_page_counts_what_waits(self):
        self.draft()
        page = self.get("/my")
        self.assertEqual(page.status_code, 200)
        for path in ("/my/cases?show=needs", "/my/identity", "/my/home-visits", "/services"):
            self.assertIn(f'href="{path}"', page.text)
        self.assertNotIn('href="/my/addresses"', page.text)
        counts = self.make_jsonrpc_request(
            "/my/counters", {"counters": ["yst_needs_count", "yst_running_count"]}
        )
        self.assertEqual(counts, {"yst_needs_count": 1, "yst_running_count": 0})


@tagged("post_install", "-at_install")
class TestPortalHomeVisit(PortalCase):
    def ask(self, **values):
        data = {"eligibility": "age", "address": "示例路1号", "area_id": str(self.north.id)}
        return self.post("/my/home-visits/new", data | values)

    def test_of_age_asks_and_cancels(self):
        self.one.partner_id._set_identity("resident_id", number(born="19400101", order="123"))
        self.login_as(self.one)
        slot = self.slot("home")
        page = self.get("/my/home-visits/new").text
        self.assertIn(f'value="{slot.id}"', page)
        self.answer(self.ask(slot=str(slot.id), wish="下午方便"))
        visit = self.env["yst.service.home.visit"].search(
            [("partner_id", "=", self.one.partner_id.id)]
        )
        self.assertEqual(visit.state, "requested")
        self.assertIn("Preferred time", visit.wish)
        self.assertIn(visit.number, self.get("/my/home-visits").text)
        for _tap in range(2):
            response = self.post(f"/my/home-visits/{visit.id}/cancel", headers={})
            self.assertEqual(response.status_code, 303)
        visit.invalidate_recordset()
        self.assertEqual(visit.state, "cancelled")

    def test_who_is_not_eligible_is_told_why(self):
        self.one.partner_id._set_identity("resident_id", number(born="19900101", order="123"))
        self.login_as(self.one)
        for ground in ("age", "disability", "ill", "assigned", "", "nonsense"):
            self.refused(self.ask(eligibility=ground))
        without = self.post(
            "/my/home-visits/new", {"eligibility": "ill", "address": "示例路1号"}, headers={}
        )
        self.assertEqual(without.status_code, 200)
        self.assertIn("示例路1号", without.text)
        self.assertIn('role="alert"', without.text)
        ill = self.post(
            "/my/home-visits/new",
            {"eligibility": "ill", "address": "示例路1号", "area_id": str(self.north.id)},
            {"proof": ("proof.jpg", paper(), "image/jpeg")},
        )
        self.answer(ill)

    def test_visit_of_another_resident_is_not_found(self):
        self.one.partner_id._set_identity("resident_id", number(born="19400101", order="123"))
        self.login_as(self.one)
        self.answer(self.ask())
        visit = self.env["yst.service.home.visit"].search(
            [("partner_id", "=", self.one.partner_id.id)]
        )
        self.login_as(self.two)
        self.assertNotIn(visit.number, self.get("/my/home-visits").text)
        self.refused(self.post(f"/my/home-visits/{visit.id}/cancel"), "not_found", status=404)
        visit.invalidate_recordset()
        self.assertEqual(visit.state, "requested")


@tagged("post_install", "-at_install")
class TestIdentityPage(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.new = cls._account("resident.new", "新账户")

    def save(self, **values):
        data = {
            "name": "居民丙·示例", "identity_kind": "resident_id",
            "identity": number(order="345"), "mobile": "138 1234 5678", "next": "/my/cases",
        }
        return self.post("/my/identity", data | values)

    def test_real_name_is_asked_for_before_an_application(self):
        self.login_as(self.new)
        response = self.get(f"/my/apply/{self.item.code}")
        self.assertTrue(
            response.headers["Location"].endswith(f"/my/identity?next=/my/apply/{self.item.code}")
        )
        page = self.get(response.headers["Location"]).text
        self.assertIn("What your details are for", page)

    def test_saved_numbers_are_masked(self):
        self.login_as(self.new)
        self.assertEqual(self.answer(self.save())["next"], "/my/cases")
        partner = self.new.partner_id
        partner.invalidate_recordset()
        self.assertEqual(partner.name, "居民丙·示例")
        page = self.get("/my/identity").text
        self.assertIn(partner.identity_masked, page)
        self.assertIn("138****5678", page)
        self.assertNotIn(number(order="345"), page)
        self.assertNotIn("13812345678", page)

    def test_wrong_number_is_told_beside_its_entry_and_the_rest_kept(self):
        self.login_as(self.new)
        wrong = number(order="345")[:-1] + ("1" if number(order="345")[-1] != "1" else "2")
        self.refused(self.save(identity=wrong), field="identity")
        page = self.post(
            "/my/identity",
            {
                "name": "居民丙", "identity_kind": "resident_id", "identity": wrong,
                "mobile": "1381234",
            },
            headers={},
        ).text
        self.assertIn('value="居民丙"', page)
        self.assertIn('value="1381234"', page)
        self.assertEqual(page.count('aria-invalid="true"'), 2)
        self.assertFalse(self.new.partner_id.identity_masked)

    def test_name_stays_once_given(self):
        self.login_as(self.new)
        self.answer(self.save())
        self.answer(self.save(name="别人的名字", identity=number(order="777")))
        partner = self.new.partner_id
        partner.invalidate_recordset()
        self.assertEqual(partner.name, "居民丙·示例")
        self.assertEqual(partner.identity_masked[-1:], number(order="345")[-1:])
        renamed = self.make_jsonrpc_request_error(
            "res.users", "write", [[self.new.id], {"name": "别人的名字"}]
        )
        self.assertTrue(renamed)

    def make_jsonrpc_request_error(self, model, method, args):
        """Whether a call over the web's RPC is refused."""
        from odoo.tests.common import JsonRpcException

        try:
            self.make_jsonrpc_request(
                "/web/dataset/call_kw",
                {"model": model, "method": method, "args": args, "kwargs": {}},
            )
        except JsonRpcException:
            return True
        return False

    def test_core_account_pages_lead_to_ours(self):
        self.login_as(self.new)
        for path in ("/my/account", "/my/addresses", "/my/address"):
            self.assertTrue(self.get(path).headers["Location"].endswith("/my/identity"), path)
        sent = self.post("/my/address/submit", {"name": "别人的名字"}, headers={})
        self.assertTrue(sent.headers["Location"].endswith("/my/identity"))
        self.new.partner_id.invalidate_recordset()
        self.assertEqual(self.new.partner_id.name, "新账户")

    def test_guessing_is_slowed_down(self):
        self.login_as(self.new)
        for _try in range(10):
            self.refused(self.save(identity="123"), field="identity")
        self.refused(self.save(), field="form")
        self.assertFalse(self.new.partner_id.identity_masked)

    def test_way_back_stays_on_this_host(self):
        self.login_as(self.new)
        for hostile in ("https://example.com/", "//example.com", "/\\example.com", "javascript:x"):
            page = self.get("/my/identity?next=" + hostile).text
            self.assertIn('name="next" value="/my"', page, hostile)
        self.assertEqual(self.answer(self.save(next="//example.com/my"))["next"], "/my")


@tagged("post_install", "-at_install")
class TestSignup(PortalCase):
    def sign_up(self, **values):
        data = {
            "name": "新居民（示例）", "login": "139 0000 1234", "password": "resident2026",
            "confirm_password": "resident2026",
        }
        return self.post("/web/signup", data | values, headers={})

    def setUp(self):
        super().setUp()
        self.authenticate(None, None)

    def test_with_a_mobile_number_that_is_nowhere_in_the_clear(self):
        page = self.url_open("/web/signup").text
        self.assertIn("Mobile number or e-mail", page)
        self.assertIn("What your details are for", page)
        self.assertIn(self.sign_up().status_code, (302, 303))
        user = self.env["res.users"].search([], order="id desc", limit=1)
        self.assertNotIn("13900001234", user.login)
        self.assertFalse(user.email)
        self.assertTrue(user.partner_id.is_resident)
        self.assertEqual(user.partner_id.mobile_masked, "139****1234")
        self.env.cr.execute("SELECT to_jsonb(u)::text || to_jsonb(p)::text FROM res_users u "
                            "JOIN res_partner p ON p.id = u.partner_id WHERE u.id = %s", [user.id])
        self.assertNotIn("13900001234", self.env.cr.fetchone()[0])
        for written in ("13900001234", "+86 139-0000-1234"):
            self.authenticate(None, None)
            session = self.authenticate(written, PASSWORD)
            self.assertEqual(session.uid, user.id)

    def test_same_number_opens_one_account(self):
        self.sign_up()
        before = self.env["res.users"].search_count([])
        self.authenticate(None, None)
        again = self.sign_up(login="+8613900001234")
        self.assertIn("already an account", again.text)
        self.assertEqual(self.env["res.users"].search_count([]), before)

    def test_with_an_email(self):
        self.assertIn(self.sign_up(login="resident.new@example.com").status_code, (302, 303))
        user = self.env["res.users"].search([("login", "=", "resident.new@example.com")])
        self.assertTrue(user._is_portal())
        self.assertEqual(user.email, "resident.new@example.com")

    def test_what_is_neither_is_refused(self):
        for login in ("12345", "somebody", "1390000123", "<script>@x"):
            page = self.sign_up(login=login)
            self.assertEqual(page.status_code, 200)
            self.assertIn("Enter a mobile number with 11 digits or an e-mail.", page.text)

    def test_weak_password_is_refused(self):
        for password in ("abc1", "12345678", "abcdefgh"):
            page = self.sign_up(password=password, confirm_password=password)
            self.assertIn("at least 8 characters", page.text)

    def test_password_reset_does_not_name_the_account(self):
        self.sign_up()
        self.authenticate(None, None)
        page = self.post("/web/reset_password", {"login": "13900001234"}, headers={}).text
        self.assertIn("service window", page)
        self.assertNotIn("新居民", page)

    def test_login_by_number_survives_a_rotation_of_the_keys(self):
        self.sign_up()
        user = self.env["res.users"].search([], order="id desc", limit=1)
        before = user.login
        with open(self.key_file, encoding="utf-8") as file:
            keys = json.load(file)
        fresh = vault.new_keys()
        fresh["encrypt"] += keys["encrypt"]
        with open(self.key_file, "w", encoding="utf-8") as file:
            json.dump(fresh, file)
        self.env["res.partner"]._rekey_numbers()
        self.env.flush_all()
        self.assertNotEqual(user.login, before)
        self.authenticate(None, None)
        self.assertEqual(self.authenticate("13900001234", PASSWORD).uid, user.id)

    def test_who_changes_the_number_logs_in_with_the_new_one(self):
        self.sign_up()
        user = self.env["res.users"].search([], order="id desc", limit=1)
        self.authenticate("13900001234", PASSWORD)
        self.answer(self.post("/my/identity", {
            "name": "居民丁", "identity_kind": "resident_id", "identity": number(order="456"),
            "mobile": "13700001234",
        }))
        self.assertEqual(self.get("/my/identity").status_code, 200, "still logged in")
        self.authenticate(None, None)
        self.assertEqual(self.authenticate("13700001234", PASSWORD).uid, user.id)

    def test_no_log_holds_the_number(self):
        self.sign_up()
        self.authenticate(None, None)
        last = self.env["yst.audit.log"].search([], order="id desc", limit=1)
        with patch.object(core_users._logger, "info") as info:
            page = self.post(
                "/web/login",
                {"login": "13900001234", "password": "wrong", "type": "password"},
                headers={},
            )
        self.assertIn("Wrong login/password", page.text)
        logged = [str(call.args) for call in info.call_args_list]
        self.assertTrue(any("139****1234" in text for text in logged), logged)
        details = self.env["yst.audit.log"].search([("id", ">", last.id)]).mapped("detail")
        audited = [text for text in details if text]
        self.assertTrue(any("139****1234" in text for text in audited), audited)
        for text in logged + audited:
            self.assertNotIn("13900001234", text)
