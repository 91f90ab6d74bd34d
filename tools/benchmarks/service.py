"""Applications (yst_service) beside tickets (OCA helpdesk_mgmt): inbox, form, portal, guide.

330,000 residents, 100,000 applications and 100,000 tickets of the same people in one database,
one server process, one client; ours and the peer in turn.
"""

import json
import os
import re
import secrets
import statistics
import subprocess
import time
from contextlib import contextmanager

from tools import (
    console,
    database,
    localise,
    machine,
    paths,
    postgres,
    process,
    server,
    setup,
    templates,
)
from tools.bench import result, rounded
from tools.benchmarks import _web
from tools.benchmarks._web import Call, Client, Statements
from tools.console import Trouble

PREFIX = "yst_bench_"
ADDONS, PEER = ["yst_service"], "helpdesk_mgmt"
ROUNDS, VISITS, WARM_UP = 5, 12, 6
PROGRAM = """
import sys
sys.path.insert(0, {root!r})
from tools.benchmarks import _service_fill
_service_fill.main(env)
"""


def run(options):
    """Build, measure, remove; one result (a dictionary) after the other."""
    ready = setup.ensure(tests=True)
    with postgres.session() as sql:
        conf = setup.write_config(ready, sql)
        _drop_leftovers(sql)
        pid = os.getpid()
        name = f"{PREFIX}{pid}_{process.start_time(pid)}_{secrets.token_hex(2)}"
        try:
            facts = build(ready, sql, conf, name)
            yield from measure(ready, conf, name, facts)
        finally:
            if options.keep:
                if database.exists(sql, name):
                    database.set_facts(sql, name, kept=True)
                    console.say(f"  kept: database {name}")
            else:
                database.drop(sql, name)


def _drop_leftovers(sql):
    """Drop the databases of runs whose process is gone, but for those that were to be kept."""
    for name in database.names(sql, PREFIX):
        words = name.removeprefix(PREFIX).split("_")
        if database.facts(sql, name).get("kept") or not (words[0].isdigit()
                                                         and words[1].isdigit()):
            continue
        if process.start_time(int(words[0])) != int(words[1]):
            database.drop(sql, name)


# -- building -----------------------------------------------------------------


def build(ready, sql, conf, name):
    """The filled database; what _service_fill says of it."""
    log = console.new_log("bench")
    template, changed = templates.state(ready, sql, conf, ADDONS, log, console.step)
    database.clone(sql, template, name)
    sql.query(f"ALTER DATABASE {name} SET synchronous_commit = off")
    with console.step(f"Installing the peer, {PEER}"):
        arguments = ["-d", name, "-i", PEER, "--stop-after-init", "--no-http"]
        if changed:
            arguments += ["-u", ",".join(changed)]
        database.odoo(ready, conf, arguments, log, trouble="the peer could not be installed")
        database.check_installed(sql, name, [*ADDONS, PEER], log)
        database.script(ready, conf, name, localise.code(secrets.token_urlsafe(12)), log,
                        "the Chinese settings failed")
    with console.step("Compiling scripts and styles"):
        database.script(ready, conf, name, templates.BAKE, log,
                        "the scripts and styles could not be compiled")
    with console.step("Filling both sides"):
        out = database.script(ready, conf, name, PROGRAM.format(root=str(paths.ROOT)), log,
                              "the database could not be filled")
    lines = [line for line in out.splitlines() if line.startswith("FACTS ")]
    if not lines:
        raise Trouble("the database was not filled", "see the log", log)
    facts = json.loads(lines[-1].removeprefix("FACTS "))
    database.set_facts(sql, name, bench=facts)
    took = ", ".join(f"{what} {duration} s" for what, duration in facts["took"].items())
    console.say(f"  {took}")
    return facts


