from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import HttpCase, TransactionCase, new_test_user, tagged

from . import pictures
from .evidence_models import add_evidence_models
from .test_photo import pdf


class EvidenceAccessMixin:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        add_evidence_models(cls)
        cls.clerk = new_test_user(cls.env, "evidence_clerk", "base.group_user")
        cls.other = new_test_user(cls.env, "evidence_other", "base.group_user")
        cls.resident = new_test_user(cls.env, "evidence_resident", "base.group_portal")
        cls.stranger = new_test_user(cls.env, "evidence_stranger", "base.group_portal")
        Paper = cls.env["yst.test.paper"]
        cls.mine = Paper.create({"name": "mine", "owner_id": cls.clerk.id})
        cls.theirs = Paper.create({"name": "theirs", "owner_id": cls.other.id})
        cls.residents = Paper.create({"name": "resident", "owner_id": cls.resident.id})
        cls.line = cls.env["yst.test.paper.line"].create({"paper_id": cls.mine.id})
        cls.line_theirs = cls.env["yst.test.paper.line"].create({"paper_id": cls.theirs.id})
        cls.data = pictures.small_photo()
        cls.e_mine, cls.e_theirs, cls.e_resident, cls.e_line, cls.e_line_theirs = (
            record._evidence_add(cls.data, f"{number}.jpg")
            for number, record in enumerate(
                (cls.mine, cls.theirs, cls.residents, cls.line, cls.line_theirs)
            )
        )
        cls.all = cls.e_mine + cls.e_theirs + cls.e_resident + cls.e_line + cls.e_line_theirs


