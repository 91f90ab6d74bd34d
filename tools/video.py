"""The video bridge beside the development server: sample streams, the bridge that reads them, and
a small gateway for the live view.

A newcomer sees cameras, an alert and its order without having a camera.
"""

import socket
import subprocess
from contextlib import contextmanager

from tools import bridge, console, database, machine, paths, process, stamps
from tools.console import Trouble

STREAMS_PORT = 8554  # the sample cameras' addresses name it
GATEWAY_PORT = 8889
STATE = paths.LOCAL / "bridge-state"
KEY = """
bridges = env["yst.video.bridge"]
bridge = bridges.search([], order="id", limit=1) or bridges.create({"name": "示例网桥"})
print("KEY " + bridge.action_new_key()["context"]["default_key"])
"""
# An address that somebody has set stays.
GATEWAY = """
parameters = env["ir.config_parameter"].sudo()
address = parameters.get_param("yst_video.gateway_url") or ""
if not address or address.startswith("http://{{host}}:"):
    parameters.set_param("yst_video.gateway_url", "http://{{host}}:{port}/{{code}}/whep")
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
    """Sample streams, bridge and gateway as long as the block runs; yields the children, by name.

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
        for what in ("gateway", "bridge", "streams"):
            if what in children:
                process.stop(f"{what}-{port}")


def _start(ready, server, conf, name, port):
    made = bridge.ensure()
    if made is None:
        return {}
    if not made.clips:
        raise Trouble("there are no sample clips to serve", "see the warning above")
    gateway = GATEWAY_PORT if machine.port_is_free(GATEWAY_PORT) else machine.any_free_port()
    path = key(ready, server, conf, name, gateway)
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
    children["gateway"] = _spawn(f"gateway-{port}", bridge.command(
        "live-gateway", settings, "--listen", f"0.0.0.0:{gateway}",
        "--ask", f"http://127.0.0.1:{port}/yst/video/live/check",
        *(word for host in _hosts() for word in ("--origin", f"http://{host}:{port}")),
    ))
    return children


def _hosts():
    """Names by which a browser may reach this machine."""
    return "localhost", "127.0.0.1", socket.gethostname(), *machine.lan_addresses()


def key(ready, server, conf, name, gateway=None):
    """The key file of this database's bridge; the key is made once.

    With `gateway`, a port, the address of the live view is set as well.
    """
    path = paths.KEYS / f"bridge-{name}.key"
    facts = database.facts(server, name)
    made = path.exists() and facts.get("bridge")
    code = "" if made else KEY
    if gateway and facts.get("gateway") != gateway:
        code += GATEWAY.format(port=gateway)
    if not code:
        return path
    with console.step("Key and settings of the video bridge"):
        out = database.script(ready, conf, name, code + "env.cr.commit()\n",
                              console.new_log("bridge-key"),
                              "the key of the video bridge could not be made")
    if gateway:
        database.set_facts(server, name, gateway=gateway)
    if made:
        return path
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

