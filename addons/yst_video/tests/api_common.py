"""What the tests of the bridges' interface share: cameras, a bridge and its key, reports."""

import base64
import gzip
import hashlib
import io
import json
import uuid
from datetime import datetime, timedelta

from PIL import Image

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, TransactionCase, new_test_user

from odoo.addons.yst_base.tests.common import KeyMixin

ROOT = "/yst/video/v1"
NOON = datetime(2026, 11, 24, 4, 0)  # 12:00 in Shanghai


def jpeg(shade=100, width=64, height=36):
    """A small real JPEG."""
    stream = io.BytesIO()
    Image.new("RGB", (width, height), (shade % 256, shade // 256 % 256, 90)).save(stream, "JPEG")
    return stream.getvalue()


def stamp(moment):
    """A moment as the interface writes it."""
    return f"{moment.isoformat(timespec='milliseconds')}Z"


def snapshot(data=None, at=NOON):
    """A picture as a bridge sends it."""
    data = jpeg() if data is None else data
    return {
        "at": stamp(at),
        "sha256": hashlib.sha256(data).hexdigest(),
        "width": 64,
        "height": 36,
        "jpeg": base64.b64encode(data).decode(),
    }


class VideoData:
    """Two communities with cameras, the people who watch them, a bridge and its key."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context={
                **cls.env.context,
                "no_reset_password": True,
                "tracking_disable": True,
                "lang": "en_US",
            }
        )
        Area = cls.env["yst.area"]
        cls.subdistrict = Area.create(
            {"name": "测试街道", "code": "610902997000", "kind": "subdistrict"}
        )
        cls.north, cls.south = Area.create(
            [
                {"name": n, "code": c, "kind": "community", "parent_id": cls.subdistrict.id}
                for n, c in (("测试北社区", "610902997001"), ("测试南社区", "610902997002"))
            ]
        )
        # what the database holds already is out of the way
        cls.env.cr.execute("UPDATE yst_video_camera SET state = 'retired'")
        cls.env.cr.execute("UPDATE yst_video_bridge SET last_seen = NULL")
        cls.env.invalidate_all()
        cls.serial = 900_000
        cls.camera = cls._cameras(cls.north)
        cls.far = cls._cameras(cls.south, latitude=32.72)
        cls.rule = cls._rule(cls.camera)
        cls.bridge, cls.key = cls._bridge("测试网桥")
        cls.operator = cls._user("v.operator", "yst_video.group_video_operator", cls.subdistrict)
        cls.north_operator = cls._user("v.north", "yst_video.group_video_operator", cls.north)
        cls.manager = cls._user("v.manager", "yst_video.group_video_manager", cls.subdistrict)
        cls.cadre = cls._user("v.cadre", "yst_base.group_cadre", cls.north)
        cls.south_cadre = cls._user("v.south", "yst_base.group_cadre", cls.south)

    @classmethod
    def _user(cls, login, groups, area=None):
        user = new_test_user(cls.env, login, groups, name=login, lang="en_US", tz="Asia/Shanghai")
        if area:
            user.jurisdiction_ids = [Command.set(area.ids)]
        return user

    @classmethod
    def _cameras(cls, area, count=1, latitude=32.69, longitude=109.03, stream=True, step=0.0):
        vals = []
        for number in range(count):
            cls.serial += 1
            vals.append(
                {
                    "name": f"测试相机{cls.serial}",
                    "gb_code": f"61090200001320{cls.serial}",
                    "area_id": area.id,
                    "latitude": latitude + number * step,
                    "longitude": longitude,
                }
            )
        cameras = cls.env["yst.video.camera"].create(vals)
        if stream:
            cls.env["yst.video.stream"].create(
                [
                    {"main_address": f"rtsp://192.0.2.1/{camera.id}", "camera_id": camera.id}
                    for camera in cameras
                ]
            )
        cameras._with_state_unlocked().write({"state": "active"})
        cls.env.flush_all()
        return cameras

    @classmethod
    def _rule(cls, camera, kind="crowd", dispatch="none", **values):
        return cls.env["yst.video.rule"].create(
            [
                {
                    "camera_id": one.id,
                    "kind": kind,
                    "dispatch": dispatch,
                    "category_id": cls.env.ref("yst_order.category_crowd").id,
                    **values,
                }
                for one in camera
            ]
        )

    @classmethod
    def _bridge(cls, name):
        bridge = cls.env["yst.video.bridge"].create({"name": name})
        key = bridge.action_new_key()["context"]["default_key"]
        return bridge, key

    # -- reports -------------------------------------------------------------------------------

    def report(self, uid=None, sequence=1, event="open", camera=None, rule=None, at=NOON, **more):
        camera = camera or self.camera
        rule = self.rule if rule is None and camera == self.camera else rule
        return {
            "uid": uid or str(uuid.uuid4()),
            "sequence": sequence,
            "event": event,
            "camera": camera.id,
            "rule": rule.id if rule else None,
            "kind": "crowd",
            "started_at": stamp(NOON),
            "at": stamp(at),
            "ended_at": None,
            "score": 0.8,
            "count": 9,
            "reading": None,
            "boxes": [{"x": 0.1, "y": 0.2, "w": 0.1, "h": 0.3, "score": 0.9, "label": "person"}],
            "snapshots": [],
            "clip": None,
            **more,
        }

    def ingest(self, *items):
        """Statuses of a batch given straight to the model."""
        results = self.env["yst.video.alert"]._ingest(self.bridge, list(items))
        return [result["status"] for result in results]

    def alert(self, uid):
        return self.env["yst.video.alert"].search([("uid", "=", uid)])

    def made(self, camera=None, **more):
        """An alert that was reported just now."""
        item = self.report(camera=camera, **more)
        self.assertEqual(self.ingest(item), ["stored"])
        return self.alert(item["uid"])

    def assert_refused(self, call, *args, **options):
        """The call is refused, one way or the other."""
        try:
            with self.env.cr.savepoint():
                call(*args, **options)
        except (AccessError, UserError, ValueError):
            return
        self.fail(f"{call} was not refused")

    def pictures(self, snapshots):
        """The bytes of the pictures as they lie in the file store."""
        attachments = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", "yst.video.snapshot"),
                    ("res_field", "=", "image"),
                    ("res_id", "in", snapshots.ids),
                ],
                order="res_id",
            )
        )
        return [attachment.raw for attachment in attachments]


class VideoCase(VideoData, KeyMixin, TransactionCase):
    """Tests of the models."""


class ApiCase(VideoData, KeyMixin, HttpCase):
    """Tests over HTTP."""

    def setUp(self):
        super().setUp()
        self.ident = str(uuid.uuid4())
        keys = self.env["res.users.apikeys"]
        keys._bridge_failures().clear()
        self.addCleanup(keys._bridge_failures().clear)

    def call(self, path, body=None, key=None, headers=None, data=None, method=None, packed=False):
        """The answer of one request; ``body`` is sent as JSON, ``data`` as it is."""
        sent = {}
        if key is not False:
            sent["Authorization"] = f"Bearer {key or self.key}"
        if body is not None:
            data = json.dumps(body).encode()
        if data is not None:
            sent["Content-Type"] = "application/json"
        if packed:
            data = gzip.compress(data)
            sent["Content-Encoding"] = "gzip"
        sent.update(headers or {})
        method = method or ("POST" if data is not None else "GET")
        return self.url_open(
            f"{ROOT}/{path}", data=data, headers=sent, method=method, timeout=60,
            allow_redirects=False,
        )

    def beat(self, held=(), cameras=(), uid=None, key=None, **more):
        """The answer of a heartbeat."""
        answer = self.call(
            "heartbeat",
            {"bridge": uid or self.ident, "held": list(held), "cameras": list(cameras), **more},
            key=key,
        )
        self.assertEqual(answer.status_code, 200, answer.text)
        return answer.json()

    def send(self, *items, uid=None, **options):
        """The results of a batch of reports."""
        body = {"bridge": uid or self.ident, "alerts": list(items)}
        answer = self.call("alerts", body, **options)
        self.assertEqual(answer.status_code, 200, answer.text)
        return answer.json()["results"]

    def health(self, camera, online=True, **more):
        return {"id": camera.id, "online": online, "since": stamp(NOON), **more}


def ago(**span):
    """A naive moment that lies back."""
    return datetime.utcnow() - timedelta(**span)
