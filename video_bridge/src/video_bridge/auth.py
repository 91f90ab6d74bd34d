"""How a camera is told who asks: Digest (RFC 2617, RFC 7616) and Basic (RFC 7617).

The password is sent in the clear only to a camera that has never offered Digest: an answer that
offers Basic alone after Digest was seen is taken for an attack and refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_PARAMETER = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_SCHEME = re.compile(r"(?:^|,)\s*(Digest|Basic)(?=\s|$|,)", re.IGNORECASE)
_HASHES = {"MD5": "md5", "SHA-256": "sha256"}
_PREFERENCE = ("SHA-256", "SHA-256-SESS", "MD5", "MD5-SESS")


class AuthError(Exception):
    """The camera cannot be answered: no credentials, wrong ones, or an unsafe or unknown way."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to prove oneself, as a camera offers it."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def parse_challenges(headers: Iterable[str]) -> list[Challenge]:
    """The challenges in ``WWW-Authenticate`` headers; one header may hold several."""
    challenges = []
    for header in headers:
        marks = list(_SCHEME.finditer(_without_strings(header)))
        for index, mark in enumerate(marks):
            stop = marks[index + 1].start() if index + 1 < len(marks) else len(header)
            challenges.append(
                Challenge(mark[1].lower(), parse_parameters(header[mark.end() : stop]))
            )
    return challenges


def parse_parameters(text: str) -> dict[str, str]:
    """``name="value", name=value`` as a mapping with lower-case names; the first one counts."""
    found: dict[str, str] = {}
    for name, quoted, plain in _PARAMETER.findall(text):
        found.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) if quoted else plain)
    return found


def _without_strings(text: str) -> str:
    """The text with quoted strings blanked, of the same length."""
    return re.sub(r'"(?:[^"\\]|\\.)*"', lambda match: '"' + "x" * (len(match[0]) - 2) + '"', text)


def digest_response(
    parameters: Mapping[str, str],
    method: str,
    uri: str,
    username: str,
    password: str,
    *,
    cnonce: str = "",
    count: str = "00000001",
    qop: str | None = None,
    body: bytes = b"",
) -> str:
    """The ``response`` value of a Digest answer, in hexadecimal.

    :raises AuthError: the algorithm is not one of MD5, SHA-256 and their ``-sess`` forms.
    """
    algorithm = parameters.get("algorithm", "MD5").upper()
    name = _HASHES.get(algorithm.removesuffix("-SESS"))
    if name is None:
        raise AuthError(f"digest algorithm {algorithm[:20]} is not known")

    def hashed(text: str) -> str:
        return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()

    nonce = parameters.get("nonce", "")
    secret = hashed(f"{username}:{parameters.get('realm', '')}:{password}")
    if algorithm.endswith("-SESS"):
        secret = hashed(f"{secret}:{nonce}:{cnonce}")
    request = f"{method}:{uri}"
    if qop == "auth-int":
        request += ":" + hashlib.new(name, body, usedforsecurity=False).hexdigest()
    if qop is None:
        return hashed(f"{secret}:{nonce}:{hashed(request)}")
    return hashed(f"{secret}:{nonce}:{count}:{cnonce}:{qop}:{hashed(request)}")


