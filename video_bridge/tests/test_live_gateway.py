"""The trial gateway: who is let in, what they get, and that nothing stays open."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiortc
import av
import numpy as np
import pytest
from aiohttp import ClientError, ClientSession
from aiohttp.test_utils import TestServer
from aiohttp.web import Application, Request, Response
from video_bridge.live_gateway import LiveGateway, asking
from video_bridge.live_source import LiveTrack
from video_bridge.model import Camera
from video_bridge.sample_server import SampleServer, load_clip

from video_bridge import live_source

OFFICE = "http://office.example"
GATE, YARD, DARK = (f"{number:020d}" for number in (1, 2, 3))
Join = Callable[..., Awaitable[tuple[int, str]]]


def record(path: Path, codec: str) -> Path:
    """A short clip in which something moves, with a key frame each second."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 160, 96, "yuv420p", 10
        stream.options = (
            {"tune": "zerolatency"} if codec == "libx264" else {"x265-params": "log-level=none"})
        for number in range(30):
            picture = np.zeros((96, 160, 3), np.uint8)
            picture[:, number * 4 : number * 4 + 40] = (0, 200, 255)
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, "bgr24")):
                out.mux(packet)
        for packet in stream.encode():
            out.mux(packet)
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("live") / "gate.mp4", "libx264")


@pytest.fixture
async def cameras(clip: Path) -> AsyncIterator[SampleServer]:
    server = SampleServer([load_clip(clip, "gate"), load_clip(clip, "yard")],
                          credentials=("viewer", "p@ss/word"))
    await server.start("127.0.0.1", 0)
    yield server
    await server.stop()


@pytest.fixture
async def gateway(cameras: SampleServer) -> AsyncIterator[LiveGateway]:
    async def ask(path: str, query: str, remote: str) -> bool:
        return query == f"ticket={path}"

    one = LiveGateway(ask, [OFFICE], max_cameras=2, max_viewers=3, linger=0.3)
    one.take([camera(GATE, cameras.port, "gate"), camera(YARD, cameras.port, "yard"),
              camera(DARK, 1, "dark")])
    await one.start("127.0.0.1", 0)
    yield one
    await one.stop()


def camera(code: str, port: int, name: str) -> Camera:
    return Camera(id=int(code), code=code, name=name, main=f"rtsp://127.0.0.1:{port}/{name}",
                  username="viewer", password="p@ss/word")


class Viewer:
    """A browser, as far as the gateway can tell."""

    def __init__(self) -> None:
        self.peer = aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[]))
        self.location = ""

    async def join(self, gateway: LiveGateway, path: str, ticket: str | None = None,
                   origin: str | None = OFFICE) -> int:
        self.peer.addTransceiver("video", direction="recvonly")
        await self.peer.setLocalDescription(await self.peer.createOffer())
        headers = {"Content-Type": "application/sdp"} | ({"Origin": origin} if origin else {})
        address = f"http://127.0.0.1:{gateway.port}/{path}/whep"
        async with ClientSession() as session, session.post(
            address, params={"ticket": path if ticket is None else ticket},
            data=self.peer.localDescription.sdp, headers=headers,
        ) as answer:
            if answer.status == 201:
                self.location = answer.headers["Location"]
                await self.peer.setRemoteDescription(
                    aiortc.RTCSessionDescription(await answer.text(), "answer"))
            return answer.status

    async def pictures(self, count: int) -> list[av.VideoFrame]:
        track = self.peer.getReceivers()[0].track
        return [await asyncio.wait_for(track.recv(), 10) for _ in range(count)]

    async def leave(self) -> None:
        await self.peer.close()


@pytest.fixture
async def viewers() -> AsyncIterator[Callable[[], Viewer]]:
    made: list[Viewer] = []

    def one() -> Viewer:
        made.append(Viewer())
        return made[-1]

    yield one
    for viewer in made:
        await viewer.leave()


