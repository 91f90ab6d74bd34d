"""Databases with their filestore: create, clone, drop; installing addons into them."""

import json
import os
import shutil
import subprocess
import time

from tools import console, odoo_log, odoo_source, paths, stamps
from tools.console import Trouble

LANGUAGE = "zh_CN"
# The first one is the language of new users: tests read source texts. `run` switches to Chinese.
LANGUAGES = f"en_US,{LANGUAGE}"


def exists(server, name):
    return bool(server.query("SELECT 1 FROM pg_database WHERE datname = %s", (name,)))


def names(server, prefix):
    """Names of the databases that start with `prefix`."""
    rows = server.query(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY datname",
        (prefix,),
    )
    return [row[0] for row in rows]


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def create(server, name):
    """An empty database as Odoo wants it: UTF-8, C collation, trigrams, accents."""
    server.query(
        f"CREATE DATABASE {quoted(name)} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C'"
    )
    for statement in (
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        "CREATE EXTENSION IF NOT EXISTS unaccent",
        # Odoo's own assumption: the rules of unaccent do not change while the database lives
        "ALTER FUNCTION unaccent(text) IMMUTABLE",
    ):
        server.query(statement, database=name)


def drop(server, name):
    """Drop database and filestore; no error when there is none."""
    server.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
    )
    server.query(f"DROP DATABASE IF EXISTS {quoted(name)}")
    shutil.rmtree(paths.FILESTORE / name, ignore_errors=True)


def clone(server, source, target):
    """Copy database and filestore. Stored files are never changed, so links to them will do."""
    import psycopg2  # from requirements.txt

    deadline = time.monotonic() + 30
    while True:
        try:
            server.query(f"CREATE DATABASE {quoted(target)} TEMPLATE {quoted(source)}")
            break
        except psycopg2.errors.ObjectInUse:  # somebody is looking into the source
            if time.monotonic() > deadline:
                raise Trouble(f"the database {source} is in use and cannot be copied",
                              "stop what uses it, then start again") from None
            time.sleep(0.2)
    copy_filestore(source, target)


ASSET_COLUMNS = (
    "name, res_model, res_id, type, url, public, store_fname, checksum, mimetype, file_size, "
    "company_id, create_uid, write_uid, create_date, write_date"
)


def carry_assets(server, source, target):
    """Copy compiled asset bundles from one database to another. A bundle's address holds a hash
    of its content, so one that no longer fits is never asked for."""
    rows = server.query(
        f"SELECT {ASSET_COLUMNS} FROM ir_attachment "
        "WHERE url LIKE '/web/assets/%%' AND store_fname IS NOT NULL",
        database=source,
    )
    if not rows:
        return
    connection = server.connect(target)
    marks = ", ".join(["%s"] * len(ASSET_COLUMNS.split(", ")))
    try:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM ir_attachment WHERE url LIKE '/web/assets/%%'")
            cursor.executemany(
                f"INSERT INTO ir_attachment ({ASSET_COLUMNS}) VALUES ({marks})", rows
            )
    finally:
        connection.close()
    for name in {row[6] for row in rows}:
        origin, destination = paths.FILESTORE / source / name, paths.FILESTORE / target / name
        if origin.exists() and not destination.exists():
            destination.parent.mkdir(parents=True, exist_ok=True)
            _link(origin, destination)


def copy_filestore(source, target):
    """Link the files of one filestore into another; copies where the disk has no links."""
    origin, destination = paths.FILESTORE / source, paths.FILESTORE / target
    if not origin.is_dir():
        return

    shutil.copytree(origin, destination, copy_function=_link, dirs_exist_ok=True)


def _link(origin, destination):
    try:
        os.link(origin, destination)
    except OSError:
        shutil.copy2(origin, destination)


def rename(server, source, target):
    """Give database and filestore another name."""
    server.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (source,)
    )
    server.query(f"ALTER DATABASE {quoted(source)} RENAME TO {quoted(target)}")
    shutil.rmtree(paths.FILESTORE / target, ignore_errors=True)
    if (paths.FILESTORE / source).exists():
        (paths.FILESTORE / source).rename(paths.FILESTORE / target)


