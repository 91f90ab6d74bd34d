"""Accounts of cameras: nobody reads them, by any route; the bridge gets them."""

import json

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.service.model import get_public_method
from odoo.tests import tagged
from odoo.tools import mute_logger

from .registry_common import RegistryCase

USER, SECRET = "geheimer-nutzer", "Geh3im!Wort"
HIDDEN = ("username", "password", "credential_cipher")
READERS = ("manager", "operator", "cadre", "leader", "approver", "admin", "system", "audit")


@tagged("post_install", "-at_install")
class TestCredentials(RegistryCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bound = cls.camera()
        cls.secret = cls.stream(
            cls.bound, "rtsp://10.0.0.9:554/main", username=USER, password=SECRET
        )
        cls.bound.action_activate()
        cls.env.flush_all()

    def assertNoSecret(self, value):
        text = str(value)
        cipher = self.secret.sudo().credential_cipher
        for hidden in (USER, SECRET, cipher):
            self.assertNotIn(hidden, text)

    def assertRefused(self, ask, *arguments, **named):
        try:
            ask(*arguments, **named)
        except (AccessError, ValueError) as error:
            self.assertNoSecret(error)
        else:
            self.fail("it was answered")

    def test_what_is_stored_is_not_readable_and_opens_for_the_bridge(self):
        self.env.cr.execute(
            "SELECT to_jsonb(s)::text FROM yst_video_stream s WHERE id = %s", [self.secret.id]
        )
        row = self.env.cr.fetchone()[0]
        self.assertNotIn(USER, row)
        self.assertNotIn(SECRET, row)
        self.assertEqual(
            self.secret._credentials(), {self.secret.id: {"username": USER, "password": SECRET}}
        )
        self.assertTrue(self.secret.credentials_set)

    def test_reading_gives_nothing(self):
        for role in READERS:
            stream = self.as_role(role, self.secret)
            with self.subTest(role=role):
                for name in HIDDEN:
                    try:
                        self.assertFalse(stream.read([name])[0].get(name))
                    except AccessError as error:
                        self.assertNoSecret(error)
                for spec in ({}, {name: {} for name in HIDDEN}):
                    try:
                        self.assertNoSecret(stream.web_read(spec))
                    except AccessError as error:
                        self.assertNoSecret(error)
        manager = self.as_role("manager", self.secret)
        self.assertEqual(
            manager.read(["username", "password"])[0],
            {"id": self.secret.id, "username": False, "password": False},
        )
        self.assertNoSecret(manager.read())
        with self.assertRaises(AccessError):
            manager.read(["credential_cipher"])
        self.assertNotIn("credential_cipher", manager.fields_get())

    def test_searching_tells_nothing(self):
        manager = self.as_role("manager", self.env["yst.video.stream"])
        mine = [("id", "=", self.secret.id)]
        for name in ("credential_cipher",):
            for operator, value in (
                ("like", "g"),
                ("=", "x"),
                ("!=", False),
                ("in", ["a"]),
                ("=like", "gAAAA%"),
                (">", "a"),
            ):
                with self.subTest(name=name, operator=operator), self.assertRaises(AccessError):
                    manager.search([*mine, (name, operator, value)])
        # these are never stored: no search can depend on them
        for name in ("username", "password"):
            for operator, value in (("=", SECRET), ("like", "Geh"), ("!=", False)):
                with self.subTest(name=name, operator=operator):
                    try:
                        with mute_logger("odoo.domains", "odoo.orm.domains"):
                            right = manager.search([*mine, (name, operator, value)])
                            wrong = manager.search([*mine, (name, operator, "falsch")])
                        self.assertEqual(right, wrong)
                    except (ValueError, UserError, NotImplementedError) as error:
                        self.assertNotIn(USER, str(error))
        path = [("stream_ids.credential_cipher", "like", "g")]
        for role in ("manager", "operator", "cadre", "admin"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self.as_role(role, self.env["yst.video.camera"]).search(path)
        with self.assertRaises(AccessError):
            manager.search(Domain("camera_id", "any", path))

    def test_grouping_ordering_and_exporting_tell_nothing(self):
        for role in ("manager", "admin"):
            streams = self.as_role(role, self.env["yst.video.stream"])
            with self.subTest(role=role):
                for name in HIDDEN:
                    self.assertRefused(streams._read_group, [], [name], ["__count"])
                    self.assertRefused(streams._read_group, [], [], [f"{name}:max"])
                    self.assertRefused(streams.search, [], order=name)
                    self.assertRefused(streams.formatted_read_group, [], [name], ["__count"])
        self.users["manager"].group_ids += self.env.ref("base.group_allow_export")
        manager = self.as_role("manager", self.secret)
        for names in (["username"], ["password"], ["main_address", "password"]):
            self.assertNoSecret(manager.export_data(names))
        for names in (["credential_cipher"], ["camera_id/stream_ids/credential_cipher"]):
            try:
                self.assertNoSecret(manager.export_data(names))
            except AccessError as error:
                self.assertNoSecret(error)
        camera = self.as_role("manager", self.bound)
        for path in ("stream_ids/password", "stream_ids/credential_cipher"):
            try:
                self.assertNoSecret(camera.export_data([path]))
            except AccessError as error:
                self.assertNoSecret(error)
        fields = self.as_role("manager", self.env["yst.video.stream"]).fields_get(
            ["username", "password"], ["exportable"]
        )
        self.assertFalse(any(field["exportable"] for field in fields.values()))

    def test_names_copies_and_forms_tell_nothing(self):
        manager = self.as_role("manager", self.secret)
        self.assertNoSecret(manager.display_name)
        for text in (USER, SECRET, "Geh"):
            self.assertFalse(
                [i for i, _name in self.secret.name_search(text) if i == self.secret.id]
            )
        copy = manager.copy()
        self.assertEqual(
            (copy.credentials_set, copy.sudo().credential_cipher), (False, False)
        )
        self.assertNoSecret(manager.copy_data())
        spec = {name: {} for name in ("main_address", "username", "password", "credentials_set")}
        answer = manager.onchange({"password": SECRET, "username": USER}, ["password"], spec)
        self.assertNoSecret(answer)
        self.assertNoSecret(manager.web_save({"password": SECRET}, spec))
        self.assertNoSecret(manager.default_get(list(spec)))

    def test_contexts_and_direct_writing_forge_nothing(self):
        manager = self.as_role("manager", self.env["yst.video.stream"])
        cipher = self.secret.sudo().credential_cipher
        for values in ({"credential_cipher": cipher}, {"credentials_set": True}):
            with self.subTest(values=values):
                with self.assertRaises(AccessError):
                    manager.create({"main_address": "rtsp://evil/x", **values})
                with self.assertRaises(AccessError):
                    self.as_role("manager", self.secret).write(values)
        made = manager.with_context(
            default_credential_cipher=cipher,
            default_credentials_set=True,
            default_password="x",
            default_main_address="rtsp://a:b@evil/x",
        ).create({"main_address": "rtsp://evil/y"})
        self.assertEqual((made.credentials_set, made.sudo().credential_cipher), (False, False))

    def test_another_host_does_not_get_the_account(self):
        stream = self.as_role("manager", self.secret)
        stream.write({"main_address": "rtsp://10.0.0.9:554/other", "note": "x"})
        self.assertTrue(stream.credentials_set)
        stream.write({"sub_address": "rtsp://10.0.0.9:554/sub"})
        self.assertTrue(stream.credentials_set)
        with self.env.cr.savepoint() as savepoint:
            stream.write({"main_address": "rtsp://10.6.6.6:554/main"})
            self.assertFalse(stream.credentials_set)
            self.assertEqual(
                self.secret._credentials()[self.secret.id],
                {"username": None, "password": None},
            )
            savepoint.rollback()
        self.env.invalidate_all()
        stream.write({"sub_address": "rtsp://10.6.6.6:554/sub"})
        self.assertFalse(stream.credentials_set)
        stream.write({"sub_address": "rtsp://10.7.7.7/s", "username": "a", "password": "b"})
        self.assertEqual(
            self.secret._credentials()[self.secret.id], {"username": "a", "password": "b"}
        )

    def test_a_pasted_address_is_split(self):
        stream = self.as_role("manager", self.env["yst.video.stream"]).create(
            {"main_address": f"rtsp://{USER}:Geh3im%21Wort@10.0.0.8/main"}
        )
        self.assertEqual(stream.main_address, "rtsp://10.0.0.8/main")
        self.assertEqual(
            stream._credentials()[stream.id], {"username": USER, "password": SECRET}
        )
        stream.write({"main_address": f"rtsp://{USER}:neu@10.0.0.8/main"})
        self.assertEqual(stream._credentials()[stream.id]["password"], "neu")
        stream.write({"password": "neuer"})
        self.assertEqual(
            stream._credentials()[stream.id], {"username": USER, "password": "neuer"}
        )
        query = self.env["yst.video.stream"].create(
            {"main_address": "http://10.0.0.8/v?user=admin&pwd=geheim99"}
        )
        self.assertNotIn("geheim99", str(query.read()))
        told = {
            entry["stream"]: entry
            for entry in self.env["yst.video.camera"]._bridge_config()["unbound"]
        }
        self.assertEqual(told[query.id]["main"], "http://10.0.0.8/v?user=admin&pwd=geheim99")

    def test_errors_do_not_repeat_what_was_typed(self):
        manager = self.as_role("manager", self.env["yst.video.stream"])
        for address in (
            f"ftp://{USER}:{SECRET}@h/p",
            f"rtsp://{USER}:a/{SECRET}@h/p",
            f"rtsp://{USER}:{SECRET}@/p",
            f"rtsp://{USER}:{SECRET} x@h/p",
        ):
            with self.subTest(address=address), self.assertRaises(ValidationError) as caught:
                manager.create({"main_address": address})
            self.assertNoSecret(caught.exception)
        with self.assertRaises(ValidationError) as caught:
            manager.create(
                {"main_address": f"rtsp://{USER}:{SECRET}@h/p", "transport": "http"}
            )
        self.assertNoSecret(caught.exception)

    def test_messages_and_logs_hold_nothing(self):
        camera = self.as_role("manager", self.camera())
        stream = self.as_role("manager", self.env["yst.video.stream"]).create(
            {"main_address": f"rtsp://{USER}:{SECRET}@h/p", "camera_id": camera.id}
        )
        camera.action_activate()
        stream.write({"password": SECRET + "2"})
        camera.write({"name": "neu", "stream_id": False})
        self.env.flush_all()
        messages = camera.sudo().message_ids
        self.assertNoSecret(messages.mapped("body"))
        self.assertNoSecret(messages.sudo().tracking_value_ids.read())
        logs = self.env["yst.audit.log"].sudo().search([], order="id desc", limit=50)
        self.assertNoSecret(logs.read(["detail", "reason"]))

    def test_the_address_is_for_managers(self):
        camera = self.bound
        for role in ("operator", "cadre", "leader", "approver", "admin", "system", "bridge"):
            with self.subTest(role=role):
                for name in ("stream_ids", "stream_id", "gateway_path", "install_token"):
                    with self.assertRaises(AccessError):
                        self.as_role(role, camera).read([name])
                    self.assertNotIn(
                        name, self.as_role(role, self.env["yst.video.camera"]).fields_get()
                    )
                with self.assertRaises(AccessError):
                    self.as_role(role, self.secret).read(["main_address"])
                with self.assertRaises(AccessError):
                    self.as_role(role, self.env["yst.video.stream"]).search([])
                for domain in (
                    [("stream_ids.main_address", "like", "10.0.0")],
                    [("stream_id", "!=", False)],
                    [("gateway_path", "=", "x")],
                    [("install_token", "!=", False)],
                ):
                    with self.assertRaises(AccessError):
                        self.as_role(role, self.env["yst.video.camera"]).search(domain)
        self.assertEqual(
            self.as_role("manager", self.secret).main_address, "rtsp://10.0.0.9:554/main"
        )
        for role in ("operator", "cadre"):
            read = self.as_role(role, camera).read()
            self.assertNotIn("10.0.0.9", json.dumps(read, default=str))
            self.assertNoSecret(read)

    def test_private_methods_are_not_called_from_outside(self):
        hidden = {
            "yst.video.stream": (
                "_credentials",
                "_opened",
                "_set_credentials",
                "_take_account",
                "_bind_token",
            ),
            "yst.video.camera": (
                "_bridge_config",
                "_bridge_streams",
                "_ensure_install_token",
                "_installed",
                "_import_rows",
                "_load_sample",
                "_remind_of_filing",
            ),
            "yst.video.revision": ("_bump", "_current", "_store_pending"),
            "yst.video.settings": ("_get",),
        }
        for model, names in hidden.items():
            for name in names:
                with self.subTest(model=model, name=name), self.assertRaises(AccessError):
                    get_public_method(self.env[model], name)
