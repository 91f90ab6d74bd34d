"""./yst run, shell, stop: the development server."""

import secrets
import signal
import subprocess
import time
import unicodedata
import urllib.error
import urllib.request

from tools import (
    console,
    database,
    localise,
    machine,
    paths,
    postgres,
    process,
    setup,
    stamps,
    templates,
    video,
)
from tools.console import Trouble

SUITE = "yishitong"
ADMIN_PASSWORD = paths.KEYS / "admin-password"
PATIENCE = 300
SAMPLE_OFFICE = "新城街道办事处"  # as in data/organisation.yaml


def main(options):
    """Entry point of the three commands."""
    return {"run": run, "shell": shell, "stop": stop}[options.command](options)


def run(options):
    """Set up, bring the database up to date, serve until Ctrl-C."""
    machine.need_port(options.port)
    name = options.db or paths.DEV_DATABASE
    need_idle(name)
    ready = setup.ensure()
    with postgres.session() as server:
        conf = setup.write_config(ready, server)
        ensure_database(ready, server, conf, name, sample=not options.empty)
        return serve(ready, server, conf, name, options.port, with_video=not options.no_video)


def serving(name):
    """The port of our server that serves database `name`, or None."""
    for known in process.names("odoo-"):
        facts = process.recall(known)
        if facts and facts.get("database") == name:
            return facts["port"]
    return None


def need_idle(name):
    """A Trouble when a server of ours works on database `name`."""
    port = serving(name)
    if port:
        raise Trouble(f"a server on port {port} works on the database {name} already",
                      f"stop it first: Ctrl-C there, or ./yst stop --port {port}")


def suite():
    """The addon that stands for the suite, or all of them while there is none."""
    own = paths.own_addons()
    if not own:
        raise Trouble("there are no addons in addons/", "fetch the whole repository")
    return [SUITE] if SUITE in own else own


def ensure_database(ready, server, conf, name, *, sample):
    """The database `name` with the suite as it is on disk: made, completed or updated."""
    own, _foreign = database.dependencies(suite())
    if not database.exists(server, name):
        _create(ready, server, conf, name, own, sample)
        return
    known = database.facts(server, name)
    before, now = known.get("digests", {}), templates.digests(own)
    if known.get("sample") is not None and known["sample"] != sample:
        have = "with" if known["sample"] else "without"
        console.warn(f"the database {name} exists {have} sample data and stays so; "
                     "./yst reset drops it")
    new = [a for a in own if a not in before]
    changed = [a for a in own if a in before and before[a] != now[a]]
    if not new and not changed:
        return
    log = console.new_log("update")
    with console.step(f"Updating {', '.join(new + changed)}"):
        arguments = ["-d", name, "--stop-after-init", "--no-http"]
        if changed:
            arguments += ["-u", ",".join(changed)]
        if new:
            arguments += ["-i", ",".join(new)]
        if new and known.get("sample"):
            with_sample_data(server, name)
        database.odoo(ready, conf, arguments, log, trouble="the update failed",
                      todo="see the log; ./yst reset drops the database if it may go")
        if new and known.get("sample"):
            only_ours_with_sample_data(server, name, own)
        database.check_installed(server, name, own, log)
    database.set_facts(server, name, digests=now)


def _create(ready, server, conf, name, own, sample):
    """Make the database under another name first, so that a half-made one is never used."""
    with stamps.lock(f"create-{name}", "another ./yst is making the same database …"):
        if database.exists(server, name):
            return
        log = console.new_log("create")
        _own, foreign = database.dependencies(suite())
        core = templates.core(ready, server, conf, foreign, log, console.step)
        part = f"{name}_part"
        database.drop(server, part)
        with console.step(f"Installing Yishitong ({'sample data' if sample else 'empty'})"):
            database.clone(server, core, part)
            if sample:
                with_sample_data(server, part)
            database.install(ready, conf, part, suite(), log)
            database.check_installed(server, part, own, log)
            if sample:
                only_ours_with_sample_data(server, part, own)
            password = "admin" if sample else _admin_password()
            code = localise.code(password, **({"office": SAMPLE_OFFICE} if sample else {}))
            database.script(ready, conf, part, code, log, "the Chinese settings failed")
        with console.step("Compiling scripts and styles"):
            database.script(ready, conf, part, templates.BAKE_PAGES, log,
                            "the scripts and styles could not be compiled")
        database.rename(server, part, name)
        database.set_facts(server, name, digests=templates.digests(own), sample=sample)


def with_sample_data(server, name):
    """Let our addons load their demo data, although Odoo's own were installed without theirs."""
    server.query("UPDATE ir_module_module SET demo = true WHERE state = 'installed'",
                 database=name)


def only_ours_with_sample_data(server, name, own):
    """Take the mark off Odoo's own addons, so that an update does not bring their demo data."""
    server.query("UPDATE ir_module_module SET demo = false WHERE name <> ALL(%s)", (list(own),),
                 database=name)


def _admin_password():
    """A random password for the administrator of a database without sample data."""
    if not ADMIN_PASSWORD.exists():
        paths.private_directory(paths.KEYS)
        stamps.write_atomically(ADMIN_PASSWORD, secrets.token_urlsafe(12) + "\n", mode=0o600)
    return ADMIN_PASSWORD.read_text().strip()


