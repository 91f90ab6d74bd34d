"""Alerts into Odoo: a batch through the bridges' interface beside one JSON-2 `create` per alert.

The peer is what an integrator without an interface of its own would do: a model of Odoo with the
same fields, a line for each picture, the picture as an attachment, no chatter, and one call of
JSON-2 for each alert. The same pictures go both ways: JSON-2 knows them as base64 in its `create`
alone, the bridges' interface takes them beside the JSON too (`post_framed`), which is what a
bridge does, or within it. The peer is even spared the questions that ours answers: whether the
alert is known already, or is another bridge's, which report is newer, whether the camera exists,
whether the picture is one and has the SHA-256 that it should have, and who has to be told.

`prepare(env)` runs inside Odoo's shell; `measure(...)` talks to the server that serves it.
"""

import base64
import hashlib
import http.client
import json
import random
import statistics
import time
import uuid
from datetime import datetime, timezone

from tools import console
from tools.bench import result
from tools.benchmarks._web import Statements
from tools.console import Trouble

CAMERAS = 632
ROUNDS = 5
BATCH, PICTURE_KB = 400, 54  # as many as 32 MiB hold
LIMIT = 0.2  # seconds in which a heartbeat is to be answered
SINGLES = 40  # calls of the peer in a round
PEER_ALERT, PEER_PICTURE = "x_yst_bench_alert", "x_yst_bench_picture"


# -- inside Odoo's shell -------------------------------------------------------


def prepare(env):
    """Cameras with rules, a bridge's key, the peer's models and its key; as a dictionary."""
    env = env(context=dict(env.context, tracking_disable=True, no_reset_password=True))
    Area = env["yst.area"]
    area = Area.search([("code", "=like", "610902%")], limit=1) or Area.create(
        {"name": "bench", "code": "610902995000", "kind": "subdistrict"}
    )
    cameras = env["yst.video.camera"].create([
        {"name": f"bench {n}", "gb_code": f"{area.code[:6]}00001320{700_000 + n}",
         "area_id": area.id, "latitude": 32.6 + n / 1000, "longitude": 109.0}
        for n in range(CAMERAS)
    ])
    cameras._with_state_unlocked().write({"state": "active"})
    env["yst.video.stream"].create(
        [{"main_address": f"rtsp://192.0.2.1/{camera.id}", "camera_id": camera.id}
         for camera in cameras]
    )
    rules = env["yst.video.rule"].create(
        [{"camera_id": camera.id, "kind": "crowd", "dispatch": "none"} for camera in cameras]
    )
    bridge = env["yst.video.bridge"].create({"name": "bench"})
    key = bridge.action_new_key()["context"]["default_key"]
    user = _peer(env)
    peer_key = env["res.users.apikeys"].with_user(user).sudo()._generate("rpc", "bench", None)
    env.cr.commit()
    return {"key": key, "peer_key": peer_key, "cameras": cameras.ids, "rules": rules.ids}


def _peer(env):
    """The peer's two models, and a user who may create records of them and nothing else."""
    group = env["res.groups"].create({"name": "bench"})
    Model = env["ir.model"]
    access = [(0, 0, {"name": "bench", "group_id": group.id, "perm_read": True,
                      "perm_write": True, "perm_create": True, "perm_unlink": False})]

    def field(name, kind, **more):
        return (0, 0, {"name": f"x_{name}", "field_description": name, "ttype": kind, **more})

    alert = Model.create({"name": "bench alert", "model": PEER_ALERT, "access_ids": access,
                          "field_id": [
        field("uid", "char", index=True), field("sequence", "integer"),
        field("camera_id", "many2one", relation="yst.video.camera", on_delete="restrict"),
        field("rule_id", "many2one", relation="yst.video.rule", on_delete="set null"),
        field("kind", "char"), field("episode_state", "char"), field("started_at", "datetime"),
        field("last_at", "datetime"), field("score", "float"), field("count", "integer"),
        field("boxes", "text"), field("clip", "char"),
    ]})
    Model.create({"name": "bench picture", "model": PEER_PICTURE, "access_ids": access,
                  "field_id": [
        field("alert_id", "many2one", relation=PEER_ALERT, on_delete="cascade", index=True),
        field("taken_at", "datetime"), field("sha256", "char"), field("width", "integer"),
        field("height", "integer"), field("image", "binary"),
    ]})
    alert.write({"field_id": [
        field("picture_ids", "one2many", relation=PEER_PICTURE, relation_field="x_alert_id"),
    ]})
    # the peer's references are read as any integrator's account would read them
    for name in ("yst.video.camera", "yst.video.rule"):
        env["ir.model.access"].create({"name": "bench", "model_id": Model._get_id(name),
                                       "group_id": group.id, "perm_read": True})
    return env["res.users"].create({
        "name": "bench peer", "login": "bench-peer",
        "group_ids": [(6, 0, [env.ref("base.group_user").id, group.id])], "role_line_ids": [],
    })


