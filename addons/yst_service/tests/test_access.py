import json
import xmlrpc.client
from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Datetime
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.yst_base.tests.common import KeyMixin

from .case_common import PASSWORD, CaseCase, CaseWorld

OPERATIONS = ("read", "write", "create", "unlink")
STAFF = ("cadre", "leader", "clerk", "manager")
CLERKS = ("clerk", "manager")
BOTH = ("resident",)

#: model → operation → roles that the model's rights (not yet the record's rule) allow it.
RIGHTS = {
    "yst.service.case": {"read": STAFF + BOTH, "write": CLERKS, "create": CLERKS, "unlink": CLERKS},
    "yst.service.case.line": {"read": STAFF + BOTH},
    "yst.service.case.event": {"read": STAFF + BOTH},
    "yst.service.correction": {"read": STAFF + BOTH},
    "yst.service.appointment": {"read": STAFF + BOTH},
    "yst.service.home.visit": {"read": STAFF + BOTH, "write": CLERKS, "create": CLERKS},
    "yst.service.follow.up": {"read": STAFF, "write": CLERKS},
    "yst.service.slot": {
        "read": STAFF, "write": CLERKS, "create": CLERKS, "unlink": ("manager",),
    },
    "yst.service.reason": {"read": STAFF, "write": ("manager",), "create": ("manager",)},
    "yst.service.case.report": {"read": STAFF},
    "yst.service.complete.wizard": dict.fromkeys(OPERATIONS, CLERKS),
    "yst.service.slot.wizard": dict.fromkeys(OPERATIONS, CLERKS),
    "yst.service.appoint.wizard": dict.fromkeys(OPERATIONS, CLERKS),
    "yst.service.visit.wizard": dict.fromkeys(OPERATIONS, CLERKS),
    "yst.service.note.wizard": dict.fromkeys(OPERATIONS, CLERKS),
}
OUTSIDERS = ("employee", "system", "security", "audit", "public")


