"""Cameras, their steps, zones, rules and the QR card."""

import base64
import uuid
from datetime import date, timedelta

from freezegun import freeze_time
from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.yst_base import qr, reference_data

from .. import rule_defaults
from ..models.yst_video_camera_sample import sample_rows
from ..models.yst_video_stream import BindError
from .registry_common import RegistryCase


@tagged("post_install", "-at_install")
class TestRegistry(RegistryCase):
    # -- camera --------------------------------------------------------------------------------

    def test_a_new_camera_is_planned_and_has_a_health_record(self):
        camera = self.camera()
        self.assertEqual((camera.state, camera.status), ("planned", "planned"))
        self.assertFalse(camera.online)
        self.assertEqual(camera.health_id.camera_id, camera)

    def test_a_code_of_another_county_is_refused_in_words(self):
        with self.assertRaisesRegex(ValidationError, "610903"):
            self.camera(gb_code="61090300011320000007")
        with self.assertRaisesRegex(ValidationError, "20 digits"):
            self.camera(gb_code="6109020001132000000")
        camera = self.camera()
        with self.assertRaisesRegex(ValidationError, "type of a camera"):
            camera.gb_code = "61090200019990000007"

    def test_two_cameras_cannot_have_one_code(self):
        camera = self.camera()
        with mute_logger("odoo.sql_db"), self.assertRaises(Exception):  # noqa: B017
            self.camera(gb_code=camera.gb_code)

    def test_a_camera_without_stream_is_not_taken_into_use(self):
        camera = self.camera()
        with self.assertRaisesRegex(UserError, "no stream"):
            camera.action_activate()
        self.stream(camera)
        self.as_role("manager", camera).action_activate()
        self.assertEqual((camera.state, bool(camera.installed_at)), ("active", True))

    def test_maintenance_has_a_reason_and_ends(self):
        camera = self.active()
        with self.assertRaises(UserError):
            self.as_role("operator", camera).action_start_maintenance("  ")
        self.as_role("operator", camera).action_start_maintenance(" 换镜头 ")
        self.assertEqual(
            (camera.state, camera.status, camera.maintenance_reason),
            ("maintenance", "maintenance", "换镜头"),
        )
        self.as_role("operator", camera).action_end_maintenance()
        self.assertEqual((camera.state, camera.maintenance_reason), ("active", False))

    def test_a_used_camera_is_retired_and_not_deleted(self):
        camera, planned = self.active(), self.camera()
        with self.assertRaises(UserError):
            camera.unlink()
        self.as_role("manager", camera).action_retire()
        self.assertEqual(camera.status, "retired")
        with self.assertRaises(UserError):
            camera.unlink()
        planned.unlink()
        self.assertFalse(planned.exists())

    def test_online_only_while_a_bridge_holds_it(self):
        camera = self.active()
        now = fields.Datetime.now()
        camera.health_id.write({"online": True, "lease_until": now + timedelta(seconds=30)})
        camera.invalidate_recordset()
        self.assertEqual((camera.online, camera.status), (True, "online"))
        Camera = self.env["yst.video.camera"]
        self.assertIn(camera, Camera.search([("online", "=", True)]))
        self.assertNotIn(camera, Camera.search([("online", "=", False)]))
        camera.health_id.lease_until = now - timedelta(seconds=1)
        camera.invalidate_recordset()
        self.assertEqual((camera.online, camera.status), (False, "offline"))
        self.assertNotIn(camera, Camera.search([("online", "=", True)]))
        self.assertIn(camera, Camera.search([("online", "!=", True)]))
        self.assertIn(self.camera(), Camera.search([("online", "=", False)]))

    def test_what_actions_write_is_refused_from_outside(self):
        camera = self.active()
        mine = self.as_role("manager", camera)
        for values in (
            {"state": "retired"},
            {"install_token": "A" * 24},
            {"installed_at": fields.Datetime.now()},
            {"maintenance_reason": "x"},
            {"health_id": camera.health_id.id},
            {"source": "x"},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                mine.write(values)
            with self.subTest(create=values), self.assertRaises(UserError):
                mine.create(
                    {"name": "x", "gb_code": self.code(), "area_id": self.north.id, **values}
                )
        forged = self.as_role("manager", camera).with_context(
            default_install_token="A" * 24, default_state="active", default_source="x"
        )
        made = forged.create({"name": "x", "gb_code": self.code(), "area_id": self.north.id})
        self.assertEqual(
            (made.install_token, made.state, made.sudo().source), (False, "planned", False)
        )

    # -- filing with the police ----------------------------------------------------------------

    def test_filing_is_due_30_days_from_use_and_again_from_a_change(self):
        camera = self.active()
        today = self.env["yst.calendar.day"]._today()
        self.assertEqual(camera.filing_due, today + timedelta(days=30))
        camera.filed_with_police_at = today - timedelta(days=100)
        self.assertFalse(camera.filing_due)
        camera.write({"latitude": camera.latitude, "name": "新名称"})
        self.assertFalse(camera.filing_due)
        camera.latitude += 0.001
        self.assertEqual(camera.filing_due, today + timedelta(days=30))
        camera.filed_with_police_at = today
        self.assertFalse(camera.filing_due)

    def test_days_of_filing_are_the_offices_whoever_writes(self):
        camera = self.active()
        camera.filed_with_police_at = "2026-01-05"
        with freeze_time("2026-03-01 18:00:00"):  # two in the morning of the second, in the office
            camera.with_context(tz="UTC").latitude += 0.001
        self.assertEqual(camera.filing_changed_on, date(2026, 3, 2))

    def test_the_manager_is_reminded_once_and_done_when_filed(self):
        camera, far = self.active(), self.active()
        camera.sudo().installed_at = fields.Datetime.now() - timedelta(days=25)
        self.env.flush_all()
        kind = self.env.ref("yst_video.activity_filing")
        Camera = self.env["yst.video.camera"]
        Camera._remind_of_filing()
        Camera._remind_of_filing()
        found = camera.activity_ids.filtered(lambda a: a.activity_type_id == kind)
        self.assertEqual(len(found), 1)
        self.assertEqual(found.date_deadline, camera.filing_due)
        self.assertTrue(found.user_id.has_group("yst_video.group_video_manager"))
        self.assertFalse(far.activity_ids)
        camera.filed_with_police_at = fields.Date.today()
        self.assertFalse(camera.activity_ids)

    # -- zones and rules -----------------------------------------------------------------------

    def test_a_zone_must_be_one(self):
        camera = self.camera()
        for values in (
            {"points": [[0, 0], [1, 1]]},
            {"points": [[0, 0], [1, 0], [2, 2]]},
            {"points": False},
            {"points": {"a": 1}},
            {"shape": "gauge", "points": [[0, 0], [0, 1]], "gauge_low": 1, "gauge_high": 1},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.zone(camera, **values)
        zone = self.zone(camera, points=[[0.123456, 0], [1, 0], [0.5, 1]])
        self.assertEqual(zone.points[0], [0.1235, 0.0])

    def test_a_rule_starts_with_the_values_of_its_kind(self):
        camera = self.camera()
        rule = self.rule(camera)
        self.assertEqual((rule.threshold, rule.duration, rule.dispatch), (8, 10, "confirm"))
        self.assertEqual((rule.category_id.name, rule.urgency), ("人群聚集", "urgent"))
        own = self.rule(camera, threshold=3, duration=5)
        self.assertEqual((own.threshold, own.duration, own.cooldown), (3, 5, 300))

    def test_rules_that_need_a_zone_say_which(self):
        camera, other = self.camera(), self.camera()
        with self.assertRaisesRegex(ValidationError, "needs a zone"):
            self.rule(camera, "intrusion")
        with self.assertRaisesRegex(ValidationError, "gauge line"):
            self.rule(camera, "water_level", zone_ids=[(6, 0, self.zone(camera).ids)])
        gauge = self.zone(camera, "gauge")
        rule = self.rule(camera, "water_level", zone_ids=[(6, 0, gauge.ids)])
        self.assertIn("区域", rule.display_name)
        with self.assertRaisesRegex(ValidationError, "own camera"):
            rule.zone_ids = [(4, self.zone(other).id)]

    def test_parameters_are_names_with_numbers(self):
        rule = self.rule(self.camera())
        rule.params_text = "release = 12\nhits = 3"
        self.assertEqual(rule.params, {"release": 12.0, "hits": 3.0})
        with self.assertRaisesRegex(ValidationError, "viel"):
            rule.params_text = "release = viel"
        for wrong in ({"a": "1"}, {"a": None}, [1], {"a": True}):
            with self.subTest(params=wrong), self.assertRaises(ValidationError):
                rule.params = wrong

    def test_rule_for_many_cameras_and_again(self):
        cameras = self.camera() | self.camera() | self.camera()
        self.zone(cameras[0])
        self.rule(cameras[1], "loitering", zone_ids=[(6, 0, self.zone(cameras[1]).ids)])
        wizard = (
            self.as_role("manager", self.env["yst.video.rule.apply"])
            .with_context(active_model="yst.video.camera", active_ids=cameras.ids)
            .create({"kind": "loitering", "duration": 33, "threshold": 1, "dispatch": "none"})
        )
        self.assertEqual(wizard.camera_ids, cameras)
        wizard.action_apply()
        self.assertEqual(cameras.rule_ids.mapped("duration"), [33, 33, 33])
        self.assertEqual(cameras[2].zone_ids.points[0], [0.02, 0.02])
        wizard.duration = 44
        wizard.existing = "keep"
        wizard.action_apply()
        self.assertEqual(cameras.rule_ids.mapped("duration"), [33, 33, 33])
        gauge = wizard.copy({"kind": "water_level"})
        with self.assertRaisesRegex(UserError, "3 cameras have no zone"):
            gauge.action_apply()

    def test_a_rule_is_given_to_others_with_its_hours(self):
        one, two = self.camera(), self.camera()
        rule = self.rule(one, threshold=4, window_ids=[(0, 0, {"hour_from": 8, "hour_to": 20})])
        wizard = self.env["yst.video.rule.apply"].with_context(
            active_model="yst.video.rule", active_id=rule.id
        ).new({"camera_ids": [(6, 0, two.ids)]})
        wizard._onchange_kind()
        values = wizard._convert_to_write(wizard._cache)
        self.env["yst.video.rule.apply"].create(values).action_apply()
        self.assertEqual((two.rule_ids.threshold, two.rule_ids.kind), (4, "crowd"))
        self.assertEqual(two.rule_ids.window_ids.mapped("hour_from"), [8])

    def test_hours_are_some_and_within_the_day(self):
        rule = self.rule(self.camera())
        Window = self.env["yst.video.rule.window"]
        window = Window.create({"rule_id": rule.id, "hour_from": 22, "hour_to": 6.5})
        self.assertEqual(window._bridge_window()["from"], "22:00")
        self.assertEqual(window._bridge_window()["to"], "06:30")
        days = dict.fromkeys(
            ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), False
        )
        for values in ({"hour_from": 25}, {"hour_to": -1}, days):
            with (
                self.subTest(values=values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(Exception),  # noqa: B017
                self.env.cr.savepoint(),
            ):
                Window.create({"rule_id": rule.id, **values})

    def alerts(self, rule, **counts):
        now = fields.Datetime.now()
        return self.env["yst.video.alert"]._with_state_unlocked().create(
            [
                {
                    "uid": str(uuid.uuid4()),
                    "camera_id": rule.camera_id.id,
                    "area_id": rule.camera_id.area_id.id,
                    "rule_id": rule.id,
                    "kind": rule.kind,
                    "started_at": now,
                    "last_at": now,
                    "judgement": judgement,
                }
                for judgement, count in counts.items()
                for _number in range(count)
            ]
        )

    def test_a_rule_that_is_too_often_wrong_says_so(self):
        camera = self.active()
        quiet, wrong, young = (self.rule(camera) for _number in range(3))
        self.alerts(quiet, true=7, false=4, pending=9)
        self.alerts(wrong, true=5, false=6)
        self.alerts(young, false=9)
        found = [
            (rule.alert_count, rule.judged_count, rule.false_count, round(rule.false_rate, 1))
            for rule in (quiet, wrong, young)
        ]
        self.assertEqual(found, [(20, 11, 4, 36.4), (11, 11, 6, 54.5), (9, 9, 9, 100.0)])
        self.assertEqual([rule.noisy for rule in (quiet, wrong, young)], [False, True, False])
        self.assertEqual((camera.noisy_rule_count, camera.rule_count), (1, 3))
        self.assertEqual((camera.alert_count, camera.open_alert_count), (40, 9))
        mine = [("camera_id", "=", camera.id)]
        Rule = self.as_role("cadre", self.env["yst.video.rule"])
        self.assertEqual(Rule.search([*mine, ("noisy", "=", True)]).ids, wrong.ids)
        self.assertEqual(Rule.search([*mine, ("noisy", "=", False)]), (quiet | young))
        Camera = self.env["yst.video.camera"]
        self.assertIn(camera, Camera.search([("rule_ids", "any", [("noisy", "=", True)])]))
        self.env["ir.config_parameter"].set_param("yst_video.noisy_min_judged", "9")
        self.env.invalidate_all()
        self.assertTrue(young.noisy)

    def test_a_rule_that_was_tuned_is_counted_anew(self):
        camera = self.active()
        zone = self.zone(camera)
        rule, other = self.rule(camera, zone_ids=zone.ids), self.rule(camera)
        for one in (rule, other):
            self.alerts(one, false=12)
        self.assertTrue(rule.noisy and other.noisy)
        window = {"rule_id": rule.id, "hour_from": 8, "hour_to": 20}
        for change in (
            lambda: rule.write({"threshold": rule.threshold + 1}),
            lambda: rule.write({"params_text": "release = 20"}),
            lambda: zone.write({"points": [[0.1, 0.2], [0.8, 0.2], [0.5, 0.9]]}),
            lambda: self.env["yst.video.rule.window"].create(window),
            lambda: rule.window_ids.write({"hour_to": 19}),
            lambda: rule.write({"window_ids": [(5,)]}),
        ):
            self.tuned(rule, days=2)
            self.assertEqual((rule.judged_count, rule.noisy), (12, True))
            self.later(rule)
            change()
            self.env.invalidate_all()
            self.assertEqual((rule.judged_count, rule.false_rate, rule.noisy), (0, 0, False))
            self.assertEqual(rule.stats_since, rule.tuned_at)
            self.assertEqual((rule.alert_count, other.judged_count), (12, 12))
            mine = [("camera_id", "=", camera.id), ("noisy", "=", True)]
            self.assertEqual(rule.search(mine), other)

    def test_what_does_not_change_what_a_rule_finds_is_no_tuning(self):
        camera = self.active()
        zone = self.zone(camera)
        rule = self.rule(camera, zone_ids=zone.ids)
        self.tuned(rule, days=2)
        before = rule.tuned_at
        rule.write({"cooldown": 90, "dispatch": "none", "threshold": rule.threshold})
        rule.action_switch_off()
        zone.write({"name": "另一个名字", "points": zone.points})
        self.as_role("manager", rule).write({"tuned_at": "2020-01-01 00:00:00"})
        self.env.invalidate_all()
        self.assertEqual(rule.tuned_at, before)

    def test_a_rule_is_judged_by_its_last_thirty_days(self):
        rule = self.rule(self.active())
        self.tuned(rule, days=90)
        old, young = self.alerts(rule, false=12), self.alerts(rule, true=3, false=1)
        self.later(rule, old, days=31)
        self.assertEqual((rule.judged_count, rule.false_rate, rule.alert_count), (4, 25, 16))
        self.assertFalse(rule.noisy)
        self.assertLess(abs(rule.stats_since - fields.Datetime.now() + timedelta(days=30)),
                        timedelta(minutes=1))
        self.later(rule, young, days=29)
        self.assertEqual(rule.judged_count, 4)

    def tuned(self, rule, days):
        """As if its values had changed so long ago."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE yst_video_rule SET tuned_at = %s WHERE id = %s",
            [fields.Datetime.now() - timedelta(days=days), rule.id])
        self.env.invalidate_all()

    def later(self, rule, alerts=None, days=1):
        """As if its alerts lay so far back."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE yst_video_alert SET started_at = %s"
            " WHERE rule_id = %s AND (%s OR id = ANY(%s))",
            [fields.Datetime.now() - timedelta(days=days), rule.id, alerts is None,
             alerts.ids if alerts else []])
        self.env.invalidate_all()

    # -- the QR card ---------------------------------------------------------------------------

    def test_the_card_is_read_back_from_its_picture(self):
        camera = self.camera()
        self.as_role("manager", camera).action_print_card()
        png = base64.b64decode(camera._card_code().partition("base64,")[2])
        (text,) = qr.read(png)
        self.assertEqual(text, f"YST1C:{camera.install_token}")
        self.assertRegex(text, r"^YST1C:[A-Z2-7]{24}$")
        before = camera.install_token
        self.as_role("manager", camera).action_print_card()
        self.assertEqual(camera.install_token, before)

    def test_the_card_is_paper(self):
        camera = self.camera()
        camera.action_print_card()
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        pdf, kind = report._render_qweb_pdf("yst_video.camera_card", camera.ids)
        self.assertEqual((kind, pdf[:5]), ("pdf", b"%PDF-"))

    def test_a_card_binds_once(self):
        camera, stream, second = self.camera(), self.stream(), self.stream()
        camera.action_print_card()
        token = camera.install_token
        Stream = self.env["yst.video.stream"]
        self.assertEqual(Stream._bind_token(stream.id, f" {token.lower()} "), camera)
        self.assertEqual(
            (camera.state, camera.stream_id, camera.install_token), ("active", stream, False)
        )
        for stream_id, again, why in (
            (second.id, token, "token"),
            (stream.id, token, "token"),
            (second.id, "", "token"),
            (second.id, False, "token"),
            (second.id, "A" * 24, "token"),
        ):
            with self.assertRaises(BindError) as caught:
                Stream._bind_token(stream_id, again)
            self.assertEqual(caught.exception.code, why)
        other = self.camera()
        other.action_print_card()
        for stream_id, why in ((stream.id, "bound"), (0, "stream")):
            with self.assertRaises(BindError) as caught:
                Stream._bind_token(stream_id, other.install_token)
            self.assertEqual(caught.exception.code, why)
        self.assertEqual(other.state, "planned")

    def test_a_camera_with_a_stream_gets_no_card(self):
        camera = self.active()
        with self.assertRaises(UserError):
            camera.action_print_card()

    def test_a_stream_is_not_taken_from_another_camera(self):
        one, two = self.active(), self.camera()
        with self.assertRaises(UserError):
            one.stream_id.camera_id = two
        stream = one.stream_id
        one.stream_id = False
        self.assertEqual((stream.camera_id.id, one.has_stream), (False, False))
        two.stream_id = stream
        self.assertEqual((stream.camera_id, two.has_stream), (two, True))

    # -- settings, map, samples ----------------------------------------------------------------

    def test_settings_keep_the_law(self):
        Settings = self.env["yst.video.settings.form"]
        for values in ({"retention_days": 29}, {"gateway_url": "javascript:x"}):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                Settings.create(values).action_apply()
        Settings.create({"retention_days": 45, "gateway_url": "https://g/{code}"}).action_apply()
        found = self.env["yst.video.settings"]._get()
        self.assertEqual(found["retention_days"], 45)
        camera = self.camera()
        self.assertEqual(camera.live_url, f"https://g/{camera.gb_code}")
        camera.gateway_path = "a b/c"
        self.assertEqual(camera.live_url, "https://g/a%20b/c")
        self.env["ir.config_parameter"].set_param("yst_video.retention_days", "3")
        self.assertEqual(self.env["yst.video.settings"]._get()["retention_days"], 30)
        self.env["ir.config_parameter"].set_param("yst_video.retention_days", "x")
        self.assertEqual(self.env["yst.video.settings"]._get()["retention_days"], 30)
        self.as_role("manager", self.env["yst.video.settings"]).video_settings()
        with self.assertRaises(AccessError):
            self.as_role("operator", self.env["yst.video.settings"]).video_settings()

    def test_the_manager_sets_what_the_guide_says_without_being_an_administrator(self):
        Form = self.as_role("manager", self.env["yst.video.settings.form"])
        revision = self.env["yst.video.revision"]._current()
        for values in ({"retention_days": 29}, {"gateway_url": "javascript:x"}):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                Form.create(values).action_apply()
        self.assertEqual(self.env["yst.video.revision"]._current(), revision)
        Form.create({"retention_days": 45, "gateway_url": " https://g/{code} "}).action_apply()
        found = self.env["yst.video.settings"]._get()
        self.assertEqual((found["retention_days"], found["gateway_url"]), (45, "https://g/{code}"))
        self.assertEqual(found["still_interval"], 300)
        self.assertGreater(self.env["yst.video.revision"]._current(), revision)
        self.assertEqual(Form.create({}).retention_days, 45)
        Form.create({"gateway_url": False}).action_apply()
        self.assertEqual(self.env["yst.video.settings"]._get()["gateway_url"], "")
        with self.assertRaises(AccessError):
            self.as_role("operator", self.env["yst.video.settings.form"]).create({})

    def test_the_emergency_administrator_finds_the_same_form_in_the_general_settings(self):
        administrator = new_test_user(self.env, "v.system", "base.group_system")
        Settings = self.env["res.config.settings"].with_user(administrator)
        form = etree.fromstring(Settings.get_view(view_type="form")["arch"])
        opened = form.xpath("//app[@name='yst_video']//button/@name")
        action = self.env.ref("yst_video.action_settings")
        self.assertEqual(opened, [str(action.id)])
        found = self.env[action.res_model].with_user(administrator).create({})
        self.assertEqual(found.retention_days, 30)
        found.retention_days = 60
        found.action_apply()
        self.assertEqual(self.env["yst.video.settings"]._get()["retention_days"], 60)

    def test_a_rule_for_many_cameras_speaks_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        for name, value in (("dispatch", "none"), ("urgency", "urgent")):
            label = self.env.ref(f"yst_video.selection__yst_video_rule__{name}__{value}")
            label.with_context(lang="zh_CN").name = "译文"
            said = [
                model.with_context(lang="zh_CN").fields_get([name])[name]["selection"]
                for model in (self.env["yst.video.rule"], self.env["yst.video.rule.apply"])
            ]
            self.assertIn((value, "译文"), said[0])
            self.assertEqual(*said)

    def test_a_stream_that_is_not_stored_yet_has_a_name_without_a_number(self):
        stream = self.env["yst.video.stream"].new({"main_address": "rtsp://10.1.2.3/a"})
        self.assertEqual(stream.display_name, "New stream")

    def test_every_kind_of_rule_has_a_category_of_orders(self):
        for kind, values in rule_defaults.DEFAULTS.items():
            with self.subTest(kind=kind):
                rule = self.env["yst.video.rule"].new({"kind": kind})
                self.assertEqual(rule.category_id.code, values.category)

    def test_a_category_may_be_renamed_or_out_of_use(self):
        category = self.env.ref("yst_order.category_crowd").sudo()
        category.name = "聚集"
        self.assertEqual(self.rule(self.camera()).category_id, category)
        category.active = False
        self.assertEqual(self.rule(self.camera()).category_id.code, "other")

    def test_the_map_shows_ones_own_cameras(self):
        north, south = self.active(), self.active(self.south)
        nowhere = self.camera(latitude=0, longitude=0)
        data = self.as_role("cadre", self.env["yst.video.camera"]).map_data()
        ids = [camera["id"] for camera in data["cameras"]]
        self.assertIn(north.id, ids)
        self.assertNotIn(south.id, ids)
        self.assertNotIn(nowhere.id, ids)
        self.assertEqual([area["name"] for area in data["areas"]], [self.north.name])
        shown = set().union(*(camera.keys() for camera in data["cameras"]))
        self.assertFalse({"stream_id", "main_address", "live_url", "install_token"} & shown)
        states = self.as_role("cadre", self.env["yst.video.camera"]).map_states()
        self.assertEqual(states[north.id], "offline")

    def test_the_sample_has_as_many_cameras_as_the_organisation(self):
        data = reference_data.load("organisation.yaml")
        rows = sample_rows(data)
        self.assertEqual(len(rows), 632)
        self.assertEqual(len({row["gb_code"] for row in rows}), 632)
        self.assertEqual(len({row["name"] for row in rows}), 632)
        self.assertEqual(rows, sample_rows(data))
        for area in data["areas"]:
            mine = [row for row in rows if row["area_code"] == area["code"]]
            self.assertEqual(len(mine), area["cameras"])

    def test_the_sample_is_loaded_once_with_streams_zones_and_rules(self):
        data = reference_data.load("organisation.yaml")
        self.env["yst.area"]._import_organisation(data)
        Camera = self.env["yst.video.camera"]
        # in a new database the sample comes before the translations
        self.env["res.lang"]._activate_lang("zh_CN")
        states = self.env["ir.model.fields.selection"].search(
            [("field_id", "=", self.env.ref("yst_video.field_yst_video_camera__state").id)]
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ir_model_fields_selection SET name = name - 'zh_CN' WHERE id = ANY(%s)",
            [states.ids],
        )
        self.env.registry.clear_cache("stable")
        self.env.invalidate_all()
        Camera._load_sample(data)
        bodies = Camera.search([("state", "=", "active")]).message_ids.mapped("body")
        self.assertTrue(bodies and all("已规划 → 使用中" in body for body in bodies), bodies[:3])
        self.assertFalse(Camera._load_sample(data))
        sample = Camera.search([("source", "=", "sample")])
        self.assertEqual(len(sample), 632)
        watched = sample.filtered("has_stream")
        self.assertEqual(len(watched), 14)
        self.assertEqual(
            sorted(watched.mapped("state")), [*["active"] * 13, "maintenance"]
        )
        self.assertEqual(set((sample - watched).mapped("state")), {"planned"})
        self.assertEqual(
            set(watched.mapped("area_id.name")), {"北门社区", "望江社区"}
        )
        self.assertTrue(all(camera.rule_ids for camera in watched))
        told = self.env["yst.video.camera"]._bridge_config()["cameras"]
        clips = {camera["main"].rpartition("/")[2] for camera in told}
        # a clip comes again every half a minute: it must not fill the list
        self.assertTrue(all(rule.cooldown >= 1800 for rule in watched.rule_ids))
        # nobody serves this one: a camera that is offline is seen, and its rule fires
        unplugged = watched.filtered(lambda camera: "offline" in camera.rule_ids.mapped("kind"))
        self.assertIn("unplugged", {c.stream_id.main_address[-9:] for c in unplugged})
        self.assertNotIn("Planned", "".join(watched.message_ids.mapped("body")))
        self.assertLessEqual(
            {"street", "crowd", "quiet", "intrusion", "loitering", "obstruction", "water",
             "tamper", "mask"},
            clips,
        )
