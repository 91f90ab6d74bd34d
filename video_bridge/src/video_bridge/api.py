"""The platform's video interface (``openapi.yaml``) as the bridge calls it.

What goes wrong is one of four things, each an exception: nobody knows what became of the request
(`Unreachable`: repeat it), the key is not taken (`KeyRefused`), the request is too large
(`TooLarge`), or the platform says that the request itself is at fault (`Refused`).
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from time import time
from types import TracebackType
from typing import Any

import aiohttp

from video_bridge import __version__, wire
from video_bridge.model import AlertEvent, QrSighting, Still
from video_bridge.recording.store import Clip
from video_bridge.settings import OdooSettings, SettingsError

logger = logging.getLogger(__name__)

ROOT = "/yst/video/v1"
SMALL = 1024
"""Bodies of fewer bytes are not worth compressing."""
ANSWER_LIMIT = 64 * 1024 * 1024
CONNECT_TIMEOUT = 10.0
SLOWEST = 32 * 1024
"""Bytes a second that a line has to carry for a clip to be brought in time."""
HTTP_ERROR = "http_error"
"""The code of errors that the platform's web server makes, not the interface."""


class ApiError(Exception):
    """A request that did not come to a good end."""


class Unreachable(ApiError):
    """No answer, half an answer, or one that says "again later": repeat the request."""

    def __init__(
        self, message: str, retry_after: float | None = None, status: int | None = None
    ) -> None:
        super().__init__(message)
        self.retry_after, self.status = retry_after, status


class KeyRefused(ApiError):
    """401 or 403: the key, or the bridge, is not (or no longer) welcome."""


class TooLarge(ApiError):
    """413: send less at once."""


class Refused(ApiError):
    """Another 4xx with a reason as agreed: repeating the same request does not help."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True, slots=True)
class Document:
    """A configuration as it came, and the mark by which the platform knows it again."""

    etag: str | None
    body: Mapping[str, Any]


class Client:
    """One platform. An asynchronous context manager; safe to be used by several tasks."""

    def __init__(self, odoo: OdooSettings, bridge: str) -> None:
        self._odoo, self._bridge = odoo, bridge
        self._session: aiohttp.ClientSession | None = None
        self._beside = True

    async def __aenter__(self) -> Client:
        context: ssl.SSLContext | bool = True
        if self._odoo.ca_file:
            context = ssl.create_default_context(cafile=str(self._odoo.ca_file))
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=context, limit=4),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={
                "X-Odoo-Database": self._odoo.database,
                "User-Agent": f"video-bridge/{__version__}",
                "Accept": "application/json",
            },
            timeout=self._timeout(),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session:
            await self._session.close()

    # -- the six requests --------------------------------------------------------

    async def config(self, etag: str | None) -> Document | None:
        """The configuration, or None when it is the one of `etag` still."""
        headers = {"If-None-Match": etag} if etag else {}
        status, answer, replied = await self._request("GET", "config", headers=headers)
        if status == HTTPStatus.NOT_MODIFIED:
            return None
        if not isinstance(answer, Mapping):
            raise Unreachable("the configuration is not what was agreed")
        return Document(replied.get("ETag"), answer)

    async def heartbeat(self, report: Mapping[str, Any]) -> wire.Heartbeat:
        """Say that the bridge lives; the answer says what it is to read."""
        answer = await self._post("heartbeat", lambda: {"bridge": self._bridge, **report})
        try:
            return wire.heartbeat(answer)
        except wire.WireError as error:
            raise Unreachable(f"heartbeat: {error}") from None

    async def alerts(self, events: Sequence[AlertEvent]) -> list[wire.Result]:
        """Deliver a batch; what became of each event, in order."""
        answer = await self._bring(events)
        try:
            return wire.results(answer, events)
        except wire.WireError as error:
            raise Unreachable(f"alerts: {error}") from None

    async def stills(self, stills: Sequence[Still]) -> int:
        """Deliver pictures for the wall; how many were taken."""
        answer = await self._post("stills", lambda: {
            "bridge": self._bridge, "stills": [wire.still(still) for still in stills]})
        stored = answer.get("stored") if isinstance(answer, Mapping) else None
        return stored if isinstance(stored, int) else 0

    async def bind(self, sighting: QrSighting) -> int | None:
        """Bind a stream by its card: the camera's id; Refused with status 404 or 409."""
        answer = await self._post("bind", lambda: {
            "bridge": self._bridge, "stream": sighting.stream, "token": sighting.token,
            "at": wire.moment(sighting.at)})
        camera = answer.get("camera") if isinstance(answer, Mapping) else None
        return camera if isinstance(camera, int) else None

    async def clip(self, clip: Clip, video: bytes) -> bool:
        """Deliver the clip of an alert; whether the platform had it already.

        :raises Refused: 404: it does not know the alert; else it will never take the clip.
        """
        headers = {
            "Content-Type": "video/mp4",
            "X-Bridge": self._bridge,
            "X-Clip-Sha256": clip.sha256,
            "X-Clip-Started-At": wire.moment(clip.started_at),
            "X-Clip-Seconds": f"{clip.seconds:.3f}",
            "X-Clip-Codec": clip.codec,
        }
        status, _answer, _headers = await self._request(
            "PUT", f"clips/{clip.uid}", video, headers,
            timeout=self._odoo.timeout + len(video) / SLOWEST)
        return status == HTTPStatus.OK

    # -- HTTP --------------------------------------------------------------------

    async def _bring(self, events: Sequence[AlertEvent]) -> Any:
        """Send a batch: the pictures beside the JSON, or in it where that is not understood."""
        if self._beside and any(event.snapshots for event in events):
            try:
                return await self._send("alerts", lambda: (
                    wire.framed(self._bridge, events), {"Content-Type": wire.FRAME}))
            except (Refused, Unreachable) as error:
                if error.status != HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
                    raise
                logger.warning("pictures are sent within the JSON from now on: %s", error)
                self._beside = False
        return await self._post("alerts", lambda: wire.batch(self._bridge, events))

    async def _post(self, path: str, make: Callable[[], Mapping[str, Any]]) -> Any:
        return await self._send(path, lambda: _encode(make))

    async def _send(self, path: str, make: Callable[[], tuple[bytes, dict[str, str]]]) -> Any:
        # large bodies are made in a thread: the loop has cameras to read
        body, headers = await asyncio.to_thread(make)
        _status, answer, _headers = await self._request("POST", path, body, headers)
        return answer

    def _timeout(self, total: float | None = None) -> aiohttp.ClientTimeout:
        return aiohttp.ClientTimeout(
            total=total or self._odoo.timeout,
            sock_connect=min(CONNECT_TIMEOUT, self._odoo.timeout),
        )

    async def _request(
        self, method: str, path: str, body: bytes | None = None,
        headers: Mapping[str, str] | None = None, timeout: float | None = None,
    ) -> tuple[int, Any, Mapping[str, str]]:
        if self._session is None:
            raise RuntimeError("the client is not open")
        try:  # read each time: a new key is taken up without a restart
            key = await asyncio.to_thread(self._odoo.key)
        except SettingsError as error:
            raise KeyRefused(str(error)) from None
        sent = {"Authorization": f"Bearer {key}", **(headers or {})}
        try:
            async with self._session.request(
                method, f"{self._odoo.url}{ROOT}/{path}", data=body, headers=sent,
                allow_redirects=False, timeout=self._timeout(timeout),
            ) as reply:
                raw = await _read(reply)
        except (aiohttp.ClientError, TimeoutError, OSError, EOFError, ValueError) as error:
            raise Unreachable(f"{path}: {_words(error)}") from None
        return reply.status, _judge(path, reply.status, raw, reply.headers), reply.headers


