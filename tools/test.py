"""./yst test: everything, or some addons on a clone of a cached database."""

import os
import re
import secrets
import signal
import subprocess
import time

from tools import (
    bridge,
    console,
    database,
    i18n,
    keys,
    lint,
    machine,
    odoo_log,
    paths,
    postgres,
    process,
    setup,
    shards,
    templates,
)
from tools import server as development
from tools.console import Trouble

RUN_PREFIX = "yst_run_"
SHARDS = 2
SILENCE = 300  # seconds without a line in the log after which a run counts as hung
BRIDGE = "video_bridge"  # as an argument: the bridge's own tests
TEST_KEY = paths.KEYS / "test-identity.json"


class Total:
    """Sum over all parts of a run."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.broken = []

    def add(self, passed, failed):
        self.passed += passed
        self.failed += failed

    def fail(self, what):
        """Something other than a test went wrong: it counts as one failure."""
        self.failed += 1
        self.broken.append(what)

    @property
    def good(self):
        return self.passed > 0 and self.failed == 0


def main(options):
    """Run the tests; exit code 0 only if some ran and all passed."""
    start = time.monotonic()
    ready = setup.ensure(tests=True)
    ready = setup.Ready(ready.odoo, keys.ensure(TEST_KEY))
    total = Total()
    everything = not options.addons and not options.tags
    with_bridge = everything or BRIDGE in options.addons
    options.addons = [name for name in options.addons if name != BRIDGE]
    if with_bridge:
        bridge.ensure(tests=True)
    if everything or options.addons or options.tags:
        with postgres.session() as server:
            conf = setup.write_config(ready, server)
            _drop_leftovers(server)
            if everything:
                _everything(ready, server, conf, options, total)
            else:
                _some(ready, server, conf, options, total)
    runs = [_python_tests()] if everything else []
    if with_bridge and bridge.possible():
        _types(total)
        runs.append(_bridge_tests())
    if runs:
        _pytests(runs, total)
    for line in total.broken:
        console.say(console.red(f"✗ {line}"))
    if not total.passed and not total.failed:
        console.say(console.red("no test ran"))
    console.say(f"({console.seconds(time.monotonic() - start)})")
    summary = f"{total.passed} passed, {total.failed} failed"
    console.say(console.green(summary) if total.good else console.red(summary))
    return 0 if total.good else 1


def _some(ready, server, conf, options, total):
    addons = options.addons or _addons_of(options.tags)
    tags = options.tags or ",".join(f"/{name}" for name in addons)
    log = console.new_log("install")
    template, changed = templates.state(
        ready, server, conf, addons, log, console.step,
        fresh=options.fresh, bake=shards.needs_browser(addons, options.tags),
    )
    Run(ready, server, conf, template, options.keep).tests([tags], changed, total)


def _addons_of(tags):
    """The addons named by test tags."""
    named = {part.split("/")[1].split(":")[0].split(".")[0]
             for part in tags.split(",") if "/" in part}
    found = sorted(named & set(paths.own_addons()))
    if not found:
        raise Trouble("the tags name no addon of the suite", "name it: ./yst test yst_base --tags "
                      + tags)
    return found


def _everything(ready, server, conf, options, total):
    """Lint, fresh installation, tests in shards, sample data, translations."""
    addons = paths.own_addons()
    if not addons:
        raise Trouble("there are no addons in addons/", "fetch the whole repository")
    with console.step("Lint"):
        for problem in lint.problems():
            total.fail(f"lint: {problem}")
    log = console.new_log("install")
    template, _changed = templates.state(
        ready, server, conf, addons, log, console.step, fresh=True, bake=True
    )
    _complain("fresh installation", log, addons, total)
    run = Run(ready, server, conf, template, options.keep)
    run.tests(shards.balanced(addons, SHARDS), [], total)
    run.sample_data(addons, total)
    run.translations(addons, total)


def _complain(what, log, addons, total):
    """Count warnings of our addons and all errors in a log as failures."""
    for complaint in odoo_log.complaints(log.read_text(errors="replace"), addons):
        total.fail(f"{what}: {complaint[:2000]}")


class Run:
    """Test processes on clones of one template, side by side, each with its own port."""

    def __init__(self, ready, server, conf, template, keep):
        self.ready, self.server, self.conf = ready, server, conf
        self.template, self.keep = template, keep
        pid = os.getpid()
        self.prefix = f"{RUN_PREFIX}{pid}_{process.start_time(pid)}_{secrets.token_hex(2)}"
        self.children = []

    def tests(self, tags_of_shards, changed, total):
        """Run one shard for each tag expression; add the outcomes to `total`."""
        logs = []
        try:
            for number, tags in enumerate(tags_of_shards):
                logs.append(self._begin(f"{self.prefix}_{number}", tags, changed))
            count = len(tags_of_shards)
            what = "Tests" if count == 1 else f"Tests in {count} shards"
            with console.step(what, lambda: self._far(logs)):
                for child, log in zip(self.children, logs, strict=True):
                    self._wait(child, log, total)
        finally:
            self._end(len(tags_of_shards))
        for child, log in zip(self.children, logs, strict=True):
            _report(log, child.returncode, total)

    def sample_data(self, addons, total):
        """Install everything once more, with sample data: it has to load without a complaint."""
        name, log = f"{self.prefix}_sample", console.new_log("sample")
        _own, foreign = database.dependencies(addons)
        try:
            with console.step("Installation with sample data"):
                core = templates.core_name(self.ready, self.server, foreign)
                database.clone(self.server, core, name)
                development.with_sample_data(self.server, name)
                database.install(self.ready, self.conf, name, addons, log)
                database.check_installed(self.server, name, addons, log)
                loaded = self.server.query(
                    "SELECT count(*) FROM ir_module_module WHERE demo AND name = ANY(%s)",
                    (addons,), database=name,
                )[0][0]
            _complain("sample data", log, addons, total)
            if loaded == len(addons):
                total.add(1, 0)
            else:
                total.fail(f"sample data of {len(addons) - loaded} addons did not load: {log}")
        except Trouble as trouble:
            total.fail(f"sample data: {trouble.what} – log: {trouble.log}")
        finally:
            database.drop(self.server, name)

    def translations(self, addons, total):
        """Every term of every addon has its Chinese."""
        name = f"{self.prefix}_terms"
        try:
            database.clone(self.server, self.template, name)
            exported = i18n.exports(self.ready, self.server, self.conf, addons, name)
        finally:
            database.drop(self.server, name)
        found = [p for a in addons for p in i18n.problems(a, exported[a], i18n.read(a))]
        for problem in found:
            total.fail(problem)
        if not found:
            total.add(1, 0)

    def _begin(self, name, tags, changed):
        log = console.new_log(f"test-{name.rpartition('_')[2]}")
        database.clone(self.server, self.template, name)
        self.server.query(f"ALTER DATABASE {name} SET synchronous_commit = off")
        arguments = ["-c", self.conf, "-d", name, "--db-filter", f"^{name}$", "--test-tags", tags,
                     "--http-port", machine.any_free_port(), "--http-interface", "127.0.0.1",
                     "--stop-after-init", "--max-cron-threads", "0",
                     "--screenshots", paths.LOGS / "screenshots"]
        if changed:
            arguments += ["-u", ",".join(changed)]
        environment = self.ready.environment() | {"YST_TEST": "1"}
        with open(log, "wb") as out:
            child = subprocess.Popen(
                database.odoo_command(*arguments), stdout=out, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL, env=environment, cwd=paths.ROOT, start_new_session=True,
            )
        self.children.append(child)
        return log

    def _wait(self, child, log, total):
        """Wait for a shard; one that says nothing for SILENCE shows its stacks and is ended."""
        size, since = -1, time.monotonic()
        while True:
            try:
                child.wait(1)
                return
            except subprocess.TimeoutExpired:
                now = log.stat().st_size
                if now != size:
                    size, since = now, time.monotonic()
                elif time.monotonic() - since > SILENCE:
                    child.send_signal(signal.SIGQUIT)  # Odoo writes all stacks into its log
                    time.sleep(2)
                    child.kill()
                    total.fail(f"hung for {SILENCE} s, stacks at the end of {log}; last: "
                               f"{odoo_log.last_started(log.read_text(errors='replace'))}")

    def _far(self, logs):
        begun = sum(odoo_log.started(log.read_text(errors="replace")) for log in logs)
        return f"{begun} begun," if begun else "loading,"

    def _end(self, count):
        for child in self.children:
            if child.poll() is None:
                child.terminate()
        for child in self.children:
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
        for number in range(count):
            name = f"{self.prefix}_{number}"
            if self.keep:
                console.say(f"  kept: database {name}")
            else:
                database.drop(self.server, name)


def _report(log, code, total):
    outcome = odoo_log.outcome(log.read_text(errors="replace"))
    total.add(outcome.passed, outcome.failed)
    for name, text in outcome.failures:
        console.say(console.red(f"\n✗ {name}"))
        console.say(text)
    for complaint in outcome.complaints if (code or not outcome.finished) else []:
        console.say(console.yellow(f"\n{complaint[:4000]}"))
    if outcome.skipped:
        console.say(console.yellow(f"  skipped: {'; '.join(outcome.skipped)}"))
    if not outcome.finished:
        total.fail(f"Odoo ended (exit code {code}) before the tests did: "
                   f"{console.last_words(log)}")
    elif code and not outcome.failed:
        total.fail(f"Odoo ended with exit code {code} although its tests passed")
    mark = console.red("✗") if outcome.failed or not outcome.finished else console.green("✓")
    console.say(f"{mark} {outcome.passed} of {outcome.ran} passed – log: {log}")


def _drop_leftovers(server):
    """Drop the databases of runs whose process is gone."""
    for name in database.names(server, RUN_PREFIX):
        words = name.removeprefix(RUN_PREFIX).split("_")
        if len(words) >= 2 and words[0].isdigit() and words[1].isdigit() \
                and process.start_time(int(words[0])) != int(words[1]):
            database.drop(server, name)


def _types(total):
    """The types of video_bridge/."""
    log = console.new_log("mypy")
    with console.step("Types of the video bridge"):
        done = subprocess.run(
            [paths.BRIDGE_PYTHON, "-m", "mypy", "--config-file",
             paths.VIDEO_BRIDGE / "pyproject.toml", "--cache-dir", paths.CACHE / "mypy",
             paths.VIDEO_BRIDGE / "src"],
            capture_output=True, text=True, cwd=paths.VIDEO_BRIDGE, check=False,
        )
    log.write_text(done.stdout + done.stderr)
    if done.returncode:
        total.fail(f"mypy: {(done.stdout or done.stderr).strip()[-2000:]}")
    else:
        total.add(1, 0)


def _bridge_tests():
    """pytest on the bridge's own tests, in its own environment."""
    return ("video bridge", paths.BRIDGE_PYTHON, paths.VIDEO_BRIDGE / "tests",
            bridge.environment())


