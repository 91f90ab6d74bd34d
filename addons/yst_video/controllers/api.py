import gzip
import json
import logging
import math
import re
import zlib
from datetime import datetime, timezone

from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge

from odoo.exceptions import UserError
from odoo.http import Controller, Dispatcher, Response, request, route
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from .. import bridge_items, clip_upload, picture_frame
from ..api_error import ApiError, unprocessable
from ..models.yst_video_stream import BindError

_logger = logging.getLogger(__name__)

ROOT = "/yst/video/v1"
MAX_BODY = 32 * 2**20
MAX_ALERTS = 500
MAX_PICTURES = MAX_ALERTS * bridge_items.MAX_SNAPSHOTS
MAX_STILLS = 200
MAX_CAMERAS = 20_000
OPTIONS = {
    "type": "yst_video",
    "auth": "yst_video",
    "save_session": False,
    "max_content_length": MAX_BODY,
}
CLIP_OPTIONS = {**OPTIONS, "max_content_length": clip_upload.MAX_CLIP}
MAX_CLIP_SECONDS = 600
DECIMAL = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")


class BridgeDispatcher(Dispatcher):
    """Requests of the bridges' interface: answers and errors are JSON, whatever happens."""

    routing_type = "yst_video"

    @classmethod
    def is_compatible_with(cls, request):
        return True

    def dispatch(self, endpoint, args):
        self.request.params = dict(args)
        result = self.request.registry["ir.http"]._dispatch(endpoint)
        if isinstance(result, Response):
            return result
        return self.request.make_json_response(result)

    def handle_error(self, exc):
        if isinstance(exc, ApiError):
            return self._error(exc.code, exc.word, exc.message, exc.extra)
        if isinstance(exc, RequestEntityTooLarge):
            limit = self.request.httprequest.max_content_length
            return self._error(413, "too_large", f"the body has more than {limit} bytes")
        if isinstance(exc, HTTPException):
            if exc.response:
                return exc.response
            return self._error(exc.code or 500, "http_error", exc.name)
        if isinstance(exc, PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
            return self._error(503, "busy", "the database is busy", [("Retry-After", "2")])
        if isinstance(exc, UserError):
            _logger.warning("The bridges' interface could not answer: %s", exc)
        # whatever it is, it is the server's fault: the bridge keeps what it has and tries again
        return self._error(500, "internal", "the server failed; its log says why")

    def _error(self, status, code, message, headers=()):
        return self.request.make_json_response(
            {"error": {"code": code, "message": message}}, headers=list(headers), status=status
        )


class NotFinite(float):
    """A NaN or Infinity, which JSON does not know: no check takes it."""


def read_json(data):
    """The JSON object in a body.

    :raise ApiError: it is none
    """
    try:
        body = json.loads(data, parse_constant=lambda _word: NotFinite(math.nan))
    except (ValueError, RecursionError):
        raise ApiError(400, "bad_json", "the body is no JSON") from None
    if not isinstance(body, dict):
        raise unprocessable("the body is not an object")
    return body


def unpack(data):
    """What gzip packed, as far as the limit allows.

    :raise ApiError: no gzip, cut off, or too large
    """
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(data, MAX_BODY + 1)
    except zlib.error:
        raise ApiError(400, "bad_encoding", "the body is no gzip") from None
    if len(plain) > MAX_BODY or unpacker.unconsumed_tail:
        raise ApiError(413, "too_large", f"unpacked the body has more than {MAX_BODY} bytes")
    if not unpacker.eof or unpacker.unused_data:
        raise ApiError(400, "bad_encoding", "the body is cut off, or more than one gzip file")
    return plain


def whole_body():
    """What the request brought, read once: straight into its place where its length is known.

    :raise HTTPException: too much, or the sender broke off
    """
    http = request.httprequest
    if http.content_length is None:
        return http.get_data()
    data = getattr(request, "yst_video_body", None)  # of an attempt that ended in a conflict
    if data is None:
        # the wrapper of Odoo hands out no stream; this one refuses what is too much unread
        stream = http._HTTPRequest__wrapped.stream
        data = request.yst_video_body = bytearray(http.content_length)
        view, place = memoryview(data), 0
        while place < len(data):
            count = stream.readinto(view[place:])
            if not count:
                raise BadRequest("the body is cut off")
            place += count
    return data


def body_list(body, name, longest, required=True):
    """A list of a body.

    :raise ApiError: it is missing, no list, or too long
    """
    value = body.get(name, None if required else [])
    if not isinstance(value, list):
        raise unprocessable(f"{name}: not a list")
    if len(value) > longest:
        raise unprocessable(f"{name}: more than {longest} items")
    return value


def checked(check, *args):
    """What a check of ``bridge_items`` says about the body itself.

    :raise ApiError: it says no
    """
    try:
        return check(*args)
    except bridge_items.Bad as bad:
        raise unprocessable(bad.message) from None


def rfc3339(moment):
    """Naive UTC as the interface writes it."""
    return f"{moment.isoformat(timespec='milliseconds')}Z"


class BridgeApi(Controller):
    """The interface of the video bridges (视频网桥接口); its contract is
    ``video_bridge/openapi.yaml``."""

    @route(f"{ROOT}/config", methods=["GET"], **OPTIONS)
    def config(self):
        """What there is to watch; 304 when the bridge knows it already."""
        revision = request.env["yst.video.revision"].sudo()._current()
        asked = request.httprequest.if_none_match
        if asked.contains_weak(str(revision)):
            return Response(status=304, headers=[("ETag", f'"{revision}"')])
        config = request.env["yst.video.camera"].sudo()._bridge_config()
        data = json.dumps(config, ensure_ascii=False, separators=(",", ":")).encode()
        headers = [
            ("Content-Type", "application/json; charset=utf-8"),
            ("ETag", f'"{config["revision"]}"'),
            ("Cache-Control", "no-store"),
            ("Vary", "Accept-Encoding"),
        ]
        if "gzip" in request.httprequest.headers.get("Accept-Encoding", ""):
            data = gzip.compress(data, 5)
            headers.append(("Content-Encoding", "gzip"))
        return Response(data, headers=headers)

    @route(f"{ROOT}/heartbeat", methods=["POST"], **OPTIONS)
    def heartbeat(self):
        """The bridge lives; which cameras are its own for the next seconds."""
        body = self._body()
        uid = checked(bridge_items.uuid, body.get("bridge"))
        spool = body.get("spool", {})
        if not isinstance(spool, dict):
            raise unprocessable("spool: not an object")
        text = bridge_items.text_or_none
        values = {
            "version": checked(text, body.get("version"), "version", 60),
            "host": request.httprequest.remote_addr,
            "started_at": checked(
                bridge_items.moment_or_none, body.get("started_at"), "started_at"
            ),
            "capacity": checked(bridge_items.whole, body.get("capacity", 0), "capacity", 0,
                                1_000_000),
            "problem": checked(text, body.get("problem"), "problem", 500),
            "spool_alerts": checked(bridge_items.whole, spool.get("alerts", 0), "alerts"),
            "spool_oldest": checked(bridge_items.moment_or_none, spool.get("oldest"), "oldest"),
            "dropped_pictures": checked(
                bridge_items.whole, spool.get("dropped_pictures", 0), "dropped_pictures"
            ),
        }
        held = [
            checked(bridge_items.whole, each, "held", 1)
            for each in body_list(body, "held", MAX_CAMERAS)
        ]
        cameras = body_list(body, "cameras", MAX_CAMERAS, required=False)
        name = checked(text, body.get("name"), "name", 200)
        bridge = request.env["yst.video.bridge"].sudo()._of(uid, request.env.uid, name)
        return bridge._heartbeat(values, held, cameras)

    @route(f"{ROOT}/alerts", methods=["POST"], **OPTIONS)
    def alerts(self):
        """Reports about episodes; one result for each."""
        framed = request.httprequest.mimetype == picture_frame.TYPE
        body = self._framed_body() if framed else self._body()
        bridge = self._bridge(body)
        items = body_list(body, "alerts", MAX_ALERTS)
        return {"results": request.env["yst.video.alert"].sudo()._ingest(bridge, items)}

    @route(f"{ROOT}/stills", methods=["POST"], **OPTIONS)
    def stills(self):
        """The latest pictures of cameras."""
        body = self._body()
        self._bridge(body)
        items = body_list(body, "stills", MAX_STILLS)
        stored, refused = request.env["yst.video.still"].sudo()._put_stills(items)
        return {"stored": stored, "refused": refused}

    @route(f"{ROOT}/bind", methods=["POST"], **OPTIONS)
    def bind(self):
        """A card was held before a camera."""
        body = self._body()
        self._bridge(body)
        stream = checked(bridge_items.whole, body.get("stream"), "stream", 1)
        token = checked(bridge_items.text, body.get("token"), "token", 64)
        checked(bridge_items.moment, body.get("at"), "at")
        if not token:
            raise unprocessable("token: is empty")
        try:
            camera = request.env["yst.video.stream"].sudo()._bind_token(stream, token)
        except BindError as error:
            if error.code == "bound":
                raise ApiError(409, "bound", "the stream is bound to a camera") from None
            raise ApiError(
                404, "not_found", "no such stream, or the card is unknown or used"
            ) from None
        return {"camera": camera.id}

    @route(f"{ROOT}/clips/<string:uid>", methods=["PUT"], **CLIP_OPTIONS)
    def clips(self, uid):
        """The clip of an alert that was accepted before; 201 when it is new, 200 when known."""
        http = request.httprequest
        uid = checked(bridge_items.uuid, uid)
        if http.mimetype != "video/mp4":
            raise ApiError(415, "unsupported_type", "the body has to be video/mp4")
        encoding = http.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("identity", ""):
            raise ApiError(415, "unsupported_type", "a clip is not packed")
        values = self._clip_headers(http.headers)
        sha256 = values.pop("sha256")
        self._bridge({"bridge": http.headers.get("X-Bridge")})
        upload = self._received()
        if upload.sha256 != sha256:
            raise unprocessable("X-Clip-Sha256: not the SHA-256 of the body")
        new = request.env["yst.video.clip"].sudo()._take(uid, upload, **values)
        return request.make_json_response(
            {"status": "stored" if new else "known"}, status=201 if new else 200
        )

    # -- helpers -------------------------------------------------------------------------------

    def _body(self):
        """The request's JSON object, unpacked.

        :raise ApiError: 400, 413, 415 or 422
        """
        if request.httprequest.mimetype != "application/json":
            raise ApiError(415, "unsupported_type", "the body has to be application/json")
        return read_json(self._data())

    def _framed_body(self):
        """The JSON object of alerts that have their pictures beside it, put together again.

        :raise ApiError: 400, 413, 415 or 422
        """
        head, rest = picture_frame.parted(self._data())
        body = read_json(head)
        parts = picture_frame.parts(body_list(body, "pictures", MAX_PICTURES), rest)
        bridge_items.place(body_list(body, "alerts", MAX_ALERTS), parts)
        return body

    def _data(self):
        """The request's body, unpacked.

        :raise ApiError: 400, 413 or 415
        """
        encoding = request.httprequest.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding not in ("identity", "", "gzip"):
            raise ApiError(415, "unsupported_type", "the body may be packed with gzip alone")
        data = whole_body()
        if len(data) > MAX_BODY:
            raise ApiError(413, "too_large", f"the body has more than {MAX_BODY} bytes")
        return unpack(data) if encoding == "gzip" else data

    def _clip_headers(self, headers):
        """What the headers say of a clip.

        :raise ApiError: 422
        """
        sha256 = headers.get("X-Clip-Sha256", "")
        if not bridge_items.SHA256.fullmatch(sha256):
            raise unprocessable("X-Clip-Sha256: not 64 hexadecimal digits in small letters")
        seconds = headers.get("X-Clip-Seconds", "")
        if not DECIMAL.fullmatch(seconds) or not 0 < float(seconds) <= MAX_CLIP_SECONDS:
            raise unprocessable(f"X-Clip-Seconds: not more than 0 and up to {MAX_CLIP_SECONDS}")
        codec = headers.get("X-Clip-Codec", "")
        if codec not in ("h264", "h265"):
            raise unprocessable("X-Clip-Codec: neither h264 nor h265")
        started_at = checked(
            bridge_items.moment, headers.get("X-Clip-Started-At"), "X-Clip-Started-At"
        )
        return {
            "sha256": sha256,
            "seconds": float(seconds),
            "codec": codec,
            "started_at": started_at,
        }

    def _received(self):
        """The body, received once: a transaction that is repeated finds it again.

        :raise ApiError: 413
        """
        upload = getattr(request, "yst_upload", None)
        if upload is None:
            # the wrapper of Odoo hands out a body as a whole or not at all
            stream = request.httprequest._HTTPRequest__wrapped.stream
            try:
                upload = clip_upload.Upload(stream)
            except clip_upload.TooLarge:
                raise RequestEntityTooLarge from None
            request.yst_upload = upload
        return upload

    def _bridge(self, body):
        uid = checked(bridge_items.uuid, body.get("bridge"))
        return request.env["yst.video.bridge"].sudo()._of(uid, request.env.uid)


def now():
    """The server's moment, naive UTC with milliseconds."""
    return datetime.now(timezone.utc).replace(tzinfo=None)
