import base64

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.service.model import get_public_method
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import CirculationCase

OPERATIONS = ("read", "write", "create", "unlink")
CADRES = ("cadre", "leader", "organisation", "sender", "manager")
#: model → operation → roles that its rights (not yet the record's rule) allow it
RIGHTS = {
    "yst.circulation.item": dict.fromkeys(OPERATIONS, CADRES),
    "yst.circulation.audience": dict.fromkeys(OPERATIONS, CADRES),
    "yst.circulation.field": dict.fromkeys(OPERATIONS, CADRES),
    "yst.circulation.group": dict.fromkeys(OPERATIONS, CADRES),
    "yst.circulation.node": {"read": CADRES},
    "yst.circulation.handover": dict.fromkeys(OPERATIONS, CADRES),
    "yst.delegation": dict.fromkeys(OPERATIONS, CADRES),
    "res.users.role": {"read": ("sender", "manager", "system", "security")},
}
ROLES = {
    "leader": "yst_base.group_leader",
    "organisation": "yst_base.group_organisation_manager",
    "system": "yst_base.group_system_administrator",
    "security": "yst_base.group_security_administrator",
    "audit": "yst_base.group_audit_administrator",
    "employee": "base.group_user",
    "portal": "base.group_portal",
}
WORDS = "Strictly between us"


