"""What the production proxy tells the server about who asks: run with nginx where there is one."""

import http.server
import json
import os
import re
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.request

import pytest

from tools import machine, paths

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
pytestmark = pytest.mark.skipif(not NGINX, reason="no nginx here")
MAIN = """
daemon off; {user} pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with the request's headers."""

    def do_GET(self):
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_args):
        pass


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("proxy")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = machine.any_free_port()
    site = (paths.ROOT / "docker" / "nginx.conf.template").read_text("utf-8")
    site = re.sub(r"\$\{YST_APP_HOST\}:\d+", f"127.0.0.1:{server.server_port}", site)
    site = site.replace("${YST_PROXY_LISTEN}", f"127.0.0.1:{port}")
    (folder / "site.conf").write_text(site, "utf-8")
    user = "user root;" if os.geteuid() == 0 else ""  # its workers write into our folder
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user), "utf-8")
    process = subprocess.Popen([NGINX, "-c", folder / "nginx.conf", "-p", folder])
    try:
        for _each in range(100):
            if not machine.port_is_free(port):
                break
            assert process.poll() is None, (folder / "error.log").read_text("utf-8")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)
        server.shutdown()
        server.server_close()


def ask(address, data=None, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(
        address, data=data, headers={"Host": "office.example", **names},
        method="GET" if data is None else "PUT",
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


@pytest.mark.parametrize("path", ["/odoo", "/yst/video/v1/config", "/websocket"])
def test_the_server_learns_who_asks_and_by_which_name(proxy, path):
    told = ask(proxy + path, X_Forwarded_For="6.6.6.6", X_Forwarded_Host="elsewhere.example",
               X_Real_IP="6.6.6.6")
    assert told["host"] == told["x-forwarded-host"] == "office.example"
    # the server believes the last of the list, which the proxy has written
    assert told["x-forwarded-for"] == "6.6.6.6, 127.0.0.1"
    assert told["x-real-ip"] == "127.0.0.1"
    assert told["x-forwarded-proto"] == "http"


def test_only_a_websocket_is_upgraded(proxy):
    told = ask(proxy + "/websocket", Upgrade="websocket", Connection="Upgrade")
    assert (told["upgrade"], told["connection"]) == ("websocket", "upgrade")
    assert "upgrade" not in ask(proxy + "/odoo", Upgrade="h2c")
    assert "connection" not in ask(proxy + "/odoo")


def test_what_bridges_bring_passes_and_as_much_from_others_does_not(proxy):
    much = bytes(40 * 2**20)
    assert ask(proxy + "/yst/video/v1/clips/x", much)["content-length"] == str(len(much))
    with pytest.raises((urllib.error.HTTPError, ConnectionError, urllib.error.URLError)):
        ask(proxy + "/web/binary", much)


def test_the_manager_of_databases_is_closed(proxy):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        ask(proxy + "/web/database/manager")
