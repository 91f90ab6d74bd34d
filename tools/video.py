"""The video bridge beside the development server: sample streams, and the bridge that reads them.

A newcomer sees cameras, an alert and its order without having a camera.
"""

import subprocess
from contextlib import contextmanager

from tools import bridge, console, database, machine, paths, process, stamps
from tools.console import Trouble

STREAMS_PORT = 8554  # the sample cameras' addresses name it
STATE = paths.LOCAL / "bridge-state"
KEY = """
bridges = env["yst.video.bridge"]
bridge = bridges.search([], order="id", limit=1) or bridges.create({"name": "示例网桥"})
print("KEY " + bridge.action_new_key()["context"]["default_key"])
env.cr.commit()
"""
SETTINGS = """\
# made by ./yst run
[odoo]
url = "http://127.0.0.1:{port}"
database = "{database}"
key_file = "{key}"

[bridge]
name = "sample"
state_dir = "{state}"
listen = "127.0.0.1:{listen}"
"""


@contextmanager
def beside(ready, server, conf, name, port):
    """Sample streams and a bridge as long as the block runs; yields the children, by name.

    What is missing for it is told, and the server runs without.
    """
    children = {}
    try:
        try:
            children = _start(ready, server, conf, name, port)
        except Trouble as trouble:
            console.warn(f"no video: {trouble.what}")
        yield children
    finally:
        for what in ("bridge", "streams"):
            if what in children:
                process.stop(f"{what}-{port}")


def _start(ready, server, conf, name, port):
    made = bridge.ensure()
    if made is None:
        return {}
    if not made.clips:
        raise Trouble("there are no sample clips to serve", "see the warning above")
    path = key(ready, server, conf, name)
    children = {}
    if machine.port_is_free(STREAMS_PORT):
        children["streams"] = _spawn(
            f"streams-{port}",
            bridge.command("sample-server", "--port", STREAMS_PORT, "--clips", paths.CLIPS),
        )
    elif not process.names("streams-"):
        console.warn(f"port {STREAMS_PORT} is taken: the sample cameras have no streams")
    settings = paths.RUN / f"bridge-{port}.toml"
    state = paths.private_directory(STATE / name)
    stamps.write_atomically(
        settings,
        SETTINGS.format(port=port, database=name, key=path, state=state,
                        listen=machine.any_free_port()),
        mode=0o600,
    )
    children["bridge"] = _spawn(f"bridge-{port}", bridge.command("run", settings))
    return children


def key(ready, server, conf, name):
    """The key file of this database's bridge; the key is made once."""
    path = paths.KEYS / f"bridge-{name}.key"
    if path.exists() and database.facts(server, name).get("bridge"):
        return path
    with console.step("Making the key of the video bridge"):
        out = database.script(ready, conf, name, KEY, console.new_log("bridge-key"),
                              "the key of the video bridge could not be made")
    keys = [line.removeprefix("KEY ") for line in out.splitlines() if line.startswith("KEY ")]
    if len(keys) != 1:
        raise Trouble("the key of the video bridge could not be made", "see the log")
    paths.private_directory(paths.KEYS)
    stamps.write_atomically(path, keys[0] + "\n", mode=0o600)
    database.set_facts(server, name, bridge=True)
    return path


def _spawn(name, command):
    log = console.new_log(name.partition("-")[0])
    with open(log, "wb") as out:
        child = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env=bridge.environment(), cwd=paths.ROOT, start_new_session=True,
        )
    process.remember(name, child.pid, "video_bridge", log=str(log))
    return child, log


def wait(child, children):
    """Wait for the server's end; say once of each child beside it that it ended before."""
    told = set()
    while True:
        try:
            return child.wait(1)
        except subprocess.TimeoutExpired:
            pass
        for what, (process_, log) in children.items():
            if what not in told and process_.poll() is not None:
                told.add(what)
                console.warn(f"the video {what} ended by itself: {console.last_words(log)} "
                             f"– log: {log}")

