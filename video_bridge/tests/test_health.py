"""The bridge's own pages, and who may see them."""

from __future__ import annotations

import re
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from video_bridge.health import TOKEN_FILE, HealthServer
from video_bridge.looker import Figures
from video_bridge.model import Camera
from video_bridge.recording.maker import ClipFigures
from video_bridge.shard import Report, ShardSettings
from video_bridge.spool import Spool
from video_bridge.supervisor import Supervisor


def report(**fields: object) -> Report:
    values: dict[str, object] = dict.fromkeys(Report.__dataclass_fields__, 0)
    values |= {
        "figures": Figures(decoded=5), "detector": "nanodet f32", "ready": True, "stuck": False,
        "keys": 12, "clips": ClipFigures(made=3, recording=2),
    }  # fmt: skip
    return Report(**(values | fields))  # type: ignore[arg-type]


class Pages:
    def __init__(self, folder: Path) -> None:
        self.spool = Spool(folder / "spool.db")
        self.supervisor = Supervisor(ShardSettings(0, folder / "spool.db"), 1, self.spool)
        self.supervisor.assign(
            [Camera(7, "61", "<b>gate</b>", "rtsp://h/x", username="u", password="geheim")], ()
        )
        self.server = HealthServer(self.supervisor, self.spool, None, folder)

    def pretend_running(self, **fields: object) -> None:
        shard = self.supervisor._shards[0]
        shard.channel = object()  # type: ignore[assignment]
        shard.report = report(**fields)


@pytest.fixture
async def pages(tmp_path: Path) -> AsyncIterator[Pages]:
    found = Pages(tmp_path)
    await found.server.start("127.0.0.1", 0)
    yield found
    await found.server.stop()
    found.spool.close()


async def get(port: int, path: str, **options: object) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
        session.get(f"http://127.0.0.1:{port}{path}", **options) as answer,  # type: ignore[arg-type]
    ):
        return answer.status, await answer.text()


async def test_healthz_fails_while_a_shard_is_down_and_says_so(pages: Pages) -> None:
    status, text = await get(pages.server.ports[0], "/healthz")
    assert status == 503
    assert "shard 0 is down" in text
    pages.pretend_running()
    status, text = await get(pages.server.ports[0], "/healthz")
    assert status == 200
    assert '"assigned": 1' in text
    assert "nanodet f32" in text
    pages.pretend_running(stuck=True)
    assert (await get(pages.server.ports[0], "/healthz"))[0] == 503


async def test_metrics_are_what_prometheus_reads(pages: Pages) -> None:
    pages.pretend_running()
    status, text = await get(pages.server.ports[0], "/metrics")
    assert status == 200
    samples = {
        (sample.name, sample.labels.get("shard")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["video_bridge_cameras", None] == 1
    assert samples["video_bridge_key_frames_total", "0"] == 12
    assert samples["video_bridge_decoded_total", "0"] == 5
    assert samples["video_bridge_shard_up", "0"] == 1
    assert samples["video_bridge_clips_made_total", "0"] == 3
    assert samples["video_bridge_recordings", "0"] == 2
    assert samples["video_bridge_spool_seconds_count", "0"] == 0


async def test_no_page_tells_a_password(pages: Pages) -> None:
    pages.pretend_running()
    token = (pages.server._token_path).read_text().strip()
    for port, path in [(0, "/healthz"), (0, "/metrics"), (1, f"/tune/?token={token}")]:
        assert "geheim" not in (await get(pages.server.ports[port], path))[1]


async def test_the_tuning_view_wants_the_token(pages: Pages, tmp_path: Path) -> None:
    port = pages.server.ports[1]
    path = tmp_path / TOKEN_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    token = path.read_text().strip()
    assert len(token) >= 32
    for wrong in ("/tune/", "/tune/7", "/tune/7.jpg", "/tune/?token=x", "/tune/?token=%FF"):
        assert (await get(port, wrong))[0] == 403
    status, text = await get(port, f"/tune/?token={token}")
    assert status == 200
    assert "&lt;b&gt;gate" in text
    assert token not in text
    status, text = await get(port, f"/tune/7?token={token}")
    assert status == 200
    assert 'src="/tune/7.jpg"' in text


async def test_the_tuning_view_is_not_served_under_another_name(
    pages: Pages, tmp_path: Path
) -> None:
    token = (tmp_path / TOKEN_FILE).read_text().strip()
    status, _text = await get(
        pages.server.ports[1], f"/tune/?token={token}", headers={"Host": "evil.example"}
    )
    assert status == 403


async def test_the_public_pages_have_no_tuning_view(pages: Pages, tmp_path: Path) -> None:
    token = (tmp_path / TOKEN_FILE).read_text().strip()
    assert (await get(pages.server.ports[0], f"/tune/?token={token}"))[0] == 404


async def test_a_taken_port_does_not_stop_the_bridge(pages: Pages, tmp_path: Path) -> None:
    other = HealthServer(pages.supervisor, pages.spool, None, tmp_path)
    await other.start("127.0.0.1", pages.server.ports[0])
    assert other.ports[0] == 0
    await other.stop()


def test_a_token_is_made_anew_at_every_start(tmp_path: Path) -> None:
    from video_bridge.health import _new_token

    tokens = {_new_token(tmp_path / TOKEN_FILE) for _ in range(3)}
    assert len(tokens) == 3
    assert all(re.fullmatch(r"[\w-]{32}", token) for token in tokens)
