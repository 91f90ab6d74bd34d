"""A server on a clone of the template database, which can be started and killed."""

import contextlib
import os
import resource
import secrets
import signal
import subprocess
import time

import pytest

from tools import (
    console,
    database,
    keys,
    machine,
    paths,
    postgres,
    process,
    server,
    setup,
    templates,
)
from tools import test as runner

ADDONS = os.environ.get("YST_FAULT_ADDONS", "").split() or paths.own_addons()
needed = pytest.mark.skipif(
    not machine.postgres_bin() and not postgres.configured(), reason="no PostgreSQL here"
)


class Server:
    """A database and the server on it."""

    def __init__(self, db, ready, conf, name, log):
        self.db, self.ready, self.conf, self.name, self.log = db, ready, conf, name, log
        self.child = None
        self.port = machine.any_free_port()
        self.base = f"http://127.0.0.1:{self.port}"

    def script(self, code):
        """What Python code in the database's shell prints."""
        return database.script(self.ready, self.conf, self.name, code, self.log, "script failed")

    def start(self, largest_file=None):
        """Start the server, without waiting for it; it may write files of so many bytes."""
        command = database.odoo_command(
            "-c", self.conf, "-d", self.name, "--db-filter", f"^{self.name}$",
            "--http-port", self.port, "--http-interface", "127.0.0.1", "--max-cron-threads", "0",
            "--log-level", "warn",
        )
        with open(self.log.with_suffix(".server.log"), "ab") as out:
            self.child = subprocess.Popen(
                command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                env=self.ready.environment(), cwd=paths.ROOT, start_new_session=True,
            )
        if largest_file:
            resource.prlimit(self.child.pid, resource.RLIMIT_FSIZE, (largest_file, largest_file))

    def ready_by(self, patience=90):
        """Wait until the server answers."""
        end = time.monotonic() + patience
        while not server.answers(self.port):
            assert self.child.poll() is None, console.last_words(self.log)
            assert time.monotonic() < end, "the server did not answer"
            time.sleep(0.1)

    def kill(self):
        """SIGKILL, to all of its processes."""
        if self.child and self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()

    def rows(self, statement, parameters=()):
        """Rows of the database."""
        return self.db.query(statement, parameters, database=self.name)


@contextlib.contextmanager
def on_a_clone(what, kind=Server):
    """A server on a database of its own, not started yet."""
    ready = setup.ensure()
    ready = setup.Ready(ready.odoo, keys.ensure(runner.TEST_KEY))
    log = console.new_log(what)
    pid = os.getpid()
    name = (f"{runner.RUN_PREFIX}{pid}_{process.start_time(pid)}_"
            f"{secrets.token_hex(2)}_{what}")
    with postgres.session() as db:
        conf = setup.write_config(ready, db)
        template, changed = templates.state(ready, db, conf, ADDONS, log, console.step)
        database.clone(db, template, name)
        one = kind(db, ready, conf, name, log)
        try:
            if changed:
                database.odoo(ready, conf, ["-d", name, "-u", ",".join(changed), "--no-http",
                                            "--stop-after-init"], log, trouble="update failed")
            yield one
        finally:
            one.kill()
            database.drop(db, name)
