"""Circulation (yst_circulation): one item to 2,700 people beside Odoo's own ways, and ten years of
items beside a hundredth of them; a page of the work feed among 100,000 posts beside 1,000.

Everything runs in one Odoo process without HTTP: what is measured is the work itself.
"""

import json
import os
import secrets

from tools import console, database, paths, postgres, process, setup, templates
from tools.bench import result, rounded
from tools.benchmarks.service import _drop_leftovers
from tools.console import Trouble

PREFIX = "yst_bench_"
ADDONS = ["yst_circulation"]
PEOPLE = 2_700
IN_INBOX = 200
ITEMS = 82_240
NODES = 1_430_000
POSTS = 100_000
SMALL = 100  # the small database holds one in so many
PROCESSES = 8
EACH = 25  # numbers a process
DOCUMENTS = 100_000
PROGRAM = """
import sys
sys.path.insert(0, {root!r})
from tools.benchmarks import {module}
{module}.{what}(env, {arguments})
"""


def run(options):
    """Build, measure, remove; one result (a dictionary) after the other."""
    ready = setup.ensure(tests=True)
    with postgres.session() as sql:
        conf = setup.write_config(ready, sql)
        _drop_leftovers(sql)
        pid = os.getpid()
        stem = f"{PREFIX}{pid}_{process.start_time(pid)}_{secrets.token_hex(2)}"
        parts = ("send", "large", "small", "documents", "feed", "few")
        names = [f"{stem}_{which}" for which in parts]
        try:
            yield from sending(ready, sql, conf, names[0])
            yield from years(ready, sql, conf, *names[1:3])
            yield from documents(ready, sql, conf, names[3])
            yield from feed(ready, sql, conf, *names[4:])
        finally:
            for name in names:
                if options.keep and database.exists(sql, name):
                    database.set_facts(sql, name, kept=True)
                    console.say(f"  kept: database {name}")
                else:
                    database.drop(sql, name)


def _clone(ready, sql, conf, name, log, addons=ADDONS):
    template, changed = templates.state(ready, sql, conf, addons, log, console.step)
    database.clone(sql, template, name)
    if changed:
        arguments = ["-d", name, "-u", ",".join(changed), "--stop-after-init", "--no-http"]
        database.odoo(ready, conf, arguments, log, trouble="the addon could not be updated")


def _program(ready, conf, name, log, what, *arguments, module="_circulation"):
    """What a function of _circulation (or of another module beside it) says, as a dictionary."""
    code = PROGRAM.format(
        root=str(paths.ROOT), module=module, what=what, arguments=", ".join(map(repr, arguments))
    )
    out = database.script(ready, conf, name, code, log, f"{what} failed")
    lines = [line for line in out.splitlines() if line.startswith("FACTS ")]
    if not lines:
        raise Trouble(f"{what} said nothing", "see the log", log)
    return json.loads(lines[-1].removeprefix("FACTS "))


def sending(ready, sql, conf, name):
    """One item to 2,700 people, beside message_post to as many partners and as many activities."""
    log = console.new_log("bench")
    _clone(ready, sql, conf, name, log)
    with console.step(f"Sending to {PEOPLE} people, three ways in turn"):
        facts = _program(ready, conf, name, log, "send", PEOPLE, IN_INBOX)
    few = facts["few"]
    for n, ours, peer, what, target, words in (
        (PEOPLE, facts["ours"], facts["activities"], "activities", 20,
         "as many mail.activity in one create()"),
        (IN_INBOX, facts["inbox"]["ours"], facts["inbox"]["inbox"], "message_post.inbox", 20,
         "message_post to as many partners who use Odoo's inbox; its time and its bus rows grow "
         f"with the square of the people, {PEOPLE} would take a quarter of an hour"),
        (PEOPLE, facts["ours"], facts["email"], "message_post.email", None,
         "message_post to as many partners by e-mail: queued, the sending not counted; nobody's "
         "screen is told and nothing says who has read it"),
    ):
        constant = ours["statements"] == few["statements"]
        found = result(
            f"circulation.send.{what}", n, ours["s"], peer["s"], target=target,
            statements=ours["statements"], peer_statements=peer["statements"],
            notes=f"resolving, nodes and live count of {n} people; peer: {words}; each with its "
            f"commit; medians of {facts['rounds']} rounds in turn; {few['n']} people take ours "
            f"{few['statements']} statements",
        )
        yield found | {"holds": found["holds"] and constant}


