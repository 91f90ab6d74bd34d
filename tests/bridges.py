"""What the tests of bridges and Odoo together need: a server, bridges, cameras, a bad network."""

import contextlib
import http.server
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import threading
import time
from collections import defaultdict
from pathlib import Path

import requests
from clones import Server, needed, on_a_clone
from PIL import Image

from tools import machine, paths

__all__ = ["needed"]

SCRIPT = Path(__file__).with_name("bridge_process.py")
MAKE = """
office = env["yst.area"].create(
    {{"name": "测试街道", "code": "610999001000", "kind": "subdistrict"}})
area = env["yst.area"].create({{
    "name": "测试社区", "code": "610999001001", "kind": "community", "parent_id": office.id}})
cameras = env["yst.video.camera"].create([{{
    "name": f"测试摄像头{{n}}", "gb_code": f"61099900001310{{n:06d}}", "area_id": area.id,
}} for n in range(1, {count} + 1)])
env["yst.video.stream"].create([{{
    "main_address": f"{address}/{{n}}", "camera_id": camera.id,
    **({{"username": "camera", "password": "first-Password"}} if {secret} else {{}}),
}} for n, camera in enumerate(cameras, 1)])
cameras.action_activate()
# nobody reads these: what is reported about them comes from the tests alone
others = env["yst.video.camera"].create([{{
    "name": f"测试摄像头{{n}}", "gb_code": f"61099900001310{{n:06d}}", "area_id": area.id,
}} for n in range(100001, 100041)])
env["yst.video.rule"].create([{{
    "camera_id": camera.id, "kind": "offline", "duration": {grace}, "cooldown": 0,
    "dispatch": "none",
}} for camera in cameras])
bridge = env["yst.video.bridge"].create({{"name": "测试网桥"}})
key = bridge.action_new_key()["context"]["default_key"]
env.cr.commit()
print("made", key, *(",".join(map(str, some.ids)) for some in (cameras, others)))
"""
# Every step that the server took of every episode, in the order in which it did.
WATCH = """
CREATE TABLE test_step (id serial PRIMARY KEY, uid text, sequence int, state text);
CREATE FUNCTION test_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO test_step (uid, sequence, state) VALUES (NEW.uid, NEW.sequence, NEW.episode_state);
    RETURN NEW; END $$;
CREATE TRIGGER test_note AFTER INSERT OR UPDATE OF sequence ON yst_video_alert
    FOR EACH ROW EXECUTE FUNCTION test_note();
"""


class Odoo(Server):
    """A server with cameras and the key of a bridge."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.key, self.cameras, self.others = "", [], []

    def make(self, count, address, *, secret=False, grace=1):
        """Cameras, with streams at `address`/1, /2 …, and the key of a bridge."""
        said = self.script(MAKE.format(count=count, address=address, secret=secret, grace=grace))
        found = re.search(r"made (\S+) (\S+) (\S+)", said)
        self.key = found[1]
        self.cameras, self.others = ([int(n) for n in found[part].split(",")] for part in (2, 3))
        self.db.query(WATCH, database=self.name)

    def alerts(self):
        """{uid: (sequence, state)}."""
        return {uid: (sequence, state) for uid, sequence, state in self.rows(
            "SELECT uid, sequence, episode_state FROM yst_video_alert")}


def an_odoo(what):
    """A server on a database of its own, not started yet."""
    return on_a_clone(what, Odoo)


@contextlib.contextmanager
def watched(what, count):
    """A server that knows so many cameras, and the cameras."""
    cameras = Cameras()
    try:
        with an_odoo(what) as odoo:
            odoo.make(count, cameras.address)
            odoo.start()
            odoo.ready_by()
            yield odoo, cameras
    finally:
        cameras.end()


def photo(folder):
    """A small JPEG."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((320, 180)).convert("RGB").save(out, "JPEG", quality=70)
    path = folder / "photo.jpg"
    path.write_bytes(out.getvalue())
    return path


