"""./yst bench NAME: ours beside its peer, in turn in one run.

A benchmark is a file `tools/benchmarks/NAME.py` with `run(options)`, which yields results made
by `result()`; `options.keep` tells it to leave behind what it built. `alternate()` measures.
"""

import contextlib
import importlib
import json
import statistics
import sys
import time

from tools import console, paths
from tools.console import Trouble

FOLDER = paths.ROOT / "tools" / "benchmarks"
ROUNDS = 5
COLUMNS = ("bench", "n", "ours", "peer", "unit", "ratio", "target", "holds", "statements")


def main(options):
    """Run one benchmark; exit code 1 when a target is missed."""
    known = sorted(p.stem for p in FOLDER.glob("[!_]*.py"))
    if options.name not in known:
        raise Trouble(
            f"there is no benchmark {options.name}" if options.name else "which benchmark?",
            "there are: " + (", ".join(known) or "none yet"),
        )
    module = importlib.import_module(f"tools.benchmarks.{options.name}")
    results, output = [], sys.stdout
    # progress goes to standard error where standard output belongs to JSON
    with contextlib.redirect_stdout(sys.stderr if options.json else output):
        for found in module.run(options):
            results.append(found)
            if options.json:
                print(json.dumps(found, ensure_ascii=False), file=output, flush=True)
    if not options.json:
        console.say(table(results))
    return 0 if results and all(found["holds"] for found in results) else 1


def alternate(ours, peer, rounds=ROUNDS, warm_up=1):
    """Medians in seconds of two callables, measured in turn: A B A B … after a warm-up."""
    if rounds < ROUNDS:
        raise ValueError(f"at least {ROUNDS} rounds")
    for _ in range(warm_up):
        ours()
        peer()
    times = ([], [])
    for _ in range(rounds):
        for which, call in enumerate((ours, peer)):
            start = time.perf_counter()
            call()
            times[which].append(time.perf_counter() - start)
    return statistics.median(times[0]), statistics.median(times[1])


def result(bench, n, ours, peer, *, unit="s", target=None, statements=None, notes="",
           more_is_better=False, **more):
    """One line of a benchmark. `ratio` is times better than the peer, whatever the unit;
    `holds` says whether it reaches `target` (without a target it always does)."""
    better, worse = (ours, peer) if more_is_better else (peer, ours)
    ratio = round(better / worse, 2) if worse else None
    holds = target is None or (ratio is not None and ratio >= target)
    return {
        "bench": bench, "n": n, "ours": rounded(ours), "peer": rounded(peer), "unit": unit,
        "ratio": ratio, "target": target, "holds": holds, "statements": statements,
        "notes": notes, **more,
    }


def rounded(value):
    """Four significant digits."""
    return float(f"{value:.4g}") if isinstance(value, float) else value


@contextlib.contextmanager
def statements():
    """Count the SQL statements of this Odoo process: `with statements() as n: …` then `n[0]`."""
    from odoo import sql_db

    before, count = sql_db.sql_counter, [0]
    try:
        yield count
    finally:
        count[0] = sql_db.sql_counter - before


def table(results):
    """Results as a text table, notes below."""
    rows = [COLUMNS] + [
        tuple("" if found.get(c) is None else _cell(found[c]) for c in COLUMNS)
        for found in results
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
             for row in rows]
    lines.insert(1, "  ".join("-" * w for w in widths))
    lines += [f"{found['bench']}: {found['notes']}" for found in results if found.get("notes")]
    return "\n".join(lines)


def _cell(value):
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return str(value)
