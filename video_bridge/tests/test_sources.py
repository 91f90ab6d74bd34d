"""Cameras that PyAV reads: HTTP MJPEG, files; wrong passwords and rubbish."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import cv2
import pytest
from aiohttp import web
from clips_for_tests import encode, picture
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from video_bridge.annexb import split_annexb
from video_bridge.decode import Decoder
from video_bridge.rtp import KeyUnit
from video_bridge.rtsp import RtspError
from video_bridge.sample_server import SampleServer, load_clip
from video_bridge.sources import PyAvSource


@contextlib.asynccontextmanager
async def mjpeg_camera(credentials: str | None = None, noise: bool = False) -> AsyncIterator[str]:
    """An HTTP camera that sends ten JPEG pictures a second."""

    async def stream(request: web.Request) -> web.StreamResponse:
        expected = "Basic " + base64.b64encode((credentials or "").encode()).decode()
        if credentials and request.headers.get("Authorization") != expected:
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="camera"'})
        response = web.StreamResponse(
            headers={"Content-Type": "multipart/x-mixed-replace; boundary=frame"}
        )
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            for number in range(100):
                image = picture(number, 320, 180, moving=True)
                data = cv2.imencode(".jpg", image)[1].tobytes()
                if noise:
                    data = bytes(len(data))
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
                await response.write(head.encode() + data + b"\r\n")
                await asyncio.sleep(0.1)
        return response

    application = web.Application()
    application.router.add_get("/video", stream)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/video"
    finally:
        await runner.cleanup()


async def read(source: PyAvSource, seconds: float) -> RtspError | None:
    task = asyncio.ensure_future(source.run())
    done, _waiting = await asyncio.wait({task}, timeout=seconds)
    if done:
        error = task.exception()
        assert isinstance(error, RtspError)
        return error
    task.cancel()
    await asyncio.wait({task})
    return None


async def test_http_mjpeg_is_read_and_thinned_out() -> None:
    keys: list[KeyUnit] = []
    async with mjpeg_camera() as address:
        await read(PyAvSource(address, "http", keys.append, mjpeg_interval=0.5), 2.6)
    assert 2 <= len(keys) <= 6
    found = Decoder().decode(keys[0].codec, keys[0].data, keys[0].parameters, 0.0)
    assert found.bgr.shape == (180, 320, 3)


async def test_http_mjpeg_behind_a_password() -> None:
    keys: list[KeyUnit] = []
    async with mjpeg_camera("us er:p@ss/wörd") as address:
        source = PyAvSource(address, "http", keys.append, username="us er", password="p@ss/wörd")
        await read(source, 1.5)
        assert keys
        wrong = PyAvSource(address, "http", keys.append, username="us er", password="geheim")
        error = await read(wrong, 3)
    assert error is not None
    assert error.problem == "auth"
    assert "geheim" not in str(error)


@pytest.mark.parametrize(
    ("address", "transport", "problem"),
    [
        ("/nowhere/at/all.mp4", "file", "not found"),
        ("http://127.0.0.1:9/x", "http", "unreachable"),
        ("file:///etc/passwd", "http", "address"),
        ("http://127.0.0.1:9/x", "file", "address"),
        ("concat:/etc/passwd", "udp", "address"),
        ("/etc/passwd", "file", "garbage"),
    ],
)
async def test_what_cannot_be_read_is_said_so(address: str, transport: str, problem: str) -> None:
    error = await read(PyAvSource(address, transport, lambda unit: None), 8)
    assert error is not None
    assert error.problem == problem


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_rtsp_is_read_over_datagrams_and_by_pyav_over_tcp(
    transport: str, tmp_path: Path
) -> None:
    clip = load_clip(encode(tmp_path / "live.mp4", gop=5))
    server = SampleServer([clip], credentials=("u", "p@ss"))
    port = await server.start()
    keys: list[KeyUnit] = []
    source = PyAvSource(
        f"rtsp://127.0.0.1:{port}/live", transport, keys.append, username="u", password="p@ss"
    )
    error = await read(source, 4)
    await server.stop()
    assert error is None
    assert len(keys) >= 3
    decoder = Decoder()
    for unit in keys[1:]:
        found = decoder.decode(unit.codec, unit.data, unit.parameters, 0.0)
        assert found.bgr.shape == (180, 320, 3)


@contextlib.asynccontextmanager
async def encrypted(port: int, folder: Path) -> AsyncIterator[int]:
    """A TLS door before a port of this machine; the port of the door."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "camera")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name)
        .public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = folder / "camera.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)

    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                target.write(data)
                await target.drain()
        target.close()

    async def pass_on(near: asyncio.StreamReader, near_out: asyncio.StreamWriter) -> None:
        far, far_out = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copy(near, far_out), copy(far, near_out))

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def test_an_encrypted_camera_is_read_with_its_password(tmp_path: Path) -> None:
    encode(tmp_path / "gate.mp4", seconds=3)
    server = SampleServer(
        [load_clip(tmp_path / "gate.mp4", "gate")], credentials=("viewer", "p@ss/word")
    )
    await server.start("127.0.0.1", 0)
    keys: list[KeyUnit] = []
    try:
        async with encrypted(server.port, tmp_path) as port:
            source = PyAvSource(
                f"rtsps://127.0.0.1:{port}/gate", "tcp", keys.append,
                username="viewer", password="p@ss/word",
            )  # fmt: skip
            assert await read(source, 4.0) is None
    finally:
        await server.stop()
    assert keys
    assert keys[0].codec == "h264"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n"),
        ("list.ffconcat", "ffconcat version 1.0\nfile '{}'\n"),
    ],
)
@pytest.mark.parametrize("where", ["http://127.0.0.1:9/a.ts", "a.ts"])
async def test_a_playlist_cannot_lead_to_other_files(
    tmp_path: Path, name: str, text: str, where: str
) -> None:
    encode(tmp_path / "a.ts", seconds=1)
    playlist = tmp_path / name
    playlist.write_text(text.format(where))
    keys: list[KeyUnit] = []
    error = await read(PyAvSource(str(playlist), "file", keys.append), 5)
    assert error is not None
    assert not keys


