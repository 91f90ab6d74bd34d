"""The RTSP client against our server, and against cameras that mean harm or know no better."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import struct
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import av
import pytest
from clips_for_tests import encode
from video_bridge.auth import Authenticator
from video_bridge.decode import Decoder
from video_bridge.rtp import KeyUnit
from video_bridge.rtp_codecs import CODECS, H264
from video_bridge.rtsp import RtspError, RtspSession
from video_bridge.sample_server import Clip, SampleServer, load_clip, load_clips

from video_bridge import rtsp, rtsp_protocol

SDP = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:t\r\n"
Handler = Callable[[str, dict[str, str]], str | bytes | None]


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Clip]:
    folder = tmp_path_factory.mktemp("clips")
    encode(folder / "avc.mp4", gop=5)
    encode(folder / "hevc.mp4", codec="libx265", gop=5)
    encode(folder / "stream.ts", gop=5)
    encode(folder / "matroska.mkv", codec="libx265", gop=5)
    encode(folder / "large.mp4", size=(480, 272), gop=5)
    return {clip.name: clip for clip in load_clips(folder)}


@contextlib.asynccontextmanager
async def serving(server: SampleServer) -> AsyncIterator[SampleServer]:
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@contextlib.asynccontextmanager
async def camera(handle: Handler) -> AsyncIterator[str]:
    """A camera whose answers the test makes up; the address of it."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                first, *lines = head.strip().split("\r\n")
                fields = {
                    key.lower(): value for key, value in (line.split(": ", 1) for line in lines)
                }
                answer = handle(first, fields)
                if answer is None:
                    continue
                writer.write(answer if isinstance(answer, bytes) else answer.encode())
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield f"rtsp://127.0.0.1:{server.sockets[0].getsockname()[1]}/live"
    finally:
        server.close()


def answer(
    fields: dict[str, str], *, status: str = "200 OK", more: str = "", body: str = ""
) -> str:
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"RTSP/1.0 {status}\r\nCSeq: {fields['cseq']}\r\n{more}{length}\r\n{body}"


def plain(first: str, fields: dict[str, str]) -> str:
    """What a good camera says."""
    method = first.split(" ")[0]
    if method == "DESCRIBE":
        return answer(fields, body=SDP)
    if method == "SETUP":
        return answer(fields, more="Transport: RTP/AVP/TCP;interleaved=0-1\r\nSession: 7\r\n")
    return answer(fields)


async def problem_of(
    address: str, auth: Authenticator | None = None, **options: float
) -> RtspError:
    session = RtspSession(address, auth or Authenticator(None, None), lambda unit: None, **options)
    with pytest.raises(RtspError) as raised:
        await asyncio.wait_for(session.run(), 10)
    return raised.value


def key_slices(clip: Clip) -> set[bytes]:
    """The key frames of an H.264 clip without their parameter sets, as they are without loss."""
    units: list[KeyUnit] = []
    depacketiser = H264(units.append)
    number = 0
    for place, frame in enumerate(clip.frames):
        for packet in frame.packets:
            view = memoryview(packet)
            depacketiser.feed(view, view[4], view[5], number, place, 16, len(view))
            number = (number + 1) & 0xFFFF
    return {unit.data[len(unit.parameters) :] for unit in units}