async def until(what: Callable[[], bool], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not what():
            await asyncio.sleep(0.02)


async def test_the_picture_comes_as_the_camera_made_it_and_moves(
    gateway: LiveGateway, cameras: SampleServer, viewers: Callable[[], Viewer]
) -> None:
    viewer = viewers()
    assert await viewer.join(gateway, GATE) == 201
    pictures = await viewer.pictures(4)
    assert (pictures[0].width, pictures[0].height) == (160, 96)
    first, last = (one.to_ndarray(format="gray") for one in (pictures[0], pictures[-1]))
    assert first.max() > 100, "black"
    assert (first != last).any(), "the picture stands still"


async def test_two_viewers_share_one_stream_which_ends_after_the_last(
    gateway: LiveGateway, cameras: SampleServer, viewers: Callable[[], Viewer]
) -> None:
    assert not cameras.connections, "opened although nobody looks"
    one, two = viewers(), viewers()
    assert [await one.join(gateway, GATE), await two.join(gateway, GATE)] == [201, 201]
    assert await one.pictures(1)
    assert await two.pictures(1)
    assert len(cameras.connections) == 1
    async with ClientSession() as session:
        for viewer in (one, two):
            address = f"http://127.0.0.1:{gateway.port}{viewer.location}"
            assert (await session.delete(address)).status == 200
            assert (await session.delete(address)).status == 404
    await until(lambda: not cameras.connections)
    assert not gateway.viewers
    again = viewers()
    assert await again.join(gateway, GATE) == 201, "it opens once more"


async def test_a_viewer_whose_connection_breaks_is_forgotten(
    gateway: LiveGateway, cameras: SampleServer, viewers: Callable[[], Viewer]
) -> None:
    viewer = viewers()
    assert await viewer.join(gateway, GATE) == 201
    await viewer.pictures(1)
    await viewer.leave()
    await until(lambda: not gateway.viewers and not cameras.connections)


@pytest.mark.parametrize("ticket", ["", "wrong", YARD])
async def test_without_a_ticket_for_this_camera_nobody_is_let_in_and_nothing_is_opened(
    gateway: LiveGateway, cameras: SampleServer, viewers: Callable[[], Viewer], ticket: str
) -> None:
    assert await viewers().join(gateway, GATE, ticket) == 403
    assert not cameras.connections
    assert not gateway.sources


async def test_pages_of_others_may_not_play(
    gateway: LiveGateway, viewers: Callable[[], Viewer]
) -> None:
    assert await viewers().join(gateway, GATE, origin="http://evil.example") == 403
    async with ClientSession() as session:
        address = f"http://127.0.0.1:{gateway.port}/{GATE}/whep"
        for origin, status, allowed in ((OFFICE, 204, OFFICE), ("http://evil.example", 403, None)):
            answer = await session.options(address, headers={"Origin": origin})
            assert answer.status == status
            assert answer.headers.get("Access-Control-Allow-Origin") == allowed


async def test_what_is_no_offer_is_refused(gateway: LiveGateway) -> None:
    address = f"http://127.0.0.1:{gateway.port}/{GATE}/whep?ticket={GATE}"
    async with ClientSession() as session:
        for body, kind, status in (("v=0", "text/plain", 415), ("nonsense", "application/sdp", 406),
                                   ("", "application/sdp", 406),
                                   ("x" * 100_000, "application/sdp", 413)):
            answer = await session.post(address, data=body, headers={"Content-Type": kind})
            assert answer.status == status, body[:10]
    assert not gateway.viewers


async def test_a_camera_that_does_not_answer_is_said_to_be_away(
    gateway: LiveGateway, viewers: Callable[[], Viewer]
) -> None:
    assert await viewers().join(gateway, DARK) == 504
    assert await viewers().join(gateway, f"{9:020d}") == 404
    assert not gateway.viewers


async def test_no_address_and_no_playlist_opens_a_file_of_this_machine(
    gateway: LiveGateway, viewers: Callable[[], Viewer], clip: Path
) -> None:
    async def playlist(request: Request) -> Response:
        lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:3", "#EXTINF:3,", f"file://{clip}",
                 "#EXT-X-ENDLIST"]
        return Response(text="\n".join(lines), content_type="application/vnd.apple.mpegurl")

    app = Application()
    app.router.add_get("/gate.m3u8", playlist)
    async with TestServer(app) as server:
        for main in (str(clip), f"file://{clip}", f"concat:{clip}", f"subfile,,:{clip}",
                     str(server.make_url("/gate.m3u8"))):
            gateway.take([Camera(id=1, code=GATE, name="gate", main=main)])
            assert await viewers().join(gateway, GATE) == 504, main


async def test_more_viewers_or_cameras_than_agreed_are_turned_away(
    gateway: LiveGateway, cameras: SampleServer, viewers: Callable[[], Viewer]
) -> None:
    gateway.take([camera(f"{n:020d}", cameras.port, "gate") for n in range(1, 5)])
    codes = [await viewers().join(gateway, f"{n:020d}") for n in (1, 2, 3)]
    assert codes == [201, 201, 503], "a third camera"
    assert await viewers().join(gateway, GATE) == 201
    assert await viewers().join(gateway, GATE) == 503, "a fourth viewer"


async def test_a_stream_that_ends_ends_the_viewers(
    gateway: LiveGateway, cameras: SampleServer, viewers: Callable[[], Viewer]
) -> None:
    viewer = viewers()
    assert await viewer.join(gateway, GATE) == 201
    await viewer.pictures(1)
    cameras.drop_all()
    await until(lambda: not gateway.viewers)
    await until(lambda: viewer.peer.connectionState == "closed")


async def test_h265_is_refused_with_its_name(
    gateway: LiveGateway, tmp_path: Path, viewers: Callable[[], Viewer]
) -> None:
    if "libx265" not in av.codecs_available:
        pytest.skip("this FFmpeg makes no H.265")
    record(tmp_path / "new.mp4", "libx265")
    app = Application()
    app.router.add_static("/", tmp_path)
    async with TestServer(app) as server:
        source = live_source.LiveSource(str(server.make_url("/new.mp4")), linger=5)
        with pytest.raises(live_source.LiveError) as raised:
            await source.view()
    assert (raised.value.code, str(raised.value)) == ("codec", "hevc")


async def test_who_is_too_slow_goes_on_at_a_key_frame(clip: Path) -> None:
    track = LiveTrack()
    with av.open(str(clip)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    track.put(packets[1])
    assert track._queue.empty(), "a viewer begins at a key frame"
    for packet in [packets[0]] + [packets[1]] * (live_source.BEHIND + 20):
        track.put(packet)
    assert track._queue.empty(), "what was late is left out"
    track.put(packets[0])
    assert (await track.recv()).is_keyframe


async def test_the_platform_is_asked_as_mediamtx_asks() -> None:
    heard: list[dict[str, str]] = []

    async def check(request: Request) -> Response:
        heard.append(await request.json())
        return Response(status=int(heard[-1]["query"]))

    app = Application()
    app.router.add_post("/yst/video/live/check", check)
    async with TestServer(app) as server, ClientSession() as session:
        ask = asking(session, str(server.make_url("/yst/video/live/check")))
        assert await ask(GATE, "204", "10.0.0.9") is True
        assert await ask(GATE, "403", "10.0.0.9") is False
        with pytest.raises(ClientError):
            await ask(GATE, "500", "10.0.0.9")
    assert {"action": "read", "path": GATE, "query": "204", "protocol": "webrtc",
            "ip": "10.0.0.9"}.items() <= heard[0].items()
