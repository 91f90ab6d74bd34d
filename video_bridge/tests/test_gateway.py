import json
import stat
from pathlib import Path

from video_bridge.model import Camera

from video_bridge import gateway


def camera(number: int, **values: object) -> Camera:
    given = {"id": number, "code": f"{number:020d}", "name": f"camera {number}",
             "main": f"rtsp://10.0.0.{number}:554/ch1", **values}
    return Camera(**given)  # type: ignore[arg-type]


def test_name_and_password_stand_in_the_address_whatever_they_hold() -> None:
    found = gateway.source(camera(1, username="office", password="p@ss:w/rd?"))
    assert found == "rtsp://office:p%40ss%3Aw%2Frd%3F@10.0.0.1:554/ch1"


def test_a_camera_without_password_or_with_a_file_only() -> None:
    assert gateway.source(camera(2)) == "rtsp://10.0.0.2:554/ch1"
    assert gateway.source(camera(3, main="clip.mp4", transport="file")) is None
    assert gateway.source(camera(4, main=None, sub="rtsp://10.0.0.4/sub")) == "rtsp://10.0.0.4/sub"


def test_one_path_a_camera_that_opens_on_demand_after_asking() -> None:
    ask = "https://office.example/yst/video/live/check"
    found = gateway.document([camera(1), camera(2, state="unbound"), camera(3, code="")], ask)
    assert found["authMethod"] == "http"
    assert found["authHTTPAddress"] == ask
    assert list(found["paths"]) == [f"{1:020d}"]
    assert found["paths"][f"{1:020d}"]["sourceOnDemand"] is True


def test_the_file_is_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    target = tmp_path / "mediamtx.yml"
    gateway._write(target, gateway.document([camera(1, username="u", password="p")], "http://x"))
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert "10.0.0.1" in json.dumps(json.loads(target.read_text()))
    assert [path.name for path in tmp_path.iterdir()] == ["mediamtx.yml"]