async def read(
    address: str, count: int = 2, auth: Authenticator | None = None, timeout: float = 8
) -> list[KeyUnit]:
    """The first key frames."""
    units: list[KeyUnit] = []
    enough = asyncio.Event()

    def take(unit: KeyUnit) -> None:
        units.append(unit)
        if len(units) >= count:
            enough.set()

    task = asyncio.ensure_future(
        RtspSession(address, auth or Authenticator(None, None), take).run()
    )
    waiting = asyncio.ensure_future(enough.wait())
    await asyncio.wait({task, waiting}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task.done():
        task.result()
    task.cancel()
    await asyncio.wait({task})
    return units


@pytest.mark.parametrize(
    ("name", "codec"),
    [("avc", "h264"), ("stream", "h264"), ("hevc", "hevc"), ("matroska", "hevc")],
)
async def test_key_frames_of_either_codec_arrive_whole(
    clips: dict[str, Clip], name: str, codec: str
) -> None:
    async with serving(SampleServer([clips[name]])) as server:
        units = await read(f"rtsp://127.0.0.1:{server.port}/{name}", 3)
    assert [unit.codec for unit in units[:3]] == [codec] * 3
    assert [unit.delta_frames for unit in units[1:3]] == [4, 4]
    decoder = Decoder()
    for unit in units:
        picture = decoder.decode(unit.codec, unit.data, unit.parameters, 0.0)
        assert picture.bgr.shape == (180, 320, 3)


async def test_time_goes_on_over_the_end_of_a_clip(tmp_path: Path) -> None:
    clip = load_clip(encode(tmp_path / "short.mp4", seconds=0.5, gop=5))
    async with serving(SampleServer([clip])) as server:
        units = await read(f"rtsp://127.0.0.1:{server.port}/short", 4)
    steps = [
        (later.timestamp - earlier.timestamp) & 0xFFFFFFFF
        for earlier, later in itertools.pairwise(units)
    ]
    assert steps == pytest.approx([45000] * 3, abs=200)


@pytest.mark.parametrize("scheme", ["basic", "digest", "sha256"])
async def test_the_client_logs_in(clips: dict[str, Clip], scheme: str) -> None:
    server = SampleServer([clips["avc"]], credentials=("u", "p"), scheme=scheme)  # type: ignore[arg-type]
    async with serving(server):
        address = f"rtsp://127.0.0.1:{server.port}/avc"
        assert await read(address, 1, Authenticator("u", "p"))
        for auth in (Authenticator("u", "wrong"), Authenticator(None, None)):
            assert (await problem_of(address, auth)).problem == "auth"


async def test_what_is_not_there_is_not_found(clips: dict[str, Clip]) -> None:
    async with serving(SampleServer([clips["avc"]])) as server:
        error = await problem_of(f"rtsp://127.0.0.1:{server.port}/none")
    assert error.problem == "not found"


async def test_nobody_listening_is_unreachable() -> None:
    assert (await problem_of("rtsp://127.0.0.1:9/x")).problem == "unreachable"


@pytest.mark.parametrize(
    "address",
    ["http://h/x", "rtsp:///x", "rtsp://h:99999/", "rtsp://h/a\r\nX: y", "file:///etc/passwd", ""],
)
async def test_an_address_that_makes_no_sense_is_said_so(address: str) -> None:
    assert (await problem_of(address)).problem == "address"


async def test_a_session_is_kept_alive(clips: dict[str, Clip], monkeypatch) -> None:  # type: ignore[no-untyped-def]
    async with serving(SampleServer([clips["avc"]], timeout=2)) as server:
        await read(f"rtsp://127.0.0.1:{server.port}/avc", 99, timeout=2.4)
        assert server.statistics.requests["GET_PARAMETER"] >= 2


async def test_a_camera_without_get_parameter_is_kept_alive_by_options() -> None:
    asked: list[str] = []

    def handle(first: str, fields: dict[str, str]) -> str:
        method = first.split(" ")[0]
        asked.append(method)
        if method == "OPTIONS" and asked.count("OPTIONS") == 1:
            return answer(fields, more="Public: OPTIONS, GET_PARAMETER\r\n")
        if method == "GET_PARAMETER":
            return answer(fields, status="451 Invalid Parameter")
        if method == "SETUP":
            return plain(first, fields).replace("Session: 7", "Session: 7;timeout=2")
        return plain(first, fields)

    async with camera(handle) as address:
        task = asyncio.ensure_future(
            RtspSession(address, Authenticator(None, None), lambda unit: None).run()
        )
        await asyncio.wait({task}, timeout=2.6)
        task.cancel()
        await asyncio.wait({task})
    assert asked.count("GET_PARAMETER") == 1
    assert asked.count("OPTIONS") == 2


async def test_a_forgotten_session_ends_the_connection() -> None:
    def handle(first: str, fields: dict[str, str]) -> str:
        if first.startswith("OPTIONS") and "session" in fields:
            return answer(fields, status="454 Session Not Found")
        return plain(first, fields).replace("Session: 7", "Session: 7;timeout=2")

    async with camera(handle) as address:
        assert (await problem_of(address)).problem == "closed"


async def test_silence_is_noticed(clips: dict[str, Clip]) -> None:
    async with serving(SampleServer([clips["avc"]])) as server:
        server.faults["avc"] = "stall"
        began = time.monotonic()
        error = await problem_of(f"rtsp://127.0.0.1:{server.port}/avc", silence=0.6)
    assert error.problem == "silent"
    assert time.monotonic() - began < 3


async def test_a_dropped_connection_is_noticed(clips: dict[str, Clip]) -> None:
    async with serving(SampleServer([clips["avc"]])) as server:
        server.faults["avc"] = "drop"
        assert (await problem_of(f"rtsp://127.0.0.1:{server.port}/avc")).problem == "closed"


async def test_noise_in_place_of_video_ends_the_connection(clips: dict[str, Clip]) -> None:
    async with serving(SampleServer([clips["avc"]])) as server:
        server.faults["avc"] = "garbage"
        monkey = pytest.MonkeyPatch()
        monkey.setattr(rtsp_protocol, "MAX_GARBAGE_BYTES", 20_000)
        try:
            error = await problem_of(f"rtsp://127.0.0.1:{server.port}/avc", silence=4)
        finally:
            monkey.undo()
    assert error.problem in {"garbage", "silent", "protocol"}


async def test_lost_packets_cost_key_frames_but_never_spoil_one(clips: dict[str, Clip]) -> None:
    async with serving(SampleServer([clips["large"]])) as server:
        server.faults["large"] = "loss"
        units: list[KeyUnit] = []
        session = RtspSession(
            f"rtsp://127.0.0.1:{server.port}/large", Authenticator(None, None), units.append
        )
        task = asyncio.ensure_future(session.run())
        await asyncio.sleep(2.5)
        video = session.video
        assert video is not None
        assert video.lost > 3
        assert video.damaged_keys + len(units) >= 3
        task.cancel()
        await asyncio.wait({task})
    whole = key_slices(clips["large"])
    decoder = Decoder()
    for unit in units:
        decoder.decode(unit.codec, unit.data, unit.parameters, 0.0)
        assert unit.data[len(unit.parameters) :] in whole


async def test_other_parameter_sets_in_midstream_are_taken_over(clips: dict[str, Clip]) -> None:
    async with serving(SampleServer([clips["avc"]], takes=1)) as server:
        units: list[KeyUnit] = []
        session = RtspSession(
            f"rtsp://127.0.0.1:{server.port}/avc", Authenticator(None, None), units.append
        )
        task = asyncio.ensure_future(session.run())
        await asyncio.sleep(0.9)
        server.substitute("avc", clips["large"])
        await asyncio.sleep(1.2)
        task.cancel()
        await asyncio.wait({task})
    decoder = Decoder()
    sizes = [
        decoder.decode(unit.codec, unit.data, unit.parameters, 0.0).bgr.shape[1] for unit in units
    ]
    assert sizes[0] == 320
    assert sizes[-1] == 480


async def test_a_redirect_is_followed(clips: dict[str, Clip]) -> None:
    async with serving(SampleServer([clips["avc"]])) as server:
        target = f"rtsp://127.0.0.1:{server.port}/avc"

        def handle(first: str, fields: dict[str, str]) -> str:
            if first.startswith("DESCRIBE"):
                return answer(fields, status="302 Found", more=f"Location: {target}\r\n")
            return plain(first, fields)

        async with camera(handle) as address:
            assert await read(address, 1)


@pytest.mark.parametrize("target", ["http://127.0.0.1/", "file:///etc/passwd", ""])
async def test_a_redirect_to_what_is_not_rtsp_is_refused(target: str) -> None:
    def handle(first: str, fields: dict[str, str]) -> str:
        return answer(fields, status="301 Moved", more=f"Location: {target}\r\n")

    async with camera(handle) as address:
        assert (await problem_of(address)).problem == "address"


async def test_redirects_in_circles_end() -> None:
    places: list[str] = []

    def handle(first: str, fields: dict[str, str]) -> str:
        return answer(fields, status="302 Found", more=f"Location: {places[0]}\r\n")

    async with camera(handle) as address:
        places.append(address)
        assert (await problem_of(address)).problem == "redirected"


async def test_the_bare_password_does_not_follow_a_redirect_to_another_host() -> None:
    seen: list[str] = []

    def thief(first: str, fields: dict[str, str]) -> str:
        seen.append(fields.get("authorization", ""))
        return answer(fields, status="401 No", more='WWW-Authenticate: Basic realm="r"\r\n')

    async with camera(thief) as there:
        there = there.replace("127.0.0.1", "localhost")

        def handle(first: str, fields: dict[str, str]) -> str:
            if "authorization" not in fields:
                return answer(fields, status="401 No", more='WWW-Authenticate: Basic realm="r"\r\n')
            return answer(fields, status="302 Found", more=f"Location: {there}\r\n")

        async with camera(handle) as address:
            error = await problem_of(address, Authenticator("u", "p"))
    assert error.problem == "auth"
    assert seen
    assert not any(seen)


async def test_a_camera_that_downgrades_to_basic_does_not_get_the_password() -> None:
    seen: list[str] = []

    def handle(first: str, fields: dict[str, str]) -> str:
        seen.append(fields.get("authorization", ""))
        scheme = 'Digest realm="r", nonce="1"' if len(seen) == 1 else 'Basic realm="r"'
        return answer(fields, status="401 No", more=f"WWW-Authenticate: {scheme}\r\n")

    async with camera(handle) as address:
        assert (await problem_of(address, Authenticator("u", "p"))).problem == "auth"
    assert not any(text.startswith("Basic") for text in seen)


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"x" * 100, "garbage"),
        (random.Random(1).randbytes(4000), "garbage"),
        (b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 999999999\r\n\r\n", "protocol"),
        (b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: -5\r\n\r\n", "protocol"),
        (b"RTSP/1.0 200 OK\r\nX: " + b"y" * 40_000, "protocol"),
        (b"RTSP/1.0 OK\r\nCSeq: 1\r\n\r\n", "timeout"),
        (b"RTSP/1.0 200 OK\r\nCSeq: 99\r\n\r\n", "timeout"),
        (b"RTSP/1.0 200 OK\r\nCSeq: x\r\n\r\n", "timeout"),
    ],
)
async def test_answers_that_make_no_sense_end_in_good_time(
    reply: bytes, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rtsp, "ANSWER_TIMEOUT", 0.5)
    async with camera(lambda first, fields: reply) as address:
        assert (await problem_of(address)).problem == problem