def years(ready, sql, conf, large, small):
    """Ten years of Xincheng beside a hundredth of the items, nodes and people."""
    log = console.new_log("bench")
    facts = {}
    for name, share in ((large, 1), (small, SMALL)):
        _clone(ready, sql, conf, name, log)
        with console.step(f"Filling {NODES // share:,} nodes"):
            _program(ready, conf, name, log, "fill", PEOPLE // share, ITEMS // share,
                     NODES // share)
    with console.step("Measuring both in turn"):
        rounds = []
        for _round in range(5):
            for name in (large, small):
                rounds.append((name, _program(ready, conf, name, log, "pages")))
    for name in (large, small):
        facts[name] = _merge([found for one, found in rounds if one == name])
    targets = {"inbox.todo": 1 / 1.5, "inbox.read": 1 / 1.5}
    for page, ours in facts[large]["pages"].items():
        peer = facts[small]["pages"][page]
        yield result(
            f"circulation.{page}", facts[large]["nodes"], ours["p95"], peer["p95"],
            target=round(targets[page], 3) if page in targets else None,
            statements=ours["statements"], peer_statements=peer["statements"],
            p50=[ours["p50"], peer["p50"]], p95=[ours["p95"], peer["p95"]],
            notes=f"p95; “peer” is the same page with {facts[small]['nodes']:,} nodes of "
            f"{facts[small]['people']} people (the same number a person): {ours['rows']} against "
            f"{peer['rows']} lines",
        )


def feed(ready, sql, conf, large, small):
    """A page of the work feed among 100,000 posts beside the same among 1,000."""
    log = console.new_log("bench")
    program = {"module": "_circulation_feed"}
    for name, posts in ((large, POSTS), (small, POSTS // SMALL)):
        _clone(ready, sql, conf, name, log)
        with console.step(f"Filling {posts:,} posts"):
            _program(ready, conf, name, log, "fill", posts, **program)
    found = {large: [], small: []}
    with console.step("Measuring both in turn"):
        for _round in range(5):
            for name in (large, small):
                found[name].append(_program(ready, conf, name, log, "pages", **program))
    facts = {name: _merge(rounds) for name, rounds in found.items()}
    for page, ours in facts[large]["pages"].items():
        peer = facts[small]["pages"][page]
        yield result(
            f"circulation.{page}", facts[large]["posts"], ours["p95"], peer["p95"],
            target=round(1 / 1.5, 3),
            statements=ours["statements"], peer_statements=peer["statements"],
            p50=[ours["p50"], peer["p50"]], p95=[ours["p95"], peer["p95"]],
            notes=f"p95; “peer” is the same page among {facts[small]['posts']:,} posts of as many "
            f"people ({facts[large]['people']}), a third for each scope",
        )


def _merge(found):
    pages = {}
    for page in found[0]["pages"]:
        times = sorted(time for one in found for time in one["pages"][page]["times"])
        last = found[-1]["pages"][page]
        pages[page] = {
            "p50": rounded(times[len(times) // 2]),
            "p95": rounded(times[min(len(times) - 1, round(len(times) * 0.95))]),
            "statements": last["statements"],
            "rows": last["rows"],
        }
    return {**found[-1], "pages": pages}


# -- official documents ----------------------------------------------------------------------------


def documents(ready, sql, conf, name):
    """Numbering by several processes at once, and search by words in 100,000 documents."""
    log = console.new_log("bench")
    _clone(ready, sql, conf, name, log, ["yst_document"])
    with console.step(f"{PROCESSES * EACH} numbers by {PROCESSES} processes, three ways"):
        facts = _program(ready, conf, name, log, "numbers", PROCESSES, EACH, module="_document")
    yield from numbering(facts)
    with console.step(f"Writing {DOCUMENTS:,} documents"):
        made = _program(ready, conf, name, log, "texts", DOCUMENTS, module="_document")
    with console.step("Searching, two ways in turn"):
        rounds = [
            _program(ready, conf, name, log, "searches", module="_document")["times"]
            for _round in range(5)
        ]
    yield from searching(made, rounds)


def numbering(facts):
    """Numbers a second; whatever the speed, a gap or a repeat misses the target."""
    whole = facts["register_values"] == list(range(1, 2 * PROCESSES * EACH + 1))
    peer = facts["sequence"]
    for way, words in (
        ("allot", "number, register entry and document"),
        ("register", "the whole step of the form: rights, state, record, number, who is next"),
    ):
        ours = facts[way]
        yield result(
            f"circulation.number.{way}", ours["numbers"], ours["per_second"],
            peer["per_second"], unit="numbers/s", more_is_better=True,
            gaps=ours["gaps"], repeats=ours["repeats"], again=[ours["again"], peer["again"]],
            notes=f"{words}; {PROCESSES} processes at once, each number in its own transaction; "
            f"{ours['gaps']} gaps, {ours['repeats']} repeats, {ours['again']} transactions begun "
            f"anew; peer: Odoo's sequence without gaps and the write of the number alone, which "
            f"{peer['again']} times found the sequence locked and began anew",
        ) | ({} if whole and not ours["gaps"] and not ours["repeats"] else {"holds": False})


def searching(made, rounds):
    """The first page of a search and its count, p95 beside Odoo's own way of searching."""
    kinds = {"common": "a common word", "rare": "a rare word", "two": "a common and a rare word"}
    for kind, words in kinds.items():
        found = {}
        for way in ("words", "peer"):
            times = sorted(time for one in rounds for time in one[f"{way}.{kind}"])
            found[way] = [
                rounded(times[len(times) // 2]),
                rounded(times[min(len(times) - 1, round(len(times) * 0.95))]),
            ]
        yield result(
            f"circulation.search.{kind}", made["documents"], found["words"][1],
            found["peer"][1], p50=[found["words"][0], found["peer"][0]],
            p95=[found["words"][1], found["peer"][1]],
            notes=f"p95 of the first page and its count for {words} of 2 to 4 characters in "
            f"title or text; index {made['index_mb']} MB; peer: ilike on title or text, which "
            "a trigram index does not serve for words of two characters, once a round",
        )
