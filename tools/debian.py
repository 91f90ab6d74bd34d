"""Packages of Debian's unstable suite, fetched and verified without touching the system's apt.

The mirror is the one that this machine's apt is configured for; apt itself verifies what it
fetches against Debian's archive keyring. Source list, package lists and cache are our own.
"""

import re
import shutil
from pathlib import Path

from tools import console, machine, paths, stamps
from tools.console import Trouble

SUITE = "sid"
KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)
DEBIAN_SUITES = {
    "bullseye", "bookworm", "trixie", "forky", "duke", "sid",
    "stable", "testing", "unstable", "oldstable",
}  # fmt: skip


def parse_deb822(text):
    """Sources of a `.sources` file as dictionaries with lower-case keys; disabled ones left out."""
    sources = []
    for stanza in re.split(r"\n\s*\n", text):
        fields, key = {}, None
        for line in stanza.splitlines():
            if line.startswith("#"):
                continue
            if line[:1].isspace() and key:
                fields[key] += " " + line.strip()
            elif ":" in line:
                key, _, value = line.partition(":")
                key = key.strip().lower()
                fields[key] = value.strip()
        if "uris" not in fields or fields.get("enabled", "yes").lower() in {"no", "false"}:
            continue
        if "deb" not in fields.get("types", "").split():
            continue
        sources += [
            {
                "uri": uri,
                "suites": fields.get("suites", "").split(),
                "components": fields.get("components", "").split(),
                "signed_by": fields.get("signed-by", ""),
            }
            for uri in fields["uris"].split()
        ]
    return sources


def parse_one_line(text):
    """Sources of a `.list` file: `deb [options] uri suite component…`."""
    sources = []
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.*)$", line)
        if not match:
            continue
        options, uri, suite, components = match.groups()
        signed = re.search(r"signed-by=(\S+)", options or "")
        sources.append(
            {
                "uri": uri,
                "suites": [suite],
                "components": components.split("#")[0].split(),
                "signed_by": signed.group(1) if signed else "",
            }
        )
    return sources


def apt_sources(etc_apt=Path("/etc/apt")):
    """All sources that apt on this machine is configured for."""
    found = []
    one_line = [etc_apt / "sources.list", *sorted(etc_apt.glob("sources.list.d/*.list"))]
    for path in one_line:
        if path.is_file():
            found += parse_one_line(path.read_text(errors="replace"))
    for path in sorted(etc_apt.glob("sources.list.d/*.sources")):
        found += parse_deb822(path.read_text(errors="replace"))
    return found


def debian_mirror(sources):
    """The URI of the Debian archive among `sources`, or None.

    A Debian archive has the component main under a Debian suite's bare name, and is signed by
    Debian's own keyring where the source says by which.
    """
    for source in sources:
        if "main" not in source["components"] or not DEBIAN_SUITES & set(source["suites"]):
            continue
        signed = source["signed_by"]
        if signed and "debian-archive" not in signed and "BEGIN PGP" not in signed:
            continue
        return source["uri"].rstrip("/")
    return None


def private_apt(mirror, keyring):
    """Options that make apt use a source list, package lists and a cache of our own."""
    for folder in ("lists/partial", "cache/archives/partial", "debs"):
        (paths.APT / folder).mkdir(parents=True, exist_ok=True)
    sources = paths.APT / "sid.sources"
    stamps.write_atomically(
        sources,
        f"Types: deb\nURIs: {mirror}\nSuites: {SUITE}\nComponents: main\nSigned-By: {keyring}\n",
    )
    options = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "-",
        "Dir::State::lists": paths.APT / "lists",
        "Dir::Cache": paths.APT / "cache",
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        "APT::Sandbox::User": "",
        "APT::Get::List-Cleanup": "false",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "APT::Update::Post-Invoke-Success": "",
    }
    return [word for key, value in options.items() for word in ("-o", f"{key}={value}")]



def download(packages, what, ways_left):
    """Fetch `packages`; returns the paths of the .deb files, in their order.

    `what` is what they are for, `ways_left` what to do where they cannot be had.
    """
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise Trouble(f"{what} is not here, and this system has no apt to get it with", ways_left)
    mirror = debian_mirror(apt_sources())
    if not mirror:
        raise Trouble(
            f"{what} is not here, and this machine's apt is configured for no Debian mirror",
            ways_left,
        )
    keyring = next((path for path in KEYRINGS if path.exists()), None)
    if not keyring:
        machine.install_packages(["debian-archive-keyring"], console.new_log("apt"))
        keyring = next((path for path in KEYRINGS if path.exists()), None)
    if not keyring:
        raise Trouble(
            "Debian's archive keyring is missing, so the package could not be verified",
            "apt-get install debian-archive-keyring, or " + ways_left,
        )
    log = console.new_log("debian-download")
    apt = ["apt-get", "-q", *private_apt(mirror, keyring)]
    network = "check the network; a second try goes on where this one stopped"
    with console.step("Package list of Debian's unstable suite"):
        console.run([*apt, "update"], log, trouble="the package list could not be read",
                    todo=network)
    debs = paths.APT / "debs"
    with console.step(f"Downloading {what}", lambda: _size_of(debs)):
        console.run([*apt, "download", *packages], log, cwd=debs,
                    trouble=f"the download of {what} broke off", todo=network)
    return [_newest(debs, name, log) for name in packages]


def _size_of(folder):
    return console.megabytes(sum(p.stat().st_size for p in folder.iterdir())) + ","


def _newest(debs, name, log):
    found = sorted(debs.glob(f"{name}_*.deb"), key=lambda p: p.stat().st_mtime)
    if not found:
        raise Trouble(f"the package {name} was not downloaded", "see the log", log)
    return found[-1]