async def test_an_answer_without_number_answers_the_oldest_question(
    clips: dict[str, Clip],
) -> None:
    def handle(first: str, fields: dict[str, str]) -> str:
        return plain(first, fields).replace(f"CSeq: {fields['cseq']}\r\n", "")

    async with camera(handle) as address:
        assert (await problem_of(address, silence=0.3)).problem == "silent"


async def test_an_answer_that_trickles_in_does_not_hold_us_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rtsp, "ANSWER_TIMEOUT", 0.6)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            for byte in b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: " + b"x" * 200:
                writer.write(bytes((byte,)))
                await writer.drain()
                await asyncio.sleep(0.05)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    began = time.monotonic()
    error = await problem_of(f"rtsp://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    server.close()
    assert error.problem == "timeout"
    assert time.monotonic() - began < 3


async def test_a_codec_that_we_do_not_know_is_named() -> None:
    def handle(first: str, fields: dict[str, str]) -> str:
        return plain(first, fields).replace("H264", "VP9!")

    async with camera(handle) as address:
        assert (await problem_of(address)).problem == "codec"


async def test_a_camera_that_wants_udp_is_said_so() -> None:
    def handle(first: str, fields: dict[str, str]) -> str:
        if first.startswith("SETUP"):
            return answer(fields, status="461 Unsupported Transport")
        return plain(first, fields)

    async with camera(handle) as address:
        assert (await problem_of(address)).problem == "transport"


async def test_video_without_a_key_frame_is_noticed(
    monkeypatch: pytest.MonkeyPatch, clips: dict[str, Clip]
) -> None:
    monkeypatch.setattr(rtsp, "_NO_VIDEO_AFTER", 0.5)
    frames = tuple(frame for frame in clips["avc"].frames if not frame.key)
    clip = Clip("avc", "h264", frames, 4.0, clips["avc"].description)
    async with serving(SampleServer([clip])) as server:
        error = await problem_of(f"rtsp://127.0.0.1:{server.port}/avc", silence=0.8)
    assert error.problem == "no key frame"


async def test_closing_says_goodbye(clips: dict[str, Clip]) -> None:
    async with serving(SampleServer([clips["avc"]])) as server:
        await read(f"rtsp://127.0.0.1:{server.port}/avc", 1)
        await asyncio.sleep(0.1)
        assert server.statistics.requests.get("TEARDOWN") == 1
        assert not server.connections


async def test_one_buffer_serves_many_cameras_at_once(clips: dict[str, Clip]) -> None:
    buffer = rtsp.ReceiveBuffer()
    async with serving(SampleServer([clips["avc"], clips["hevc"]])) as server:
        units: dict[int, list[KeyUnit]] = {number: [] for number in range(40)}
        tasks = [
            asyncio.ensure_future(
                RtspSession(
                    f"rtsp://127.0.0.1:{server.port}/{'avc' if number % 2 else 'hevc'}/{number}",
                    Authenticator(None, None), taken.append, buffer=buffer,
                ).run()
            )
            for number, taken in units.items()
        ]  # fmt: skip
        await asyncio.sleep(1.6)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    decoder = Decoder()
    for number, taken in units.items():
        assert len(taken) >= 2
        for unit in taken:
            assert unit.codec == ("h264" if number % 2 else "hevc")
            decoder.decode(unit.codec, unit.data, unit.parameters, 0.0)


def stream_of(clip: Clip, answers: int = 0) -> bytes:
    """What a camera sends of a clip, with an answer between pictures now and then."""
    data, number = bytearray(), 0
    for place, frame in enumerate(clip.frames):
        for packet in frame.packets:
            packet = bytearray(packet)
            struct.pack_into(">HI", packet, 6, number & 0xFFFF, frame.stamp)
            data += packet
            number += 1
        if answers and place % answers == 0:
            data += b"RTSP/1.0 200 OK\r\nCSeq: 9\r\n\r\n$\x01\x00\x08receiver"
    return bytes(data)


@pytest.mark.parametrize("name", ["avc", "hevc", "large"])
@pytest.mark.parametrize("sizes", [(1, 3), (1, 40), (1000, 3000), (60_000, 90_000)])
async def test_it_does_not_matter_how_the_stream_is_cut_into_reads(
    clips: dict[str, Clip], name: str, sizes: tuple[int, int]
) -> None:
    clip, chance = clips[name], random.Random(3)
    data = stream_of(clip, answers=7)
    units: list[KeyUnit] = []
    protocol = rtsp_protocol.RtspProtocol(rtsp.ReceiveBuffer())
    protocol.video = video = CODECS[clip.codec](units.append)
    protocol.channel = 0
    place = 0
    while place < len(data):
        piece = data[place : place + chance.randint(*sizes)]
        protocol.get_buffer(-1)[: len(piece)] = piece
        protocol.buffer_updated(len(piece))
        place += len(piece)
    expected: list[KeyUnit] = []
    alone = CODECS[clip.codec](expected.append)
    view = memoryview(stream_of(clip))
    assert alone.feed_all(view, 0, len(view), 0) == len(view)
    assert units == expected
    assert len(units) == sum(frame.key for frame in clip.frames)
    assert (video.packets, video.lost, video.broken) == (alone.packets, 0, 0)
    assert protocol.problem is None


@pytest.mark.parametrize("pieces", [(1, 1500), (1, 40)])
async def test_a_camera_that_sends_in_small_pieces_is_read_whole(
    clips: dict[str, Clip], pieces: tuple[int, int]
) -> None:
    clip, chance = clips["avc"], random.Random(4)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            method = ""
            while method != "PLAY":
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                first, *lines = head.strip().split("\r\n")
                method = first.split(" ")[0]
                said = plain(first, dict(line.lower().split(": ", 1) for line in lines))
                writer.write(said.encode())
            data = stream_of(clip)
            while data:
                size = chance.randint(*pieces)
                writer.write(data[:size])
                data = data[size:]
                await writer.drain()
                if chance.random() < 0.02:
                    await asyncio.sleep(0.001)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    units: list[KeyUnit] = []
    address = f"rtsp://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    session = RtspSession(address, Authenticator(None, None), units.append)
    with pytest.raises(RtspError) as raised:  # the last bytes count although the end follows
        await asyncio.wait_for(session.run(), 20)
    server.close()
    assert raised.value.problem == "closed"
    assert len(units) == sum(frame.key for frame in clip.frames)


async def test_a_connection_that_is_closed_is_read_no_more(clips: dict[str, Clip]) -> None:
    buffer = rtsp.ReceiveBuffer()
    async with serving(SampleServer([clips["avc"]])) as server:
        session = RtspSession(
            f"rtsp://127.0.0.1:{server.port}/avc", Authenticator(None, None), lambda unit: None,
            buffer=buffer,
        )  # fmt: skip
        task = asyncio.ensure_future(session.run())
        await asyncio.wait_for(session.playing.wait(), 5)
        protocol = session._protocol
        assert protocol is not None
        assert len(buffer.sweep) == 1
        task.cancel()
        await asyncio.wait({task})
        assert len(buffer.sweep) == 0
        assert not protocol.read_now()
        protocol.take_turns()
        assert len(buffer.sweep) == 0


async def test_pictures_in_between_come_as_well_when_they_are_wanted(
    clips: dict[str, Clip],
) -> None:
    """Key frames and what lies between them, put in a row, play without a gap."""
    async with serving(SampleServer([clips["avc"]])) as server:
        pictures: list[tuple[int, bytes]] = []
        session = RtspSession(
            f"rtsp://127.0.0.1:{server.port}/avc", Authenticator(None, None),
            lambda unit: pictures.append((unit.timestamp, unit.data)),
        )  # fmt: skip
        task = asyncio.ensure_future(session.run())
        await asyncio.wait_for(session.playing.wait(), 5)
        video = session.video
        assert video is not None
        video.on_delta = lambda unit: pictures.append((unit.timestamp, unit.data))
        video.keep_all = True
        pictures.clear()
        await asyncio.sleep(2)
        task.cancel()
        await asyncio.wait({task})
    assert len(pictures) > 12
    steps = {
        (later[0] - earlier[0]) & 0xFFFFFFFF for earlier, later in itertools.pairwise(pictures)
    }
    assert max(steps) - min(steps) < 100
    context = av.CodecContext.create("h264", "r")
    shown = [frame for _stamp, data in pictures for frame in context.decode(av.Packet(data))]
    shown += context.decode(None)
    assert len(shown) == len(pictures)
    assert not any(frame.is_corrupt for frame in shown)
