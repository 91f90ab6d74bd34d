"""What benchmarks over HTTP share: a client, the server's count of statements, and a recorder of
the requests that the web client really sends."""

import http.client
import json
import re
import time
from dataclasses import dataclass

from tools import machine
from tools.console import Trouble

# werkzeug's line in Odoo's log: request, status, size, statements, their time, the rest
LINE = re.compile(r'"(?P<method>[A-Z]+) (?P<path>\S+)[^"]*" (?P<status>\d+) \S+ (?P<count>\d+) '
                  r"(?P<sql>[\d.]+) (?P<rest>[\d.]+)")


@dataclass(frozen=True)
class Call:
    """One request; `body` is JSON for an RPC, form fields for a form, None for a page."""

    path: str
    body: object = None
    form: bool = False


class Client:
    """One logged-in (or anonymous) browser's connection, without a browser."""

    def __init__(self, port, language="zh_CN"):
        self.port = port
        self.cookies = {"frontend_lang": language}
        self.connection = None

    def login(self, database, login, password):
        """Log in; the client itself."""
        self.send(Call("/web/session/authenticate", {
            "jsonrpc": "2.0", "method": "call", "id": 1,
            "params": {"db": database, "login": login, "password": password},
        }))
        return self

    def send(self, call, expect=(200,)):
        """(seconds until the whole answer was there, its bytes); a Trouble for a bad answer."""
        method, body, headers = "GET", None, {"Accept-Encoding": "identity"}
        if call.form:
            from urllib.parse import urlencode

            method, body = "POST", urlencode(call.body)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif call.body is not None:
            method, body = "POST", json.dumps(call.body)
            headers["Content-Type"] = "application/json"
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        start = time.perf_counter()
        reply = self._exchange(method, call.path, body, headers)
        content = reply.read()
        took = time.perf_counter() - start
        self._remember(reply)
        if reply.status not in expect:
            raise Trouble(f"{method} {call.path} answered {reply.status}, not {expect[0]}: "
                          f"{reply.headers.get('Location') or content[:300]!r}", "see the log")
        if call.body is not None and not call.form:
            answer = json.loads(content)
            if "error" in answer:
                message = answer["error"].get("data", {}).get("message") or answer["error"]
                raise Trouble(f"{call.path} failed: {message}", "see the log")
        return took, content

    def _exchange(self, method, path, body, headers):
        for attempt in (1, 2):
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
            try:
                self.connection.request(method, path, body, headers)
                return self.connection.getresponse()
            except (http.client.HTTPException, ConnectionError):
                # the server closed an idle connection
                self.connection.close()
                self.connection = None
                if attempt == 2:
                    raise
        return None

    def _remember(self, reply):
        for header in reply.headers.get_all("Set-Cookie") or []:
            name, _, rest = header.partition("=")
            value = rest.partition(";")[0]
            if value:
                self.cookies[name.strip()] = value


class Statements:
    """Reads from the server's log how many SQL statements each request took.

    Odoo counts them in the thread that serves the request and logs the count with it; reading
    it costs the request nothing.
    """

    def __init__(self, log):
        self.log = log
        self.place = 0

    def skip(self):
        """Forget what was logged so far."""
        self.place = self.log.stat().st_size

    def read(self, expected):
        """[(path, statements)] of the `expected` requests since the last call."""
        deadline = time.monotonic() + 5
        while True:
            with open(self.log, "rb") as log:
                log.seek(self.place)
                text = log.read().decode(errors="replace")
            found = [(m["path"], int(m["count"])) for m in LINE.finditer(text)]
            if len(found) >= expected or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        self.skip()
        if len(found) != expected:
            raise Trouble(f"the server logged {len(found)} requests instead of {expected}",
                          "nothing else may use the benchmark's server", self.log)
        return found


# -- recording ----------------------------------------------------------------

# what the web client asks once and then keeps: no part of opening a list or a record
KEPT_BY_CLIENT = ("/get_views", "/has_group", "/web/action/load", "/web/webclient/", "/bus/",
                  "/web/bundle/", "/web/session/")


def record(port, session, action, model):
    """The requests with which the web client opens an action's list, and then its first record.

    ([Call] of the list, [Call] of the form, id of the record)
    """
    from playwright.sync_api import Error, sync_playwright

    sent, pending = [], set()

    def note(request):
        if request.method != "POST" or request.resource_type not in {"fetch", "xhr"}:
            return
        pending.add(request)
        path = request.url.split(f":{port}", 1)[-1]
        if not any(part in path for part in KEPT_BY_CLIENT):
            sent.append(Call(path, json.loads(request.post_data or "{}")))

    def done(request):
        pending.discard(request)

    def drain(page):
        quiet, deadline = 0, time.monotonic() + 60
        while quiet < 5 and time.monotonic() < deadline:
            page.wait_for_timeout(200)
            quiet = 0 if pending else quiet + 1
        found, sent[:] = list(sent), []
        return found

    base = f"http://127.0.0.1:{port}"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=machine.browser(),
                                         args=["--no-sandbox", "--disable-gpu"])
        try:
            context = browser.new_context(base_url=base, viewport={"width": 1600, "height": 900},
                                          locale="zh-CN", timezone_id="Asia/Shanghai")
            context.add_cookies([{"name": "session_id", "value": session, "url": base}])
            page = context.new_page()
            page.on("request", note)
            page.on("requestfinished", done)
            page.on("requestfailed", done)
            page.goto(f"/odoo/action-{action}", timeout=120_000)
            page.wait_for_selector(".o_list_view .o_data_row", timeout=120_000)
            opened = [call for call in drain(page) if f"/call_kw/{model}/" in call.path]
            page.click(".o_list_view .o_data_row:first-child .o_data_cell[name=number]")
            page.wait_for_selector(".o_form_view .o-mail-Chatter", timeout=60_000)
            form = drain(page)
        except Error as error:
            raise Trouble(f"the web client did not open {model}: {error}", "see the server's log"
                          ) from None
        finally:
            browser.close()
    reads = [call for call in form if f"/call_kw/{model}/web_read" in call.path]
    if not opened or not reads:
        raise Trouble(f"the web client sent no request for {model}: {opened + form}")
    return opened, form, reads[0].body["params"]["args"][0][0]


def about(calls, recorded, record_id):
    """The same calls about another record."""

    def swap(value):
        if isinstance(value, dict):
            return {key: swap(item) for key, item in value.items()}
        if isinstance(value, list):
            return [swap(item) for item in value]
        # True == 1 in Python, but is no id
        return record_id if value == recorded and not isinstance(value, bool) else value

    return [Call(call.path, swap(call.body)) for call in calls]
