"""Where Odoo 19 comes from: ODOO_HOME, an installed one, or Debian's package.

The Debian package is taken from the unstable suite of the mirror that this machine's apt is
configured for, verified by apt against Debian's archive keyring, and unpacked under .local/.
The system's own package lists and sources are not touched.
"""

import ast
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools import console, debian, machine, paths, stamps
from tools.console import Trouble

RELEASE = 19
# Odoo and what its files link to. Font Awesome is not among them: Debian has moved on to a
# version without the files that Odoo 19 uses; they come from PyPI (requirements.txt).
PACKAGES = (
    "odoo-19",
    "fonts-inconsolata",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
)
DIST_PACKAGES = "usr/lib/python3/dist-packages"
INSTALLED = Path("/usr/lib/python3/dist-packages")
MENDING = 2  # raise it when mend() changes, so that trees made before are made anew

WAYS_LEFT = (
    "set ODOO_HOME to a checkout of Odoo 19 Community, or use the images of docker/ "
    "(see docker/ for how)"
)

SELFIE_SEGMENTATION = """\
/*
 * Background blur for calls. The library that does it is left out of the Debian build of
 * Odoo because its model has no free source; this file keeps the asset bundle whole.
 * Whoever switches blur on is told so.
 */
window.SelfieSegmentation = class SelfieSegmentation {
    constructor() {
        throw new Error("Background blur is not part of this installation.");
    }
};
"""


@dataclass(frozen=True)
class Odoo:
    """A usable Odoo 19: `path` goes to sys.path, `addons` to addons_path."""

    path: Path
    addons: tuple
    identity: str

    @property
    def package(self):
        return self.path / "odoo"


# -- finding ------------------------------------------------------------------


def release_of(package):
    """(major, minor) from `odoo/release.py`, read without running it; None if it is no Odoo."""
    try:
        text = (package / "release.py").read_text()
    except OSError:
        return None
    match = re.search(r"^version_info\s*=\s*\((.*?)\)", text, re.M | re.S)
    numbers = re.findall(r"\d+", match.group(1)) if match else []
    return tuple(int(n) for n in numbers[:2]) if len(numbers) >= 2 else None


def check_release(package, where):
    """A Trouble unless `package` is Odoo 19."""
    release = release_of(package)
    if release is None:
        raise Trouble(f"{where} holds no Odoo (odoo/release.py is missing)", WAYS_LEFT)
    if release != (RELEASE, 0):
        raise Trouble(
            f"wrong Odoo version in {where}: {release[0]}.{release[1]}, but Yishitong needs "
            f"{RELEASE}.0",
            "check out branch 19.0 there, or unset ODOO_HOME to let ./yst fetch Odoo 19",
        )


def from_checkout(home):
    """Odoo from a source checkout (ODOO_HOME)."""
    home = Path(home).expanduser().resolve()
    check_release(home / "odoo", f"ODOO_HOME={home}")
    addons = tuple(p for p in (home / "addons", home / "odoo" / "addons") if p.is_dir())
    stamp = stamps.digest(str(home), home / "odoo" / "release.py", _git_head(home))
    return Odoo(home, addons, f"checkout-{stamp}")