# -- outside -------------------------------------------------------------------


class Sender:
    """One connection that stays open, with a key; pictures are never twice the same."""

    def __init__(self, port, database, key):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        self.headers = {"Authorization": f"Bearer {key}", "X-Odoo-Database": database}

    def post(self, path, body):
        """(seconds until the answer was there, the answer); a Trouble unless it is 200."""
        return self._post(path, json.dumps(body).encode(), "application/json")

    def post_framed(self, path, body):
        """The same with alerts whose pictures travel beside the JSON, as a bridge sends them."""
        pictures = {}
        alerts = [
            {**item, "snapshots": [{k: v for k, v in shot.items() if k != "jpeg"}
                                   for shot in item["snapshots"]]}
            for item in body["alerts"]
        ]
        for item in body["alerts"]:
            for shot in item["snapshots"]:
                pictures[shot["sha256"]] = base64.b64decode(shot["jpeg"])
        listed = [{"sha256": name, "size": len(data)} for name, data in pictures.items()]
        head = json.dumps({**body, "alerts": alerts, "pictures": listed}).encode()
        data = b"".join([len(head).to_bytes(4, "big"), head, *pictures.values()])
        return self._post(path, data, "application/vnd.yst.video.alerts")

    def _post(self, path, data, kind):
        start = time.perf_counter()
        self.connection.request("POST", path, data, {**self.headers, "Content-Type": kind})
        reply = self.connection.getresponse()
        content = reply.read()
        took = time.perf_counter() - start
        if reply.status != 200:
            raise Trouble(f"POST {path} answered {reply.status}: {content[:300]!r}", "see the log")
        return took, json.loads(content)


def picture(size):
    """A JPEG's header and as much noise as makes up its size: its pixels are looked at nowhere."""
    header = bytes.fromhex("ffd8ffe000104a46494600010100000100010000"
                           "ffc0001108016802800301220002110103110100")[:20]
    frame = bytes.fromhex("ffc00011080168028003012200021101031101")
    return header + frame + random.randbytes(size - len(header) - len(frame) - 2) + b"\xff\xd9"


def alerts(facts, count, kilobytes):
    """So many reports of new episodes, with a picture each unless it has no kilobytes."""
    now = f"{datetime.now(timezone.utc).isoformat(timespec='milliseconds')[:-6]}Z"
    boxes = [{"x": 0.1 * n, "y": 0.4, "w": 0.05, "h": 0.3, "score": 0.8, "label": "person"}
             for n in range(9)]
    made = []
    for number in range(count):
        place = number % len(facts["cameras"])
        shots = []
        if kilobytes:
            data = picture(kilobytes * 1024)
            shots = [{"at": now, "sha256": hashlib.sha256(data).hexdigest(), "width": 640,
                      "height": 360, "jpeg": base64.b64encode(data).decode()}]
        made.append({
            "uid": str(uuid.uuid4()), "sequence": 1, "event": "open",
            "camera": facts["cameras"][place], "rule": facts["rules"][place], "kind": "crowd",
            "started_at": now, "at": now, "ended_at": None, "score": 0.81, "count": 9,
            "reading": None, "boxes": boxes, "snapshots": shots, "clip": None,
        })
    return made


def as_create(item):
    """The same content as the values of the peer's `create`."""
    def plain(moment):
        return moment[:19].replace("T", " ")

    return {
        "x_uid": item["uid"], "x_sequence": item["sequence"],
        "x_camera_id": item["camera"], "x_rule_id": item["rule"], "x_kind": item["kind"],
        "x_episode_state": "open", "x_started_at": plain(item["started_at"]),
        "x_last_at": plain(item["at"]), "x_score": item["score"], "x_count": item["count"],
        "x_boxes": json.dumps(item["boxes"]), "x_clip": item["clip"],
        "x_picture_ids": [
            [0, 0, {"x_taken_at": plain(shot["at"]), "x_sha256": shot["sha256"],
                    "x_width": shot["width"], "x_height": shot["height"], "x_image": shot["jpeg"]}]
            for shot in item["snapshots"]
        ],
    }