@tagged("post_install", "-at_install")
class TestAccess(CaseCase):
    """Every model, every role, every operation; own areas against others; one against another."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            "cadre": cls.cadre, "leader": cls.leader, "clerk": cls.clerk, "manager": cls.manager,
            "resident": cls.resident, "employee": cls.employee,
            "public": cls.env.ref("base.public_user"),
        }
        for power in ("system", "security", "audit"):
            cls.users[power] = cls._user(
                f"t.{power}", f"yst_base.group_{power}_administrator", cls.subdistrict
            )
        self = cls("test_rights_of_every_role_on_every_model")
        case = self.in_correction()
        mine = self.as_resident(case)
        mine.line_ids[0]._upload(cls.photo, "a.jpg")
        mine.action_resubmit()
        case.action_accept_all_materials()
        case.action_accept()
        case.action_complete("x", [("结果.jpg", cls.photo)])
        mine.action_rate(1)
        appointed = self.accepted(cls.visit)
        cls.slot_there = self.slot()
        self.as_resident(appointed)._book(cls.slot_there)
        visits = cls.env["yst.service.home.visit"].with_user(cls.resident).sudo()
        cls.records = {
            "yst.service.case": case | appointed,
            "yst.service.case.line": case.line_ids,
            "yst.service.case.event": case.sudo().event_ids,
            "yst.service.correction": case.correction_ids,
            "yst.service.appointment": appointed.appointment_id,
            "yst.service.home.visit": visits._request_for(cls.resident.partner_id, {
                "eligibility": "age", "address": "测试路1号", "area_id": cls.north.id,
            }),
            "yst.service.follow.up": case.sudo().follow_up_ids,
            "yst.service.slot": cls.slot_there,
            "yst.service.reason": cls.blurred,
            "yst.service.case.report": cls.env["yst.service.case.report"].browse(case.ids),
            "yst.evidence": case.sudo().line_ids.evidence_ids | case.sudo().result_evidence_ids,
        }
        cls.env.flush_all()

    def sees(self, user, model):
        """Which of the world's records of a model the user finds and can read."""
        records = self.records[model].with_user(user).sudo(False)
        self.env.invalidate_all()
        try:
            found = records.search([("id", "in", records.ids)])
        except AccessError:
            found = records.browse()
        readable = records._filtered_access("read")
        self.assertEqual(found, readable, f"{user.login} {model}: search and read agree")
        return found

    def test_rights_of_every_role_on_every_model(self):
        for model, rights in RIGHTS.items():
            for role, user in self.users.items():
                for operation in OPERATIONS:
                    with self.subTest(model=model, role=role, operation=operation):
                        self.assertEqual(
                            self.env[model].with_user(user).has_access(operation),
                            role in rights.get(operation, ()),
                        )

    def test_every_model_of_the_addon_is_in_the_table(self):
        own = {
            name for name in self.env.registry
            if name.startswith("yst.service.") and not self.env[name]._abstract
        }
        catalogue = {
            "yst.service.category", "yst.service.item", "yst.service.item.version",
            "yst.service.material",
        }
        self.assertEqual(own - catalogue, set(RIGHTS))

    def test_own_areas_and_below_see_all_others_nothing(self):
        for model, records in self.records.items():
            if model == "yst.service.reason":
                continue
            for user in (self.clerk, self.manager, self.leader, self.cadre):
                with self.subTest(model=model, user=user.login):
                    self.assertEqual(self.sees(user, model).ids, records._ids and
                                     records.search([("id", "in", records.ids)]).ids)
            for user in (self.other_clerk, self.homeless_clerk, self.employee,
                         *(self.users[power] for power in ("system", "security", "audit"))):
                with self.subTest(model=model, user=user.login):
                    self.assertFalse(self.sees(user, model))

    def test_residents_see_their_own_and_not_each_others(self):
        for model in self.records:
            with self.subTest(model):
                self.assertFalse(self.sees(self.neighbour, model))
                self.assertFalse(self.sees(self.env.ref("base.public_user"), model))
                own = "resident" in RIGHTS.get(model, {}).get("read", ())
                self.assertEqual(bool(self.sees(self.resident, model)), own)

    def test_the_person_it_is_for_sees_it_once_it_is_handed_in(self):
        draft = self.filled()
        draft.sudo().write({"on_behalf": True, "principal_id": self.neighbour.partner_id.id,
                            "consent_text": "同意"})
        theirs = draft.with_user(self.neighbour).sudo(False)
        self.assertFalse(theirs.has_access("read"))
        draft.action_submit()
        self.assertTrue(theirs.has_access("read"))
        self.assertFalse(theirs.has_access("write"))
        with self.assertRaises(AccessError):
            theirs.sudo().line_ids[0]._upload(self.photo, "a.jpg")

    def test_a_residents_draft_is_hidden_from_staff(self):
        draft = self.filled(photos=True)
        for user in (self.clerk, self.manager, self.leader):
            theirs = draft.with_user(user).sudo(False)
            with self.subTest(user.login):
                self.assertFalse(theirs.has_access("read"))
                self.assertFalse(theirs.search([("id", "=", draft.id)]))
                lines = draft.line_ids.with_user(user).sudo(False)
                self.assertFalse(lines._filtered_access("read"))
                evidence = draft.line_ids.evidence_ids.with_user(user).sudo(False)
                self.assertFalse(evidence._filtered_access("read"))

    def test_nothing_is_changed_past_the_actions(self):
        """What a clerk's own rights would let through over RPC."""
        case = self.submitted()
        line = case.line_ids[0]
        forged = {"_yst_state_token": True, "_yst_clock_token": True, "yst_evidence_token": True,
                  "yst_proofs_follow": True, "default_state": "completed"}
        attempts = (
            lambda env: env["yst.service.case"].browse(case.id).write({"state": "completed"}),
            lambda env: env["yst.service.case"].browse(case.id).write(
                {"accepted_at": "2026-01-01"}),
            lambda env: env["yst.service.case"].browse(case.id).write(
                {"line_ids": [Command.update(line.id, {"state": "accepted"})]}),
            lambda env: env["yst.service.case"].browse(case.id).write(
                {"event_ids": [Command.create({"kind": "completed", "at": "2026-01-01"})]}),
            lambda env: env["yst.service.case"].browse(case.id).write(
                {"home_visit_ids": [Command.clear()]}),
            lambda env: env["yst.service.case.line"].browse(line.id).write({"state": "accepted"}),
            lambda env: env["yst.service.case.event"].create(
                {"case_id": case.id, "kind": "completed", "at": "2026-01-01"}),
            lambda env: env["yst.service.correction"].create(
                {"case_id": case.id, "number": 1, "text": "x", "asked_at": "2026-01-01",
                 "deadline": "2026-01-02"}),
            lambda env: env["yst.service.appointment"].create(
                {"case_id": case.id, "slot_id": self.slot_there.id}),
            lambda env: env["yst.service.follow.up"].create({"case_id": case.id, "level": "1"}),
            lambda env: env["yst.service.slot"].browse(self.slot_there.id).write({"booked": 0}),
            lambda env: env["yst.evidence"].create({"name": "x"}),
            lambda env: env["yst.service.case"].browse(case.id).unlink(),
            lambda env: env["yst.service.case"].browse(case.id).copy(),
        )
        for context in ({}, forged):
            env = self.env(user=self.clerk, su=False, context={**self.env.context, **context})
            for index, attempt in enumerate(attempts):
                with (
                    self.subTest(attempt=index, forged=bool(context)),
                    mute_logger("odoo.models"),
                    self.assertRaises(UserError),
                    self.env.cr.savepoint(),
                ):
                    attempt(env)
        self.assertEqual((case.state, line.state), ("submitted", "uploaded"))

    def test_a_draft_created_with_a_state_or_number_is_refused(self):
        cases = self.env["yst.service.case"].with_user(self.clerk)
        values = {"item_id": self.full.id, "applicant_id": self.neighbour.partner_id.id,
                  "area_id": self.north.id}
        for extra in ({"state": "completed"}, {"number": "BJ2026000001"}, {"version_id": 1},
                      {"clock_deadline": "2026-01-01"}, {"terminated_count": 1}):
            with self.subTest(extra), self.assertRaises(UserError):
                cases.create({**values, **extra})
        self.assertEqual(
            cases.with_context(default_state="completed").create(values).state, "draft"
        )

    def test_private_methods_stay_private(self):
        from odoo.service.model import get_public_method

        for name in ("_move", "_accept", "_book", "_appoint", "_draft_for", "_draft_save",
                     "_end_without_result", "_event_add", "_notify", "_onsite", "_allot_numbers"):
            with self.subTest(name), self.assertRaises(AccessError):
                get_public_method(self.env["yst.service.case"], name)

    def test_a_resident_cannot_reach_the_clerks_public_methods(self):
        case = self.submitted()
        theirs = case.with_user(self.resident).sudo(False)
        line = theirs.line_ids[0]
        reason = self.env.ref("yst_service.reason_terminate_other").id
        for attempt in (
            theirs.action_take, theirs.action_accept, theirs.action_accept_all_materials,
            theirs.action_ask_correction, theirs.action_start_review, theirs.action_start_onsite,
            theirs.action_unappoint, theirs.action_complete,
            lambda: theirs.action_refuse(reason), lambda: theirs.action_terminate(reason),
            lambda: theirs.action_reopen(reason), lambda: theirs.action_appoint(self.slot_there.id),
            line.action_accept_material, lambda: line.action_reject_material(self.blurred.id),
            lambda: line.upload_files([{"name": "a", "data": "AAAA"}]),
        ):
            with self.subTest(attempt), self.assertRaises(AccessError):
                attempt()
        self.assertEqual(case.state, "submitted")

    def test_scanning_opens_only_what_one_may_see(self):
        case = self.submitted()
        cases = self.env["yst.service.case"]
        action = cases.with_user(self.clerk).scan_text(case._scan_url())
        self.assertEqual(action["res_id"], case.id)
        missing = cases.with_user(self.clerk)
        with self.assertRaises(UserError) as unknown:
            missing.scan_text("BJ2026999999")
        with self.assertRaises(UserError) as foreign:
            cases.with_user(self.other_clerk).scan_text(case.number)
        self.assertEqual(
            str(unknown.exception).replace("BJ2026999999", "N"),
            str(foreign.exception).replace(case.number, "N"),
            "the same words for one that is not there and one that may not be seen",
        )
        for text in ("", "https://example.com/", "javascript:alert(1)", "/yst/case/", None):
            with self.subTest(text), self.assertRaises(UserError):
                cases.with_user(self.clerk).scan_text(text)


