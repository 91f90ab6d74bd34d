"""A platform for the tests: follows the contract, and misbehaves when told to."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import json
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from video_bridge.wire import moment

KEY = "right-key"
DATABASE = "yst_test"
FRAME = "application/vnd.yst.video.alerts"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Stored:
    """An episode as the platform has it."""

    sequence: int
    state: str
    order: list[int] = field(default_factory=list)
    pictures: set[str] = field(default_factory=set)


class Platform:
    """``faults`` holds, by path, what to do with the next requests, in order."""

    def __init__(self) -> None:
        self.episodes: dict[str, Stored] = {}
        self.config: dict[str, Any] = {
            "revision": 1, "timezone": "Asia/Shanghai", "retention_days": 30,
            "still_interval": 0, "cameras": [camera(n) for n in (7, 8, 9)], "unbound": [],
        }
        self.lease = [7, 8]
        self.told: list[dict[str, Any]] = []
        self.wanted: list[int] = []
        self.faults: dict[str, list[str]] = defaultdict(list)
        self.heartbeats: list[dict[str, Any]] = []
        self.requests: Counter[str] = Counter()
        self.answers: Counter[tuple[str, int]] = Counter()
        self.times: dict[str, list[float]] = defaultdict(list)
        self.batches: list[int] = []
        self.stills: list[dict[str, Any]] = []
        self.bound: list[str] = []
        self.clips: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.clip_order: list[str] = []
        """Every clip that was sent, in order."""
        self.clip_answers: dict[str, int] = {}
        """What to answer to the clip of an alert, if not what is right."""
        self.largest = 500
        self.frames = 0
        """Batches that had the pictures beside the JSON."""
        self.without_frames = ""
        """`interface` or `proxy`: who answers that it does not know such batches."""
        self.poison: set[str] = set()
        self.bad_pictures: set[str] = set()
        self.invalid: set[str] = set()
        self.unordered: list[str] = []
        self.key = KEY
        self.port = 0
        self.in_flight: set[str] = set()
        self._runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> None:
        app = web.Application(client_max_size=40 * 2**20, middlewares=[self._guard])
        root = "/yst/video/v1/"
        app.router.add_get(root + "config", self._config)
        app.router.add_post(root + "heartbeat", self._heartbeat)
        app.router.add_post(root + "alerts", self._alerts)
        app.router.add_post(root + "stills", self._stills)
        app.router.add_post(root + "bind", self._bind)
        app.router.add_put(root + "clips/{uid}", self._clip)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port or self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        path = request.path.removeprefix("/yst/video/v1/").partition("/")[0]
        self.requests[path] += 1
        self.times[path].append(time.monotonic())
        fault = self.faults[path].pop(0) if self.faults[path] else ""
        if fault == "500":
            return web.Response(status=500, text="<html>Internal Server Error</html>")
        if fault.startswith("503"):
            return web.json_response(
                error("busy"), status=503, headers={"Retry-After": fault.partition(" ")[2]})
        if fault == "hang":
            await asyncio.sleep(30)
        if fault == "reset":
            assert request.transport
            request.transport.abort()
        if request.headers.get("Authorization") != f"Bearer {self.key}":
            return web.json_response(error("unauthorized"), status=401)
        if request.headers.get("X-Odoo-Database") != DATABASE:
            return web.Response(status=404, text="<html>no database</html>")
        reply = await handler(request)
        self.answers[path, reply.status] += 1
        if fault == "late":  # done, but nobody hears of it
            await asyncio.sleep(30)
        if fault == "half":
            assert isinstance(reply, web.Response) and isinstance(reply.body, bytes)
            half = web.StreamResponse(headers={"Content-Type": "application/json",
                                               "Content-Length": str(len(reply.body))})
            await half.prepare(request)
            await half.write(reply.body[: len(reply.body) // 2])
            assert request.transport
            request.transport.abort()
            return half
        if fault == "cut":  # shorter, but well-formed HTTP
            assert isinstance(reply, web.Response) and isinstance(reply.body, bytes)
            return web.Response(body=reply.body[:-3], content_type="application/json")
        if fault == "other":  # a proxy's page
            return web.Response(text="<html>Welcome</html>", content_type="text/html")
        return reply

    async def _config(self, request: web.Request) -> web.StreamResponse:
        etag = f'"{self.config["revision"]}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        return web.json_response(self.config, headers={"ETag": etag})

    async def _heartbeat(self, request: web.Request) -> web.StreamResponse:
        body = await self._body(request)
        self.heartbeats.append(body)
        given = set(self.lease) - set(body["held"])
        return web.json_response({
            "revision": self.config["revision"], "server_time": moment(time.time()),
            "lease": {"cameras": sorted(self.lease), "ttl": 30},
            "episodes": [e for e in self.told if e["camera"] in given],
            "stills": self.wanted, "refused": [],
        })

    async def _alerts(self, request: web.Request) -> web.StreamResponse:
        framed = request.content_type == FRAME
        if framed and self.without_frames == "proxy":
            return web.Response(status=415, text="<html>Unsupported Media Type</html>")
        if framed and self.without_frames == "interface":
            return web.json_response(error("unsupported_type"), status=415)
        self.frames += framed
        body = unframed(await request.read()) if framed else await self._body(request)
        alerts = body["alerts"]
        if len(alerts) > self.largest:
            return web.json_response(error("too_large"), status=413)
        if self.poison & {a["uid"] for a in alerts}:
            return web.json_response(error("unprocessable"), status=422)
        uids = {a["uid"] for a in alerts}
        if self.in_flight & uids:
            self.unordered.append("two batches of one episode under way at once")
        self.in_flight |= uids
        self.batches.append(len(alerts))
        results = [self._take(alert) for alert in alerts]
        self.in_flight -= uids
        return web.json_response({"results": results})

    def _take(self, alert: dict[str, Any]) -> dict[str, Any]:
        uid, sequence = alert["uid"], alert["sequence"]
        result = {"uid": uid, "sequence": sequence, "code": None, "message": None}
        if uid in self.invalid:
            return {**result, "status": "invalid", "code": "unknown_camera", "message": "none"}
        if uid in self.bad_pictures and alert["snapshots"]:
            return {**result, "status": "invalid", "code": "bad_picture", "message": "no JPEG"}
        known = self.episodes.get(uid)
        if known and sequence == known.sequence:
            return {**result, "status": "duplicate"}
        if known and sequence < known.sequence:
            if sequence not in known.order:  # not merely a repetition
                self.unordered.append(f"{uid} {sequence} after {known.sequence}")
            return {**result, "status": "stale"}
        known = self.episodes.setdefault(uid, Stored(0, "open"))
        known.sequence = sequence
        known.state = "closed" if alert["event"] == "close" else "open"
        known.order.append(sequence)
        for picture in alert["snapshots"]:
            raw = base64.b64decode(picture["jpeg"])
            assert hashlib.sha256(raw).hexdigest() == picture["sha256"]
            known.pictures.add(picture["sha256"])
        return {**result, "status": "stored"}

    async def _stills(self, request: web.Request) -> web.StreamResponse:
        body = await self._body(request)
        self.stills += body["stills"]
        return web.json_response({"stored": len(body["stills"]), "refused": []})

    async def _bind(self, request: web.Request) -> web.StreamResponse:
        body = await self._body(request)
        if body["token"] in self.bound or not body["token"].startswith("GOOD"):
            return web.json_response(error("unknown_token"), status=404)
        self.bound.append(body["token"])
        return web.json_response({"camera": 99})

    async def _clip(self, request: web.Request) -> web.StreamResponse:
        uid, headers, raw = request.match_info["uid"], request.headers, await request.read()
        self.clip_order.append(uid)
        if uid in self.clip_answers:
            status = self.clip_answers[uid]
            return web.json_response(error("refused"), status=status)
        if uid not in self.episodes:
            return web.json_response(error("not_found"), status=404)
        assert headers["Content-Type"] == "video/mp4"
        assert "Content-Encoding" not in headers
        assert hashlib.sha256(raw).hexdigest() == headers["X-Clip-Sha256"]
        if uid in self.clips:
            same = self.clips[uid][0] == raw
            status = 200 if same else 409
            return web.json_response({"status": "known"} if same else error("other_clip"),
                                     status=status)
        self.clips[uid] = raw, {name: headers[name] for name in headers if name[:2] == "X-"}
        return web.json_response({"status": "stored"}, status=201)

    @staticmethod
    async def _body(request: web.Request) -> dict[str, Any]:
        raw = await request.read()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
        body: dict[str, Any] = json.loads(raw)
        return body


def unframed(raw: bytes) -> dict[str, Any]:
    """A batch that has its pictures beside the JSON, as if they had been in it."""
    end = 4 + int.from_bytes(raw[:4], "big")
    body: dict[str, Any] = json.loads(raw[4:end])
    pictures = {}
    for listed in body["pictures"]:
        assert listed["sha256"] not in pictures
        pictures[listed["sha256"]] = raw[end : end + listed["size"]]
        end += listed["size"]
    assert end == len(raw)
    for alert in body["alerts"]:
        for picture in alert["snapshots"]:
            assert "jpeg" not in picture
            picture["jpeg"] = base64.b64encode(pictures[picture["sha256"]]).decode()
    return body


def error(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": f"this is {code}"}}


def camera(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": number, "code": f"610902000013100{number:05d}", "name": f"camera {number}",
        "stream": number, "main": f"rtsp://127.0.0.1/{number}", "sub": None, "username": "u",
        "password": "camera-secret", "transport": "tcp", "pixelate": False, "state": "active",
        "zones": [{"id": 1, "name": "gate", "shape": "polygon", "gauge": None,
                   "points": [[0.1, 0.2], [0.9, 0.2], [0.5, 0.9]]}],
        "rules": [{"id": 5, "kind": "crowd", "zones": [1], "threshold": 6, "duration": 10,
                   "cooldown": 300, "min_score": 0.5, "params": {}, "windows": []}],
        **more,
    }