async def _read(reply: aiohttp.ClientResponse) -> bytes:
    """The body; ValueError if it is beyond all measure."""
    parts, size = [], 0
    async for part in reply.content.iter_chunked(65536):
        size += len(part)
        if size > ANSWER_LIMIT:
            raise ValueError("the answer is too large")
        parts.append(part)
    return b"".join(parts)


def _encode(make: Callable[[], Mapping[str, Any]]) -> tuple[bytes, dict[str, str]]:
    body = json.dumps(make(), separators=(",", ":"), ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json"}
    if len(body) >= SMALL:
        body = gzip.compress(body, 1)
        headers["Content-Encoding"] = "gzip"
    return body, headers


def _judge(path: str, status: int, raw: bytes, headers: Mapping[str, str]) -> Any:
    """The answer's JSON, or the exception that it stands for."""
    if status == HTTPStatus.NOT_MODIFIED:
        return None
    try:
        answer = json.loads(raw)
    except ValueError:
        answer = None
    if status in (HTTPStatus.OK, HTTPStatus.CREATED):
        if answer is None:
            raise Unreachable(f"{path}: the answer is not JSON")
        return answer
    code, message = _reason(answer)
    said = f"{path}: {status} {code or ''} {message}".strip()
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise KeyRefused(said)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        raise TooLarge(said)
    # only the interface itself can refuse for good: a 404 may come from a proxy or from a
    # server that has not loaded the database yet
    final = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    if code and code != HTTP_ERROR and final and status not in (
        HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS
    ):
        raise Refused(status, code, message)
    raise Unreachable(said, _retry_after(headers), status)


def _reason(answer: Any) -> tuple[str | None, str]:
    error = answer.get("error") if isinstance(answer, Mapping) else None
    if isinstance(error, Mapping) and isinstance(error.get("code"), str):
        return error["code"], str(error.get("message") or "")[:500]
    return None, ""


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds of a Retry-After header, which may be a date; an hour at most."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        if value.isdigit():
            wait = float(value)
        else:
            wait = parsedate_to_datetime(value).timestamp() - time()
    except (ValueError, TypeError):
        return None
    return min(max(wait, 0.0), 3600.0)


def _words(error: BaseException) -> str:
    """What an error says, or its name if it says nothing (a time-out)."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