class Site:
    """The directory of one bridge, and the processes that work in it."""

    def __init__(self, folder, odoo, url="", **options):
        folder.mkdir(exist_ok=True, parents=True)
        self.folder, self.odoo = folder, odoo
        self.journal, self.spool = folder / "journal", folder / "state" / "spool.db"
        self.key_file, self.settings = folder / "key", folder / "bridge.toml"
        self.clock = folder / "clock"
        self.listen = machine.any_free_port()
        self.children = []
        self.write_key(odoo.key)
        self.settings.write_text(f"""
[odoo]
url = "{url or odoo.base}"
database = "{odoo.name}"
key_file = "key"
timeout = {options.get("timeout", 20)}
[bridge]
name = "{folder.name}"
state_dir = "state"
shards = {options.get("shards", 1)}
capacity = {options.get("capacity", 800)}
detector = "none"
listen = "127.0.0.1:{self.listen}"
[spool]
reserve_mib = 0
[pace]
heartbeat = {options.get("heartbeat", 1)}
retry_min = 0.05
retry_max = 0.5
refused_key = 1
""")

    def write_key(self, key):
        self.key_file.write_text(key)
        self.key_file.chmod(0o600)

    def run(self, *arguments, **more):
        out = open(self.folder / "log", "ab")  # noqa: SIM115 - the child's
        with out:
            child = subprocess.Popen(
                [paths.BRIDGE_PYTHON, *map(str, arguments)], cwd=paths.ROOT,
                stdout=more.pop("stdout", out), stderr=out, start_new_session=True,
                env={**os.environ, "YST_TEST_CLOCK": str(self.clock)}, **more,
            )
        self.children.append(child)
        return child

    def feed(self, *, pause=0.02, count=0, steps=0, with_photo=True):
        self.spool.parent.mkdir(exist_ok=True, mode=0o700)
        picture = photo(self.folder) if with_photo else "-"
        cameras = ",".join(map(str, self.odoo.others))
        return self.run(SCRIPT, "feed", self.spool, self.journal, cameras, picture, pause,
                        count, steps, stdin=subprocess.DEVNULL)

    def deliver(self):
        return self.run(SCRIPT, "deliver", self.settings, stdin=subprocess.DEVNULL)

    def clip(self, uid, name="quiet"):
        """Lay a clip of an alert ready, as a shard does; its file."""
        folder = self.spool.parent / "clips"
        made = self.run(SCRIPT, "clip", folder, paths.CLIPS / f"{name}.mp4", uid,
                        stdin=subprocess.DEVNULL)
        assert made.wait(30) == 0
        return folder / f"{uid}.mp4"

    def bridge(self):
        return self.run("-m", "video_bridge", "run", self.settings, stdin=subprocess.DEVNULL)

    def kill(self, child):
        if child.poll() is None:
            child.send_signal(signal.SIGKILL)
        child.wait()
        if child in self.children:
            self.children.remove(child)

    def end(self):
        for child in list(self.children):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        self.children.clear()

    def health(self):
        """What /healthz says, or {} while nobody answers."""
        try:
            return requests.get(f"http://127.0.0.1:{self.listen}/healthz", timeout=5).json()
        except (requests.RequestException, ValueError):
            return {}

    def metric(self, name):
        text = requests.get(f"http://127.0.0.1:{self.listen}/metrics", timeout=5).text
        found = re.search(rf"^\w*{name}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else None

    def identity(self):
        """The bridge's UUID."""
        return json.loads((self.spool.parent / "identity.json").read_text())["bridge"]

    def waiting(self):
        """Events in the spool."""
        return self.look("SELECT count(*) FROM event")[0][0]

    def kept_apart(self):
        return self.look("SELECT uid, code, message FROM refused")

    def look(self, statement):
        """Rows of the spool's database."""
        with contextlib.closing(sqlite3.connect(f"file:{self.spool}?mode=ro", uri=True)) as one:
            return one.execute(statement).fetchall()

    def read_journal(self):
        """(intended, put): {uid: {sequence: (event, hashes)}} each."""
        marks = {"?": defaultdict(dict), "+": defaultdict(dict)}
        for line in self.journal.read_text().splitlines():
            try:
                mark, uid, sequence, event, pictures = json.loads(line)
            except ValueError:
                continue  # cut off by a kill
            marks[mark][uid][sequence] = (event, pictures)
        return marks["?"], marks["+"]

    def empty_by(self, patience):
        """Wait until everything has been delivered."""
        until(lambda: self.waiting() == 0, patience, "the spool did not become empty")


def until(what, patience, words="it did not happen", pause=0.05):
    end = time.monotonic() + patience
    while not (found := what()):
        assert time.monotonic() < end, words() if callable(words) else words
        time.sleep(pause)
    return found


def check_all_there(odoo, *sites):
    """Every alert that was put is in Odoo: once, up to its last step, in order, with pictures;
    and nothing else is. How many alerts that is."""
    alerts = odoo.alerts()
    rows = odoo.rows("SELECT count(*), count(DISTINCT uid) FROM yst_video_alert")
    assert rows[0][0] == rows[0][1]
    seen = defaultdict(list)
    for uid, sequence, _state in odoo.rows("SELECT uid, sequence, state FROM test_step"
                                           " ORDER BY id"):
        seen[uid].append(sequence)
    pictures = defaultdict(list)
    for uid, sha256 in odoo.rows(
        "SELECT a.uid, s.sha256 FROM yst_video_snapshot s"
        " JOIN yst_video_alert a ON a.id = s.alert_id"
    ):
        pictures[uid].append(sha256)
    promised = {}
    for site in sites:
        assert not site.kept_apart()
        intended, put = site.read_journal()
        promised |= put
        # of what was intended some was put just before the kill, before it could be noted
        unknown = {uid for uid in alerts if uid in intended} - put.keys()
        for uid in unknown:
            promised[uid] = {}
        for uid, steps in put.items():
            assert uid in alerts, f"{uid} is missing"
            sequence, state = alerts[uid]
            last = max(steps)
            possible = {last, *(n for n in intended[uid] if n > last)}
            assert sequence in possible, (uid, sequence, possible)
            event = {**intended[uid], **steps}[sequence][0]
            assert state == ("closed" if event == "close" else "open"), uid
            want = {sha for _event, hashes in steps.values() for sha in hashes}
            could = {sha for _event, hashes in intended[uid].values() for sha in hashes}
            have = pictures[uid]
            assert len(have) == len(set(have)), f"a picture of {uid} is there twice"
            assert want <= set(have) <= could, uid
    assert alerts.keys() == promised.keys()
    for uid, order in seen.items():
        assert order == sorted(set(order)), f"out of order or twice: {uid} {order}"
    return len(alerts)


class Cameras:
    """Many cameras that play one clip."""

    def __init__(self, clip="quiet", user="-"):
        self.child = subprocess.Popen(
            [paths.BRIDGE_PYTHON, str(SCRIPT), "cameras", str(paths.CLIPS / f"{clip}.mp4"), "0",
             user],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.port = int(self.child.stdout.readline())
        self.address = f"rtsp://127.0.0.1:{self.port}/cam"

    def tell(self, *words):
        self.child.stdin.write(" ".join(map(str, words)) + "\n")
        self.child.stdin.flush()
        return json.loads(self.child.stdout.readline())

    def end(self):
        self.child.kill()
        self.child.wait()


class Proxy:
    """A proxy before Odoo; `faults` says what happens to the next requests, in order; while it is
    `cut` nothing passes."""

    def __init__(self, odoo):
        self.odoo, self.faults, self.count = odoo, [], defaultdict(int)
        self.cut, self.late_clips = False, 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def _pass(self):
                outer._serve(self)

            do_GET = do_POST = do_PUT = _pass  # noqa: N815

            def log_message(self, *_words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.session = requests.Session()
        self.session.trust_env = False
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _serve(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        if self.cut:
            handler.close_connection = True
            return
        fault = self.faults.pop(0) if self.faults and handler.path.endswith("/alerts") else ""
        if self.late_clips and "/clips/" in handler.path:
            fault, self.late_clips = "late", self.late_clips - 1
        self.count[fault] += 1
        if fault == "500":
            handler.send_response(500)
            handler.end_headers()
            handler.wfile.write(b"<html>Internal Server Error</html>")
            return
        answer = self.session.request(
            handler.command, self.odoo.base + handler.path, data=body or None, timeout=60,
            headers={k: v for k, v in handler.headers.items()
                     if k.lower() not in {"host", "content-length"}})
        content = answer.content
        if fault == "late":  # the server has stored it; the bridge hears nothing
            time.sleep(3)
            handler.close_connection = True
            return
        handler.send_response(answer.status_code)
        for name in ("Content-Type", "ETag"):
            if name in answer.headers:
                handler.send_header(name, answer.headers[name])
        handler.send_header("Content-Length", str(len(content)))
        with contextlib.suppress(ConnectionError):  # who asked has given up, or was killed
            handler.end_headers()
            handler.wfile.write(content[: len(content) // 2] if fault == "half" else content)
        handler.close_connection = True

    def end(self):
        self.server.shutdown()
        self.server.server_close()
