"""Who may do what with the registry, model by model and area by area."""

from itertools import product

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .registry_common import POLYGON, RegistryCase

OPERATIONS = ("read", "write", "create", "unlink")
CADRES = ("manager", "operator", "approver", "cadre", "leader", "operator_north", "manager_north")
MANAGERS = ("manager", "manager_north")
OPERATORS = ("operator", "operator_north", *MANAGERS)
KEPT = {"read": CADRES, "write": MANAGERS, "create": MANAGERS, "unlink": MANAGERS}

ALLOWED = {
    "yst.video.camera": KEPT,
    "yst.video.camera.group": KEPT,
    "yst.video.zone": KEPT,
    "yst.video.rule": KEPT,
    "yst.video.rule.window": KEPT,
    "yst.video.camera.health": {"read": CADRES},
    "yst.video.stream": dict.fromkeys(OPERATIONS, MANAGERS),
    "yst.video.revision": {},
    "yst.video.camera.import": dict.fromkeys(OPERATIONS, MANAGERS),
    "yst.video.rule.apply": dict.fromkeys(OPERATIONS, MANAGERS),
    "yst.video.maintenance": dict.fromkeys(OPERATIONS, OPERATORS),
}


@tagged("post_install", "-at_install")
class TestRegistryAccess(RegistryCase):
    def test_model_by_model_and_role_by_role(self):
        for model, role, operation in product(ALLOWED, self.users, OPERATIONS):
            expected = role in ALLOWED[model].get(operation, ())
            with self.subTest(model=model, role=role, operation=operation):
                found = (
                    self.env["ir.model.access"]
                    .with_user(self.users[role])
                    .check(model, operation, raise_exception=False)
                )
                self.assertEqual(bool(found), expected)

    def test_a_community_sees_its_own_cameras(self):
        mine, theirs = self.active(), self.active(self.south)
        records = {}
        for camera in (mine, theirs):
            zone = self.zone(camera)
            rule = self.rule(
                camera, zone_ids=[(6, 0, zone.ids)], window_ids=[(0, 0, {"hour_from": 8})]
            )
            records[camera] = (
                camera, zone, rule, rule.window_ids, camera.sudo().health_id, camera.stream_id
            )
        for role in ("cadre", "operator_north", "manager_north"):
            for own, other in zip(records[mine], records[theirs], strict=True):
                if own._name == "yst.video.stream" and role != "manager_north":
                    continue
                with self.subTest(role=role, model=own._name):
                    visible = self.as_role(role, own.browse()).search(
                        [("id", "in", (own | other).ids)]
                    )
                    self.assertEqual(visible.ids, own.ids)
                    with self.assertRaises(AccessError):
                        self.as_role(role, other).read(["display_name"])
        for role in ("manager", "operator", "leader"):
            self.assertTrue(self.as_role(role, theirs).has_access("read"))

    def test_a_manager_changes_nothing_elsewhere(self):
        theirs, mine = self.active(self.south), self.active()
        zone, rule = self.zone(theirs), self.rule(theirs)
        empty = self.camera(self.south)
        role = "manager_north"
        attempts = (
            lambda: self.as_role(role, theirs).write({"name": "x"}),
            lambda: self.as_role(role, theirs).action_start_maintenance("x"),
            lambda: self.as_role(role, theirs).action_retire(),
            lambda: self.as_role(role, theirs).action_print_card(),
            lambda: self.as_role(role, theirs).action_open_live(),
            lambda: self.as_role(role, zone).write({"name": "x"}),
            lambda: self.as_role(role, rule).write({"threshold": 1}),
            lambda: self.as_role(role, rule).unlink(),
            lambda: self.as_role(role, mine).write({"area_id": self.south.id}),
            lambda: self.as_role(role, self.zone(mine)).write({"camera_id": theirs.id}),
            lambda: self.as_role(role, self.rule(mine)).write({"camera_id": theirs.id}),
            lambda: self.as_role(role, self.stream()).write({"camera_id": empty.id}),
            lambda: self.as_role(role, theirs.stream_id).write({"password": "x"}),
            lambda: self.as_role(role, theirs.stream_id).write({"camera_id": False}),
            lambda: self.as_role(role, mine.stream_id).copy({"camera_id": empty.id}),
            lambda: self.as_role(role, zone).create(
                {"camera_id": theirs.id, "name": "x", "points": POLYGON}
            ),
            lambda: self.as_role(role, rule).create({"camera_id": theirs.id, "kind": "crowd"}),
            lambda: self.as_role(role, mine).create(
                {"name": "x", "gb_code": self.code(), "area_id": self.south.id}
            ),
            lambda: self.as_role(role, self.env["yst.video.rule.apply"])
            .create({"camera_ids": [(6, 0, theirs.ids)], "kind": "crowd"})
            .action_apply(),
            lambda: self.as_role(role, self.env["yst.video.maintenance"])
            .create({"camera_ids": [(6, 0, theirs.ids)], "reason": "x"})
            .action_start(),
        )
        for number, attempt in enumerate(attempts):
            with (
                self.subTest(number=number),
                self.assertRaises(AccessError),
                mute_logger("odoo.addons.base.models.ir_rule"),
            ):
                attempt()
                self.env.flush_all()

    def test_who_takes_which_step(self):
        camera = self.active()
        for role in self.users:
            mine = self.as_role(role, camera)
            for may, step in (
                (MANAGERS, lambda mine=mine: mine.action_retire()),
                (MANAGERS, lambda mine=mine: mine.action_make_zone()),
                (OPERATORS, lambda mine=mine: mine.action_start_maintenance("x")),
                (OPERATORS, lambda mine=mine: mine.action_ask_maintenance()),
            ):
                with self.subTest(role=role, step=step):
                    if role in may:
                        with self.env.cr.savepoint() as savepoint:
                            step()
                            savepoint.rollback()
                        self.env.invalidate_all()
                    else:
                        with self.assertRaises(AccessError):
                            step()

    def test_an_operator_changes_the_state_and_nothing_else(self):
        camera = self.active()
        operator = self.as_role("operator", camera)
        for values in ({"name": "x"}, {"sign_posted": True}, {"state": "retired"}):
            with self.subTest(values=values), self.assertRaises(UserError):
                operator.write(values)
        operator.action_start_maintenance("x")
        self.assertEqual(camera.state, "maintenance")
        with self.assertRaises(UserError):
            operator.action_start_maintenance("y")

    def test_the_forms_of_each_role_open(self):
        camera = self.active()
        self.rule(camera, zone_ids=[(6, 0, self.zone(camera).ids)])
        for role in ("cadre", "leader", "operator", "manager"):
            for model in ("camera", "rule", "camera.group", "zone"):
                records = self.as_role(role, self.env[f"yst.video.{model}"])
                for kind in ("form", "list", "search"):
                    with self.subTest(role=role, model=model, kind=kind):
                        view = records.get_view(view_type=kind)
                        self.assertNotIn("credential_cipher", view["arch"])
                        if role != "manager":
                            self.assertNotIn('"stream_id"', view["arch"])
                            self.assertNotIn("gateway_path", view["arch"])