@tagged("post_install", "-at_install")
class TestStaffOverHttp(KeyMixin, CaseWorld, HttpCase):
    """The same from outside: a clerk of another community, and a clerk past the actions."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, no_reset_password=True))
        cls._make_world()

    def setUp(self):
        super().setUp()
        self.case = self.submitted(photos=True)
        self.line = self.case.line_ids[0]
        self.env.flush_all()

    def json2(self, user, model, method, **arguments):
        key = self.env["res.users.apikeys"].with_user(user).sudo()._generate(
            "rpc", "test", Datetime.now() + timedelta(hours=1)
        )
        return self.url_open(
            f"/json/2/{model}/{method}", data=json.dumps(arguments),
            headers={"Authorization": f"bearer {key}", "Content-Type": "application/json",
                     "X-Odoo-Database": self.env.cr.dbname},
        )

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model", "odoo.http")
    def test_another_communitys_clerk_gets_nothing_by_json2(self):
        own = self.json2(self.clerk, "yst.service.case", "search_read", fields=["number"])
        self.assertIn(self.case.number, own.text)
        listed = self.json2(self.other_clerk, "yst.service.case", "search_read", fields=["number"])
        self.assertEqual((listed.status_code, listed.json()), (200, []))
        reason = self.env.ref("yst_service.reason_terminate_other").id
        for model, method, arguments in (
            ("yst.service.case", "read", {"ids": self.case.ids, "fields": ["number"]}),
            ("yst.service.case", "get_review", {"ids": self.case.ids}),
            ("yst.service.case", "action_take", {"ids": self.case.ids}),
            ("yst.service.case", "action_accept_all_materials", {"ids": self.case.ids}),
            ("yst.service.case", "action_terminate", {"ids": self.case.ids, "reason": reason}),
            ("yst.service.case.line", "action_accept_material", {"ids": self.line.ids}),
            ("yst.evidence", "get_gallery", {"ids": self.line.sudo().photo_ids.ids}),
        ):
            with self.subTest(method):
                answer = self.json2(self.other_clerk, model, method, **arguments)
                self.assertEqual(answer.status_code, 403, answer.text)
                self.assertNotIn(self.case.number, answer.text)
                self.assertNotIn(self.resident.name, answer.text)
        self.assertEqual(self.case.state, "submitted")

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model", "odoo.http")
    def test_a_clerk_cannot_pass_by_the_actions_by_json2(self):
        for method, arguments in (
            ("write", {"ids": self.case.ids, "vals": {"state": "completed"}}),
            ("write", {"ids": self.case.ids, "vals": {"state": "completed"},
                       "context": {"_yst_state_token": True}}),
            ("write", {"ids": self.case.ids, "vals": {"number": "BJ2026999999"}}),
            ("_move", {"ids": self.case.ids, "to": "completed", "allowed_from": ["submitted"],
                       "kind": "completed"}),
            ("_transition", {"ids": self.case.ids, "to": "completed",
                             "allowed_from": ["submitted"]}),
            ("unlink", {"ids": self.case.ids}),
            ("copy", {"ids": self.case.ids}),
        ):
            with self.subTest(method, **arguments):
                answer = self.json2(self.clerk, "yst.service.case", method, **arguments)
                self.assertIn(answer.status_code, (403, 404, 422), answer.text)
        self.env.invalidate_all()
        self.assertEqual(self.case.state, "submitted")
        done = self.json2(self.clerk, "yst.service.case", "action_take", ids=self.case.ids)
        self.assertEqual((done.status_code, done.json()), (200, True), "while the action works")

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model", "odoo.http")
    def test_another_communitys_clerk_gets_nothing_by_xmlrpc(self):
        def call(user, *args):
            return self.xmlrpc_object.execute_kw(
                self.env.cr.dbname, user.id, PASSWORD, "yst.service.case", *args
            )

        self.assertEqual(call(self.other_clerk, "search_count", [[]]), 0)
        self.assertEqual(call(self.clerk, "search_count", [[("id", "=", self.case.id)]]), 1)
        for method in ("read", "action_take", "unlink", "get_review"):
            with self.subTest(method), self.assertRaises(xmlrpc.client.Fault) as refused:
                call(self.other_clerk, method, [self.case.ids])
            self.assertNotIn(self.resident.name, refused.exception.faultString)

    def test_photos_open_only_for_who_may_see_the_application(self):
        photo = self.line.sudo().photo_ids
        for user, status in ((self.clerk, 200), (self.leader, 200), (self.resident, 200),
                             (self.other_clerk, 404), (self.neighbour, 404), (self.employee, 404)):
            self.authenticate(user.login, PASSWORD)
            for path in (f"/yst/evidence/{photo.id}", f"/yst/evidence/{photo.id}/thumb"):
                with self.subTest(user.login, path=path):
                    answer = self.url_open(path, allow_redirects=False)
                    self.assertEqual(answer.status_code, status)