# -- serving ------------------------------------------------------------------


def serve(ready, server, conf, name, port, with_video=True):
    """Start Odoo and the sample cameras, say where it is, wait for Ctrl-C or for its end."""
    log = console.new_log("server")
    arguments = ["-c", conf, "-d", name, "--db-filter", f"^{name}$", "--http-port", port]
    with open(log, "wb") as out:
        child = subprocess.Popen(
            database.odoo_command(*arguments), stdout=out, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, env=ready.environment(), cwd=paths.ROOT,
            start_new_session=True,
        )
    process.remember(f"odoo-{port}", child.pid, str(paths.ODOO_START), port=port, database=name)
    try:
        with console.step("Starting the server"):
            _await(child, port, log)
        if with_video and database.facts(server, name).get("sample"):
            with video.beside(ready, server, conf, name, port) as beside:
                _announce(server, name, port, log, beside)
                code = video.wait(child, beside)
        else:
            _announce(server, name, port, log)
            code = child.wait()
        raise Trouble(f"the server ended by itself (exit code {code}): "
                      f"{console.last_words(log)}", "see the log", log)
    except KeyboardInterrupt:
        console.say("\nStopping …")
        return 0
    finally:
        _stop_child(child)
        process.forget(f"odoo-{port}")


def _await(child, port, log):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise Trouble(f"the server did not start: {console.last_words(log)}",
                          "see the log", log)
        if answers(port):
            return
        time.sleep(0.1)
    raise Trouble(f"the server did not answer within {PATIENCE} s", "see the log", log)


def answers(port):
    """Whether the login page comes with status 200."""
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{port}/web/login", timeout=60) as reply:
            return reply.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _stop_child(child):
    if child.poll() is not None:
        return
    child.send_signal(signal.SIGINT)
    for patience, sign in ((15, signal.SIGTERM), (10, signal.SIGKILL), (5, None)):
        try:
            child.wait(patience)
            return
        except subprocess.TimeoutExpired:
            if sign:
                child.send_signal(sign)


def _announce(server, name, port, log, beside=()):
    sample = database.facts(server, name).get("sample")
    console.say()
    console.say(console.bold("一事通已启动 / Yishitong is running"))
    console.say(f"  本机 / this machine   http://localhost:{port}/")
    for address in machine.lan_addresses():
        console.say(f"  手机 / phones         http://{address}:{port}/")
    console.say(f"  后台 / back office    http://localhost:{port}/odoo")
    console.say(f"  日志 / log            {log}")
    if "bridge" in beside:
        console.say(f"  摄像头 / cameras      {beside['bridge'][1]}")
    if sample:
        table = sample_users()
        if table:
            console.say("\n示例用户 / sample users")
            console.say(table)
    else:
        console.say(f"  管理员 / administrator: admin, password in {ADMIN_PASSWORD}")
    console.say("\nCtrl-C 停止 / stops it")


def sample_users():
    """The sample users of data/sample_users.yaml as a table, or '' without that file."""
    if not paths.SAMPLE_USERS.exists():
        return ""
    import yaml  # from requirements.txt

    rows = yaml.safe_load(paths.SAMPLE_USERS.read_text()) or []
    if isinstance(rows, dict):
        rows = rows.get("users", [])
    cells = [["角色 / role", "用户名 / login", "密码 / password", ""]]
    cells += [[str(row.get(key) or "") for key in ("role", "login", "password", "note")]
              for row in rows]
    widths = [max(width(row[i]) for row in cells) for i in range(4)]
    lines = ["  " + "  ".join(cell + " " * (widths[i] - width(cell))
                              for i, cell in enumerate(row)).rstrip() for row in cells]
    lines.insert(1, "  " + "  ".join("-" * w for w in widths).rstrip())
    return "\n".join(lines)


def width(text):
    """Columns that `text` takes on a terminal: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


# -- shell, stop --------------------------------------------------------------


def shell(options):
    """Odoo's shell on the development database."""
    name = options.db or paths.DEV_DATABASE
    ready = setup.ensure()
    with postgres.session() as server:
        conf = setup.write_config(ready, server)
        if not database.exists(server, name):
            raise Trouble(f"there is no database {name}", "make it with ./yst run")
        command = database.odoo_command("shell", "-c", conf, "-d", name, "--no-http",
                                        "--log-level=warn")
        # Ctrl-C belongs to the shell while it runs; a handler is not handed down, unlike SIG_IGN
        before = signal.signal(signal.SIGINT, lambda *_: None)
        try:
            return subprocess.Popen(command, env=ready.environment()).wait()
        finally:
            signal.signal(signal.SIGINT, before)


def stop(options):
    """Stop what an earlier run left behind; processes of others are never touched."""
    kinds = {"odoo": "server", "gateway": "live gateway",
             "bridge": "video bridge", "streams": "sample streams"}
    known = {kind: process.names(f"{kind}-") for kind in kinds}
    stopped = [
        f"{what} on port {name.partition('-')[2]}"
        for kind, what in kinds.items()
        for name in ([f"{kind}-{options.port}"] if options.port else known[kind])
        if process.stop(name)
    ]
    if postgres.stop_if_unused():
        stopped.append("database server")
    console.say("stopped: " + ", ".join(stopped) if stopped else "nothing of ours was running")
    return 0