# -- addons -------------------------------------------------------------------


def dependencies(addons):
    """(own, foreign): the suite's addons that `addons` need, themselves included, in the order
    of installation, and the addons of Odoo and OCA that these name."""
    known = set(paths.own_addons())
    own, foreign = [], set()

    def visit(name, chain):
        if name in own:
            return
        if name in chain:
            raise Trouble("addons depend on each other in a circle: " + " → ".join((*chain, name)))
        for needed in odoo_source.manifest(paths.ADDONS / name).get("depends", ["base"]):
            if needed in known:
                visit(needed, (*chain, name))
            else:
                foreign.add(needed)
        own.append(name)

    for name in addons:
        if name not in known:
            raise Trouble(f"there is no addon {name} in addons/", "there are: " +
                          (", ".join(sorted(known)) or "none yet"))
        visit(name, ())
    return own, sorted(foreign | {"base"})


def addon_digest(name, with_tests=True):
    """Hash of an addon's files; without its tests it tells whether a database is up to date."""
    skip = ("readme",) if with_tests else ("readme", "tests")
    return stamps.tree_digest(paths.ADDONS / name, skip)


# -- Odoo in a process of its own ---------------------------------------------


def odoo_command(*arguments):
    return [str(paths.PYTHON), str(paths.ODOO_START), *map(str, arguments)]


def odoo(ready, conf, arguments, log, *, trouble, todo="see the log", stdin=None):
    """Run Odoo to its end with `arguments`; a Trouble that names the first error when it fails."""
    begin = log.stat().st_size if log.exists() else 0
    try:
        console.run(
            odoo_command(*arguments, "-c", conf),
            log, env=ready.environment(), cwd=str(paths.ROOT), trouble=trouble, todo=todo,
            stdin=stdin,
        )
    except Trouble as failed:
        with open(log, errors="replace") as text:
            text.seek(begin)
            cause = odoo_log.first_error(text.read())
        raise (Trouble(f"{trouble}: {cause}", todo, log) if cause else failed) from None


def script(ready, conf, database, code, log, trouble):
    """Run Python `code` with `env` in Odoo's shell; commit is up to the code."""
    command = odoo_command("shell", "-c", conf, "-d", database, "--no-http",
                           "--shell-interface=python", "--log-level=warn")
    done = subprocess.run(
        command, input=code, capture_output=True, text=True, env=ready.environment(),
        cwd=paths.ROOT, check=False,
    )
    with open(log, "a") as out:
        out.write(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}")
    if done.returncode or "Traceback (most recent call last)" in done.stderr:
        raise Trouble(f"{trouble}: {console.last_words(log)}", "see the log", log)
    return done.stdout


def install(ready, conf, database, addons, log, *, language=None):
    """Install `addons`; refuses a database in which something is left half done."""
    arguments = ["-d", database, "-i", ",".join(addons), "--stop-after-init", "--no-http"]
    if language:
        arguments += ["--load-language", language]
    odoo(ready, conf, arguments, log, trouble=f"installing {', '.join(addons)} failed")


def check_installed(server, database, addons, log):
    """A Trouble unless every one of `addons` is installed: Odoo ends with 0 when it skips one."""
    rows = server.query(
        "SELECT name FROM ir_module_module WHERE state = 'installed'", database=database
    )
    left = set(addons) - {row[0] for row in rows}
    if left:
        raise Trouble(f"not installed: {', '.join(sorted(left))}",
                      "see the log: a dependency may be missing", log)


# -- what we know of a database -----------------------------------------------


def facts(server, name):
    """What was written down about database `name` by set_facts, or {}."""
    rows = server.query(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", (name,)
    )
    try:
        found = json.loads(rows[0][0]) if rows and rows[0][0] else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def set_facts(server, name, **new):
    """Add to what is known of a database; kept as its comment, readable without opening it."""
    merged = facts(server, name) | new
    server.query(f"COMMENT ON DATABASE {quoted(name)} IS %s", (json.dumps(merged),))