def measure(port, log, database, facts, *, batch=BATCH, kilobytes=PICTURE_KB, singles=SINGLES,
            framed=True, target=20, bench="video.ingest"):
    """A B A B …: alerts a second through our interface and through JSON-2; one result.

    `ours` and `peer` are seconds an alert; the statements are those of one alert. Without
    `framed` ours has its pictures within the JSON, as the peer has.
    """
    ours, peer = Sender(port, database, facts["key"]), Sender(port, database, facts["peer_key"])
    # one bridge for all measurements: what two report of one camera would be one alert
    uid, counter = facts.setdefault("bridge", str(uuid.uuid4())), Statements(log)
    times, counts = ([], []), ([], [])

    def send_batch(count):
        body = {"bridge": uid, "alerts": alerts(facts, count, kilobytes)}
        send = ours.post_framed if framed and kilobytes else ours.post
        took, answer = send("/yst/video/v1/alerts", body)
        if any(one["status"] != "stored" for one in answer["results"]):
            raise Trouble(f"{bench}: not every alert was stored")
        return took / count

    def send_singles(count):
        items = [as_create(item) for item in alerts(facts, count, kilobytes)]
        return statistics.fmean(
            peer.post(f"/json/2/{PEER_ALERT}/create", {"vals_list": [item]})[0] for item in items
        )

    with console.step(bench):
        send_batch(5)
        send_singles(5)
        for _round in range(ROUNDS):
            counter.skip()
            times[0].append(send_batch(batch))
            counts[0].append(counter.read(1)[0][1] / batch)
            times[1].append(send_singles(singles))
            counts[1].append(statistics.fmean(n for _path, n in counter.read(singles)))
    mine, theirs = (statistics.median(one) for one in times)
    way = "beside the JSON as a bridge sends it" if framed else "within the JSON"
    load = f"with a picture of {kilobytes} KB each {way}" if kilobytes else "without pictures"
    return result(
        bench, batch, mine, theirs, target=target,
        statements=round(statistics.median(counts[0]), 4),
        peer_statements=round(statistics.median(counts[1]), 2),
        alerts_per_second=[round(1 / mine), round(1 / theirs, 1)], rounds=ROUNDS,
        notes=f"seconds and statements an alert; {batch} new alerts in a batch {load}; "
              f"peer: {singles} calls of JSON-2 create a round with the same content"
              f"{', the picture as base64' if kilobytes else ''}; "
              "one client, connection kept open",
    )


def heartbeats(port, log, database, facts, *, beats=60, bench="video.heartbeat"):
    """Heartbeats of a bridge that holds all cameras: seconds an answer; one result.

    Every sixth tells the health of all cameras, as a bridge does each minute.
    """
    sender, counter = Sender(port, database, facts["key"]), Statements(log)
    now = f"{datetime.now(timezone.utc).isoformat(timespec='milliseconds')[:-6]}Z"
    health = [{"id": camera, "online": True, "since": now, "last_frame_at": now, "codec": "h264",
               "width": 640, "height": 360, "keyframe_seconds": 2.0, "keyframe_kb": 54.0,
               "problem": None} for camera in facts["cameras"]]
    body = {"bridge": str(uuid.uuid4()), "name": "bench", "version": "1", "started_at": now,
            "capacity": 0, "held": [], "cameras": [],
            "spool": {"alerts": 0, "oldest": None, "dropped_pictures": 0}}
    with console.step(bench):
        body["held"] = sender.post("/yst/video/v1/heartbeat", body)[1]["lease"]["cameras"]
        if not set(facts["cameras"]) <= set(body["held"]):
            raise Trouble(f"{bench}: the bridge was not given all cameras")
        counter.skip()
        times = sorted(
            sender.post("/yst/video/v1/heartbeat",
                        {**body, "cameras": [] if beat % 6 else health})[0]
            for beat in range(beats)
        )
        counts = [count for _path, count in counter.read(beats)]
    middle = statistics.median(times)
    return result(
        bench, len(body["held"]), middle, LIMIT, target=1, statements=[min(counts), max(counts)],
        p95=round(times[round(beats * 0.95) - 1], 4), rounds=beats,
        notes=f"{beats} heartbeats of a bridge that holds {len(body['held'])} cameras, every "
              "sixth with the health of all; “peer” is the limit set",
    )