class Authenticator:
    """Answers the challenges of one camera; lives as long as its address and credentials do."""

    __slots__ = (
        "_accepted",
        "_challenge",
        "_count",
        "_password",
        "_username",
        "digest_seen",
    )

    def __init__(self, username: str | None, password: str | None) -> None:
        """Nothing is sent before the camera has asked for it."""
        self._username = username
        self._password = password or ""
        self._challenge: Challenge | None = None
        self._count = 0
        self._accepted = False
        self.digest_seen = False
        """Whether the camera has ever offered Digest: then never Basic again."""

    def challenged(self, headers: Iterable[str], *, foreign: bool = False) -> bool:
        """Take in a 401 answer; say whether asking again makes sense.

        :param foreign: the answer comes from a host to which the camera has redirected us;
            it is not shown the password in the clear.
        :raises AuthError: when there is nothing (more) that could be answered.
        """
        if not self._username:
            raise AuthError("the camera asks for a user name and password")
        challenges = parse_challenges(headers)
        digests = [
            challenge
            for challenge in challenges
            if challenge.scheme == "digest" and _strength(challenge) is not None
        ]
        self.digest_seen = self.digest_seen or any(c.scheme == "digest" for c in challenges)
        if digests:
            chosen = min(digests, key=lambda challenge: _strength(challenge) or 0)
        elif self.digest_seen:
            raise AuthError("the camera offered Digest before and now asks for the bare password")
        elif any(challenge.scheme == "basic" for challenge in challenges) and not foreign:
            chosen = next(challenge for challenge in challenges if challenge.scheme == "basic")
        else:
            raise AuthError("the camera offers no way to log in that we may use")
        before, self._challenge, self._count = self._challenge, chosen, 0
        accepted, self._accepted = self._accepted, False
        if before is None or before.scheme != chosen.scheme:
            return True
        # many cameras let a nonce expire without saying that it is stale
        stale = chosen.parameters.get("stale", "").lower() == "true" or (
            accepted and chosen.parameters.get("nonce") != before.parameters.get("nonce")
        )
        return chosen.scheme == "digest" and stale

    def accepted(self) -> None:
        """The last answer was taken: the password is right."""
        self._accepted = True

    def forget(self) -> None:
        """Begin anew with the next connection; what was offered stays known."""
        self._challenge = None
        self._count = 0
        self._accepted = False

    def header(self, method: str, uri: str) -> str | None:
        """The value of ``Authorization`` for a request, or None before the first challenge."""
        challenge, username = self._challenge, self._username or ""
        if challenge is None:
            return None
        if challenge.scheme == "basic":
            pair = f"{username}:{self._password}".encode()
            return "Basic " + base64.b64encode(pair).decode()
        return self._digest(challenge.parameters, method, uri, username)

    def _digest(self, asked: Mapping[str, str], method: str, uri: str, username: str) -> str:
        self._count += 1
        offered = [word.strip().lower() for word in asked.get("qop", "").split(",")]
        qop = next((word for word in ("auth", "auth-int") if word in offered), None)
        cnonce, count = secrets.token_hex(8), f"{self._count:08x}"
        response = digest_response(
            asked, method, uri, username, self._password, cnonce=cnonce, count=count, qop=qop
        )
        parts = [
            f'username="{_quoted(username)}"',
            f'realm="{_quoted(asked.get("realm", ""))}"',
            f'nonce="{_quoted(asked.get("nonce", ""))}"',
            f'uri="{_quoted(uri)}"',
            f'response="{response}"',
        ]
        if "algorithm" in asked:
            parts.append(f"algorithm={asked['algorithm']}")
        if "opaque" in asked:
            parts.append(f'opaque="{_quoted(asked["opaque"])}"')
        if qop is not None:
            parts += [f"qop={qop}", f"nc={count}", f'cnonce="{cnonce}"']
        elif asked.get("algorithm", "").upper().endswith("-SESS"):
            parts.append(f'cnonce="{cnonce}"')
        return "Digest " + ", ".join(parts)


def _strength(challenge: Challenge) -> int | None:
    """The place of a Digest challenge in our preference; None for one we cannot answer."""
    algorithm = challenge.parameters.get("algorithm", "MD5").upper()
    return _PREFERENCE.index(algorithm) if algorithm in _PREFERENCE else None


def _quoted(text: str) -> str:
    return re.sub(r"[\r\n]", "", text).replace("\\", "\\\\").replace('"', '\\"')


def authorised(
    header: str | None, method: str, username: str, password: str, asked: Mapping[str, str]
) -> bool:
    """Whether an ``Authorization`` header proves the user: the server's side of the above.

    :param asked: the parameters of the Digest challenge that was sent; empty for Basic.
    """
    scheme, _space, rest = (header or "").partition(" ")
    if not asked:
        expected = base64.b64encode(f"{username}:{password}".encode()).decode()
        return scheme.lower() == "basic" and hmac.compare_digest(rest.strip(), expected)
    given = parse_parameters(rest)
    if scheme.lower() != "digest" or given.get("nonce") != asked.get("nonce"):
        return False
    expected = digest_response(
        asked,
        method,
        given.get("uri", ""),
        username,
        password,
        cnonce=given.get("cnonce", ""),
        count=given.get("nc", ""),
        qop=given.get("qop"),
    )
    proof = given.get("response", "")
    return given.get("username") == username and hmac.compare_digest(proof, expected)
