"""The commands: what they say and when they fail."""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from clips_for_tests import encode
from video_bridge.rtp import KeyUnit
from video_bridge.sample_server import SampleServer, load_clip, load_clips

from video_bridge import check, cli


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server in a thread of its own: the commands bring their own loop."""
    clip = load_clip(encode(tmp_path_factory.mktemp("clips") / "live.mp4", gop=5))
    loop = asyncio.new_event_loop()
    server = SampleServer([clip], credentials=("u", "p@ss"))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield asyncio.run_coroutine_threadsafe(server.start(), loop).result(5)
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_has_a_module_with_arguments_and_main(name: str) -> None:
    module = importlib.import_module(cli.COMMANDS[name].module)
    assert callable(module.add_arguments)
    assert callable(module.main)


def test_help_names_all_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    written = capsys.readouterr().out
    assert all(name in written for name in cli.COMMANDS)


@pytest.mark.parametrize("words", [[], ["nonsense"], ["check"], ["run"]])
def test_what_makes_no_sense_ends_with_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    assert ended.value.code == 2


def test_check_says_what_a_camera_sends_and_saves_a_picture(
    port: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "a.jpg"
    address = f"rtsp://u:p%40ss@127.0.0.1:{port}/live"
    assert cli.main(["check", address, "--seconds", "2", "--picture", str(picture)]) == 0
    written = capsys.readouterr().out
    assert "codec: h264" in written
    assert "size: 320x180" in written
    assert "key-frame interval: 0.50 s" in written
    assert "KB" in written
    assert picture.read_bytes()[:2] == b"\xff\xd8"
    assert "p@ss" not in written


@pytest.mark.parametrize(
    ("stamps", "times", "said"),
    [
        ((0, 180_000, 360_000), (0.0, 1.92, 4.0), "2.00 s"),  # read in turns: the camera knows
        ((2**32 - 90_000, 90_000, 270_000), (0.0, 2.08, 4.0), "2.00 s"),  # its count wraps
        ((0, 1, 2), (0.0, 2.0, 4.0), "2.00 s"),  # its clock makes no sense
        ((0, 900_000, 1_800_000), (0.0, 4.0, 8.0), "4.00 s"),
    ],
)
def test_check_believes_the_cameras_clock_where_it_makes_sense(
    stamps: tuple[int, ...], times: tuple[float, ...], said: str
) -> None:
    units = [KeyUnit("h264", b"", b"", stamp) for stamp in stamps]
    assert f"key-frame interval: {said}" in check.report(units, list(times), None)


def test_check_names_the_problem(port: int, capsys: pytest.CaptureFixture[str]) -> None:
    address = f"rtsp://u:geheim@127.0.0.1:{port}/live"
    assert cli.main(["check", address, "--seconds", "2"]) == 1
    written = capsys.readouterr()
    assert "auth" in written.err
    assert "geheim" not in written.out + written.err


def test_check_finds_a_camera_of_the_settings_file(
    port: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "bridge.toml"
    settings.write_text(
        f"""[bridge]
state_dir = "state"
[[camera]]
code = "61090200001310000007"
main = "rtsp://127.0.0.1:{port}/live"
username = "u"
password = "p@ss"
"""
    )
    words = ["--settings", str(settings), "--seconds", "1.5"]
    assert cli.main(["check", "61090200001310000007", *words]) == 0
    assert "codec: h264" in capsys.readouterr().out
    assert cli.main(["check", "nobody", *words]) == 2


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("rtsp://h/x", ("rtsp://h/x", None, None)),
        ("rtsp://u@h/x", ("rtsp://h/x", "u", "")),
        ("rtsp://u:a%40b:c@h:8554/x?y=1", ("rtsp://h:8554/x?y=1", "u", "a@b:c")),
        ("rtsp://u:p@q@h/x", ("rtsp://h/x", "u", "p@q")),
    ],
)
def test_user_info_is_taken_out_of_an_address(
    address: str, expected: tuple[str, str | None, str | None]
) -> None:
    assert check.split_user(address) == expected


def test_a_clip_that_cannot_be_served_is_named_and_left_out(tmp_path: Path) -> None:
    encode(tmp_path / "good.mp4", seconds=1)
    encode(tmp_path / "odd.mkv", seconds=1, codec="mpeg4")
    (tmp_path / "broken.mp4").write_bytes(b"x" * 500)
    (tmp_path / "notes.txt").write_text("no clip")
    said: list[str] = []
    assert [clip.name for clip in load_clips(tmp_path, said.append)] == ["good"]
    assert len(said) == 2


def test_a_bridge_whose_processes_do_not_start_ends_with_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "bridge.toml"
    settings.write_text("""[bridge]
state_dir = "state"
listen = ""
[[camera]]
main = "rtsp://127.0.0.1:9/live"
""")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "missing"))
    monkeypatch.setattr("video_bridge.supervisor.START_PATIENCE", 0.5)
    assert cli.main(["run", str(settings)]) == 3
    assert "missing" in capsys.readouterr().err


async def test_the_whole_bridge_runs_from_a_settings_file_and_ends_when_told(
    tmp_path: Path,
) -> None:
    """The camera vanishes; the alert is in the file; SIGTERM ends everything with 0."""
    clip = load_clip(encode(tmp_path / "live.mp4", gop=5))
    server = SampleServer([clip])
    port = await server.start()
    settings = tmp_path / "bridge.toml"
    settings.write_text(
        f"""[bridge]
state_dir = "state"
shards = 1
detector = "none"
listen = ""
[[camera]]
main = "rtsp://127.0.0.1:{port}/live"
[[camera.rules]]
kind = "offline"
duration = 0.5
"""
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "video_bridge", "run", str(settings),
        stderr=asyncio.subprocess.PIPE, env=dict(os.environ),
    )  # fmt: skip
    alerts = tmp_path / "state" / "alerts.jsonl"
    try:
        async with asyncio.timeout(25):
            while not server.connections:
                await asyncio.sleep(0.05)
            await asyncio.sleep(2.5)
            server.faults["live"] = "stall"
            while not alerts.exists() or '"offline"' not in alerts.read_text():
                await asyncio.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(12):
            _out, log = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
        await server.stop()
    assert process.returncode == 0
    assert log.decode().strip().splitlines()[-1].count("has ended") == 1
