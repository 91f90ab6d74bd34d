from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .order_common import OrderCase

OPERATIONS = ("read", "write", "create", "unlink")
CADRES = ("cadre", "leader", "desk", "manager")
DESK = ("desk", "manager")

#: model → operation → roles that the model's rights (not yet the record's rule) allow it.
RIGHTS = {
    "yst.order": {"read": CADRES, "write": DESK, "create": DESK, "unlink": DESK},
    "yst.order.link": {"read": CADRES},
    "yst.order.category": {
        "read": CADRES, "write": ("manager",), "create": ("manager",), "unlink": ("manager",),
    },
    "yst.duty.shift": {"read": CADRES, "write": DESK, "create": DESK, "unlink": DESK},
}


@tagged("post_install", "-at_install")
class TestAccess(OrderCase):
    """Every model, every role, every operation; own areas against others."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            "cadre": cls.cadre, "leader": cls.leader, "desk": cls.desk, "manager": cls.manager,
            "employee": cls.employee, "public": cls.env.ref("base.public_user"),
        }
        for power in ("system", "security", "audit"):
            cls.users[power] = cls._user(
                f"o.{power}", f"yst_base.group_{power}_administrator", cls.subdistrict
            )
        cls.users["portal"] = cls._user("o.portal", "base.group_portal")
        source = cls.Source.create({"name": "告警", "area_id": cls.north.id})
        order = cls.env["yst.order"].with_user(cls.desk)._dispatch_batch([(source, {})])
        order.with_user(cls.cadre).sudo(False).action_accept()
        order.with_user(cls.cadre).sudo(False).order_add_photo(cls.photo, "a.jpg")
        shift = cls.env["yst.duty.shift"].create({
            "area_id": cls.north.id, "start": "2026-11-24 00:00:00",
            "stop": "2026-11-25 00:00:00", "user_ids": [Command.set(cls.cadre.ids)],
        })
        order.message_post(body="内部消息")
        cls.records = {
            "yst.order": order.sudo(),
            "yst.order.link": order.sudo().link_ids,
            "yst.duty.shift": shift,
            "yst.evidence": order.sudo().evidence_ids,
            "yst.clock.event": order.sudo().clock_event_ids,
            "mail.message": order.sudo().message_ids,
        }
        cls.order = order.sudo(False).with_env(cls.env)
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
        if model != "mail.message":  # which also shows a user their own
            self.assertEqual(
                set(found.ids), set(readable.ids), f"{user.login} {model}: search and read agree"
            )
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

    def test_the_question_for_a_reason_is_for_cadres_alone(self):
        for role, user in self.users.items():
            for operation in OPERATIONS:
                with self.subTest(role=role, operation=operation):
                    self.assertEqual(
                        self.env["yst.reason.wizard"].with_user(user).has_access(operation),
                        role in CADRES,
                    )

    def test_models_of_the_addon_are_in_the_table(self):
        own = {
            name
            for name in self.env.registry
            if name.startswith(("yst.order", "yst.duty"))
            and not self.env[name]._abstract
            and not self.env[name]._transient
        }
        self.assertEqual(own - {"yst.duty.report"}, set(RIGHTS))

    def test_own_areas_and_below_see_all_others_nothing(self):
        for model, records in self.records.items():
            for user in (self.cadre, self.colleague, self.desk, self.manager, self.leader):
                with self.subTest(model=model, user=user.login):
                    self.assertEqual(set(self.sees(user, model).ids), set(records.ids))
            outside = [self.other, self.other_desk, self.homeless, self.officer, *(
                self.users[role] for role in ("employee", "system", "security", "audit",
                                              "portal", "public")
            )]
            for user in outside:
                with self.subTest(model=model, user=user.login):
                    self.assertFalse(self.sees(user, model))

    def test_other_areas_take_no_step_by_any_action(self):
        calls = {
            "action_accept": (), "action_return": ("x",), "action_feedback": ("x",),
            "action_ask_extension": (1, "x"), "action_assign": (self.other.id,),
            "action_verify": (), "action_send_back": ("x",), "action_extend": (1, "x"),
            "action_refuse_extension": ("x",), "action_cancel": ("x",),
            "action_follow_up": ("satisfied", "x"), "action_dispatch": (),
            "action_redispatch": (self.south.id, None, "x"),
            "action_supervise": ("yellow", "x"), "action_merge": (self.order.id,),
            "action_open_source": (), "action_open_master": (), "order_pictures": (),
            "order_add_photo": (self.photo, "x.jpg"),
        }
        actions = {
            name for name in dir(type(self.order))
            if name.startswith(("action_", "order_")) and callable(getattr(self.order, name, None))
            and "yst_order" in getattr(getattr(type(self.order), name), "__module__", "")
            and "wizard" not in name and "screen" not in getattr(
                getattr(type(self.order), name), "__module__", "")
        }
        self.assertFalse(actions - set(calls), "every action is tried here")
        before = self.order.read()[0]
        for user in (self.other, self.other_desk, self.homeless, self.employee,
                     self.users["portal"], self.users["system"]):
            for name, arguments in calls.items():
                with self.subTest(user=user.login, action=name), mute_logger("odoo.models"):
                    theirs = self.as_user(user, self.order)
                    self.env.invalidate_all()
                    with self.assertRaises(AccessError), self.env.cr.savepoint():
                        getattr(theirs, name)(*arguments)
        self.env.invalidate_all()
        after = self.order.read()[0]
        self.assertEqual(before, after)

    def test_other_areas_learn_nothing_by_counting_searching_or_grouping(self):
        number, name = self.order.number, self.order.name
        export = self.env.ref("base.group_allow_export")
        for user in (self.other, self.other_desk, self.homeless):
            user.group_ids = [Command.link(export.id)]
            orders = self.as_user(user)
            with self.subTest(user.login):
                self.assertFalse(orders.search_count([("number", "=", number)]))
                self.assertFalse(orders.name_search(name))
                groups = orders._read_group([("number", "=", number)], ["state"], ["__count"])
                self.assertFalse(groups)
                found = orders.web_search_read([("name", "=", name)], {"name": {}})
                self.assertFalse(found["records"])
                with self.assertRaises(AccessError):
                    self.as_user(user, self.order).export_data(["name"])
                with self.assertRaises(AccessError):
                    self.as_user(user, self.order).message_post(body="x")
                self.as_user(user, self.order).message_subscribe(user.partner_id.ids)
                self.assertNotIn(user.partner_id, self.order.message_partner_ids)

    def test_own_department_sees_what_it_answers_for(self):
        order = self.draft(department_id=self.department.id)
        theirs = self.as_user(self.officer, order)
        self.assertTrue(theirs.has_access("read"))
        self.assertFalse(theirs.has_access("write"))
        self.assertIn(order, self.as_user(self.officer).search([]))
        order.action_dispatch()
        theirs.action_accept()
        self.assertEqual(order.user_id, self.officer)

    def test_leaving_the_department_ends_the_sight(self):
        order = self.dispatched(department_id=self.department.id)
        theirs = self.as_user(self.officer, order)
        self.assertTrue(theirs.has_access("read"))
        self.env["hr.employee"].search([("user_id", "=", self.officer.id)]).department_id = False
        self.env.invalidate_all()
        self.assertFalse(theirs.has_access("read"))
        self.assertFalse(self.as_user(self.officer).search([("id", "=", order.id)]))

    def test_who_handles_it_sees_it_wherever_it_is(self):
        order = self.dispatched(user_id=self.other.id)
        theirs = self.as_user(self.other, order)
        self.assertTrue(theirs.has_access("read"))
        self.assertEqual(theirs.search([("id", "=", order.id)]), theirs)
        theirs.action_accept()
        theirs.action_feedback("处理了")
        with self.assertRaises(AccessError):
            self.as_user(self.other_desk, order).action_verify()

    def test_a_dispatcher_writes_in_own_areas_alone(self):
        mine = self.draft()
        self.as_user(self.desk2, mine).name = "改名"
        elsewhere = self.draft(department_id=self.department.id, user_id=self.other_desk.id)
        theirs = self.as_user(self.other_desk, elsewhere)
        self.assertTrue(theirs.has_access("read"))
        with self.assertRaises(AccessError):
            theirs.name = "改名"
        with self.assertRaises(AccessError):
            theirs.action_dispatch()
        with self.assertRaises(AccessError):
            theirs.unlink()

    def test_a_cadre_edits_no_order(self):
        order = self.draft()
        for step in (
            lambda: self.as_user(self.cadre, order).write({"name": "x"}),
            lambda: self.as_user(self.cadre, order).unlink(),
            lambda: self.as_user(self.cadre).create({"name": "x", "area_id": self.north.id}),
            lambda: self.as_user(self.leader, order).write({"name": "x"}),
        ):
            with self.assertRaises(AccessError):
                step()

    def test_shifts_are_seen_below_and_kept_in_own_areas(self):
        Shift = self.env["yst.duty.shift"]
        hours = {"start": "2026-11-24 00:00:00", "stop": "2026-11-25 00:00:00"}
        above = Shift.create({"area_id": self.subdistrict.id, **hours,
                              "user_ids": [Command.set(self.desk.ids)], "phone": "110"})
        self.assertEqual(above.with_user(self.cadre).phone, "110")
        self.assertTrue(above.with_user(self.other).has_access("read"))
        self.assertFalse(self.records["yst.duty.shift"].with_user(self.other).has_access("read"))
        with self.assertRaises(AccessError):
            above.with_user(self.other_desk).phone = "119"
        with self.assertRaises(AccessError):
            Shift.with_user(self.other_desk).create(
                {"area_id": self.north.id, **hours, "user_ids": [Command.set(self.desk.ids)]}
            )
        theirs = Shift.with_user(self.other_desk).create(
            {"area_id": self.south.id, **hours, "user_ids": [Command.set(self.other.ids)]}
        )
        with self.assertRaises(AccessError):
            theirs.area_id = self.north
