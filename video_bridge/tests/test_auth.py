"""Proofs of identity against the examples of the RFCs, and what must never be sent."""

from __future__ import annotations

import base64

import pytest
from video_bridge.auth import (
    Authenticator,
    AuthError,
    authorised,
    digest_response,
    parse_challenges,
    parse_parameters,
)

# RFC 7616, 3.9.1
MUFASA = {
    "realm": "http-auth@example.org",
    "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
    "qop": "auth, auth-int",
}
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_digest_gives_the_answers_of_rfc_7616(algorithm: str, expected: str) -> None:
    found = digest_response(
        {**MUFASA, "algorithm": algorithm}, "GET", "/dir/index.html", "Mufasa", "Circle of Life",
        cnonce=CNONCE, count="00000001", qop="auth",
    )  # fmt: skip
    assert found == expected


def test_digest_without_qop_gives_the_answer_of_rfc_2069_with_its_erratum() -> None:
    asked = {"realm": "testrealm@host.com", "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093"}
    found = digest_response(asked, "GET", "/dir/index.html", "Mufasa", "CircleOfLife")
    assert found == "1949323746fe6a43ef61f9606e7febea"


def test_an_unknown_algorithm_is_refused() -> None:
    with pytest.raises(AuthError):
        digest_response({"algorithm": "MD4"}, "GET", "/", "u", "p")


def test_several_challenges_in_one_header_are_told_apart() -> None:
    header = 'Digest realm="a, Basic b", nonce="n\\"1", qop="auth,auth-int", Basic realm="c"'
    digest, basic = parse_challenges([header])
    assert digest.scheme == "digest"
    assert digest.parameters["realm"] == "a, Basic b"
    assert digest.parameters["nonce"] == 'n"1'
    assert basic.scheme == "basic"
    assert basic.parameters == {"realm": "c"}


def test_of_repeated_parameters_the_first_counts() -> None:
    assert parse_parameters('nonce="a", nonce=b') == {"nonce": "a"}


def test_nothing_is_sent_unasked() -> None:
    assert Authenticator("u", "p").header("OPTIONS", "rtsp://h/") is None


def test_the_stronger_digest_is_chosen_and_basic_never_with_it() -> None:
    auth = Authenticator("u", "secret")
    assert auth.challenged([
        'Basic realm="r"',
        'Digest realm="r", nonce="1", algorithm=MD5, qop="auth"',
        'Digest realm="r", nonce="2", algorithm=SHA-256, qop="auth"',
    ])
    header = auth.header("DESCRIBE", "rtsp://h/s") or ""
    assert header.startswith("Digest ")
    assert "algorithm=SHA-256" in header
    assert "secret" not in header
    asked = {"realm": "r", "nonce": "2", "algorithm": "SHA-256"}
    assert authorised(header, "DESCRIBE", "u", "secret", asked)
    assert not authorised(header, "PLAY", "u", "secret", asked)
    assert not authorised(header, "DESCRIBE", "u", "other", asked)


@pytest.mark.parametrize("algorithm", ["MD5-sess", "SHA-256-sess"])
def test_session_algorithms_prove_the_user(algorithm: str) -> None:
    auth = Authenticator("u", "p")
    auth.challenged([f'Digest realm="r", nonce="1", algorithm={algorithm}, qop="auth"'])
    asked = {"realm": "r", "nonce": "1", "algorithm": algorithm}
    assert authorised(auth.header("PLAY", "rtsp://h/"), "PLAY", "u", "p", asked)


def test_each_answer_has_a_count_of_its_own() -> None:
    auth = Authenticator("u", "p")
    auth.challenged(['Digest realm="r", nonce="1", qop="auth"'])
    headers = [auth.header("PLAY", "rtsp://h/") or "" for _ in range(2)]
    assert "nc=00000001" in headers[0]
    assert "nc=00000002" in headers[1]


def test_basic_is_used_where_digest_was_never_offered() -> None:
    auth = Authenticator("u", "p:ä")
    assert auth.challenged(['Basic realm="r"'])
    expected = base64.b64encode("u:p:ä".encode()).decode()
    assert auth.header("PLAY", "rtsp://h/") == f"Basic {expected}"
    assert authorised(f"Basic {expected}", "PLAY", "u", "p:ä", {})


def test_basic_is_never_sent_after_digest_was_offered_even_on_a_new_connection() -> None:
    auth = Authenticator("u", "p")
    auth.challenged(['Digest realm="r", nonce="1"'])
    auth.forget()
    with pytest.raises(AuthError, match="before"):
        auth.challenged(['Basic realm="r"'])
    assert auth.header("PLAY", "rtsp://h/") is None


def test_basic_beside_a_digest_that_we_do_not_know_is_not_sent() -> None:
    with pytest.raises(AuthError):
        Authenticator("u", "p").challenged(
            ['Digest realm="r", nonce="1", algorithm=SHA-512-256', 'Basic realm="r"']
        )


def test_basic_is_not_sent_to_a_host_that_we_were_redirected_to() -> None:
    with pytest.raises(AuthError):
        Authenticator("u", "p").challenged(['Basic realm="r"'], foreign=True)


def test_a_second_refusal_is_final_unless_the_nonce_was_stale() -> None:
    auth = Authenticator("u", "p")
    assert auth.challenged(['Digest realm="r", nonce="1"'])
    assert auth.challenged(['Digest realm="r", nonce="2", stale=TRUE'])
    assert 'nonce="2"' in (auth.header("PLAY", "rtsp://h/") or "")
    assert not auth.challenged(['Digest realm="r", nonce="3"'])


def test_a_nonce_that_expires_without_a_word_is_answered_once_more() -> None:
    auth = Authenticator("u", "p")
    auth.challenged(['Digest realm="r", nonce="1"'])
    auth.accepted()
    assert auth.challenged(['Digest realm="r", nonce="2"'])
    assert not auth.challenged(['Digest realm="r", nonce="3"'])  # the password was changed
    auth.accepted()
    assert not auth.challenged(['Digest realm="r", nonce="3"'])  # the same nonce: a refusal


def test_without_credentials_there_is_nothing_to_answer() -> None:
    with pytest.raises(AuthError):
        Authenticator(None, None).challenged(['Digest realm="r", nonce="1"'])


def test_a_realm_cannot_smuggle_a_header() -> None:
    auth = Authenticator('u"\r\nX: y', "p")
    auth.challenged(['Digest realm="a\\"b", nonce="1"'])
    header = auth.header("PLAY", "rtsp://h/") or ""
    assert "\r" not in header
    assert "\n" not in header
    assert 'realm="a\\"b"' in header
