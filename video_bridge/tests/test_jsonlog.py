"""No credentials in the log, whoever writes them."""

from __future__ import annotations

import io
import json
import logging

import pytest

from video_bridge import jsonlog


@pytest.mark.parametrize(
    "text",
    [
        "open rtsp://admin:geheim@192.0.2.1/main failed",
        "open rtsp://admin:ge%68eim:geheim@host",
        "Authorization: Basic Z2VoZWlt geheim",
        'Authorization: Digest username="a", response="geheim"',
        "headers {'Authorization': 'Bearer geheim0123'}",
        "sent Bearer geheim0123456",
        "password=geheim&x=1",
        '{"password": "geheim"}',
        "api_key: geheim",
        "token='geheim'",
    ],
)
def test_credentials_are_cut_out(text: str) -> None:
    assert "geheim" not in jsonlog.cleaned(text)


def test_what_is_no_credential_stays() -> None:
    text = "Camera 7: auth (the camera refuses user name or password); rtsp://192.0.2.1/main"
    assert jsonlog.cleaned(text) == text


def test_every_line_is_json_and_tracebacks_are_cleaned_too() -> None:
    stream = io.StringIO()
    before = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        jsonlog.set_up("info", shard=3, stream=stream)
        try:
            raise OSError("rtsp://u:geheim@host/")
        except OSError:
            logging.getLogger("x").exception("could not read %s", "rtsp://u:geheim@host/")
    finally:
        logging.getLogger().handlers[:], level = before
        logging.getLogger().setLevel(level)
    line = json.loads(stream.getvalue())
    assert line["level"] == "error"
    assert line["shard"] == 3
    assert "geheim" not in stream.getvalue()
    assert "Traceback" in line["error"]