@contextmanager
def serving(ready, conf, name):
    """One threaded server process on the database: (port, its log)."""
    log, port = console.new_log("bench-server"), machine.any_free_port()
    with open(log, "wb") as out:
        child = subprocess.Popen(
            database.odoo_command(
                "-c", conf, "-d", name, "--db-filter", f"^{name}$", "--http-port", port,
                "--http-interface", "127.0.0.1", "--workers", 0, "--max-cron-threads", 0,
            ),
            stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env=ready.environment(), cwd=paths.ROOT, start_new_session=True,
        )
    try:
        with console.step("Starting the server"):
            deadline = time.monotonic() + server.PATIENCE
            while not server.answers(port):
                if child.poll() is not None or time.monotonic() > deadline:
                    raise Trouble("the benchmark's server does not answer: "
                                  f"{console.last_words(log)}", "see the log", log)
                time.sleep(0.1)
        yield port, log
    finally:
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(5)


# -- measuring ----------------------------------------------------------------


def measure(ready, conf, name, facts):
    """One result after the other, from one server process."""
    who, n = facts["logins"], facts["records"]
    with serving(ready, conf, name) as (port, log):
        counter = Statements(log)
        clerk = Client(port).login(name, who["clerk"], who["password"])
        resident = Client(port).login(name, who["resident"], who["password"])
        anybody = Client(port)
        session = clerk.cookies["session_id"]
        with console.step("Recording what the web client sends"):
            actions = facts["actions"]
            inbox, form, case = _web.record(port, session, actions["inbox"], "yst.service.case")
            opened, sheet, ticket = _web.record(port, session, actions["tickets"],
                                                "helpdesk.ticket")
        both = Pair(counter, n)
        yield both.compare(
            "service.inbox", 2, clerk, [inbox], clerk, [opened],
            f"clerk's default list, {_said(inbox)} ({_filter(inbox)}); peer: all tickets of the "
            f"clerk's team, {_said(opened)} (no filter by default); 80 lines and the count on "
            "both sides",
            shows=(rb'"number": "BJ\d+', rb'"number": "HT\d+', 80),
        )
        only_open = [_with_domain(call, [["closed", "=", False]]) for call in opened]
        yield both.compare(
            "service.inbox.open", 2, clerk, [inbox], clerk, [only_open],
            "the same, the peer with its filter “Open” switched on",
            shows=(rb'"number": "BJ\d+', rb'"number": "HT\d+', 80),
        )
        yield both.compare(
            "service.form", 1,
            clerk, [_web.about(form, case, one) for one in facts["cases"]],
            clerk, [_web.about(sheet, ticket, one) for one in facts["tickets"]],
            f"everything the web client sends: {_said(form)}; peer: {_said(sheet)}; three files "
            "and one to three messages on both sides",
            shows=(rb'"number": "BJ\d+', rb'"number": "HT\d+', 1),
        )
        yield both.compare(
            "service.portal", 1, resident, [[Call("/my/cases")]], resident,
            [[Call("/my/tickets")]],
            "a resident's own 20; ours shows for each what happens now, who has it, by when and "
            "what is expected, and counts four filters; the peer shows number, title, category, "
            "stage and last change",
            shows=(rb"/my/cases/\d+", rb"/my/ticket/\d+", 20),
        )
        yield both.compare(
            "service.guide", 1, anybody, [[Call(path)] for path in facts["guides"]],
            anybody, [[Call(path)] for path in facts["ticket_pages"]],
            "public page of a guide; the nearest peer is a ticket's page by its access link, "
            "neither logged in; the scripts' later requests (the peer's messages) not counted",
            shows=(rb"[A-Z]{2}-\d\d", rb"helpdesk_ticket_content", 1),
        )
        yield submission(counter, resident, facts)


def _said(calls):
    """What was sent, for a note: `web_search_read`, `/mail/thread/data` …"""
    return " + ".join(call.path.rpartition("/")[2] if "/call_kw/" in call.path
                      else call.path for call in calls)


def _filter(calls):
    domains = [call.body["params"]["kwargs"].get("domain") for call in calls
               if "web_search_read" in call.path]
    return f"domain {json.dumps(domains[0])}" if domains else "no domain"


def _with_domain(call, domain):
    """The call with a filter switched on."""
    body = json.loads(json.dumps(call.body))
    if "domain" in body["params"].get("kwargs", {}):
        body["params"]["kwargs"]["domain"] = domain
    return Call(call.path, body)


