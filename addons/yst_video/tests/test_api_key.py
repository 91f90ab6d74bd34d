import json
import uuid
from unittest.mock import patch
from xmlrpc.client import Fault

from odoo.exceptions import AccessDenied, AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..models import res_users_apikeys
from .api_common import ApiCase

BEAT = ("heartbeat", "alerts", "stills", "bind")


@tagged("post_install", "-at_install")
class TestApiKey(ApiCase):
    """A bridge's key opens the bridges' interface and nothing else; nothing else opens that."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = cls.bridge.user_id

    def refused(self, key, status=401):
        answers = [self.call("config", key=key)]
        answers += [self.call(path, {"bridge": self.ident}, key=key) for path in BEAT]
        for answer in answers:
            self.assertEqual(answer.status_code, status, answer.text)
            self.assertEqual(answer.json()["error"]["code"],
                             "unauthorized" if status == 401 else "too_many")
        self.env["res.users.apikeys"]._bridge_failures().clear()
        return answers[0]

    # -- what the key opens ----------------------------------------------------------------------

    def test_the_account_has_one_group_and_no_user_type(self):
        self.assertEqual(
            self.account.all_group_ids, self.env.ref("yst_video.group_video_bridge")
        )
        self.assertFalse(self.account._is_internal())
        self.assertFalse(self.account._is_portal())
        self.assertFalse(self.account._is_public())
        self.assertTrue(self.account.share)
        self.assertFalse(self.account.jurisdiction_ids)
        self.assertFalse(self.account.role_line_ids)
        self.env.cr.execute("SELECT password FROM res_users WHERE id = %s", [self.account.id])
        self.assertFalse(self.env.cr.fetchone()[0])
        self.env.cr.execute(
            "SELECT scope FROM res_users_apikeys WHERE user_id = %s", [self.account.id]
        )
        self.assertEqual(self.env.cr.fetchall(), [("yst_video",)])

    def test_the_account_reads_no_model(self):
        """Not even with the rights that everybody's lack of a group leaves."""
        open_ = []
        for name in sorted(self.env.registry):
            model = self.env[name].with_user(self.account)
            if model._abstract or not model._auto:
                continue
            for operation in ("read", "write", "create", "unlink"):
                if model.has_access(operation):
                    open_.append((name, operation))
        # rows that Odoo gives to everybody, whoever it is
        everybody = {
            access.model_id.model
            for access in self.env["ir.model.access"].sudo().search([("group_id", "=", False)])
        }
        self.assertEqual([one for one in open_ if one[0] not in everybody], [])
        self.assertFalse([one for one in everybody if one.startswith("yst.")])

    @mute_logger("odoo.http", "odoo.addons.base.models.res_users", "odoo.service.model")
    def test_the_key_opens_no_other_interface(self):
        bearer = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        for model, method in (
            ("res.users", "search_read"),
            ("res.partner", "search_read"),
            ("yst.video.camera", "search_read"),
            ("yst.video.alert", "_ingest"),
            ("yst.video.bridge", "action_new_key"),
        ):
            answer = self.url_open(f"/json/2/{model}/{method}", data="{}", headers=bearer)
            self.assertEqual(answer.status_code, 401, answer.text)
        self.assertEqual(self.url_open("/doc-bearer/index.json", headers=bearer).status_code in
                         (401, 403, 404), True)
        db = self.env.cr.dbname
        for login in (self.account.login, self.account.partner_id.email or "x"):
            for password in (self.key, "", "admin", self.account.login):
                uid = self.xmlrpc_common.authenticate(db, login, password, {})
                self.assertFalse(uid)
                answer = self.url_open(
                    "/web/session/authenticate",
                    data=json.dumps({"jsonrpc": "2.0", "method": "call", "params": {
                        "db": db, "login": login, "password": password}}),
                    headers={"Content-Type": "application/json"},
                )
                self.assertIn("error", answer.json())
        with self.assertRaises(Fault):
            self.xmlrpc_object.execute_kw(
                db, self.account.id, self.key, "res.partner", "search_read", [[]]
            )
        answer = self.url_open(
            "/jsonrpc",
            data=json.dumps({"jsonrpc": "2.0", "method": "call", "params": {
                "service": "object", "method": "execute_kw",
                "args": [db, self.account.id, self.key, "res.users", "search_read", [[]]]}}),
            headers={"Content-Type": "application/json"},
        )
        self.assertIn("error", answer.json())

    @mute_logger("odoo.http", "odoo.addons.base.models.res_users")
    def test_the_key_opens_no_page(self):
        bearer = {"Authorization": f"Bearer {self.key}"}
        attachment = self.env["ir.attachment"].create({"name": "x.txt", "raw": b"secret"})
        for path in ("/odoo", "/web", "/my", "/my/home", "/my/account"):
            answer = self.url_open(path, headers=bearer, allow_redirects=False)
            self.assertIn(answer.status_code, (301, 302, 303, 401, 403, 404), path)
        for path in (f"/web/content/{attachment.id}",
                     f"/web/image/res.users/{self.account.id}/login",
                     f"/web/image/ir.attachment/{attachment.id}/raw"):
            answer = self.url_open(path, headers=bearer, allow_redirects=False)
            self.assertNotIn(b"secret", answer.content)
        page = self.url_open("/web/login")
        token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        answer = self.url_open(
            "/web/login",
            data={"login": self.account.login, "password": self.key, "csrf_token": token},
            allow_redirects=False,
        )
        self.assertEqual(answer.status_code, 200)
        self.assertNotIn("/odoo", answer.headers.get("Location", ""))

    @mute_logger("odoo.addons.base.models.res_users")
    def test_no_password_opens_the_account(self):
        """Even when somebody sets one."""
        self.account.sudo().password = "Geheim-2026-x"
        with self.assertRaises(AccessDenied):
            self.account.with_user(self.account)._check_credentials(
                {"type": "password", "password": "Geheim-2026-x"}, {"interactive": True}
            )
        self.assertFalse(
            self.xmlrpc_common.authenticate(
                self.env.cr.dbname, self.account.login, "Geheim-2026-x", {}
            )
        )

    # -- what opens the interface ------------------------------------------------------------------

    def test_without_a_key(self):
        answer = self.refused(False)
        self.assertIn("Bearer", answer.headers["WWW-Authenticate"])
        for header in ("", "Bearer", "Bearer ", "Basic eDp5", f"Token {self.key}",
                       f"Bearer {self.key} x", "Bearer " + "ä"):
            answer = self.call("config", key=False,
                               headers={"Authorization": header.encode("latin-1")})
            self.assertEqual(answer.status_code, 401, header)
        self.env["res.users.apikeys"]._bridge_failures().clear()
        self.assertEqual(
            self.call("config", key=False,
                      headers={"Authorization": f"bEARER   {self.key}"}).status_code, 200
        )

    def test_wrong_keys_are_all_told_the_same(self):
        texts = set()
        wrong = self.key[:8] + "0" * 32
        for key in (wrong, "0" * 40, "x", self.key[:-1], self.key + "0", "y" * 1000):
            texts.add(self.refused(key).text)
        self.assertEqual(len(texts), 1)

    def test_a_session_opens_nothing_here(self):
        admin = new_test_user(self.env, "v.admin", "base.group_user,base.group_system")
        self.authenticate(admin.login, admin.login)
        self.refused(False)
        self.assertEqual(self.call("config").status_code, 200)

    def test_other_peoples_keys_open_nothing_here(self):
        admin = new_test_user(self.env, "v.admin", "base.group_user,base.group_system")
        keys = self.env["res.users.apikeys"].with_user(admin).sudo()
        self.refused(keys._generate("rpc", "x", None))
        self.refused(keys._generate(None, "x", None))
        # of the right scope, but the account can do more than a bridge
        self.refused(keys._generate("yst_video", "x", None))
        admin.group_ids += self.env.ref("yst_video.group_video_bridge")
        self.refused(keys._generate("yst_video", "x", None))
        # the bridge's account, but a key that opens everything
        own = self.env["res.users.apikeys"].with_user(self.account).sudo()
        self.refused(own._generate(None, "x", None))

    def test_an_account_that_was_given_more_is_no_bridge_any_more(self):
        self.assertEqual(self.call("config").status_code, 200)
        self.account.group_ids += self.env.ref("base.group_portal")
        self.refused(self.key)

    def test_a_key_that_was_ended_opens_nothing(self):
        self.assertEqual(self.call("config").status_code, 200)
        self.bridge.with_user(self.manager).action_end_key()
        self.assertFalse(self.bridge.key_hint)
        self.refused(self.key)

    def test_a_new_key_ends_the_old_one(self):
        action = self.bridge.with_user(self.manager).action_new_key()
        key = action["context"]["default_key"]
        self.assertNotEqual(key, self.key)
        self.assertEqual(self.bridge.user_id, self.account)
        self.assertEqual(self.bridge.key_hint, key[:4])
        self.refused(self.key)
        self.assertEqual(self.call("config", key=key).status_code, 200)

    def test_an_account_that_was_closed_opens_nothing(self):
        self.assertEqual(self.call("config").status_code, 200)
        self.account.active = False
        self.env.flush_all()
        self.refused(self.key)

    def test_a_bridge_that_was_deleted_leaves_no_key(self):
        self.beat()
        self.assertEqual(self.camera.health_id.bridge_id, self.bridge)
        self.bridge.with_user(self.manager).unlink()
        self.assertFalse(self.account.active)
        self.env.invalidate_all()
        self.assertFalse(self.camera.health_id.bridge_id)
        self.refused(self.key)

    def test_a_bridge_that_was_switched_off_loses_its_cameras(self):
        self.beat()
        self.bridge.with_user(self.manager).active = False
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(self.camera.health_id.bridge_id)
        answer = self.call("heartbeat", {"bridge": self.ident, "held": []})
        self.assertEqual(answer.status_code, 403)
        self.assertEqual(answer.json()["error"]["code"], "switched_off")

    def test_bridges_share_a_key_but_no_identity(self):
        self.beat()
        second = str(uuid.uuid4())
        self.beat(uid=second, name="第二台")
        record = self.env["yst.video.bridge"].search([("uid", "=", second)])
        self.assertEqual((record.name, record.user_id), ("第二台", self.account))
        _other, key = self._bridge("别家网桥")
        for path in BEAT:
            answer = self.call(path, {"bridge": second, "held": [], "alerts": [], "stills": [],
                                      "stream": 1, "token": "x",
                                      "at": "2026-11-24T00:00:00Z"}, key=key)
            self.assertEqual(answer.status_code, 403)
            self.assertEqual(answer.json()["error"]["code"], "other_account")

    def test_one_key_makes_no_end_of_bridges(self):
        with patch("odoo.addons.yst_video.models.yst_video_bridge.MAX_OF_ACCOUNT", 2):
            self.beat()
            self.beat(uid=str(uuid.uuid4()))
            answer = self.call("heartbeat", {"bridge": str(uuid.uuid4()), "held": []})
        self.assertEqual(answer.status_code, 403)
        self.assertEqual(answer.json()["error"]["code"], "too_many_bridges")

    def test_another_database_is_not_asked(self):
        for name in ("yst_no_such_database", "postgres", "template1", "a/../b", "x" * 100):
            answer = self.call("config", headers={"X-Odoo-Database": name})
            self.assertNotEqual(answer.status_code, 200)
            self.assertLess(answer.status_code, 500)
            self.assertNotIn(b"cameras", answer.content)

    # -- guessing --------------------------------------------------------------------------------

    def test_guessing_is_slowed_down_and_disturbs_no_bridge(self):
        for number in range(res_users_apikeys.FAILURES):
            self.assertEqual(self.call("config", key=f"{number:040x}").status_code, 401)
        answer = self.call("config", key="f" * 40)
        self.assertEqual(answer.status_code, 429)
        self.assertTrue(0 < int(answer.headers["Retry-After"]) <= 300)
        self.assertEqual(answer.json()["error"]["code"], "too_many")
        self.assertEqual(self.call("config").status_code, 200)
        self.assertEqual(self.call("config", key="f" * 40).status_code, 429)
        with patch.object(res_users_apikeys.time, "monotonic", return_value=1e12):
            self.assertEqual(self.call("config", key="f" * 40).status_code, 401)

    def test_a_wrong_key_costs_no_hashing_and_a_known_one_costs_it_once(self):
        keys = self.env["res.users.apikeys"]
        keys._bridge_keys().clear()
        real = res_users_apikeys.KEY_CRYPT_CONTEXT
        with patch.object(res_users_apikeys, "KEY_CRYPT_CONTEXT") as context:
            verify = context.verify
            verify.side_effect = real.verify
            self.call("config", key="0" * 40)
            self.assertEqual(verify.call_count, 0)
            for _time in range(3):
                self.assertEqual(self.call("config").status_code, 200)
            self.assertEqual(verify.call_count, 1)

    # -- who makes keys --------------------------------------------------------------------------

    def test_only_managers_make_keys(self):
        for user in (self.operator, self.cadre, self.account):
            for action in ("action_new_key", "action_end_key"):
                with self.assertRaises(AccessError):
                    getattr(self.bridge.with_user(user), action)()
        off = self.bridge.copy({"name": "停用"})
        self.assertFalse(off.user_id or off.key_hint or off.uid)
        off.active = False
        with self.assertRaises(UserError):
            off.with_user(self.manager).action_new_key()
        with self.assertRaises(UserError):
            off.with_user(self.manager).action_end_key()

    def test_nobody_types_in_what_the_server_notes(self):
        Bridge = self.env["yst.video.bridge"].with_user(self.manager)
        admin = new_test_user(self.env, "v.admin", "base.group_user,base.group_system")
        values = {"uid": "x", "user_id": admin.id, "last_seen": "2026-01-01", "problem": "x"}
        for name, value in values.items():
            with self.assertRaises(AccessError):
                Bridge.create({"name": "x", name: value})
            with self.assertRaises(AccessError):
                self.bridge.with_user(self.manager).write({name: value})
        context = {f"default_{name}": value for name, value in values.items()}
        forged = Bridge.with_context(**context).create({"name": "x"})
        self.assertFalse(forged.uid or forged.user_id or forged.last_seen or forged.problem)

    def test_the_key_is_not_kept(self):
        """Neither in the record nor in the audit log nor in any other text of the database."""
        self.env.flush_all()
        log = self.env["yst.audit.log"].sudo().search([("model", "=", "yst.video.bridge")])
        self.assertTrue(log)
        self.assertFalse([one for one in log if self.key in (one.detail or "")])
        self.env.cr.execute(
            "SELECT 1 FROM res_users_apikeys WHERE key LIKE %s", [f"%{self.key}%"]
        )
        self.assertFalse(self.env.cr.fetchall())
        self.assertNotIn(self.key, str(self.bridge.sudo().read()))
