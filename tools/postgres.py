"""The PostgreSQL server: a private cluster by default, another one where it is configured.

The private cluster lies under .local/pg, listens on a unix socket only, lets in nobody but
its owner, and is tuned for the machine's memory. PostgreSQL refuses to run as root: for root
it runs as the system's user `postgres`.
"""

import configparser
import fcntl
import getpass
import hashlib
import os
import pwd
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tools import console, machine, paths, process, stamps
from tools.console import Trouble

ROLE = "yishitong"
PORT = 5433  # part of the socket's file name only
SOCKET_PATH_LIMIT = 107
SERVICE_USER = "postgres"
STARTED = "postgres"


@dataclass(frozen=True)
class Server:
    """How to reach the database server; `private` when it is our own cluster."""

    host: str
    port: int
    user: str
    password: str = field(repr=False, default="")
    private: bool = True
    bin: Path | None = None

    def environment(self):
        """PG* variables for PostgreSQL's own programs."""
        wanted = {"PGHOST": self.host, "PGPORT": self.port, "PGUSER": self.user,
                  "PGPASSWORD": self.password}
        return {key: str(value) for key, value in wanted.items() if value}

    def connect(self, database="postgres"):
        """A psycopg2 connection in autocommit mode."""
        import psycopg2  # installed by the set-up, not there at the very first start

        wanted = {"host": self.host, "port": self.port, "user": self.user,
                  "password": self.password, "dbname": database, "connect_timeout": 10}
        try:
            connection = psycopg2.connect(**{k: v for k, v in wanted.items() if v})
        except psycopg2.OperationalError as error:
            raise Trouble(
                f"the database server does not let us in: {str(error).strip()}",
                "start it with ./yst run or ./yst test" if self.private
                else "check db_* in odoo.conf or the PG* variables",
            ) from None
        connection.autocommit = True
        return connection

    def query(self, statement, parameters=(), database="postgres"):
        """Run one statement; its rows, or an empty list."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def program(self, name):
        """Path of one of PostgreSQL's programs, of the server's version where it is ours."""
        folder = self.bin or machine.postgres_bin()
        return str(folder / name) if folder and (folder / name).exists() else name


def configured():
    """The server named by odoo.conf or PG* variables, or None."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(paths.ODOO_CONF)
    options = parser["options"] if parser.has_section("options") else {}

    def value(option, variable):
        found = options.get(option, "")
        return os.environ.get(variable, "") or ("" if found.lower() in {"", "false"} else found)

    host, port = value("db_host", "PGHOST"), value("db_port", "PGPORT")
    user, password = value("db_user", "PGUSER"), value("db_password", "PGPASSWORD")
    if not (host or port or user or password):
        return None
    if user == "postgres":
        raise Trouble(
            "Odoo refuses to work as the database user postgres",
            "make a user of its own (createuser --createdb yishitong) and name it in odoo.conf "
            "or PGUSER",
        )
    return Server(host, int(port or 5432), user or getpass.getuser(), password, private=False)


# -- the private cluster ------------------------------------------------------


def _checkout_tag():
    return hashlib.sha256(str(paths.ROOT).encode()).hexdigest()[:8]


def owner():
    """The system user the cluster runs as."""
    return SERVICE_USER if machine.is_root() else getpass.getuser()


def data_folder():
    """The cluster's home: .local/pg, or a reachable place when the checkout is closed to others."""
    if machine.is_root() and not paths.reachable_by_others(paths.LOCAL):
        return Path(f"/var/lib/yishitong-{_checkout_tag()}")
    return paths.LOCAL / "pg"


def socket_folder():
    """Where the socket lies; a short place when the path would be too long for a socket."""
    wanted = data_folder() / "run"
    if len(str(wanted / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_LIMIT:
        return wanted
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or "/tmp")
    if machine.is_root():
        base = Path("/run") if os.access("/run", os.W_OK) else Path("/tmp")
    return base / f"yst-{_checkout_tag()}"


def as_owner(command):
    """`command`, run as the cluster's owner."""
    command = list(map(str, command))
    if not machine.is_root():
        return command
    return ["setpriv", f"--reuid={SERVICE_USER}", f"--regid={SERVICE_USER}", "--init-groups",
            "--", *command]


def settings(memory, cpus):
    """postgresql.conf lines for a machine with `memory` bytes that others use as well."""
    megabyte = 1024 * 1024

    def clamp(value, low, high):
        return f"{max(low, min(high, int(value / megabyte)))}MB"

    return {
        "listen_addresses": "''",
        "port": PORT,
        "max_connections": 200,
        "shared_buffers": clamp(memory / 8, 128, 2048),
        "effective_cache_size": clamp(memory / 2, 256, 16384),
        "work_mem": clamp(memory / 512, 4, 32),
        "maintenance_work_mem": clamp(memory / 32, 64, 512),
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "random_page_cost": 1.1,
        "jit": "off",
        "max_parallel_workers_per_gather": max(0, min(2, cpus - 1)),
        "autovacuum_naptime": "5min",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "log_min_messages": "warning",
        "lc_messages": "'C'",
    }


def _need_service_user():
    try:
        pwd.getpwnam(SERVICE_USER)
    except KeyError:
        raise Trouble(
            f"there is no system user {SERVICE_USER}, and PostgreSQL does not run as root",
            "apt-get install postgresql, or start ./yst as an ordinary user",
        ) from None


def _own(path):
    """Give `path` to the cluster's owner."""
    if machine.is_root():
        shutil.chown(path, SERVICE_USER, SERVICE_USER)


def _initialise(binaries, log):
    home, data = data_folder(), data_folder() / "data"
    machine.need_space(home, 3_000_000_000, "the databases")
    if machine.is_root():
        _need_service_user()
        if home != paths.LOCAL / "pg":
            console.warn(
                f"the checkout lies where the user {SERVICE_USER} cannot reach it; "
                f"the databases are kept in {home}"
            )
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o711)
    _own(home)
    fresh = home / "data.part"
    shutil.rmtree(fresh, ignore_errors=True)
    with console.step("Private PostgreSQL cluster"):
        console.run(
            as_owner([binaries / "initdb", "-D", fresh, "-U", ROLE, "-E", "UTF8",
                      "--locale=C.UTF-8", "--auth-local=peer", "--auth-host=reject"]),
            log,
            cwd="/",
            trouble="the database cluster could not be made",
            todo="see the log",
        )
        (fresh / "pg_hba.conf").write_text("local all all peer map=yst\n")
        names = sorted({getpass.getuser(), owner()})
        (fresh / "pg_ident.conf").write_text("".join(f"yst {n} {ROLE}\n" for n in names))
    fresh.rename(data)


