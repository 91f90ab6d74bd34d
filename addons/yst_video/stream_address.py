"""Addresses of video streams without the secrets that are pasted with them. Pure functions."""

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

SCHEMES = {
    "rtsp": ("tcp", "udp"),
    "rtsps": ("tcp",),
    "http": ("http",),
    "https": ("http",),
    "file": ("file",),
}
MAX_LENGTH = 500
USER_MARK, PASSWORD_MARK = "{username}", "{password}"
# Recorders that want the account in the path or the query: ?user=admin&password=1, and
# /user=admin_password=1_channel=1_stream=0.sdp
_SECRET = re.compile(
    r"(?<![A-Za-z])(user(?:name)?|usr|login|passw(?:or)?d|pwd|pass)=([^&/?#]*?)"
    r"(?=[&/?#]|_(?:passw(?:or)?d|pwd|pass|channel|stream)=|$)",
    re.IGNORECASE,
)


class AddressError(ValueError):
    """An address that cannot be used: ``code`` says why (scheme, host, port, space, long).

    The address itself is never part of the message: it may hold a password.
    """

    def __init__(self, code):
        super().__init__(code)
        self.code = code


class Address(NamedTuple):
    """An address without secrets, and what was found in it."""

    clean: str
    username: str | None
    password: str | None


def split(text):
    """Take user and password out of an address.

    :raise AddressError: it is no address of a stream
    """
    text = (text or "").strip()
    if len(text) > MAX_LENGTH:
        raise AddressError("long")
    if re.search(r"\s|[\x00-\x1f\x7f]", text):
        raise AddressError("space")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise AddressError("port") from None
    scheme = parts.scheme.lower()
    if scheme not in SCHEMES:
        raise AddressError("scheme")
    user, sign, host = parts.netloc.rpartition("@")
    if scheme == "file":
        if sign or not parts.path.strip("/"):
            raise AddressError("host")
    elif not parts.hostname or port == 0:
        raise AddressError("host")
    found = {"username": None, "password": None}
    if sign:
        name, _colon, password = user.partition(":")
        found = {"username": unquote(name) or None, "password": unquote(password) or None}
    path, query = _mask(parts.path, found), _mask(parts.query, found)
    clean = urlunsplit((scheme, host.lower(), path, query, ""))
    return Address(clean, found["username"], found["password"])


def _mask(text, found):
    """Replace the values of user=… and password=… by marks, and keep them in ``found``."""

    def replace(match):
        name, value = match.groups()
        key = "username" if name.lower().startswith(("user", "usr", "login")) else "password"
        mark = USER_MARK if key == "username" else PASSWORD_MARK
        if unquote(value) != mark:
            found[key] = found[key] or unquote(value) or None
        return f"{name}={mark}"

    return _SECRET.sub(replace, text)


def fill(clean, username, password):
    """The address as the camera wants it: marks replaced by the account."""
    if USER_MARK not in clean and PASSWORD_MARK not in clean:
        return clean
    return clean.replace(USER_MARK, username or "").replace(PASSWORD_MARK, password or "")


def place(clean):
    """Scheme, host and port: to whom a password would be sent."""
    if not clean:
        return None
    parts = urlsplit(clean)
    return parts.scheme, parts.netloc


def default_transport(clean):
    """How the bridge reads it unless told otherwise."""
    return SCHEMES[urlsplit(clean).scheme][0]