@tagged("post_install", "-at_install")
class TestEvidenceAccess(EvidenceAccessMixin, TransactionCase):
    """Evidence may be read by whoever may read the record that it belongs to."""

    def as_clerk(self, records):
        return records.with_user(self.clerk)

    def test_own_records_only(self):
        self.assertTrue(self.as_clerk(self.e_mine).has_access("read"))
        self.assertFalse(self.as_clerk(self.e_theirs).has_access("read"))
        self.assertEqual(
            self.as_clerk(self.all)._filtered_access("read"), self.e_mine + self.e_line
        )
        self.assertEqual(self.as_clerk(self.e_mine).name, "0.jpg")
        with self.assertRaises(AccessError):
            self.as_clerk(self.e_theirs).read(["name"])
        with self.assertRaises(AccessError):
            self.as_clerk(self.all).read(["sha256"])

    def test_part_follows_the_whole(self):
        self.assertTrue(self.as_clerk(self.e_line).has_access("read"))
        self.assertFalse(self.as_clerk(self.e_line_theirs).has_access("read"))

    def test_search_finds_own_only(self):
        Evidence = self.as_clerk(self.env["yst.evidence"])
        domain = [("id", "in", self.all.ids)]
        self.assertEqual(Evidence.search(domain), self.e_line + self.e_mine)
        self.assertEqual(Evidence.search_count(domain), 2)
        self.assertEqual(
            Evidence.search([*domain, ("res_model", "=", "yst.test.paper")]), self.e_mine
        )
        self.assertFalse(Evidence.search([("sha256", "=", self.e_theirs.sha256)]) - (
            self.e_mine + self.e_line
        ))
        groups = Evidence._read_group(domain, ["res_model"], ["__count"])
        self.assertEqual(
            dict(groups), {"yst.test.paper": 1, "yst.test.paper.line": 1}
        )

    def test_archived_record_keeps_its_evidence(self):
        self.mine.active = False
        self.assertTrue(self.as_clerk(self.e_mine).has_access("read"))
        self.assertIn(self.e_mine, self.as_clerk(self.env["yst.evidence"]).search([]))

    def test_evidence_moves_with_the_rights_on_its_record(self):
        self.theirs.owner_id = self.clerk
        self.assertTrue(self.as_clerk(self.e_theirs).has_access("read"))
        self.assertTrue(self.as_clerk(self.e_line_theirs).has_access("read"))

    def test_portal_user_cannot_enumerate(self):
        for user in (self.resident, self.stranger):
            for method, arguments in (
                ("search_read", [[]]),
                ("read", [self.all.ids, ["name"]]),
                ("search_count", [[]]),
                ("name_search", ["jpg"]),
                ("web_search_read", [[], {"name": {}}]),
            ):
                with self.assertRaises(AccessError):
                    call_kw(self.env["yst.evidence"].with_user(user), method, arguments, {})

    def test_nobody_writes_through_rpc(self):
        Evidence = self.as_clerk(self.env["yst.evidence"])
        for method, arguments in (
            ("write", [self.e_mine.ids, {"name": "x"}]),
            ("unlink", [self.e_mine.ids]),
            ("create", [{"name": "x", "res_model": "yst.test.paper", "res_id": self.mine.id}]),
        ):
            self.assertRefused(Evidence, method, arguments)
        for method in ("_store", "_remove", "_straighten"):
            self.assertRefused(Evidence, method, [self.e_mine.ids, "x"])
        for method in ("_evidence_add", "_evidence_forget"):
            self.assertRefused(self.as_clerk(self.mine), method, [self.mine.ids, "x"])
        self.assertTrue(self.e_mine.exists())

    def assertRefused(self, records, method, arguments):
        try:
            call_kw(records, method, arguments, {})
        except (AccessError, UserError, AttributeError):
            return
        self.fail(f"{records._name}.{method} was allowed")

    def test_files_behind_it(self):
        Attachment = self.as_clerk(self.env["ir.attachment"])
        domain = [("res_model", "=", "yst.evidence"), ("res_field", "!=", False)]
        found = Attachment.search(domain)
        self.assertFalse(set(found.mapped("res_id")) - set((self.e_mine + self.e_line).ids))
        with self.assertRaises(AccessError):
            self.e_theirs._attachment("content").with_user(self.clerk).read(["raw"])
        for user in (self.resident, self.stranger):
            with self.assertRaises(AccessError):
                self.e_mine._attachment("content").with_user(user).read(["raw"])

    def test_search_costs_the_same_for_one_and_for_many(self):
        Evidence = self.as_clerk(self.env["yst.evidence"])

        def cost():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            found = Evidence.search([])
            return self.env.cr.sql_log_count - before, len(found)

        cost()
        one, few = cost()
        for paper in self.env["yst.test.paper"].create(
            [{"name": str(n), "owner_id": self.clerk.id} for n in range(20)]
        ):
            paper._evidence_add(self.data, "x.jpg")
        many, more = cost()
        self.assertEqual(more, few + 20)
        self.assertEqual(many, one)
        self.assertLessEqual(one, 2)

    def test_record_that_is_gone(self):
        self.env.cr.execute("DELETE FROM yst_test_paper WHERE id = %s", [self.mine.id])
        self.env.invalidate_all()
        self.assertFalse(self.as_clerk(self.e_mine).has_access("read"))
        self.assertNotIn(self.e_mine, self.as_clerk(self.env["yst.evidence"]).search([]))


