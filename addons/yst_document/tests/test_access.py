import json

from odoo.exceptions import AccessError
from odoo.http import Request
from odoo.tests import HttpCase, tagged

from .common import DocumentCase

SECRET = "Relocation of the north market"


@tagged("post_install", "-at_install")
class TestAccess(DocumentCase):
    """Who reads and who writes; a document that is not addressed to one cannot be found."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keeper = cls._user(
            "keeper", cls.subdistrict, "yst_document.group_document_seal_keeper"
        )

    def running(self):
        """A document in the signing, with a file, an opinion and two versions."""
        upload = self.env["ir.attachment"].with_user(self.drafter).create(
            {"name": SECRET, "raw": SECRET.encode()}
        )
        document = self.document(name=SECRET, attachment_ids=[(4, upload.id)])
        document.action_submit()
        document.with_user(self.checker).write({"body": f"<p>{SECRET}</p>"})
        document.with_user(self.checker).action_approve(SECRET)
        document.message_post(body=SECRET)
        return document

    def pieces(self, document):
        """Everything that tells of a document, as sudo records."""
        known = document.sudo()
        return {
            "yst.document": known,
            "yst.document.opinion": known.opinion_ids,
            "yst.document.version": known.version_ids,
            "tier.review": known.review_ids,
            "mail.message": known.message_ids,
            "ir.attachment": known.attachment_ids,
        }

    def test_roles(self):
        """role → models that may be read of a document on which they do not work"""
        document = self.running()
        everything = set(self.pieces(document))
        portal = self._user("portal", self.subdistrict, "base.group_portal")
        for user, seen in (
            (self.drafter, everything),
            (self.checker, everything),
            (self.leader, everything),
            (self.registrar, everything),
            (self.manager, everything),
            (self.first, set()),
            (self.keeper, set()),
            (self.stranger, set()),
            (self.sender, set()),
            (self._user("leader2", self.subdistrict, "yst_base.group_leader"), set()),
            (self._user("clerk", self.subdistrict, "base.group_user"), set()),
            (portal, set()),
        ):
            for model, records in self.pieces(document).items():
                with self.subTest(user=user.login, model=model):
                    self.assertTrue(records)
                    mine = records.with_user(user).sudo(False)
                    self.assertEqual(mine.has_access("read"), model in seen)
                    for mode in ("write", "unlink"):
                        if model in ("yst.document.opinion", "yst.document.version"):
                            self.assertFalse(mine.has_access(mode))
                        if user in (self.first, self.keeper, self.stranger, portal):
                            self.assertFalse(mine.has_access(mode))

    def test_a_stranger_finds_nothing(self):
        document = self.running()
        for model, records in self.pieces(document).items():
            mine = self.env[model].with_user(self.stranger)
            with self.subTest(model):
                self.assertFalse(mine.search([("id", "in", records.ids)]))
                self.assertFalse(mine.search_count([("id", "in", records.ids)]))
                self.assertFalse(
                    mine.with_context(active_test=False, lang="zh_CN").search(
                        [("id", "in", records.ids)]
                    )
                )
                with self.assertRaises(AccessError):
                    records.with_user(self.stranger).read(["id", "display_name"])
                if model not in ("mail.message",):
                    self.assertFalse(mine._read_group([("id", "in", records.ids)], ["id"]))
        documents = self.env["yst.document"].with_user(self.stranger)
        self.assertFalse(documents.name_search("Relocation"))
        self.assertFalse(documents.search([("body_text", "ilike", "Relocation")]))
        self.assertFalse(documents.search([("is_my_turn", "in", [True, False])]))
        self.assertEqual(documents.formatted_read_group([], ["state"], ["__count"]), [])
        self.stranger.group_ids |= self.env.ref("base.group_allow_export")
        with self.assertRaises(AccessError):
            document.with_user(self.stranger).export_data(["name"])
        others = self.env["yst.document.opinion"].with_user(self.stranger)
        self.assertFalse(others.search([("text", "ilike", "Relocation")]))
        self.assertFalse(others.search([("document_id.name", "ilike", "Relocation")]))
        self.assertFalse(
            self.env["tier.review"].with_user(self.stranger).search(
                [("res_id", "=", document.id), ("model", "=", document._name)]
            )
        )
        self.assertFalse(
            self.env["mail.message"].with_user(self.stranger).search([("body", "ilike", SECRET)])
        )
        self.assertFalse(
            self.env["ir.attachment"].with_user(self.stranger).search([("name", "=", SECRET)])
        )

    def test_a_stranger_can_do_nothing(self):
        document = self.running()
        mine = document.with_user(self.stranger)
        calls = {
            "action_submit": (), "action_approve": (), "action_reject": ("No",),
            "action_return": ("draft", "No"), "action_void": ("No",), "action_review_ok": (),
            "action_register": (), "action_print": (), "action_issue": (),
            "action_register_incoming": (), "action_preliminary_ok": (),
            "action_refuse_incoming": ("No",), "action_propose": ("Yes",),
            "action_instruct": ("Yes",), "action_assign": (self.stranger.id,),
            "action_circulate": ([{"kind": "user", "user_id": self.stranger.id}],),
            "action_answer": ("Yes",), "action_urge": (), "action_supervise": (self.south.id,),
            "get_return_targets": (), "message_post": (), "unlink": (), "copy": (),
            "validate_tier": (), "write": ({"name": "Mine"},), "message_subscribe": ([1],),
        }
        for name, arguments in calls.items():
            with self.subTest(name), self.assertRaises(AccessError):
                getattr(mine, name)(*arguments)

    def test_participants_do_not_take_the_steps_of_the_desk(self):
        document = self.at("review")
        for name, arguments in (
            ("action_review_ok", ()), ("action_register", ()), ("action_print", ()),
            ("action_issue", ()), ("action_urge", ()), ("action_preliminary_ok", ()),
        ):
            for user in (self.drafter, self.checker, self.leader):
                with self.subTest(name, user=user.login), self.assertRaises(AccessError):
                    getattr(document.with_user(user), name)(*arguments)

    def test_circulated_people_read_the_document_not_how_it_came_about(self):
        document = self.at("register", name=SECRET)
        desk = document.with_user(self.registrar)
        desk.action_register()
        desk.action_print()
        desk.action_issue([{"kind": "user", "user_id": self.cadre.id}])
        mine = document.with_user(self.cadre)
        self.assertEqual(mine.name, SECRET)
        self.env.invalidate_all()
        self.assertFalse(mine.opinion_ids)
        self.assertFalse(mine.version_ids)
        self.assertFalse(
            self.env["tier.review"].with_user(self.cadre).search(
                [("model", "=", "yst.document"), ("res_id", "=", document.id)]
            )
        )
        views = mine.get_views([(False, "form"), (False, "list")])
        names = views["models"]["yst.document"]["fields"]
        read = mine.web_read({name: {} for name in names})
        self.assertEqual(read[0]["name"], SECRET)
        self.assertFalse(read[0].get("opinion_ids") or read[0].get("version_ids"))
        self.assertEqual(mine.get_return_targets(), [])
        for name in ("can_review", "reviewer_ids", "next_review", "has_comment", "review_ids"):
            part = {"fields": {"display_name": {}}} if name.endswith("_ids") else {}
            with self.subTest(name):
                self.env.invalidate_all()
                self.assertFalse(mine.web_read({name: part})[0][name])
        with self.assertRaises(AccessError):
            mine.write({"name": "Mine"})
        with self.assertRaises(AccessError):
            mine.message_post(body="Mine")
        self.assertTrue(document.sudo().message_ids)
        said = self.env["mail.message"].with_user(self.cadre).search(
            [("model", "=", "yst.document"), ("res_id", "=", document.id)]
        )
        self.assertFalse(said)
        with self.assertRaises(AccessError):
            document.with_user(self.stranger).read(["name"])

    def test_nobody_is_told_who_does_not_see_it(self):
        document = self.running().with_user(self.checker)
        strangers = self.stranger.partner_id.ids
        for call in (
            lambda: document.message_post(body="Look", partner_ids=strangers),
            lambda: document.message_notify(body="Look", partner_ids=strangers),
            lambda: document.message_subscribe(strangers),
        ):
            with self.refused("does not see"):
                call()
        document.message_post(body="Look", partner_ids=self.leader.partner_id.ids)
        self.assertNotIn(self.stranger.partner_id, document.message_partner_ids)

    def test_nobody_draws_a_document_in_through_a_reference(self):
        """A draft of one's own that points to another's document tells nothing of it."""
        document = self.running()
        item = self.env["yst.circulation.item"].with_user(self.stranger).create({"name": "Mine"})
        with self.assertRaises(AccessError):
            document.with_user(self.stranger)._circulate(
                [{"kind": "user", "user_id": self.cadre.id}]
            )
        self.assertFalse(item.source_id)
        upload = self.env["ir.attachment"].with_user(self.stranger)
        with self.assertRaises(AccessError):
            upload.create({"name": "a", "raw": b"a", "res_model": "yst.document",
                           "res_id": document.id})


@tagged("post_install", "-at_install")
class TestAccessUrl(HttpCase, DocumentCase):
    """By address: attachments, handwriting and records."""

    def test_urls(self):
        upload = self.env["ir.attachment"].with_user(self.drafter).create(
            {"name": "a.txt", "raw": SECRET.encode()}
        )
        document = self.document(name=SECRET, attachment_ids=[(4, upload.id)])
        document.action_submit()
        document.with_user(self.checker).action_approve(SECRET, self.drawing())
        opinion = document.sudo().opinion_ids
        addresses = [
            f"/web/content/{upload.id}",
            f"/web/content/{upload.id}?download=true",
            f"/web/image/yst.document.opinion/{opinion.id}/image",
            f"/web/content/yst.document.opinion/{opinion.id}/image",
        ]
        for user, allowed in ((self.checker, True), (self.stranger, False)):
            user.password = f"{user.login} {user.login}"
            self.authenticate(user.login, f"{user.login} {user.login}")
            for address in addresses:
                with self.subTest(address, user=user.login):
                    answer = self.url_open(address)
                    if "web/image" in address and not allowed:
                        self.assertNotEqual(answer.content, self.image_of(opinion))
                    else:
                        self.assertEqual(answer.status_code == 200, allowed)
                    told = allowed and "opinion" not in address
                    told = allowed and "opinion" not in address
                    self.assertEqual(SECRET in answer.text, told)
        self.stranger.group_ids |= self.env.ref("base.group_allow_export")
        answer = self.url_open(
            "/web/export/csv",
            data={
                "data": json.dumps(
                    {"model": "yst.document", "fields": [{"name": "name", "label": "Title"}],
                     "ids": False, "domain": [["id", "=", document.id]],
                     "import_compat": False}
                ),
                "csrf_token": Request.csrf_token(self),
            },
        )
        self.assertEqual(answer.status_code, 200)
        self.assertNotIn(SECRET, answer.text)

    def image_of(self, opinion):
        return self.env["ir.attachment"].sudo().search(
            [("res_model", "=", opinion._name), ("res_id", "=", opinion.id),
             ("res_field", "=", "image")]
        ).raw
