"""What the bridges are told: its shape, its revision, and what it costs."""

from datetime import time

from odoo.tests import tagged

from .registry_common import GAUGE, POLYGON, RegistryCase


@tagged("post_install", "-at_install")
class TestBridgeConfig(RegistryCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # what the database holds besides is not looked at here
        cls.env["yst.video.stream"].search([]).unlink()
        cls.Camera = cls.env["yst.video.camera"]

    def config(self):
        return self.Camera._bridge_config()

    def test_shape(self):
        camera = self.camera(name="桥头", pixelate=True)
        stream = self.stream(
            camera, "rtsp://u:p@10.0.0.1/main", sub_address="rtsp://10.0.0.1/sub"
        )
        camera.action_activate()
        zone, gauge = self.zone(camera), self.zone(camera, "gauge", name="水尺")
        crowd = self.rule(
            camera,
            threshold=6,
            params={"release": 5},
            zone_ids=[(6, 0, zone.ids)],
            window_ids=[
                (0, 0, {"saturday": False, "sunday": False, "hour_from": 8, "hour_to": 20}),
                (0, 0, {}),
            ],
        )
        water = self.rule(camera, "water_level", zone_ids=[(6, 0, gauge.ids)])
        self.rule(camera, "tamper", active=False)
        loose = self.stream(None, "rtsp://10.0.0.2/main")
        found = self.config()
        self.assertEqual(
            {key: found[key]
             for key in ("timezone", "retention_days", "still_interval", "clip_seconds")},
            {"timezone": "Asia/Shanghai", "retention_days": 30, "still_interval": 300,
             "clip_seconds": 10},
        )
        self.assertEqual(
            found["unbound"],
            [
                {
                    "stream": loose.id,
                    "main": "rtsp://10.0.0.2/main",
                    "sub": None,
                    "username": None,
                    "password": None,
                    "transport": "tcp",
                }
            ],
        )
        rules = {
            rule.id: {
                "id": rule.id,
                "kind": rule.kind,
                "zones": rule.zone_ids.ids,
                "threshold": rule.threshold,
                "duration": rule.duration,
                "cooldown": rule.cooldown,
                "min_score": rule.min_score,
                "params": rule.params or {},
                "windows": [],
            }
            for rule in crowd | water
        }
        rules[crowd.id]["windows"] = [
            {"days": [0, 1, 2, 3, 4, 5, 6], "from": "00:00", "to": "00:00"},
            {"days": [0, 1, 2, 3, 4], "from": "08:00", "to": "20:00"},
        ]
        (told,) = found["cameras"]
        told["rules"] = {
            rule["id"]: {**rule, "windows": sorted(rule["windows"], key=lambda w: w["from"])}
            for rule in told["rules"]
        }
        self.assertEqual(
            told,
            {
                "id": camera.id,
                "code": camera.gb_code,
                "name": "桥头",
                "stream": stream.id,
                "main": "rtsp://10.0.0.1/main",
                "sub": "rtsp://10.0.0.1/sub",
                "username": "u",
                "password": "p",
                "transport": "tcp",
                "pixelate": True,
                "state": "active",
                "zones": [
                    {
                        "id": zone.id,
                        "name": "区域",
                        "shape": "polygon",
                        "points": POLYGON,
                        "gauge": None,
                    },
                    {
                        "id": gauge.id,
                        "name": "水尺",
                        "shape": "gauge",
                        "points": GAUGE,
                        "gauge": [0.0, 3.0],
                    },
                ],
                "rules": rules,
            },
        )
        for window in told["rules"][crowd.id]["windows"]:
            time.fromisoformat(window["from"])

    def test_planned_and_retired_cameras_are_not_told_and_maintained_ones_have_no_rules(self):
        kept, planned, gone = self.active(), self.camera(), self.active()
        self.stream(planned)
        self.rule(kept)
        gone.action_retire()
        kept.action_start_maintenance("x")
        (told,) = self.config()["cameras"]
        self.assertEqual((told["id"], told["state"], told["rules"]), (kept.id, "maintenance", []))
        kept.action_end_maintenance()
        self.assertEqual(len(self.config()["cameras"][0]["rules"]), 1)
        self.assertFalse(self.config()["unbound"])

    def revision(self):
        return self.env["yst.video.revision"]._current()

    def changes(self, function):
        before = self.revision()
        function()
        return self.revision() - before

    def test_only_what_a_bridge_sees_makes_a_revision(self):
        camera, planned = self.active(), self.camera()
        zone = self.zone(camera)
        rule = self.rule(camera)
        window = self.env["yst.video.rule.window"].create({"rule_id": rule.id})
        seen = (
            lambda: camera.write({"name": "neu"}),
            lambda: camera.write({"pixelate": True}),
            lambda: camera.stream_id.write({"main_address": "rtsp://10.0.0.1/neu"}),
            lambda: camera.stream_id.write({"password": "x"}),
            lambda: zone.write({"points": GAUGE[:1] + POLYGON[:2]}),
            lambda: rule.write({"threshold": 5}),
            lambda: rule.write({"zone_ids": [(6, 0, zone.ids)]}),
            lambda: rule.write({"params": {"hits": 2}}),
            lambda: window.write({"hour_from": 9}),
            window.unlink,
            lambda: rule.write({"active": False}),
            rule.unlink,
            lambda: camera.action_start_maintenance("x"),
            camera.action_end_maintenance,
            self.stream,
            lambda: self.zone(camera, name="zwei"),
            lambda: self.stream(planned) and planned.action_activate(),
            camera.action_retire,
        )
        for number, function in enumerate(seen):
            with self.subTest(number=number):
                self.assertEqual(self.changes(function), 1)

    def test_what_no_bridge_sees_makes_none(self):
        camera, planned = self.active(), self.camera()
        rule = self.rule(camera, threshold=4)
        camera.health_id.online = False
        unseen = (
            self.camera,
            lambda: planned.write({"name": "neu"}),
            lambda: self.zone(planned),
            lambda: self.rule(planned),
            lambda: camera.write({"name": camera.name, "pixelate": camera.pixelate}),
            lambda: camera.write({"note": "x", "latitude": 32.7, "sign_posted": True}),
            lambda: rule.write({"threshold": 4.0, "dispatch": "none", "urgency": "complex"}),
            lambda: camera.health_id.write({"online": True, "problem": "x"}),
            lambda: camera.stream_id.write({"note": "x"}),
            planned.unlink,
        )
        for number, function in enumerate(unseen):
            with self.subTest(number=number):
                self.assertEqual(self.changes(function), 0)

    def test_many_changes_make_one_revision_and_folding_keeps_it(self):
        cameras = self.active() | self.active()
        self.env["yst.video.revision"]._bump()

        def change():
            for camera in cameras:
                camera.name += "x"
                self.rule(camera)
                self.zone(camera)

        self.assertEqual(self.changes(change), 1)
        before = self.revision()
        self.env["yst.video.revision"]._gc_rows()
        self.assertEqual(self.revision(), before)
        self.env.cr.execute("SELECT count(*) FROM yst_video_revision")
        self.assertEqual(self.env.cr.fetchone()[0], 1)
        self.assertEqual(self.changes(lambda: cameras[0].write({"name": "y"})), 1)

    def test_a_change_that_is_taken_back_makes_no_revision_and_the_one_before_stays(self):
        camera = self.active()
        before = self.revision()
        camera.name = "bleibt"
        with self.env.cr.savepoint() as savepoint:
            camera.name = "geht"
            savepoint.rollback()
        self.env.flush_all()
        self.assertEqual(self.revision(), before + 1)

    def many(self, count):
        cameras = self.env["yst.video.camera"].with_context(
            tracking_disable=True, mail_create_nolog=True
        ).create(
            [
                {
                    "name": f"K{n}",
                    "gb_code": self.code(),
                    "area_id": self.north.id,
                    "latitude": 32.69,
                    "longitude": 109.03,
                }
                for n in range(count)
            ]
        )
        self.env["yst.video.stream"].create(
            [
                {
                    "camera_id": camera.id,
                    "main_address": f"rtsp://10.0.0.1/{camera.id}",
                    "username": "u",
                    "password": "p",
                }
                for camera in cameras
            ]
        )
        zones = self.env["yst.video.zone"].create(
            [{"camera_id": c.id, "name": "z", "points": POLYGON} for c in cameras]
        )
        self.env["yst.video.rule"].create(
            [
                {
                    "camera_id": zone.camera_id.id,
                    "kind": "loitering",
                    "zone_ids": [(6, 0, zone.ids)],
                    "window_ids": [(0, 0, {"hour_from": 8})],
                }
                for zone in zones
            ]
        )
        cameras.with_context(tracking_disable=True).action_activate()
        self.env.flush_all()
        return cameras

    def statements(self, function):
        self.revision()  # stores a pending one
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        result = function()
        return self.env.cr.sql_log_count - before, result

    def test_the_configuration_costs_as_much_for_1500_cameras_as_for_1(self):
        self.many(1)
        self.config()
        few, _config = self.statements(self.config)
        self.many(1500)  # more than the ORM fetches at once
        many, config = self.statements(self.config)
        self.assertEqual(len(config["cameras"]), 1501)
        self.assertTrue(all(c["zones"] and c["rules"][0]["windows"] for c in config["cameras"]))
        self.assertTrue(all(c["password"] == "p" for c in config["cameras"]))
        self.assertEqual(many, few)
        self.assertLessEqual(many, 12)

    def test_lists_and_map_cost_the_same_for_one_and_for_many(self):
        names = ["name", "status", "rule_count", "noisy_rule_count", "open_alert_count", "still_at"]
        Camera = self.as_role("manager", self.Camera)

        def listed():
            cameras = Camera.search([("area_id", "=", self.north.id)])
            cameras.read(names)
            return cameras

        def rules():
            found = self.as_role("manager", self.env["yst.video.rule"]).search(
                [("area_id", "=", self.north.id)]
            )
            found.read(["display_name", "alert_count", "false_rate", "noisy"])

        functions = (listed, rules, Camera.map_data, Camera.map_states)
        self.many(1)
        for function in functions:
            self.statements(function)
        few = [self.statements(function)[0] for function in functions]
        self.many(20)
        many = [self.statements(function)[0] for function in functions]
        self.assertEqual(many, few)
