import hashlib
import json
import logging
import os
import re
import time
from pathlib import Path

import yaml

from odoo.tests import tagged
from odoo.tools import mute_logger

from .. import bridge_items, picture_frame
from .api_common import NOON, ROOT, ApiCase, jpeg, snapshot, stamp
from .clip_common import clip_file
from .test_frame import beside, frame

CONTRACT = Path(__file__).parents[3] / "video_bridge" / "openapi.yaml"
EXAMPLES = int(os.environ.get("YST_CONTRACT_EXAMPLES") or 20)  # good and bad, per operation
LEAST = 3
SECONDS = int(os.environ.get("YST_CONTRACT_SECONDS") or 50)  # for all of them together


@tagged("post_install", "-at_install")
class TestContract(ApiCase):
    """The server keeps to ``video_bridge/openapi.yaml``: with good input and with any other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))

    def schema(self, name):
        import jsonschema_rs

        return jsonschema_rs.validator_for(
            {"$ref": f"#/components/schemas/{name}", "components": self.contract["components"]}
        )

    def test_what_the_server_says_fits_the_contract(self):
        """Answers with content in them: cameras with zones and rules, episodes, stills."""
        zone = self.env["yst.video.zone"].create(
            {"camera_id": self.camera.id, "name": "广场", "shape": "polygon",
             "points": [[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]}
        )
        self.rule.write({
            "zone_ids": [(6, 0, zone.ids)], "params": {"inertia": 3},
            "window_ids": [(0, 0, {"hour_from": 8.0, "hour_to": 20.5})],
        })
        self.env["yst.video.stream"].create({"main_address": "rtsp://192.0.2.3/x"})
        self.env.flush_all()
        config = self.call("config").json()
        self.schema("Config").validate(config)
        cameras = {camera["id"]: camera for camera in config["cameras"]}
        self.assertTrue(cameras[self.camera.id]["rules"][0]["windows"])
        self.assertTrue(config["unbound"])
        self.env["yst.video.still"]._want(self.camera)
        results = self.send(self.report(snapshots=[snapshot()]), self.report(), {"uid": 5})
        self.schema("AlertResults").validate({"results": results})
        beat = {
            "bridge": self.ident, "name": "测试", "version": "0.1.0", "started_at": stamp(NOON),
            "capacity": 800, "held": [], "cameras": [self.health(self.camera)],
            "spool": {"alerts": 0, "oldest": None, "dropped_pictures": 0},
        }
        self.schema("Heartbeat").validate(beat)
        self.schema("AlertBatch").validate({"bridge": self.ident, "alerts": [self.report()]})
        answer = self.call("heartbeat", beat).json()
        self.schema("HeartbeatAnswer").validate(answer)
        self.assertTrue(answer["episodes"] and answer["stills"])
        self.schema("Error").validate(self.call("config", key="0" * 40).json())

    def test_every_operation_of_the_contract_is_there_and_no_other(self):
        routes = {
            (re.sub(r"<\w+:(\w+)>", r"{\1}", rule.rule.removeprefix(ROOT)), method.lower())
            for rule in self.env["ir.http"].routing_map().iter_rules()
            for method in rule.methods or ()
            if rule.rule.startswith(ROOT) and method not in ("HEAD", "OPTIONS")
        }
        agreed = {
            (path, method) for path, item in self.contract["paths"].items() for method in item
        }
        self.assertEqual(routes, agreed)

    def test_examples_made_from_the_contract(self):
        """schemathesis: good and bad requests; answers as agreed, never a failure of the server."""
        import schemathesis
        from hypothesis import HealthCheck, Phase, given, settings, strategies
        from schemathesis import GenerationMode
        from schemathesis.checks import not_a_server_error
        from schemathesis.specs.openapi.checks import (
            content_type_conformance,
            response_headers_conformance,
            response_schema_conformance,
            status_code_conformance,
        )

        checks = [
            not_a_server_error,
            status_code_conformance,
            content_type_conformance,
            response_headers_conformance,
            response_schema_conformance,
        ]
        schemathesis.openapi.media_type("video/mp4", strategies.binary(max_size=500))

        @schemathesis.serializer("video/mp4")
        def film(_context, value):
            return value if isinstance(value, bytes) else str(value).encode()

        schemathesis.openapi.media_type(picture_frame.TYPE, self._frames())
        schema = schemathesis.openapi.from_dict(self.contract)
        schema.config.update(base_url=f"{self.base_url()}{ROOT}")
        schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
        sent, seen = {}, {}

        def tried(name):
            stop = time.monotonic() + SECONDS / 10

            def check(case):
                # on a busy machine the time is over soon; a few requests are made all the same
                if time.monotonic() > stop and sent.get(name, 0) >= LEAST:
                    return
                kept = {key: value for key, value in (case.headers or {}).items()
                        if key.lower().startswith(("if-none-match", "x-"))}
                case.headers = {**kept, "Authorization": f"Bearer {self.key}"}
                self._make_known(case.body, sent.get(name, 0))
                if case.method.upper() == "PUT":
                    self._make_known_clip(case, sent.get(name, 0))
                response = case.call(session=self.opener, timeout=30)
                sent[name] = sent.get(name, 0) + 1
                seen.setdefault(name, set()).add(response.status_code)
                case.validate_response(response, checks=checks)

            return check

        for result in schema.get_all_operations():
            operation = result.ok()
            modes = [GenerationMode.POSITIVE]
            if operation.method.upper() in ("POST", "PUT"):
                modes.append(GenerationMode.NEGATIVE)
            for mode in modes:
                name = f"{operation.method.upper()} {operation.path} {mode.value}"
                test = settings(
                    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
                    suppress_health_check=list(HealthCheck),
                    phases=[Phase.explicit, Phase.generate],
                )(given(case=operation.as_strategy(generation_mode=mode))(tried(name)))
                with self.subTest(operation=name), mute_logger("odoo.http"):
                    test()
        logging.getLogger(__name__).info(
            "%s", json.dumps({name: (sent[name], sorted(seen[name])) for name in sent})
        )
        self.assertEqual(len(sent), 11)
        for name, count in sent.items():
            self.assertGreaterEqual(count, LEAST, name)
        for path in ("heartbeat", "alerts", "stills"):
            self.assertIn(200, seen[f"POST /{path} positive"])
            # a frame may be bad in other ways than JSON is
            self.assertTrue({400, 422} & seen[f"POST /{path} negative"], path)
        self.assertLessEqual({201, 422}, seen["PUT /clips/{uid} positive"])
        self.assertIn(422, seen["PUT /clips/{uid} negative"])

    def _frames(self):
        """Batches with their pictures beside the JSON: whole ones, and what is left when parts of
        them are cut out, repeated or overwritten."""
        from hypothesis import strategies as st

        def made(shades, listed, cut, junk):
            reports = [self.report(snapshots=[snapshot(jpeg(shade))]) for shade in shades]
            items, pictures = beside(*reports)
            data = frame({"bridge": self.ident, "alerts": items}, *pictures, listed=listed)
            return data if cut is None else data[:cut] + junk + data[cut + len(junk) // 2 :]

        listed = st.none() | st.lists(st.fixed_dictionaries(
            {"sha256": st.text(max_size=64), "size": st.integers() | st.none()}), max_size=3)
        return st.builds(made, st.lists(st.integers(0, 255), max_size=3), listed,
                         st.none() | st.integers(0, 3000), st.binary(max_size=20))

    def test_a_frame_is_what_the_contract_says(self):
        items, pictures = beside(self.report(snapshots=[snapshot()]), self.report())
        data = frame({"bridge": self.ident, "alerts": items}, *pictures)
        head, _rest = picture_frame.parted(data)
        self.schema("FramedAlertBatch").validate(json.loads(head))
        self.assertFalse(self.schema("AlertBatch").is_valid(
            {"bridge": self.ident, "alerts": items}), "there the pictures are missing")
        kinds = self.contract["paths"]["/alerts"]["post"]["requestBody"]["content"]
        self.assertEqual(set(kinds), {"application/json", picture_frame.TYPE})

    def _make_known_clip(self, case, number):
        """Let every second request that is well formed bring a real clip of a real alert."""
        headers = case.headers
        if bridge_items.UUID.fullmatch(str(headers.get("X-Bridge"))):
            headers["X-Bridge"] = self.ident
        uid = str((case.path_parameters or {}).get("uid"))
        if number % 2 and bridge_items.UUID.fullmatch(uid):
            case.path_parameters["uid"] = self.made().uid
            film = clip_file(number=number)
            if bridge_items.SHA256.fullmatch(str(headers.get("X-Clip-Sha256"))):
                headers["X-Clip-Sha256"] = hashlib.sha256(film).hexdigest()
                headers["X-Clip-Codec"] = headers.get("X-Clip-Codec") and "h264"
                case.body = film

    def _make_known(self, body, number):
        """Let what is well formed speak of what there is: this bridge and, in every second
        request, a camera that exists; otherwise the database would hardly be reached."""
        if not isinstance(body, dict):
            return
        if isinstance(body.get("bridge"), str) and bridge_items.UUID.fullmatch(body["bridge"]):
            body["bridge"] = self.ident
        for name in ("alerts", "stills", "cameras") if number % 2 else ():
            items = body.get(name)
            for item in items if isinstance(items, list) else ():
                for key in ("camera", "id"):
                    if isinstance(item, dict) and type(item.get(key)) is int:
                        item[key] = self.camera.id
