"""The settings file: what is wrong is said, all of it, in words that help."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import tomllib
from fake_platform import camera
from video_bridge.settings import MIB, Settings, SettingsError

from video_bridge import config, settings

SAMPLE = Path(__file__).parent.parent / "sample.toml"
GOOD = """
[odoo]
url = "https://office.example/"
database = "yishitong"
key_file = "key"
[bridge]
name = "one"
state_dir = "state"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "key").write_text("a-key\n")
    (tmp_path / "key").chmod(0o600)
    return tmp_path


def load(folder: Path, text: str) -> Settings:
    file = folder / "bridge.toml"
    file.write_text(text)
    return settings.load(file)


def wrong(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as error:
        load(folder, text)
    return str(error.value)


def test_a_good_file_is_read(folder: Path) -> None:
    found = load(folder, GOOD)
    assert found.odoo
    assert found.odoo.url == "https://office.example"
    assert found.odoo.key() == "a-key"
    assert found.bridge.state_dir == folder / "state"
    assert found.spool_path == folder / "state" / "spool.db"
    assert found.bridge.listen == ("127.0.0.1", 8740)
    assert found.bridge.processes >= 1


def test_the_sample_is_good_and_shows_the_defaults(folder: Path) -> None:
    text = SAMPLE.read_text()
    (folder / "bridge.key").write_text("a-key")
    (folder / "bridge.key").chmod(0o600)
    plain = load(folder, text)
    head, _, cameras = text.partition("# Without [odoo]")
    shown = head[head.index("[odoo]"):].replace('# ca_file = "office-ca.pem"', "")
    shown = shown.replace('# files = "clips"', "# ")
    assert "password =" not in text
    assert load(folder, shown.replace("\n# ", "\n")) == plain
    lines = [line.removeprefix("# ") for line in cameras.splitlines() if line.startswith("# ")]
    alone = "\n".join(lines[lines.index("[[camera]]"):])
    (folder / "north-gate.password").write_text("secret")
    (folder / "north-gate.password").chmod(0o600)
    found = load(folder, '[bridge]\nstate_dir = "state"\n' + alone)
    gate, = found.cameras
    assert (gate.name, gate.password, gate.rules[0].zones[0].name) == (
        "North gate", "secret", "forecourt")
    assert [rule.kind for rule in gate.rules] == ["crowd", "intrusion", "offline"]


def test_every_problem_is_listed_at_once(folder: Path) -> None:
    text = wrong(folder, GOOD.replace("https://office.example/", "office").replace(
        'name = "one"', 'naem = "one"\nshards = -1\nlisten = "everywhere"\ndetector = "best"')
        + "[spool]\nmax_mib = 10\npicture_mib = 20\n[extra]\n")
    for part in ("odoo.url", "bridge.naem is not known", "bridge.shards", "bridge.listen",
                 "bridge.detector", "spool.picture_mib", "[extra]"):
        assert part in text


@pytest.mark.parametrize(("change", "words"), [
    (("https://", "https://user:secret@"), "must hold no user name"),
    (("example/", "example/odoo"), "without a path"),
    (('database = "yishitong"', ""), "odoo.database is missing"),
    (('state_dir = "state"', ""), "bridge.state_dir is missing"),
    (('key_file = "key"', 'key_file = "nothing"'), "No such file"),
    (("[bridge]", "[bridge]\ntimezone = 'Mars/Olympus'"), "no time zone"),
    (("[bridge]", "[bridge]\ncapacity = 0"), "capacity must be"),
    (("[bridge]", "[bridge]\nlog_level = 'loud'"), "log_level"),
])
def test_a_mistake_is_named(folder: Path, change: tuple[str, str], words: str) -> None:
    assert words in wrong(folder, GOOD.replace(*change))


def test_a_key_that_others_may_read_is_refused(folder: Path) -> None:
    (folder / "key").chmod(0o640)
    text = wrong(folder, GOOD)
    assert "others may read" in text and "chmod 600" in text
    assert "a-key" not in text


def test_an_empty_key_and_two_words_are_refused(folder: Path) -> None:
    for content in ("", "two words", "schlüssel"):
        (folder / "key").write_text(content)
        assert "must hold the key" in wrong(folder, GOOD)


def test_no_toml_and_no_file_are_said(folder: Path) -> None:
    assert "bridge.toml" in wrong(folder, "[odoo")
    with pytest.raises(SettingsError, match="No such file"):
        settings.load(folder / "nothing.toml")


def test_cameras_and_a_platform_exclude_each_other(folder: Path) -> None:
    text = wrong(folder, GOOD + '[[camera]]\nmain = "rtsp://192.0.2.1/"\n')
    assert "give one of the two" in text
    assert "nothing to do" in wrong(folder, '[bridge]\nstate_dir = "s"\n')


def test_a_bad_camera_is_named_by_its_place(folder: Path) -> None:
    text = wrong(folder, '[bridge]\nstate_dir = "s"\n[[camera]]\nmain = "rtsp://192.0.2.1/"\n'
                         '[[camera]]\nname = "b"\n[[camera]]\nmain = "x"\nrules = [{kind = "ufo"}]')
    assert "camera 2: it has no address" in text
    assert "camera 3: rule kind 'ufo'" in text
    assert "camera 1" not in text


def test_sizes_are_mebibytes(folder: Path) -> None:
    found = load(folder, GOOD + "[spool]\nmax_mib = 100\n")
    assert found.spool.max_bytes == 100 * MIB
    assert found.spool.picture_bytes == 75 * MIB


# -- the platform's configuration -----------------------------------------------------


def document(**more: Any) -> dict[str, Any]:
    return {"revision": 3, "timezone": "Asia/Shanghai", "retention_days": 30,
            "still_interval": 300, "cameras": [camera(7)], "unbound": [], **more}


def test_a_configuration_becomes_cameras() -> None:
    found = config.parse(document(cameras=[camera(7, rules=[
        {"id": 5, "kind": "crowd", "zones": [1], "threshold": 6, "duration": 10, "cooldown": 300,
         "min_score": 0.5, "params": {"hits": 3},
         "windows": [{"days": [0, 6], "from": "22:00", "to": "06:00"}]}])]))
    seven, = found.cameras
    rule, = seven.rules
    assert (found.revision, rule.kind, rule.params["hits"]) == (3, "crowd", 3)
    assert rule.zones[0].points[2] == (0.5, 0.9)
    assert rule.windows[0].days == {0, 6}
    assert "camera-secret" not in repr(seven)


def test_a_camera_in_maintenance_has_no_rules() -> None:
    found = config.parse(document(cameras=[camera(7, state="maintenance")]))
    assert found.cameras[0].rules == ()


def test_an_unbound_stream_is_no_camera_of_the_register() -> None:
    found = config.parse(document(unbound=[{"stream": 9, "main": "rtsp://192.0.2.1/"}]))
    assert [(c.id, c.state, c.stream) for c in found.unbound] == [(-9, "unbound", 9)]


@pytest.mark.parametrize("bad", [
    {"main": None}, {"id": "7"}, {"id": 0}, {"id": True}, {"transport": "pigeon"},
    {"state": "retired"}, {"zones": {}}, {"zones": [{"id": 1, "points": [[2, 0]] * 3}]},
    {"zones": [{"id": 1, "shape": "gauge", "points": [[0, 0], [1, 1]]}]},
    {"zones": []}, {"rules": [{"id": 1, "kind": "crowd", "threshold": "many"}]},
    {"rules": [{"id": 1, "kind": "crowd", "windows": [{"days": [7]}]}]},
    {"rules": [{"id": 1, "kind": "crowd", "threshold": float("nan")}]},
])
def test_a_camera_that_makes_no_sense_is_left_out_and_named(bad: dict[str, Any]) -> None:
    found = config.parse(document(cameras=[camera(7, **bad), camera(8)]))
    assert [c.id for c in found.cameras] == [8]
    assert len(found.problems) == 1
    assert "camera-secret" not in found.problems[0]


@pytest.mark.parametrize("bad", [[], None, {}, {"revision": "x"}, document(cameras=3),
                                 document(timezone="Nowhere"), document(revision=None)])
def test_what_is_no_configuration_is_refused_as_a_whole(bad: object) -> None:
    with pytest.raises(config.ConfigError):
        config.parse(bad)


def test_the_sample_is_toml() -> None:
    assert set(tomllib.loads(SAMPLE.read_text())) == {"odoo", "bridge"}


def test_the_platform_can_have_files_played_only_from_the_folder_for_them(folder: Path) -> None:
    (folder / "clips").mkdir()
    (folder / "clips" / "out.mp4").symlink_to(folder / "secret.mp4")
    addresses = ["clips/a.mp4", "clips/out.mp4", "clips/../secret.mp4", "secret.mp4"]
    document = {
        "revision": 1, "retention_days": 30,
        "cameras": [
            {"id": place, "main": prefix + str(folder / address), "transport": "file"}
            for place, (prefix, address) in enumerate(
                itertools.product(("", "file://"), addresses), 1)],
        "unbound": [{"stream": 1, "main": str(folder / "secret.mp4"), "transport": "file"}],
    }
    found = config.parse(document, folder / "clips")
    assert [camera.id for camera in found.cameras] == [1, 5]
    assert not found.unbound
    assert len(found.problems) == 7
    assert not config.parse(document).cameras
    chosen = load(folder, GOOD.replace('name = "one"', 'name = "one"\nfiles = "clips"'))
    assert chosen.bridge.files == folder / "clips"


def test_clips_go_on_for_as_long_as_the_platform_or_the_file_says(folder: Path) -> None:
    document = {
        "revision": 1, "clip_seconds": 15,
        "cameras": [camera(1), camera(2, pixelate=True)],
        "unbound": [{"stream": 9, "main": "rtsp://127.0.0.1/9"}],
    }
    found = config.parse(document)
    assert [one.clip_seconds for one in found.cameras] == [15, 0]  # nobody is to be recognised
    assert found.unbound[0].clip_seconds == 0
    document["clip_seconds"] = 900
    assert config.parse(document).cameras[0].clip_seconds == 60
    del document["clip_seconds"]  # a platform that takes none
    assert config.parse(document).cameras[0].clip_seconds == 0
    with pytest.raises(config.ConfigError):
        config.parse({**document, "clip_seconds": "long"})

    one = '[[camera]]\nmain = "rtsp://127.0.0.1/1"\n'
    own = '[bridge]\nstate_dir = "state"\n'
    assert load(folder, own + one).cameras[0].clip_seconds == 10
    assert load(folder, own + "clip_seconds = 0\n" + one).cameras[0].clip_seconds == 0
    assert load(folder, own + one + "pixelate = true\n").cameras[0].clip_seconds == 0
    assert "bridge.clip_seconds" in wrong(folder, own + "clip_seconds = 61\n" + one)


def test_clips_have_room_of_their_own(folder: Path) -> None:
    plain = load(folder, GOOD)
    assert plain.spool.clip_bytes == 2048 * MIB
    assert plain.clips_path == folder / "state" / "clips"
    assert load(folder, GOOD + "[spool]\nclip_mib = 0\n").spool.clip_bytes == 0
    assert "spool.clip_mib" in wrong(folder, GOOD + "[spool]\nclip_mib = -1\n")
