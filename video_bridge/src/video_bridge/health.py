"""The bridge's own pages: ``/healthz``, ``/metrics``, and the live tuning view ``/tune/``.

The tuning view shows pictures, so it listens on this machine alone, on a port of its own (the next
one), and wants the token that stands in ``tune.token`` in the state directory.
"""

from __future__ import annotations

import asyncio
import hmac
import html
import logging
import os
import secrets
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from video_bridge import __version__
from video_bridge.metrics import Figures
from video_bridge.model import CameraHealth
from video_bridge.spool import Spool
from video_bridge.supervisor import Supervisor
from video_bridge.uplink import Uplink

_logger = logging.getLogger(__name__)

TOKEN_FILE = "tune.token"
COOKIE = "video_bridge_tune"
_LOCAL = {"127.0.0.1", "::1", "localhost"}
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; script-src 'self'"
    ),
}
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 1.5rem; color: #1c2430; }}
table {{ border-collapse: collapse; }} td, th {{ padding: .3rem .8rem; text-align: left; }}
tr:nth-child(even) {{ background: #f2f5f8; }} img {{ max-width: 100%; background: #1c2430; }}
.bad {{ color: #b3261e; }} a {{ color: #14539a; }}
</style><h1>{title}</h1>{body}{script}</html>"""
_SCRIPT = """const picture = document.getElementById("live");
const base = picture.dataset.address;
const next = () => setTimeout(() => { picture.src = base + "?" + Date.now(); }, 700);
picture.addEventListener("load", next);
picture.addEventListener("error", () => setTimeout(next, 3000));
"""


class HealthServer:
    """Serves the pages in the supervisor's loop."""

    def __init__(
        self, supervisor: Supervisor, spool: Spool, uplink: Uplink | None, state_dir: Path
    ) -> None:
        """Pages about these; nothing listens before `start`."""
        self._supervisor = supervisor
        self._uplink = uplink
        self._spool = spool
        self._figures = Figures(supervisor, spool, uplink)
        self._token_path = state_dir / TOKEN_FILE
        self._token = ""
        self._started = time.monotonic()
        self._runners: list[web.AppRunner] = []
        self.ports: list[int] = []
        """Where it listens: the pages, the tuning view."""

    async def start(self, host: str, port: int) -> None:
        """Listen; a port that is taken is logged and does not stop the bridge."""
        self._token = _new_token(self._token_path)
        public = web.Application()
        public.router.add_get("/healthz", self._healthz)
        public.router.add_get("/metrics", self._metrics)
        await self._listen(public, host, port)
        tune = web.Application(middlewares=[self._guard])
        tune.router.add_get("/tune/", self._list)
        tune.router.add_get("/tune/live.js", self._script)
        tune.router.add_get(r"/tune/{camera:-?\d{1,12}}", self._camera)
        tune.router.add_get(r"/tune/{camera:-?\d{1,12}}.jpg", self._picture)
        await self._listen(tune, "127.0.0.1", port + 1 if port else 0)

    async def _listen(self, application: web.Application, host: str, port: int) -> None:
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        self._runners.append(runner)
        try:
            site = web.TCPSite(runner, host, port)
            await site.start()
        except OSError as error:
            _logger.error("Nothing listens on %s:%d: %s", host, port, error.strerror)
            self.ports.append(0)
            return
        self.ports.append(runner.addresses[0][1])
        _logger.info("Listening on %s:%d", host, self.ports[-1])

    async def stop(self) -> None:
        """Listen no more."""
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()

    # /healthz, /metrics

    async def _healthz(self, request: web.Request) -> web.Response:
        problems = self._supervisor.problems()
        stats = await asyncio.to_thread(self._spool.stats)  # the disk may be slow
        warnings = [text for text in (stats.problem, self._uplink and self._uplink.problem) if text]
        health = self._supervisor.health()
        body = {
            "status": "failing" if problems else "warning" if warnings else "ok",
            "version": __version__,
            "uptime": round(time.monotonic() - self._started, 1),
            "problems": problems,
            "warnings": warnings,
            "cameras": {"assigned": len(health), "online": sum(one.online for one in health)},
            "spool": {"alerts": stats.alerts, "oldest": stats.oldest},
            "detector": next(
                (report.detector for report in self._supervisor.reports.values() if report), None
            ),
        }
        return web.json_response(body, status=503 if problems else 200)

    async def _metrics(self, request: web.Request) -> web.Response:
        return web.Response(
            body=await asyncio.to_thread(self._figures.text),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )

    # /tune/

    @web.middleware
    async def _guard(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        """Only for who sits at this machine and knows the token."""
        host = (request.host or "").rpartition(":")[0] or request.host
        if host.strip("[]") not in _LOCAL or request.remote not in _LOCAL:
            raise web.HTTPForbidden(text="Only on this machine.")
        given = request.query.get("token", "")
        if given and self._is_token(given):
            answer = web.HTTPSeeOther(request.path)
            answer.set_cookie(COOKIE, given, httponly=True, samesite="Strict", path="/tune/")
            raise answer
        if not self._is_token(request.cookies.get(COOKIE, "")):
            raise web.HTTPForbidden(
                text=f"Add ?token=… to the address; it stands in {TOKEN_FILE} in the state folder."
            )
        response = await handler(request)
        response.headers.update(_HEADERS)
        return response

    def _is_token(self, given: str) -> bool:
        return bool(self._token) and hmac.compare_digest(given.encode(), self._token.encode())

    async def _list(self, request: web.Request) -> web.Response:
        cameras = self._supervisor.cameras
        rows = "".join(
            f'<tr><td><a href="/tune/{one.camera}">{html.escape(cameras[one.camera].name)}</a>'
            f"<td>{html.escape(cameras[one.camera].code)}<td>{_state(one)}"
            f"<td>{one.codec or ''} {one.width or ''}×{one.height or ''}"
            f"<td>{_number(one.keyframe_seconds)} s<td>{_number(one.keyframe_kb)} KB"
            for one in self._supervisor.health()
            if one.camera in cameras
        )
        table = (
            "<table><tr><th>Camera<th>Code<th>State<th>Picture<th>Key frames every<th>Size"
            f"{rows}</table>"
        )
        return _page("Cameras", table)

    async def _camera(self, request: web.Request) -> web.Response:
        number = int(request.match_info["camera"])
        camera = self._supervisor.cameras.get(number)
        if camera is None:
            raise web.HTTPNotFound
        rules = "".join(
            f"<li>{html.escape(rule.kind)} {rule.id}: threshold {rule.threshold:g}, "
            f"{rule.duration:g} s, score from {rule.min_score:g}"
            for rule in camera.rules
        )
        body = (
            '<p><a href="/tune/">All cameras</a></p>'
            f'<img id="live" alt="waiting for a key frame" src="/tune/{number}.jpg" '
            f'data-address="/tune/{number}.jpg"><ul>{rules}</ul>'
        )
        return _page(camera.name, body, '<script src="/tune/live.js"></script>')

    async def _script(self, request: web.Request) -> web.Response:
        return web.Response(text=_SCRIPT, content_type="text/javascript")

    async def _picture(self, request: web.Request) -> web.Response:
        picture = await self._supervisor.view(int(request.match_info["camera"]))
        if picture is None:
            raise web.HTTPServiceUnavailable(text="No picture.")
        return web.Response(body=picture, content_type="image/jpeg")


def _state(health: CameraHealth) -> str:
    if health.online:
        return "online"
    return f'<span class="bad">{html.escape(health.problem or "offline")}</span>'


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def _page(title: str, body: str, script: str = "") -> web.Response:
    text = _PAGE.format(title=html.escape(title), body=body, script=script)
    return web.Response(text=text, content_type="text/html")


def _new_token(path: Path) -> str:
    """A fresh token, written where only the bridge's user can read it."""
    token = secrets.token_urlsafe(24)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "w", encoding="ascii") as file:
        file.write(token + "\n")
    return token