def _git_head(home):
    done = subprocess.run(
        ["git", "-C", str(home), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def current():
    """The Odoo that set-up has made ready; a Trouble when there is none yet."""
    if os.environ.get("ODOO_HOME"):
        return from_checkout(os.environ["ODOO_HOME"])
    root = paths.ODOO / DIST_PACKAGES
    check_release(root / "odoo", str(paths.ODOO))
    return Odoo(root, (root / "odoo" / "addons",), f"private-{stamps.stamp('odoo')}")


def ensure():
    """Make Odoo 19 ready, by the first way that is open; returns it."""
    if os.environ.get("ODOO_HOME"):
        return from_checkout(os.environ["ODOO_HOME"])
    installed = release_of(INSTALLED / "odoo") == (RELEASE, 0)
    source = "installed" if installed else "debian"
    wanted = stamps.digest(source, *PACKAGES, MENDING)
    if stamps.stamp("odoo") != wanted or release_of(paths.ODOO / DIST_PACKAGES / "odoo") is None:
        machine.need_space(paths.ODOO, 1_800_000_000, "Odoo")
        if installed:
            _copy_installed()
        else:
            _unpack(debian.download(PACKAGES, "Odoo 19", WAYS_LEFT))
        check_release(paths.ODOO / DIST_PACKAGES / "odoo", str(paths.ODOO))
        stamps.set_stamp("odoo", wanted)
    return current()


# -- Debian's package ---------------------------------------------------------


def _unpack(debs):
    """Unpack the packages side by side, mend the tree, then put it in place as one."""
    log = console.new_log("odoo-unpack")
    fresh = paths.LOCAL / "odoo.part"
    shutil.rmtree(fresh, ignore_errors=True)
    with console.step("Unpacking Odoo 19"):
        for deb in debs:
            console.run(["dpkg", "-x", deb, fresh], log, trouble=f"{deb.name} is damaged",
                        todo=f"remove {deb} and start again")
        mend(fresh)
    _put_in_place(fresh)


def _copy_installed():
    """Copy an installed Odoo 19 to .local/, so that it can be mended without touching it."""
    fresh = paths.LOCAL / "odoo.part"
    shutil.rmtree(fresh, ignore_errors=True)
    with console.step("Copying the installed Odoo 19"):
        shutil.copytree(INSTALLED / "odoo", fresh / DIST_PACKAGES / "odoo", symlinks=False,
                        ignore_dangling_symlinks=True)
        mend(fresh)
    _put_in_place(fresh)


def _put_in_place(fresh):
    shutil.rmtree(paths.ODOO, ignore_errors=True)
    fresh.rename(paths.ODOO)


# -- mending ------------------------------------------------------------------


def font_awesome():
    """Folder of Font Awesome 4.7's font files, from the PyPI package."""
    for folder in paths.VENV.glob("lib/python3*/site-packages/xstatic/pkg/font_awesome"):
        return folder / "data" / "fonts"
    raise Trouble("Font Awesome is missing from .local/venv", "start again: ./yst fetches it")


def mend(root):
    """Put back what the Debian build of Odoo leaves out: fonts behind links, one script."""
    package = root / DIST_PACKAGES / "odoo"
    for link in package.rglob("*"):
        if link.is_symlink() and not link.exists():
            replacement = _replacement(root, link)
            if replacement:
                link.unlink()
                shutil.copyfile(replacement, link)
    script = package / "addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
    if not script.exists() and "selfie_segmentation" in _text(
        package / "addons/mail/__manifest__.py"
    ):
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(SELFIE_SEGMENTATION)
    left = [p for p in package.rglob("*") if p.is_symlink() and not p.exists()]
    if left:
        names = ", ".join(sorted({p.name for p in left})[:5])
        console.warn(f"{len(left)} files of the Odoo build stay missing: {names}")


def _replacement(root, link):
    """A file for a dangling link, by its name: Font Awesome, or a font of the unpacked packages."""
    if "fontawesome" in link.parts:
        candidate = font_awesome() / link.name
        return candidate if candidate.exists() else None
    for name in (link.name, f"{link.stem}-Regular{link.suffix}"):
        for font in (root / "usr/share/fonts").rglob(name):
            if font.is_file():
                return font
    return None


def _text(path):
    return path.read_text() if path.exists() else ""


# -- manifests ----------------------------------------------------------------


def manifest(addon_folder):
    """The manifest of an addon as a dictionary; a Trouble when it cannot be read."""
    path = addon_folder / "__manifest__.py"
    try:
        return ast.literal_eval(path.read_text())
    except (OSError, ValueError, SyntaxError) as error:
        raise Trouble(f"{path} cannot be read: {error}", "mend the manifest") from None