async def test_the_address_with_the_password_never_reaches_the_log(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        await read(
            PyAvSource(
                "rtsp://127.0.0.1:9/x", "udp", lambda unit: None, username="u", password="geheim"
            ),
            5,
        )
    written = capfd.readouterr()
    assert "geheim" not in caplog.text + written.out + written.err


async def test_a_file_plays_at_its_own_pace(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", seconds=3)
    keys: list[KeyUnit] = []
    await read(PyAvSource(str(path), "file", keys.append), 1.6)
    assert len(keys) == 2
    assert keys[1].delta_frames == 9
    assert keys[1].parameters


async def test_slices_that_each_have_parameter_sets_are_one_key_frame(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.h264", seconds=2, options={"slices": "3"})
    units = split_annexb(path.read_bytes())
    sets = [next(unit for unit in units if unit[0] & 0x1F == kind) for kind in (7, 8)]
    pictures = sum(unit[0] & 0x1F == 5 and unit[1] >> 7 for unit in units)
    slices = sum(unit[0] & 0x1F == 5 for unit in units) // pictures
    assert slices > 1
    stream = b""
    for unit in units:
        later = unit[0] & 0x1F == 5 and not unit[1] & 0x80  # another slice of the same picture
        stream += b"".join(b"\0\0\0\1" + one for one in [*(sets if later else []), unit])
    path.write_bytes(stream)
    keys: list[KeyUnit] = []
    await read(PyAvSource(str(path), "file", keys.append), 1.6)
    assert keys
    decoder = Decoder()
    for key in keys:
        kinds = [unit[0] & 0x1F for unit in split_annexb(key.data)]
        assert kinds.count(5) == slices
        decoder.decode(key.codec, key.data, key.parameters, 0.0)