def _python_tests():
    """pytest on the tests of tools/ and of what crosses process borders."""
    return "tools and across processes", paths.PYTHON, paths.ROOT / "tests", None


def _pytests(runs, total):
    """Run pytest on several folders side by side, as they wait more than they work; add what
    they count; the whole output of one in which something failed."""
    children = []
    for title, python, folder, environment in runs:
        log = console.new_log(f"pytest-{title.partition(' ')[0]}")
        with open(log, "wb") as out:
            children.append((title, log, subprocess.Popen(
                [python, "-m", "pytest", "-q", "-rs", "--no-header", "-p", "no:cacheprovider",
                 folder],
                stdout=out, stderr=subprocess.STDOUT, cwd=paths.ROOT, env=environment,
            )))
    with console.step("Tests: " + ", ".join(title for title, *_ in runs)):
        try:
            for _title, _log, child in children:
                child.wait()
        finally:
            for _title, _log, child in children:
                if child.poll() is None:
                    child.terminate()
    for title, log, child in children:
        text = log.read_text(errors="replace")
        passed, failed = pytest_counts(text)
        total.add(passed, failed)
        if child.returncode:
            console.say(text)
            if not failed:
                total.fail(f"pytest ({title}) ended with exit code {child.returncode}")
        last = text.strip().splitlines()[-1] if text.strip() else "nothing"
        console.say(f"  {title}: {last} – log: {log}")


def pytest_counts(text):
    """(passed, failed or in error) from the last line of pytest's output."""
    last = text.strip().splitlines()[-1] if text.strip() else ""
    numbers = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|errors?)", last)}
    failed = numbers.get("failed", 0) + numbers.get("error", 0) + numbers.get("errors", 0)
    return numbers.get("passed", 0), failed
