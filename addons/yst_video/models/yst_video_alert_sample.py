import base64
import hashlib
import uuid
from datetime import timedelta

from odoo import api, fields, models

from .. import sample_picture

#: Names within which the sample's uids are made: the same alert is never loaded twice.
NAMESPACE = uuid.UUID("5f0c6d0e-3f0b-4c43-9a4c-0a5a2f6f7c11")
#: kind, minutes ago, minutes it lasted (None: goes on), people, flooded, judgement, reason
ALERTS = (
    ("crowd", 4, None, 9, False, "pending", None),
    ("obstruction", 11, None, 3, False, "pending", None),
    ("loitering", 26, 6, 1, False, "pending", None),
    ("intrusion", 47, 2, 1, False, "pending", None),
    ("crowd", 75, 9, 7, False, "true", None),
    ("water_level", 130, 40, 0, True, "true", None),
    ("obstruction", 190, 25, 2, False, "false", 0),
    ("intrusion", 260, 3, 1, False, "false", 1),
    ("crowd", 1500, 12, 8, False, "true", None),
    ("tamper", 1620, 5, 0, False, "false", 2),
    ("obstruction", 2900, 30, 3, False, "true", None),
    ("loitering", 3100, 8, 2, False, "false", 0),
)


class VideoAlert(models.Model):
    """Sample alerts (示例告警), with pictures drawn by code."""

    _inherit = "yst.video.alert"

    @api.model
    def _load_demo(self):
        """Load the sample alerts of the sample cameras, once; those judged are judged by nobody.

        :return: the alerts
        """
        cameras = self.env["yst.video.camera"].search(
            [("source", "=", "sample"), ("state", "=", "active")], order="id", limit=40
        )
        if not cameras:
            return self.browse()
        uids = [str(uuid.uuid5(NAMESPACE, str(number))) for number in range(len(ALERTS))]
        known = set(self.search([("uid", "in", uids)]).mapped("uid"))
        now = fields.Datetime.now()
        items, judged = [], {}
        for number, (uid, sample) in enumerate(zip(uids, ALERTS, strict=True)):
            if uid in known:
                continue
            camera = self._demo_camera(cameras, sample[0], number)
            items += self._demo_reports(uid, camera, sample, now)
            judged[uid] = sample
        if items:
            bridges = self.env["yst.video.bridge"]
            bridge = bridges.search([], limit=1) or bridges.create([{"name": "示例网桥"}])
            self._ingest(bridge, items)
        alerts = self.search([("uid", "in", uids)])
        reasons = self.env["yst.video.false.reason"].search([])
        for alert in alerts.filtered(lambda alert: alert.uid in judged):
            judgement, reason = judged[alert.uid][5:]
            if judgement == "true":
                alert.action_judge_true()
            elif judgement == "false" and reasons:
                alert.action_judge_false(reasons[reason % len(reasons)])
        return alerts

    @api.model
    def _load_demo_wall(self, minutes=60):
        """Drawn stills for the sample cameras in use, as if a bridge read them for a while.

        One camera in nine is offline, one in seven has sent nothing lately. For pictures of the
        wall without a bridge; a bridge that runs puts its own in their place.

        :return: how many stills were stored
        """
        now = fields.Datetime.now()
        cameras = self.env["yst.video.camera"].search(
            [("source", "=", "sample"), ("state", "=", "active")], order="area_id, name, id"
        )
        stills = []
        for number, camera in enumerate(cameras):
            health = camera.health_id.sudo()
            health.write({
                "online": number % 9 != 4,
                "lease_until": now + timedelta(minutes=minutes),
                "last_frame_at": now,
            })
            picture, _boxes = sample_picture.draw(f"still {camera.gb_code}", number % 6)
            at = now - timedelta(seconds=4 + number % 9, minutes=95 if number % 7 == 5 else 0)
            stills.append({
                "camera": camera.id,
                "at": f"{at.isoformat(timespec='milliseconds')}Z",
                "jpeg": base64.b64encode(picture).decode(),
            })
        return self.env["yst.video.still"]._put_stills(stills)[0]

    @api.model
    def _demo_camera(self, cameras, kind, number):
        wanted = {"water_level": "flood", "obstruction": "sanitation"}.get(kind, "security")
        fitting = cameras.filtered(lambda camera: camera.kind == wanted) or cameras
        return fitting[number % len(fitting)]

    @api.model
    def _demo_reports(self, uid, camera, sample, now):
        kind, ago, lasted, people, flooded, _judgement, _reason = sample
        start = now - timedelta(minutes=ago)
        stop = start + timedelta(minutes=lasted) if lasted else None
        rule = camera.rule_ids.filtered(lambda rule: rule.kind == kind)[:1]
        picture, boxes = sample_picture.draw(uid, people, flooded)
        stamp = f"{start.isoformat(timespec='milliseconds')}Z"
        base = {
            "uid": uid,
            "camera": camera.id,
            "rule": rule.id or None,
            "kind": kind,
            "started_at": stamp,
            "score": 0.86,
            "count": people,
            "reading": 2.35 if kind == "water_level" else None,
            "boxes": boxes,
            "snapshots": [],
            "clip": None,
        }
        opened = {
            **base,
            "sequence": 1,
            "event": "open",
            "at": stamp,
            "ended_at": None,
            "snapshots": [{
                "at": stamp,
                "sha256": hashlib.sha256(picture).hexdigest(),
                "width": sample_picture.SIZE[0],
                "height": sample_picture.SIZE[1],
                "jpeg": base64.b64encode(picture).decode(),
            }],
        }  # fmt: skip
        if not stop:
            return [opened]
        end = f"{stop.isoformat(timespec='milliseconds')}Z"
        return [opened, {**base, "sequence": 2, "event": "close", "at": end, "ended_at": end}]