class Pair:
    """Measures two sides in turn."""

    def __init__(self, counter, n):
        self.counter, self.n = counter, n

    def compare(self, bench, target, client, visits, other, peer_visits, notes, *, shows):
        """A B A B …: the median of the rounds' medians on each side, in seconds a visit.

        :param visits: lists of calls; one list is one visit, they are taken in turn
        :param shows: (pattern of ours, of the peer, how many different matches at least): an
            empty answer would be a quick one
        """
        with console.step(bench):
            ours, peer = Side(client, visits), Side(other, peer_visits)
            for side, pattern in zip((ours, peer), shows, strict=False):
                side.visit(WARM_UP)
                side.check(bench, pattern, shows[-1])
                side.times.clear()
            self.counter.skip()
            for _round in range(ROUNDS):
                for side in (ours, peer):
                    side.visit(VISITS)
                    side.count(self.counter)
        return result(
            bench, self.n, ours.median(), peer.median(), target=target,
            statements=ours.statements(), peer_statements=peer.statements(), notes=notes,
            p50=[rounded(side.quantile(50)) for side in (ours, peer)],
            p95=[rounded(side.quantile(95)) for side in (ours, peer)],
            rounds=ROUNDS, visits=ROUNDS * VISITS,
        )


class Side:
    """One side's visits, their times by round and their statements."""

    def __init__(self, client, visits):
        self.client, self.visits = client, visits
        self.times, self.counts, self.next, self.last = [], [], 0, b""

    def visit(self, times):
        """Make so many visits in one round."""
        self.times.append([])
        for _visit in range(times):
            calls = self.visits[self.next % len(self.visits)]
            self.next += 1
            answers = [self.client.send(call) for call in calls]
            self.times[-1].append(sum(took for took, _content in answers))
            self.last = b"".join(content for _took, content in answers)

    def check(self, bench, pattern, least):
        """A Trouble unless the last visit showed what it should."""
        found = len(set(re.findall(pattern, self.last)))
        if found < least:
            raise Trouble(f"{bench}: {found} × {pattern.decode()} in the answer, "
                          f"at least {least} expected")

    def count(self, counter):
        """Read the statements of the round just made."""
        calls = len(self.visits[0])
        logged = counter.read(len(self.times[-1]) * calls)
        self.counts += [sum(count for _path, count in logged[i : i + calls])
                        for i in range(0, len(logged), calls)]

    def median(self):
        return statistics.median(statistics.median(one) for one in self.times)

    def quantile(self, percent):
        every = sorted(time for one in self.times for time in one)
        return every[min(len(every) - 1, round(len(every) * percent / 100))]

    def statements(self):
        """The number of statements of a visit; [fewest, most] when it differs."""
        fewest, most = min(self.counts), max(self.counts)
        return fewest if fewest == most else [fewest, most]


def submission(counter, resident, facts):
    """Handing in over HTTP with 1, 5 and 20 materials, each with a photo: statements only."""
    counts = {}
    with console.step("service.submit"):
        for materials, drafts in facts["drafts"].items():
            counts[materials] = []
            for case in drafts:
                path = f"/my/apply/{case}/check"
                _took, page = resident.send(Call(path))
                token = page.split(b'name="csrf_token"', 1)[1].split(b'value="', 1)[1]
                counter.skip()
                resident.send(Call(path, {
                    "csrf_token": token.split(b'"', 1)[0].decode(), "declared": "1",
                }, form=True), expect=(303,))
                counts[materials].append(counter.read(1)[0][1])
    steady = {materials: sorted(set(found[1:])) for materials, found in counts.items()}
    few, many = steady[min(steady, key=int)], steady[max(steady, key=int)]
    constant = all(found == few for found in steady.values()) and len(few) == 1
    said = ", ".join(f"{materials} materials: {'/'.join(map(str, found))}"
                     for materials, found in steady.items())
    found = result(
        "service.submit", int(max(steady, key=int)), max(many), max(few), unit="statements",
        target=1, statements=max(many),
        notes=f"POST of the last step; {said}; “peer” is ours with the fewest materials",
    )
    return found | {"holds": constant}
