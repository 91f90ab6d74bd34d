"""Two residents against each other: through every address, JSON-2 and XML-RPC."""

import json
import xmlrpc.client
from datetime import timedelta

from odoo.fields import Datetime
from odoo.tests import tagged
from odoo.tests.common import JsonRpcException
from odoo.tools import mute_logger

from .portal_common import PASSWORD, PortalCase, paper

#: What belongs to the first resident alone.
MODELS = (
    "yst.service.case", "yst.service.case.line", "yst.service.case.event",
    "yst.service.correction", "yst.service.appointment", "yst.service.home.visit",
    "yst.service.follow.up", "yst.evidence",
)
#: Nobody outside the office reads these at all.
CLOSED = ("yst.portal.attempt", "yst.audit.log", "yst.service.case.report")
SECRET = ("identity_cipher", "identity_index", "mobile_cipher", "mobile_index")


class AccessCase(PortalCase):
    """The first resident has an application that has seen everything, and a draft."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Case = cls.env["yst.service.case"].with_user(cls.one).sudo()
        cls.draft_case = Case._draft_for(cls.one.partner_id, cls.item)
        cls.draft_case._draft_save({"note": "甲的秘密备注"})
        cls.case = Case._draft_for(cls.one.partner_id, cls.visit_item)
        cls.case._draft_save({"note": "甲的秘密备注", "area_id": cls.north.id})
        for line in cls.case.line_ids.filtered("required"):
            line._upload(paper(), "secret.jpg")
        cls.draft_photo = cls.draft_case.line_ids[0]
        cls.draft_photo._upload(paper(), "secret.jpg")
        cls.case.action_submit()
        bad, good = cls.case.line_ids[0], cls.case.line_ids[1]
        bad.with_user(cls.clerk).action_reject_material(cls.reason, "甲的缺陷")
        good.with_user(cls.clerk).action_accept_material()
        cls.case.with_user(cls.clerk).action_ask_correction()
        cls.photo = good.photo_ids[0]
        cls.bad = bad
        cls.case._portal_ensure_token()
        cls.visit = cls.env["yst.service.home.visit"].sudo().with_context(
            yst_proofs_follow=True
        ).create({
            "partner_id": cls.one.partner_id.id, "requested_by_id": cls.one.partner_id.id,
            "eligibility": "ill", "area_id": cls.north.id, "address": "甲的秘密地址",
        })
        cls.env.flush_all()

    def secrets(self):
        """What no answer to the second resident may hold."""
        return (
            self.case.number, "甲的秘密备注", "甲的秘密地址", "甲的缺陷", self.one.name,
            self.one.partner_id.identity_masked, self.visit.number,
        )

    def assertNothingTold(self, response):
        for secret in self.secrets():
            self.assertNotIn(secret, response.text)


@tagged("post_install", "-at_install")
class TestPortalUrls(AccessCase):
    def pages(self):
        case, draft = self.case.id, self.draft_case.id
        return [
            f"/my/cases/{case}", f"/my/cases/{case}/receipt", f"/my/cases/{case}/qr.png",
            f"/my/cases/{case}/receipt.pdf", f"/my/cases/{case}/correction.pdf",
            f"/my/cases/{case}/correct", f"/my/cases/{case}/slots",
            *(f"/my/apply/{draft}/{step}" for step in ("who", "details", "materials", "check")),
            f"/my/home-visits/new?case={case}",
            f"/yst/evidence/{self.photo.id}", f"/yst/evidence/{self.photo.id}/thumb",
        ]

    def actions(self):
        case, draft = self.case.id, self.draft_case.id
        photo = self.draft_photo.photo_ids[:1].id
        yield from (
            (f"/my/apply/{draft}/{step}", {"area_id": str(self.south.id), "declared": "1"})
            for step in ("who", "details", "materials", "check")
        )
        yield f"/my/apply/{draft}/save", {"step": "details", "note": "乙写的"}
        yield f"/my/apply/{draft}/discard", {}
        yield f"/my/apply/{draft}/remove", {
            "line": str(self.draft_photo.id), "evidence": str(photo)
        }
        yield f"/my/cases/{case}/resubmit", {}
        yield f"/my/cases/{case}/book", {"slot": "1"}
        yield f"/my/cases/{case}/unbook", {}
        yield f"/my/cases/{case}/withdraw", {"reason": "乙写的"}
        yield f"/my/cases/{case}/rate", {"level": "1"}
        yield f"/my/cases/{case}/message", {"text": "乙写的"}
        yield f"/my/home-visits/{self.visit.id}/cancel", {}
        yield "/my/home-visits/new", {
            "case": str(case), "eligibility": "ill", "address": "乙写的地址"
        }

    def state(self):
        self.env.invalidate_all()
        return [
            (record.id, record.write_date, record.exists().id)
            for record in (self.case, self.draft_case, self.visit, *self.case.line_ids,
                           *self.draft_case.line_ids)
        ] + [len(self.case.message_ids), len(self.case.rating_ids),
             len(self.draft_photo.photo_ids)]

    def test_owner_sees_all_of_it(self):
        """So that the refusals below are not those of wrong addresses."""
        self.login_as(self.one)
        for path in self.pages():
            # there is nothing to book while a correction is asked
            expected = 303 if path.endswith("/slots") else 200
            self.assertEqual(self.get(path).status_code, expected, path)

    def test_other_resident_finds_nothing(self):
        self.login_as(self.two)
        unknown = self.get("/my/cases/999999999")
        self.assertEqual(unknown.status_code, 404)
        for path in self.pages():
            response = self.get(path)
            self.assertEqual(response.status_code, 404, path)
            self.assertNothingTold(response)
        self.assertNothingTold(self.get("/my/cases"))
        self.assertNothingTold(self.get("/my/cases?show=needs"))
        self.assertNothingTold(self.get("/my/home-visits"))

    def test_missing_and_foreign_look_the_same(self):
        self.login_as(self.two)
        foreign = self.post(f"/my/apply/{self.draft_case.id}/save", {"step": "details"})
        missing = self.post("/my/apply/999999999/save", {"step": "details"})
        self.assertEqual(foreign.status_code, missing.status_code)
        self.assertEqual(foreign.text, missing.text)

    def test_other_resident_changes_nothing(self):
        self.login_as(self.two)
        before = self.state()
        for headers in ({"Accept": "application/json"}, {}):
            for path, data in self.actions():
                response = self.post(path, data, headers=headers)
                self.assertEqual(response.status_code, 404, path)
                self.assertNothingTold(response)
        response = self.upload(self.draft_case, self.draft_photo, paper((1000, 1400)))
        self.refused(response, "not_found", status=404)
        self.assertEqual(self.state(), before)

    def test_own_application_is_no_door_to_anothers_material(self):
        own = self.draft(self.two)
        foreign = self.upload(own, self.draft_photo, paper((1000, 1400)))
        self.refused(foreign, "not_found", status=404)
        photo = self.draft_photo.photo_ids[0]
        gone = self.post(f"/my/apply/{own.id}/remove",
                         {"line": str(own.line_ids[0].id), "evidence": str(photo.id)})
        self.refused(gone, "not_found", status=404)

    def test_nobody_without_login(self):
        self.authenticate(None, None)
        for path in self.pages():
            response = self.get(path)
            self.assertIn(response.status_code, (302, 303, 403, 404), path)
            if response.status_code in (302, 303):
                self.assertIn("/web/login", response.headers["Location"], path)
            self.assertNothingTold(response)
        for path, data in self.actions():
            self.refused(self.post(path, data), "session_expired", status=401)

    def test_actions_need_the_token_of_the_page(self):
        self.login_as(self.one)
        before = self.state()
        for path, data in self.actions():
            with mute_logger("odoo.http"):
                response = self.post(path, data, token=False)
            self.assertEqual(response.status_code, 400, path)
        self.assertEqual(self.state(), before)

    def test_actions_do_not_answer_to_links(self):
        self.login_as(self.one)
        before = self.state()
        for path in ("save", "upload", "remove", "discard"):
            self.assertIn(
                self.get(f"/my/apply/{self.draft_case.id}/{path}").status_code, (404, 405)
            )
        for path in ("resubmit", "book", "unbook", "withdraw", "rate", "message"):
            self.assertIn(self.get(f"/my/cases/{self.case.id}/{path}").status_code, (404, 405))
        self.assertEqual(self.state(), before)

    def test_token_of_a_link_opens_nothing_that_it_should_not(self):
        token = self.case.access_token
        self.login_as(self.two)
        for wrong in ("x", "", token[:-1], self.draft_case._portal_ensure_token()):
            for path in (f"/my/cases/{self.case.id}", f"/yst/evidence/{self.photo.id}"):
                response = self.get(f"{path}?access_token={wrong}")
                self.assertEqual(response.status_code, 404, path)
                self.assertNothingTold(response)
        # the right one opens no page either: it serves the mails' links after the login
        response = self.get(f"/my/cases/{self.case.id}?access_token={token}")
        self.assertEqual(response.status_code, 404)
        # and never changes anything
        before = self.state()
        for path, data in self.actions():
            response = self.post(path, data | {"access_token": token})
            self.assertEqual(response.status_code, 404, path)
        self.assertEqual(self.state(), before)

    def test_principal_sees_the_application_made_for_them_but_acts_not_on_the_draft(self):
        draft = self.env["yst.service.case"].with_user(self.two).sudo()._draft_for(
            self.two.partner_id, self.item
        )
        draft.write({"on_behalf": True, "principal_id": self.one.partner_id.id})
        self.login_as(self.one)
        self.assertEqual(self.get(f"/my/apply/{draft.id}/who").status_code, 404)
        self.refused(self.post(f"/my/apply/{draft.id}/discard"), "not_found", status=404)
        self.post(f"/my/cases/{draft.id}/withdraw")
        self.assertTrue(draft.exists())
        home = self.get("/")
        self.assertEqual(home.status_code, 200)
        self.assertNotIn(f"/my/cases/{draft.id}\"", home.text)
        self.login_as(self.two)
        self.assertIn(f"/my/cases/{draft.id}\"", self.get("/").text)


@tagged("post_install", "-at_install")
class TestRpc(AccessCase):
    """The same over the two programming interfaces."""

    def records(self, model):
        if model == "yst.evidence":
            return self.case.line_ids.photo_ids
        if model == "yst.service.case":
            return self.case | self.draft_case
        if model == "yst.service.home.visit":
            return self.visit
        return self.env[model].search([("case_id", "=", self.case.id)])

    def json2(self, user, model, method, **arguments):
        key = self.env["res.users.apikeys"].with_user(user).sudo()._generate(
            "rpc", "test", Datetime.now() + timedelta(hours=1)
        )
        return self.url_open(
            f"/json/2/{model}/{method}", data=json.dumps(arguments),
            headers={"Authorization": f"bearer {key}", "Content-Type": "application/json",
                     "X-Odoo-Database": self.env.cr.dbname},
        )

    def xmlrpc(self, user, model, method, *args, **kwargs):
        return self.xmlrpc_object.execute_kw(
            self.env.cr.dbname, user.id, PASSWORD, model, method, args, kwargs
        )

    def test_json2_reads_own_and_nothing_else(self):
        own = self.json2(self.one, "yst.service.case", "search_read", fields=["number"])
        self.assertEqual(own.status_code, 200)
        self.assertIn(self.case.number, own.text)
        for model in MODELS:
            found = self.json2(self.two, model, "search_read", fields=["id"])
            if found.status_code == 200:
                self.assertEqual(found.json(), [], model)
            else:
                self.assertEqual(found.status_code, 403, model)
            self.assertNothingTold(found)
            records = self.records(model)
            if records:
                read = self.json2(self.two, model, "read", ids=records.ids, fields=["id"])
                self.assertIn(read.status_code, (403, 404), model)
                self.assertFalse(
                    any(secret in read.text for secret in self.secrets()[:4]), model
                )

    def test_json2_changes_nothing(self):
        for model in MODELS:
            for record in self.records(model)[:1]:
                for user in (self.one, self.two):
                    for method, arguments in (
                        ("write", {"vals": {"display_name": "x"}}), ("unlink", {}), ("copy", {}),
                    ):
                        response = self.json2(user, model, method, ids=record.ids, **arguments)
                        self.assertIn(response.status_code, (403, 404, 422), (model, method))
        for user in (self.one, self.two):
            for method in ("action_accept", "action_take", "action_accept_all_materials",
                           "action_complete", "action_reopen"):
                response = self.json2(user, "yst.service.case", method, ids=self.case.ids)
                self.assertIn(response.status_code, (403, 404, 422, 500), method)
            for method in ("action_submit", "action_withdraw", "action_resubmit"):
                if user == self.two:
                    response = self.json2(user, "yst.service.case", method, ids=self.case.ids)
                    self.assertEqual(response.status_code, 403, method)
            # private methods are not on offer
            for method in ("_draft_save", "_transition", "_check_owner", "_upload"):
                response = self.json2(user, "yst.service.case", method, ids=self.case.ids)
                self.assertGreaterEqual(response.status_code, 403, method)
        self.env.invalidate_all()
        self.assertEqual(self.case.state, "correction")

    def test_json2_state_and_numbers_are_not_written(self):
        for values in ({"state": "completed"}, {"number": "BJ2026999999"},
                       {"clock_deadline": "2030-01-01"}, {"applicant_id": self.two.partner_id.id}):
            for user in (self.one, self.two):
                response = self.json2(
                    user, "yst.service.case", "write", ids=self.case.ids, vals=values
                )
                self.assertIn(response.status_code, (403, 404, 422))
        created = self.json2(
            self.two, "yst.service.case", "create",
            vals_list=[{"item_id": self.item.id, "applicant_id": self.one.partner_id.id}],
        )
        self.assertIn(created.status_code, (403, 422))

    def test_json2_encrypted_numbers_are_read_by_nobody(self):
        partner = self.one.partner_id
        for user in (self.one, self.two, self.clerk):
            for name in SECRET:
                response = self.json2(user, "res.partner", "read", ids=partner.ids, fields=[name])
                self.assertGreaterEqual(response.status_code, 400, (user.login, name))
                found = self.json2(
                    user, "res.partner", "search", domain=[[name, "!=", False]]
                )
                self.assertGreaterEqual(found.status_code, 400, (user.login, name))
        for model in CLOSED:
            response = self.json2(self.two, model, "search_read", fields=["id"])
            self.assertEqual(response.status_code, 403, model)

    def test_xmlrpc_reads_own_and_nothing_else(self):
        own = self.xmlrpc(self.one, "yst.service.case", "search_read", [], ["number"])
        self.assertIn(self.case.number, [row["number"] for row in own])
        for model in MODELS:
            try:
                self.assertEqual(self.xmlrpc(self.two, model, "search_count", []), 0, model)
            except xmlrpc.client.Fault as fault:
                self.assertEqual(fault.faultCode, 4, fault.faultString)  # access denied
            records = self.records(model)
            if records:
                with self.assertRaises(xmlrpc.client.Fault) as refused, \
                        mute_logger("odoo.addons.base.models.ir_model",
                                    "odoo.addons.base.models.ir_rule"):
                    self.xmlrpc(self.two, model, "read", records.ids, ["id"])
                for secret in self.secrets()[:4]:
                    self.assertNotIn(secret, refused.exception.faultString)

    def test_xmlrpc_changes_nothing(self):
        calls = [
            ("yst.service.case", "write", self.case.ids, {"note": "乙写的"}),
            ("yst.service.case", "action_withdraw", self.case.ids),
            ("yst.service.case", "action_rate", self.case.ids, 1),
            ("yst.service.case", "message_post", self.case.ids),
            ("yst.service.case.line", "action_accept_material", self.bad.ids),
            ("yst.service.home.visit", "action_cancel", self.visit.ids),
            ("yst.evidence", "unlink", self.photo.ids),
            ("res.partner", "action_reveal_identity", self.one.partner_id.ids, "好奇"),
            ("res.partner", "write", self.one.partner_id.ids, {"name": "乙写的"}),
        ]
        for model, method, *args in calls:
            with self.assertRaises(xmlrpc.client.Fault, msg=f"{model}.{method}"), \
                    mute_logger("odoo.addons.base.models.ir_model",
                                "odoo.addons.base.models.ir_rule", "odoo.http"):
                self.xmlrpc(self.two, model, method, *args)
        self.env.invalidate_all()
        self.assertEqual(self.case.state, "correction")
        self.assertEqual(self.case.note, "甲的秘密备注")
        self.assertEqual(self.visit.state, "requested")

    def test_files_and_messages_are_closed_to_the_other(self):
        attachment = self.photo._attachment("content")
        self.login_as(self.two)
        for path in (
            f"/web/content/{attachment.id}", f"/web/image/{attachment.id}",
            f"/web/content/yst.evidence/{self.photo.id}/content",
            f"/web/image/yst.evidence/{self.photo.id}/content",
            f"/mail/view?model=yst.service.case&res_id={self.case.id}",
        ):
            response = self.url_open(path)
            self.assertNothingTold(response)
            self.assertFalse(response.content.startswith(b"\xff\xd8\xff"), path)
        self.case.message_post(body="给甲的回复", message_type="comment",
                               subtype_xmlid="mail.mt_comment")
        for route, params in (
            ("/mail/chatter_fetch", {"thread_model": "yst.service.case",
                                     "thread_id": self.case.id}),
            ("/mail/message/post", {"thread_model": "yst.service.case",
                                    "thread_id": self.case.id,
                                    "post_data": {"body": "乙写的"}}),
            ("/portal/chatter_init", {"thread_model": "yst.service.case",
                                      "thread_id": self.case.id}),
        ):
            with mute_logger("odoo.http"):
                try:
                    told = self.make_jsonrpc_request(route, params)
                except JsonRpcException:
                    continue
            self.assertNotIn("给甲的回复", json.dumps(told, ensure_ascii=False), route)
        self.env.invalidate_all()
        self.assertNotIn("乙写的", " ".join(self.case.message_ids.mapped("body")))

