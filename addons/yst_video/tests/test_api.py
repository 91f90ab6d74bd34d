import gzip
import json
import uuid
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..controllers import api
from .api_common import NOON, ApiCase, ago, snapshot, stamp
from .api_common import jpeg as picture


def conflict(records):
    """What the database says of two transactions that changed the same row."""
    records.env.cr.execute(
        "DO $$ BEGIN RAISE EXCEPTION 'could not serialize' USING ERRCODE = '40001'; END $$",
        log_exceptions=False,
    )


@tagged("post_install", "-at_install")
class TestApi(ApiCase):
    """The interface over HTTP, as a bridge uses it."""

    def error(self, answer, status, code):
        self.assertEqual(answer.status_code, status, answer.text)
        self.assertEqual(answer.headers["Content-Type"].split(";")[0], "application/json")
        body = answer.json()
        self.assertEqual(list(body), ["error"])
        self.assertEqual(set(body["error"]), {"code", "message"})
        self.assertEqual(body["error"]["code"], code)
        self.assertNotIn("Traceback", answer.text)
        self.assertNotIn("Set-Cookie", answer.headers)

    # -- configuration -------------------------------------------------------------------------

    def test_the_configuration_is_sent_once_per_revision(self):
        answer = self.call("config")
        self.assertEqual(answer.status_code, 200, answer.text)
        config = answer.json()
        self.assertEqual(answer.headers["ETag"], f'"{config["revision"]}"')
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertEqual(answer.headers["Content-Encoding"], "gzip")
        self.assertEqual(
            {camera["id"] for camera in config["cameras"]}, {self.camera.id, self.far.id}
        )
        again = self.call("config", headers={"If-None-Match": answer.headers["ETag"]})
        self.assertEqual((again.status_code, again.content), (304, b""))
        self.rule.threshold = 99
        self.env.flush_all()
        self.env.cr.precommit.run()
        changed = self.call("config", headers={"If-None-Match": answer.headers["ETag"]})
        self.assertEqual(changed.status_code, 200)
        self.assertNotEqual(changed.headers["ETag"], answer.headers["ETag"])
        for header in ('""', "*", "W/\"0\"", "x" * 300):
            self.assertIn(
                self.call("config", headers={"If-None-Match": header}).status_code, (200, 304)
            )

    # -- heartbeat -----------------------------------------------------------------------------

    def test_a_heartbeat_is_answered(self):
        answer = self.beat(
            [], name="东站网桥", version="0.1.0", started_at=stamp(NOON), capacity=800,
            spool={"alerts": 3, "oldest": stamp(NOON), "dropped_pictures": 1},
        )
        self.assertEqual(
            set(answer),
            {"revision", "server_time", "lease", "episodes", "stills", "refused"},
        )
        self.assertEqual(answer["lease"],
                         {"cameras": sorted([self.camera.id, self.far.id]), "ttl": 30})
        self.env.invalidate_all()
        self.assertEqual(self.bridge.uid, self.ident)
        self.assertEqual((self.bridge.version, self.bridge.capacity, self.bridge.state),
                         ("0.1.0", 800, "alive"))
        self.assertEqual(
            (self.bridge.spool_alerts, self.bridge.spool_oldest, self.bridge.dropped_pictures),
            (3, NOON, 1),
        )
        self.assertEqual(self.bridge.camera_count, 2)

    def test_health_is_taken_from_the_bridge_that_holds_the_camera(self):
        self.beat()
        answer = self.beat(
            [self.camera.id, self.far.id],
            [
                self.health(self.camera, codec="h264", width=640, height=360,
                            keyframe_seconds=2.0, keyframe_kb=54.2, last_frame_at=stamp(NOON)),
                self.health(self.far, False, problem="没有应答"),
                {"id": 2**31 - 1, "online": True, "since": stamp(NOON)},
                {"id": self.camera.id},
                "nonsense",
            ],
        )
        self.assertEqual(answer["refused"], sorted([2**31 - 1, self.camera.id]))
        self.env.invalidate_all()
        health = self.camera.health_id
        self.assertEqual(
            (health.online, health.since, health.codec, health.width, health.height,
             health.keyframe_seconds, health.last_frame_at),
            (True, NOON, "h264", 640, 360, 2.0, NOON),
        )
        self.assertTrue(self.camera.online)
        self.assertEqual((self.far.online, self.far.problem), (False, "没有应答"))
        other, key = self._bridge("外来网桥")
        self.beat(uid=str(uuid.uuid4()), key=key,
                  cameras=[self.health(self.camera, False, problem="x")])
        self.env.invalidate_all()
        self.assertNotEqual(self.camera.problem, "x")
        self.assertTrue(other.uid)

    def test_wanted_stills_are_asked_for(self):
        self.beat()
        self.assertEqual(self.beat([self.camera.id])["stills"], [])
        self.env["yst.video.still"]._want(self.camera)
        self.assertEqual(self.beat([self.camera.id])["stills"], [self.camera.id])
        self.env.cr.execute("UPDATE yst_video_still SET wanted_until = %s", [ago(seconds=1)])
        self.env.invalidate_all()
        self.assertEqual(self.beat([self.camera.id])["stills"], [])

    # -- alerts --------------------------------------------------------------------------------

    def test_alerts_over_http(self):
        items = [self.report(snapshots=[snapshot()]), self.report(score=5), self.report()]
        results = self.send(*items)
        self.assertEqual([one["status"] for one in results], ["stored", "invalid", "stored"])
        self.assertEqual([one["uid"] for one in results], [one["uid"] for one in items])
        self.assertEqual([one["status"] for one in self.send(*items, packed=True)],
                         ["duplicate", "invalid", "duplicate"])
        self.env.invalidate_all()
        alert = self.alert(items[0]["uid"])
        self.assertEqual(self.pictures(alert.snapshot_ids), [picture()])
        self.assertEqual(alert.bridge_id.uid, self.ident)

    def test_nothing_is_stored_when_the_server_fails(self):
        """A batch is answered 200 as a whole or not at all; then it can be sent again."""
        items = [self.report(snapshots=[snapshot()]) for _number in range(3)]
        body = {"bridge": self.ident, "alerts": items}
        Snapshot = self.registry["yst.video.snapshot"]
        with patch.object(Snapshot, "_store", side_effect=OSError("no room")), \
                mute_logger("odoo.http"):
            answer = self.call("alerts", body)
        self.error(answer, 500, "internal")
        self.assertNotIn("no room", answer.text)
        self.env.invalidate_all()
        self.assertFalse(self.alert(items[0]["uid"]))
        self.assertEqual([one["status"] for one in self.send(*items)], ["stored"] * 3)

    def test_a_conflict_with_another_transaction_is_run_again(self):
        """The database refuses the first attempt; the bridge gets the answer all the same."""
        Alert = self.registry["yst.video.alert"]
        real, calls = Alert._ingest, []

        def ingest(records, bridge, items):
            calls.append(1)
            if len(calls) == 1:
                conflict(records)
            return real(records, bridge, items)

        with patch.object(Alert, "_ingest", ingest), mute_logger("odoo.service.model"), \
                patch("odoo.service.model.time.sleep"):
            results = self.send(self.report())
        self.assertEqual([one["status"] for one in results], ["stored"])
        self.assertEqual(len(calls), 2)

    def test_a_database_that_stays_busy_is_no_fault_of_the_bridge(self):
        Alert = self.registry["yst.video.alert"]

        def ingest(records, bridge, items):
            conflict(records)

        loggers = "odoo.service.model", "odoo.http", "odoo.sql_db"
        with patch.object(Alert, "_ingest", ingest), mute_logger(*loggers), \
                patch("odoo.service.model.time.sleep"):
            answer = self.call("alerts", {"bridge": self.ident, "alerts": [self.report()]})
        self.error(answer, 503, "busy")

    # -- stills --------------------------------------------------------------------------------

    def still(self, camera, at=NOON, data=None):
        sent = snapshot(data, at)
        return {"camera": camera.id, "at": sent["at"], "jpeg": sent["jpeg"]}

    def put(self, *stills):
        answer = self.call("stills", {"bridge": self.ident, "stills": list(stills)})
        self.assertEqual(answer.status_code, 200, answer.text)
        return answer.json()

    def test_stills_replace_older_ones(self):
        planned = self._cameras(self.north)
        planned._with_state_unlocked().write({"state": "planned"})
        self.env.flush_all()
        answer = self.put(
            self.still(self.camera), self.still(planned),
            {**self.still(self.far), "jpeg": "AAAA"}, "nonsense", {"camera": 2**31 - 1},
        )
        self.assertEqual(
            answer, {"stored": 1, "refused": sorted([planned.id, self.far.id, 2**31 - 1])}
        )
        newer = NOON + timedelta(minutes=1)
        self.assertEqual(self.put(self.still(self.camera, newer, picture(7)))["stored"], 1)
        self.assertEqual(
            self.put(self.still(self.camera)), {"stored": 0, "refused": [self.camera.id]}
        )
        self.env.invalidate_all()
        self.assertEqual(
            self.env["yst.video.picture"]._still(self.camera), (picture(7), newer)
        )

    def test_a_still_from_the_future_does_not_stay_for_ever(self):
        ahead = fields.Datetime.now() + timedelta(days=300)
        self.put(self.still(self.camera, ahead))
        now = fields.Datetime.now().replace(microsecond=0)
        self.assertEqual(self.put(self.still(self.camera, now, picture(9)))["stored"], 1)
        self.env.invalidate_all()
        self.assertEqual(self.env["yst.video.picture"]._still(self.camera), (picture(9), now))

    # -- binding -------------------------------------------------------------------------------

    def test_a_card_binds_stream_and_camera_once(self):
        camera = self._cameras(self.north, stream=False)
        camera._with_state_unlocked().write({"state": "planned"})
        if not camera.install_token:
            camera.sudo().install_token = "A" * 24
        streams = self.env["yst.video.stream"].create(
            [{"main_address": f"rtsp://192.0.2.2/{n}"} for n in range(2)]
        )
        self.env.flush_all()
        body = {"bridge": self.ident, "stream": streams[0].id, "token": camera.install_token,
                "at": stamp(NOON)}
        self.error(self.call("bind", {**body, "token": "B" * 24}), 404, "not_found")
        self.error(self.call("bind", {**body, "stream": 2**31 - 1}), 404, "not_found")
        self.error(self.call("bind", {**body, "token": ""}), 422, "unprocessable")
        self.error(self.call("bind", {**body, "token": "\x00"}), 422, "unprocessable")
        answer = self.call("bind", body)
        self.assertEqual((answer.status_code, answer.json()), (200, {"camera": camera.id}))
        self.env.invalidate_all()
        self.assertEqual(streams[0].camera_id, camera)
        # the card's token is used up: whoever shows it again binds nothing
        self.error(self.call("bind", {**body, "stream": streams[1].id}), 404, "not_found")

    # -- bad requests --------------------------------------------------------------------------

    def test_bodies_that_are_no_json(self):
        for data in (b"", b"{", b"nonsense", b"\xff\xfe\x00", b"[" * 100_000, b'{"a": 1e}',
                     b'{"bridge": "\xff"}'):
            self.error(self.call("alerts", data=data), 400, "bad_json")

    def test_json_of_another_shape(self):
        for path in ("alerts", "heartbeat", "stills", "bind"):
            for body in ([], "x", 5, {}, {"bridge": 5}, {"bridge": "x"}, {"bridge": self.ident}):
                with self.subTest(path=path, body=body):
                    self.error(self.call(path, body), 422, "unprocessable")
        self.error(self.call("alerts", data=b"null"), 422, "unprocessable")
        for alerts in (None, {}, "x", [{}] * 501):
            self.error(self.call("alerts", {"bridge": self.ident, "alerts": alerts}),
                       422, "unprocessable")
        for more in ({"capacity": -1}, {"capacity": "8"}, {"held": ["x"]}, {"held": [2**31]},
                     {"spool": []}, {"spool": {"alerts": -1}}, {"spool": {"oldest": "x"}},
                     {"version": "x" * 61}, {"version": "\x00"}, {"name": "\ud800"},
                     {"started_at": "x"}, {"cameras": {}}, {"problem": 7}):
            with self.subTest(more=more):
                self.error(self.call("heartbeat", {"bridge": self.ident, "held": [], **more}),
                           422, "unprocessable")

    def test_numbers_that_json_does_not_know(self):
        body = json.dumps({"bridge": self.ident, "alerts": [self.report(), self.report()]})
        for word in ("NaN", "Infinity", "-Infinity", "1e999", "9" * 4000):
            answer = self.call("alerts", data=body.replace("0.8", word, 1).encode())
            self.assertEqual(answer.status_code, 200, answer.text)
            statuses = [one["status"] for one in answer.json()["results"]]
            self.assertEqual(statuses[0], "invalid")
            self.assertIn(statuses[1], ("stored", "duplicate"))
        self.error(self.call("alerts", data=body.replace("0.8", "9" * 5000, 1).encode()),
                   400, "bad_json")

    def test_other_types_and_encodings(self):
        good = json.dumps({"bridge": self.ident, "alerts": []}).encode()
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
            self.error(self.call("alerts", data=good, headers={"Content-Type": kind}),
                       415, "unsupported_type")
        self.error(self.call("alerts", data=good, headers={"Content-Encoding": "br"}),
                   415, "unsupported_type")
        self.error(self.call("alerts", data=good, headers={"Content-Encoding": "gzip"}),
                   400, "bad_encoding")
        packed = gzip.compress(good)
        for data in (packed[:-4], packed + b"x", packed + packed):
            self.error(self.call("alerts", data=data, headers={"Content-Encoding": "gzip"}),
                       400, "bad_encoding")

    def test_bodies_that_are_too_large(self):
        with patch.object(api, "MAX_BODY", 10_000):
            bomb = gzip.compress(b" " * 10_000_000)
            self.assertLess(len(bomb), 10_000)
            self.error(self.call("alerts", data=bomb, headers={"Content-Encoding": "gzip"}),
                       413, "too_large")
            self.error(self.call("alerts", data=b" " * 10_001), 413, "too_large")
        self.assertEqual(api.MAX_BODY, 32 * 2**20)
        for function in (api.BridgeApi.alerts, api.BridgeApi.heartbeat):
            self.assertEqual(function.original_routing["max_content_length"], api.MAX_BODY)

    def test_a_body_beyond_the_limit_is_refused_before_it_is_read(self):
        answer = self.call("alerts", data=b" " * (api.MAX_BODY + 1))
        self.error(answer, 413, "too_large")

    def test_a_gzip_bomb_takes_no_more_memory_than_the_limit(self):
        bomb = gzip.compress(b"\0" * (api.MAX_BODY * 8), 9)
        real, sizes = api.zlib.decompressobj, []

        class Watched:
            def __init__(self, **options):
                self.inner = real(**options)

            def decompress(self, data, limit):
                out = self.inner.decompress(data, limit)
                sizes.append(len(out))
                return out

            def __getattr__(self, name):
                return getattr(self.inner, name)

        with patch.object(api.zlib, "decompressobj", Watched), self.assertRaises(api.ApiError):
            api.unpack(bomb)
        self.assertEqual(sizes, [api.MAX_BODY + 1])