@tagged("post_install", "-at_install")
class TestAccess(CirculationCase, HttpCase):
    """Every model and role; what is not addressed to somebody cannot be found by them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            "cadre": cls.cadre,
            "sender": cls.sender,
            "manager": cls._user(
                "manager", cls.subdistrict, "yst_circulation.group_circulation_manager"
            ),
            "public": cls.env.ref("base.public_user"),
        }
        for role, group in ROLES.items():
            area = cls.subdistrict if role != "portal" else cls.env["yst.area"]
            cls.users[role] = cls._user(f"c.{role}", area, group)
        file = cls.env["ir.attachment"].with_user(cls.sender).create(
            {"name": f"{WORDS}.txt", "raw": b"secret"}
        )
        item = cls.env["yst.circulation.item"].with_user(cls.sender).create({
            "name": WORDS, "wanted": "file", "body": f"<p>{WORDS}</p>",
            "attachment_ids": [Command.set(file.ids)],
            "field_ids": [Command.create({"name": WORDS})],
            "audience_ids": [
                Command.create({"kind": "user", "user_id": user.id})
                for user in (cls.liaison, cls.other)
            ],
        })
        item.action_send()
        node = item.sudo().node_ids.filtered(lambda node: node.user_id == cls.liaison)
        node.with_user(cls.liaison).sudo(False).action_return_file(
            [{"name": f"{WORDS} 2.txt", "data": base64.b64encode(b"answer").decode()}], WORDS
        )
        item.message_post(body=WORDS)
        cls.item, cls.answered = item, node
        cls.records = {
            "yst.circulation.item": item, "yst.circulation.node": item.sudo().node_ids,
            "yst.circulation.audience": item.audience_ids,
            "yst.circulation.field": item.field_ids,
            "ir.attachment": file | node.file_ids, "mail.message": item.sudo().message_ids,
        }
        cls.strangers = [cls.cadre, *(user for role, user in cls.users.items()
                                      if role not in ("sender", "cadre"))]
        cls.env.flush_all()

    def test_rights_of_every_role_on_every_model(self):
        for model, rights in RIGHTS.items():
            for role, user in self.users.items():
                for operation in OPERATIONS:
                    with self.subTest(model=model, role=role, operation=operation):
                        self.assertEqual(
                            self.env[model].with_user(user).has_access(operation),
                            role in rights.get(operation, ()),
                        )

    def test_models_of_this_part_are_in_the_table(self):
        own = {
            name for name in self.env.registry
            if name.startswith(("yst.circulation", "yst.delegation"))
            and not self.env[name]._abstract
        }
        self.assertEqual(own, set(RIGHTS) - {"res.users.role"})

    def test_a_stranger_finds_nothing(self):
        for user in self.strangers:
            for model, records in self.records.items():
                theirs = records.with_user(user).sudo(False)
                self.env.invalidate_all()
                with self.subTest(user=user.login, model=model):
                    domain = [("id", "in", records.ids)]
                    try:
                        found = (
                            theirs.search(domain) or theirs.search_count(domain)
                            or theirs.with_context(active_test=False).name_search(WORDS, domain)
                            or theirs._read_group(domain, [], ["__count"]) != [(0,)]
                            or theirs.web_search_read(domain, {"id": {}})["records"]
                        )
                    except AccessError:
                        found = False
                    self.assertFalse(found)
                    for name in ("name", "display_name", "user_id", "body"):
                        if name in records._fields:
                            with self.assertRaises(AccessError):
                                theirs.read([name])

    def test_words_answer_nothing_either(self):
        for user in (self.cadre, self.users["manager"], self.users["leader"]):
            user.sudo().group_ids = [Command.link(self.env.ref("base.group_allow_export").id)]
            items = self.item.with_user(user).sudo(False)
            with self.subTest(user=user.login):
                self.assertFalse(items.search([("name", "ilike", WORDS)]))
                self.assertFalse(items.search([("body", "ilike", WORDS)]))
                self.assertFalse(items.search([("node_ids.answer_text", "ilike", WORDS)]))
                self.assertFalse(
                    self.env["yst.circulation.node"].with_user(user)
                    .search([("answer_text", "ilike", WORDS)])
                )
                for folder in ("todo", "toread", "done", "read"):
                    found = self.env["yst.circulation.node"].with_user(user).get_inbox(
                        folder, WORDS
                    )
                    self.assertFalse(found["rows"])
                with self.assertRaises(AccessError):
                    items.export_data(["name", "body"])
                with self.assertRaises(AccessError):
                    items.message_post(body="x")

    def test_recipients_see_their_own_node_alone(self):
        for user, number in ((self.liaison, 1), (self.other, 1), (self.sender, 2)):
            nodes = self.env["yst.circulation.node"].with_user(user)
            with self.subTest(user=user.login):
                self.assertEqual(nodes.search_count([("item_id", "=", self.item.id)]), number)
        self.env.invalidate_all()
        theirs = self.item.with_user(self.other).sudo(False)
        self.assertEqual(theirs.name, WORDS)
        self.assertFalse(theirs.audience_ids)
        self.assertEqual(theirs.node_ids.user_id, self.other)
        self.assertFalse(theirs.answer_ids)
        with self.assertRaises(AccessError):
            self.answered.file_ids.with_user(self.other).sudo(False).read(["raw"])
        for step in (
            lambda: theirs.write({"name": "x"}), theirs.unlink, theirs.action_send,
            theirs.action_preview, lambda: theirs.action_withdraw("x"), theirs.action_urge,
            theirs.action_close, theirs.action_supersede, theirs.action_export_answers,
            theirs.get_matrix,
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                step()

    def test_a_stranger_takes_no_step(self):
        files = [{"name": "x.txt", "data": base64.b64encode(b"x").decode()}]
        steps = {
            "yst.circulation.item": {
                "action_preview": (), "action_send": (), "action_urge": (),
                "action_withdraw": ("x",), "action_close": (), "action_supersede": (),
                "action_export_answers": (), "get_matrix": (),
            },
            "yst.circulation.node": {
                "action_open": (), "action_confirm": (), "action_reply": ("x",),
                "action_return_file": (files,), "action_fill": ({},),
                "action_send_back": ("x",), "action_pass_on": (self.cadre.ids,),
                "get_reading": (), "get_pass_on_people": (),
            },
        }
        public = {"get_counts", "get_inbox"}  # of the caller's own
        for model, calls in steps.items():
            # those of this addon, also where another overrides them
            own = {
                name
                for part in type(self.env[model]).__mro__
                if part.__module__.startswith("odoo.addons.yst_circulation")
                for name in vars(part)
                if name.startswith(("action_", "get_"))
            }
            self.assertEqual(own - public, set(calls), "every step is tried here")
            for user in self.strangers:
                for name, arguments in calls.items():
                    with (
                        self.subTest(user=user.login, step=name),
                        mute_logger("odoo.addons.base.models.ir_model"),
                        self.assertRaises(AccessError), self.env.cr.savepoint(),
                    ):
                        record = self.records[model][:1].with_user(user).sudo(False)
                        getattr(record, name)(*arguments)
        self.env.invalidate_all()
        self.assertEqual(self.answered.sudo().answer_text, WORDS)

    def test_files_are_not_fetched_by_strangers(self):
        for user in (self.cadre, self.users["manager"], self.users["system"]):
            user.sudo().password = user.login
            self.authenticate(user.login, user.login)
            for file in self.records["ir.attachment"]:
                with self.subTest(user=user.login, file=file.name):
                    self.assertNotEqual(self.url_open(f"/web/content/{file.id}").status_code, 200)
            answers = self.url_open(f"/yst/circulation/{self.item.id}/answers.xlsx")
            self.assertEqual(answers.status_code, 404)
        self.liaison.password = self.liaison.login
        self.authenticate(self.liaison.login, self.liaison.login)
        first = self.item.sudo().attachment_ids
        self.assertEqual(self.url_open(f"/web/content/{first.id}").content, b"secret")

    def test_what_the_server_says_is_not_forged(self):
        items = self.env["yst.circulation.item"].with_user(self.cadre)
        mine = items.create({"name": "x"})
        for values in (
            {"sender_id": self.sender.id}, {"source_model": "res.users", "source_id": 2},
            {"supersedes_id": self.item.id}, {"sent_at": fields.Datetime.now()},
            {"node_ids": [Command.create({"item_id": mine.id, "user_id": self.other.id})]},
        ):
            with self.subTest(values=values):
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    mine.write(values)
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    items.create({"name": "x", **values})
                defaults = {f"default_{name}": value for name, value in values.items()
                            if name != "node_ids"}
                made = items.with_context(**defaults).create({"name": "x"}).with_env(items.env)
                self.assertEqual((made.sender_id, made.source_id, made.supersedes_id.id),
                                 (self.cadre, 0, False))
        with self.assertRaises(UserError), self.env.cr.savepoint():
            mine.write({"state": "sent"})
        node = self.records["yst.circulation.node"][:1].with_user(self.liaison).sudo(False)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            node.write({"state": "handled"})

    def test_lines_and_fields_do_not_move_to_anothers_item(self):
        items = self.env["yst.circulation.item"]
        draft = items.with_user(self.sender).create({"name": "Draft"})
        mine = items.with_user(self.cadre).create({
            "name": "x", "field_ids": [Command.create({"name": "x"})],
            "audience_ids": [Command.create({"kind": "user", "user_id": self.liaison.id})],
        })
        for lines in (mine.audience_ids, mine.field_ids):
            with self.subTest(lines), self.assertRaises(AccessError), self.env.cr.savepoint():
                lines.write({"item_id": draft.id})
        mine.action_send()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            mine.audience_ids.unlink()

    def test_private_groups_and_roles_are_not_read_through_a_line(self):
        group = self.env["yst.circulation.group"].with_user(self.sender).create(
            {"name": "Private", "user_ids": [Command.set(self.other.ids)]}
        )
        role = self.env.ref("yst_base.role_audit_administrator")
        mine = self.env["yst.circulation.item"].with_user(self.cadre).create({"name": "x"})
        for line in ({"kind": "group", "group_id": group.id},
                     {"kind": "role", "role_id": role.id}):
            with self.subTest(line), self.assertRaises(AccessError), self.env.cr.savepoint():
                mine.write({"audience_ids": [Command.create(line)]})
        kinds = dict(mine.audience_ids.fields_get(["kind"])["kind"]["selection"])
        self.assertNotIn("role", kinds)
        lines = self.env["yst.circulation.audience"].with_user(self.sender)
        self.assertIn("role", dict(lines.fields_get(["kind"])["kind"]["selection"]))
        own = self.env["yst.circulation.group"].with_user(self.cadre).create({"name": "Mine"})
        for values in ({"shared": True}, {"owner_id": self.sender.id}):
            with self.subTest(values), self.assertRaises(AccessError), self.env.cr.savepoint():
                own.write(values)

    def test_nobody_makes_themselves_anothers_deputy(self):
        delegations = self.env["yst.delegation"].with_user(self.cadre)
        times = {"date_from": "2099-01-01 00:00:00", "date_to": "2099-01-02 00:00:00"}
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            delegations.create(
                {"user_id": self.liaison.id, "deputy_id": self.cadre.id, **times}
            )
        mine = delegations.create({"deputy_id": self.liaison.id, **times})
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            mine.write({"user_id": self.other.id, "deputy_id": self.cadre.id})
        theirs = mine.with_user(self.other)
        for step in (theirs.action_cancel, theirs.action_end, theirs.unlink,
                     lambda: theirs.read(["deputy_id"])):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                step()
        self.assertEqual(mine.state, "planned")

    def test_private_methods_are_not_called_from_outside(self):
        for model, names in {
            "yst.circulation.item": ("_send_nodes", "_end_nodes", "_answers_xlsx", "_load_demo",
                                     "_supersede_former", "_sample_age"),
            "yst.circulation.node": ("_finish", "_answer", "_lock_for_actor"),
            "yst.circulation.bus": ("_tell", "_insert"),
            "yst.delegation": ("_start", "_end", "_cron_switch"),
        }.items():
            for name in names:
                with self.subTest(model=model, name=name), self.assertRaises(AccessError):
                    get_public_method(self.env[model], name)