@tagged("post_install", "-at_install")
class TestEvidenceServing(EvidenceAccessMixin, HttpCase):
    """The address /yst/evidence/<id>."""

    def get(self, evidence, suffix="", user=None, **headers):
        self.authenticate(user and user.login, user and user.login)
        return self.url_open(
            f"/yst/evidence/{evidence.id}{suffix}", headers=headers, allow_redirects=False
        )

    def test_owner_sees_the_file_with_safe_headers(self):
        answer = self.get(self.e_mine, user=self.clerk)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.content, self.e_mine._content())
        headers = answer.headers
        self.assertEqual(headers["Content-Type"], "image/jpeg")
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        self.assertIn("private", headers["Cache-Control"])
        self.assertNotIn("public", headers["Cache-Control"])
        self.assertTrue(headers["Content-Security-Policy"].startswith("sandbox"))
        self.assertIn("0.jpg", headers["Content-Disposition"])

    def test_asked_again_it_is_not_sent_again(self):
        for suffix in ("", "/thumb"):
            first = self.get(self.e_mine, suffix, user=self.clerk)
            again = self.get(
                self.e_mine, suffix, user=self.clerk, **{"If-None-Match": first.headers["ETag"]}
            )
            self.assertEqual((again.status_code, again.content), (304, b""))
            # but whoever may not see it gets no 304 either
            other = self.get(
                self.e_mine, suffix, user=self.other, **{"If-None-Match": first.headers["ETag"]}
            )
            self.assertEqual(other.status_code, 404)

    def test_thumbnail(self):
        answer = self.get(self.e_mine, "/thumb", user=self.clerk)
        self.assertEqual(answer.status_code, 200)
        self.assertLess(len(answer.content), len(self.e_mine._content()))
        self.assertEqual(self.get(self.e_mine, "/other", user=self.clerk).status_code, 404)

    def test_everybody_else_gets_the_same_answer_as_for_nothing(self):
        missing = self.env["yst.evidence"].browse(self.all.ids[-1] + 10_000)
        for user in (None, self.other, self.resident, self.stranger):
            for suffix in ("", "/thumb", "?download=1", "?access_token=wrong", "?access_token="):
                with self.subTest(user=user and user.login, suffix=suffix):
                    self.assertEqual(self.get(self.e_mine, suffix, user=user).status_code, 404)
                    self.assertEqual(self.get(missing, suffix, user=user).status_code, 404)

    def test_resident_sees_own_papers(self):
        self.assertEqual(self.get(self.e_resident, user=self.resident).status_code, 200)
        self.assertEqual(self.get(self.e_resident, user=self.stranger).status_code, 404)

    def test_part_is_served_by_the_whole(self):
        self.assertEqual(self.get(self.e_line, user=self.clerk).status_code, 200)
        self.assertEqual(self.get(self.e_line, user=self.other).status_code, 404)

    def test_token_of_the_record(self):
        token = self.mine._portal_ensure_token()
        for evidence in (self.e_mine, self.e_line):
            self.assertEqual(self.get(evidence, f"?access_token={token}").status_code, 200)
        self.assertEqual(self.get(self.e_theirs, f"?access_token={token}").status_code, 404)
        self.assertEqual(self.get(self.e_mine, f"?access_token={token[:-1]}").status_code, 404)
        self.assertEqual(self.get(self.e_mine, "?access_token=%F0%9F%98%80").status_code, 404)

    def test_pdf_is_downloaded_under_a_sandbox(self):
        evidence = self.mine._evidence_add(pdf(1), "<script>.pdf")
        answer = self.get(evidence, user=self.clerk)
        self.assertEqual(answer.headers["Content-Type"], "application/pdf")
        self.assertTrue(answer.headers["Content-Disposition"].startswith("attachment"))
        self.assertNotIn("<script>", answer.headers["Content-Disposition"])
        self.assertTrue(answer.headers["Content-Security-Policy"].startswith("sandbox"))
        self.assertEqual(self.get(evidence, "/thumb", user=self.clerk).status_code, 404)

    def test_odoo_s_own_addresses_are_closed_too(self):
        number = self.e_mine.id
        file = self.e_mine._attachment("content")
        for path in (
            f"/web/content/yst.evidence/{number}/content",
            f"/web/image/yst.evidence/{number}/content",
            f"/web/image/yst.evidence/{number}/thumbnail",
            f"/web/content/{file.id}",
        ):
            self.authenticate(self.clerk.login, self.clerk.login)
            self.assertEqual(self.url_open(path).content, self.expected(path), path)
            for user in (None, self.other, self.resident):
                self.authenticate(user and user.login, user and user.login)
                answer = self.url_open(path)
                self.assertNotEqual(answer.content, self.expected(path), path)

    def expected(self, path):
        field = "thumbnail" if path.endswith("thumbnail") else "content"
        return self.e_mine._attachment(field).raw

    def test_evidence_of_a_model_without_the_mixin_is_not_served(self):
        group = self.env.ref("base.group_user")
        self.env["ir.model.access"].create(
            {
                "name": "all evidence",
                "model_id": self.env["ir.model"]._get_id("yst.evidence"),
                "group_id": group.id,
                "perm_read": True,
            }
        )
        self.clerk.write({"group_ids": [Command.link(group.id)]})
        self.env.cr.execute(
            "UPDATE yst_evidence SET res_model = 'res.country' WHERE id = %s", [self.e_mine.id]
        )
        self.env.invalidate_all()
        self.assertEqual(self.get(self.e_mine, user=self.clerk).status_code, 404)