def _write_settings(data):
    """Tuned settings and the socket's place, in a file that postgresql.conf includes last."""
    lines = settings(machine.memory(), os.cpu_count() or 1)
    lines["unix_socket_directories"] = f"'{socket_folder()}'"
    lines["unix_socket_permissions"] = "0700"
    text = "".join(f"{key} = {value}\n" for key, value in lines.items())
    ours = data / "yishitong.conf"
    if not ours.exists() or ours.read_text() != text:
        ours.write_text(text)
        _own(ours)
    main = data / "postgresql.conf"
    include = "include 'yishitong.conf'\n"
    if include not in main.read_text():
        with main.open("a") as out:
            out.write(include)


def _version_of(data):
    return (data / "PG_VERSION").read_text().strip()


def _server(binaries):
    return Server(str(socket_folder()), PORT, ROLE, private=True, bin=binaries)


def _binaries(data):
    """The programs that fit the cluster's version."""
    newest = machine.postgres_bin()
    if not newest:
        raise Trouble("PostgreSQL is not installed", "apt-get install postgresql")
    if not data.exists():
        return newest
    version = _version_of(data)
    fitting = Path(f"/usr/lib/postgresql/{version}/bin")
    if (fitting / "postgres").exists():
        return fitting
    if newest.parent.name == version or not newest.parent.name.isdigit():
        return newest
    raise Trouble(
        f"the databases in {data} were made by PostgreSQL {version}, which is gone",
        f"apt-get install postgresql-{version}, or ./yst backup there and ./yst restore here",
    )


def running():
    """The private server if it is up, else None."""
    data = data_folder() / "data"
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid = int(lines[0])
    except (OSError, ValueError, IndexError):
        return None
    if str(data) not in process.command_line(pid) or process.start_time(pid) is None:
        return None
    return _server(_binaries(data)) if lines[-1].strip() == "ready" else None


@contextmanager
def session():
    """The configured server, or our own for as long as anybody needs it.

    Our own is started by the first of the processes that use it and stopped by the last one;
    a shared lock counts them, and the system drops the lock of one that dies.
    """
    external = configured()
    if external:
        external.query("SELECT 1")
        yield external
        return
    paths.RUN.mkdir(parents=True, exist_ok=True)
    with open(paths.RUN / "postgres-users.lock", "w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        with stamps.lock("postgres", "another ./yst is starting the database server …"):
            server = running() or _start()
        try:
            yield server
        finally:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # somebody else still needs it
            else:
                stop()


def _start():
    log = console.new_log("postgres")
    data = data_folder() / "data"
    binaries = _binaries(data)
    if not (data / "PG_VERSION").exists():
        _initialise(binaries, log)
    _write_settings(data)
    folder = socket_folder()
    folder.mkdir(parents=True, exist_ok=True)
    _own(folder)
    folder.chmod(0o700)
    server_log = data_folder() / "server.log"
    server_log.touch()
    _own(server_log)
    with open(server_log, "ab") as out:
        # a session of its own: Ctrl-C on the terminal must not reach it
        child = subprocess.Popen(
            as_owner([binaries / "postgres", "-D", data]),
            stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd="/", start_new_session=True,
        )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        server = running()
        if server:
            process.remember(STARTED, child.pid, str(data))
            return server
        if child.poll() is not None:
            break
        time.sleep(0.05)
    raise Trouble(
        f"the database server did not start: {console.last_words(server_log)}",
        "see its log", server_log,
    )


def stop():
    """Stop the private cluster; True if it was running."""
    data = data_folder() / "data"
    if not running():
        return False
    subprocess.run(
        as_owner([_binaries(data) / "pg_ctl", "-D", data, "-m", "fast", "-w", "-t", "60", "stop"]),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", check=False,
    )
    process.forget(STARTED)
    return running() is None


def stop_if_unused():
    """Stop the private cluster unless another ./yst is using it; True if it was stopped."""
    if not running():
        return False
    paths.RUN.mkdir(parents=True, exist_ok=True)
    with open(paths.RUN / "postgres-users.lock", "w") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.warn("the database server stays up: another ./yst is using it")
            return False
        return stop()
