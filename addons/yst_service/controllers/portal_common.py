"""What the resident's pages share: whose record it is, and how errors are told."""

import functools
import threading
import urllib.parse
from collections import Counter
from contextlib import contextmanager

from werkzeug.exceptions import HTTPException, NotFound

from odoo import fields
from odoo.exceptions import AccessError, MissingError, UserError, ValidationError
from odoo.http import request
from odoo.tools import format_datetime

# Bytes a resident may send in one request: one photo of 25 MB and its form around it.
UPLOAD_LIMIT = 26 * 1024 * 1024
# Bytes of a request that carries text alone.
TEXT_LIMIT = 256 * 1024
# Times are shown as the office's clock shows them, wherever the reader's phone thinks it is.
OFFICE_TZ = "Asia/Shanghai"
PATTERNS = {"short": "yyyy-MM-dd HH:mm", "day": "yyyy-MM-dd EEE", "clock": "HH:mm"}
# Files of one reader that are looked at at the same time; the pages send one after the other.
FILES_AT_A_TIME = 4
NO_STORE = {"Cache-Control": "no-store"}


_files_now = Counter()
_files_lock = threading.Lock()


class FieldError(ValidationError):
    """A mistake in one entry of a form.

    :param field: name of the entry the message stands beside
    :param code: short name of the mistake, for scripts
    """

    def __init__(self, message, field=None, code="invalid"):
        super().__init__(message)
        self.field = field
        self.code = code


def resident():
    """The partner who is logged in, with the rights of the site itself."""
    return request.env.user.partner_id.sudo()


def set_mobile(number):
    """The reader's mobile number, with which they also log in if they did before.

    :raises ValidationError: no mobile number, or another account has it
    """
    if not number:
        raise ValidationError(request.env._("Enter the number."))
    resident()._set_mobile(number)
    user = request.env.user
    if user._yst_follow_mobile(number):
        # the session of this very reader goes on under the new login
        request.session.session_token = user._compute_session_token(request.session.sid)


def owned(model, record_id):
    """The record if it is the reader's own; else the same "not found" as a missing one."""
    record = request.env[model].sudo().browse(record_id).exists()
    if record:
        try:
            record._check_owner(resident())
        except AccessError:
            record = record.browse()
    if not record:
        raise NotFound()
    return record


@contextmanager
def taking_files():
    """While files of the reader are looked at, which costs memory and a database connection.

    :raises UserError: too many of theirs are at this moment
    """
    uid = request.env.uid
    with _files_lock:
        if _files_now[uid] >= FILES_AT_A_TIME:
            raise UserError(
                request.env._("Your other photos are still being looked at. Try again in a moment.")
            )
        _files_now[uid] += 1
    try:
        yield
    finally:
        with _files_lock:
            _files_now[uid] -= 1
            if not _files_now[uid]:
                del _files_now[uid]


def wants_json():
    """Whether a script of ours asks."""
    return request.env["ir.http"]._yst_wants_json()


def json_answer(status=200, **values):
    return request.make_json_response(values, headers=list(NO_STORE.items()), status=status)


def json_error(error):
    """The structured answer for a refused request: code, message, field; nothing else."""
    if isinstance(error, (AccessError, MissingError, HTTPException)):
        code, status = "not_found", 404
        message, field = request.env._("This page does not exist, or it is not yours."), None
    else:
        code, field = getattr(error, "code", "refused"), getattr(error, "field", None)
        message, status = str(error.args[0] if error.args else error), 422
    return json_answer(status, error={"code": code, "message": message, "field": field})


def json_errors(errors):
    """The structured answer for several wrong entries: messages by entry, the first on top."""
    field, message = next(iter(errors.items()))
    error = {"code": "invalid", "message": message, "field": field}
    return json_answer(422, error=error, errors=errors)


def resident_action(handler):
    """Decorator of the routes that change something and answer a script or a browser.

    A refusal takes back whatever was written, then tells the reader: as JSON to a script,
    as a message on the page it came from to a browser. Anything else that fails is left to
    the framework, which logs it and answers without details.
    """

    @functools.wraps(handler)
    def wrapped(self, *args, **kwargs):
        if wants_json():
            request.update_context(lang=request.env["ir.http"]._yst_language())
        try:
            return handler(self, *args, **kwargs)
        except (UserError, NotFound) as error:
            request.env.cr.rollback()
            if wants_json():
                return json_error(error)
            if isinstance(error, (AccessError, MissingError, NotFound)):
                raise NotFound() from error
            say(error.args[0], kind="danger")
            return back()

    return wrapped


def say(message, kind="success"):
    """Leaves a message for the next page of this reader (kind: success, warning, danger)."""
    request.session["yst_message"] = {"text": str(message), "kind": kind}


def said():
    """The message left for this page, once."""
    return request.session.pop("yst_message", None)


def back(default="/my"):
    """Sends the browser to the page it came from."""
    came_from = urllib.parse.urlsplit(request.httprequest.headers.get("Referer", ""))
    path = default
    if came_from.netloc == request.httprequest.host and came_from.path.startswith("/"):
        path = urllib.parse.urlunsplit(("", "", came_from.path, came_from.query, ""))
    return see(path)


def see(path):
    """Redirect to a page of ours after a POST."""
    response = request.redirect(path, code=303)
    response.headers.update(NO_STORE)
    return response


def go(path):
    """On to another page of ours: told to a script, done for a browser."""
    return json_answer(next=path) if wants_json() else see(path)


def safe_path(path, default="/my"):
    """`path` if it stays on this host and among our pages, else `default`."""
    path = (path or "").strip()
    parts = urllib.parse.urlsplit(path)
    if parts.scheme or parts.netloc or "\\" in path or not path.startswith(("/my", "/services")):
        return default
    return path


def page(template, **values):
    """A page of the resident, never kept by the browser: other hands may hold the phone."""
    values.setdefault("page_name", template.rpartition(".")[2])
    values.update(message=said(), when=when)
    return request.render(template, values, headers=NO_STORE)


def clean(value, size):
    """One line of text as typed: outer spaces and control characters off, cut at `size`."""
    text = "".join(c for c in str(value or "") if c.isprintable() or c == "\n").strip()
    return text[:size]


def clock_text(moment=None):
    """Time of day, like 10:32."""
    return format_datetime(
        request.env, moment or fields.Datetime.now(), tz=OFFICE_TZ, dt_format="HH:mm"
    )


def when(moment, dt_format="short"):
    """Date and time as shown to residents; empty for none."""
    if not moment:
        return ""
    return format_datetime(request.env, moment, tz=OFFICE_TZ, dt_format=PATTERNS[dt_format])
