"""The machine underneath: apt packages, administrator rights, disk space, ports."""

import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

from tools import console
from tools.console import Trouble

# Debian and Ubuntu packages by purpose; a purpose that is met already installs nothing.
SYSTEM_PACKAGES = {
    "PostgreSQL": ["postgresql"],
    "barcode reader (pyzbar)": ["libzbar0"],
    "file types (python-magic)": ["libmagic1"],
    "PDF (WeasyPrint)": ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"],
    # Song and Hei, and Kai for official documents
    "Chinese fonts": ["fonts-noto-cjk", "fonts-arphic-gkai00mp"],
    "certificates": ["ca-certificates"],
}
BROWSER_PACKAGES = {"browser for tests": ["chromium"]}
BROWSERS = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")


def is_root():
    return os.geteuid() == 0


def administrator_prefix(purpose):
    """`[]` for root, `["sudo"]` where sudo is there; a Trouble otherwise."""
    if is_root():
        return []
    if shutil.which("sudo"):
        return ["sudo"]
    raise Trouble(
        f"{purpose} needs administrator rights, and there is neither root nor sudo",
        "have an administrator run: " + purpose,
    )


def has_package(name):
    """Whether dpkg knows `name` as installed, under its own name or, since Debian 13 and Ubuntu
    24.04, under that of its 64-bit-time successor."""
    done = subprocess.run(
        ["dpkg-query", "-W", "-f=${Status}\n", name, f"{name}t64"],
        capture_output=True, text=True, check=False,
    )
    return "install ok installed" in done.stdout


def postgres_bin():
    """Folder of the newest PostgreSQL ≥ 13 with initdb, or None."""
    found = []
    for initdb in Path("/usr/lib/postgresql").glob("*/bin/initdb"):
        version = initdb.parent.parent.name
        if version.isdigit() and int(version) >= 13:
            found.append((int(version), initdb.parent))
    if found:
        return max(found)[1]
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def browser():
    """Path of a Chromium or Chrome that browser tests can drive, or None."""
    for name in BROWSERS:
        path = shutil.which(name)
        # Ubuntu's chromium-browser is a snap wrapper that cannot see our files
        if path and not Path(path).resolve().as_posix().startswith("/usr/bin/snap"):
            return path
    return None


def missing_packages(with_browser=False, with_database=True):
    """apt packages that have to be installed on this machine."""
    missing = []
    for purpose, packages in SYSTEM_PACKAGES.items():
        if purpose == "PostgreSQL" and (not with_database or postgres_bin()):
            continue
        missing += [name for name in packages if not has_package(name)]
    if with_browser and not browser():
        if distribution() == "ubuntu":
            raise Trouble(
                "there is no Chromium that tests can drive: Ubuntu has it as a snap only, which "
                "sees no files of ours",
                "install Google Chrome's .deb package; ./yst run works without it",
            )
        missing += BROWSER_PACKAGES["browser for tests"]
    return missing


def distribution():
    """The ID of os-release: debian, ubuntu, …"""
    try:
        text = Path("/etc/os-release").read_text()
    except OSError:
        return ""
    found = re.search(r'^ID="?([\w.-]+)', text, re.M)
    return found.group(1) if found else ""


def install_packages(packages, log):
    """apt-get install `packages`, without starting a database server of the system."""
    if not shutil.which("apt-get"):
        raise Trouble(
            f"these packages are missing: {' '.join(packages)}",
            "install them with the package manager of this system, then start again",
        )
    command = "apt-get install -y --no-install-recommends " + " ".join(packages)
    sudo = administrator_prefix(command)
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    if "postgresql" in packages:
        _no_system_cluster(sudo, log)
    with console.step(f"Installing {' '.join(packages)}"):
        console.run(
            [*sudo, *environment, "apt-get", "update", "-q"],
            log,
            trouble="apt-get update failed",
            todo="check the network and /etc/apt, then start again",
        )
        console.run(
            [*sudo, *environment, "apt-get", "install", "-y", "-q", "--no-install-recommends",
             *packages],
            log,
            trouble="apt-get install failed",
            todo=f"see the log, or run it by hand: {command}",
        )


def _no_system_cluster(sudo, log):
    """Tell Debian's postgresql-common not to make and start a cluster of its own."""
    folder = Path("/etc/postgresql-common")
    setting = folder / "createcluster.conf"
    if setting.exists():
        return
    console.run([*sudo, "mkdir", "-p", folder], log)
    script = f"printf 'create_main_cluster = false\\n' > {setting}"
    console.run([*sudo, "sh", "-c", script], log)


def need_space(folder, needed, what):
    """A Trouble when less than `needed` bytes are free where `folder` lies."""
    existing = folder
    while not existing.exists():
        existing = existing.parent
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise Trouble(
            f"no room for {what}: {console.megabytes(needed)} needed, "
            f"{console.megabytes(free)} free on the disk of {folder}",
            "free some space, or move the checkout to a larger disk, then start again",
        )


def port_is_free(port, host="0.0.0.0"):
    """Whether a server could listen on `port`."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError):
            return False
    return True


def next_free_port(port):
    """The first free port after `port`."""
    for candidate in range(port + 1, 65536):
        if port_is_free(candidate):
            return candidate
    raise Trouble("no free port above " + str(port), "name a lower one with --port")


def need_port(port):
    """A Trouble, naming the next free port, when `port` is taken or no port at all."""
    if not 1 <= port <= 65535:
        raise Trouble(f"{port} is no port number", "use one from 1024 to 65535 with --port")
    if not port_is_free(port):
        if port < 1024 and not is_root():
            raise Trouble(f"port {port} is for the administrator only", "use --port 8069")
        raise Trouble(
            f"port {port} is taken by another program",
            f"start with another one: ./yst run --port {next_free_port(port)}",
        )


def any_free_port():
    """A free port of the system's choice."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def lan_addresses():
    """IPv4 addresses under which other devices of the network may reach this machine."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # documentation network: chooses a route, sends nothing
            found.append(probe.getsockname()[0])
        except OSError:
            pass
    try:
        listed = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False)
        found += re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", listed.stdout)
    except FileNotFoundError:
        pass
    unique = dict.fromkeys(a for a in found if not a.startswith(("127.", "0.", "172.17.")))
    return list(unique)[:3]


def memory():
    """Bytes of memory of this machine, or of the container it runs in."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        if limit.isdigit():
            total = min(total, int(limit))
    except OSError:
        pass
    return total
